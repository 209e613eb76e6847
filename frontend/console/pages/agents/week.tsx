/** Hours by weekday: closed, or from when to when, as often as it takes. */
import type { JSX } from "preact";
import { language, t } from "@/i18n";
import { Button, Checkbox, IconButton } from "@/ui";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Times = [string, string][];
export type Week = Partial<Record<(typeof DAYS)[number], Times>>;
export const USUAL: Week = Object.fromEntries(DAYS.slice(0, 5).map((day) => [day, [["09:00", "18:00"]]]));

const dayName = (at: number) => new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + at));

/** The times of one day; `name` is the day's, for the labels. */
export function DayTimes({ name, times, most = 4, onChange }: { name: string; times: Times; most?: number; onChange: (times: Times) => void }): JSX.Element {
  const set = (index: number, place: 0 | 1, text: string) =>
    onChange(times.map((one, n) => (n === index ? (place ? [one[0], text === "00:00" ? "24:00" : text] : [text, one[1]]) : one)));
  return (
    <div class="agents-times">
      {!times.length && <span class="muted">{t("agents.closed")}</span>}
      {times.map(([from, until], index) => (
        <div key={index} class="agents-interval">
          <input type="time" aria-label={t("agents.from", { day: name })} value={from} onChange={(event) => set(index, 0, event.currentTarget.value)} />
          <span aria-hidden="true">–</span>
          <input type="time" aria-label={t("agents.until", { day: name })} value={until === "24:00" ? "00:00" : until} onChange={(event) => set(index, 1, event.currentTarget.value)} />
          {times.length > 1 && <IconButton icon="close" label={t("agents.remove_times", { day: name })} onClick={() => onChange(times.filter((_, n) => n !== index))} />}
          {index === times.length - 1 && times.length < most && <IconButton icon="plus" label={t("agents.add_times", { day: name })} onClick={() => onChange([...times, ["16:00", "20:00"]])} />}
        </div>
      ))}
    </div>
  );
}

interface WeekProps {
  label: string;
  value: Week;
  most?: number;
  error?: string;
  disabled?: boolean;
  onChange: (week: Week) => void;
}

export function WeekField({ label, value, most, error, disabled, onChange }: WeekProps): JSX.Element {
  const monday = value.mon ?? [];
  return (
    <fieldset class="agents-group" disabled={disabled}>
      <legend>{label}</legend>
      <div class="agents-week">
        {DAYS.map((day, at) => {
          const times = value[day] ?? [];
          return (
            <div key={day} class="agents-day">
              <Checkbox label={dayName(at)} checked={times.length > 0} onChange={(open) => onChange({ ...value, [day]: open ? (monday.length ? monday : [["09:00", "18:00"]]) : [] })} />
              <DayTimes name={dayName(at)} times={times} most={most} onChange={(next) => onChange({ ...value, [day]: next })} />
            </div>
          );
        })}
      </div>
      {monday.length > 0 && !disabled && (
        <div><Button small kind="quiet" icon="copy" onClick={() => onChange({ ...value, ...Object.fromEntries(DAYS.slice(0, 5).map((day) => [day, monday])) })}>{t("agents.copy_monday")}</Button></div>
      )}
      {error && <p class="error" role="alert">{error}</p>}
    </fieldset>
  );
}

/** Without the days that are closed, as the API has it. */
export const openDays = (week: Week): Week => Object.fromEntries(Object.entries(week).filter(([, times]) => times.length));

interface DaysProps {
  label: string;
  hint?: string;
  value: string[];
  onChange: (days: string[]) => void;
}

/** Days on which nobody is there. */
export function DaysField({ label, hint, value, onChange }: DaysProps): JSX.Element {
  const put = (at: number, day: string) => onChange(value.map((one, n) => (n === at ? day : one)));
  return (
    <fieldset class="agents-group">
      <legend>{label}</legend>
      {hint && <p class="hint">{hint}</p>}
      <ul class="agents-list">
        {value.map((day, at) => (
          <li key={at} class="agents-interval">
            <input type="date" aria-label={t("agents.day_no", { count: at + 1 })} value={day} onChange={(event) => put(at, event.currentTarget.value)} />
            <IconButton icon="close" label={t("agents.remove_day", { day })} onClick={() => onChange(value.filter((_, n) => n !== at))} />
          </li>
        ))}
      </ul>
      <div><Button small kind="quiet" icon="plus" onClick={() => onChange([...value, ""])}>{t("agents.add_day")}</Button></div>
    </fieldset>
  );
}
