/** What a person has sent and the gateway has not taken yet. One key for each, so that it can be sent again without harm. */
import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, newKey, type Schemas } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";
import { t } from "@/i18n";
import { Button, Icon, problemText, Ticks } from "@/ui";
import type { Message } from "./types";

export interface Pending {
  key: string;
  conversation: string;
  body: Schemas["NewMessage"];
  label: string;
  problem?: ApiProblem;
}

export interface Outgoing {
  pending: Pending[];
  send: (body: Schemas["NewMessage"], label?: string) => void;
  again: (one: Pending) => void;
  drop: (one: Pending) => void;
}

/** Sends one after the other, in the order in which they were written. */
export function useOutgoing(conversation: string, put: (message: Message) => void, then: () => void): Outgoing {
  const [all, setAll] = useState<Pending[]>([]);
  const queue = useRef(Promise.resolve());
  const put_ = useRef(put);
  put_.current = put;
  const shown = useRef(conversation);
  shown.current = conversation;

  const run = (one: Pending) => {
    queue.current = queue.current.then(async () => {
      try {
        const message = await call<Message>("POST", "/v1/conversations/{id}/messages", { path: { id: one.conversation }, body: one.body, idempotencyKey: one.key });
        setAll((was) => was.filter((other) => other.key !== one.key));
        if (shown.current === one.conversation) put_.current(message);
        then();
      } catch (error) {
        setAll((was) => was.map((other) => (other.key === one.key ? { ...other, problem: asProblem(error) } : other)));
      }
    });
  };
  const again = (one: Pending) => {
    setAll((was) => was.map((other) => (other.key === one.key ? { ...other, problem: undefined } : other)));
    run(one);
  };
  useLayoutEffect(() => {
    const back = () => all.filter((one) => one.problem?.offline).forEach(again);
    addEventListener("online", back);
    return () => removeEventListener("online", back);
  }, [all]);
  return {
    pending: all.filter((one) => one.conversation === conversation),
    send: (body, label) => {
      const one: Pending = { key: newKey(), conversation, body, label: label ?? body.text ?? "" };
      setAll((was) => [...was, one]);
      run(one);
    },
    again,
    drop: (one) => setAll((was) => was.filter((other) => other.key !== one.key)),
  };
}

export function PendingBubble({ pending, onAgain, onDrop }: { pending: Pending; onAgain: () => void; onDrop: () => void }): JSX.Element {
  return (
    <div class="inbox-message ours human">
      <div class={pending.problem ? "inbox-bubble failed" : "inbox-bubble waiting"}>
        <p class="inbox-text" dir="auto">{pending.label}</p>
        {!pending.problem && <p class="inbox-meta"><Ticks status="sending" /></p>}
      </div>
      {pending.problem && (
        <div class="inbox-failure" role="alert">
          <p><Icon name="alert" /> {pending.problem.offline ? t("inbox.not_sent_offline") : problemText(pending.problem)}</p>
          <Button small onClick={onAgain}>{t("inbox.send_again")}</Button>
          <Button small kind="quiet" onClick={onDrop}>{t("inbox.discard")}</Button>
        </div>
      )}
    </div>
  );
}
