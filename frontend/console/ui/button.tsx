/** Buttons, and links that look like one. */
import type { ComponentChildren, JSX } from "preact";
import { to } from "../router";
import { Icon, type IconName } from "./icons";

interface Look {
  kind?: "primary" | "plain" | "quiet" | "danger";
  small?: boolean;
  icon?: IconName;
  children: ComponentChildren;
}

interface ButtonProps extends Look {
  /** Something is under way: the button keeps its place and takes no second click. */
  busy?: boolean;
  disabled?: boolean;
  type?: "button" | "submit";
  onClick?: (event: MouseEvent) => void;
  [attribute: `aria-${string}`]: string | boolean | undefined;
}

const look = ({ kind = "plain", small }: Look) => `button ${kind}${small ? " small" : ""}`;

export function Button(props: ButtonProps): JSX.Element {
  const { kind, small, icon, busy, children, type = "button", onClick, disabled, ...rest } = props;
  return (
    <button
      {...rest}
      type={type}
      class={look({ kind, small, children })}
      disabled={disabled}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    >
      {busy ? <span class="spinner" aria-hidden="true" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

/** A link in the look of a button. `to` is a page below /console. */
export function LinkButton({ to: page, icon, children, ...rest }: Look & { to: string }): JSX.Element {
  return (
    <a class={look({ ...rest, children })} href={to(page)}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

interface IconButtonProps {
  label: string;
  icon: IconName;
  onClick?: (event: MouseEvent) => void;
  disabled?: boolean;
  pressed?: boolean;
  /** A small number at the corner, e.g. how many alerts are open; the label has to say it too. */
  count?: number;
  expanded?: boolean;
  flip?: boolean;
}

/** A button that shows only an icon; the label is its name and its tooltip. */
export function IconButton({ label, icon, onClick, disabled, pressed, count, expanded, flip }: IconButtonProps): JSX.Element {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      title={label}
      disabled={disabled}
      aria-pressed={pressed}
      aria-expanded={expanded}
      onClick={onClick}
    >
      <Icon name={icon} flip={flip} />
      {count ? <span class="count" aria-hidden="true">{count > 99 ? "99+" : count}</span> : null}
    </button>
  );
}
