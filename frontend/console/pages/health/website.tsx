/** The chat on a website: who may embed it, what is asked first, and its look, with the real chat beside it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { patch, type Schemas } from "@/api/client";
import { t } from "@/i18n";
import { can } from "@/session";
import { Button, Card, Checkbox, Copy, Field, Form, IconButton, Select, Switch, toast, useForm } from "@/ui";
import { originOf, type OurNumber } from "./new_number";

interface Question {
  name: string;
  label: string;
  type: string;
  required: boolean;
  options?: string[] | null;
}
const KINDS = ["text", "email", "phone"] as const;

export function Website({ number, onChange }: { number: OurNumber; onChange: (number: OurNumber) => void }): JSX.Element {
  return (
    <>
      <Look number={number.meta_phone_number_id} />
      {can("numbers:write") && <Rules number={number} onChange={onChange} />}
    </>
  );
}

function Look({ number }: { number: string }): JSX.Element {
  const [look, setLook] = useState({ color: "#0d6b5e", theme: "auto", position: "right", title: "", greeting: "" });
  const [shown, setShown] = useState(false);
  const attributes = Object.entries(look).filter(([name, value]) => value && value !== { theme: "auto", position: "right" }[name]);
  const quoted = (value: string) => value.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  const script = `<script src="${location.origin}/webchat/widget.js" data-number="${number}"${attributes.map(([name, value]) => ` data-${name}="${quoted(value)}"`).join("")} async></script>`;
  usePreview(shown, { number, ...Object.fromEntries(attributes) }, JSON.stringify(look));
  const put = (name: keyof typeof look) => (value: string) => setLook({ ...look, [name]: value });
  const choices = (name: "theme" | "position", values: string[]) => values.map((value) => ({ value, label: t(`health.${name}.${value}` as "health.theme.auto") }));
  return (
    <Card title={t("health.look")}>
      <div class="form">
        <div class="columns">
          <Field label={t("health.color")} type="color" value={look.color} onInput={put("color")} />
          <Select label={t("health.theme")} value={look.theme} options={choices("theme", ["auto", "light", "dark"])} onChange={put("theme")} />
          <Select label={t("health.position")} value={look.position} options={choices("position", ["right", "left"])} onChange={put("position")} />
        </div>
        <Field label={t("health.chat_title")} dir="auto" required={false} value={look.title} onInput={put("title")} />
        <Field label={t("health.chat_greeting")} dir="auto" required={false} value={look.greeting} onInput={put("greeting")} />
        <Switch label={t("health.preview")} hint={t("health.preview_hint")} checked={shown} onChange={setShown} />
        <Copy label={t("guide.value.snippet")} value={script} />
        <p class="hint">{t("guide.do.webchat.snippet")}</p>
      </div>
    </Card>
  );
}

interface Chat {
  start: (settings: Record<string, string>) => void;
  shutdown: () => void;
}
const chat = () => (window as unknown as { Frontdesk?: Chat }).Frontdesk;

/** The real chat, at the corner of this page, as it would stand on the website. */
function usePreview(shown: boolean, settings: Record<string, string>, key: string): void {
  useEffect(() => {
    if (!shown) return;
    let over = false;
    const show = () => over || chat()?.start(settings);
    if (chat()) show();
    else {
      const script = document.createElement("script");
      script.src = "/webchat/widget.js";
      script.onload = show;
      document.head.append(script);
    }
    return () => {
      over = true;
      chat()?.shutdown();
      document.querySelector("frontdesk-chat")?.remove();
    };
  }, [shown, key]);
}

function rulesOf({ settings }: OurNumber) {
  const consent = (settings.consent ?? {}) as { text?: string; url?: string | null; required?: boolean };
  return {
    allowed_origins: ((settings.allowed_origins ?? []) as string[]).join("\n"),
    prechat: (settings.prechat ?? []) as Question[],
    consent: consent.text ?? "",
    consent_url: consent.url ?? "",
    consent_required: consent.required ?? false,
  };
}

function Rules({ number, onChange }: { number: OurNumber; onChange: (number: OurNumber) => void }): JSX.Element {
  const { settings } = number;
  const form = useForm({
    initial: rulesOf(number),
    from: rulesOf,
    onNewer: onChange,
    names: { "settings.consent.text": "consent", "settings.consent.url": "consent_url", "settings.allowed_origins": "allowed_origins" },
    check: (values) => ({
      allowed_origins: sites(values.allowed_origins).every((one) => one === "*" || originOf(one)) ? undefined : t("guide.website_wrong"),
    }),
    submit: async (values) => {
      const rest: Record<string, unknown> = { ...settings, allowed_origins: sites(values.allowed_origins).map((one) => originOf(one) || one) };
      const asked = values.prechat.filter((one) => one.label.trim());
      if (asked.length) rest.prechat = asked;
      else delete rest.prechat;
      const text = values.consent.trim();
      if (text) rest.consent = { text, url: values.consent_url.trim() || null, required: values.consent_required };
      else delete rest.consent;
      onChange(await patch("/v1/numbers/{id}", { path: { id: number.id }, body: { settings: rest } as Schemas["NumberChange"] }));
      toast(t("health.saved"));
    },
  });
  return (
    <Card title={t("health.rules")}>
      <Form form={form}>
        <Field label={t("health.origins")} rows={3} dir="ltr" hint={t("health.origins_hint")} {...form.field("allowed_origins")} />
        <Questions asked={form.values.prechat} onChange={(prechat) => form.set({ prechat })} />
        <Field label={t("health.consent")} rows={2} maxLength={1000} required={false} hint={t("health.consent_hint")} {...form.field("consent")} />
        {form.values.consent && (
          <>
            <Field label={t("health.consent_url")} type="url" dir="ltr" required={false} {...form.field("consent_url")} />
            <Checkbox label={t("health.consent_required")} {...form.toggle("consent_required")} />
          </>
        )}
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("health.save")}</Button></div>
      </Form>
    </Card>
  );
}

const sites = (text: string) => text.split(/[\s,]+/).filter(Boolean);

function Questions({ asked, onChange }: { asked: Question[]; onChange: (asked: Question[]) => void }): JSX.Element {
  const put = (at: number, change: Partial<Question>) => onChange(asked.map((one, n) => (n === at ? { ...one, ...change } : one)));
  const add = () => {
    const taken = new Set(asked.map((one) => one.name));
    let n = asked.length + 1;
    while (taken.has(`question_${n}`)) n += 1;
    onChange([...asked, { name: `question_${n}`, label: "", type: "text", required: true }]);
  };
  return (
    <fieldset class="health-questions">
      <legend>{t("health.questions")}</legend>
      <p class="hint">{t("health.questions_hint")}</p>
      {asked.map((one, at) => (
        <div key={one.name} class="health-question">
          <Field label={t("health.question")} dir="auto" maxLength={100} value={one.label} onInput={(label) => put(at, { label })} />
          {one.type === "select" ? null : <Select label={t("health.kind")} value={one.type} options={KINDS.map((value) => ({ value, label: t(`health.kind.${value}`) }))} onChange={(type) => put(at, { type })} />}
          <Checkbox label={t("health.must")} checked={one.required} onChange={(required) => put(at, { required })} />
          <IconButton icon="trash" label={t("health.remove_question", { question: one.label })} onClick={() => onChange(asked.filter((_, n) => n !== at))} />
        </div>
      ))}
      {asked.length < 10 && <div><Button small icon="plus" onClick={add}>{t("health.add_question")}</Button></div>}
    </fieldset>
  );
}
