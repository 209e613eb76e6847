/** From which score a lead is hot, and whom the business looks for. */
import type { JSX } from "preact";
import { patch, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { can } from "@/session";
import { Button, Card, Field, Form, Page, ProblemBox, Skeleton, toast, useForm } from "@/ui";

export function Scoring(): JSX.Element {
  const settings = useOne("/v1/lead-settings");
  return (
    <Page title={t("leads.scoring")} back={{ to: "/leads", label: t("leads.title") }} lead={t("leads.scoring_lead")}>
      {settings.problem && <ProblemBox problem={settings.problem} retry={() => void settings.reload()} />}
      {!settings.data && settings.loading && <Skeleton lines={5} />}
      {settings.data && <Card><Edit settings={settings.data} /></Card>}
    </Page>
  );
}

const valuesOf = (settings: Schemas["LeadSettings"]) => ({
  hot: String(settings.hot ?? ""), warm: String(settings.warm ?? ""), quiet_seconds: String(settings.quiet_seconds ?? ""), region: settings.region ?? "", criteria: settings.criteria ?? "",
});

function Edit({ settings }: { settings: Schemas["LeadSettings"] }): JSX.Element {
  const form = useForm({
    initial: valuesOf(settings),
    from: valuesOf,
    submit: async ({ hot, warm, quiet_seconds, region, criteria }) => {
      await patch("/v1/lead-settings", { body: { hot: Number(hot), warm: Number(warm), quiet_seconds: Number(quiet_seconds), region: region.toUpperCase(), criteria } });
      toast(t("leads.saved"));
    },
  });
  const number = { type: "number" as const, inputmode: "numeric" as const };
  return (
    <Form form={form} label={t("leads.scoring")}>
      <Field label={t("leads.criteria")} hint={t("leads.criteria_hint")} rows={4} maxLength={2000} {...form.field("criteria")} />
      <Field label={t("leads.hot_from")} hint={t("leads.from_hint")} min={7} max={15} {...number} {...form.field("hot")} />
      <Field label={t("leads.warm_from")} min={6} max={14} {...number} {...form.field("warm")} />
      <Field label={t("leads.quiet")} hint={t("leads.quiet_hint")} min={1} max={86400} {...number} {...form.field("quiet_seconds")} />
      <Field label={t("leads.region")} hint={t("leads.region_hint")} maxLength={2} {...form.field("region")} />
      {can("leads:write") && <Button kind="primary" type="submit" busy={form.busy}>{t("leads.save")}</Button>}
    </Form>
  );
}
