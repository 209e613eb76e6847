import type { JSX } from "preact";
import { t } from "@/i18n";
import { can } from "@/session";
import { LinkButton, Page } from "@/ui";

export function Done(): JSX.Element {
  return (
    <Page title={t("onboarding.done.title")} lead={t("onboarding.done.lead")}>
      <ul class="onboarding-next">
        <Next to="/inbox" icon="inbox" what="inbox" />
        {can("members:read") && <Next to="/team?tab=invitations" icon="team" what="team" />}
        <Next to="/health" icon="health" what="health" />
        <Next to="/agents" icon="agent" what="agents" />
      </ul>
    </Page>
  );
}

function Next({ to, icon, what }: { to: string; icon: "inbox" | "team" | "health" | "agent"; what: "inbox" | "team" | "health" | "agents" }): JSX.Element {
  return (
    <li class="card">
      <h2>{t(`onboarding.done.${what}`)}</h2>
      <p class="muted">{t(`onboarding.done.${what}_why`)}</p>
      <LinkButton to={to} icon={icon} kind={what === "inbox" ? "primary" : "plain"}>{t(`onboarding.done.${what}_do`)}</LinkButton>
    </li>
  );
}
