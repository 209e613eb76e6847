/** Whether what is shown is what is. */
import type { JSX } from "preact";
import { t } from "../i18n";
import { liveState } from "../live";

export function LiveMark(): JSX.Element | null {
  const state = liveState.value;
  if (state === "off") return null;
  return (
    <span class={`live ${state}`} role="status" title={t(`shell.live.${state}`)}>
      <span class="dot" aria-hidden="true" />
      <span class={state === "live" ? "unseen" : undefined}>{t(`shell.live.${state}`)}</span>
    </span>
  );
}
