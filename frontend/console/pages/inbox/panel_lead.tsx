/** The lead of a conversation: every value with the words that prove it, and what a person knows better. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { patch, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { can, me } from "@/session";
import { Badge, Button, Empty, Field, Form, Icon, IconButton, ProblemBox, Select, Skeleton, Time, toast, toastProblem, useForm } from "@/ui";

type Lead = Schemas["Lead"];
const TEXTS = ["name", "email", "phone", "company", "intent", "next_step", "notes"] as const;
const SCORED = [
  ["intent_level", "intent_score"], ["urgency_level", "urgency_score"], ["budget_constraint", "budget_score"],
  ["fit_alignment", "fit_score"], ["engagement_health", "engagement_score"],
] as const;
type Name = (typeof TEXTS)[number] | (typeof SCORED)[number][0];
const LEVELS = ["Low", "Medium", "High"] as const;
const BUDGET = ["No", "Maybe", "Yes"] as const;

export function LeadPanel({ id, onGo }: { id: string; onGo: (no: number) => void }): JSX.Element {
  const found = useOne("/v1/conversations/{id}/leads", { path: { id }, query: { limit: 1 } });
  useLive(["lead", "resumed"], (event) => (event.type === "resumed" || event.data.conversation_id === id) && void found.reload());
  if (found.problem && !found.data) return <ProblemBox problem={found.problem} retry={() => void found.reload()} />;
  if (!found.data) return <Skeleton lines={6} />;
  const lead = found.data.data[0];
  if (!lead) return <Nothing id={id} />;
  return <Known id={id} lead={lead} onGo={onGo} onChange={(next) => found.set({ data: [next], next_cursor: null })} />;
}

function Nothing({ id }: { id: string }): JSX.Element {
  const read = () => void post("/v1/conversations/{id}/reading", { path: { id } }).then(() => toast(t("inbox.reading"))).catch(toastProblem);
  return (
    <Empty icon="lead" title={t("inbox.no_lead")} action={can("leads:write") && <Button onClick={read}>{t("inbox.read_now")}</Button>}>
      {t("inbox.no_lead_hint")}
    </Empty>
  );
}

interface KnownProps {
  id: string;
  lead: Lead;
  onGo: (no: number) => void;
  onChange: (lead: Lead) => void;
}

function Known({ id, lead, onGo, onChange }: KnownProps): JSX.Element {
  const [editing, setEditing] = useState<Name>();
  const one = (name: Name) => (
    <Value key={name} id={id} name={name} lead={lead} editing={editing === name} onEdit={setEditing} onGo={onGo} onChange={onChange} />
  );
  const tone = lead.lead_status_tag === "Hot" ? "danger" : lead.lead_status_tag === "Warm" ? "warn" : "neutral";
  return (
    <div class="inbox-lead">
      <p class="row">
        {lead.lead_status_tag && <Badge tone={tone}>{t(`inbox.tag.${lead.lead_status_tag}`)}</Badge>}
        {lead.total_score !== null && <strong>{t("inbox.score", { score: lead.total_score })}</strong>}
        <span class="small muted">{t("inbox.read_at")} <Time at={lead.extracted_at} /></span>
      </p>
      <dl class="inbox-values">{TEXTS.map(one)}</dl>
      <h3>{t("inbox.score_parts")}</h3>
      <dl class="inbox-values">{SCORED.map(([name]) => one(name))}</dl>
    </div>
  );
}

interface ValueProps extends KnownProps {
  name: Name;
  editing: boolean;
  onEdit: (name: Name | undefined) => void;
}

function Value(props: ValueProps): JSX.Element | null {
  const { lead, name, editing, onEdit, onGo } = props;
  const value = lead[name];
  const points = SCORED.find(([one]) => one === name)?.[1];
  const level = points !== undefined;
  const proofs = (lead.evidence[name] ?? []) as Record<string, any>[];
  const write = can("leads:write");
  if (!value && !write) return null;
  return (
    <div>
      <dt>
        {t(`inbox.value.${name}`)}
        {lead.locked[name] && <span class="muted small" title={t("inbox.locked")}> <Icon name="key" /><span class="unseen">{t("inbox.locked")}</span></span>}
      </dt>
      {editing ? (
        <dd><Correct {...props} level={level} /></dd>
      ) : (
        <dd>
          <span class="inbox-value">
            {value ? <span dir="auto">{level ? t(`inbox.level.${value as "Low"}`) : value}</span> : <span class="muted">{t("inbox.unknown")}</span>}
            {points && lead[points] !== null && <span class="muted small">{t("inbox.of_three", { points: lead[points]! })}</span>}
            {write && <IconButton label={t("inbox.correct", { what: t(`inbox.value.${name}`) })} icon="edit" onClick={() => onEdit(name)} />}
          </span>
          {proofs.map((proof, at) => <Proof key={at} proof={proof} onGo={onGo} />)}
        </dd>
      )}
    </div>
  );
}

/** The words of the customer that prove a value; a click shows them in the conversation. */
function Proof({ proof, onGo }: { proof: Record<string, any>; onGo: (no: number) => void }): JSX.Element | null {
  if (typeof proof.sequence_no === "number") {
    return <button type="button" class="inbox-proof" onClick={() => onGo(proof.sequence_no)}><Icon name="eye" /> <q dir="auto">{String(proof.quote ?? "")}</q></button>;
  }
  if (proof.source === "human") return <p class="inbox-proof muted"><Icon name="edit" /> {t("inbox.set_by")} <span dir="auto">{String(proof.by ?? "")}</span></p>;
  if (proof.source === "channel") return <p class="inbox-proof muted"><Icon name="phone" /> {t("inbox.from_channel")}</p>;
  return proof.source ? <p class="inbox-proof muted"><Icon name="check" /> {t("inbox.from_books")}</p> : null;
}

function Correct({ id, name, lead, level, onEdit, onChange }: ValueProps & { level: boolean }): JSX.Element {
  const form = useForm({
    initial: { [name]: String(lead[name] ?? "") },
    submit: async (values) => {
      const body = { by: me.value?.person.name || "console", [name]: values[name]?.trim() || null };
      onChange(await patch("/v1/conversations/{id}/lead", { path: { id }, body: body as Schemas["Correction"] }));
      onEdit(undefined);
    },
  });
  const label = t(`inbox.value.${name}`);
  const levels = name === "budget_constraint" ? BUDGET : LEVELS;
  return (
    <Form form={form} label={label}>
      {level ? (
        <Select label={label} bare {...form.select(name)} options={[{ value: "", label: t("inbox.by_reading") }, ...levels.map((one) => ({ value: one, label: t(`inbox.level.${one}`) }))]} />
      ) : (
        <Field label={label} bare {...form.field(name)} rows={name === "notes" || name === "intent" || name === "next_step" ? 3 : undefined} dir="auto" autofocus />
      )}
      <div class="actions">
        <Button small kind="primary" type="submit" busy={form.busy}>{t("inbox.save")}</Button>
        <Button small onClick={() => onEdit(undefined)}>{t("common.cancel")}</Button>
      </div>
    </Form>
  );
}
