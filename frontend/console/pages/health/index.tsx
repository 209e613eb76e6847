/** The channels: each number, who answers it, and how it is. */
import type { JSX } from "preact";
import { useList, useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { navigate, to } from "@/router";
import type { PageProps } from "@/routes";
import { can, me } from "@/session";
import { Badge, ChannelMark, Empty, LinkButton, Listed, Page, Time } from "@/ui";
import { NewNumber, type OurNumber } from "./new_number";
import { OneNumber } from "./one_number";
import "./health.css";

export default function Health({ rest }: PageProps): JSX.Element {
  const [id] = rest;
  if (id === "new" && can("numbers:write")) return <Adding key="new" />;
  if (id) return <OneNumber key={id} id={id} />;
  return <Numbers key="all" />;
}

function Adding(): JSX.Element {
  return (
    <Page title={t("health.add")} back={{ to: "/health", label: t("health.title") }}>
      <div class="health-narrow">
        <NewNumber name={me.value?.business.company_name ?? ""} website="" onMade={(number) => navigate(`/health/${number.id}`)} />
      </div>
    </Page>
  );
}

function Numbers(): JSX.Element {
  const list = useList("/v1/numbers");
  const agents = useList(can("agents:read") ? "/v1/agents" : undefined, { query: { limit: 200 } });
  useLive("resumed", () => void (list.reload(), agents.reload()));
  const add = can("numbers:write") && <LinkButton kind="primary" icon="plus" to="/health/new">{t("health.add")}</LinkButton>;
  const empty = <Empty icon="health" title={t("health.none")} action={add || undefined}>{t("health.none_hint")}</Empty>;
  return (
    <Page title={t("health.title")} lead={t("health.lead")} actions={list.items.length > 0 && add}>
      <Listed list={list} empty={empty}>
        {(items) => (
          <ul class="health-list" aria-label={t("health.title")}>
            {items.map((one) => <Row key={one.id} number={one} agent={agents.items.find((agent) => agent.phone_number_id === one.id)?.name} />)}
          </ul>
        )}
      </Listed>
    </Page>
  );
}

function Row({ number, agent }: { number: OurNumber; agent?: string }): JSX.Element {
  const health = useOne("/v1/numbers/{id}/health", { path: { id: number.id } });
  useLive(["alert.raised", "alert.resolved", "message.received", "resumed"], () => void health.reload());
  return (
    <li>
      <a data-row class="card" href={to(`/health/${number.id}`)}>
        <span class="health-name"><ChannelMark platform={number.platform} /> <strong dir="auto">{number.display_name || number.meta_phone_number_id}</strong></span>
        <span class="muted small" dir="ltr">{number.meta_phone_number_id}</span>
        {can("agents:read") && <span class="small">{agent ? <>{t("health.answered_by")} <span dir="auto">{agent}</span></> : <Badge tone="warn" icon="alert">{t("health.nobody")}</Badge>}</span>}
        <span>{health.data && <State problems={health.data.problems.length} paused={Boolean(health.data.paused_until)} />}</span>
        <span class="muted small">{health.data?.last_webhook_at ? <>{t("health.last_in")} <Time at={health.data.last_webhook_at} /></> : health.data ? t("health.never_in") : ""}</span>
      </a>
    </li>
  );
}

export function State({ problems, paused }: { problems: number; paused: boolean }): JSX.Element {
  if (problems) return <Badge tone="danger" icon="alert">{t("health.problems", { count: problems })}</Badge>;
  if (paused) return <Badge tone="warn" icon="clock">{t("health.paused")}</Badge>;
  return <Badge tone="good" icon="check">{t("health.well")}</Badge>;
}
