/** What was sent to a webhook: each event with its attempts, sent once more by a click. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { formatNumber, t } from "@/i18n";
import { useLive } from "@/live";
import { can } from "@/session";
import { Badge, Button, Card, Dialog, Empty, Field, Form, Listed, Select, Time, toast, toastProblem, type Tone, useForm } from "@/ui";
import { TYPES, typeName } from "./types";

type Delivery = Schemas["gateway__api__webhooks__Delivery"];
const STATES = ["pending", "sent", "failed"] as const;
const TONES: Record<Delivery["state"], Tone> = { pending: "neutral", sent: "good", failed: "danger" };
const LOOK_MS = 2000;

export function Deliveries({ hook, onTest, onSettled }: { hook: Schemas["Webhook"]; onTest: () => Promise<void>; onSettled: () => void }): JSX.Element {
  const [state, setState] = useState("");
  const [again, setAgain] = useState(false);
  const list = useList("/v1/webhooks/{id}/deliveries", { path: { id: hook.endpoint_id }, query: { state } });
  const pending = list.items.some((one) => one.state === "pending" && one.attempts < 2);
  useLive([...TYPES, "webhook.test", "resumed"], () => void list.reload());
  useEffect(() => {
    if (!pending) return;
    const timer = setInterval(() => void list.reload(), LOOK_MS);
    return () => (clearInterval(timer), onSettled());
  }, [pending]);
  const writes = can("webhooks:write") && hook.enabled;
  const replay = (body: Schemas["Replay"], key?: string) =>
    post("/v1/webhooks/{id}/replay", { path: { id: hook.endpoint_id }, body, idempotencyKey: key }).then(({ deliveries }) => {
      toast(t("settings.replayed", { count: deliveries }));
      return list.reload();
    });
  const actions = writes && (
    <>
      {list.items.length > 0 && <Button small onClick={() => setAgain(true)}>{t("settings.replay_since")}</Button>}
      <Button small kind="primary" icon="send" onClick={() => void onTest()}>{t("settings.hook_test")}</Button>
    </>
  );
  const options = [{ value: "", label: t("settings.delivery_any") }, ...STATES.map((value) => ({ value, label: t(`settings.delivery.${value}`) }))];
  return (
    <Card title={t("settings.deliveries")} actions={actions}>
      <div class="settings-filter"><Select label={t("settings.delivery_state")} value={state} options={options} onChange={setState} /></div>
      <Listed list={list} empty={<Empty icon="send" title={t("settings.delivery_none")}>{t("settings.delivery_none_hint")}</Empty>}>
        {(items) => (
          <ul class="settings-list" aria-label={t("settings.deliveries")}>
            {items.map((one) => <Item key={one.delivery_id} one={one} onAgain={writes ? () => void replay({ event_id: one.event_id }).catch(toastProblem) : undefined} />)}
          </ul>
        )}
      </Listed>
      <Dialog open={again} title={t("settings.replay_since")} onClose={() => setAgain(false)}>
        {again && <Since onSend={(since, key) => replay({ since }, key).then(() => setAgain(false))} />}
      </Dialog>
    </Card>
  );
}

/** One event on its way, with its attempts. */
export function Item({ one, onAgain }: { one: Delivery; onAgain?: () => void }): JSX.Element {
  return (
    <li>
      <details class="settings-delivery">
        <summary>
          <Badge tone={TONES[one.state]}>{t(`settings.delivery.${one.state}`)}</Badge> <strong>{typeName(one.type)}</strong>{" "}
          <span class="muted small"><Time at={one.created_at} /></span>
        </summary>
        <p class="muted small">
          {t("settings.attempts", { count: one.attempts })}
          {one.next_attempt_at && <> · {t("settings.next_attempt")} <Time at={one.next_attempt_at} /></>} · <code>{one.event_id}</code>
        </p>
        <ol class="settings-attempts">
          {one.log.map((attempt) => (
            <li key={attempt.at}>
              <Time at={attempt.at} kind="date" /> · {attempt.status ?? t("settings.no_answer")} · {t("settings.took", { ms: formatNumber(attempt.ms) })}
              {attempt.error && <div class="muted" dir="auto">{attempt.error}</div>}
            </li>
          ))}
        </ol>
      </details>
      {onAgain && one.state !== "pending" && <Button small aria-label={t("settings.again_of", { name: typeName(one.type) })} onClick={onAgain}>{t("settings.again")}</Button>}
    </li>
  );
}

function Since({ onSend }: { onSend: (since: string, key: string) => Promise<void> }): JSX.Element {
  const form = useForm({
    initial: { since: "" },
    check: ({ since }) => ({ since: since ? undefined : t("settings.needed") }),
    submit: async ({ since }, key) => onSend(new Date(since).toISOString(), key),
  });
  return (
    <Form form={form} label={t("settings.replay_since")}>
      <Field label={t("settings.replay_from")} hint={t("settings.replay_hint")} type="datetime-local" required {...form.field("since")} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.again")}</Button></div>
    </Form>
  );
}
