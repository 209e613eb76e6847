/** One channel: how it is, who answers it, its settings, and its end. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del } from "@/api/client";
import { useOne } from "@/api/hooks";
import { language, t } from "@/i18n";
import { useLive } from "@/live";
import { navigate, query, setQuery } from "@/router";
import { can } from "@/session";
import { Button, Card, ChannelMark, Confirm, Page, ProblemBox, Skeleton, Tabs, Time, toast, toastProblem } from "@/ui";
import { Answering } from "./answering";
import { NumberGuide } from "./guide";
import type { OurNumber } from "./new_number";
import { Settings } from "./number_settings";
import { TemplateList } from "./template_list";
import { Website } from "./website";

type Part = "state" | "agent" | "website" | "templates" | "settings";

export function OneNumber({ id }: { id: string }): JSX.Element {
  const number = useOne("/v1/numbers/{id}", { path: { id } });
  const back = { to: "/health", label: t("health.title") };
  if (!number.data) {
    return <Page title={t("health.title")} back={back}>{number.problem ? <ProblemBox problem={number.problem} retry={() => void number.reload()} /> : <Skeleton lines={6} />}</Page>;
  }
  const one = number.data;
  const parts: Part[] = [
    "state", ...(can("agents:read") ? (["agent"] as const) : []), ...(one.platform === "webchat" ? (["website"] as const) : []),
    ...(one.platform === "whatsapp" && can("conversations:read") ? (["templates"] as const) : []), ...(can("numbers:write") ? (["settings"] as const) : []),
  ];
  const wanted = query.value.get("tab") as Part;
  const part = parts.includes(wanted) ? wanted : "state";
  return (
    <Page key="one" title={one.display_name || one.meta_phone_number_id} back={back} lead={<ChannelMark platform={one.platform} named />}>
      <Tabs label={t("health.parts")} tabs={parts.map((id) => ({ id, label: t(`health.tab.${id}`) }))} active={part} onChange={(tab) => setQuery({ tab })}>
        <div class="stack health-narrow">
          {part === "state" && <Facts id={id} />}
          {part === "state" && <Card title={t("health.guide")}><NumberGuide id={id} /></Card>}
          {part === "agent" && <Answering number={one} />}
          {part === "website" && <Website number={one} onChange={number.set} />}
          {part === "templates" && <TemplateList id={id} />}
          {part === "settings" && <Settings number={one} onChange={number.set} />}
          {part === "settings" && <Remove number={one} />}
        </div>
      </Tabs>
    </Page>
  );
}

function Facts({ id }: { id: string }): JSX.Element {
  const health = useOne("/v1/numbers/{id}/health", { path: { id } });
  useLive(["alert.raised", "alert.resolved", "message.received", "message.sent", "resumed"], () => void health.reload());
  if (!health.data) return health.problem ? <ProblemBox problem={health.problem} retry={() => void health.reload()} /> : <Skeleton lines={4} />;
  const { problems, notices, ...one } = health.data;
  const times = [
    ["last_in", one.last_webhook_at], ["last_out", one.last_sent_at], ["token_ends", one.token_expires_at], ["token_renewed", one.token_refreshed_at], ["paused_until", one.paused_until],
  ] as const;
  return (
    <Card title={t("health.how")}>
      {problems.length ? (
        <ul class="health-problems">{problems.map((text) => <li key={text} lang="en" dir={language.value === "ar" ? "ltr" : undefined}>{text}</li>)}</ul>
      ) : <p class="health-ready">{t("health.all_well")}</p>}
      <dl class="health-facts">
        {times.map(([name, at]) => at && <div key={name}><dt>{t(`health.${name}`)}</dt><dd><Time at={at} /></dd></div>)}
        <div><dt>{t("health.queued")}</dt><dd>{one.queued_parts}</dd></div>
        <div><dt>{t("health.failed")}</dt><dd>{one.failed_parts}</dd></div>
        {Object.entries(notices).map(([topic, said]) => <div key={topic}><dt dir="ltr">{topic.replace(/_/g, " ")}</dt><dd dir="auto">{told(said)}</dd></div>)}
      </dl>
    </Card>
  );
}

/** The provider's own words, flat. */
function told(said: unknown): string {
  if (said && typeof said === "object") return Object.values(said).filter((one) => typeof one !== "object").map(String).join(" · ");
  return String(said);
}

function Remove({ number }: { number: OurNumber }): JSX.Element {
  const [asking, setAsking] = useState(false);
  const name = number.display_name || number.meta_phone_number_id;
  const remove = () =>
    del("/v1/numbers/{id}", { path: { id: number.id } })
      .then(() => (toast(t("health.removed", { name })), navigate("/health")))
      .catch(toastProblem);
  return (
    <Card title={t("health.remove_title")}>
      <p class="muted">{t("health.remove_hint")}</p>
      <Button kind="danger" icon="trash" onClick={() => setAsking(true)}>{t("health.remove")}</Button>
      <Confirm open={asking} danger title={t("health.remove_ask", { name })} yes={t("health.remove")} onYes={remove} onClose={() => setAsking(false)}>
        {t("health.remove_lost")}
      </Confirm>
    </Card>
  );
}
