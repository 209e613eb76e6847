/** Data of the API in a component: one record, or a list page by page. What is under way ends when the component goes. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { Get } from "../made/openapi";
import { call, type Loose } from "./client";
import { ApiProblem } from "./problem";

type Answer<P> = P extends keyof Get ? (Get[P] extends { answer: infer A } ? A : never) : never;
type Item<P> = Answer<P> extends { data: Array<infer I> } ? I : never;
interface Wanted {
  path?: Record<string, string>;
  query?: Record<string, unknown>;
}

export interface One<T> {
  data: T | undefined;
  problem: ApiProblem | undefined;
  loading: boolean;
  reload: () => Promise<void>;
  set: (data: T) => void;
}

/** One record. `undefined` as the path loads nothing yet. What is shown stays while it is loaded again. */
export function useOne<P extends keyof Get & string>(path: P | undefined, wanted: Wanted = {}): One<Answer<P>> {
  return useLoad<Answer<P>>(path && ((signal) => call(`GET`, path, { ...wanted, signal } as Loose)), JSON.stringify([path, wanted]));
}

/** Anything that a function loads; it is called again when `key` changes. */
export function useLoad<T>(load: ((signal: AbortSignal) => Promise<T>) | undefined, key: string): One<T> {
  const [state, setState] = useState<{ key: string; data?: T; problem?: ApiProblem; loading: boolean }>({ key, loading: true });
  const control = useRef<AbortController>();
  const reload = useCallback(async () => {
    control.current?.abort();
    if (!load) return;
    const own = new AbortController();
    control.current = own;
    setState((was) => ({ ...(was.key === key ? was : { key }), loading: true }));
    try {
      const data = await load(own.signal);
      if (!own.signal.aborted) setState({ key, data, loading: false });
    } catch (error) {
      if (!own.signal.aborted) setState((was) => ({ ...was, key, problem: asProblem(error), loading: false }));
    }
  }, [key, !load]);
  useEffect(() => {
    void reload();
    return () => control.current?.abort();
  }, [reload]);
  const own = state.key === key ? state : { loading: true, data: undefined, problem: undefined };
  return { data: own.data, problem: own.problem, loading: own.loading, reload, set: (data) => setState({ key, data, loading: false }) };
}

export interface List<T> {
  items: T[];
  problem: ApiProblem | undefined;
  /** The first page is under way. */
  loading: boolean;
  loadingMore: boolean;
  hasMore: boolean;
  more: () => Promise<void>;
  reload: () => Promise<void>;
  /** Changes what is shown without a call: for live events and for what was just saved. */
  change: (change: (items: T[]) => T[]) => void;
}

interface Pages<T> {
  key: string;
  items: T[];
  next: string | null;
  busy: "first" | "more" | "";
  problem?: ApiProblem;
}

/** A list by cursor. A query that changes begins again; `undefined` as the path loads nothing yet. */
export function useList<P extends keyof Get & string>(path: P | undefined, wanted: Wanted = {}): List<Item<P>> {
  const key = JSON.stringify([path, wanted]);
  const empty: Pages<Item<P>> = { key, items: [], next: null, busy: "first" };
  const [pages, setPages] = useState(empty);
  const control = useRef<AbortController>();
  const busy = useRef(false);

  const load = useCallback(
    async (cursor: string | null) => {
      if (!path || (cursor && busy.current)) return;
      control.current?.abort();
      const own = new AbortController();
      control.current = own;
      busy.current = true;
      setPages((was) => ({ ...(was.key === key ? was : empty), busy: cursor ? "more" : "first", problem: undefined }));
      try {
        const query = { ...wanted.query, cursor: cursor ?? undefined };
        const page = await call<{ data: Item<P>[]; next_cursor: string | null }>("GET", path, { path: wanted.path, query, signal: own.signal });
        if (own.signal.aborted) return;
        setPages((was) => ({ key, items: cursor ? [...was.items, ...page.data] : page.data, next: page.next_cursor, busy: "" }));
      } catch (error) {
        if (!own.signal.aborted) setPages((was) => ({ ...was, key, busy: "", problem: asProblem(error) }));
      } finally {
        if (control.current === own) busy.current = false;
      }
    },
    [key],
  );
  useEffect(() => {
    void load(null);
    return () => control.current?.abort();
  }, [load]);

  const own = pages.key === key ? pages : empty;
  return {
    items: own.items,
    problem: own.problem,
    loading: own.busy === "first",
    loadingMore: own.busy === "more",
    hasMore: own.next !== null,
    more: () => (own.next ? load(own.next) : Promise.resolve()),
    reload: () => load(null),
    change: (change) => setPages((was) => ({ ...was, items: change(was.items) })),
  };
}

/** What was thrown, as something that can be shown. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  console.error(error);
  return new ApiProblem(-1, {});
}
