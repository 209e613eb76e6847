import type { JSX } from "preact";
import { LANGUAGES, t } from "@/i18n";
import { Button, Field, Form, Select, useForm } from "@/ui";
import type { StepProps } from "./index";
import { keep } from "./setup";

export const TRADES = ["dentist", "hair_salon", "restaurant", "law_office", "real_estate", "car_repair", "gym", "online_shop", "tradesman", "other"] as const;
const SIZES = ["1", "2-5", "6-20", "21-100", "100+"];

export function BusinessStep({ setup, reload, next }: StepProps): JSX.Element {
  const { business } = setup;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const form = useForm({
    initial: {
      company_name: business.company_name ?? "",
      industry: business.industry ?? "",
      // UTC is what a business begins with; nobody lives there.
      zone: business.zone === "UTC" ? here : business.zone,
      language: business.language,
      website: business.website ?? "",
      team_size: business.team_size ?? "",
    },
    check: ({ company_name, industry }) => ({
      company_name: company_name.trim() ? undefined : t("onboarding.required"),
      industry: industry ? undefined : t("onboarding.required"),
    }),
    submit: async (values) => {
      const site = values.website.trim();
      const website = site ? (/^https?:\/\//i.test(site) ? site : `https://${site}`) : null;
      await keep({ ...values, company_name: values.company_name.trim(), website, team_size: values.team_size || null });
      await reload();
      next();
    },
  });
  const none = { value: "", label: "–" };
  return (
    <Form form={form}>
      <Field label={t("onboarding.company")} autocomplete="organization" required maxLength={200} dir="auto" {...form.field("company_name")} />
      <Select label={t("onboarding.trade")} required options={[none, ...TRADES.map((value) => ({ value, label: t(`onboarding.trade.${value}`) })), ...own(form.values.industry)]} {...form.select("industry")} />
      <Select label={t("onboarding.zone")} options={zones(form.values.zone)} {...form.select("zone")} />
      <Select label={t("onboarding.language")} options={Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }))} {...form.select("language")} />
      <Field label={t("onboarding.website")} type="url" autocomplete="url" required={false} dir="ltr" placeholder="https://" {...form.field("website")} />
      <Select label={t("onboarding.team_size")} options={[none, ...SIZES.map((value) => ({ value, label: value }))]} {...form.select("team_size")} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("onboarding.go_on")}</Button></div>
    </Form>
  );
}

/** What somebody entered elsewhere stays a choice. */
const own = (trade: string) => (trade && !TRADES.includes(trade as "other") ? [{ value: trade, label: trade }] : []);

function zones(chosen: string): { value: string; label: string }[] {
  const known = (Intl as unknown as { supportedValuesOf?: (key: string) => string[] }).supportedValuesOf?.("timeZone") ?? [];
  return [...new Set([...known, "UTC", chosen])].sort().map((value) => ({ value, label: value.replace(/_/g, " ") }));
}
