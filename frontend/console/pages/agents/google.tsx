/** The Google account of the business: connect, choose calendars, disconnect. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, patch, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { query } from "@/router";
import { can } from "@/session";
import { Badge, Button, Card, Checkbox, Confirm, Form, ProblemBox, Select, Skeleton, toast, toastProblem, useForm } from "@/ui";

type Connection = Required<Schemas["GoogleConnection"]>;

export function Google(): JSX.Element {
  const google = useOne("/v1/google");
  useLive("resumed", () => void google.reload());
  const data = google.data as Connection | undefined;
  if (!data) return google.problem ? <ProblemBox problem={google.problem} retry={() => void google.reload()} /> : <Skeleton lines={4} />;
  const back = query.value.get("google");
  if (data.state === "off") return <Card title={t("agents.google")}><p>{t("agents.google.off")}</p></Card>;
  return (
    <div class="stack">
      {back && back !== "connected" && data.state !== "connected" && <p class="form-problem" role="alert">{t(back === "denied" ? "agents.google.denied" : back === "expired" ? "agents.google.expired" : "agents.google.refused")}</p>}
      {back === "connected" && data.state === "connected" && <p class="note" role="status">{t("agents.google.done")}</p>}
      {data.state === "connected" ? <Connected google={data} set={google.set} reload={() => void google.reload()} /> : <Unconnected google={data} />}
    </div>
  );
}

function Unconnected({ google }: { google: Connection }): JSX.Element {
  return (
    <Card title={t("agents.google")} actions={google.state === "revoked" && <Badge tone="danger" icon="alert">{t("agents.google.ended")}</Badge>}>
      <p>{google.state === "revoked" ? t("agents.google.revoked") : t("agents.google.none")}</p>
      {google.state === "revoked" && google.account && <p class="muted" dir="auto">{google.account}</p>}
      {can("google:write") ? <Connect again={google.state === "revoked"} /> : <p class="muted">{t("agents.google.ask")}</p>}
    </Card>
  );
}

function Connect({ again, quiet }: { again?: boolean; quiet?: boolean }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const go = () => {
    setBusy(true);
    post("/v1/google/connect", { body: { back_to: "/console/agents?tab=google" } })
      .then(({ url }) => location.assign(url))
      .catch((error: unknown) => (setBusy(false), toastProblem(error)));
  };
  return <Button kind={quiet ? "plain" : "primary"} icon="link" busy={busy} onClick={go}>{again ? t("agents.google.again") : t("agents.google.connect")}</Button>;
}

function Connected({ google, set, reload }: { google: Connection; set: (google: Connection) => void; reload: () => void }): JSX.Element {
  const [ending, setEnding] = useState(false);
  const end = async () => {
    try {
      const { revoked } = await call<{ revoked: boolean }>("DELETE", "/v1/google");
      toast(t(revoked ? "agents.google.gone" : "agents.google.gone_here"));
      reload();
    } catch (error) {
      toastProblem(error);
    }
  };
  return (
    <Card title={t("agents.google")} actions={<Badge tone={google.problem ? "warn" : "good"} icon={google.problem ? "alert" : "check"}>{google.problem ? t("agents.google.trouble") : t("agents.google.connected")}</Badge>}>
      <p dir="auto">{google.account}</p>
      {google.problem && <p class="form-problem" role="alert">{google.problem}</p>}
      {google.calendars.length > 0 ? <Calendars key={google.write_calendar + google.check_calendars.join()} google={google} set={set} /> : <Button onClick={reload}>{t("agents.look_again")}</Button>}
      {can("google:write") && (
        <div class="row agents-apart">
          {google.problem && <Connect again quiet />}
          <Button kind="danger" onClick={() => setEnding(true)}>{t("agents.google.disconnect")}</Button>
        </div>
      )}
      <Confirm open={ending} danger title={t("agents.google.end_title")} yes={t("agents.google.disconnect")} onYes={end} onClose={() => setEnding(false)}>{t("agents.google.end_text")}</Confirm>
    </Card>
  );
}

function Calendars({ google, set }: { google: Connection; set: (google: Connection) => void }): JSX.Element {
  const form = useForm({
    initial: { write_calendar: google.write_calendar, check_calendars: google.check_calendars },
    submit: async ({ write_calendar, check_calendars }) => {
      set((await patch("/v1/google", { body: { write_calendar, check_calendars: [...new Set([write_calendar, ...check_calendars])] } })) as Connection);
      toast(t("agents.saved"));
    },
  });
  const { write_calendar, check_calendars } = form.values;
  const check = (id: string, on: boolean) => form.set({ check_calendars: on ? [...check_calendars, id] : check_calendars.filter((one) => one !== id) });
  const options = google.calendars.filter((one) => one.writable || one.id === write_calendar).map((one) => ({ value: one.id, label: one.summary }));
  return (
    <Form form={form} label={t("agents.google")}>
      <fieldset class="agents-all" disabled={!can("google:write")}>
        <Select label={t("agents.google.write")} hint={t("agents.google.write_hint")} options={options} {...form.select("write_calendar")} />
        <fieldset class="agents-group">
          <legend>{t("agents.google.check")}</legend>
          <p class="hint">{t("agents.google.check_hint")}</p>
          <div class="agents-checks">
            {google.calendars.map((one) => (
              <Checkbox key={one.id} label={one.summary} hint={one.zone.replaceAll("_", " ")} checked={one.id === write_calendar || check_calendars.includes(one.id)} disabled={one.id === write_calendar} onChange={(on) => check(one.id, on)} />
            ))}
          </div>
          {form.errors.check_calendars && <p class="error" role="alert">{form.errors.check_calendars}</p>}
        </fieldset>
      </fieldset>
      {can("google:write") && <Button kind="primary" type="submit" busy={form.busy}>{t("agents.save")}</Button>}
    </Form>
  );
}
