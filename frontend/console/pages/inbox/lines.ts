/** The conversations of the list: page by page, kept in their order by what /v1/live tells. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";
import { useLive } from "@/live";
import { asked, type Filters, type Line, myself } from "./types";

const PAGE = 40;
const SOON_MS = 250;
const FIELDS = ["is_active", "owner", "assignee", "held_for", "last_sequence_no", "last_inbound_no", "answered_no", "customer_name"] as const;

interface State {
  key: string;
  items: Line[];
  next: string | null;
  busy: "first" | "more" | "";
  problem?: ApiProblem;
}

export interface Lines extends State {
  more: () => void;
  reload: () => void;
  change: (id: string, change: Partial<Line>) => void;
}

interface Answer {
  data: Line[];
  next_cursor: string | null;
}

const later = (a: Line, b: Line) => (b.last_message_at < a.last_message_at ? -1 : b.last_message_at > a.last_message_at ? 1 : b.conversation_id < a.conversation_id ? -1 : 1);

/** The list with a fresh first page in it. What the page should hold and does not is gone; `open` stays in any case. */
export function merged(items: readonly Line[], page: readonly Line[], whole: boolean, open: string): Line[] {
  const fresh = new Set(page.map((one) => one.conversation_id));
  const end = page.at(-1);
  const stays = (one: Line) => !fresh.has(one.conversation_id) && (one.conversation_id === open || (!whole && end !== undefined && later(end, one) < 0));
  return [...page, ...items.filter(stays)].sort(later);
}

/** `open` is the conversation that is looked at: it stays in the list though it may fit no longer. */
export function useLines(filters: Filters, open: string): Lines {
  const wanted = asked(filters);
  const key = JSON.stringify(wanted);
  const empty: State = { key, items: [], next: null, busy: "first" };
  const [state, setState] = useState(empty);
  const control = useRef<AbortController>();
  const timer = useRef(0);
  const looking = useRef(false);
  const newest = useRef({ open, items: state.items });
  newest.current = { open, items: state.items };

  const load = useCallback(
    async (cursor: string | null) => {
      control.current?.abort();
      const own = new AbortController();
      control.current = own;
      setState((was) => ({ ...(was.key === key ? was : empty), busy: cursor ? "more" : "first", problem: undefined }));
      try {
        const page = await call<Answer>("GET", "/v1/inbox", { query: { ...wanted, limit: PAGE, cursor: cursor ?? undefined }, signal: own.signal });
        if (own.signal.aborted) return;
        setState((was) => {
          const known = new Set(page.data.map((one) => one.conversation_id));
          const items = cursor ? [...was.items.filter((one) => !known.has(one.conversation_id)), ...page.data].sort(later) : page.data;
          return { key, items, next: page.next_cursor, busy: "" };
        });
      } catch (error) {
        if (!own.signal.aborted) setState((was) => ({ ...was, key, busy: "", problem: asProblem(error) }));
      }
    },
    [key],
  );

  /** Looks at the first page again, a moment after something happened. */
  const look = useCallback(() => {
    clearTimeout(timer.current);
    timer.current = window.setTimeout(async () => {
      if (looking.current) return look();
      looking.current = true;
      try {
        const limit = Math.min(200, Math.max(PAGE, newest.current.items.length));
        const page = await call<Answer>("GET", "/v1/inbox", { query: { ...wanted, limit } });
        setState((was) => {
          if (was.key !== key || was.busy === "first") return was;
          const items = merged(was.items, page.data, page.next_cursor === null, newest.current.open);
          return { ...was, items, next: items.length > page.data.length && was.next ? was.next : page.next_cursor };
        });
      } catch {
        // Told again by the next event, or after the break.
      } finally {
        looking.current = false;
      }
    }, SOON_MS);
  }, [key]);

  const change = useCallback((id: string, part: Partial<Line>) => {
    setState((was) => ({ ...was, items: was.items.map((one) => (one.conversation_id === id ? { ...one, ...part } : one)) }));
  }, []);

  useEffect(() => {
    void load(null);
    return () => {
      control.current?.abort();
      clearTimeout(timer.current);
    };
  }, [load]);

  useLive(["conversation", "lead", "read", "resumed"], (event) => {
    if (event.type === "read" && event.data.reader !== myself()) return;
    if (event.type === "conversation") {
      const part = Object.fromEntries(FIELDS.map((name) => [name, event.data[name]])) as Partial<Line>;
      setState((was) => ({ ...was, items: was.items.map((one) => (one.conversation_id === event.data.conversation_id ? { ...one, ...part, preview: event.data.preview, last_author: event.data.last_author, last_kind: event.data.last_kind } : one)) }));
    }
    look();
  });

  const own = state.key === key ? state : empty;
  return { ...own, more: () => void (own.next && !own.busy && load(own.next)), reload: () => void load(null), change };
}
