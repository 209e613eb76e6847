/** Who answers: the agent, a person, or nobody at the moment; and how to change that. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { call, type Schemas } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { to } from "@/router";
import { can } from "@/session";
import { Button, Dialog, Field, Form, Icon, Menu, toastProblem, useForm } from "@/ui";
import { assigneeName, type Member, myself } from "./types";

type Conversation = Schemas["Conversation"];
interface BarProps {
  conversation: Conversation;
  agent: string;
  members: readonly Member[];
  onChange: (next: Conversation) => void;
}

const HELD = ["credits", "opted_out", "spend_cap"] as const;
const REASONS = ["outage", "too_long", "refused", "unusable", "agent_broken", "claim_without_receipt", "loop", "conversation_cap", "answered_elsewhere", "relinked"] as const;

export function OwnerBar({ conversation, agent, members, onChange }: BarProps): JSX.Element {
  const [giving, setGiving] = useState(false);
  const [busy, setBusy] = useState(false);
  const id = conversation.conversation_id;
  const human = conversation.owner === "human";
  const mine = human && conversation.assignee === myself();
  const may = can("conversations:write") && conversation.is_active;
  const change = async (body: Schemas["OwnerChange"]) => {
    setBusy(true);
    try {
      onChange(await call<Conversation>("PATCH", "/v1/conversations/{id}", { path: { id }, body }));
    } finally {
      setBusy(false);
    }
  };
  const take = () => void change({ owner: "human", assignee: myself() }).catch(toastProblem);
  return (
    <div class={`inbox-owner ${conversation.held_for ? "held" : mine ? "mine" : conversation.owner}`} role="group" aria-label={t("inbox.who_answers")}>
      <div class="inbox-owner-words" role="status">
        <Words conversation={conversation} agent={agent} members={members} />
      </div>
      {may && (
        <div class="actions">
          {!mine && <Button small kind={human || conversation.held_for ? "primary" : "plain"} icon="hand" busy={busy} onClick={take}>{t("inbox.take_over")}</Button>}
          {human && <Button small icon="undo" busy={busy} onClick={() => setGiving(true)}>{t("inbox.give_back")}</Button>}
          <Assign conversation={conversation} members={members} onPick={(body) => void change(body).catch(toastProblem)} />
        </div>
      )}
      {giving && <GiveBack agent={agent} onGive={(note) => change({ owner: "agent", note: note || undefined })} onClose={() => setGiving(false)} />}
    </div>
  );
}

function Words({ conversation, agent, members }: Omit<BarProps, "onChange">): JSX.Element {
  const held = conversation.held_for;
  if (!conversation.is_active) return <p><Icon name="clock" /> {t("inbox.closed_long")}</p>;
  if (held) {
    const known = HELD.find((one) => one === held);
    return (
      <p>
        <Icon name="alert" /> <strong>{t("inbox.held_bar", { name: agent })}</strong> {known ? t(`inbox.held.${known}`) : t("inbox.held.other")}{" "}
        {held === "credits" && can("credits:read") && <a href={to("/credits")}>{t("inbox.to_credits")}</a>}
      </p>
    );
  }
  if (conversation.owner === "agent") return <p><Icon name="agent" /> <strong>{t("inbox.agent_answers", { name: agent })}</strong></p>;
  const mine = conversation.assignee === myself();
  const name = assigneeName(conversation.assignee, members);
  return (
    <>
      <p>
        <Icon name="customer" /> <strong>{mine ? t("inbox.you_answer") : name ? t("inbox.member_answers", { name }) : t("inbox.nobody_answers")}</strong>{" "}
        <span class="muted">{t("inbox.agent_silent", { name: agent })}</span>
      </p>
      <Why conversation={conversation} agent={agent} />
    </>
  );
}

/** Why the agent gave it away, and what it noted for who comes. */
function Why({ conversation, agent }: { conversation: Conversation; agent: string }): JSX.Element | null {
  const found = useOne("/v1/conversations/{id}/handovers", { path: { id: conversation.conversation_id } });
  const last = found.data?.data.find((one) => one.to_no === null);
  if (!last || last.by === "human") return null;
  const known = REASONS.find((one) => one === last.reason);
  const why = known ? t(`inbox.why.${known}`) : last.by === "agent" ? t("inbox.why.agent", { name: agent }) : "";
  const note = known ? "" : last.note || last.reason.replace(/_/g, " ");
  if (!why && !note) return null;
  return <p class="small"><span>{why}</span> {note && <q dir="auto">{note}</q>}</p>;
}

function Assign({ conversation, members, onPick }: { conversation: Conversation; members: readonly Member[]; onPick: (body: Schemas["OwnerChange"]) => void }): JSX.Element | null {
  const able = members.filter((one) => !one.suspended_at && ["admin", "manager", "sales_rep"].includes(one.role));
  if (!able.length) return null;
  const items = able.map((one) => ({
    label: one.member_id === myself() ? t("inbox.me", { name: one.name || one.email }) : one.name || one.email,
    checked: conversation.assignee === one.member_id,
    onSelect: () => onPick({ owner: "human", assignee: one.member_id }),
  }));
  const nobody = { label: t("inbox.nobody"), checked: !conversation.assignee, onSelect: () => onPick({ assignee: "" }) };
  return <Menu label={t("inbox.assign")} look="icon-button" button={<Icon name="team" />} items={[{ heading: t("inbox.assign") }, ...items, "line", nobody]} />;
}

function GiveBack({ agent, onGive, onClose }: { agent: string; onGive: (note: string) => Promise<void>; onClose: () => void }): JSX.Element {
  const form = useForm({
    initial: { note: "" },
    submit: async ({ note }) => {
      await onGive(note.trim());
      onClose();
    },
  });
  return (
    <Dialog open title={t("inbox.give_back_to", { name: agent })} onClose={onClose}>
      <Form form={form}>
        <Field label={t("inbox.note_for", { name: agent })} hint={t("inbox.note_hint")} rows={3} maxLength={2000} required={false} {...form.field("note")} autofocus />
        <Button kind="primary" type="submit" busy={form.busy}>{t("inbox.give_back")}</Button>
      </Form>
    </Dialog>
  );
}
