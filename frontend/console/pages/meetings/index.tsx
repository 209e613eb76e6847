/** The calendar: a week side by side on a desk, day after day on a phone. */
import type { JSX } from "preact";
import type { Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { formatDate, t } from "@/i18n";
import { useLive } from "@/live";
import { query, setQuery, to } from "@/router";
import type { PageProps } from "@/routes";
import { can, zone } from "@/session";
import { dayOf } from "../analytics/spans";
import { Badge, Button, Empty, IconButton, Page, ProblemBox, Skeleton } from "@/ui";
import { MeetingPage } from "./meeting";
import { dayStart, monday, shifted } from "./week";
import { stateKey, tone } from "./words";
import "./meetings.css";

type Meeting = Schemas["Meeting"];

export default function Meetings({ rest }: PageProps): JSX.Element {
  return rest[0] ? <MeetingPage key={rest[0]} id={rest[0]} /> : <Week key="week" />;
}

function Week(): JSX.Element {
  const today = dayOf(new Date(), zone());
  const asked = query.value.get("week") ?? "";
  const first = monday(/^\d{4}-\d\d-\d\d$/.test(asked) ? asked : today);
  const days = Array.from({ length: 7 }, (_, n) => shifted(first, n));
  const span = { since: dayStart(first, zone()), until: dayStart(shifted(first, 7), zone()) };
  const list = useList("/v1/meetings", { query: { ...span, limit: 200 } });
  useLive(["meeting", "meeting.booked", "meeting.cancelled", "resumed"], () => void list.reload());
  const go = (week: string) => setQuery({ week: week === monday(today) ? null : week });
  const title = `${formatDate(`${first}T12:00:00Z`, "UTC", { day: "numeric", month: "short" })} – ${formatDate(`${days[6]}T12:00:00Z`, "UTC", { day: "numeric", month: "short", year: "numeric" })}`;
  const actions = (
    <>
      <IconButton label={t("meetings.earlier")} icon="back" flip onClick={() => go(shifted(first, -7))} />
      <Button onClick={() => go(monday(today))}>{t("meetings.this_week")}</Button>
      <IconButton label={t("meetings.later")} icon="forward" flip onClick={() => go(shifted(first, 7))} />
    </>
  );
  return (
    <Page title={t("meetings.title")} lead={t("meetings.lead", { week: title, zone: zone() })} actions={actions}>
      {list.problem && <ProblemBox problem={list.problem} retry={() => void list.reload()} />}
      {list.loading && !list.items.length && <Skeleton lines={6} />}
      {!list.loading && !list.problem && !list.items.length && <NoneHere />}
      {list.items.length > 0 && (
        <div class="meetings-week">
          {days.map((day) => <Day key={day} day={day} today={day === today} meetings={list.items.filter((one) => dayOf(new Date(one.meeting_time), zone()) === day)} />)}
        </div>
      )}
    </Page>
  );
}

function NoneHere(): JSX.Element {
  const action = can("google:write") && <a class="button primary" href={to("/agents?tab=google")}>{t("meetings.connect")}</a>;
  return <Empty icon="meeting" title={t("meetings.none")} action={action}>{t("meetings.none_hint")}</Empty>;
}

function Day({ day, today, meetings }: { day: string; today: boolean; meetings: Meeting[] }): JSX.Element {
  const id = `meetings-${day}`;
  return (
    <section class={today ? "meetings-day today" : "meetings-day"} aria-labelledby={id}>
      <h2 id={id}>{formatDate(`${day}T12:00:00Z`, "UTC", { weekday: "short", day: "numeric" })}{today && <span class="unseen"> {t("meetings.today")}</span>}</h2>
      <ul>
        {meetings.map((one) => (
          <li key={one.meeting_id}>
            <a data-row class={`meetings-one ${one.state}`} href={to(`/meetings/${one.meeting_id}`)}>
              <strong>{formatDate(one.meeting_time, zone(), { hour: "2-digit", minute: "2-digit" })}</strong>
              <span dir="auto">{one.customer_name || one.title}</span>
              {one.state !== "scheduled" && <Badge tone={tone(one)}>{t(stateKey(one))}</Badge>}
              {one.state === "scheduled" && one.confirmed_at && <Badge tone="good">{t("meetings.confirmed")}</Badge>}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
