/** A visitor's side of the webchat, for one try: docs/webchat_protocol.md. */
import { signal, type Signal } from "@preact/signals";
import { call, newKey } from "@/api/client";
import { asProblem } from "@/api/hooks";
import type { ApiProblem } from "@/api/problem";

export interface Said {
  id: string;
  ours: boolean;
  text: string;
}

export interface Talk {
  said: Signal<Said[]>;
  /** What the agent is writing just now. */
  writing: Signal<string | null>;
  state: Signal<"opening" | "open" | "broken">;
  problem: Signal<ApiProblem | undefined>;
  conversation: Signal<string | null>;
  say: (text: string) => void;
  end: () => void;
}

const AGAIN_MS = 2000;

export function talkTo(number: string): Talk {
  const said = signal<Said[]>([]);
  const writing = signal<string | null>(null);
  const state = signal<"opening" | "open" | "broken">("opening");
  const problem = signal<ApiProblem>();
  const conversation = signal<string | null>(null);
  const waiting = new Map<string, string>();
  let socket: WebSocket | undefined;
  let token = "";
  let after = 0;
  let over = false;

  const send = (frame: object) => socket?.readyState === WebSocket.OPEN && state.value === "open" && socket.send(JSON.stringify(frame));
  const take = (frame: any) => {
    if (frame.type === "ready") {
      state.value = "open";
      for (const [client_id, text] of waiting) send({ type: "message", client_id, text });
    } else if (frame.type === "accepted") {
      waiting.delete(frame.client_id);
      conversation.value = frame.conversation_id;
    } else if (frame.type === "message") {
      const { message } = frame;
      after = message.sequence_no;
      conversation.value = frame.conversation_id;
      if (message.sender === "agent") writing.value = null;
      const one = { id: message.message_id, ours: message.sender === "user", text: message.text };
      said.value = [...said.value.filter(({ id }) => id !== one.id && id !== message.client_id), one];
    } else if (frame.type === "typing") writing.value = frame.on ? (writing.value ?? "") : null;
    else if (frame.type === "delta") writing.value = (frame.n ? (writing.value ?? "") : "") + frame.text;
  };
  const dial = () => {
    const query = new URLSearchParams({ after: String(after), conversation_id: conversation.value ?? "" });
    socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/webchat/ws?${query}`);
    socket.onopen = () => (over ? socket?.close() : socket?.send(JSON.stringify({ type: "hello", token })));
    socket.onmessage = (event) => take(JSON.parse(String(event.data)));
    socket.onclose = () => {
      if (over) return;
      state.value = "opening";
      setTimeout(() => over || dial(), AGAIN_MS);
    };
  };
  call<{ token: string }>("POST", "/webchat/sessions", { body: { number } })
    .then((session) => {
      token = session.token;
      if (!over) dial();
    })
    .catch((error: unknown) => ((problem.value = asProblem(error)), (state.value = "broken")));
  return {
    said, writing, state, problem, conversation,
    say: (text) => {
      const client_id = newKey();
      waiting.set(client_id, text);
      said.value = [...said.value, { id: client_id, ours: true, text }];
      send({ type: "message", client_id, text });
    },
    end: () => {
      over = true;
      // One that is still being opened closes itself: the browser calls it an error otherwise.
      if (socket?.readyState === WebSocket.OPEN) socket.close();
    },
  };
}
