/** The board of leads: hot, warm and cold, live; one lead with the proof of each value. */
import type { JSX } from "preact";
import { urlOf } from "@/api/client";
import { useList } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { query, setQuery, to } from "@/router";
import type { PageProps } from "@/routes";
import { Badge, ChannelMark, Icon, Listed, Page, Select, Time } from "@/ui";
import { LeadPage } from "./lead";
import { Scoring } from "./scoring";
import { CHANNELS, type Lead, leadName, TAGS, tone } from "./words";
import "./leads.css";

export default function Leads({ rest }: PageProps): JSX.Element {
  if (rest[0] === "scoring") return <Scoring key="scoring" />;
  return rest[0] ? <LeadPage key={rest[0]} id={rest[0]} /> : <Board key="board" />;
}

function Board(): JSX.Element {
  const wanted = Object.fromEntries(["channel", "agent_id", "phone_number_id"].map((name) => [name, query.value.get(name) ?? ""]));
  const file = (
    <>
      <a class="button quiet" href={urlOf("/v1/leads/export", {}, wanted)} download><Icon name="download" /><span>{t("leads.export")}</span></a>
      <a class="button plain" href={to("/leads/scoring")}><Icon name="settings" /><span>{t("leads.scoring")}</span></a>
    </>
  );
  return (
    <Page title={t("leads.title")} lead={t("leads.lead")} actions={file}>
      <Filters />
      <div class="leads-board">
        {TAGS.map((tag) => <Column key={tag} tag={tag} wanted={wanted} />)}
      </div>
    </Page>
  );
}

function Filters(): JSX.Element {
  const agents = useList("/v1/agents", { query: { limit: 200 } });
  const any = { value: "", label: t("leads.any") };
  return (
    <div class="leads-filters" role="group" aria-label={t("leads.filters")}>
      <Select label={t("leads.channel")} value={query.value.get("channel") ?? ""} options={[any, ...CHANNELS.map((one) => ({ value: one, label: t(`common.channel.${one}`) }))]} onChange={(channel) => setQuery({ channel: channel || null })} />
      <Select label={t("leads.agent")} value={query.value.get("agent_id") ?? ""} options={[any, ...agents.items.map((one) => ({ value: one.agent_id, label: one.name }))]} onChange={(agent) => setQuery({ agent_id: agent || null })} />
    </div>
  );
}

function Column({ tag, wanted }: { tag: (typeof TAGS)[number]; wanted: Record<string, string> }): JSX.Element {
  const list = useList("/v1/leads", { query: { ...wanted, tag, limit: 30 } });
  useLive(["lead", "lead.hot", "lead.rose", "resumed"], () => void list.reload());
  const id = `leads-${tag}`;
  return (
    <section class="leads-column" aria-labelledby={id}>
      <h2 id={id}><Badge tone={tone(tag)}>{t(`leads.tag.${tag}`)}</Badge> <span class="muted">{formatNumber(list.items.length)}{list.hasMore && "+"}</span></h2>
      <Listed list={list} empty={<p class="muted leads-none">{t(`leads.none.${tag}`)}</p>}>
        {(items) => <ul aria-label={t(`leads.tag.${tag}`)}>{items.map((one) => <li key={one.extraction_id}><Card lead={one} /></li>)}</ul>}
      </Listed>
    </section>
  );
}

function Card({ lead }: { lead: Lead }): JSX.Element {
  return (
    <a class="leads-card" data-row href={to(`/leads/${lead.extraction_id}`)}>
      <span class="leads-card-head">
        <ChannelMark platform={lead.channel as "whatsapp"} />
        <strong dir="auto">{leadName(lead)}</strong>
        <span class="leads-score" aria-label={t("leads.score_of", { score: lead.total_score ?? 0 })}>{formatNumber(lead.total_score ?? 0)}</span>
      </span>
      {lead.intent && <span class="leads-intent" dir="auto">{lead.intent}</span>}
      {lead.next_step && <span class="muted" dir="auto">→ {lead.next_step}</span>}
      <span class="muted leads-when"><Time at={lead.extracted_at} /></span>
    </a>
  );
}
