/** Tabs: arrows move, the panel follows. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

interface TabsProps<T extends string> {
  label: string;
  tabs: readonly { id: T; label: string; count?: number }[];
  active: T;
  onChange: (id: T) => void;
  children: ComponentChildren;
}

export function Tabs<T extends string>({ label, tabs, active, onChange, children }: TabsProps<T>): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    // Where there is no room for all of them, the one that is open is in sight.
    const row = list.current!;
    const watch = new ResizeObserver(() => {
      const [box, tab] = [row, row.querySelector("[aria-selected=true]")!].map((one) => one.getBoundingClientRect()) as [DOMRect, DOMRect];
      row.scrollLeft += Math.max(0, tab.right - box.right) + Math.min(0, tab.left - box.left);
    });
    watch.observe(row);
    return () => watch.disconnect();
  }, [active]);
  const onKey = (event: KeyboardEvent) => {
    const forwards = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    const at = tabs.findIndex((one) => one.id === active);
    const step: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at - 1, Home: 0, End: tabs.length - 1, [forwards]: at + 1 };
    const next = tabs.at(step[event.key]! % tabs.length);
    if (!(event.key in step) || !next) return;
    event.preventDefault();
    onChange(next.id);
    list.current?.querySelectorAll<HTMLElement>("[role=tab]")[tabs.indexOf(next)]?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={onKey}>
        {tabs.map((one) => (
          <button
            key={one.id}
            type="button"
            role="tab"
            id={`${id}-${one.id}`}
            aria-selected={one.id === active}
            aria-controls={one.id === active ? `${id}-panel` : undefined}
            tabIndex={one.id === active ? 0 : -1}
            onClick={() => onChange(one.id)}
          >
            {one.label}
            {one.count !== undefined && <span class="badge neutral">{one.count}</span>}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${active}`} tabIndex={0}>
        {children}
      </div>
    </div>
  );
}
