/** How long things are kept, and what customers are told about it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, put, type Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { formatList, t } from "@/i18n";
import { can } from "@/session";
import { Badge, Button, Card, Confirm, Field, Form, Listed, ProblemBox, Skeleton, Time, toast, toastProblem, type Tone, useForm } from "@/ui";
import { Consents } from "./consent";

type Days = Schemas["NewPrivacy"];
const KINDS = ["conversation_days", "media_days", "trace_days", "event_days"] as const;
const MOST: Record<(typeof KINDS)[number], number> = { conversation_days: 36_500, media_days: 36_500, trace_days: 36_500, event_days: 90 };

export function PrivacyPart(): JSX.Element {
  const kept = useOne("/v1/privacy");
  return (
    <>
      <Card title={t("settings.retention")}>
        {!kept.data && (kept.problem ? <ProblemBox problem={kept.problem} retry={() => void kept.reload()} /> : <Skeleton lines={5} />)}
        {kept.data && <Retention kept={kept.data} onChange={kept.set} />}
      </Card>
      {can("numbers:write") && <Consents />}
      <Erasures />
    </>
  );
}

const valuesOf = (kept: Schemas["Privacy"]) => Object.fromEntries(KINDS.map((kind) => [kind, kept[kind]?.toString() ?? ""])) as Record<(typeof KINDS)[number], string>;

function Retention({ kept, onChange }: { kept: Schemas["Privacy"]; onChange: (kept: Schemas["Privacy"]) => void }): JSX.Element {
  const [asked, setAsked] = useState<{ days: Days; lost: Schemas["Preview"] }>();
  const save = async (days: Days) => {
    onChange(await put("/v1/privacy", { body: days }));
    toast(t("settings.saved"));
  };
  const form = useForm({
    initial: valuesOf(kept),
    from: valuesOf,
    check: (values) => Object.fromEntries(KINDS.map((kind) => [kind, daysProblem(values[kind], MOST[kind])])),
    submit: async (values) => {
      const days = Object.fromEntries(KINDS.map((kind) => [kind, values[kind].trim() ? Number(values[kind]) : null])) as Days;
      const lost = await post("/v1/privacy/preview", { body: days });
      if (Object.values(lost).some((count) => count > 0)) setAsked({ days, lost });
      else await save(days);
    },
  });
  return (
    <>
      <p class="muted">{t("settings.retention_why")}</p>
      <Form form={form} label={t("settings.retention")}>
        <div class="settings-pair">
          {KINDS.map((kind) => (
            <Field key={kind} label={t(`settings.kept.${kind}`)} hint={t(`settings.kept_hint.${kind}`)} type="number" inputmode="numeric" min={1} max={MOST[kind]} placeholder={t("settings.kept_forever")} {...form.field(kind)} />
          ))}
        </div>
        <p class="muted small">{t("settings.envelope_days", { count: kept.envelope_days })}</p>
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
      </Form>
      <Confirm open={!!asked} danger title={t("settings.retention_title")} yes={t("settings.retention_yes")} onYes={() => save(asked!.days).catch(toastProblem)} onClose={() => setAsked(undefined)}>
        <p>{asked && t("settings.retention_lost", { what: lostWords(asked.lost) })}</p>
      </Confirm>
    </>
  );
}

function daysProblem(text: string, most: number): string | undefined {
  const days = Number(text);
  return !text.trim() || (Number.isInteger(days) && days >= 1 && days <= most) ? undefined : t("settings.kept_wrong", { most });
}

const lostWords = (lost: Schemas["Preview"]) =>
  formatList((["conversations", "media", "traces", "events"] as const).filter((kind) => lost[kind]).map((kind) => t(`settings.lost.${kind}`, { count: lost[kind] })));

const TONES: Record<Schemas["Erasure"]["state"], Tone> = { running: "accent", done: "good", failed: "danger" };

function Erasures(): JSX.Element {
  const list = useList("/v1/erasures");
  return (
    <Card title={t("settings.erasures")}>
      <Listed list={list} empty={<p class="muted">{t("settings.erasures_none")}</p>}>
        {(items) => (
          <ul class="settings-list" aria-label={t("settings.erasures")}>
            {items.map((one) => (
              <li key={one.erasure_id}>
                <div>
                  <code>{one.contact_id}</code> <Badge tone={TONES[one.state]}>{t(`settings.erasure.${one.state}`)}</Badge>
                  {one.problem && <div dir="auto">{one.problem}</div>}
                  <div class="muted small"><Time at={one.erased_at ?? one.created_at} kind="date" /></div>
                </div>
              </li>
            ))}
          </ul>
        )}
      </Listed>
    </Card>
  );
}
