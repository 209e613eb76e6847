/** Who works here, as what, who is invited, and what was changed by whom. */
import type { JSX } from "preact";
import { t } from "@/i18n";
import { query, setQuery } from "@/router";
import type { PageProps } from "@/routes";
import { can } from "@/session";
import { Page, Tabs } from "@/ui";
import { Invitations } from "./invitations";
import { Members } from "./members";
import { Record } from "./record";
import { Roles } from "./roles";
import "./team.css";

type Part = "members" | "invitations" | "roles" | "record";

export default function Team(_: PageProps): JSX.Element {
  const parts: Part[] = ["members", "invitations", "roles", ...(can("audit:read") ? (["record"] as const) : [])];
  const wanted = query.value.get("tab") as Part;
  const part = parts.includes(wanted) ? wanted : "members";
  const tabs = parts.map((id) => ({ id, label: t(`team.tab.${id}`) }));
  return (
    <Page title={t("team.title")} lead={t("team.lead")}>
      <Tabs label={t("team.title")} tabs={tabs} active={part} onChange={(tab) => setQuery({ tab })}>
        {part === "members" && <Members />}
        {part === "invitations" && <Invitations />}
        {part === "roles" && <Roles />}
        {part === "record" && <Record />}
      </Tabs>
    </Page>
  );
}
