"""A calendar in memory that behaves as Google's: own ids, duplicates, free/busy, and failures on request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.booking.calendars import Busy, Connection, Event, Exists, Gone, Stale
from gateway.booking.meeting import Wish
from gateway.db import Pool
from gateway.ids import uuid7
from tests.actor import say
from tests.business import Business

Fault = Exception | Callable[[], Awaitable[None]]


@dataclass
class Diary:
    """Implements `gateway.booking.calendars.Calendars`. `before` and `after` hold what goes wrong with the next calls
    of a method, before or behind its effect."""

    events: dict[str, Event] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    before: dict[str, list[Fault | None]] = field(default_factory=dict)
    after: dict[str, list[Fault | None]] = field(default_factory=dict)
    state: str = "connected"
    letters: list[tuple[str, str]] = field(default_factory=list)  # what the calendar wrote to guests

    async def connection(self, user_id: str) -> Connection | None:
        if self.state == "none":
            return None
        return Connection(
            state=self.state, account="a", write_calendar="primary", check_calendars=("primary",), zone="UTC"
        )

    async def busy(self, user_id: str, calendars: Sequence[str], since: datetime, until: datetime) -> list[Busy]:
        await self._goes("busy")
        return [(one.start, one.end) for one in self._overlapping(since, until) if one.start and one.end and one.busy]

    async def insert(self, user_id: str, calendar: str, body: Mapping[str, Any], *, notify: bool) -> Event:
        await self._goes("insert")
        if body["id"] in self.events:
            raise Exists("duplicate", status=409)
        start, end = (datetime.fromisoformat(body[name]["dateTime"]) for name in ("start", "end"))
        event = Event(
            id=body["id"], start=start, end=end, etag="1", summary=body["summary"], created=datetime.now(UTC),
            private=body["extendedProperties"]["private"], meet_link="https://meet.example/x", meet_state="ready",
            guests=body.get("attendees", ()),
        )  # fmt: skip
        self.events[event.id] = event
        self._writes("invited", event, notify)
        await self._went("insert")
        return event

    async def get(self, user_id: str, calendar: str, event_id: str) -> Event:
        await self._goes("get")
        if event_id not in self.events:
            raise Gone("notFound", status=404)
        return self.events[event_id]

    async def patch(
        self, user_id: str, calendar: str, event_id: str, body: Mapping[str, Any], *, etag: str = "", notify: bool
    ) -> Event:
        await self._goes("patch")
        old = await self.get(user_id, calendar, event_id)
        if etag and etag != old.etag:
            raise Stale("conditionNotMet", status=412)
        times = {name: datetime.fromisoformat(body[name]["dateTime"]) for name in ("start", "end") if name in body}
        guests = body.get("attendees", old.guests)
        self.events[event_id] = replace(old, guests=guests, etag=str(int(old.etag or 0) + 1), **times)
        self._writes("moved" if times else "invited", self.events[event_id], notify)
        await self._went("patch")
        return self.events[event_id]

    async def delete(self, user_id: str, calendar: str, event_id: str, *, notify: bool) -> None:
        await self._goes("delete")
        if event_id not in self.events:
            raise Gone("notFound", status=404)
        self.events[event_id] = replace(self.events[event_id], status="cancelled")
        self._writes("cancelled", self.events[event_id], notify)
        await self._went("delete")

    async def window(self, user_id: str, calendar: str, since: datetime, until: datetime) -> list[Event]:
        await self._goes("window")
        return self._overlapping(since, until)

    def own(self, start: datetime, minutes: int = 60, **more: Any) -> Event:
        """The owner writes something into the calendar."""
        event = Event(
            id=uuid7(), start=start, end=start + timedelta(minutes=minutes), created=datetime.now(UTC), **more
        )
        self.events[event.id] = event
        return event

    @property
    def standing(self) -> list[Event]:
        """What takes place."""
        return [one for one in self.events.values() if one.stands]

    def _overlapping(self, since: datetime, until: datetime) -> list[Event]:
        return [one for one in self.standing if one.start and one.end and one.start < until and one.end > since]

    def _writes(self, what: str, event: Event, notify: bool) -> None:
        self.letters += [(what, one["email"]) for one in event.guests if notify]

    async def _goes(self, name: str) -> None:
        self.calls[name] += 1
        await asyncio.sleep(0)
        await _strike(self.before.get(name))

    async def _went(self, name: str) -> None:
        await _strike(self.after.get(name))


async def _strike(faults: list[Fault | None] | None) -> None:
    fault = faults.pop(0) if faults else None
    if isinstance(fault, Exception):
        raise fault
    if fault is not None:
        await fault()


SOON = datetime(2030, 1, 7, 9, tzinfo=UTC)  # a Monday


async def offer(
    business: Business, start: datetime = SOON, *, customer: str = "4670111", host: str = "", gap: int = 0,
    minutes: int = 30, zone: str = "Europe/Madrid", age: int = 0,
) -> Wish:  # fmt: skip
    """A time offered to a customer, who writes first when he never did; the wish for it."""
    if await business.conversation(customer) is None:
        await say(business, "I would like to come", customer=customer)
    conversation_id = (await business.conversation(customer))["conversation_id"]
    token = uuid7()
    await business.pool.execute(
        "insert into offers (user_id, token, conversation_id, agent_id, host, starts_at, minutes, gap_minutes, zone, "
        "label, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'a time', now() + $10 * interval '1 minute')",
        business.user_id, token, conversation_id, business.number.agent_id, host, start, minutes, gap, zone, 60 - age,
    )  # fmt: skip
    return Wish(user_id=business.user_id, conversation_id=conversation_id, token=token)


async def meetings(pool: Pool, *states: str) -> list[Any]:
    """The meetings in some states, by time."""
    rows = await pool.fetch(
        "select * from meetings where state = any($1) order by meeting_time, created_at", list(states)
    )
    return list(rows)
