/** Who gets an e-mail when something happens. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { del, post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { can, me } from "@/session";
import { Button, Card, Confirm, Dialog, Empty, Field, Form, Listed, toast, toastProblem, useForm, wrong } from "@/ui";
import { Item } from "./deliveries";
import { type EventType, typeNames, TypesField } from "./types";

type Recipient = Schemas["Recipient"];

export function Recipients(): JSX.Element {
  const list = useList("/v1/mail-recipients");
  const [edited, setEdited] = useState<Recipient | "new">();
  const [leaving, setLeaving] = useState<Recipient>();
  const [read, setRead] = useState<Recipient>();
  const writes = can("webhooks:write");
  const add = writes && <Button icon="plus" onClick={() => setEdited("new")}>{t("settings.mail_add")}</Button>;
  const remove = async () => {
    try {
      await del("/v1/mail-recipients/{address}", { path: { address: leaving!.address } });
      toast(t("settings.removed"));
    } catch (error) {
      toastProblem(error);
    }
    await list.reload();
  };
  const title = edited === "new" ? t("settings.mail_add") : t("settings.mail_change");
  return (
    <Card title={t("settings.mails")} actions={list.items.length > 0 && add}>
      {!me.value?.mail && <p class="note">{t("settings.mail_off")}</p>}
      <Listed list={list} empty={<Empty icon="bell" title={t("settings.mail_none")} action={add}>{t("settings.mail_none_hint")}</Empty>}>
        {(items) => (
          <ul class="settings-list" aria-label={t("settings.mails")}>
            {items.map((one) => (
              <li key={one.address}>
                <div>
                  <strong dir="ltr">{one.address}</strong>
                  <div class="muted small">{typeNames(one.types)}</div>
                </div>
                <div class="row">
                  <Button small aria-label={t("settings.letters_to", { name: one.address })} onClick={() => setRead(one)}>{t("settings.letters")}</Button>
                  {writes && <Button small aria-label={t("settings.change_of", { name: one.address })} onClick={() => setEdited(one)}>{t("settings.change")}</Button>}
                  {writes && <Button small aria-label={t("settings.remove_of", { name: one.address })} onClick={() => setLeaving(one)}>{t("settings.remove")}</Button>}
                </div>
              </li>
            ))}
          </ul>
        )}
      </Listed>
      <Dialog open={!!edited} kind="wide" title={title} onClose={() => setEdited(undefined)}>
        {edited && <Editor title={title} known={edited === "new" ? undefined : edited} onDone={() => (setEdited(undefined), toast(t("settings.saved")), void list.reload())} />}
      </Dialog>
      <Dialog open={!!read} kind="wide" title={t("settings.letters_to", { name: read?.address ?? "" })} onClose={() => setRead(undefined)}>
        {read && <Letters address={read.address} />}
      </Dialog>
      <Confirm open={!!leaving} danger title={t("settings.remove_of", { name: leaving?.address ?? "" })} yes={t("settings.remove")} onYes={remove} onClose={() => setLeaving(undefined)}>
        <p>{t("settings.mail_remove_what")}</p>
      </Confirm>
    </Card>
  );
}

/** What was mailed to an address, and what became of each letter. */
function Letters({ address }: { address: string }): JSX.Element {
  const list = useList("/v1/mail-recipients/{address}/deliveries", { path: { address } });
  return (
    <Listed list={list} empty={<Empty icon="send" title={t("settings.letters_none")}>{t("settings.letters_none_hint")}</Empty>}>
      {(items) => <ul class="settings-list" aria-label={t("settings.letters")}>{items.map((one) => <Item key={one.delivery_id} one={one} />)}</ul>}
    </Listed>
  );
}

function Editor({ title, known, onDone }: { title: string; known?: Recipient; onDone: () => void }): JSX.Element {
  const [types, setTypes] = useState<EventType[] | null>((known?.types as EventType[] | null | undefined) ?? null);
  const form = useForm({
    initial: { address: known?.address ?? "", types: "" },
    check: ({ address }) => ({ address: /^\S+@\S+\.\S+$/.test(address.trim()) ? undefined : t("settings.email_wrong") }),
    submit: async ({ address }, idempotencyKey) => {
      if (types && !types.length) throw wrong({ types: t("settings.event_missing") });
      await post("/v1/mail-recipients", { body: { address: address.trim(), types }, idempotencyKey });
      onDone();
    },
  });
  return (
    <Form form={form} label={title}>
      <Field label={t("settings.email")} type="email" required disabled={!!known} dir="ltr" {...form.field("address")} />
      <TypesField value={types} error={form.errors.types} onChange={(next) => (setTypes(next), form.set({ types: "" }))} />
      <div><Button kind="primary" type="submit" busy={form.busy}>{t("settings.save")}</Button></div>
    </Form>
  );
}
