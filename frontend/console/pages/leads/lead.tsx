/** One lead: each value, and the words of the customer that prove it. */
import type { JSX } from "preact";
import { patch } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatNumber, type Key, t } from "@/i18n";
import { useLive } from "@/live";
import { navigate, to } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, ChannelMark, Field, Form, Page, ProblemBox, Select, Skeleton, Time, toast, useForm } from "@/ui";
import { DIMENSIONS, type Lead, leadName, LEVELS, tone } from "./words";

const VALUES = ["name", "email", "company", "phone", "intent", "next_step", "notes"] as const;

export function LeadPage({ id }: { id: string }): JSX.Element {
  const one = useOne("/v1/leads/{id}", { path: { id } });
  const back = { to: "/leads", label: t("leads.title") };
  if (one.problem && !one.data) {
    return <Page title={t("leads.one")} back={back}><ProblemBox problem={one.problem} retry={() => void one.reload()} /></Page>;
  }
  if (!one.data) return <Page title={t("leads.one")} back={back}><Skeleton lines={8} /></Page>;
  return <Shown lead={one.data} back={back} />;
}

function Shown({ lead, back }: { lead: Lead; back: { to: string; label: string } }): JSX.Element {
  const history = useList("/v1/conversations/{id}/leads", { path: { id: lead.conversation_id } });
  useLive(["lead", "resumed"], () => void history.reload());
  const newest = history.items[0];
  const talk = can("conversations:read") && <a class="button primary" href={to(`/inbox/${lead.conversation_id}`)}>{t("leads.open_conversation")}</a>;
  return (
    <Page title={leadName(lead)} back={back} actions={talk}>
      {newest && newest.extraction_id !== lead.extraction_id && lead.is_latest && (
        <p class="leads-newer" role="status">
          {t("leads.newer")} <Button small onClick={() => navigate(`/leads/${newest.extraction_id}`)}>{t("leads.show_newer")}</Button>
        </p>
      )}
      <p class="leads-summary">
        <ChannelMark platform={lead.channel as "whatsapp"} named /> <Badge tone={tone(lead.lead_status_tag)}>{lead.lead_status_tag ? t(`leads.tag.${lead.lead_status_tag}`) : t("leads.untagged")}</Badge>
        {lead.smart_notification && <span dir="auto">{lead.smart_notification}</span>}
      </p>
      <div class="leads-parts">
        <Card title={t("leads.why")}><Score lead={lead} /></Card>
        <Card title={t("leads.values")}><Values lead={lead} /></Card>
        {can("leads:write") && lead.is_latest && <Card title={t("leads.correct")}><Correct lead={lead} /></Card>}
        <Card title={t("leads.history")}>
          <ol class="leads-history">
            {history.items.map((past) => (
              <li key={past.extraction_id}>
                <a href={to(`/leads/${past.extraction_id}`)} aria-current={past.extraction_id === lead.extraction_id ? "true" : undefined}><Time at={past.extracted_at} /></a>
                <span>{formatNumber(past.total_score ?? 0)}</span> <Badge tone={tone(past.lead_status_tag)}>{past.lead_status_tag ? t(`leads.tag.${past.lead_status_tag}`) : "–"}</Badge>
                <span class="muted">{t(`leads.source.${past.source}` as Key)}</span>
              </li>
            ))}
          </ol>
        </Card>
      </div>
    </Page>
  );
}

function Score({ lead }: { lead: Lead }): JSX.Element {
  return (
    <dl class="leads-values">
      {DIMENSIONS.map((dimension) => (
        <div key={dimension}>
          <dt>{t(`leads.dimension.${dimension}`)}</dt>
          <dd>
            <strong>{level(lead[LEVELS[dimension]])}</strong> <span class="muted">{t("leads.of_three", { points: lead[`${dimension}_score`] ?? 0 })}</span>
            {lead.reasoning[dimension] && <p class="muted" dir="auto">{lead.reasoning[dimension]}</p>}
            <Proof lead={lead} name={LEVELS[dimension]} />
          </dd>
        </div>
      ))}
      <div>
        <dt>{t("leads.total")}</dt>
        <dd><strong>{t("leads.points", { points: lead.total_score ?? 0 })}</strong></dd>
      </div>
    </dl>
  );
}

function Values({ lead }: { lead: Lead }): JSX.Element {
  return (
    <dl class="leads-values">
      {VALUES.map((name) => (
        <div key={name}>
          <dt>{t(`leads.value.${name}`)}</dt>
          <dd>
            <span dir="auto">{lead[name] ?? <span class="muted">–</span>}</span>
            {lead.locked[name] && <Badge>{t("leads.by_hand", { by: String(lead.locked[name]["by"] ?? "") })}</Badge>}
            <Proof lead={lead} name={name} />
          </dd>
        </div>
      ))}
      {lead.demo_book_datetime && (
        <div>
          <dt>{t("leads.value.meeting")}</dt>
          <dd><Time at={lead.demo_book_datetime} /></dd>
        </div>
      )}
    </dl>
  );
}

/** The words that prove a value; a click shows them where they were written. */
function Proof({ lead, name }: { lead: Lead; name: string }): JSX.Element | null {
  const proofs = (lead.evidence[name] ?? []).filter((one) => typeof one["quote"] === "string" && one["quote"]);
  if (!proofs.length) return null;
  return (
    <ul class="leads-proof">
      {proofs.map((one, n) => {
        const words = <q dir="auto">{String(one["quote"])}</q>;
        const no = one["sequence_no"] ?? one["message"];
        return <li key={n}>{can("conversations:read") && no ? <a href={to(`/inbox/${lead.conversation_id}?message=${no}`)}>{words}</a> : words}</li>;
      })}
    </ul>
  );
}

function Correct({ lead }: { lead: Lead }): JSX.Element {
  const text = (name: (typeof VALUES)[number]) => lead[name] ?? "";
  const initial = { name: text("name"), email: text("email"), company: text("company"), phone: text("phone"), next_step: text("next_step"), notes: text("notes"), intent_level: lead.intent_level ?? "" };
  const form = useForm({
    initial,
    submit: async (values) => {
      const changed = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== initial[name as keyof typeof initial]).map(([name, value]) => [name, value || null]));
      if (!Object.keys(changed).length) return;
      const kept = await patch("/v1/conversations/{id}/lead", { path: { id: lead.conversation_id }, body: changed });
      toast(t("leads.saved"));
      navigate(`/leads/${kept.extraction_id}`, { replace: true });
    },
  });
  const levels = ["", "Low", "Medium", "High"].map((value) => ({ value, label: value ? level(value) : "–" }));
  return (
    <Form form={form} label={t("leads.correct")}>
      <p class="muted">{t("leads.correct_hint")}</p>
      {(["name", "email", "company", "phone", "next_step"] as const).map((name) => <Field key={name} label={t(`leads.value.${name}`)} dir="auto" {...form.field(name)} />)}
      <Field label={t("leads.value.notes")} rows={3} {...form.field("notes")} />
      <Select label={t("leads.dimension.intent")} options={levels} {...form.select("intent_level")} />
      <Button kind="primary" type="submit" busy={form.busy}>{t("leads.save")}</Button>
    </Form>
  );
}

function level(value: string | null): string {
  return value ? t(`leads.level.${value}` as Key) : "–";
}
