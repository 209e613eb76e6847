/** A menu below a button: arrows, Home, End and Esc as the ARIA patterns have it. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export type MenuItem =
  | { label: string; icon?: IconName; danger?: boolean; onSelect: () => void; checked?: boolean; disabled?: boolean; lang?: string }
  | { heading: string }
  | "line";

interface MenuProps {
  /** The name of the button, where its content is no text. */
  label?: string;
  button: ComponentChildren;
  items: MenuItem[];
  /** The class of the button. */
  look?: string;
  side?: "start" | "end";
  up?: boolean;
}

export function Menu({ label, button, items, look = "button plain", side = "end", up }: MenuProps): JSX.Element {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const id = useId();
  const entries = () => [...(box.current?.querySelectorAll<HTMLElement>("[role^=menuitem]:not([aria-disabled=true])") ?? [])];
  const close = (back = true) => {
    setOpen(false);
    if (back) opener.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    entries()[0]?.focus();
    const outside = (event: Event) => box.current?.contains(event.target as Node) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);
  const onKey = (event: KeyboardEvent) => {
    if (!open) return;
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (event.key === "Escape") close();
    else if (event.key === "Tab") return setOpen(false);
    else if (event.key in go) all.at(go[event.key]! % all.length)?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class={`menu ${side}${up ? " up" : ""}`} ref={box} onKeyDown={onKey}>
      <button type="button" ref={opener} class={look} aria-haspopup="menu" aria-expanded={open} aria-controls={open ? id : undefined} aria-label={label} title={label} onClick={() => setOpen(!open)}>
        {button}
      </button>
      {open && (
        <div role="menu" id={id} aria-label={label} class="menu-list">
          {items.map((item, at) => <Entry key={at} item={item} close={close} />)}
        </div>
      )}
    </div>
  );
}

function Entry({ item, close }: { item: MenuItem; close: () => void }): JSX.Element {
  if (item === "line") return <div role="separator" />;
  if ("heading" in item) return <div class="menu-heading" role="presentation">{item.heading}</div>;
  return (
    <button
      type="button"
      role={item.checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={item.checked}
      aria-disabled={item.disabled || undefined}
      tabIndex={-1}
      lang={item.lang}
      class={item.danger ? "danger" : undefined}
      onClick={() => item.disabled || (close(), item.onSelect())}
    >
      {item.icon && <Icon name={item.icon} />}
      <span>{item.label}</span>
      {item.checked && <Icon name="check" />}
    </button>
  );
}
