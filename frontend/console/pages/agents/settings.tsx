/** How an agent works: name, language, hours, pace, limits, model and tools. */
import type { ComponentChildren, JSX } from "preact";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { can, zone } from "@/session";
import { Button, Card, Checkbox, Field, Form, Select, Switch, toast, useForm, type FormState } from "@/ui";
import { type Agent, changeAgent, languageOptions, typed, zoneOptions } from "./kept";
import { DaysField, openDays, USUAL, WeekField, type Week } from "./week";

const BUILT_IN = ["handoff", "set_customer_fact", "send_link", "search_knowledge", "find_times", "book_meeting", "reschedule_meeting", "cancel_meeting"] as const;

interface Values extends Record<string, unknown> {
  name: string;
  language: string;
  has_hours: boolean;
  zone: string;
  hours: Week;
  closed: string[];
  outside_hours: string;
  away_text: string;
  fallback_text: string;
  fresh_minutes: string;
  quiet_ms: string;
  max_wait_ms: string;
  media_wait_ms: string;
  most_turns_a_day: string;
  most_micros_a_day: string;
  model: string;
  fallback_model: string;
  state: string;
  moderation: string;
  all_tools: boolean;
  tools: string[];
}
type Own = { form: FormState<Values> };

function read(agent: Agent): Values {
  const { hours } = agent;
  return {
    name: agent.name, language: agent.language,
    has_hours: !!hours, zone: hours?.zone ?? zone(), hours: (hours?.days ?? USUAL) as Week, closed: hours?.closed ?? [],
    outside_hours: agent.outside_hours, away_text: agent.away_text ?? "", fallback_text: agent.fallback_text ?? "",
    fresh_minutes: String(agent.fresh_minutes), quiet_ms: String(agent.quiet_ms / 1000), max_wait_ms: String(agent.max_wait_ms / 1000),
    media_wait_ms: String(agent.media_wait_ms / 1000), most_turns_a_day: String(agent.most_turns_a_day ?? ""),
    most_micros_a_day: agent.most_micros_a_day === null ? "" : String(agent.most_micros_a_day / 1e6),
    model: agent.model ?? "", fallback_model: agent.fallback_model ?? "", state: agent.state, moderation: agent.moderation,
    all_tools: agent.tools === null, tools: agent.tools ?? [],
  };
}

function written(values: Values): Record<string, unknown> {
  const text = (one: string) => one.trim() || null;
  const thousandth = (one: string) => Math.round(Number(one) * 1000);
  const money = typed(values.most_micros_a_day);
  return {
    name: values.name.trim(), language: values.language,
    hours: values.has_hours ? { zone: values.zone, days: openDays(values.hours), closed: values.closed.filter(Boolean) } : null,
    outside_hours: values.outside_hours, away_text: text(values.away_text), fallback_text: text(values.fallback_text),
    fresh_minutes: Number(values.fresh_minutes), quiet_ms: thousandth(values.quiet_ms), max_wait_ms: thousandth(values.max_wait_ms),
    media_wait_ms: thousandth(values.media_wait_ms), most_turns_a_day: typed(values.most_turns_a_day),
    most_micros_a_day: money === null ? null : Math.round(money * 1e6),
    model: text(values.model), fallback_model: text(values.fallback_model), state: values.state, moderation: values.moderation,
    tools: values.all_tools ? null : values.tools,
  };
}

export function Settings({ agent, onSaved }: { agent: Agent; onSaved: (agent: Agent) => void }): JSX.Element {
  const form = useForm<Values>({
    initial: read(agent),
    from: read,
    check: ({ name }) => ({ name: name.trim() ? undefined : t("agents.required") }),
    submit: async (values) => {
      onSaved(await changeAgent(agent.agent_id, written(values)));
      toast(t("agents.saved"));
    },
  });
  const writes = can("agents:write");
  return (
    <Form form={form} label={t("agents.tab.settings")}>
      <fieldset class="agents-all" disabled={!writes}>
        <Card title={t("agents.about")}>
          <Fields>
            <Field label={t("agents.name")} maxLength={255} dir="auto" {...form.field("name")} />
            <Select label={t("agents.language")} hint={t("agents.language_hint")} options={languageOptions()} {...form.select("language")} />
          </Fields>
        </Card>
        <Card title={t("agents.hours")}><Hours form={form} /></Card>
        <Card title={t("agents.handover")}><Handover form={form} /></Card>
        <Card title={t("agents.limits")}><Limits form={form} /></Card>
        <Card title={t("agents.may_use")}><Allowed form={form} /></Card>
        <Card title={t("agents.model_card")}><Model form={form} /></Card>
      </fieldset>
      {writes && <div class="agents-foot"><Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button></div>}
    </Form>
  );
}

export const Fields = ({ children }: { children: ComponentChildren }): JSX.Element => <div class="agents-fields">{children}</div>;

function Hours({ form }: Own): JSX.Element {
  const { values } = form;
  return (
    <Fields>
      <Switch label={t("agents.has_hours")} hint={t("agents.has_hours_hint")} {...form.toggle("has_hours")} />
      {values.has_hours && (
        <>
          <Select label={t("agents.zone")} options={zoneOptions(values.zone)} {...form.select("zone")} />
          <WeekField label={t("agents.week")} value={values.hours} error={form.errors.hours} onChange={(hours) => form.set({ hours })} />
          <DaysField label={t("agents.closed_days")} value={values.closed} onChange={(closed) => form.set({ closed })} />
          <Select label={t("agents.outside")} options={(["answer", "away"] as const).map((value) => ({ value, label: t(`agents.outside.${value}`) }))} {...form.select("outside_hours")} />
          {values.outside_hours === "away" && <Field label={t("agents.away_text")} hint={t("agents.away_hint", { place: "{time}" })} required={false} rows={2} maxLength={1000} {...form.field("away_text")} />}
        </>
      )}
    </Fields>
  );
}

const number = { type: "number" as const, inputmode: "decimal" as const, min: 0 };

function Handover({ form }: Own): JSX.Element {
  return (
    <Fields>
      <Field label={t("agents.fallback_text")} hint={t("agents.fallback_hint")} required={false} rows={2} maxLength={1000} {...form.field("fallback_text")} />
      <Field label={t("agents.fresh")} hint={t("agents.fresh_hint")} {...number} max={1440} {...form.field("fresh_minutes")} />
    </Fields>
  );
}

function Limits({ form }: Own): JSX.Element {
  return (
    <Fields>
      <Field label={t("agents.quiet")} hint={t("agents.quiet_hint")} {...number} max={60} step={0.1} {...form.field("quiet_ms")} />
      <Field label={t("agents.max_wait")} {...number} max={300} step={0.5} {...form.field("max_wait_ms")} />
      <Field label={t("agents.media_wait")} {...number} max={120} step={1} {...form.field("media_wait_ms")} />
      <Field label={t("agents.most_turns")} hint={t("agents.no_limit_hint")} required={false} {...number} {...form.field("most_turns_a_day")} />
      <Field label={t("agents.most_cost")} hint={t("agents.no_limit_hint")} required={false} {...number} step={0.01} {...form.field("most_micros_a_day")} />
    </Fields>
  );
}

function Allowed({ form }: Own): JSX.Element {
  const own = useOne(can("tools:read") ? "/v1/tools" : undefined, { query: { limit: 100 } });
  const { values } = form;
  const others = (own.data?.data ?? []).map((one) => one.name);
  const names = [...new Set([...BUILT_IN, ...others, ...values.tools])];
  const put = (name: string, on: boolean) => form.set({ tools: on ? [...values.tools, name] : values.tools.filter((one) => one !== name) });
  const labelOf = (name: string) => (BUILT_IN as readonly string[]).includes(name) ? t(`agents.built_in.${name as (typeof BUILT_IN)[number]}`) : name;
  return (
    <Fields>
      <Switch label={t("agents.all_tools")} checked={values.all_tools} onChange={(all_tools) => form.set({ all_tools, tools: all_tools || values.tools.length ? values.tools : names })} />
      {!values.all_tools && <div class="agents-checks">{names.map((name) => <Checkbox key={name} label={labelOf(name)} checked={values.tools.includes(name)} onChange={(on) => put(name, on)} />)}</div>}
    </Fields>
  );
}

function Model({ form }: Own): JSX.Element {
  return (
    <Fields>
      <Field label={t("agents.model")} hint={t("agents.model_hint")} required={false} dir="ltr" maxLength={100} {...form.field("model")} />
      <Field label={t("agents.fallback_model")} hint={t("agents.fallback_model_hint")} required={false} dir="ltr" maxLength={100} {...form.field("fallback_model")} />
      <Select label={t("agents.moderation")} options={(["off", "score", "block"] as const).map((value) => ({ value, label: t(`agents.moderation.${value}`) }))} {...form.select("moderation")} />
      <Select label={t("agents.provider_copy")} options={(["local", "conversation"] as const).map((value) => ({ value, label: t(`agents.provider_copy.${value}`) }))} {...form.select("state")} />
    </Fields>
  );
}
