/** Times: how long ago, with the whole date in the person's zone as the title. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { formatDate, formatRelative } from "../i18n";
import { zone } from "../session";

const minute = signal(Date.now());
setInterval(() => (minute.value = Date.now()), 30_000);

/** `kind`: "relative" (3 min. ago), "date" (21 Nov 2026, 15:56), "day", or "clock" (15:56). */
export function Time({ at, kind = "relative" }: { at: string; kind?: "relative" | "date" | "day" | "clock" }): JSX.Element {
  const whole = formatDate(at, zone(), { dateStyle: "full", timeStyle: "short" });
  const text = {
    relative: () => formatRelative(at, Math.max(minute.value, Date.now())),
    date: () => formatDate(at, zone()),
    day: () => formatDate(at, zone(), { dateStyle: "medium" }),
    clock: () => formatDate(at, zone(), { timeStyle: "short" }),
  }[kind]();
  return <time dateTime={at} title={whole}>{text}</time>;
}
