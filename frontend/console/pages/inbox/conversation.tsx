/** One conversation: who it is with, who answers, what was said, and where one writes. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, post } from "@/api/client";
import { useOne } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { query, to } from "@/router";
import { can } from "@/session";
import { Avatar, Badge, ChannelMark, Dialog, Icon, IconButton, ProblemBox, Skeleton, toastProblem } from "@/ui";
import { Composer } from "./composer";
import { Log } from "./log";
import { useMessages } from "./messages";
import { OwnerBar } from "./owner_bar";
import { Panel } from "./panel";
import { useOutgoing } from "./pending";
import { hrefOf, type Line, type Member, type Message, nameOf } from "./types";
import { useWriting } from "./writing";

const BESIDE = matchMedia("(width >= 72rem)");

interface ViewProps {
  id: string;
  line: Line | undefined;
  members: readonly Member[];
  /** Counts how often the keyboard asked for the composer. */
  byKey: number;
  panel: boolean;
  onPanel: (shown: boolean) => void;
  onRead: (line: Pick<Line, "conversation_id">, sequence_no: number) => void;
}

export function ConversationView({ id, line, members, byKey, panel, onPanel, onRead }: ViewProps): JSX.Element {
  const whole = useOne("/v1/conversations/{id}", { path: { id } });
  const [aim, setAim] = useState("");
  const asked = query.value.get("message") ?? "";
  useEffect(() => setAim(asked), [asked]);
  const marked = aim || asked;
  const messages = useMessages(id, whole.data?.last_sequence_no, { message: asked });
  const out = useOutgoing(id, messages.put, () => undefined);
  const writing = useWriting(id, messages.shown.findLast((one) => one.sender === "agent")?.sequence_no ?? 0);
  const [reply, setReply] = useState<Message>();
  const beside = useBeside();
  const [drawer, setDrawer] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const seen = useRef(0);
  const missed = useRef(false);
  useEffect(() => {
    if (!beside) heading.current?.focus({ preventScroll: true });
  }, [id]);
  useLive("conversation", (event) => {
    const told = event.data;
    if (told.conversation_id !== id) return;
    if (!whole.data) {
      missed.current = true;
      return;
    }
    whole.set({ ...whole.data, owner: told.owner, assignee: told.assignee, held_for: told.held_for, is_active: told.is_active, last_sequence_no: Math.max(told.last_sequence_no, whole.data.last_sequence_no) });
  });
  useLive("resumed", () => void whole.reload());
  useEffect(() => {
    // What was told while it was asked for the first time may be newer than the answer.
    if (whole.data && missed.current) void whole.reload();
    missed.current = false;
  }, [!whole.data]);

  if (whole.problem && !whole.data) return <section class="inbox-view"><Head line={line} heading={heading} /><ProblemBox problem={whole.problem} retry={() => void whole.reload()} /></section>;
  if (!whole.data) return <section class="inbox-view"><Head line={line} heading={heading} /><div class="inbox-log"><Skeleton lines={8} /></div></section>;
  const conversation = whole.data;
  const name = line ? nameOf(line) : conversation.customer_phone;
  const agent = line?.agent_name ?? t("inbox.the_agent");
  const goTo = (no: number) => {
    setDrawer(false);
    setAim("");
    void messages.around(no).then(() => setAim(String(no)));
  };
  const onSeen = (no: number) => {
    if (no <= seen.current || !line) return;
    const behind = line.read_no;
    seen.current = no;
    if (no > behind || line.unread) onRead({ conversation_id: id }, no);
  };
  const again = (message: Message) =>
    post("/v1/conversations/{id}/messages/{message_id}/retry", { path: { id, message_id: message.message_id } }).then(messages.put).catch(toastProblem);
  const side = <Panel id={id} line={line} conversation={conversation} name={name} agent={agent} onGo={goTo} />;
  const shown = beside ? panel : drawer;
  return (
    <>
      <section class="inbox-view" aria-label={name}>
        <Head line={line} heading={heading}>
          <IconButton label={t("inbox.panel")} icon="info" expanded={shown} pressed={beside ? panel : undefined} onClick={() => (beside ? onPanel(!panel) : setDrawer(true))} />
        </Head>
        <OwnerBar conversation={conversation} agent={agent} members={members} onChange={(next) => whole.set(next)} />
        <Log
          messages={messages} pending={out.pending} writing={writing} agent={agent} customer={name} marked={marked}
          canWrite={can("messages:write") && conversation.is_active} onReply={setReply} onRetry={again} onAgain={out.again} onDrop={out.drop} onGo={goTo} onSeen={onSeen}
        />
        <p class="unseen" role="status">{writing.member ? t("inbox.member_writes", { name: writing.member }) : writing.on ? t("inbox.agent_writes", { name: agent }) : ""}</p>
        {can("messages:write") && (
          <Composer
            id={id} conversation={conversation} platform={line?.platform} agent={agent} customer={name} member={writing.member} byKey={byKey}
            inbound={line?.last_inbound_no ?? 0} reply={reply} onReply={setReply} onSend={(body, label) => out.send(body, label)}
          />
        )}
      </section>
      {beside && panel && <aside class="inbox-panel" aria-label={t("inbox.panel")}>{side}</aside>}
      {!beside && <Dialog open={drawer} kind="side" title={t("inbox.panel")} onClose={() => setDrawer(false)}>{side}</Dialog>}
    </>
  );
}

function Head({ line, heading, children }: { line: Line | undefined; heading: { current: HTMLHeadingElement | null }; children?: JSX.Element }): JSX.Element {
  const name = line ? nameOf(line) : "";
  return (
    <header class="inbox-head">
      <a class="icon-button inbox-back" href={to(hrefOf("", query.value))} aria-label={t("inbox.back")} title={t("inbox.back")}><Icon name="back" flip /></a>
      {line && <Avatar name={name} small />}
      <div class="inbox-head-name">
        <h2 ref={heading} tabIndex={-1} dir="auto">{name || "…"}</h2>
        {line && (
          <p class="small muted">
            <ChannelMark platform={line.platform} named /> <bdi>{[line.number_name, line.platform === "webchat" ? "" : line.customer_phone].filter((one) => one && one !== name).join(" · ")}</bdi>
          </p>
        )}
      </div>
      {line?.lead_status_tag && <Badge tone={line.lead_status_tag === "Hot" ? "danger" : line.lead_status_tag === "Warm" ? "warn" : "neutral"}>{t(`inbox.tag.${line.lead_status_tag as "Hot"}`)}</Badge>}
      {children}
    </header>
  );
}

function useBeside(): boolean {
  const [wide, setWide] = useState(BESIDE.matches);
  useEffect(() => {
    const look = () => setWide(BESIDE.matches);
    BESIDE.addEventListener("change", look);
    return () => BESIDE.removeEventListener("change", look);
  }, []);
  return wide;
}

/** Tells the customer that somebody writes; no more often than every eight seconds. */
export function typing(id: string): () => void {
  let at = 0;
  return () => {
    if (Date.now() - at < 8000) return;
    at = Date.now();
    void call("POST", "/v1/conversations/{id}/typing", { path: { id } }).catch(() => undefined);
  };
}
