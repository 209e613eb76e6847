/** The messages one below the other: stays at the end while one is there, keeps its place while older ones come. */
import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { formatDate, t } from "@/i18n";
import { zone } from "@/session";
import { Button, ProblemBox, Skeleton } from "@/ui";
import { Bubble } from "./bubble";
import type { Messages } from "./messages";
import { PendingBubble, type Pending } from "./pending";
import type { Message } from "./types";
import { WritingBubble, type Writing } from "./writing";

const NEAR = 90; // pixels from the end that count as being there
const SOON = 700; // pixels from an edge at which more is fetched

interface LogProps {
  messages: Messages;
  pending: readonly Pending[];
  writing: Writing;
  agent: string;
  customer: string;
  /** A message that is to be marked: its id or its number. */
  marked: string;
  canWrite: boolean;
  onReply: (message: Message) => void;
  onRetry: (message: Message) => void;
  onAgain: (pending: Pending) => void;
  onDrop: (pending: Pending) => void;
  onGo: (no: number) => void;
  onSeen: (no: number) => void;
}

const HIDDEN = new Set(["edit", "revoke", "reaction"]);
const dayOf = (at: string) => new Date(at).toLocaleDateString("en-CA", { timeZone: zone() });

export function Log(props: LogProps): JSX.Element {
  const { messages, pending, writing, marked } = props;
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ no: number; top: number } | "end">("end");
  const busy = useRef(false);
  const done = useRef("");
  const [far, setFar] = useState(false);
  const { shown, from, to, last, loading, problem } = messages;

  const remember = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const end = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR && to >= last;
    setFar(!end);
    if (end) return void (anchor.current = "end");
    const top = element.getBoundingClientRect().top;
    for (const row of element.querySelectorAll<HTMLElement>("[data-no]")) {
      const place = row.getBoundingClientRect();
      if (place.bottom > top) return void (anchor.current = { no: Number(row.dataset.no), top: place.top - top });
    }
  }, [to, last]);

  const fill = useCallback(async () => {
    const element = box.current;
    if (!element || busy.current) return;
    busy.current = true;
    try {
      if (element.scrollTop < SOON && from > 1) await messages.older();
      else if (element.scrollHeight - element.scrollTop - element.clientHeight < SOON && to < last) await messages.newer();
    } finally {
      busy.current = false;
    }
  }, [from, to, last]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const wanted = marked && shown.find((one) => one.message_id === marked || String(one.sequence_no) === marked);
    if (wanted && done.current !== `${wanted.conversation_id} ${marked}`) {
      done.current = `${wanted.conversation_id} ${marked}`;
      const row = element.querySelector<HTMLElement>(`[data-no="${wanted.sequence_no}"]`);
      row?.scrollIntoView({ block: "center" });
      row?.focus({ preventScroll: true });
      remember();
    } else if (anchor.current === "end") element.scrollTop = element.scrollHeight;
    else {
      const { no, top } = anchor.current;
      const row = element.querySelector<HTMLElement>(`[data-no="${no}"]`);
      if (row) element.scrollTop += row.getBoundingClientRect().top - element.getBoundingClientRect().top - top;
    }
  });

  // Pictures that grow, a composer that grows, a window that shrinks: who is at the end stays there.
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const grown = new ResizeObserver(() => {
      if (anchor.current === "end") element.scrollTop = element.scrollHeight;
    });
    grown.observe(element);
    grown.observe(element.firstElementChild!);
    return () => grown.disconnect();
  }, [loading]);

  useEffect(() => {
    if (!loading) void fill();
  }, [fill, loading]);

  const seen = () => !far && !document.hidden && to >= last && last > 0 && props.onSeen(last);
  useEffect(() => {
    seen();
    document.addEventListener("visibilitychange", seen);
    return () => document.removeEventListener("visibilitychange", seen);
  }, [far, to, last]);

  if (problem && !shown.length) return <ProblemBox problem={problem} retry={messages.retry} />;
  if (loading) return <div class="inbox-log"><Skeleton lines={8} /></div>;
  const toEnd = async () => {
    anchor.current = "end";
    setFar(false);
    await messages.toEnd();
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  return (
    <div class="inbox-log-frame">
      <div ref={box} class="inbox-log" role="log" aria-label={t("inbox.messages")} tabIndex={0} onScroll={() => (remember(), void fill())}>
        <div class="inbox-log-inner">
          {from > 1 && <p class="inbox-older muted small">{t("common.loading")}</p>}
          {rows(props)}
          {to >= last && pending.map((one) => <PendingBubble key={one.key} pending={one} onAgain={() => props.onAgain(one)} onDrop={() => props.onDrop(one)} />)}
          {to >= last && writing.on && <WritingBubble writing={writing} agent={props.agent} />}
        </div>
      </div>
      {far && (
        <div class="inbox-to-end">
          <Button small icon="down" onClick={() => void toEnd()}>{t("inbox.to_end")}</Button>
        </div>
      )}
    </div>
  );
}

/** Messages with a line between days; what only changes others stands at those. */
function rows(props: LogProps): JSX.Element[] {
  const { shown } = props.messages;
  const reactions = new Map<number, Message[]>();
  for (const one of shown) {
    if (one.kind === "reaction" && one.reply_no) reactions.set(one.reply_no, [...(reactions.get(one.reply_no) ?? []), one]);
  }
  const all: JSX.Element[] = [];
  let day = "";
  let before: Message | undefined;
  for (const one of shown) {
    if (HIDDEN.has(one.kind) && one.reply_no) continue;
    const own = dayOf(one.timestamp);
    if (own !== day) {
      day = own;
      before = undefined;
      all.push(<p key={`day ${own}`} class="inbox-day"><span>{formatDate(one.timestamp, zone(), { dateStyle: "full" })}</span></p>);
    }
    const marked = one.message_id === props.marked || String(one.sequence_no) === props.marked;
    const joined = before?.author === one.author && before.author_name === one.author_name;
    all.push(
      <Bubble
        key={one.sequence_no}
        message={one}
        quoted={one.reply_no ? props.messages.at(one.reply_no) : undefined}
        reactions={reactions.get(one.sequence_no) ?? []}
        agent={props.agent}
        customer={props.customer}
        marked={marked}
        joined={joined}
        canWrite={props.canWrite}
        onReply={props.onReply}
        onRetry={props.onRetry}
        onGo={props.onGo}
      />,
    );
    before = one;
  }
  return all;
}
