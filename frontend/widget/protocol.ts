/** What travels between the widget and the gateway: docs/webchat_protocol.md. */

export interface Message {
  message_id: string;
  sequence_no: number;
  sender: "user" | "agent";
  author: "customer" | "ai" | "human" | "fallback";
  kind: string;
  text: string;
  content: { url?: string; title?: string; filename?: string; options?: { title: string }[] } | null;
  media: { kind: string; filename: string; url: string | null }[];
  timestamp: string;
  client_id: string | null;
}

export interface Session {
  token: string;
  display_name: string;
  conversation_id: string | null;
}

/** A message of the visitor's that the gateway has not acknowledged yet. */
export interface Draft {
  client_id: string;
  text: string;
  failed?: string;
}

export type Frame =
  | { type: "ready"; conversation_id: string | null; last_sequence_no: number }
  | { type: "message"; conversation_id: string; message: Message }
  | { type: "accepted"; client_id: string; conversation_id: string; sequence_no: number }
  | { type: "typing"; on: boolean }
  | { type: "seen"; sequence_no: number }
  | { type: "delta"; turn_id: string; n: number; text: string }
  | { type: "delta_end"; turn_id: string }
  | { type: "error"; code: string; detail: string; client_id?: string }
  | { type: "pong" };

export type Link = "online" | "offline" | "closed";

/** A gateway's origin with the scheme of sockets. */
export function socketUrl(origin: string, path: string): string {
  return origin.replace(/^http/, "ws") + path;
}
