/** Name, credentials and limits of a number. A token is never shown; an empty field keeps the one that is there. */
import type { JSX } from "preact";
import { patch, type Schemas } from "@/api/client";
import { t } from "@/i18n";
import { Button, Card, Field, Form, toast, useForm } from "@/ui";
import type { OurNumber } from "./new_number";

const text = (value: unknown) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

function valuesOf({ display_name, settings }: OurNumber) {
  const consent = (settings.consent ?? {}) as { text?: string };
  return {
    display_name: display_name ?? "", access_token: "", account_sid: text(settings.account_sid), waba_id: text(settings.waba_id),
    messaging_service_sid: text(settings.messaging_service_sid), rate: text(settings.rate), consent: consent.text ?? "",
  };
}

export function Settings({ number, onChange }: { number: OurNumber; onChange: (number: OurNumber) => void }): JSX.Element {
  const { platform, settings } = number;
  const consent = (settings.consent ?? {}) as { text?: string };
  const form = useForm({
    initial: valuesOf(number),
    from: valuesOf,
    onNewer: onChange,
    names: {
      "settings.account_sid": "account_sid", "settings.waba_id": "waba_id", "settings.rate": "rate", "settings.messaging_service_sid": "messaging_service_sid",
      "settings.consent.text": "consent",
    },
    submit: async (values) => {
      const rest = { ...settings } as Record<string, unknown>;
      const put = (name: string, value: unknown) => (value === "" ? delete rest[name] : (rest[name] = value));
      for (const name of ["account_sid", "waba_id", "messaging_service_sid"] as const) put(name, values[name].trim());
      put("rate", values.rate === "" ? "" : Number(values.rate));
      if (platform !== "webchat") put("consent", values.consent.trim() ? { ...consent, text: values.consent.trim() } : "");
      const body = { display_name: values.display_name.trim() || null, access_token: values.access_token.trim() || null, settings: rest };
      onChange(await patch("/v1/numbers/{id}", { path: { id: number.id }, body: body as Schemas["NumberChange"] }));
      form.set({ access_token: "" });
      toast(t("health.saved"));
    },
  });
  return (
    <Card title={t("health.tab.settings")}>
      <Form form={form}>
        <Field label={t("guide.name")} dir="auto" maxLength={255} {...form.field("display_name")} />
        {platform !== "webchat" && <Field label={platform === "sms" ? t("guide.auth_token") : t("guide.token")} type="password" autocomplete="off" dir="ltr" required={false} hint={t("health.token_keep")} {...form.field("access_token")} />}
        {platform === "sms" && <Field label={t("guide.sid")} dir="ltr" {...form.field("account_sid")} />}
        {platform === "sms" && <Field label={t("health.service_sid")} dir="ltr" required={false} {...form.field("messaging_service_sid")} />}
        {platform === "whatsapp" && <Field label={t("guide.waba")} dir="ltr" {...form.field("waba_id")} />}
        {platform !== "webchat" && <Field label={t("health.rate")} type="number" min={0} step="any" required={false} hint={t("health.rate_hint")} {...form.field("rate")} />}
        {platform !== "webchat" && <Field label={t("health.consent")} rows={2} maxLength={1000} required={false} hint={t("health.consent_first")} {...form.field("consent")} />}
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("health.save")}</Button></div>
      </Form>
    </Card>
  );
}
