/** The messages of one conversation: a window of their numbers, which have no gaps, so that none is missed or shown twice. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";
import { useLive } from "@/live";
import type { Message } from "./types";

const STEP = 40;
const MOST = 160; // messages that stand in the page at once
const AMENDING = new Set(["edit", "revoke", "reaction"]);

interface Window {
  from: number;
  to: number;
}

export interface Messages {
  shown: Message[];
  at: (no: number) => Message | undefined;
  from: number;
  to: number;
  /** The last number that there is. */
  last: number;
  loading: boolean;
  problem: ApiProblem | undefined;
  older: () => Promise<void>;
  newer: () => Promise<void>;
  toEnd: () => Promise<void>;
  /** Shows what stands around a number. */
  around: (no: number) => Promise<void>;
  put: (message: Message) => void;
  retry: () => void;
}

interface Aim {
  /** A number, or the id of a message. */
  message: string;
}

export function useMessages(id: string, last_sequence_no: number | undefined, aim: Aim): Messages {
  const known = useRef(new Map<number, Message>());
  const [, redraw] = useState(0);
  const [window, setWindow] = useState<Window>({ from: 1, to: 0 });
  const [loading, setLoading] = useState(true);
  const [problem, setProblem] = useState<ApiProblem>();
  const last = useRef(0);
  const current = useRef(id);
  const frame = useRef(window);
  /** Moves the window; what runs next sees it at once. */
  const place = (next: Window) => {
    frame.current = next;
    setWindow(next);
  };

  const fetchFrom = useCallback(
    async (after: number, limit: number) => {
      const page = await call<{ data: Message[] }>("GET", "/v1/conversations/{id}/messages", { path: { id }, query: { after: Math.max(0, after), limit } });
      if (current.current !== id) return [];
      for (const one of page.data) known.current.set(one.sequence_no, one);
      const end = page.data.at(-1)?.sequence_no ?? 0;
      if (end > last.current) last.current = end;
      return page.data;
    },
    [id],
  );

  const ensure = useCallback(
    async (from: number, to: number) => {
      for (let no = from; no <= to; no += 1) {
        if (known.current.has(no)) continue;
        const got = await fetchFrom(no - 1, Math.min(200, to - no + 1));
        if (!got.length) return;
      }
    },
    [fetchFrom],
  );

  const show = useCallback(
    async (from: number, to: number) => {
      const wanted = { from: Math.max(1, from), to: Math.min(to, Math.max(last.current, 0)) };
      try {
        await ensure(wanted.from, wanted.to);
        if (current.current !== id) return;
        setProblem(undefined);
        place(wanted);
      } catch (error) {
        if (current.current === id) setProblem(asProblem(error));
      } finally {
        if (current.current === id) setLoading(false);
      }
    },
    [ensure],
  );

  const begin = useCallback(async () => {
    if (last_sequence_no === undefined) return;
    last.current = Math.max(last.current, last_sequence_no);
    let no = /^\d+$/.test(aim.message) ? Number(aim.message) : 0;
    if (aim.message && !no) {
      const page = await call<{ data: Message[] }>("GET", "/v1/conversations/{id}/messages", { path: { id }, query: { message_id: aim.message } }).catch(() => undefined);
      no = page?.data[0]?.sequence_no ?? 0;
    }
    if (no) await show(no - STEP, no + STEP);
    else await show(last.current - STEP + 1, last.current);
  }, [id, last_sequence_no === undefined, aim.message]);

  useEffect(() => {
    if (current.current !== id) {
      current.current = id;
      known.current = new Map();
      last.current = 0;
      place({ from: 1, to: 0 });
      setLoading(true);
    }
    void begin();
  }, [begin]);

  /** What is new behind the last number; shown at once when the end is in sight. */
  const catchUp = useCallback(
    async (upTo: number) => {
      const atEnd = frame.current.to >= last.current;
      if (!atEnd) {
        last.current = Math.max(last.current, upTo);
        redraw((n) => n + 1);
        return;
      }
      let fresh: Message[];
      do {
        const got = await fetchFrom(Math.max(last.current, frame.current.to), 200).catch(() => []);
        if (current.current !== id) return;
        fresh = got;
        for (const one of got) if (AMENDING.has(one.kind) && one.reply_no && known.current.has(one.reply_no)) await fetchFrom(one.reply_no - 1, 1).catch(() => []);
      } while (fresh.length === 200);
      const to = last.current;
      place({ from: Math.max(frame.current.from, to - MOST + 1), to });
    },
    [fetchFrom],
  );
  const running = useRef(Promise.resolve());
  const inTurn = (work: () => Promise<void>) => {
    running.current = running.current.then(work, work);
    return running.current;
  };

  useLive(["conversation", "status", "media", "resumed"], (event) => {
    const about = event.data?.conversation_id;
    if (event.type === "resumed") {
      void inTurn(async () => {
        await catchUp(last.current + 1);
        // Deliveries may have moved on meanwhile.
        const { from, to } = frame.current;
        if (to >= from) await fetchFrom(from - 1, Math.min(200, to - from + 1)).catch(() => []);
        redraw((n) => n + 1);
      });
    } else if (about !== id) return;
    else if (event.type === "conversation") {
      if (event.data.last_sequence_no > last.current) void inTurn(() => catchUp(event.data.last_sequence_no));
    } else if (event.type === "status") {
      const one = known.current.get(event.data.sequence_no);
      if (one) known.current.set(one.sequence_no, { ...one, delivery: { status: event.data.status, error_message: event.data.error_message } });
      redraw((n) => n + 1);
    } else {
      const one = [...known.current.values()].find((other) => other.media.some((file) => file.media_id === event.data.media_id));
      if (one) void fetchFrom(one.sequence_no - 1, 1).then(() => redraw((n) => n + 1)).catch(() => undefined);
    }
  });

  const shown: Message[] = [];
  for (let no = window.from; no <= window.to; no += 1) {
    const one = known.current.get(no);
    if (one && one.conversation_id === id) shown.push(one);
  }
  return {
    shown, loading, problem, from: window.from, to: window.to, last: last.current,
    at: (no) => known.current.get(no),
    older: () => inTurn(async () => {
      const { from, to } = frame.current;
      if (from > 1) await show(from - STEP, Math.min(to, from - STEP + MOST - 1));
    }),
    newer: () => inTurn(async () => {
      const { from, to } = frame.current;
      if (to < last.current) await show(Math.max(from, to + STEP - MOST + 1), to + STEP);
    }),
    toEnd: () => inTurn(() => show(last.current - STEP + 1, last.current)),
    around: (no) => inTurn(async () => {
      const { from, to } = frame.current;
      if (no < from || no > to) await show(no - STEP, no + STEP);
    }),
    put: (message) => {
      known.current.set(message.sequence_no, message);
      void inTurn(() => (message.sequence_no > last.current ? catchUp(message.sequence_no) : Promise.resolve(redraw((n) => n + 1))));
    },
    retry: () => void begin(),
  };
}
