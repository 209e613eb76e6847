/** One agent: what it says, how it works, when it books, and where to try it. */
import type { JSX } from "preact";
import { useOne, type One } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { query, setQuery, to } from "@/router";
import { can } from "@/session";
import { Card, Icon, Page, ProblemBox, Skeleton, Tabs } from "@/ui";
import { Booking } from "./booking";
import { NumberOf, State } from "./index";
import type { Agent } from "./kept";
import { PromptEditor } from "./prompt";
import { Settings } from "./settings";
import { Values } from "./variables";

const TABS = ["behaviour", "settings", "booking", "test"] as const;

export function AgentPage({ id }: { id: string }): JSX.Element {
  const agent = useOne("/v1/agents/{id}", { path: { id } });
  useLive("resumed", () => void agent.reload());
  const title = agent.data?.name ?? t("agents.agent");
  const active = TABS.find((one) => one === query.value.get("tab")) ?? "behaviour";
  return (
    <Page title={title} back={{ to: "/agents", label: t("agents.title") }} lead={agent.data && <Head agent={agent.data} />}>
      {agent.problem && !agent.data && <ProblemBox problem={agent.problem} retry={() => void agent.reload()} />}
      {!agent.data && agent.loading && <Skeleton lines={8} />}
      {agent.data && (
        <Tabs label={title} tabs={TABS.map((one) => ({ id: one, label: t(`agents.tab.${one}`) }))} active={active} onChange={(one) => setQuery({ tab: one === "behaviour" ? null : one })}>
          <Panel key={active} tab={active} agent={agent} />
        </Tabs>
      )}
    </Page>
  );
}

function Panel({ tab, agent }: { tab: (typeof TABS)[number]; agent: One<Agent> }): JSX.Element {
  const own = agent.data!;
  if (tab === "settings") return <Settings agent={own} onSaved={agent.set} />;
  if (tab === "booking") return <Booking agent={own} onSaved={agent.set} />;
  if (tab === "test") return <Test agent={own} />;
  return (
    <div class="stack">
      <Values agent={own} onSaved={agent.set} />
      <PromptEditor id={own.prompt_id} />
    </div>
  );
}

function Head({ agent }: { agent: Agent }): JSX.Element {
  const number = useOne(agent.phone_number_id ? "/v1/numbers/{id}" : undefined, { path: { id: agent.phone_number_id ?? "" } });
  return (
    <span class="row">
      <State agent={agent} />
      <NumberOf number={number.data} linked={!!agent.phone_number_id} />
      {can("numbers:read") && <a href={to(agent.phone_number_id ? `/health/${agent.phone_number_id}` : "/health")}>{agent.phone_number_id ? t("agents.relink") : t("agents.link_number")}</a>}
      {can("leads:read") && <a href={to("/leads/scoring")}>{t("agents.scoring")}</a>}
    </span>
  );
}

function Test({ agent }: { agent: Agent }): JSX.Element {
  const setup = useOne(agent.phone_number_id && can("numbers:read") ? "/v1/numbers/{id}/setup" : undefined, { path: { id: agent.phone_number_id ?? "" } });
  const page = setup.data?.values.find((one) => one.name === "page_url")?.value;
  const channel = to(agent.phone_number_id ? `/health/${agent.phone_number_id}` : "/health");
  return (
    <Card title={t("agents.tab.test")}>
      {!agent.phone_number_id && <p>{t("agents.test.none")}</p>}
      {agent.phone_number_id && setup.loading && !setup.data && !setup.problem && <Skeleton lines={2} />}
      {page && <p>{t("agents.test.page")}</p>}
      {agent.phone_number_id && (setup.data || setup.problem) && !page && <p>{t("agents.test.write")}</p>}
      <div class="row">
        {page && <a class="button primary" href={page} target="_blank" rel="noreferrer"><Icon name="external" /><span>{t("agents.test.open")}</span></a>}
        <a class="button plain" href={channel}>{agent.phone_number_id ? t("agents.test.channel") : t("agents.link_number")}</a>
      </div>
    </Card>
  );
}
