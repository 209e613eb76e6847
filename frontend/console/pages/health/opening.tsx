/** When people are there, as the agent of a number knows it. */
import type { JSX } from "preact";
import type { Schemas } from "@/api/client";
import { formatDate, formatList, language, t } from "@/i18n";
import { can } from "@/session";
import { Card, LinkButton } from "@/ui";

type Agent = Schemas["Agent"];
type Interval = [string, string];
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const MOST_DATES = 12;

export function Opening({ agent }: { agent: Agent }): JSX.Element {
  const { hours } = agent;
  const change = can("agents:write") && <LinkButton small icon="edit" to={`/agents/${agent.agent_id}?tab=settings`}>{t("health.hours_change")}</LinkButton>;
  return (
    <Card title={t("health.hours")} actions={change}>
      {!hours ? <p>{t("health.hours_none")}</p> : (
        <>
          <dl class="health-hours">
            {DAYS.map((day, at) => (
              <div key={day}>
                <dt>{dayName(at)}</dt>
                <dd>{timesOf((hours.days[day] ?? []) as Interval[])}</dd>
              </div>
            ))}
          </dl>
          <p class="muted small">{t("health.hours_zone", { zone: hours.zone.replaceAll("_", " ") })}</p>
          {comingDates(hours.closed).length > 0 && <p class="small">{t("health.hours_closed", { days: formatList(comingDates(hours.closed)) })}</p>}
          <p class="small">{agent.outside_hours === "away" ? t("health.hours_away") : t("health.hours_answer")}</p>
        </>
      )}
    </Card>
  );
}

const dayName = (at: number) => new Intl.DateTimeFormat(language.value, { weekday: "long", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + at));
const clock = (time: string) => formatDate(`2024-01-01T${time === "24:00" ? "00:00" : time}:00Z`, "UTC", { timeStyle: "short" });

function timesOf(times: Interval[]): string {
  if (!times.length) return t("health.hours_shut");
  if (times.length === 1 && times[0]![0] === "00:00" && times[0]![1] === "24:00") return t("health.hours_all_day");
  return formatList(times.map(([from, until]) => `${clock(from)} – ${clock(until)}`));
}

function comingDates(closed: string[] = []): string[] {
  const today = new Date().toISOString().slice(0, 10);
  return closed.filter((day) => day >= today).sort().slice(0, MOST_DATES).map((day) => formatDate(`${day}T12:00:00Z`, "UTC", { day: "numeric", month: "short" }));
}
