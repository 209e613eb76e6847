import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useList, useLoad } from "@/api/hooks";
import { get, type Schemas } from "@/api/client";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { query, setQuery } from "@/router";
import type { PageProps } from "@/routes";
import { can } from "@/session";
import { Badge, Button, ChannelMark, type Column, Empty, Listed, Page, Table, Tabs } from "@/ui";
import { AgentPage } from "./agent";
import { Google } from "./google";
import type { Agent } from "./kept";
import { Knowledge } from "./knowledge";
import { Links } from "./links";
import { NewAgent } from "./new_agent";
import { PromptPage } from "./prompt_page";
import { RehearsalPage } from "./rehearsal";
import { Tools } from "./tools";
import "./agents.css";

const TABS = ["agents", "knowledge", "links", "tools", "google"] as const;
type Tab = (typeof TABS)[number];
const NEEDS: Record<Tab, string> = { agents: "agents:read", knowledge: "knowledge:read", links: "links:read", tools: "tools:read", google: "google:read" };

export default function Agents({ rest }: PageProps): JSX.Element {
  if (rest[0] === "prompts" && rest[1] && rest[2] === "rehearsals" && rest[3]) return <RehearsalPage key={rest[3]} promptId={rest[1]} id={rest[3]} />;
  if (rest[0] === "prompts" && rest[1]) return <PromptPage key={rest[1]} id={rest[1]} />;
  return rest[0] ? <AgentPage key={rest[0]} id={rest[0]} /> : <Overview key="overview" />;
}

function Overview(): JSX.Element {
  const [making, setMaking] = useState(false);
  const tabs = TABS.filter((id) => can(NEEDS[id]));
  const active = tabs.find((id) => id === query.value.get("tab")) ?? "agents";
  const writes = can("agents:write") && can("prompts:write");
  return (
    <Page
      title={t("agents.title")}
      lead={t(`agents.lead.${active}`)}
      actions={writes && active === "agents" && <Button kind="primary" icon="plus" onClick={() => setMaking(true)}>{t("agents.new")}</Button>}
    >
      <Tabs label={t("agents.title")} tabs={tabs.map((id) => ({ id, label: t(`agents.tab.${id}`) }))} active={active} onChange={(id) => setQuery({ tab: id === "agents" ? null : id, google: null })}>
        {active === "agents" && <List onNew={writes ? () => setMaking(true) : undefined} />}
        {active === "knowledge" && <Knowledge />}
        {active === "links" && <Links />}
        {active === "tools" && <Tools />}
        {active === "google" && <Google />}
      </Tabs>
      <NewAgent open={making} onClose={() => setMaking(false)} />
    </Page>
  );
}

function List({ onNew }: { onNew?: () => void }): JSX.Element {
  const list = useList("/v1/agents", { query: { limit: 100 } });
  const around = useLoad(async (signal) => {
    const [numbers, prompts] = await Promise.all([get("/v1/numbers", { query: { limit: 100 }, signal }), get("/v1/prompts", { query: { limit: 100 }, signal })]);
    return { numbers: numbers.data, prompts: prompts.data };
  }, "around");
  useLive("resumed", () => (void list.reload(), void around.reload()));
  const none = (
    <Empty icon="agent" title={t("agents.none")} action={onNew && <Button kind="primary" icon="plus" onClick={onNew}>{t("agents.new")}</Button>}>{t("agents.none_hint")}</Empty>
  );
  return (
    <Listed list={list} empty={none}>
      {(items) => <Table label={t("agents.title")} columns={columns(around.data?.numbers ?? [], around.data?.prompts ?? [])} rows={items} rowKey={(one: Agent) => one.agent_id} href={(one: Agent) => `/agents/${one.agent_id}`} />}
    </Listed>
  );
}

function columns(numbers: Schemas["Number"][], prompts: Schemas["Prompt"][]): Column<Agent>[] {
  const number = (one: Agent) => numbers.find((own) => own.id === one.phone_number_id);
  return [
    { key: "name", label: t("agents.name"), render: (one) => <span dir="auto">{one.name}</span> },
    { key: "number", label: t("agents.number"), render: (one) => <NumberOf number={number(one)} linked={!!one.phone_number_id} /> },
    {
      key: "prompt", label: t("agents.prompt"), wide: true,
      render: (one) => {
        const prompt = prompts.find((own) => own.prompt_id === one.prompt_id);
        return prompt ? <><span dir="auto">{prompt.name}</span> <span class="muted">{t("agents.version_no", { count: prompt.active_version })}</span></> : <span class="muted">–</span>;
      },
    },
    { key: "state", label: t("agents.state"), render: (one) => <State agent={one} /> },
  ];
}

export function NumberOf({ number, linked }: { number?: Schemas["Number"]; linked: boolean }): JSX.Element {
  if (!number) return <span class="muted">{linked ? "…" : t("agents.no_number")}</span>;
  return <span class="agents-number"><ChannelMark platform={number.platform} /> <span dir="auto">{number.display_name}</span></span>;
}

export function State({ agent }: { agent: Agent }): JSX.Element {
  if (!agent.phone_number_id) return <Badge tone="warn">{t("agents.state.idle")}</Badge>;
  return <Badge tone="good" icon="check">{t("agents.state.answers")}</Badge>;
}
