/** Who is told what happens: other systems by webhook, people by e-mail. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { can } from "@/session";
import { Badge, Button, Card, Copy, Dialog, Empty, Field, Form, Listed, Rows, useForm, wrong } from "@/ui";
import { Recipients } from "./recipients";
import { type EventType, typeNames, TypesField } from "./types";

type Webhook = Schemas["Webhook"];

export function WebhooksPart(): JSX.Element {
  const list = useList("/v1/webhooks");
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schemas["WebhookSecret"]>();
  const add = can("webhooks:write") && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>{t("settings.hook_add")}</Button>;
  return (
    <>
      <Card title={t("settings.hooks")} actions={list.items.length > 0 && add}>
        <Listed list={list} empty={<Empty icon="link" title={t("settings.hook_none")} action={add}>{t("settings.hook_none_hint")}</Empty>}>
          {(items) => (
            <Rows
              label={t("settings.hooks")}
              items={items}
              itemKey={(one) => one.endpoint_id}
              href={(one) => `/settings/webhooks/${one.endpoint_id}`}
              render={(one) => (
                <div class="settings-hook">
                  <strong dir="ltr">{one.url}</strong> <HookState hook={one} />
                  {one.description && <div dir="auto">{one.description}</div>}
                  <div class="muted small">{typeNames(one.types)}</div>
                </div>
              )}
            />
          )}
        </Listed>
      </Card>
      <Recipients />
      <Dialog open={adding} kind="wide" title={t("settings.hook_add")} onClose={() => setAdding(false)}>
        {adding && <NewHook onDone={(hook) => (setAdding(false), setMade(hook), void list.reload())} />}
      </Dialog>
      <SecretShown made={made} onClose={() => setMade(undefined)} />
    </>
  );
}

export function HookState({ hook }: { hook: Webhook }): JSX.Element {
  if (!hook.enabled) return <Badge tone={hook.disabled_reason ? "danger" : "neutral"}>{t("settings.off")}</Badge>;
  if (hook.failures) return <Badge tone="warn" icon="alert">{t("settings.hook_failing", { count: hook.failures })}</Badge>;
  return <Badge tone="good">{t("settings.on")}</Badge>;
}

/** The secret, this once. */
export function SecretShown({ made, onClose }: { made: Schemas["WebhookSecret"] | undefined; onClose: () => void }): JSX.Element {
  return (
    <Dialog open={!!made} title={t("settings.hook_secret")} onClose={onClose} footer={<Button kind="primary" onClick={onClose}>{t("settings.kept")}</Button>}>
      {made && (
        <div class="stack">
          <p>{t("settings.hook_secret_once")}</p>
          <Copy label={t("settings.hook_secret")} value={made.secret} />
        </div>
      )}
    </Dialog>
  );
}

function NewHook({ onDone }: { onDone: (hook: Schemas["WebhookSecret"]) => void }): JSX.Element {
  const [types, setTypes] = useState<EventType[] | null>(null);
  const form = useForm({
    initial: { url: "", description: "", types: "" },
    check: ({ url }) => ({ url: urlProblem(url) }),
    submit: async ({ url, description }, idempotencyKey) => {
      if (types && !types.length) throw wrong({ types: t("settings.event_missing") });
      onDone(await post("/v1/webhooks", { body: { url: url.trim(), description: description.trim(), types }, idempotencyKey }));
    },
  });
  const choose = (next: EventType[] | null) => (setTypes(next), form.set({ types: "" }));
  return (
    <Form form={form} label={t("settings.hook_add")}>
      <Field label={t("settings.hook_url")} hint={t("settings.hook_url_hint")} type="url" required dir="ltr" placeholder="https://" maxLength={2000} {...form.field("url")} />
      <Field label={t("settings.hook_description")} required={false} dir="auto" maxLength={500} {...form.field("description")} />
      <TypesField value={types} error={form.errors.types} onChange={choose} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.hook_make")}</Button></div>
    </Form>
  );
}

export const urlProblem = (url: string): string | undefined => (/^https?:\/\/[^\s/]+/.test(url.trim()) ? undefined : t("settings.hook_url_wrong"));
