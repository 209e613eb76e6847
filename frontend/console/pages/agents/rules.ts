/** Booking rules as a form has them, and as the API has them. */
import { zone } from "@/session";
import type { Agent } from "./kept";
import { openDays, USUAL, type Times, type Week } from "./week";

export interface Kind {
  name: string;
  minutes: string;
}
export interface Special {
  day: string;
  times: Times;
}
export interface Reminder {
  hours: string;
  template: string;
  languages: string;
}
export interface RuleValues extends Record<string, unknown> {
  on: boolean;
  title: string;
  minutes: string;
  kinds: Kind[];
  grid_minutes: string;
  zone: string;
  hours: Week;
  dates: Special[];
  holidays: string[];
  buffer_before_minutes: string;
  buffer_after_minutes: string;
  notice_minutes: string;
  window_days: string;
  change_until_minutes: string;
  invite_after_minutes: string;
  most_a_day: string;
  most_a_week: string;
  hosts: string[];
  reminders: Reminder[];
  quiet: boolean;
  quiet_from: string;
  quiet_until: string;
  follow: boolean;
  follow_hours: string;
  follow_text: string;
}

export function read(agent: Agent): RuleValues {
  const kept = agent.booking;
  const hours = (minutes: number) => String(Math.round((minutes / 60) * 100) / 100);
  const reminders = kept?.reminders ?? [{ before_minutes: 1440, template: null }];
  const quiet = kept ? kept.quiet_hours : ["21:00", "08:00"];
  return {
    on: !!kept, title: kept?.title ?? "", minutes: String(kept?.minutes ?? 30),
    kinds: Object.entries(kept?.kinds ?? {}).map(([name, minutes]) => ({ name, minutes: String(minutes) })),
    grid_minutes: String(kept?.grid_minutes ?? 30), zone: kept?.zone ?? agent.hours?.zone ?? zone(),
    hours: (kept?.hours ?? agent.hours?.days ?? USUAL) as Week,
    dates: Object.entries((kept?.dates ?? {}) as Record<string, Times>).map(([day, times]) => ({ day, times })),
    holidays: kept?.holidays ?? [],
    buffer_before_minutes: String(kept?.buffer_before_minutes ?? 0), buffer_after_minutes: String(kept?.buffer_after_minutes ?? 0),
    notice_minutes: hours(kept?.notice_minutes ?? 120), window_days: String(kept?.window_days ?? 60),
    change_until_minutes: hours(kept?.change_until_minutes ?? 0), invite_after_minutes: String(kept?.invite_after_minutes ?? 2),
    most_a_day: String(kept?.most_a_day || ""), most_a_week: String(kept?.most_a_week || ""), hosts: kept?.hosts ?? [],
    reminders: reminders.map((one) => ({ hours: hours(one.before_minutes), template: one.template?.name ?? "", languages: (one.template?.languages ?? []).join(", ") })),
    quiet: !!quiet, quiet_from: quiet?.[0] ?? "21:00", quiet_until: quiet?.[1] ?? "08:00",
    follow: !!kept?.follow_up, follow_hours: hours(kept?.follow_up?.after_minutes ?? 120), follow_text: kept?.follow_up?.text ?? "",
  };
}

/** What is left empty is left out: the API has its own defaults. */
export function written(values: RuleValues, agent: Agent): Record<string, unknown> | null {
  if (!values.on) return null;
  const minutes = (hours: string) => Math.round(Number(hours) * 60);
  const kinds = values.kinds.filter((one) => one.name.trim());
  const words = (text: string) => text.split(/[\s,]+/).filter(Boolean);
  const { hours, dates, holidays } = values;
  return {
    zone: values.zone, title: values.title.trim(), hours: openDays(hours),
    dates: Object.fromEntries(dates.filter((one) => one.day).map((one) => [one.day, one.times])),
    holidays: holidays.filter(Boolean).sort(),
    ...(kinds.length ? { kinds: Object.fromEntries(kinds.map((one) => [one.name.trim(), Number(one.minutes)])) } : { minutes: Number(values.minutes) }),
    grid_minutes: Number(values.grid_minutes),
    buffer_before_minutes: Number(values.buffer_before_minutes), buffer_after_minutes: Number(values.buffer_after_minutes),
    notice_minutes: minutes(values.notice_minutes), window_days: Number(values.window_days),
    change_until_minutes: minutes(values.change_until_minutes), invite_after_minutes: Number(values.invite_after_minutes),
    most_a_day: Number(values.most_a_day || 0), most_a_week: Number(values.most_a_week || 0),
    hosts: values.hosts.map((one) => one.trim()).filter(Boolean),
    reminders: values.reminders.map((one) => ({
      before_minutes: minutes(one.hours),
      template: one.template.trim() ? { name: one.template.trim(), languages: words(one.languages).length ? words(one.languages) : ["en"] } : null,
    })),
    quiet_hours: values.quiet ? [values.quiet_from, values.quiet_until] : null,
    follow_up: values.follow ? { after_minutes: minutes(values.follow_hours), text: values.follow_text.trim(), template: agent.booking?.follow_up?.template ?? null } : null,
  };
}
