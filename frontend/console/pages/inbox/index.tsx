/** The inbox: the conversations, the one that is open, and what is known beside it. */
import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call } from "@/api/client";
import { useList } from "@/api/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { navigate, query } from "@/router";
import type { PageProps } from "@/routes";
import { can, changePerson, me } from "@/session";
import { Empty, Page, toastProblem } from "@/ui";
import { ConversationView } from "./conversation";
import "./inbox.css";
import { ConversationList } from "./list";
import { useLines } from "./lines";
import { filtersOf, hrefOf, type Line, myself, nameOf } from "./types";

const WIDE = matchMedia("(width >= 48rem)");
const PANEL = "inbox.panel";

export default function Inbox({ rest }: PageProps): JSX.Element {
  const open = rest[0] ?? "";
  const filters = filtersOf(query.value);
  const lines = useLines(filters, open);
  const members = useList(can("members:read") ? "/v1/members" : undefined, { query: { limit: 200 } });
  const line = useLine(open, lines.items.find((one) => one.conversation_id === open));
  const strange = [line, ...lines.items].find((one) => one?.assignee?.startsWith("mbr_") && !members.items.some((member) => member.member_id === one.assignee))?.assignee;
  useEffect(() => {
    if (strange && !members.loading) void members.reload(); // somebody who came after this page was opened
  }, [strange]);
  const [byKey, setByKey] = useState(0);
  const kept = me.value?.person.preferences?.[PANEL];
  const [panel, setPanel] = useState(typeof kept === "boolean" ? kept : innerWidth >= 1500);
  const opener = useRef(open);

  const go = useCallback((one: Line, key: boolean) => {
    navigate(hrefOf(one.conversation_id, query.peek()));
    if (key) setByKey((n) => n + 1);
  }, []);
  const showPanel = (shown: boolean) => {
    setPanel(shown);
    if (WIDE.matches) void changePerson({ preferences: { [PANEL]: shown } }).catch(() => undefined);
  };
  const read = useCallback((one: Pick<Line, "conversation_id">, sequence_no: number) => {
    lines.change(one.conversation_id, { read_no: sequence_no, unread: 0 });
    void call("PUT", "/v1/conversations/{id}/read", { path: { id: one.conversation_id }, body: { sequence_no } }).catch(() => undefined);
  }, []);

  useKeys(open, lines.items, read, setByKey);
  useEffect(() => {
    // Back in the list, the focus stands where one came from.
    const before = opener.current;
    opener.current = open;
    if (!open && before) document.querySelector<HTMLElement>(`[data-id="${CSS.escape(before)}"]`)?.focus();
  }, [open]);

  const name = line ? nameOf(line) : "";
  return (
    <Page title={name ? t("inbox.title_of", { name }) : t("inbox.title")} fill bare>
      <div class={`inbox${open ? " inbox-opened" : ""}`}>
        <ConversationList lines={lines} filters={filters} open={open} members={members.items} onOpen={go} />
        {open ? (
          <ConversationView key={open} id={open} line={line} members={members.items} byKey={byKey} panel={panel} onPanel={showPanel} onRead={read} />
        ) : (
          <section class="inbox-nothing">
            <Empty icon="inbox" title={t("inbox.choose")}>
              <Keys />
            </Empty>
          </section>
        )}
      </div>
    </Page>
  );
}

/** The open conversation as a line: out of the list, or by itself when it is not there. */
function useLine(id: string, listed: Line | undefined): Line | undefined {
  const [own, setOwn] = useState<Line>();
  const load = useCallback(async () => {
    if (!id) return;
    setOwn(await call<Line>("GET", "/v1/inbox/{id}", { path: { id } }).catch(() => undefined));
  }, [id]);
  useEffect(() => {
    if (!listed) void load();
  }, [id, !listed]);
  useLive(["conversation", "resumed"], (event) => {
    if (!listed && (event.type === "resumed" || event.data.conversation_id === id)) void load();
  });
  return listed ?? (own?.conversation_id === id ? own : undefined);
}

/** Keys for the whole page, except where somebody types. */
function useKeys(open: string, items: readonly Line[], read: (line: Line, no: number) => void, focusComposer: (change: (n: number) => number) => void): void {
  const newest = useRef({ open, items, read, focusComposer });
  newest.current = { open, items, read, focusComposer };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const now = newest.current;
      const target = event.target as HTMLElement;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || target.closest("input, textarea, select, dialog, [role=menu]")) return;
      const id = target.dataset?.id || now.open;
      const line = now.items.find((one) => one.conversation_id === id);
      if (event.key === "Escape" && now.open) document.querySelector<HTMLElement>(`[data-id="${CSS.escape(now.open)}"]`)?.focus();
      else if (event.key === "r" && now.open) now.focusComposer((n) => n + 1);
      else if (event.key === "u" && line) {
        if (line.unread) now.read(line, line.last_sequence_no);
        else markUnread(line, now.open === line.conversation_id);
      } else if (event.key === "e" && line && can("conversations:write")) {
        const mine = line.owner === "human";
        void call("PATCH", "/v1/conversations/{id}", { path: { id }, body: mine ? { owner: "agent" } : { owner: "human", assignee: myself() } }).catch(toastProblem);
      } else return;
      event.preventDefault();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}

/** Marks as unread from the customer's last message on; who looks at it goes back to the list first, else it is read again. */
function markUnread(line: Line, opened: boolean): void {
  if (opened) navigate(hrefOf("", query.peek()));
  void call("PUT", "/v1/conversations/{id}/read", { path: { id: line.conversation_id }, body: { sequence_no: Math.max(0, line.last_inbound_no - 1) } }).catch(toastProblem);
}

const KEYS = [["j k", "walk"], ["Enter", "open"], ["r", "reply"], ["e", "hand"], ["u", "unread"], ["Esc", "back"]] as const;

function Keys(): JSX.Element {
  return (
    <dl class="inbox-keys">
      {KEYS.map(([keys, text]) => (
        <div key={text}>
          <dt>{keys.split(" ").map((key) => <kbd key={key} dir="ltr">{key}</kbd>)}</dt>
          <dd>{t(`inbox.key.${text}`)}</dd>
        </div>
      ))}
    </dl>
  );
}
