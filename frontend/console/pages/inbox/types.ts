/** What the inbox speaks of, and small questions about it. */
import type { Schemas } from "@/api/client";
import { t } from "@/i18n";
import { me } from "@/session";

export type Message = Schemas["Message"];
export type Member = Schemas["Member"];
export type Line = Schemas["Line"];

export const SHOWS = ["all", "unread", "mine", "waiting"] as const;
export type Show = (typeof SHOWS)[number];

export interface Filters {
  show: Show;
  q: string;
  number: string;
  channel: string;
  owner: string;
  tag: string;
}

export const FILTERS = ["show", "q", "number", "channel", "owner", "tag"] as const;

export function filtersOf(query: URLSearchParams): Filters {
  const one = (name: string) => query.get(name) ?? "";
  const show = SHOWS.find((name) => name === one("show")) ?? "all";
  return { show, q: one("q"), number: one("number"), channel: one("channel"), owner: one("owner"), tag: one("tag") };
}

/** The filters as GET /v1/inbox takes them. */
export function asked(filters: Filters): Record<string, unknown> {
  const { show, q, number, channel, owner, tag } = filters;
  return {
    q: q.slice(0, 200), number, channel, tag,
    owner: owner === "held" ? undefined : owner,
    held: owner === "held" || undefined,
    unread: show === "unread" || undefined,
    unanswered: show === "waiting" || undefined,
    assignee: show === "mine" ? myself() : undefined,
  };
}

export const myself = (): string => me.value?.member.member_id ?? "";

/** What a conversation is called: the customer's name, else the address. */
export const nameOf = (line: Pick<Line, "customer_name" | "customer_phone" | "platform">): string =>
  line.customer_name || (line.platform === "webchat" ? t("inbox.visitor", { id: line.customer_phone.slice(-4) }) : line.customer_phone);

/** Whether the customer waits for somebody. */
export const waits = (line: Line): boolean => line.is_active && line.last_inbound_no > line.answered_no;

/** Who looks after a conversation: a member's name, the business's own words, or "" for nobody. */
export function assigneeName(assignee: string | null, members: readonly Member[]): string {
  if (!assignee) return "";
  return members.find((one) => one.member_id === assignee)?.name ?? (assignee.startsWith("mbr_") ? t("inbox.former_member") : assignee);
}

/** A page of the inbox with the filters that are set now. */
export function hrefOf(conversation: string, query: URLSearchParams, more: Record<string, string> = {}): string {
  const kept = new URLSearchParams(more);
  for (const name of FILTERS) {
    const value = query.get(name);
    if (value) kept.set(name, value);
  }
  return `/inbox${conversation && `/${conversation}`}${kept.size ? `?${kept}` : ""}`;
}
