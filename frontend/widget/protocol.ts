/** What travels between the widget and the gateway: docs/webchat_protocol.md. */

export interface Option {
  title: string;
  description?: string;
}

export interface Message {
  message_id: string;
  sequence_no: number;
  sender: "user" | "agent";
  author: "customer" | "ai" | "human" | "fallback";
  kind: string;
  text: string;
  content: { url?: string; title?: string; filename?: string; options?: Option[] } | null;
  media: { kind: string; filename: string; url: string | null }[];
  timestamp: string;
  client_id: string | null;
}

/** A question of the form before the chat. */
export interface Question {
  name: string;
  label: string;
  type: "text" | "email" | "phone" | "select";
  required: boolean;
  options: string[];
}

/** What a business wants agreed to before anything is written. */
export interface Consent {
  text: string;
  url: string;
  required: boolean;
}

export interface Session {
  token: string;
  expires_at: string;
  visitor: string;
  display_name: string;
  conversation_id: string | null;
  prechat: Question[];
  consent: Consent | null;
  files: boolean;
}

/** A message of the visitor's that the gateway has not acknowledged yet. */
export interface Draft {
  client_id: string;
  text: string;
  uploads?: string[];
  names?: string[];
  failed?: string;
}

export type Frame =
  | { type: "ready"; conversation_id: string | null; last_sequence_no: number; owner?: string; name?: string }
  | { type: "owner"; owner: string; name: string }
  | { type: "message"; conversation_id: string; message: Message }
  | { type: "accepted"; client_id: string; conversation_id: string; sequence_no: number }
  | { type: "typing"; on: boolean }
  | { type: "seen"; sequence_no: number }
  | { type: "delta"; turn_id: string; n: number; text: string }
  | { type: "delta_end"; turn_id: string }
  | { type: "error"; code: string; detail: string; client_id?: string }
  | { type: "pong" };

/** `signin`: the chat is for visitors whom the website vouches for. */
export type Link = "online" | "offline" | "closed" | "signin";

/** Who is told what happens on the connection. */
export interface Listener {
  message(message: Message, fresh: boolean): void;
  drafts(drafts: Draft[]): void;
  typing(on: boolean): void;
  /** A piece of an answer that is being written; `first` begins anew, an empty piece ends it. */
  delta(text: string, first: boolean): void;
  /** Our side has read the visitor's messages up to here. */
  read(upTo: number): void;
  /** Who speaks for the business now. */
  owner(owner: string, name: string): void;
  link(link: Link): void;
  session(session: Session): void;
  entered(conversation: string, known: number): void;
  reset(): void;
  failed(code: string): void;
}

/** An answer of the gateway that is not 2xx. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    readonly fields: { field: string; problem: string }[],
    readonly pause: number,
  ) {
    super(`webchat: ${status}`);
  }
}

const PATIENCE_MS = 40_000;

/** Asks the gateway for JSON. Raises Refusal, and TypeError without a network. */
export async function ask<Answer>(address: string, token: string, body?: object): Promise<Answer> {
  const answer = await fetch(address, {
    method: body ? "POST" : "GET",
    credentials: "omit",
    signal: AbortSignal.timeout?.(PATIENCE_MS),
    headers: { ...(body && { "Content-Type": "application/json" }), ...(token && { Authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  if (answer.ok) return (await answer.json()) as Answer;
  const said = (await answer.json().catch(() => ({}))) as { detail?: string; fields?: Refusal["fields"] };
  throw new Refusal(answer.status, said.detail ?? "", said.fields ?? [], Number(answer.headers.get("Retry-After")) || 2);
}
