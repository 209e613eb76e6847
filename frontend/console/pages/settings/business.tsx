/** What the business is called and where it is. */
import type { JSX } from "preact";
import { patch, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { LANGUAGES, t } from "@/i18n";
import { can, loadMe } from "@/session";
import { Button, Card, Copy, Field, Form, LinkButton, ProblemBox, Select, Skeleton, toast, useForm } from "@/ui";
import { zones } from "./zones";

type Business = Schemas["Business"];
const TRADES = ["dentist", "hair_salon", "restaurant", "law_office", "real_estate", "car_repair", "gym", "online_shop", "tradesman", "other"] as const;
const SIZES = ["1", "2-5", "6-20", "21-100", "100+"];
const NONE = { value: "", label: "–" };

export function BusinessPart(): JSX.Element {
  const one = useOne("/v1/business");
  if (!one.data) return one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={8} />;
  return can("business:write") ? <Editor business={one.data} onChange={one.set} /> : <Shown business={one.data} />;
}

function Shown({ business }: { business: Business }): JSX.Element {
  const rows: [string, string | null][] = [
    [t("settings.company"), business.company_name],
    [t("settings.business_email"), business.business_email],
    [t("settings.website"), business.website],
    [t("settings.trade"), tradeName(business.industry)],
    [t("settings.team_size"), business.team_size],
    [t("settings.zone"), business.zone.replace(/_/g, " ")],
    [t("settings.business_language"), languageName(business.language)],
  ];
  return (
    <Card>
      <dl class="settings-facts">
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd dir="auto">{value || "–"}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">{t("settings.business_read_only")}</p>
    </Card>
  );
}

const valuesOf = (business: Business) => ({
  company_name: business.company_name ?? "",
  business_email: business.business_email ?? "",
  website: business.website ?? "",
  industry: business.industry ?? "",
  team_size: business.team_size ?? "",
  zone: business.zone,
  language: business.language,
});

function Editor({ business, onChange }: { business: Business; onChange: (business: Business) => void }): JSX.Element {
  const form = useForm({
    initial: valuesOf(business),
    from: valuesOf,
    check: ({ company_name, business_email }) => ({
      company_name: company_name.trim() ? undefined : t("settings.needed"),
      business_email: !business_email.trim() || /^\S+@\S+\.\S+$/.test(business_email.trim()) ? undefined : t("settings.email_wrong"),
    }),
    submit: async (values) => {
      const site = values.website.trim();
      const body = {
        company_name: values.company_name.trim(),
        business_email: values.business_email.trim() || null,
        website: site ? (/^https?:\/\//i.test(site) ? site : `https://${site}`) : null,
        industry: values.industry || null,
        team_size: values.team_size || null,
        zone: values.zone,
        language: values.language,
      };
      onChange(await patch("/v1/business", { body }));
      await loadMe();
      toast(t("settings.saved"));
    },
  });
  const own = (known: readonly string[], chosen: string) => (chosen && !known.includes(chosen) ? [{ value: chosen, label: chosen }] : []);
  const languages = Object.entries(LANGUAGES).map(([value, label]) => ({ value, label }));
  return (
    <Card>
      <Form form={form} label={t("settings.part.business")}>
        <div class="settings-pair">
          <Field label={t("settings.company")} autocomplete="organization" required maxLength={255} dir="auto" {...form.field("company_name")} />
          <Select label={t("settings.trade")} options={[NONE, ...TRADES.map((value) => ({ value, label: t(`settings.trade.${value}`) })), ...own(TRADES, form.values.industry)]} {...form.select("industry")} />
          <Field label={t("settings.business_email")} type="email" required={false} hint={t("settings.business_email_hint")} dir="ltr" {...form.field("business_email")} />
          <Field label={t("settings.website")} type="url" autocomplete="url" required={false} dir="ltr" placeholder="https://" {...form.field("website")} />
          <Select label={t("settings.zone")} hint={t("settings.zone_hint")} options={zones(form.values.zone)} {...form.select("zone")} />
          <Select label={t("settings.business_language")} hint={t("settings.business_language_hint")} options={[...languages, ...own(Object.keys(LANGUAGES), form.values.language)]} {...form.select("language")} />
          <Select label={t("settings.team_size")} options={[NONE, ...SIZES.map((value) => ({ value, label: value })), ...own(SIZES, form.values.team_size)]} {...form.select("team_size")} />
        </div>
        <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
      </Form>
      <div class="settings-below">
        <Copy label={t("settings.business_id")} value={business.user_id} />
        {business.onboarding_completed && <p><LinkButton to="/onboarding/business" icon="undo">{t("settings.setup_again")}</LinkButton></p>}
      </div>
    </Card>
  );
}

const tradeName = (trade: string | null) => (TRADES.includes(trade as "other") ? t(`settings.trade.${trade as "other"}`) : trade);
const languageName = (code: string) => (LANGUAGES as Record<string, string>)[code] ?? code;
