/** A meeting that somebody books, or moves, for the customer: free times by day, one question, and what became of it. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { post, type Schemas } from "@/api/client";
import { asProblem, useOne } from "@/api/hooks";
import { formatDate, formatNumber, loadTexts, t } from "@/i18n";
import { can, zone } from "@/session";
import { Badge, Button, Dialog, Empty, Field, Form, Icon, LinkButton, ProblemBox, Select, Skeleton, useForm } from "@/ui";
import "./book.css";

type Time = Schemas["FreeTime"];
type Meeting = Schemas["ProvenMeeting"];
type Place = Pick<Schemas["Conversation"], "conversation_id" | "agent_id">;
const AT_ONCE = 150;

interface BookProps {
  conversation: Place;
  customer: string;
  /** A meeting that takes another time. */
  moving?: Schemas["Meeting"];
  onBooked: (meeting: Meeting) => void;
  onClose: () => void;
}

export function BookDialog({ conversation, customer, moving, onBooked, onClose }: BookProps): JSX.Element {
  const [kind, setKind] = useState("");
  const [from, setFrom] = useState("");
  const [chosen, setChosen] = useState<Time>();
  const [gone, setGone] = useState<Time[]>();
  useEffect(() => void loadTexts("meetings"), []);
  const query = { limit: AT_ONCE, kind, from, moving: moving?.meeting_id ?? "" };
  const found = useOne("/v1/agents/{id}/times", { path: { id: conversation.agent_id }, query });
  const taken = (others: Time[]) => {
    setChosen(undefined);
    setGone(others);
    void found.reload();
  };
  const choose = (time: Time) => (setGone(undefined), setChosen(time));
  return (
    <Dialog open title={moving ? t("meetings.move_title") : t("meetings.book_for", { name: customer })} kind="wide" onClose={onClose}>
      {chosen ? (
        <Sure conversation={conversation} time={chosen} place={found.data?.timezone ?? zone()} kind={kind} moving={moving} onBack={() => setChosen(undefined)} onTaken={taken} onBooked={(meeting) => (onBooked(meeting), onClose())} />
      ) : found.problem ? (
        <Hindered code={String(found.problem.more.code ?? "")} agent={conversation.agent_id} problem={<ProblemBox problem={found.problem} retry={() => void found.reload()} />} />
      ) : !found.data ? (
        <Skeleton lines={6} />
      ) : (
        <div class="stack">
          {gone && <Gone times={gone} onChoose={choose} />}
          {Object.keys(found.data.kinds).length > 0 && (
            <Select label={t("meetings.book_kind")} value={kind || Object.keys(found.data.kinds)[0]!} options={kindsOf(found.data.kinds)} onChange={(next) => (setKind(next), setFrom(""))} />
          )}
          <Days found={found.data} onChoose={choose} earlier={from ? () => setFrom("") : undefined} onLater={setFrom} />
        </div>
      )}
    </Dialog>
  );
}

const minutes = (count: number) => formatNumber(count, { style: "unit", unit: "minute", unitDisplay: "short" });
const kindsOf = (kinds: Record<string, number>) => Object.entries(kinds).map(([name, count]) => ({ value: name, label: `${name} · ${minutes(count)}` }));
const clock = (at: string) => formatDate(at, zone(), { timeStyle: "short" });
const dayOf = (at: string) => formatDate(at, zone(), { weekday: "long", day: "numeric", month: "long" });
const lasts = (time: Time) => minutes((Date.parse(time.ends_at) - Date.parse(time.starts_at)) / 60_000);

function Days({ found, onChoose, earlier, onLater }: { found: Schemas["FreeTimes"]; onChoose: (time: Time) => void; earlier?: () => void; onLater: (from: string) => void }): JSX.Element {
  const days = new Map<string, Time[]>();
  for (const one of found.data) days.set(dayOf(one.starts_at), [...(days.get(dayOf(one.starts_at)) ?? []), one]);
  // The last day may have been cut off in its middle.
  const next = found.more ? [...days].at(-1) : undefined;
  if (next && days.size > 1) days.delete(next[0]);
  const later = days.size && next ? (days.has(next[0]) ? new Date(Date.parse(found.data.at(-1)!.starts_at) + 1000).toISOString() : next[1][0]!.starts_at) : "";
  if (!days.size) return <Empty icon="meeting" title={t("meetings.book_none")}>{t("meetings.book_none_hint")}</Empty>;
  return (
    <>
      <p class="muted small">{t("meetings.book_zone", { zone: zone().replaceAll("_", " ") })}</p>
      <div class="inbox-book-days">
        {[...days].map(([day, times]) => <Times key={day} title={day} times={times} onChoose={onChoose} />)}
      </div>
      {(earlier || later) && (
        <div class="actions">
          {earlier && <Button small onClick={earlier}>{t("meetings.book_soonest")}</Button>}
          {later && <Button small onClick={() => onLater(later)}>{t("meetings.book_later")}</Button>}
        </div>
      )}
    </>
  );
}

function Times({ title, times, onChoose }: { title: string; times: Time[]; onChoose: (time: Time) => void }): JSX.Element {
  return (
    <section>
      <h3>{title}</h3>
      <ul class="inbox-book-times">
        {times.map((one) => (
          <li key={one.starts_at}><Button small aria-label={`${title}, ${clock(one.starts_at)}`} onClick={() => onChoose(one)}>{clock(one.starts_at)}</Button></li>
        ))}
      </ul>
    </section>
  );
}

function Gone({ times, onChoose }: { times: Time[]; onChoose: (time: Time) => void }): JSX.Element {
  const when = (time: Time) => formatDate(time.starts_at, zone(), { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
  return (
    <div class="problem-box" role="alert">
      <Icon name="alert" />
      <div>
        <p>{t("meetings.book_gone")}</p>
        <ul class="inbox-book-times">
          {times.map((one) => <li key={one.starts_at}><Button small onClick={() => onChoose(one)}>{when(one)}</Button></li>)}
        </ul>
      </div>
    </div>
  );
}

/** Why nothing can be booked, and where that is changed. */
function Hindered({ code, agent, problem }: { code: string; agent: string; problem: JSX.Element }): JSX.Element {
  if (code === "no_rules" || code === "unreadable_rules") {
    return <Empty icon="meeting" title={t("meetings.book_no_rules")} action={can("agents:write") && <LinkButton to={`/agents/${agent}?tab=booking`}>{t("meetings.book_set_rules")}</LinkButton>}>{t("meetings.book_no_rules_hint")}</Empty>;
  }
  if (code === "calendar") {
    return <Empty icon="meeting" title={t("meetings.book_no_calendar")} action={can("google:read") && <LinkButton to="/agents?tab=google">{t("meetings.connect")}</LinkButton>}>{t("meetings.book_no_calendar_hint")}</Empty>;
  }
  return problem;
}

interface SureProps {
  conversation: Place;
  moving?: Schemas["Meeting"];
  time: Time;
  /** The zone by whose clocks the agent books. */
  place: string;
  kind: string;
  onBack: () => void;
  onTaken: (others: Time[]) => void;
  onBooked: (meeting: Meeting) => void;
}

function Sure({ conversation, moving, time, place, kind, onBack, onTaken, onBooked }: SureProps): JSX.Element {
  const window_ = useOne("/v1/conversations/{id}/window", { path: { id: conversation.conversation_id } });
  const form = useForm({
    initial: { name: "", email: "" },
    submit: async ({ name, email }, idempotencyKey) => {
      const body = { conversation_id: conversation.conversation_id, agent_id: conversation.agent_id, starts_at: time.starts_at, kind, name, email };
      try {
        if (moving) onBooked(await post("/v1/meetings/{id}/move", { path: { id: moving.meeting_id }, body: { starts_at: time.starts_at }, idempotencyKey }));
        else onBooked(await post("/v1/meetings", { body, idempotencyKey }));
      } catch (error) {
        const problem = asProblem(error);
        // A time that the rules no longer allow, as it begins too soon by now, is gone as well.
        if (problem.more.code !== "taken" && !problem.fields.starts_at) throw problem;
        onTaken((problem.more.times as Time[] | undefined) ?? []);
      }
    },
  });
  return (
    <Form form={form}>
      <p class="inbox-book-when"><strong>{dayOf(time.starts_at)}, {clock(time.starts_at)}</strong> <Badge>{lasts(time)}</Badge></p>
      {place !== zone() && <p class="muted small">{t("meetings.book_there", { time: formatDate(time.starts_at, place, { dateStyle: "full", timeStyle: "short" }), zone: place.replaceAll("_", " ") })}</p>}
      {!moving && (
        <>
          <Field label={t("meetings.customer")} required={false} hint={t("meetings.book_name_hint")} autocomplete="off" maxLength={200} dir="auto" {...form.field("name")} />
          <Field label={t("meetings.email")} type="email" required={false} hint={t("meetings.book_email_hint")} autocomplete="off" maxLength={254} dir="ltr" {...form.field("email")} />
        </>
      )}
      <p class="small">{window_.data && !window_.data.agent.allowed ? t("meetings.book_untold") : t("meetings.book_told")}</p>
      <div class="actions">
        <Button kind="primary" type="submit" icon="meeting" busy={form.busy}>{t(moving ? "meetings.move_now" : "meetings.book_now")}</Button>
        <Button onClick={onBack} disabled={form.busy}>{t("meetings.book_other")}</Button>
      </div>
    </Form>
  );
}
