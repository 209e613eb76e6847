/** What happens at the business, as it happens: one stream of /v1/live for the whole console, resumed where it broke. */
import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { signedOut } from "./api/client";

export interface LiveEvent {
  event_id: string;
  type: string;
  conversation_id: string | null;
  created_at: string;
  data: any;
}

/** `live` while the stream is open; after a break the pages reload what they show by `onLive("resumed", …)`. */
export const liveState = signal<"off" | "live" | "reconnecting">("off");

const listeners = new Set<{ types: readonly string[]; tell: (event: LiveEvent) => void }>();
const HIDDEN_MS = 60_000; // a browser has six connections for all tabs: one that nobody looks at gives its own back
const LOST_MS = 40_000; // the server says something every 15 s
let control: AbortController | undefined;
let last = "";
let hideTimer = 0;

/** Calls `tell` for each event of these types, `*` for all; returns what ends it. */
export function onLive(types: string | readonly string[], tell: (event: LiveEvent) => void): () => void {
  const one = { types: typeof types === "string" ? [types] : types, tell };
  listeners.add(one);
  return () => listeners.delete(one);
}

/** `onLive` for as long as the component is there. */
export function useLive(types: string | readonly string[], tell: (event: LiveEvent) => void): void {
  const newest = useRef(tell);
  newest.current = tell;
  useEffect(() => onLive(types, (event) => newest.current(event)), [String(types)]);
}

export function startLive(): void {
  stopLive();
  last = "";
  connect();
  document.addEventListener("visibilitychange", look);
  addEventListener("online", again);
}

export function stopLive(): void {
  control?.abort();
  control = undefined;
  liveState.value = "off";
  document.removeEventListener("visibilitychange", look);
  removeEventListener("online", again);
}

function look(): void {
  clearTimeout(hideTimer);
  if (document.hidden) hideTimer = window.setTimeout(pause, HIDDEN_MS);
  else if (!control) connect();
}

function pause(): void {
  control?.abort();
  control = undefined;
  liveState.value = "reconnecting";
}

function again(): void {
  if (liveState.value === "reconnecting") connect();
}

function connect(): void {
  control?.abort();
  const own = new AbortController();
  control = own;
  void run(own.signal);
}

async function run(signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures += 1) {
    const broken = liveState.value === "reconnecting";
    try {
      const opened = await open(signal, () => {
        liveState.value = "live";
        if (broken || failures) tell({ event_id: "", type: "resumed", conversation_id: null, created_at: "", data: {} });
        failures = 0;
      });
      if (!opened) return;
    } catch {
      // A broken stream and one that can't be opened are the same: try again.
    }
    if (signal.aborted) return;
    liveState.value = "reconnecting";
    await sleep(Math.min(1000 * 2 ** failures, 30_000) * (0.75 + Math.random() / 2), signal);
  }
}

/** Reads one stream to its end; false when the session may not, so that trying again is useless. */
async function open(signal: AbortSignal, ready: () => void): Promise<boolean> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last) headers["Last-Event-ID"] = last;
  const quiet = new AbortController();
  let timer = window.setTimeout(() => quiet.abort(), LOST_MS);
  try {
    const response = await fetch("/v1/live", { headers, credentials: "same-origin", signal: AbortSignal.any([signal, quiet.signal]) });
    if (response.status === 401) signedOut.then();
    if (response.status === 401 || response.status === 403) return false;
    if (!response.ok || !response.body) throw new Error(String(response.status));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let begun = false; ; ) {
      const { done, value } = await reader.read();
      if (done) return true;
      if (!begun) ready(); // the first word says that nothing is missed from here on
      begun = true;
      clearTimeout(timer);
      timer = window.setTimeout(() => quiet.abort(), LOST_MS);
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      blocks.forEach(read);
    }
  } finally {
    clearTimeout(timer);
  }
}

function read(block: string): void {
  let type = "message";
  let id = "";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) type = line.slice(7);
    else if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (id) last = id;
  if (!data.length) return;
  const text = data.join("\n");
  try {
    const told = JSON.parse(text);
    tell({ event_id: id, conversation_id: null, created_at: "", data: told, ...told, type });
  } catch {
    tell({ event_id: id, type, conversation_id: text, created_at: "", data: text });
  }
}

function tell(event: LiveEvent): void {
  for (const one of [...listeners]) {
    if (one.types.includes("*") || one.types.includes(event.type)) {
      try {
        one.tell(event);
      } catch (error) {
        console.error(error);
      }
    }
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
  });
}
