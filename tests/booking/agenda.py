"""A calendar that says what changed in it, and looks at it as the gateway takes them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Changes, Event, SyncExpired
from gateway.booking.sync import Sync
from gateway.bus import Bus
from gateway.db import Pool
from tests.booking.diary import SOON, Diary, offer
from tests.business import Business

LATER = SOON + timedelta(hours=3)


class _Kept(dict[str, Event]):
    """Events, and in which order they were changed."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def __setitem__(self, event_id: str, event: Event) -> None:
        super().__setitem__(event_id, event)
        self.order.append(event_id)


@dataclass
class Agenda(Diary):
    """A diary that says what changed. What is `purged` is in no list any more."""

    events: dict[str, Event] = field(default_factory=_Kept)
    expired: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    asked: list[str | None] = field(default_factory=list)

    async def changes(self, user_id: str, calendar: str, sync_token: str | None) -> Changes:
        self.asked.append(sync_token)
        await self._goes("changes")
        if sync_token in self.expired:
            raise SyncExpired("fullSyncRequired", status=410)
        assert isinstance(self.events, _Kept)
        order = self.events.order
        ids = [one for one in dict.fromkeys(order[int(sync_token or 0) :]) if one not in self.purged]
        listed = [_listed(self.events[one]) for one in ids]
        token = str(len(order))
        await self._went("changes")
        return Changes(events=listed, token=token)

    def moves(self, event_id: str, start: datetime, minutes: int = 30) -> None:
        """The owner drags an event elsewhere."""
        old = self.events[event_id]
        self.events[event_id] = replace(
            old, start=start, end=start + timedelta(minutes=minutes), etag=str(int(old.etag) + 1)
        )

    def drops(self, event_id: str) -> None:
        """The owner deletes an event."""
        self.events[event_id] = replace(self.events[event_id], status="cancelled")


def _listed(event: Event) -> Event:
    """As Google lists it: of what was deleted perhaps nothing but the id."""
    return event if event.stands else Event(id=event.id, status="cancelled")


async def connect(business: Business) -> None:
    """Connects a business's calendar."""
    await business.pool.execute(
        "insert into google_calendar_tokens (user_id, access_token, refresh_token, token_expiry, scope) "
        "values ($1, '', '', now(), '')",
        business.user_id,
    )


def sync_of(pool: Pool, agenda: Agenda, owner: str = "node-1") -> Sync:
    return Sync(pool, Bus(), agenda, owner=owner)


async def look(pool: Pool, agenda: Agenda, owner: str = "node-1") -> None:
    """Every calendar is looked at now."""
    sync = sync_of(pool, agenda, owner)
    await sync.recover()
    await sync.watch()
    await pool.execute("update calendar_syncs set due_at = now()")
    for claim in await sync.claim(10):
        await sync.work(claim)


async def booked(business: Business, agenda: Agenda, start: datetime = SOON, **more: Any) -> Any:
    """A meeting that stands, its customer told, and the calendar looked at since."""
    row = await Bookings(business.pool, agenda, tz_version="x").book(await offer(business, start, **more))
    await business.pool.execute("update meetings set told_change = change")
    await look(business.pool, agenda)
    return await now(business.pool, row)


async def now(pool: Pool, row: Any) -> Any:
    return await pool.fetchrow("select * from meetings where meeting_id = $1", row["meeting_id"])


async def state(pool: Pool) -> Any:
    return await pool.fetchrow("select * from calendar_syncs")


async def conflicts(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select subject, detail->>'why' as why from system_alerts "
        "where alert_type = 'booking_conflict' and resolved_at is null"
    )
    return [row["why"] for row in rows]


async def kinds(pool: Pool) -> list[str]:
    return [row["type"] for row in await pool.fetch("select type from events order by seq")]
