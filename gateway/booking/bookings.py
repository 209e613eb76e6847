"""Meetings: kept, told to the calendar, and only then booked. https://developers.google.com/workspace/calendar/api

A meeting is a row before it is an event, and the row alone is believed. The steps, each of which can be the last
before a crash: keep the time (no two rows of a host can overlap), say that the calendar is being told, ask once more
whether it is free (no answer means no), tell it under an id of our own, look whether somebody was quicker, and call it
scheduled. Whatever stops halfway is settled by the sweeper, which looks into the calendar before it does anything.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncpg

from gateway import observe
from gateway.booking import entries
from gateway.booking.calendars import (
    Away,
    CalendarError,
    Calendars,
    Event,
    Gone,
    NotConnected,
    Stale,
    Throttled,
)
from gateway.booking.meeting import (
    BookingError,
    Full,
    NoMeeting,
    OfferGone,
    Taken,
    TooLate,
    Unavailable,
    Unsettled,
    Wish,
    body_of,
    changeable,
    midnight,
    promised,
    public,
    span_of,
    times_of,
    wall,
)
from gateway.db import Connection, Pool, Row, queries, retry_clash
from gateway.ids import uuid7

SQL = queries(__file__)
HOLD_SECONDS = 300.0
SETTLE_SECONDS = 45.0  # longer than everything below takes; then the sweeper looks
AGAIN_SECONDS = 10.0


class Bookings:
    """Books, moves and cancels. `tz_version` names the time-zone database that wall times are made with."""

    def __init__(self, pool: Pool, calendars: Calendars, *, tz_version: str) -> None:
        self._pool = pool
        self._calendars = calendars
        self._tz_version = tz_version

    async def book(self, wish: Wish) -> Row:
        """Books an offer. The same offer again is the same meeting. Raises BookingError or StoreAway."""
        meeting = await retry_clash(lambda: self._held(wish))
        if meeting["state"] == "held":
            begun = await self._row("begin", wish.user_id, meeting["meeting_id"], SETTLE_SECONDS)
            if begun is None:
                raise OfferGone("The time was kept too long ago.")
            return await self.confirm(begun)
        if meeting["state"] in ("booking", "moving"):
            raise Unsettled(meeting["meeting_id"])
        if meeting["state"] != "scheduled":
            raise OfferGone("What was booked by this offer is off again.")
        return meeting

    async def _held(self, wish: Wish) -> Row:
        # Before the transaction: whoever waits for a second connection while he holds one can wait for ever.
        calendar = await self._connected(wish.user_id)
        try:
            async with self._pool.acquire() as db, db.transaction():
                return await self._hold(db, wish, calendar)
        except asyncpg.ExclusionViolationError:
            raise Taken("Somebody has that time.") from None
        except asyncpg.UniqueViolationError:  # the same offer, twice at once
            found = await self._row("taken", wish.user_id, wish.token)
            if found is None:
                raise
            return found

    async def _hold(self, db: Connection, wish: Wish, calendar: str) -> Row:
        taken = await db.fetchrow(SQL["taken"], wish.user_id, wish.token)
        if taken is not None and taken["conversation_id"] == wish.conversation_id:
            return taken
        offer = await self._offer(db, wish)
        asked = await db.fetchrow(SQL["asked"], wish.user_id, wish.conversation_id, offer["agent_id"])
        if asked is None:
            raise OfferGone("There is no such conversation.")
        await self._room(db, wish, offer, "")
        meeting_id = "mtg_" + uuid7()
        title = wish.title or f"{asked['company_name'] or 'Meeting'}: {wish.name or asked['name'] or 'customer'}"
        await db.execute(
            SQL["hold"], wish.user_id, meeting_id, wish.conversation_id, asked["agent_id"], asked["customer_id"],
            wish.turn_id, wish.token, asked["last_inbound_no"] if wish.by == "customer" else None, offer["host"],
            "m" + meeting_id.removeprefix("mtg_"),
            offer["host"] or calendar, title[:255], (wish.name or asked["name"] or "")[:255] or None,
            (wish.email or asked["email"] or "")[:255] or None, offer["starts_at"], offer["minutes"], offer["zone"],
            offer["gap_minutes"], wish.language, asked["revision"], self._tz_version, wall(offer), HOLD_SECONDS,
            wish.by, *promised(asked["booking"]),
        )  # fmt: skip
        row = await db.fetchrow(SQL["meeting"], wish.user_id, meeting_id)
        if row is None:
            raise OfferGone("There is no such meeting.")
        return row

    async def _offer(self, db: Connection, wish: Wish) -> Row:
        offer = await db.fetchrow(SQL["offer"], wish.user_id, wish.conversation_id, wish.token)
        if offer is None or not offer["fresh"] or not offer["ahead"]:
            raise OfferGone("This time was not offered here, or too long ago.")
        return offer

    async def _connected(self, user_id: str) -> str:
        connection = await self._calendars.connection(user_id)
        if connection is None or connection.state != "connected":
            raise Unavailable("No calendar is connected.")
        return connection.write_calendar

    async def _room(self, db: Connection, wish: Wish, offer: Row, but: str) -> None:
        """Makes room of holds that ran out, and counts. Raises Full."""
        start, zone, host = offer["starts_at"], ZoneInfo(offer["zone"]), offer["host"]
        local = start.astimezone(zone).date()
        await db.execute(SQL["alone"], wish.user_id, f"{host}/{local - timedelta(days=local.weekday())}")
        end = start + timedelta(minutes=offer["minutes"] + offer["gap_minutes"])
        await db.execute(SQL["expire"], wish.user_id, host, start, end)
        monday = local - timedelta(days=local.weekday())
        for most, first, days in ((wish.limits.a_day, local, 1), (wish.limits.a_week, monday, 7)):
            if most:
                span = (midnight(first, zone), midnight(first + timedelta(days=days), zone))
                if await db.fetchval(SQL["counted"], wish.user_id, host, *span, but) >= most:
                    raise Full("That day is full.")

    async def confirm(self, meeting: Row, *, again: bool = False) -> Row:
        """Tells the calendar about a meeting that is being booked; `again`: somebody may have told it before.

        Raises Taken, Unavailable or Unsettled.
        """
        try:
            if await entries.busy(self._calendars, meeting):
                raise Taken("The calendar has something there.")
        except CalendarError as error:
            await self._release(meeting, error)
            raise Unavailable(error.code) from error
        except Taken:
            if again and await entries.arrived(self._calendars, meeting):
                return await self.tell(meeting)
            await self._row("release", meeting["user_id"], meeting["meeting_id"], meeting["fence"], "taken")
            raise
        return await self.tell(meeting)

    async def tell(self, meeting: Row) -> Row:
        """The second half of `confirm`: the event, unless it is there, then the look behind it."""
        try:
            event = await entries.enter(self._calendars, meeting)
        except (Away, Throttled) as error:
            await self._later(meeting, error)
            raise Unsettled(meeting["meeting_id"]) from error
        except CalendarError as error:
            await self._release(meeting, error)
            raise Unavailable(error.code) from error
        if event is None:
            await self._row("release", meeting["user_id"], meeting["meeting_id"], meeting["fence"], "foreign id")
            raise Unavailable("the id is taken")
        try:
            await self._nobody_was_quicker(meeting, event)
        except CalendarError as error:
            await self._later(meeting, error)
            raise Unsettled(meeting["meeting_id"]) from error
        return await self._stands(meeting, event)

    async def _nobody_was_quicker(self, meeting: Row, event: Event) -> None:
        """Takes the event back when an older one of somebody else overlaps it. Raises Taken or CalendarError."""
        start, end = span_of(meeting)
        for other in await self._calendars.window(meeting["user_id"], meeting["calendar_id"], start, end):
            if other.id == event.id or other.ours or not other.busy:
                continue
            if other.created is None or event.created is None or other.created <= event.created:
                await self._calendars.delete(
                    meeting["user_id"], meeting["calendar_id"], event.id, notify="attendees" in body_of(meeting)
                )
                await self._row("release", meeting["user_id"], meeting["meeting_id"], meeting["fence"], "taken")
                raise Taken("Somebody was quicker in the calendar itself.")

    async def _stands(self, meeting: Row, event: Event) -> Row:
        key = (meeting["user_id"], meeting["meeting_id"], meeting["fence"])
        now = (event.etag, event.meet_link, event.meet_state, meeting["turn_id"])
        row = await retry_clash(lambda: self._told("stand", "meeting.booked", *key, *now))
        if row is None:
            raise Unsettled(meeting["meeting_id"])  # the sweeper has it by now
        return row

    async def move(self, wish: Wish, meeting_id: str) -> Row:
        """Moves a meeting to an offered time: one row, one patch, the same link. Raises BookingError or StoreAway."""
        row = await retry_clash(lambda: self._moving(wish, meeting_id))
        return row if row["state"] == "scheduled" else await self.moved(row)

    async def _moving(self, wish: Wish, meeting_id: str) -> Row:
        try:
            async with self._pool.acquire() as db, db.transaction():
                meeting = await db.fetchrow(SQL["meeting"], wish.user_id, meeting_id)
                if meeting is None or meeting["conversation_id"] != wish.conversation_id:
                    raise NoMeeting("There is no such meeting.")
                if meeting["token"] == wish.token and meeting["state"] == "scheduled":
                    return meeting
                if meeting["token"] == wish.token and meeting["state"] == "moving":
                    raise Unsettled(meeting_id)
                if wish.by == "customer" and not changeable(meeting):
                    raise TooLate("It begins too soon.")
                taken = await db.fetchrow(SQL["taken"], wish.user_id, wish.token)
                if taken is not None and taken["meeting_id"] != meeting_id:
                    raise OfferGone("This offer was taken before.")
                offer = await self._offer(db, wish)
                if offer["host"] != meeting["host"]:
                    raise OfferGone("That time is with somebody else.")
                await self._room(db, wish, offer, meeting_id)
                row = await db.fetchrow(
                    SQL["move"], wish.user_id, meeting_id, offer["starts_at"], offer["minutes"], offer["gap_minutes"],
                    offer["zone"], wall(offer), wish.token, wish.turn_id, None, SETTLE_SECONDS, wish.by,
                )  # fmt: skip
                if row is None:
                    raise NoMeeting("This meeting does not stand any more.")
                return row
        except asyncpg.ExclusionViolationError:
            raise Taken("Somebody has that time.") from None

    async def moved(self, meeting: Row, *, again: bool = False) -> Row:
        """Tells the calendar the new time; `again`: its customer was told to wait for it.

        Raises Taken, Unavailable, Unsettled or NoMeeting.
        """
        key = (meeting["user_id"], meeting["meeting_id"], meeting["fence"])
        try:
            event = await self._patched(meeting)
        except Taken:
            await self._back(meeting, "taken", again)
            raise
        except (Away, Throttled, Stale) as error:
            await self._later(meeting, error)
            raise Unsettled(meeting["meeting_id"]) from error
        except CalendarError as error:  # of what the owner took out the sync tells
            await self._back(meeting, error.code, again and error.status != 410)
            raise Unavailable(error.code) from error
        row = await retry_clash(lambda: self._told("moved", "meeting.booked", *key, event.etag))
        if row is None:
            raise Unsettled(meeting["meeting_id"])
        return row

    async def _back(self, meeting: Row, why: str, news: bool) -> None:
        """The meeting is where it was, which is `news` for whoever was told to wait. Where somebody has that time by
        now, it is off, for it can stand nowhere. Raises NoMeeting."""
        try:
            await self._row("back", meeting["user_id"], meeting["meeting_id"], meeting["fence"], why, news)
        except asyncpg.ExclusionViolationError:
            with suppress(BookingError):
                await self.cancel(meeting["user_id"], meeting["meeting_id"], by="gateway")
            raise NoMeeting("Neither time is free any more: it is off.") from None

    async def _patched(self, meeting: Row) -> Event:
        """The event at its new time. Raises Taken or CalendarError."""
        key = (meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"])
        event = await self._calendars.get(*key)
        if not event.stands:
            raise Gone("cancelled", status=410)
        if event.start == meeting["meeting_time"]:
            return event  # it was told already, by whoever died behind that
        if meeting["meeting_time"] <= datetime.now(UTC):
            raise Taken("That time is past.")
        try:
            await self._free_for_move(meeting)
        except Taken:
            event = await self._calendars.get(*key)
            if event.stands and event.start == meeting["meeting_time"]:
                return event  # what was sent long ago came only now, and is itself in the way
            raise
        return await self._calendars.patch(*key, times_of(meeting), notify=meeting["invited_at"] is not None)

    async def _free_for_move(self, meeting: Row) -> None:
        """Whether the new time is free but for the meeting itself. Raises Taken or CalendarError."""
        before = json.loads(meeting["before"])
        own = (meeting["moved_from"], meeting["moved_from"] + timedelta(minutes=before["minutes"]))
        found = await entries.busy(self._calendars, meeting)
        # Free/busy knows no ids: what lies inside our own event is taken for it.
        if any(since < own[0] or until > own[1] for since, until in found):
            raise Taken("The calendar has something there.")

    async def cancel(
        self, user_id: str, meeting_id: str, *, turn_id: str | None = None, by: str = "customer", always: bool = False
    ) -> Row:
        """Cancels a meeting; the time is free at once. A customer can be too late for that, unless `always`: then the
        business says so for him. Raises BookingError."""
        row = await self._row("cancel", user_id, meeting_id, turn_id, by, SETTLE_SECONDS, always)
        if row is None:
            found = await self._row("meeting", user_id, meeting_id)
            if found is not None and found["state"] in ("scheduled", "moving"):
                raise TooLate("It begins too soon.")
            if found is None or found["state"] not in ("cancelling", "cancelled"):
                raise NoMeeting("This meeting does not stand.")
            return found
        return await self.cancelled(row)

    async def cancelled(self, meeting: Row) -> Row:
        """Tells the calendar that a meeting is off. Raises Unsettled: it is off all the same, and tried again."""
        left = ""
        try:
            await self._calendars.delete(
                meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"],
                notify=meeting["invited_at"] is not None,
            )  # fmt: skip
        except Gone:
            pass
        except NotConnected:
            left = "not connected"  # the first look of the next connection takes its event out
        except CalendarError as error:
            await self._later(meeting, error)
            raise Unsettled(meeting["meeting_id"]) from error
        key = (meeting["user_id"], meeting["meeting_id"], meeting["fence"])
        row = await retry_clash(lambda: self._told("cancelled", "meeting.cancelled", *key, left))
        if row is None:
            raise Unsettled(meeting["meeting_id"])
        return row

    async def coming(self, user_id: str, customer_id: str) -> Sequence[Row]:
        """What is ahead of a customer."""
        return await retry_clash(lambda: self._pool.fetch(SQL["coming"], user_id, customer_id))

    async def offered(self, user_id: str, conversation_id: str) -> Sequence[Row]:
        """What was offered in a conversation and can still be taken."""
        return await retry_clash(lambda: self._pool.fetch(SQL["offered"], user_id, conversation_id))

    async def untold(self, user_id: str, conversation_id: str) -> Sequence[Row]:
        """What a customer has not been told of yet."""
        return await retry_clash(lambda: self._pool.fetch(SQL["untold"], user_id, conversation_id))

    async def _told(self, step: str, kind: str, *values: object) -> Row | None:
        """A step that the business hears of, in one transaction."""
        async with self._pool.acquire() as db, db.transaction():
            row = await db.fetchrow(SQL[step], *values)
            if row is not None:
                about = json.dumps(public(row), default=str)
                await db.execute(SQL["emit"], row["user_id"], kind, row["conversation_id"], about)
            return row

    async def _row(self, name: str, *values: object) -> Row | None:
        return await retry_clash(lambda: self._pool.fetchrow(SQL[name], *values))

    async def _release(self, meeting: Row, error: CalendarError) -> None:
        observe.log.warning("not_booked", meeting=meeting["meeting_id"], error=type(error).__name__, code=error.code)
        await self._row("release", meeting["user_id"], meeting["meeting_id"], meeting["fence"], error.code)

    async def _later(self, meeting: Row, error: CalendarError) -> None:
        observe.log.warning("unsettled", meeting=meeting["meeting_id"], error=type(error).__name__, code=error.code)
        wait = max(getattr(error, "retry_after", 0.0), AGAIN_SECONDS * 2.0 ** min(meeting["tries"], 6))
        await self._row("later", meeting["user_id"], meeting["meeting_id"], meeting["fence"], error.code, wait)
