/** What the agents did: figures over time, beside those of the time before. */
import type { JSX } from "preact";
import { call, type Schemas, urlOf } from "@/api/client";
import { useList, useLoad } from "@/api/hooks";
import { formatDate, formatMoney, formatNumber, t } from "@/i18n";
import { query, setQuery } from "@/router";
import type { PageProps } from "@/routes";
import { me, zone } from "@/session";
import { Card, Chart, Empty, Field, Icon, Page, ProblemBox, Select, Skeleton } from "@/ui";
import { before, dayOf, PERIODS, type Period, span } from "./spans";
import "./analytics.css";

type Figures = Schemas["Figures"];
type Told = Schemas["Analytics"];

export default function Analytics(_: PageProps): JSX.Element {
  const period = (PERIODS as readonly string[]).includes(query.value.get("period") ?? "") ? (query.value.get("period") as Period) : "30";
  const chosen = span(period, dayOf(new Date(), zone()), query.value.get("from"), query.value.get("to"));
  const filters = { zone: zone(), number: query.value.get("number") ?? "", agent: query.value.get("agent") ?? "" };
  const wanted = { ...filters, ...chosen, bucket: chosen.from === chosen.to ? "hour" : "day" };
  const former = { ...wanted, ...before(chosen) };
  const key = JSON.stringify([me.value?.business.user_id, wanted]);
  const now = useLoad((signal) => call<Told>("GET", "/v1/analytics", { query: wanted, signal }), key);
  const then = useLoad((signal) => call<Told>("GET", "/v1/analytics", { query: former, signal }), `before ${key}`);
  const file = (
    <a class="button quiet" href={urlOf("/v1/analytics/export", {}, wanted)} download>
      <Icon name="download" />
      <span>{t("analytics.export")}</span>
    </a>
  );
  return (
    <Page title={t("analytics.title")} lead={t("analytics.lead", { zone: zone() })} actions={file}>
      <Choices period={period} chosen={chosen} />
      {now.problem && !now.data && <ProblemBox problem={now.problem} retry={() => void now.reload()} />}
      {!now.problem && !now.data && <Skeleton lines={8} />}
      {now.data && <Shown told={now.data} former={then.data} />}
    </Page>
  );
}

function Choices({ period, chosen }: { period: Period; chosen: { from: string; to: string } }): JSX.Element {
  const numbers = useList("/v1/numbers", { query: { limit: 200 } });
  const agents = useList("/v1/agents", { query: { limit: 200 } });
  const any = { value: "", label: t("analytics.any") };
  const named = (value: string, name: string) => ({ value, label: name || value });
  return (
    <div class="analytics-choices" role="group" aria-label={t("analytics.choose")}>
      <Select label={t("analytics.period")} value={period} onChange={(value) => setQuery({ period: value })} options={PERIODS.map((one) => ({ value: one, label: t(`analytics.period.${one}`) }))} />
      {period === "own" && (
        <>
          <Field label={t("analytics.from")} type="date" value={chosen.from} max={chosen.to} onInput={(from) => from && setQuery({ from })} />
          <Field label={t("analytics.to")} type="date" value={chosen.to} min={chosen.from} onInput={(to) => to && setQuery({ to })} />
        </>
      )}
      <Select label={t("analytics.number")} value={query.value.get("number") ?? ""} onChange={(number) => setQuery({ number })} options={[any, ...numbers.items.map((one) => named(one.id, one.display_name ?? ""))]} />
      <Select label={t("analytics.agent")} value={query.value.get("agent") ?? ""} onChange={(agent) => setQuery({ agent })} options={[any, ...agents.items.map((one) => named(one.agent_id, one.name))]} />
    </div>
  );
}

function Shown({ told, former }: { told: Told; former: Told | undefined }): JSX.Element {
  const { total } = told;
  if (!total.messages_in && !total.messages_out && !total.booked && !total.conversations_opened) {
    return <Empty icon="chart" title={t("analytics.none")}>{t("analytics.none_hint")}</Empty>;
  }
  return (
    <>
      <Tiles total={total} former={former?.total} />
      <Charts told={told} />
    </>
  );
}

interface Tile {
  name: string;
  value: number | null;
  format: (value: number) => string;
  of: (total: Figures) => number | null;
}

function Tiles({ total, former }: { total: Figures; former: Figures | undefined }): JSX.Element {
  const tiles: Omit<Tile, "value">[] = [
    { name: t("analytics.in"), format: formatNumber, of: (one) => one.messages_in ?? 0 },
    { name: t("analytics.opened"), format: formatNumber, of: (one) => one.conversations_opened ?? 0 },
    { name: t("analytics.median"), format: seconds, of: (one) => one.answer_seconds_median ?? null },
    { name: t("analytics.p90"), format: seconds, of: (one) => one.answer_seconds_p90 ?? null },
    { name: t("analytics.taken"), format: share, of: (one) => one.takeover_share ?? null },
    { name: t("analytics.hot"), format: formatNumber, of: (one) => one.leads["Hot"] ?? 0 },
    { name: t("analytics.booked"), format: formatNumber, of: (one) => one.booked ?? 0 },
    { name: t("analytics.cost"), format: formatMoney, of: (one) => (one.cost_micros ?? 0) / 1e6 },
  ];
  return (
    <dl class="analytics-tiles">
      {tiles.map((one) => {
        const value = one.of(total);
        const was = former ? one.of(former) : null;
        return (
          <div key={one.name} class="analytics-tile">
            <dt>{one.name}</dt>
            <dd>
              <strong>{value === null ? "–" : one.format(value)}</strong>
              {was !== null && <span class="muted">{t("analytics.before", { value: one.format(was) })}</span>}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function Charts({ told }: { told: Told }): JSX.Element {
  const daily = told.data.length < 2 || new Date(told.data[1]!.start).getTime() - new Date(told.data[0]!.start).getTime() > 4e6;
  const labels = told.data.map((one) => formatDate(one.start, told.zone, daily ? { day: "numeric", month: "short" } : { hour: "2-digit", minute: "2-digit" }));
  const series = (name: string, of: (one: Figures) => number) => ({ name, values: told.data.map(of) });
  const author = (who: "customer" | "ai" | "human") => series(t(`analytics.author.${who}`), (one) => one.by_author[who] ?? 0);
  return (
    <div class="analytics-charts">
      <Card><Chart title={t("analytics.messages")} kind="bar" labels={labels} series={(["customer", "ai", "human"] as const).map(author)} /></Card>
      <Card><Chart title={t("analytics.answers")} labels={labels} format={seconds} series={[series(t("analytics.median"), (one) => one.answer_seconds_median ?? 0), series(t("analytics.p90"), (one) => one.answer_seconds_p90 ?? 0)]} /></Card>
      <Card><Chart title={t("analytics.leads")} kind="bar" labels={labels} series={(["Hot", "Warm", "Cold"] as const).map((tag) => series(t(`analytics.tag.${tag}`), (one) => one.leads[tag] ?? 0))} /></Card>
      <Card><Chart title={t("analytics.meetings")} kind="bar" labels={labels} series={[series(t("analytics.booked"), (one) => one.booked ?? 0), series(t("analytics.cancelled"), (one) => one.cancelled ?? 0), series(t("analytics.no_shows"), (one) => one.no_shows ?? 0)]} /></Card>
      <Card><Chart title={t("analytics.cost")} labels={labels} format={formatMoney} series={[series(t("analytics.cost"), (one) => (one.cost_micros ?? 0) / 1e6)]} /></Card>
      <Card><Chart title={t("analytics.failed")} kind="bar" labels={labels} series={[series(t("analytics.failed"), (one) => one.failed_messages ?? 0)]} /></Card>
    </div>
  );
}

function share(value: number): string {
  return formatNumber(value, { style: "percent", maximumFractionDigits: 0 });
}

function seconds(value: number): string {
  const [unit, size] = value < 90 ? (["second", 1] as const) : value < 5400 ? (["minute", 60] as const) : (["hour", 3600] as const);
  return formatNumber(value / size, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: value / size < 10 ? 1 : 0 });
}
