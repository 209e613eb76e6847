/** How the state of a meeting is said. */
import type { Key } from "@/i18n";
import type { Schemas } from "@/api/client";
import type { Tone } from "@/ui";

type Meeting = Pick<Schemas["Meeting"], "state" | "no_show">;

export function stateKey(meeting: Meeting): Key {
  return `meetings.state.${meeting.no_show ? "no_show" : meeting.state}` as Key;
}

export function tone(meeting: Meeting): Tone {
  if (meeting.no_show) return "danger";
  if (meeting.state === "scheduled") return "good";
  return meeting.state === "cancelled" || meeting.state === "completed" ? "neutral" : "warn";
}
