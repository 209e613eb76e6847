/** Hours by weekday: closed, or from when to when, as often as it takes. */
import type { JSX } from "preact";
import { language, t } from "@/i18n";
import { Button, Checkbox, IconButton } from "@/ui";

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export type Week = Partial<Record<Day, [string, string][]>>;
export const USUAL: Week = Object.fromEntries(DAYS.slice(0, 5).map((day) => [day, [["09:00", "18:00"]]]));

const dayName = (at: number) => new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + at));

export function HoursField({ label, value, error, onChange }: { label: string; value: Week; error?: string; onChange: (week: Week) => void }): JSX.Element {
  const put = (day: Day, times: [string, string][]) => onChange({ ...value, [day]: times });
  return (
    <fieldset class="onboarding-hours">
      <legend>{label}</legend>
      {DAYS.map((day, at) => {
        const times = value[day] ?? [];
        const name = dayName(at);
        const set = (index: number, place: 0 | 1, text: string) =>
          put(day, times.map((one, n) => (n === index ? (place ? [one[0], text === "00:00" ? "24:00" : text] : [text, one[1]]) : one)));
        return (
          <div key={day} class="onboarding-day">
            <Checkbox label={name} checked={times.length > 0} onChange={(open) => put(day, open ? [["09:00", "18:00"]] : [])} />
            <div>
              {!times.length && <span class="muted">{t("onboarding.closed")}</span>}
              {times.map(([from, until], index) => (
                <div key={index} class="onboarding-times">
                  <input type="time" aria-label={t("onboarding.from", { day: name })} value={from} onChange={(event) => set(index, 0, event.currentTarget.value)} />
                  <span aria-hidden="true">–</span>
                  <input type="time" aria-label={t("onboarding.until", { day: name })} value={until === "24:00" ? "00:00" : until} onChange={(event) => set(index, 1, event.currentTarget.value)} />
                  {index > 0 && <IconButton icon="close" label={t("onboarding.remove_times", { day: name })} onClick={() => put(day, times.filter((_, n) => n !== index))} />}
                </div>
              ))}
              {times.length === 1 && <Button small kind="quiet" icon="plus" aria-label={t("onboarding.add_times_day", { day: name })} onClick={() => put(day, [...times, ["16:00", "20:00"]])}>{t("onboarding.add_times")}</Button>}
            </div>
          </div>
        );
      })}
      {error && <p class="error" role="alert">{error}</p>}
    </fieldset>
  );
}

/** Whether the times of each day are in order. */
export function inOrder(week: Week): boolean {
  return Object.values(week).every((times) => {
    const ends = times.flat();
    return ends.every((one, at) => /^\d\d:\d\d$/.test(one) && (!at || ends[at - 1]! < one));
  });
}

/** Without the days that are closed, as the API has it. */
export function openDays(week: Week): Record<string, [string, string][]> {
  return Object.fromEntries(Object.entries(week).filter(([, times]) => times.length));
}
