"""Settles what stopped halfway, tells customers what they were not told, and ends meetings that are over.

It looks into the calendar before it does anything: whatever died may have died behind the calendar's answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import asyncpg

from gateway import observe
from gateway.booking.bookings import Bookings
from gateway.booking.calendars import CalendarError, Calendars, Gone
from gateway.booking.guests import Guests
from gateway.booking.meeting import BookingError, Unsettled, body_of, span_of
from gateway.booking.words import Address, message, written
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.drafts import Cuts
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 120.0
GIVE_UP_TRIES = 12
LINK_SECONDS = (1.0, 2.0, 4.0, 8.0, 30.0, 120.0, 600.0)
TURN_SECONDS = 3.0
KEEP_DAYS, FORGET_SECONDS = 30, 3600.0


class Sweeper(Worker):
    """Looks at meetings that are due. `cuts` say what each platform can send in one part."""

    topic = "meetings"

    def __init__(
        self, pool: Pool, bus: Bus, bookings: Bookings, calendars: Calendars, cuts: Mapping[str, Cuts], *, owner: str,
        address: Address | None = None, capacity: int = 8,
    ) -> None:  # fmt: skip
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._bookings = bookings
        self._calendars = calendars
        self._cuts = cuts
        self._owner = owner
        self._address = address
        self._guests = Guests(pool, calendars)

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Removes offers that nobody can take any more. A lease is longer than a look, so it needs no renewal."""
        while True:
            try:
                await self._pool.execute(SQL["forget"], KEEP_DAYS)
            except Exception as error:  # the boundary of a worker loop: the next hour does it
                observe.log.warning("offers_not_removed", error=type(error).__name__)
            await asyncio.sleep(FORGET_SECONDS)

    async def work(self, claim: asyncpg.Record) -> None:
        match claim["state"]:
            case "held":
                await self._run("expired", *_key(claim))
            case "booking":
                await self._settle(claim)
            case "moving" | "cancelling":
                await self._again(claim)
            case _:
                await self._look_after(claim)

    async def _settle(self, meeting: Row) -> None:
        """A booking that stopped between our word and the calendar's."""
        try:
            event = await self._calendars.get(meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"])
            there = event.stands and event.ours == meeting["meeting_id"]
        except Gone:
            there = False
        except CalendarError as error:
            await self._wait(meeting, error.code)
            return
        if not there and meeting["meeting_time"] <= datetime.now(UTC):
            await self._give_up(meeting, "too late")
            return
        try:
            await self._look_after(
                await (self._bookings.tell(meeting) if there else self._bookings.confirm(meeting, again=True))
            )
        except Unsettled:
            if meeting["tries"] >= GIVE_UP_TRIES:
                await self._give_up(meeting, "unsettled")
        except BookingError as error:
            observe.log.warning("not_settled", meeting=meeting["meeting_id"], error=type(error).__name__)
            await self._say_so(meeting)

    async def _give_up(self, meeting: Row, why: str) -> None:
        with suppress(CalendarError):  # it may be there after all
            await self._calendars.delete(
                meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"],
                notify="attendees" in body_of(meeting),
            )  # fmt: skip
        await self._run("given_up", *_key(meeting), why)

    async def _say_so(self, meeting: Row) -> None:
        """It was released a moment ago; whoever waits for it has to hear of that."""
        await self._run("regret", *_key(meeting))

    async def _again(self, meeting: Row) -> None:
        moves = meeting["state"] == "moving"
        step = self._bookings.moved(meeting, again=True) if moves else self._bookings.cancelled(meeting)
        try:
            await self._look_after(await step)  # who waits for word of it has waited long enough
        except BookingError as error:
            observe.log.warning("not_settled", meeting=meeting["meeting_id"], error=type(error).__name__)

    async def _look_after(self, meeting: Row) -> None:
        """A meeting that stands, or does not any more: its link, the customer's word, its end."""
        if meeting["state"] == "scheduled" and meeting["meet_state"] == "pending":
            await self._link(meeting)
        invites = await self._guests.invite(meeting)
        rest = None
        if not await self._tell(meeting):
            rest = TURN_SECONDS
        elif meeting["state"] == "released":  # whoever said so: the line promises a person
            conversation = (meeting["user_id"], meeting["conversation_id"])
            await retry_clash(lambda: self._pool.execute(SQL["hand_over"], *conversation, "not_booked"))
        elif meeting["state"] == "scheduled":
            over = (span_of(meeting)[1] - datetime.now(UTC)).total_seconds()
            if over <= 0:
                await self._run("completed", *_key(meeting))
                return
            pending = meeting["meet_state"] == "pending" and meeting["tries"] < len(LINK_SECONDS)
            rest = min(over, LINK_SECONDS[meeting["tries"]]) if pending else over
            rest = rest if invites is None else min(rest, invites)
        await self._run("rest", *_key(meeting), rest)

    async def _link(self, meeting: Row) -> None:
        try:
            event = await self._calendars.get(meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"])
        except CalendarError:
            return
        if event.meet_state != "pending":
            await self._run("linked", *_key(meeting), event.meet_link, event.meet_state)

    async def _tell(self, meeting: Row) -> bool:
        """Whether the customer knows. False while a turn runs, which may be about to tell him."""
        about = await self._pool.fetchrow(SQL["about"], meeting["user_id"], meeting["meeting_id"])
        if about is None or about["state"] in ("moving", "cancelling") or about["change"] <= about["told_change"]:
            return True
        address = None if about["platform"] == "sms" else self._address
        language = about["customer_language"] or about["language"]
        what = message([about], language, self._cuts[about["platform"]], address)
        if what is None:
            return True
        key = (about["user_id"], about["meeting_id"], about["change"], about["told_change"])
        number = await retry_clash(lambda: self._pool.fetchval(SQL["tell"], *key, about["platform"], written(what)))
        if number:
            self._bus.publish("outbox")
            self._bus.publish(f"conversation:{about['conversation_id']}")
        return number is not None

    async def _wait(self, meeting: Row, why: str) -> None:
        if meeting["tries"] >= GIVE_UP_TRIES:
            await self._give_up(meeting, why)
            return
        await self._run("rest", *_key(meeting), min(600.0, 5.0 * 2.0 ** meeting["tries"]))

    async def _run(self, name: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[name], *values))


def _key(meeting: Row) -> tuple[str, str, int]:
    return meeting["user_id"], meeting["meeting_id"], meeting["fence"]
