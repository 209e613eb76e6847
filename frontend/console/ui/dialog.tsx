/** Dialogs: the browser's own element keeps the focus inside and gives it back; Esc closes. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button, IconButton } from "./button";

interface DialogProps {
  open: boolean;
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  /** Buttons at the end. */
  footer?: ComponentChildren;
  /** `side` is a panel at the end of the page. */
  kind?: "box" | "wide" | "side" | "top";
  /** The title is read aloud only. */
  bare?: boolean;
}

export function Dialog({ open, title, onClose, children, footer, kind = "box", bare }: DialogProps): JSX.Element | null {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (!open || !dialog) return;
    const before = document.activeElement as HTMLElement | null;
    dialog.showModal();
    return () => {
      if (dialog.open) dialog.close();
      before?.focus?.();
    };
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={box}
      class={`dialog ${kind}`}
      aria-labelledby={id}
      onCancel={(event) => (event.preventDefault(), onClose())}
      onMouseDown={(event) => event.target === box.current && onClose()}
    >
      <div class="dialog-body">
        <header class={bare ? "unseen" : undefined}>
          <h2 id={id}>{title}</h2>
          {!bare && <IconButton label={t("common.close")} icon="close" onClick={onClose} />}
        </header>
        <div class="dialog-content">{children}</div>
        {footer && <footer>{footer}</footer>}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  open: boolean;
  title: string;
  children?: ComponentChildren;
  /** What the button says: the deed, never "OK". */
  yes: string;
  danger?: boolean;
  onYes: () => unknown;
  onClose: () => void;
}

/** Asks before something that can't be taken back. It stays open, and busy, until `onYes` has ended. */
export function Confirm({ open, title, children, yes, danger, onYes, onClose }: ConfirmProps): JSX.Element {
  const [busy, setBusy] = useState(false);
  const go = async () => {
    setBusy(true);
    try {
      await onYes();
      onClose();
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button kind={danger ? "danger" : "primary"} busy={busy} onClick={() => void go()}>{yes}</Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
