/** Nothing there yet, and not there yet. */
import type { ComponentChildren, JSX } from "preact";
import { t } from "../i18n";
import { Icon, type IconName } from "./icons";

/** Says what to do next; `action` is the button that does it. */
export function Empty({ icon, title, children, action }: { icon: IconName; title: string; children?: ComponentChildren; action?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children && <div class="muted">{children}</div>}
      {action && <div class="actions">{action}</div>}
    </div>
  );
}

/** The shape of what is being loaded. */
export function Skeleton({ lines = 3 }: { lines?: number }): JSX.Element {
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t("common.loading")}</span>
      {Array.from({ length: lines }, (_, at) => <span key={at} />)}
    </div>
  );
}
