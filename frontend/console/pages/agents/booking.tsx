/** When an agent may book, and the times that are free by what is saved. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { useOne } from "@/api/hooks";
import { formatDate, t } from "@/i18n";
import { to } from "@/router";
import { can } from "@/session";
import { Button, Card, Confirm, Field, Form, Icon, IconButton, ProblemBox, Select, Skeleton, Switch, toast, useForm, type FormState } from "@/ui";
import { type Agent, changeAgent, minutesText, zoneOptions } from "./kept";
import { read, written, type RuleValues, type Special } from "./rules";
import { Fields } from "./settings";
import { DaysField, DayTimes, WeekField } from "./week";

type Own = { form: FormState<RuleValues> };
const GRID = [5, 10, 15, 20, 30, 60];
const number = { type: "number" as const, inputmode: "numeric" as const, min: 0 };

export function Booking({ agent, onSaved }: { agent: Agent; onSaved: (agent: Agent) => void }): JSX.Element {
  const [ending, setEnding] = useState(false);
  const [saved, setSaved] = useState(0);
  const save = async (values: RuleValues) => {
    onSaved(await changeAgent(agent.agent_id, { booking: written(values, agent) }, "booking"));
    setSaved((count) => count + 1);
    toast(t("agents.saved"));
  };
  const form = useForm<RuleValues>({ initial: read(agent), from: read, onNewer: onSaved, submit: save });
  const { values } = form;
  const writes = can("agents:write");
  const turn = (on: boolean) => (on || !agent.booking ? form.set({ on }) : setEnding(true));
  return (
    <div class="agents-booking">
      <Form form={form} label={t("agents.tab.booking")}>
        <fieldset class="agents-all" disabled={!writes}>
          {agent.booking_problem && <div class="problem-box" role="alert"><Icon name="alert" /><p>{t("agents.booking_problem", { problem: agent.booking_problem })}</p></div>}
          <Card><Switch label={t("agents.books")} hint={t("agents.books_hint")} checked={values.on} onChange={turn} /></Card>
          {values.on && (
            <>
              <Card title={t("agents.meeting")}><Meeting form={form} /></Card>
              <Card title={t("agents.when")}><When form={form} /></Card>
              <Card title={t("agents.rules")}><Room form={form} /></Card>
              <Card title={t("agents.hosts")}><Hosts form={form} /></Card>
              <Card title={t("agents.reminders")}><Reminders form={form} /></Card>
            </>
          )}
        </fieldset>
        {writes && values.on && <div class="agents-foot"><Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button></div>}
      </Form>
      {agent.booking && can("meetings:read") && <Preview key={saved} agent={agent} changed={form.changed} />}
      <Confirm open={ending} danger title={t("agents.end_booking")} yes={t("agents.end_booking_yes")} onClose={() => setEnding(false)} onYes={async () => (await save({ ...values, on: false }), form.set({ on: false }))}>
        {t("agents.end_booking_text")}
      </Confirm>
    </div>
  );
}

function Meeting({ form }: Own): JSX.Element {
  const { kinds } = form.values;
  const put = (at: number, change: Partial<(typeof kinds)[number]>) => form.set({ kinds: kinds.map((one, n) => (n === at ? { ...one, ...change } : one)) });
  return (
    <Fields>
      <Field label={t("agents.meeting_title")} dir="auto" maxLength={200} {...form.field("title")} />
      {!kinds.length && <Field label={t("agents.minutes")} {...number} min={5} max={1440} step={5} {...form.field("minutes")} />}
      <fieldset class="agents-group">
        <legend>{t("agents.kinds")}</legend>
        <p class="hint">{t("agents.kinds_hint")}</p>
        <ul class="agents-list">
          {kinds.map((one, at) => (
            <li key={at} class="agents-entry">
              <Field label={t("agents.kind")} dir="auto" maxLength={60} value={one.name} onInput={(name) => put(at, { name })} />
              <Field label={t("agents.minutes")} {...number} min={5} max={1440} step={5} value={one.minutes} onInput={(minutes) => put(at, { minutes })} />
              <IconButton icon="trash" label={t("agents.remove_of", { name: one.name || String(at + 1) })} onClick={() => form.set({ kinds: kinds.filter((_, n) => n !== at) })} />
            </li>
          ))}
        </ul>
        {form.errors.kinds && <p class="error" role="alert">{form.errors.kinds}</p>}
        <div><Button small kind="quiet" icon="plus" onClick={() => form.set({ kinds: [...kinds, { name: "", minutes: form.values.minutes }] })}>{t("agents.add_kind")}</Button></div>
      </fieldset>
      <Select label={t("agents.grid")} hint={t("agents.grid_hint")} options={[...new Set([...GRID, Number(form.values.grid_minutes)])].map((one) => ({ value: String(one), label: minutesText(one) }))} {...form.select("grid_minutes")} />
    </Fields>
  );
}

function When({ form }: Own): JSX.Element {
  const { values } = form;
  return (
    <Fields>
      <Select label={t("agents.zone")} options={zoneOptions(values.zone)} {...form.select("zone")} />
      <WeekField label={t("agents.booking_week")} most={6} value={values.hours} error={form.errors.hours} onChange={(hours) => form.set({ hours })} />
      <Dates value={values.dates} error={form.errors.dates} onChange={(dates) => form.set({ dates })} />
      <DaysField label={t("agents.holidays")} hint={t("agents.holidays_hint")} value={values.holidays} onChange={(holidays) => form.set({ holidays })} />
    </Fields>
  );
}

function Dates({ value, error, onChange }: { value: Special[]; error?: string; onChange: (dates: Special[]) => void }): JSX.Element {
  const put = (at: number, change: Partial<Special>) => onChange(value.map((one, n) => (n === at ? { ...one, ...change } : one)));
  return (
    <fieldset class="agents-group">
      <legend>{t("agents.dates")}</legend>
      <p class="hint">{t("agents.dates_hint")}</p>
      <ul class="agents-list">
        {value.map((one, at) => (
          <li key={at} class="agents-interval">
            <input type="date" aria-label={t("agents.day_no", { count: at + 1 })} value={one.day} onChange={(event) => put(at, { day: event.currentTarget.value })} />
            <DayTimes name={one.day || String(at + 1)} most={6} times={one.times} onChange={(times) => put(at, { times })} />
            <IconButton icon="trash" label={t("agents.remove_day", { day: one.day || String(at + 1) })} onClick={() => onChange(value.filter((_, n) => n !== at))} />
          </li>
        ))}
      </ul>
      {error && <p class="error" role="alert">{error}</p>}
      <div><Button small kind="quiet" icon="plus" onClick={() => onChange([...value, { day: "", times: [["09:00", "12:00"]] }])}>{t("agents.add_day")}</Button></div>
    </fieldset>
  );
}

function Room({ form }: Own): JSX.Element {
  return (
    <div class="columns">
      <Field label={t("agents.buffer_before")} {...number} max={720} {...form.field("buffer_before_minutes")} />
      <Field label={t("agents.buffer_after")} {...number} max={720} {...form.field("buffer_after_minutes")} />
      <Field label={t("agents.notice")} hint={t("agents.notice_hint")} {...number} step={0.25} {...form.field("notice_minutes")} />
      <Field label={t("agents.window")} {...number} min={1} max={366} {...form.field("window_days")} />
      <Field label={t("agents.change_until")} hint={t("agents.change_until_hint")} {...number} step={0.25} {...form.field("change_until_minutes")} />
      <Field label={t("agents.invite_after")} hint={t("agents.invite_after_hint")} {...number} max={60} {...form.field("invite_after_minutes")} />
      <Field label={t("agents.most_day")} hint={t("agents.no_limit_hint")} required={false} {...number} {...form.field("most_a_day")} />
      <Field label={t("agents.most_week")} hint={t("agents.no_limit_hint")} required={false} {...number} {...form.field("most_a_week")} />
    </div>
  );
}

function Hosts({ form }: Own): JSX.Element {
  const { hosts } = form.values;
  return (
    <Fields>
      <p class="hint">{t("agents.hosts_hint")}</p>
      <ul class="agents-list">
        {hosts.map((one, at) => (
          <li key={at} class="agents-entry">
            <Field label={t("agents.host_no", { count: at + 1 })} dir="auto" maxLength={60} value={one} onInput={(text) => form.set({ hosts: hosts.map((own, n) => (n === at ? text : own)) })} />
            <IconButton icon="trash" label={t("agents.remove_of", { name: one || String(at + 1) })} onClick={() => form.set({ hosts: hosts.filter((_, n) => n !== at) })} />
          </li>
        ))}
      </ul>
      {form.errors.hosts && <p class="error" role="alert">{form.errors.hosts}</p>}
      <div><Button small kind="quiet" icon="plus" onClick={() => form.set({ hosts: [...hosts, ""] })}>{t("agents.add_host")}</Button></div>
    </Fields>
  );
}

function Reminders({ form }: Own): JSX.Element {
  const { reminders, quiet, follow } = form.values;
  const put = (at: number, change: Partial<(typeof reminders)[number]>) => form.set({ reminders: reminders.map((one, n) => (n === at ? { ...one, ...change } : one)) });
  return (
    <Fields>
      <p class="hint">{t("agents.reminders_hint")}</p>
      <ul class="agents-list">
        {reminders.map((one, at) => (
          <li key={at} class="agents-entry">
            <Field label={t("agents.hours_before")} {...number} step={0.25} value={one.hours} onInput={(hours) => put(at, { hours })} />
            <Field label={t("agents.template")} required={false} dir="ltr" value={one.template} onInput={(template) => put(at, { template })} />
            <Field label={t("agents.template_languages")} required={false} dir="ltr" placeholder="en, es" value={one.languages} onInput={(languages) => put(at, { languages })} />
            <IconButton icon="trash" label={t("agents.remove_of", { name: t("agents.reminder_no", { count: at + 1 }) })} onClick={() => form.set({ reminders: reminders.filter((_, n) => n !== at) })} />
          </li>
        ))}
      </ul>
      {form.errors.reminders && <p class="error" role="alert">{form.errors.reminders}</p>}
      {reminders.length < 5 && <div><Button small kind="quiet" icon="plus" onClick={() => form.set({ reminders: [...reminders, { hours: "2", template: "", languages: "" }] })}>{t("agents.add_reminder")}</Button></div>}
      <Switch label={t("agents.quiet_hours")} hint={t("agents.quiet_hours_hint")} {...form.toggle("quiet")} />
      {quiet && <div class="columns"><Field label={t("agents.quiet_from")} type="time" {...form.field("quiet_from")} /><Field label={t("agents.quiet_until")} type="time" {...form.field("quiet_until")} /></div>}
      <Switch label={t("agents.follow_up")} {...form.toggle("follow")} />
      {follow && (
        <>
          <Field label={t("agents.follow_hours")} {...number} step={0.25} {...form.field("follow_hours")} />
          <Field label={t("agents.follow_text")} hint={t("agents.follow_hint")} required={false} rows={2} maxLength={900} {...form.field("follow_text")} />
        </>
      )}
    </Fields>
  );
}

function Preview({ agent, changed }: { agent: Agent; changed: boolean }): JSX.Element {
  const times = useOne("/v1/agents/{id}/times", { path: { id: agent.agent_id }, query: { limit: 10 } });
  const shown = times.data;
  return (
    <Card title={t("agents.preview")} actions={<Button small kind="quiet" busy={times.loading && !!shown} onClick={() => void times.reload()}>{t("agents.look_again")}</Button>}>
      {changed && <p class="muted">{t("agents.preview_saved")}</p>}
      {times.problem && <ProblemBox problem={times.problem} retry={() => void times.reload()} />}
      {times.problem && can("google:read") && <p><a href={to("/agents?tab=google")}>{t("agents.to_google")}</a></p>}
      {!shown && times.loading && <Skeleton lines={3} />}
      {shown && !shown.data.length && <p>{t("agents.preview_none")}</p>}
      {shown && shown.data.length > 0 && (
        <ul class="agents-free">
          {shown.data.map((one) => (
            <li key={one.starts_at}>
              <time dateTime={one.starts_at}>{formatDate(one.starts_at, shown.timezone, { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" })}</time>
              {one.hosts.length > 0 && <span class="muted" dir="auto"> {one.hosts.join(", ")}</span>}
            </li>
          ))}
        </ul>
      )}
      {shown && <p class="muted small">{shown.timezone.replaceAll("_", " ")}</p>}
    </Card>
  );
}
