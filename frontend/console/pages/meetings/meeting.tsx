/** One meeting: with whom, how it came about, and what a person can do about it. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get, post, type Schemas } from "@/api/client";
import { type One, useOne } from "@/api/hooks";
import { formatDate, formatNumber, type Key, t } from "@/i18n";
import { useLive } from "@/live";
import { to } from "@/router";
import { can, zone } from "@/session";
import { Badge, Button, Card, Confirm, Copy, Page, ProblemBox, Skeleton, Time, toast, toastProblem } from "@/ui";
import { BookDialog } from "../inbox/book";
import { stateKey, tone } from "./words";

type Meeting = Schemas["ProvenMeeting"];

export function MeetingPage({ id }: { id: string }): JSX.Element {
  const one = useOne("/v1/meetings/{id}", { path: { id } });
  useLive(["meeting", "resumed"], (event) => (event.type === "resumed" || event.data?.meeting_id === id) && void one.reload());
  const back = { to: "/meetings", label: t("meetings.title") };
  if (!one.data) {
    return (
      <Page title={t("meetings.one")} back={back}>
        {one.problem ? <ProblemBox problem={one.problem} retry={() => void one.reload()} /> : <Skeleton lines={6} />}
      </Page>
    );
  }
  return (
    <Page title={one.data.title} back={back} actions={<Deeds one={one} meeting={one.data} />}>
      <Facts meeting={one.data} />
    </Page>
  );
}

function Deeds({ one, meeting }: { one: One<Meeting>; meeting: Meeting }): JSX.Element {
  const [asked, setAsked] = useState(false);
  const [link, setLink] = useState("");
  const [moving, setMoving] = useState(false);
  const done = async (work: Promise<Meeting>) => {
    try {
      one.set(await work);
      toast(t("meetings.saved"));
    } catch (error) {
      toastProblem(error);
      await one.reload();
    }
  };
  const path = { path: { id: meeting.meeting_id } };
  const past = new Date(meeting.meeting_time) < new Date();
  const share = async () => {
    const made = await get("/v1/meetings/{id}/link", path).catch(toastProblem);
    if (made) setLink(made.url);
  };
  return (
    <>
      {can("conversations:read") && <a class="button plain" href={to(`/inbox/${meeting.conversation_id}`)}>{t("meetings.conversation")}</a>}
      {can("meetings:write") && meeting.state === "scheduled" && !past && (
        <>
          <Button kind="quiet" onClick={() => void share()}>{t("meetings.link")}</Button>
          {meeting.agent_id && <Button onClick={() => setMoving(true)}>{t("meetings.move")}</Button>}
          <Button kind="danger" onClick={() => setAsked(true)}>{t("meetings.cancel")}</Button>
        </>
      )}
      {can("meetings:write") && past && ["scheduled", "completed"].includes(meeting.state) && (
        <Button onClick={() => void done(post("/v1/meetings/{id}/no-show", { ...path, body: { no_show: !meeting.no_show } }))}>{meeting.no_show ? t("meetings.came") : t("meetings.no_show")}</Button>
      )}
      <Confirm open={asked} title={t("meetings.cancel_title")} yes={t("meetings.cancel")} danger onYes={() => done(post("/v1/meetings/{id}/cancel", { ...path, body: { by: "owner" } }))} onClose={() => setAsked(false)}>
        <p>{t("meetings.cancel_what")}</p>
      </Confirm>
      {moving && <BookDialog conversation={{ conversation_id: meeting.conversation_id, agent_id: meeting.agent_id! }} customer={meeting.customer_name ?? ""} moving={meeting} onBooked={(now) => (one.set(now), toast(t("meetings.saved")))} onClose={() => setMoving(false)} />}
      {link && (
        <div class="meetings-link" role="status">
          <p>{t("meetings.move_what")} <a href={link} target="_blank" rel="noopener">{t("meetings.move_open")}</a></p>
          <Copy label={t("meetings.link")} value={link} />
        </div>
      )}
    </>
  );
}

function Facts({ meeting }: { meeting: Meeting }): JSX.Element {
  const facts: [string, JSX.Element | string | null][] = [
    [t("meetings.when"), <>{formatDate(meeting.meeting_time, zone(), { dateStyle: "full", timeStyle: "short" })} <span class="muted">({zone()})</span></>],
    [t("meetings.length"), formatNumber(meeting.duration_minutes, { style: "unit", unit: "minute", unitDisplay: "long" })],
    [t("meetings.customer"), meeting.customer_name && <span dir="auto">{meeting.customer_name}</span>],
    [t("meetings.email"), meeting.customer_email && <span dir="ltr">{meeting.customer_email}</span>],
    [t("meetings.meet"), meeting.meet_link && <a href={meeting.meet_link} target="_blank" rel="noopener">{meeting.meet_link}</a>],
    [t("meetings.chosen"), meeting.proof.offer_label && <q dir="auto">{meeting.proof.offer_label}</q>],
    [t("meetings.calendar"), meeting.proof.calendar_id && <span dir="ltr">{meeting.proof.calendar_id}</span>],
    [t("meetings.confirmed"), meeting.confirmed_at && <Time at={meeting.confirmed_at} />],
  ];
  return (
    <div class="meetings-parts">
      <Card>
        <p><Badge tone={tone(meeting)}>{t(stateKey(meeting))}</Badge></p>
        {meeting.problem && <p class="meetings-problem" role="alert" dir="auto">{meeting.problem}</p>}
        <dl class="meetings-facts">
          {facts.filter(([, value]) => value).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      {meeting.reminders.length > 0 && (
        <Card title={t("meetings.reminders")}>
          <ul class="meetings-reminders">
            {meeting.reminders.map((one) => (
              <li key={one.reminder_id}>
                <Badge tone={one.state === "sent" ? "good" : one.state === "skipped" ? "warn" : "neutral"}>{t(`meetings.reminder.${one.state}` as Key)}</Badge>{" "}
                {one.sent_at ? <Time at={one.sent_at} /> : one.due_at ? <Time at={one.due_at} /> : null}
                {one.state === "skipped" && one.reason && <span class="muted"> {t(`meetings.reason.${one.reason}` as Key)}</span>}
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}
