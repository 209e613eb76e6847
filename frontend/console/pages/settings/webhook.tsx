/** One webhook: where it goes, what it is told, whether it works, and each delivery. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, patch, post, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { navigate } from "@/router";
import { can } from "@/session";
import { Button, Card, Checkbox, Confirm, Field, Form, Page, ProblemBox, Skeleton, Time, toast, toastProblem, useForm, wrong } from "@/ui";
import { Deliveries } from "./deliveries";
import { type EventType, typeNames, TypesField } from "./types";
import { HookState, SecretShown, urlProblem } from "./webhooks";

type Webhook = Schemas["Webhook"];

export function WebhookPage({ id }: { id: string }): JSX.Element {
  const one = useOne("/v1/webhooks/{id}", { path: { id } });
  const back = { to: "/settings/webhooks", label: t("settings.part.webhooks") };
  return (
    <Page title={t("settings.hook")} back={back} lead={one.data && <span class="settings-url" dir="ltr">{one.data.url}</span>}>
      {!one.data && (one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={6} />)}
      {one.data && <Whole hook={one.data} onChange={one.set} reload={one.reload} />}
    </Page>
  );
}

function Whole({ hook, onChange, reload }: { hook: Webhook; onChange: (hook: Webhook) => void; reload: () => Promise<void> }): JSX.Element {
  const [secret, setSecret] = useState<Schemas["WebhookSecret"]>();
  const [asked, setAsked] = useState<"rotate" | "remove">();
  const [tests, setTests] = useState(0);
  const path = { id: hook.endpoint_id };
  const test = () => post("/v1/webhooks/{id}/test", { path }).then(() => setTests(tests + 1), toastProblem);
  const rotate = () => post("/v1/webhooks/{id}/secret", { path }).then(setSecret, toastProblem);
  const remove = async () => {
    try {
      await del("/v1/webhooks/{id}", { path });
    } catch (error) {
      return toastProblem(error);
    }
    toast(t("settings.removed"));
    navigate("/settings/webhooks", { replace: true });
  };
  return (
    <>
      <Card title={t("settings.hook_what")} actions={<HookState hook={hook} />}>
        {hook.disabled_reason && !hook.enabled && <p class="note" dir="auto">{hook.disabled_reason}</p>}
        {hook.rest_until && hook.enabled && <p class="note"><span>{t("settings.hook_rests")} <Time at={hook.rest_until} /></span></p>}
        {can("webhooks:write") ? <Editor hook={hook} onChange={onChange} /> : <p>{typeNames(hook.types)}</p>}
      </Card>
      <Deliveries key={tests} hook={hook} onTest={test} onSettled={() => void reload()} />
      {can("webhooks:write") && (
        <Card title={t("settings.danger")}>
          <ul class="settings-list" aria-label={t("settings.danger")}>
            <li>
              <div>{t("settings.hook_rotate_what")}</div>
              <Button onClick={() => setAsked("rotate")}>{t("settings.hook_rotate")}</Button>
            </li>
            <li>
              <div>{t("settings.hook_remove_what")}</div>
              <Button kind="danger" onClick={() => setAsked("remove")}>{t("settings.remove")}</Button>
            </li>
          </ul>
        </Card>
      )}
      <Confirm open={asked === "rotate"} title={t("settings.hook_rotate")} yes={t("settings.hook_rotate")} onYes={rotate} onClose={() => setAsked(undefined)}>
        <p>{t("settings.hook_rotate_what")}</p>
      </Confirm>
      <Confirm open={asked === "remove"} danger title={t("settings.hook_remove_title")} yes={t("settings.remove")} onYes={remove} onClose={() => setAsked(undefined)}>
        <p>{t("settings.hook_remove_what")}</p>
      </Confirm>
      <SecretShown made={secret} onClose={() => setSecret(undefined)} />
    </>
  );
}

const valuesOf = (hook: Webhook) => ({ url: hook.url, description: hook.description, enabled: hook.enabled, types: "" });

function Editor({ hook, onChange }: { hook: Webhook; onChange: (hook: Webhook) => void }): JSX.Element {
  const [types, setTypes] = useState<EventType[] | null>(hook.types as EventType[] | null);
  const form = useForm({
    initial: valuesOf(hook),
    from: valuesOf,
    check: ({ url }) => ({ url: urlProblem(url) }),
    submit: async ({ url, description, enabled }) => {
      if (types && !types.length) throw wrong({ types: t("settings.event_missing") });
      onChange(await patch("/v1/webhooks/{id}", { path: { id: hook.endpoint_id }, body: { url: url.trim(), description: description.trim(), enabled, types } }));
      toast(t("settings.saved"));
    },
  });
  return (
    <Form form={form} label={t("settings.hook_what")}>
      <div class="settings-pair">
        <Field label={t("settings.hook_url")} type="url" required dir="ltr" maxLength={2000} {...form.field("url")} />
        <Field label={t("settings.hook_description")} required={false} dir="auto" maxLength={500} {...form.field("description")} />
      </div>
      <TypesField value={types} error={form.errors.types} onChange={(next) => (setTypes(next), form.set({ types: "" }))} />
      <Checkbox label={t("settings.hook_enabled")} hint={t("settings.hook_enabled_hint")} {...form.toggle("enabled")} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
    </Form>
  );
}
