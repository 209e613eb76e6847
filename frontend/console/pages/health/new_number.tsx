/** Links a number: which kind, where its values are found, and what the provider wants. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, post, type Schemas } from "@/api/client";
import { t } from "@/i18n";
import { Button, ChannelMark, Field, Form, useForm, type Platform } from "@/ui";
import "./guide.css";

export type OurNumber = Schemas["Number"];
const PLATFORMS: Platform[] = ["webchat", "whatsapp", "instagram", "sms"];
const NAMES = { "settings.waba_id": "waba_id", "settings.account_sid": "account_sid", "settings.allowed_origins": "website" } as const;

export function NewNumber({ name, website, onMade }: { name: string; website: string; onMade: (number: OurNumber) => void }): JSX.Element {
  const [platform, setPlatform] = useState<Platform>();
  return (
    <div>
      <fieldset class="health-choose">
        <legend>{t("guide.which")}</legend>
        {PLATFORMS.map((one) => (
          <label key={one}>
            <input type="radio" name="platform" value={one} checked={one === platform} onChange={() => setPlatform(one)} />
            <strong><ChannelMark platform={one} named /></strong>
            <span class="muted small">{t(`guide.about.${one}`)}</span>
          </label>
        ))}
      </fieldset>
      {platform && <Values key={platform} platform={platform} name={name} website={website} onMade={onMade} />}
    </div>
  );
}

function Values({ platform, name, website, onMade }: { platform: Platform; name: string; website: string; onMade: (number: OurNumber) => void }): JSX.Element {
  const away = platform !== "webchat";
  const form = useForm({
    initial: { meta_phone_number_id: "", waba_id: "", account_sid: "", access_token: "", display_name: name, website },
    names: NAMES,
    check: (values) => ({
      meta_phone_number_id: away && !values.meta_phone_number_id.trim() ? t("guide.required") : undefined,
      access_token: away && !values.access_token.trim() ? t("guide.required") : undefined,
      account_sid: platform === "sms" && !values.account_sid.trim() ? t("guide.required") : undefined,
      website: values.website && !originOf(values.website) ? t("guide.website_wrong") : undefined,
    }),
    submit: async (values, idempotencyKey) => {
      const number = await post("/v1/numbers", { body: bodyOf(platform, values) as Schemas["NewNumber"], idempotencyKey });
      if (away) await hook(number.id);
      onMade(number);
    },
  });
  return (
    <div class="health-new">
      {away && (
        <ol class="health-steps">
          {([1, 2, 3] as const).map((step) => <li key={step}><p>{t(`guide.find.${platform as "sms"}.${step}`)}</p></li>)}
        </ol>
      )}
      <Form form={form}>
        {away && <Field label={t(`guide.id.${platform as "sms"}`)} required dir="ltr" {...form.field("meta_phone_number_id")} />}
        {platform === "whatsapp" && <Field label={t("guide.waba")} inputmode="numeric" dir="ltr" {...form.field("waba_id")} />}
        {platform === "sms" && <Field label={t("guide.sid")} required dir="ltr" {...form.field("account_sid")} />}
        {away && <Field label={platform === "sms" ? t("guide.auth_token") : t("guide.token")} type="password" autocomplete="off" required dir="ltr" hint={t("guide.token_hint")} {...form.field("access_token")} />}
        {!away && <Field label={t("guide.website")} type="url" dir="ltr" required={false} hint={t("guide.website_hint")} {...form.field("website")} />}
        <Field label={t("guide.name")} dir="auto" maxLength={255} hint={t("guide.name_hint")} {...form.field("display_name")} />
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("guide.add")}</Button></div>
      </Form>
    </div>
  );
}

/** What we can do at the provider ourselves is done at once; what is wrong shows in the guide. */
async function hook(id: string): Promise<void> {
  const ask = (what: string) => call("POST", `/v1/numbers/{id}/${what}`, { path: { id } });
  await ask("connect").catch(() => ask("check")).catch(() => undefined);
}

function bodyOf(platform: Platform, values: Record<string, string>): unknown {
  const display_name = values.display_name?.trim() || null;
  if (platform === "webchat") {
    const origin = originOf(values.website ?? "");
    return { platform, display_name, settings: origin ? { allowed_origins: [origin] } : {} };
  }
  const settings = platform === "sms" ? { account_sid: values.account_sid?.trim() } : values.waba_id ? { waba_id: values.waba_id.trim() } : {};
  return { platform, display_name, settings, meta_phone_number_id: values.meta_phone_number_id?.trim(), access_token: values.access_token?.trim() };
}

/** `bloom.example.com/about` is https://bloom.example.com; "" when it is no address. */
export function originOf(text: string): string {
  const whole = text.trim();
  if (!whole) return "";
  try {
    const url = new URL(/^https?:\/\//i.test(whole) ? whole : `https://${whole}`);
    return url.hostname.includes(".") || url.hostname === "localhost" ? url.origin : "";
  } catch {
    return "";
  }
}
