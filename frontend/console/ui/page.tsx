/** The frame of each page: its heading takes the focus after a navigation, and its title is the window's. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { navigations } from "../router";
import { to } from "../router";
import { Icon } from "./icons";

interface PageProps {
  title: string;
  /** Buttons beside the heading. */
  actions?: ComponentChildren;
  /** One sentence below the heading. */
  lead?: ComponentChildren;
  /** The page to go back to, for a page below another. */
  back?: { to: string; label: string };
  /** Fills the window and scrolls inside, as an inbox does. */
  fill?: boolean;
  /** The heading is read aloud only. */
  bare?: boolean;
  children: ComponentChildren;
}

export function Page({ title, actions, lead, back, fill, bare, children }: PageProps): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Frontdesk`;
  }, [title]);
  useEffect(() => {
    if (navigations.peek()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class={fill ? "page fill" : "page"}>
      <header class={bare ? "unseen" : "page-head"}>
        {back && (
          <a class="back" href={to(back.to)}>
            <Icon name="back" flip /> {back.label}
          </a>
        )}
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {actions && <div class="actions">{actions}</div>}
        {lead && <p class="muted">{lead}</p>}
      </header>
      {children}
    </div>
  );
}

/** A part of a page with a heading of its own. */
export function Card({ title, actions, children }: { title?: string; actions?: ComponentChildren; children: ComponentChildren }): JSX.Element {
  return (
    <section class="card">
      {title && (
        <header>
          <h2>{title}</h2>
          {actions && <div class="actions">{actions}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
