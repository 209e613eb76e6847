import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { patch, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { query, to } from "@/router";
import { Badge, Button, Card, Checkbox, Field, Form, ProblemBox, Select, Skeleton, toastProblem, useForm } from "@/ui";
import { HoursField, openDays, USUAL, type Week } from "./hours";
import type { StepProps } from "./index";

type Google = Schemas["GoogleConnection"];
const MINUTES = [15, 20, 30, 45, 60, 90];

export function CalendarStep(props: StepProps): JSX.Element {
  const google = useOne("/v1/google");
  if (!google.data) return google.problem ? <ProblemBox problem={google.problem} retry={() => void google.reload()} /> : <Skeleton lines={4} />;
  const { state, account, problem } = google.data;
  if (state === "off") {
    return (
      <Card>
        <p>{t("onboarding.google.off")}</p>
        <Button kind="primary" onClick={props.next}>{t("onboarding.go_on")}</Button>
      </Card>
    );
  }
  const back = query.value.get("google");
  return (
    <div class="stack">
      {back && back !== "connected" && state !== "connected" && <p class="form-problem" role="alert">{t("onboarding.google.refused")}</p>}
      {state === "connected" ? (
        <>
          <p><Badge tone="good" icon="check">{t("onboarding.google.connected")}</Badge> <span dir="auto">{account}</span></p>
          {problem && <p class="form-problem" role="alert">{problem}</p>}
          <Booking {...props} google={google.data} />
        </>
      ) : (
        <Card>
          <p>{state === "revoked" ? t("onboarding.google.revoked") : t("onboarding.google.none")}</p>
          <Connect />
        </Card>
      )}
    </div>
  );
}

function Connect(): JSX.Element {
  const [busy, setBusy] = useState(false);
  const go = () => {
    setBusy(true);
    post("/v1/google/connect", { body: { back_to: "/console/onboarding/calendar" } })
      .then(({ url }) => location.assign(url))
      .catch((error: unknown) => (setBusy(false), toastProblem(error)));
  };
  return <Button kind="primary" icon="link" busy={busy} onClick={go}>{t("onboarding.google.connect")}</Button>;
}

function Booking({ setup, reload, next, google }: StepProps & { google: Google }): JSX.Element {
  const [agent] = setup.agents;
  const kept = agent?.booking;
  const several = Object.keys(kept?.kinds ?? {}).length > 0;
  const calendars = google.calendars ?? [];
  const form = useForm({
    initial: {
      write_calendar: google.write_calendar ?? "",
      check_calendars: google.check_calendars ?? [],
      title: kept?.title ?? setup.business.company_name ?? "",
      minutes: String(kept?.minutes ?? 30),
      hours: (kept?.hours ?? agent?.hours?.days ?? USUAL) as Week,
    },
    submit: async (values) => {
      if (calendars.length) await patch("/v1/google", { body: { write_calendar: values.write_calendar, check_calendars: [...new Set([values.write_calendar, ...values.check_calendars])] } });
      const booking = { ...kept, zone: setup.business.zone, title: values.title.trim(), hours: openDays(values.hours), ...(!several && { minutes: Number(values.minutes) }) };
      // The agents that were made from this one have its prompt; others have rules of their own.
      for (const one of setup.agents.filter(({ prompt_id }) => prompt_id === agent?.prompt_id)) await patch("/v1/agents/{id}", { path: { id: one.agent_id }, body: { booking } as Schemas["AgentChange"] });
      await reload();
      next();
    },
  });
  if (!agent) return <p>{t("onboarding.agent_first")} <a href={to("/onboarding/agent")}>{t("onboarding.short.agent")}</a></p>;
  const check = (id: string, on: boolean) => form.set({ check_calendars: on ? [...form.values.check_calendars, id] : form.values.check_calendars.filter((one) => one !== id) });
  return (
    <Form form={form}>
      <Select label={t("onboarding.google.write")} options={calendars.filter((one) => one.writable).map((one) => ({ value: one.id, label: one.summary }))} {...form.select("write_calendar")} />
      <fieldset class="onboarding-group">
        <legend>{t("onboarding.google.check")}</legend>
        {calendars.map((one) => (
          <Checkbox key={one.id} label={one.summary} checked={one.id === form.values.write_calendar || form.values.check_calendars.includes(one.id)} disabled={one.id === form.values.write_calendar} onChange={(on) => check(one.id, on)} />
        ))}
      </fieldset>
      <Field label={t("onboarding.meeting_title")} dir="auto" maxLength={200} {...form.field("title")} />
      {!several && <Select label={t("onboarding.minutes")} options={MINUTES.map((one) => ({ value: String(one), label: t("onboarding.minutes_of", { count: one }) }))} {...form.select("minutes")} />}
      <HoursField label={t("onboarding.booking_hours")} value={form.values.hours} onChange={(hours) => form.set({ hours })} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("onboarding.go_on")}</Button></div>
    </Form>
  );
}
