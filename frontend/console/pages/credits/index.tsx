/** What is left, how long it lasts, and every movement that it follows from. */
import type { JSX } from "preact";
import { patch, type Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { to } from "@/router";
import type { PageProps } from "@/routes";
import { can, me, zone } from "@/session";
import { dayOf } from "../analytics/spans";
import { Button, Card, type Column, Copy, Empty, Field, Form, Listed, Page, ProblemBox, Skeleton, Table, Time, toast, useForm } from "@/ui";
import "./credits.css";

type Entry = Schemas["CreditEntry"];
const DAYS = 14;

export default function Credits(_: PageProps): JSX.Element {
  const balance = useOne("/v1/credits");
  const ledger = useList("/v1/credits/ledger", { query: { limit: 50 } });
  useLive(["alert.raised", "alert.resolved", "resumed"], () => {
    void balance.reload();
    void ledger.reload();
  });
  return (
    <Page title={t("credits.title")} lead={t("credits.lead")}>
      {balance.problem && !balance.data && <ProblemBox problem={balance.problem} retry={() => void balance.reload()} />}
      {balance.loading && !balance.data && <Skeleton lines={2} />}
      {balance.data && <Balance credits={balance.data} today={dayOf(new Date(), zone())} />}
      {balance.data && can("business:write") && <Below credits={balance.data} onChange={balance.set} />}
      <h2>{t("credits.ledger")}</h2>
      <Listed list={ledger} empty={<Empty icon="coin" title={t("credits.none")}>{t("credits.none_hint")}</Empty>}>
        {(items) => <Table label={t("credits.ledger")} columns={columns()} rows={items} rowKey={(one: Entry) => one.entry_id} />}
      </Listed>
    </Page>
  );
}

function Balance({ credits, today }: { credits: Schemas["Credits"]; today: string }): JSX.Element {
  const since = new Date(`${today}T00:00:00Z`);
  since.setUTCDate(since.getUTCDate() - DAYS + 1);
  const wanted = { from: since.toISOString().slice(0, 10), to: today, zone: zone() };
  const told = useOne(can("analytics:read") ? "/v1/analytics" : undefined, { query: wanted });
  const used = told.data ? Math.abs(told.data.total.credits ?? 0) : 0;
  const left = credits.remaining_credits;
  const days = used ? Math.floor((left * DAYS) / used) : null;
  return (
    <>
      {left <= 0 && <p class="credits-out" role="alert">{t("credits.out")}</p>}
      <dl class="credits-tiles">
        <Tile name={t("credits.left")} value={formatNumber(left)} />
        <Tile name={t("credits.used")} value={formatNumber(credits.total_used)} />
        <Tile name={t("credits.pace")} value={told.data ? formatNumber(used) : "…"} />
        <Tile name={t("credits.lasts")} value={days === null ? t("credits.none_used") : formatNumber(days, { style: "unit", unit: "day", unitDisplay: "long" })} />
      </dl>
      {can("business:write") && (
        <div class="credits-more">
          <p class="muted">{t("credits.top_up")}</p>
          <Copy label={t("credits.command")} value={`./frontdesk credits add ${me.value?.business.user_id ?? ""} 1000`} />
        </div>
      )}
      {can("analytics:read") && <p><a href={to("/analytics")}>{t("credits.cost")}</a></p>}
    </>
  );
}

const valuesOf = (credits: Schemas["Credits"]) => ({ low_own: credits.low_own?.toString() ?? "" });

/** Below how many credits the alert begins. */
function Below({ credits, onChange }: { credits: Schemas["Credits"]; onChange: (credits: Schemas["Credits"]) => void }): JSX.Element {
  const form = useForm({
    initial: valuesOf(credits),
    from: valuesOf,
    check: ({ low_own }) => ({ low_own: /^\d{0,9}$/.test(low_own.trim()) ? undefined : t("credits.low_wrong") }),
    submit: async ({ low_own }) => {
      onChange(await patch("/v1/credits", { body: { low_own: low_own.trim() ? Number(low_own) : null } }));
      toast(t("credits.low_saved"));
    },
  });
  const hint = credits.low_own === null && credits.low_at !== null ? t("credits.low_hint_now", { count: credits.low_at }) : t("credits.low_hint");
  return (
    <Card title={t("credits.alert")}>
      <Form form={form} label={t("credits.alert")}>
        <Field label={t("credits.low")} hint={hint} type="number" inputmode="numeric" min={0} required={false} {...form.field("low_own")} />
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("credits.low_save")}</Button></div>
      </Form>
    </Card>
  );
}

function Tile({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div class="credits-tile">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function columns(): Column<Entry>[] {
  return [
    { key: "when", label: t("credits.when"), render: (one) => <Time at={one.created_at} /> },
    { key: "what", label: t("credits.what"), render: (one) => <Reason text={one.reason} /> },
    { key: "amount", label: t("credits.amount"), end: true, render: (one) => formatNumber(one.delta, { signDisplay: "exceptZero" }) },
  ];
}

const REASONS = { turn: "credits.reason.turn", rehearsal: "credits.reason.rehearsal", Welcome: "credits.reason.welcome", "Added by the operator": "credits.reason.operator" } as const;

/** What the product itself notes is said in the person's language; what somebody wrote stays as it is. */
function Reason({ text }: { text: string }): JSX.Element {
  return text in REASONS ? <>{t(REASONS[text as keyof typeof REASONS])}</> : <span dir="auto">{text}</span>;
}
