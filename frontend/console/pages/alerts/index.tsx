/** What is wrong, in a sentence, with the way to the place that mends it. */
import type { JSX } from "preact";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { type Key, t } from "@/i18n";
import { useLive } from "@/live";
import { query, setQuery, to } from "@/router";
import type { PageProps } from "@/routes";
import { can } from "@/session";
import { Badge, Button, Empty, Listed, Page, Select, Time, toast, toastProblem, type Tone } from "@/ui";
import "./alerts.css";

type Alert = Schemas["Alert"];
const TONES: Record<Alert["alert_level"], Tone> = { info: "neutral", warning: "warn", critical: "danger" };

export default function Alerts(_: PageProps): JSX.Element {
  const over = query.value.get("show") === "over";
  const list = useList("/v1/alerts", { query: { resolved: over } });
  useLive(["alert", "alert.raised", "alert.resolved", "resumed"], () => void list.reload());
  const putAway = async (alert: Alert) => {
    await post("/v1/alerts/{id}/resolve", { path: { id: alert.id } }).catch(toastProblem);
    toast(t("alerts.resolved"));
    await list.reload();
  };
  const shown = [{ value: "open", label: t("alerts.open") }, { value: "over", label: t("alerts.over") }];
  const empty = over ? <Empty icon="bell" title={t("alerts.none_over")} /> : <Empty icon="checks" title={t("alerts.none")}>{t("alerts.none_hint")}</Empty>;
  return (
    <Page
      title={t("alerts.title")} lead={t("alerts.lead")}
      actions={<Select bare label={t("alerts.show")} value={over ? "over" : "open"} options={shown} onChange={(show) => setQuery({ show: show === "over" ? show : null })} />}
    >
      <Listed list={list} empty={empty}>
        {(items) => <ul class="alerts" aria-label={t("alerts.title")}>{items.map((one) => <Item key={one.id} alert={one} onPutAway={() => void putAway(one)} />)}</ul>}
      </Listed>
    </Page>
  );
}

function Item({ alert, onPutAway }: { alert: Alert; onPutAway: () => void }): JSX.Element {
  const place = placeOf(alert);
  return (
    <li class={`alerts-item ${alert.resolved ? "plain" : alert.alert_level}`}>
      <Badge tone={alert.resolved ? "neutral" : TONES[alert.alert_level]}>{t(`alerts.level.${alert.alert_level}`)}</Badge>
      <p class="alerts-said" dir="auto">{sentence(alert)}</p>
      <p class="muted alerts-when">
        <Time at={alert.created_at} />
        {alert.resolved_at && <> – <Time at={alert.resolved_at} /></>}
        {alert.times > 1 && <> · {t("alerts.times", { count: alert.times })}</>}
      </p>
      <div class="actions">
        {place && <a class="button plain small" href={to(place.page)}>{place.name}</a>}
        {!alert.resolved && alert.by_hand && can("alerts:write") && <Button small kind="quiet" icon="check" onClick={onPutAway}>{t("alerts.resolve")}</Button>}
      </div>
    </li>
  );
}

/** The sentence in the person's language; the API's own where there is none. */
function sentence(alert: Alert): string {
  const values: Record<string, string | number> = { subject: alert.subject };
  for (const [name, value] of Object.entries(alert.detail)) {
    if (typeof value === "string" || typeof value === "number") values[name] = value;
  }
  for (const name of [`${alert.alert_type}.${alert.detail["cause"]}`, alert.alert_type]) {
    const key = `alerts.said.${name}`;
    const said = t(key as Key, values);
    if (said && said !== key && !/\{\w+\}/.test(said)) return said;
  }
  return alert.message;
}

function placeOf({ alert_type: type, detail, subject, phone_number_id: number }: Alert): { page: string; name: string } | undefined {
  const id = (name: string) => (typeof detail[name] === "string" ? encodeURIComponent(detail[name] as string) : "");
  if (type.startsWith("credits")) return { page: "/credits", name: t("alerts.go.credits") };
  if (type.startsWith("google") || type === "calendar_gone") return { page: "/agents?tab=google", name: t("alerts.go.calendar") };
  if (type.startsWith("webhook_") && type !== "webhook_signature_wrong") return { page: "/settings/webhooks", name: t("alerts.go.settings") };
  if (type === "mail_failing") return { page: "/settings/webhooks", name: t("alerts.go.settings") };
  if (type.startsWith("booking") || type === "reminder_not_sent") return { page: `/meetings/${encodeURIComponent(subject)}`, name: t("alerts.go.meeting") };
  if (type === "loop" || type === "conversation_cap") return { page: `/inbox/${encodeURIComponent(subject)}`, name: t("alerts.go.conversation") };
  if (id("agent_id")) return { page: `/agents/${id("agent_id")}`, name: t("alerts.go.agent") };
  if (number) return { page: `/health/${encodeURIComponent(number)}`, name: t("alerts.go.number") };
  return undefined;
}
