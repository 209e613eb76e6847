/** What a person may ask for: everything that is held about him, or that all of it goes. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { call, post, type Schemas } from "@/api/client";
import { asProblem } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { Button, Dialog, Field, Icon, Select, toastProblem } from "@/ui";
import { nameOf } from "./index";

const LOOK_MS = 1500;

export function Rights({ person }: { person: Schemas["Person"] }): JSX.Element {
  return (
    <>
      <Export id={person.contact_id} />
      <Erase person={person} />
    </>
  );
}

function Export({ id }: { id: string }): JSX.Element {
  const [job, setJob] = useState<Schemas["ExportJob"]>();
  const path = { id };
  useEffect(() => {
    if (job?.state !== "running") return;
    const timer = setTimeout(() => void call<Schemas["ExportJob"]>("GET", "/v1/contacts/{id}/export", { path }).then(setJob, toastProblem), LOOK_MS);
    return () => clearTimeout(timer);
  }, [job]);
  return (
    <div class="customers-right">
      <p>{t("customers.export_what")}</p>
      <Button icon="download" busy={job?.state === "running"} onClick={() => void post("/v1/contacts/{id}/export", { path }).then(setJob, toastProblem)}>{t("customers.export")}</Button>
      <p role="status">
        {job?.state === "done" && job.url && <a href={job.url} download><Icon name="download" /> {t("customers.export_ready", { size: formatNumber((job.size_bytes ?? 0) / 1000, { style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }) })}</a>}
        {job?.state === "failed" && job.problem}
      </p>
    </div>
  );
}

function Erase({ person }: { person: Schemas["Person"] }): JSX.Element {
  const [asked, setAsked] = useState(false);
  const [job, setJob] = useState<Schemas["Erasure"]>();
  useEffect(() => {
    if (job?.state !== "running") return;
    const timer = setTimeout(() => void call<Schemas["Erasure"]>("GET", "/v1/erasures/{id}", { path: { id: job.erasure_id } }).then(setJob, toastProblem), LOOK_MS);
    return () => clearTimeout(timer);
  }, [job]);
  if (job) return <Progress job={job} />;
  return (
    <div class="customers-right">
      <p>{t("customers.erase_what")}</p>
      <Button kind="danger" icon="trash" onClick={() => setAsked(true)}>{t("customers.erase")}</Button>
      <Sure open={asked} person={person} onClose={() => setAsked(false)} onBegun={(begun) => (setAsked(false), setJob(begun))} />
    </div>
  );
}

interface SureProps {
  open: boolean;
  person: Schemas["Person"];
  onClose: () => void;
  onBegun: (job: Schemas["Erasure"]) => void;
}

function Sure({ open, person, onClose, onBegun }: SureProps): JSX.Element {
  const [typed, setTyped] = useState("");
  const [calendar, setCalendar] = useState<Schemas["Erasure"]["calendar"]>("delete");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState("");
  const name = nameOf(person);
  const go = async () => {
    if (typed.trim() !== name) return setError(t("customers.erase_type", { name }));
    setBusy(true);
    try {
      onBegun(await post("/v1/contacts/{id}/erase", { path: { id: person.contact_id }, body: { confirm: true, calendar } }));
    } catch (thrown) {
      setError(asProblem(thrown).detail);
    } finally {
      setBusy(false);
    }
  };
  const choices = (["delete", "anonymise", "keep"] as const).map((value) => ({ value, label: t(`customers.calendar.${value}`) }));
  const footer = (
    <>
      <Button onClick={onClose}>{t("common.cancel")}</Button>
      <Button kind="danger" busy={busy} onClick={() => void go()}>{t("customers.erase")}</Button>
    </>
  );
  return (
    <Dialog open={open} title={t("customers.erase_title", { name })} onClose={onClose} footer={footer}>
      <div class="form">
        <p>{t("customers.erase_sure")}</p>
        <Select label={t("customers.calendar")} value={calendar} options={choices} onChange={(value) => setCalendar(value as typeof calendar)} />
        <Field label={t("customers.erase_type", { name })} value={typed} onInput={(text) => (setTyped(text), setError(""))} error={error || undefined} autocomplete="off" />
      </div>
    </Dialog>
  );
}

function Progress({ job }: { job: Schemas["Erasure"] }): JSX.Element {
  const done = job.state === "done" ? job.steps.length : Math.max(job.steps.indexOf(job.step), 0);
  const rows = Object.values(job.counts).reduce((sum, one) => sum + one, 0);
  return (
    <div class="customers-right">
      <label for="erasing">{job.state === "done" ? t("customers.erased", { count: rows }) : t("customers.erasing")}</label>
      <progress id="erasing" max={job.steps.length} value={done} />
      <p role="status" class="muted">{job.problem}</p>
    </div>
  );
}
