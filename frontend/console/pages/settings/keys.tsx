/** API keys: made with only what they need, shown once, ended at any time. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { formatList, type Key, t } from "@/i18n";
import { can, me } from "@/session";
import { Badge, Button, Card, Checkbox, Confirm, Copy, Dialog, Empty, Field, Form, Listed, Select, Time, toast, toastProblem, useForm, wrong } from "@/ui";

type ApiKey = Schemas["ApiKey"];

export function KeysPart(): JSX.Element {
  const list = useList("/v1/keys", { query: { limit: 200 } });
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Schemas["NewApiKey"]>();
  const [ending, setEnding] = useState<ApiKey>();
  const add = can("keys:write") && <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>{t("settings.key_add")}</Button>;
  const end = async () => {
    try {
      await del("/v1/keys/{id}", { path: { id: ending!.key_id } });
      toast(t("settings.key_ended"));
    } catch (error) {
      toastProblem(error);
    }
    await list.reload();
  };
  return (
    <Card title={t("settings.part.keys")} actions={list.items.length > 0 && add}>
      <Listed list={list} empty={<Empty icon="key" title={t("settings.key_none")} action={add}>{t("settings.key_none_hint")}</Empty>}>
        {(items) => (
          <ul class="settings-list" aria-label={t("settings.part.keys")}>
            {items.map((one) => <Item key={one.key_id} one={one} onEnd={() => setEnding(one)} />)}
          </ul>
        )}
      </Listed>
      <Dialog open={adding} kind="wide" title={t("settings.key_add")} onClose={() => setAdding(false)}>
        {adding && <NewKey onDone={(key) => (setAdding(false), setMade(key), void list.reload())} />}
      </Dialog>
      <Dialog open={!!made} title={t("settings.key_made")} onClose={() => setMade(undefined)} footer={<Button kind="primary" onClick={() => setMade(undefined)}>{t("settings.kept")}</Button>}>
        {made && (
          <div class="stack">
            <p>{t("settings.key_once")}</p>
            <Copy label={made.name} value={made.key} />
          </div>
        )}
      </Dialog>
      <Confirm open={!!ending} danger title={t("settings.key_end_title", { name: ending?.name ?? "" })} yes={t("settings.key_end")} onYes={end} onClose={() => setEnding(undefined)}>
        <p>{t("settings.key_end_what")}</p>
      </Confirm>
    </Card>
  );
}

function Item({ one, onEnd }: { one: ApiKey; onEnd: () => void }): JSX.Element {
  const all = one.scopes.includes("*");
  return (
    <li class={one.revoked_at ? "settings-over" : undefined}>
      <div>
        <strong dir="auto">{one.name}</strong> {one.revoked_at && <Badge>{t("settings.key_is_ended")}</Badge>}
        {all && <Badge tone="warn">{t("settings.scope_all")}</Badge>}
        {!all && <div class="small">{formatList(grouped(one.scopes).map(({ thing, deeds }) => worded(thing, deeds)))}</div>}
        <div class="muted small">
          {t("settings.key_by")} <span dir="auto">{one.created_by ?? "–"}</span>, <Time at={one.created_at} /> ·{" "}
          {one.last_used_at ? <>{t("settings.key_used")} <Time at={one.last_used_at} /></> : t("settings.key_unused")}
        </div>
      </div>
      {!one.revoked_at && can("keys:write") && <Button small aria-label={t("settings.key_end_title", { name: one.name })} onClick={onEnd}>{t("settings.key_end")}</Button>}
    </li>
  );
}

function NewKey({ onDone }: { onDone: (key: Schemas["NewApiKey"]) => void }): JSX.Element {
  const groups = grouped(me.value!.scopes);
  const [chosen, setChosen] = useState<Record<string, string>>({});
  const form = useForm({
    initial: { name: "", all: false, scopes: "" },
    check: ({ name }) => ({ name: name.trim() ? undefined : t("settings.needed") }),
    submit: async ({ name, all }, idempotencyKey) => {
      const scopes = all ? ["*"] : Object.entries(chosen).flatMap(([thing, deeds]) => deeds.split(" ").filter(Boolean).map((deed) => `${thing}:${deed}`));
      if (!scopes.length) throw wrong({ scopes: t("settings.scope_missing") });
      onDone(await post("/v1/keys", { body: { name: name.trim(), scopes }, idempotencyKey }));
    },
  });
  const choose = (thing: string, deeds: string) => {
    setChosen({ ...chosen, [thing]: deeds });
    form.set({ scopes: "" });
  };
  return (
    <Form form={form} label={t("settings.key_add")}>
      <Field label={t("settings.key_name")} hint={t("settings.key_name_hint")} required maxLength={255} dir="auto" {...form.field("name")} />
      <fieldset class="settings-scopes">
        <legend>{t("settings.scopes")}</legend>
        <p class="muted small">{t("settings.scopes_hint")}</p>
        {form.errors.scopes && <p class="error" role="alert">{form.errors.scopes}</p>}
        <Checkbox label={t("settings.scope_all")} hint={t("settings.scope_all_hint")} {...form.toggle("all")} />
        {!form.values.all && (
          <div class="settings-groups">
            {groups.map(({ thing, deeds }) => (
              <Select key={thing} label={thingName(thing)} value={chosen[thing] ?? ""} options={choices(deeds)} onChange={(value) => choose(thing, value)} />
            ))}
          </div>
        )}
      </fieldset>
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.key_make")}</Button></div>
    </Form>
  );
}

/** `leads:read`, `leads:write` as one thing with its deeds. */
function grouped(scopes: readonly string[]): { thing: string; deeds: string[] }[] {
  const found = new Map<string, string[]>();
  for (const [thing, deed] of scopes.map((one) => one.split(":"))) if (thing && deed) found.set(thing, [...(found.get(thing) ?? []), deed]);
  return [...found].map(([thing, deeds]) => ({ thing, deeds }));
}

function choices(deeds: readonly string[]): { value: string; label: string }[] {
  const none = { value: "", label: t("settings.deed_none") };
  const one = deeds.map((deed) => ({ value: deed, label: deedName(deed) })).filter(({ value }) => value === "read" || deeds.length === 1);
  return [none, ...one, ...(deeds.length > 1 ? [{ value: deeds.join(" "), label: t("settings.deed_both") }] : [])];
}

const thingName = (thing: string) => t(`team.thing.${thing}` as Key);
const deedName = (deed: string) => (deed === "read" ? t("settings.deed_read") : t("settings.deed_write"));
const worded = (thing: string, deeds: string[]) => `${thingName(thing)} (${deeds.length > 1 ? t("settings.deed_both") : deedName(deeds[0]!)})`;
