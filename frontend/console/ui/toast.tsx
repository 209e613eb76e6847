/** A word about what was just done; it goes by itself, and a screen reader hears it. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { asProblem } from "../api/hooks";
import { t } from "../i18n";
import { Button, IconButton } from "./button";
import { Icon } from "./icons";
import { problemText } from "./problem";

interface Toast {
  id: number;
  text: string;
  tone: "good" | "danger";
  action?: { label: string; onSelect: () => void };
}

const toasts = signal<Toast[]>([]);
let next = 0;

export function toast(text: string, more: Partial<Pick<Toast, "tone" | "action">> = {}): void {
  const one: Toast = { id: ++next, text, tone: "good", ...more };
  toasts.value = [...toasts.value.slice(-3), one];
  setTimeout(() => drop(one.id), one.tone === "danger" || one.action ? 12_000 : 6000);
}

/** Says what went wrong with something that has no form: `.catch(toastProblem)`. */
export function toastProblem(error: unknown): void {
  toast(problemText(asProblem(error)), { tone: "danger" });
}

function drop(id: number): void {
  toasts.value = toasts.value.filter((one) => one.id !== id);
}

export function Toasts(): JSX.Element {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((one) => (
        <div key={one.id} class={`toast ${one.tone}`}>
          <Icon name={one.tone === "good" ? "check" : "alert"} />
          <span>{one.text}</span>
          {one.action && (
            <Button small kind="quiet" onClick={() => (drop(one.id), one.action?.onSelect())}>{one.action.label}</Button>
          )}
          <IconButton label={t("common.close")} icon="close" onClick={() => drop(one.id)} />
        </div>
      ))}
    </div>
  );
}
