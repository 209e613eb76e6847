/** The meetings that were booked in a conversation. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { useList } from "@/api/hooks";
import { formatDate, t } from "@/i18n";
import { useLive } from "@/live";
import { can, zone } from "@/session";
import { Badge, Button, Confirm, Empty, Icon, Listed, toast, toastProblem, type Tone } from "@/ui";
import { BookDialog } from "./book";

type Meeting = Schemas["Meeting"];
const TONES: Record<string, Tone> = { scheduled: "good", cancelled: "neutral", completed: "accent" };

export function MeetingsPanel({ id, conversation, name }: { id: string; conversation: Schemas["Conversation"]; name: string }): JSX.Element {
  const list = useList("/v1/meetings", { query: { conversation_id: id, order: "desc", limit: 20 } });
  const [ending, setEnding] = useState<Meeting>();
  const [booking, setBooking] = useState(false);
  const [moving, setMoving] = useState<Meeting>();
  const [waiting, setWaiting] = useState<Meeting>(); // booked here, and not yet confirmed by the calendar
  useLive(["meeting", "resumed"], (event) => (event.type === "resumed" || event.data.conversation_id === id) && void list.reload());
  const cancel = async (meeting: Meeting) => {
    await post("/v1/meetings/{id}/cancel", { path: { id: meeting.meeting_id }, body: { by: "owner" } }).catch((error) => (toastProblem(error), undefined));
    toast(t("inbox.meeting_cancelled"));
    await list.reload();
  };
  const booked = (meeting: Meeting) => {
    if (meeting.state === "scheduled") toast(t(moving ? "inbox.meeting_moved" : "inbox.meeting_booked"));
    else setWaiting(meeting);
    list.change((items) => [meeting, ...items.filter((one) => one.meeting_id !== meeting.meeting_id)]);
  };
  const now = waiting && list.items.find((one) => one.meeting_id === waiting.meeting_id);
  useEffect(() => {
    if (now?.status) setWaiting(undefined);
  }, [now?.status]);
  const books = can("meetings:write") && conversation.is_active;
  const whenOf = (meeting: Meeting) => formatDate(meeting.meeting_time, zone(), { dateStyle: "full", timeStyle: "short" });
  return (
    <>
      {books && <p><Button icon="plus" onClick={() => setBooking(true)}>{t("inbox.book_meeting")}</Button></p>}
      {waiting && (now || list.loading || list.problem ? (
        <p role="status"><Icon name="clock" /> {t("inbox.meeting_waits", { when: whenOf(waiting) })}</p>
      ) : (
        <p class="error" role="alert"><Icon name="alert" /> {t("inbox.meeting_failed", { when: whenOf(waiting) })}</p>
      ))}
      <Listed list={list} empty={<Empty icon="meeting" title={t("inbox.no_meetings")}>{t("inbox.no_meetings_hint")}</Empty>}>
        {(items) => (
          <ul class="inbox-meetings">
            {items.map((one) => (
              <li key={one.meeting_id}>
                <p class="row"><strong dir="auto">{one.title}</strong> <Badge tone={TONES[one.status ?? ""] ?? "warn"}>{t(`inbox.meeting.${one.status ?? "unconfirmed"}`)}</Badge></p>
                <p>{whenOf(one)} · {t("inbox.minutes", { count: one.duration_minutes })}</p>
                {one.problem && <p class="error" dir="auto"><Icon name="alert" /> {one.problem}</p>}
                {one.meet_link && /^https:/.test(one.meet_link) && <p><a href={one.meet_link} target="_blank" rel="noopener noreferrer">{t("inbox.meet_link")} <Icon name="external" /></a></p>}
                {one.status === "scheduled" && can("meetings:write") && new Date(one.meeting_time).getTime() > Date.now() && (
                  <div class="actions">
                    <Button small onClick={() => setMoving(one)}>{t("inbox.move_meeting")}</Button>
                    <Button small kind="quiet" onClick={() => setEnding(one)}>{t("inbox.cancel_meeting")}</Button>
                  </div>
                )}
              </li>
            ))}
          </ul>
        )}
      </Listed>
      {booking && <BookDialog conversation={conversation} customer={name} onBooked={booked} onClose={() => setBooking(false)} />}
      {moving && <BookDialog conversation={{ conversation_id: id, agent_id: moving.agent_id ?? conversation.agent_id }} customer={name} moving={moving} onBooked={booked} onClose={() => setMoving(undefined)} />}
      {ending && (
        <Confirm open title={t("inbox.cancel_meeting_of", { when: whenOf(ending) })} yes={t("inbox.cancel_meeting")} danger onYes={() => cancel(ending)} onClose={() => setEnding(undefined)}>
          <p>{t("inbox.cancel_meeting_hint")}</p>
        </Confirm>
      )}
    </>
  );
}
