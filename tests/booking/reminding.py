"""Reminders as tests need them: rules, a worker whose clock is set by hand, and what was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

from channels import Urls, build_channels
from channels.base import Channel, Window
from gateway.booking.bookings import Bookings
from gateway.booking.reminders import Reminders
from gateway.bus import Bus
from gateway.db import Pool
from gateway.events.mail import Mailer
from tests.booking.diary import SOON, Diary, offer
from tests.business import Business

MADRID = ZoneInfo("Europe/Madrid")
DAY, HOURS = 1440, 120
CHANNELS: Mapping[str, Channel] = build_channels(
    cast(Any, None), Urls(graph="", instagram="", twilio="")
)  # to cut only
PLATFORMS = ("whatsapp", "instagram", "sms", "webchat")
OPEN: Mapping[str, Window] = dict.fromkeys(PLATFORMS, Window())
RULES: dict[str, Any] = {
    "zone": "Europe/Madrid", "title": "Cleaning", "quiet_hours": None, "hours": {"mon": [["09:00", "18:00"]]},
    "reminders": [{"before_minutes": DAY}, {"before_minutes": HOURS}],
}  # fmt: skip


@dataclass
class Clock:
    """A time that a test sets; what is due by it is due in the store as well."""

    pool: Pool
    now: datetime = datetime(2026, 12, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    async def reach(self, moment: datetime) -> None:
        self.now = moment
        await self.pool.execute(
            "update meeting_reminders set due_at = now() where due_at > now() and due_at <= $1", moment
        )


async def rule(business: Business, **more: Any) -> None:
    """Gives every agent rules."""
    await business.pool.execute("update agents set booking = $1::jsonb", json.dumps(RULES | more))


def reminding(
    clock: Clock, *, owner: str = "node-1", windows: Mapping[str, Window] = OPEN, mailer: Mailer | None = None,
    bus: Bus | None = None, **more: Any,
) -> Reminders:  # fmt: skip
    cuts = {name: one.parts for name, one in CHANNELS.items()}
    return Reminders(clock.pool, bus or Bus(), cuts, windows, mailer, owner=owner, clock=clock, **more)


async def look(worker: Reminders) -> None:
    """Everything that is due is worked on, until nothing is."""
    while claims := await worker.claim(20):
        for claim in claims:
            await worker.work(claim)


async def book(business: Business, diary: Diary, start: datetime = SOON, **more: Any) -> Any:
    """A meeting that stands."""
    bookings = Bookings(business.pool, diary, tz_version="x")
    return await bookings.book(await offer(business, start, **more))


async def rows(pool: Pool, *states: str) -> list[Any]:
    """The reminders in some states, in order of time."""
    found = await pool.fetch(
        "select * from meeting_reminders where kind <> 'plan' and (cardinality($1::text[]) = 0 or state = any($1)) "
        "order by for_time, minutes desc, meeting_id",
        list(states),
    )
    return list(found)


async def reminders_of(business: Business, customer: str = "4670111") -> list[str]:
    """The reminders that a customer read."""
    return [text for _, author, text in await business.transcript(customer) if text.startswith("A reminder")]
