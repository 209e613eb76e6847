/** Who writes at the moment: the agent, with what it has said so far on channels that stream; or another member. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "@/i18n";
import { useLive } from "@/live";
import { myself } from "./types";

const GONE_MS = 90_000; // a turn that ended without a word
const MEMBER_MS = 9000;

export interface Writing {
  /** The agent is at work. */
  on: boolean;
  /** What it has written so far; "" where nothing is streamed. */
  text: string;
  /** Another member who writes. */
  member: string;
}

const NOBODY: Writing = { on: false, text: "", member: "" };

/** `last` is the number of the last answer that is shown: what was streamed before it is replaced by it. */
export function useWriting(id: string, last: number): Writing {
  const [writing, setWriting] = useState(NOBODY);
  const turn = useRef({ id: "", next: 0 });
  const timers = useRef({ agent: 0, member: 0 });
  const after = (name: "agent" | "member", ms: number, change: Partial<Writing>) => {
    clearTimeout(timers.current[name]);
    timers.current[name] = window.setTimeout(() => setWriting((was) => ({ ...was, ...change })), ms);
  };
  useEffect(() => setWriting(NOBODY), [id]);
  useEffect(() => setWriting((was) => (was.text ? { ...was, text: "" } : was)), [last]);
  useEffect(() => () => (clearTimeout(timers.current.agent), clearTimeout(timers.current.member)), []);
  useLive(["writing", "delta"], (event) => {
    const told = event.data;
    if (told.conversation_id !== id) return;
    if (event.type === "writing" && told.by === "member") {
      if (told.member_id === myself()) return;
      setWriting((was) => ({ ...was, member: String(told.name) }));
      after("member", MEMBER_MS, { member: "" });
    } else if (event.type === "writing") {
      const on = told.state === "on";
      turn.current = { id: "", next: 0 };
      if (on) {
        setWriting((was) => ({ ...was, on, text: "" }));
        after("agent", GONE_MS, { on: false, text: "" });
      } else after("agent", 400, { on: false, text: "" }); // its message is on the way
    } else if (told.end) turn.current = { id: "", next: 0 };
    else {
      if (told.n === 0) turn.current = { id: told.turn, next: 0 };
      // A turn whose beginning was missed is not shown by halves.
      if (told.turn !== turn.current.id || told.n !== turn.current.next) return;
      turn.current.next += 1;
      setWriting((was) => ({ ...was, on: true, text: (told.n ? was.text : "") + told.text }));
    }
  });
  return writing;
}

export function WritingBubble({ writing, agent }: { writing: Writing; agent: string }): JSX.Element {
  return (
    <div class="inbox-message ours ai inbox-writing">
      <p class="inbox-author">{t("inbox.agent_writes", { name: agent })}</p>
      <div class="inbox-bubble">
        {writing.text ? <p class="inbox-text" dir="auto">{writing.text}</p> : <span class="inbox-dots" aria-hidden="true"><i /><i /><i /></span>}
      </div>
    </div>
  );
}
