/** What customers of each channel are told about their data before, or as, they write. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { patch, type Schemas } from "@/api/client";
import { useList, useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { Badge, Button, Card, ChannelMark, Checkbox, Dialog, Empty, Field, Form, Listed, LinkButton, ProblemBox, Skeleton, toast, useForm } from "@/ui";

type Number = Schemas["Number"];
type Consent = Schemas["Consent"];
const consentOf = (number: Number) => (number.settings as { consent?: Consent }).consent;
const nameOf = (number: Number) => number.display_name || number.meta_phone_number_id;

export function Consents(): JSX.Element {
  const list = useList("/v1/numbers", { query: { limit: 200 } });
  const [edited, setEdited] = useState<Number>();
  return (
    <Card title={t("settings.consent")}>
      <p class="muted">{t("settings.consent_why")}</p>
      <Listed list={list} empty={<Empty icon="phone" title={t("settings.consent_none")} action={<LinkButton to="/health">{t("settings.consent_channels")}</LinkButton>} />}>
        {(items) => (
          <ul class="settings-list" aria-label={t("settings.consent")}>
            {items.map((one) => (
              <li key={one.id}>
                <div>
                  <ChannelMark platform={one.platform} /> <strong dir="auto">{nameOf(one)}</strong>{" "}
                  {consentOf(one)?.required && <Badge tone="accent">{t("settings.consent_required_short")}</Badge>}
                  <div class="muted small" dir="auto">{consentOf(one)?.text ?? t("settings.consent_no_text")}</div>
                </div>
                <Button small aria-label={t("settings.change_of", { name: nameOf(one) })} onClick={() => setEdited(one)}>{t("settings.change")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Listed>
      <Dialog open={!!edited} kind="wide" title={edited ? nameOf(edited) : ""} onClose={() => setEdited(undefined)}>
        {edited && <Loaded id={edited.id} onDone={() => (setEdited(undefined), toast(t("settings.saved")), void list.reload())} />}
      </Dialog>
    </Card>
  );
}

function Loaded({ id, onDone }: { id: string; onDone: () => void }): JSX.Element {
  const one = useOne("/v1/numbers/{id}", { path: { id } });
  if (!one.data) return one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton />;
  return <Editor number={one.data} onDone={onDone} />;
}

function valuesOf(number: Number) {
  const now = consentOf(number);
  return { text: now?.text ?? "", url: now?.url ?? "", required: now?.required ?? false };
}

function Editor({ number, onDone }: { number: Number; onDone: () => void }): JSX.Element {
  const web = number.platform === "webchat";
  const [settings, setSettings] = useState(number.settings);
  const form = useForm({
    initial: valuesOf(number),
    from: valuesOf,
    onNewer: (newer: Number) => setSettings(newer.settings),
    check: ({ url }) => ({ url: !url.trim() || /^https?:\/\/\S+$/.test(url.trim()) ? undefined : t("settings.hook_url_wrong") }),
    names: { "settings.consent.text": "text", "settings.consent.url": "url" },
    submit: async ({ text, url, required }) => {
      // The settings are changed as a whole: the others go back as they came.
      const consent = text.trim() ? { text: text.trim(), url: url.trim() || null, required: web && required } : null;
      await patch("/v1/numbers/{id}", { path: { id: number.id }, body: { settings: { ...settings, consent } as Schemas["NumberSettings"] } });
      onDone();
    },
  });
  return (
    <Form form={form} label={nameOf(number)}>
      <Field label={t("settings.consent_text")} hint={t(web ? "settings.consent_hint_web" : "settings.consent_hint")} rows={4} maxLength={1000} dir="auto" {...form.field("text")} />
      <Field label={t("settings.consent_url")} type="url" required={false} dir="ltr" placeholder="https://" {...form.field("url")} />
      {web && <Checkbox label={t("settings.consent_required")} {...form.toggle("required")} />}
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
    </Form>
  );
}
