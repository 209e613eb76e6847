/** Days as a person names them, in the business's zone: from the first to the last, both included. */
export const PERIODS = ["1", "7", "30", "90", "own"] as const;
export type Period = (typeof PERIODS)[number];

export interface Span {
  from: string;
  to: string;
}

const MOST_DAYS = 366;

/** The day of a moment in a zone, as 2026-01-31. */
export function dayOf(at: Date, zone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" }).format(at);
}

/** The days of a period that ends today; own days are kept in order and within what the API takes. */
export function span(period: Period, today: string, from: string | null, to: string | null): Span {
  if (period !== "own") return { from: shifted(today, 1 - Number(period)), to: today };
  const last = isDay(to) ? to : today;
  const first = isDay(from) && from <= last ? from : shifted(last, -29);
  const earliest = shifted(last, 1 - MOST_DAYS);
  return { from: first < earliest ? earliest : first, to: last };
}

/** As many days, just before. */
export function before({ from, to }: Span): Span {
  const days = Math.round((Date.parse(to) - Date.parse(from)) / 864e5) + 1;
  return { from: shifted(from, -days), to: shifted(from, -1) };
}

const isDay = (text: string | null): text is string => /^\d{4}-\d\d-\d\d$/.test(text ?? "") && !Number.isNaN(Date.parse(text!));

function shifted(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
