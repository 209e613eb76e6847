/** A value that is taken elsewhere: shown whole, copied by one click. */
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icons";

/** `label` says what it is; `secret` hides it until one asks. */
export function Copy({ label, value, secret }: { label: string; value: string; secret?: boolean }): JSX.Element {
  const [copied, setCopied] = useState(false);
  const [shown, setShown] = useState(!secret);
  const box = useRef<HTMLElement>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
    } catch {
      // No clipboard without a secure context: the person copies what is marked.
      setShown(true);
      getSelection()?.selectAllChildren(box.current!);
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), 2500);
  };
  return (
    <div class="copy">
      <span class="copy-label">{label}</span>
      <code ref={box} dir="ltr">{shown ? value : "••••••••••••"}</code>
      {secret && (
        <button type="button" class="icon-button" aria-pressed={shown} aria-label={t("common.show_value", { label })} title={t("common.show_value", { label })} onClick={() => setShown(!shown)}>
          <Icon name="eye" />
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t("common.copy_value", { label })} title={t("common.copy_value", { label })} onClick={() => void copy()}>
        <Icon name={copied ? "check" : "copy"} />
      </button>
      <span class="unseen" aria-live="polite">{copied ? t("common.copied") : ""}</span>
    </div>
  );
}
