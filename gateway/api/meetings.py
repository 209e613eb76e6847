"""Meetings: lists, one with its proof, what a person does about it, the invitation, and the times that are free."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg
from pydantic import Field

from gateway.api.operations import Bytes, Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, cursor
from gateway.api.texts import Moment
from gateway.booking import openings
from gateway.booking.bookings import Bookings
from gateway.booking.invitation import MIME, SETTLED, filename, invitation
from gateway.booking.meeting import NoMeeting, Unavailable, Unsettled
from gateway.booking.openings import Openings
from gateway.booking.rules import Rules, zone_version
from gateway.booking.signed import MeetingLinks
from gateway.booking.slots import Slot
from gateway.booking.wishes import Ambiguous, narrow, read
from gateway.booking.words import label
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound, TooMany

SQL = queries(__file__)
operations = Operations()
Status = Literal["scheduled", "cancelled", "completed"]


class NotBookable(Conflict):
    """Nothing can be booked. `code` says why: no_rules, unreadable_rules, calendar, closed, no_conversation, over,
    taken; `times` are free."""

    def __init__(self, detail: str, code: str, times: Sequence[FreeTime] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.times = times

    @property
    def more(self) -> Mapping[str, object]:
        """What a program reads, and the times that are free."""
        times = {"times": [one.model_dump(mode="json") for one in self.times]} if self.code == "taken" else {}
        return {"code": self.code, **times}


class Meeting(Record):
    """A meeting. `status` is null while the calendar has not confirmed it; `state` says where it is on its way:
    booking, scheduled, moving, cancelling, cancelled or completed. `by` is who booked it, or moved or cancelled it
    last, `sequence` how often it was changed. `confirmed_at` is when the customer said that he will be there."""

    meeting_id: str
    conversation_id: str
    agent_id: str | None
    customer_id: str | None
    title: str
    customer_name: str | None
    customer_email: str | None
    meeting_time: datetime
    duration_minutes: int
    timezone: str | None
    meet_link: str | None
    meet_state: str
    status: Status | None
    state: str
    by: str
    sequence: int
    no_show: bool
    confirmed_at: datetime | None
    problem: str
    created_at: datetime
    updated_at: datetime


class Proof(Record):
    """How a meeting came about: the offer as the customer read it (null once it is older than a month), the message
    that took it, the turn, whose calendar has it and as which version, and what the time was promised with."""

    token: str | None
    offer_label: str | None
    offered_at: datetime | None
    offer_turn_id: str | None
    accepted_no: int | None
    accepted_message_id: str | None
    turn_id: str | None
    host: str
    calendar_id: str
    google_event_id: str
    etag: str | None
    rules_version: int | None
    tz_version: str
    wall_time: str


class MeetingReminder(Record):
    """A message before or after a meeting. `minutes` is before its beginning or after its end; `state` is waiting,
    sent, skipped (`reason`: late, quiet_hours, window_closed, opted_out, mail_refused, no_show) or ended, when its time
    is not the meeting's any more. `via` is chat, template or mail; `message_status` what became of the message."""

    reminder_id: str
    kind: str
    minutes: int
    for_time: datetime
    state: str
    reason: str
    due_at: datetime | None
    sent_at: datetime | None
    via: str
    message_id: str | None
    message_status: str | None


class ProvenMeeting(Meeting):
    """A meeting with its proof and its reminders."""

    proof: Proof
    reminders: list[MeetingReminder]


class MeetingLink(Record):
    """The page of a meeting for its customer: whoever has the address can move and cancel it."""

    url: str


class MeetingQuery(PageQuery):
    """Which meetings. Times are with a zone, `until` is not included; `order` desc begins with the latest."""

    since: Moment | None = None
    until: Moment | None = None
    status: Status | None = None
    agent_id: str | None = Field(default=None, max_length=50)
    conversation_id: str | None = Field(default=None, max_length=50)
    customer_id: str | None = Field(default=None, max_length=50)
    order: Literal["asc", "desc"] = "asc"


class Cancellation(Model):
    """Who cancels: the business, or the customer who asked it to."""

    by: Literal["owner", "customer"] = "owner"


class NoShow(Model):
    """Whether nobody came; false takes it back."""

    no_show: bool = True


class TimesQuery(Model):
    """`wish` is in words, such as "next week in the afternoon". Times are with a zone, `to` is not included. `kind` is
    one of the agent's kinds of meeting, else the usual one; `moving` is a meeting of the agent: then the times are
    those that it can take, with its host and as long as it is."""

    wish: str = Field(default="", max_length=300)
    since: Moment | None = Field(default=None, alias="from")
    until: Moment | None = Field(default=None, alias="to")
    kind: str = Field(default="", max_length=60)
    moving: str = Field(default="", max_length=50)
    limit: int = Field(default=50, ge=1, le=500)


class FreeTime(Record):
    """A time that could be offered now. `hosts` are those who are free then; it is empty without hosts."""

    starts_at: datetime
    ends_at: datetime
    label: str
    hosts: list[str]


class FreeTimes(Record):
    """What is free, soonest first; `more` says that there is more behind it. `exact` false: nothing fits the wish, and
    these come nearest. A wish that can be read in several ways brings a `question` and its `options` instead. `kinds`
    are the agent's kinds of meeting and their minutes, when there are several."""

    data: list[FreeTime]
    timezone: str
    kinds: dict[str, int]
    more: bool = False
    exact: bool = True
    question: str = ""
    options: list[str] = Field(default_factory=list)


@operations.on(
    "GET", "/v1/meetings", scope="meetings:read", summary="List meetings", query=MeetingQuery, answer=Page[Meeting]
)
async def list_meetings(call: Call[None, MeetingQuery]) -> Page[Meeting]:
    query = call.query
    which = (query.since, query.until, query.status, query.agent_id, query.conversation_id, query.customer_id)
    block = SQL["list" if query.order == "asc" else "list_back"]
    rows = await call.db.fetch(block, call.user_id, *which, *query.position(), query.limit + 1)
    shown = rows[: query.limit]
    more = len(rows) > query.limit
    following = cursor(shown[-1]["meeting_time"], shown[-1]["meeting_id"]) if more else None
    return Page[Meeting](data=[Meeting.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "GET", "/v1/meetings/{id}", scope="meetings:read", summary="Get a meeting with its proof", answer=ProvenMeeting
)
async def get_meeting(call: Call[None, None]) -> ProvenMeeting:
    return await proven(call)


@operations.on(
    "POST", "/v1/meetings/{id}/cancel", scope="meetings:write", summary="Cancel a meeting", body=Cancellation,
    answer=ProvenMeeting,
)  # fmt: skip
async def cancel_meeting(call: Call[Cancellation, None]) -> ProvenMeeting:
    meeting = await _row(call)
    bookings = Bookings(call.api.pool, call.api.consent.calendars, tz_version=zone_version())
    try:
        async with asking(call):
            await bookings.cancel(call.user_id, meeting["meeting_id"], by=call.body.by, always=True)
    except NoMeeting:
        raise Conflict(f"This meeting can't be cancelled: it is {meeting['state']}.") from None
    except Unsettled:
        pass  # it is off all the same; the calendar is told until it answers
    for topic in ("meetings", "events", "leads"):
        call.api.bus.publish(topic)
    return await proven(call)


@operations.on(
    "POST", "/v1/meetings/{id}/no-show", scope="meetings:write", summary="Note that nobody came", body=NoShow,
    answer=ProvenMeeting,
)  # fmt: skip
async def note_no_show(call: Call[NoShow, None]) -> ProvenMeeting:
    meeting = await _row(call)
    if await call.db.fetchval(SQL["no_show"], call.user_id, meeting["meeting_id"], call.body.no_show) is None:
        raise Conflict("This meeting has not begun, or was cancelled.")
    return await proven(call)


@operations.on(
    "GET", "/v1/meetings/{id}/invitation.ics", scope="meetings:read", summary="The invitation, for any calendar",
    answer=Bytes,
)  # fmt: skip
async def get_invitation(call: Call[None, None]) -> Bytes:
    meeting = await _row(call)
    if meeting["state"] not in SETTLED:
        raise Conflict(f"The calendar has not confirmed this meeting yet: it is {meeting['state']}.")
    file = invitation(meeting, company=meeting["company_name"] or "")
    return Bytes(data=file, mime_type=MIME, filename=filename(meeting))


@operations.on(
    "GET", "/v1/meetings/{id}/link", scope="meetings:write", summary="The customer's own page of a meeting",
    answer=MeetingLink,
)  # fmt: skip
async def get_meeting_link(call: Call[None, None]) -> MeetingLink:
    meeting = await _row(call)
    links = MeetingLinks(call.api.vault, call.api.settings.public_url)
    return MeetingLink(url=links.url(call.user_id, meeting["meeting_id"]))


@operations.on(
    "GET", "/v1/agents/{id}/times", scope="meetings:read", summary="Free times of an agent; nothing is offered",
    query=TimesQuery, answer=FreeTimes,
)  # fmt: skip
async def list_times(call: Call[None, TimesQuery]) -> FreeTimes:
    query = call.query
    rules, language, kinds = await booking_rules(call, call.path["id"], query.kind)
    meeting = None
    if query.moving:
        (meeting, rules), kinds = await movable(call, query.moving), {}
    async with asking(call):
        try:
            seen = await Openings(call.api.pool, call.api.consent.calendars).free(call.user_id, rules, moving=meeting)
        except Unavailable as error:
            raise calendar_away(error) from None
    slots = [
        slot
        for slot in seen.slots
        if (query.since is None or slot.start >= query.since) and (query.until is None or slot.start < query.until)
    ]
    wanted = read(query.wish, now=datetime.now(UTC), zone=rules.tz, language=language)
    if isinstance(wanted, Ambiguous):
        wanted = wanted.settled([slot.start for slot in slots], rules.tz)
    if isinstance(wanted, Ambiguous):
        return FreeTimes(
            data=[], timezone=rules.zone, kinds=kinds, question=wanted.question, options=list(wanted.options)
        )
    fitting, exact = narrow(slots, wanted)
    return FreeTimes(
        data=[free_time(slot, language) for slot in fitting[: query.limit]], timezone=rules.zone, kinds=kinds,
        more=len(fitting) > query.limit, exact=exact or not slots,
    )  # fmt: skip


async def booking_rules(call: Call[Any, Any], agent_id: str, kind: str) -> tuple[Rules, str, dict[str, int]]:
    """The rules of an agent for one kind of meeting, its language, and its kinds when there are several.

    Raises NotFound, Conflict or Invalid.
    """
    agent = await call.db.fetchrow(openings.SQL["rules"], call.user_id, agent_id)
    if agent is None:
        raise NotFound("There is no such agent.")
    try:
        rules = openings.stored_rules(agent)
    except Unavailable as error:
        raise NotBookable(f"This agent books nothing now: {error}", "unreadable_rules") from None
    if rules is None:
        raise NotBookable("This agent books nothing: give it rules with PATCH /v1/agents/{id}.", "no_rules")
    try:
        own = openings.rules_of(rules, kind)
    except ValueError:
        kinds = [{"field": "kind", "problem": f"is none of {', '.join(rules.kinds) or 'the kinds: there are none'}"}]
        raise Invalid("The agent has no such kind of meeting.", kinds) from None
    return own, agent["language"], dict(rules.kinds) if len(rules.kinds) > 1 else {}


async def movable(call: Call[Any, Any], meeting_id: str) -> tuple[asyncpg.Record, Rules]:
    """A meeting that can be moved, and the rules for that. Raises NotFound or NotBookable."""
    meeting = await _row(call, meeting_id)
    if meeting["state"] != "scheduled" or meeting["meeting_time"] <= datetime.now(UTC):
        state = meeting["state"] if meeting["state"] != "scheduled" else "over"
        raise NotBookable(f"This meeting can't be moved: it is {state}.", "over")
    rules, _, _ = await booking_rules(call, meeting["agent_id"] or "", "")
    return meeting, openings.rules_for(rules, meeting)


def calendar_away(error: Unavailable) -> NotBookable:
    """What a client is told when the calendar does not answer."""
    return NotBookable(f"The calendar can't be asked, so nothing counts as free: {error}", "calendar")


async def _row(call: Call[Any, Any], meeting_id: str = "") -> asyncpg.Record:
    row = await call.db.fetchrow(SQL["get"], call.user_id, meeting_id or call.path["id"])
    if row is None:
        raise NotFound("There is no such meeting.")
    return row


async def proven(call: Call[Any, Any], meeting_id: str = "") -> ProvenMeeting:
    """A meeting as it is now, the one of the path or another. Raises NotFound."""
    row = await _row(call, meeting_id)
    found = await call.db.fetch(SQL["reminders"], call.user_id, row["meeting_id"])
    reminders = [MeetingReminder.model_validate(dict(one)) for one in found]
    proof = Proof.model_validate(dict(row))
    return ProvenMeeting.model_validate({**row, "proof": proof, "reminders": reminders})


def free_time(slot: Slot, language: str) -> FreeTime:
    """A free time as the API tells it."""
    text, hosts = label(slot.start, slot.zone, language), [host for host in slot.hosts if host]
    return FreeTime(starts_at=slot.start, ends_at=slot.end, label=text, hosts=hosts)


@asynccontextmanager
async def asking(call: Call[Any, Any]) -> AsyncIterator[None]:
    """A call holds a connection of the pool while the calendar thinks, so only few may do that at once."""
    if call.api.consent.asking.locked():
        raise TooMany("The calendar is being asked for others. Try again.", retry_after=2)
    async with call.api.consent.asking:
        yield
