"""What the owner changes in the calendar itself comes back: meetings that he moved or took out follow, and the sweeper
tells the customer. https://developers.google.com/workspace/calendar/api/guides/sync

Every calendar is asked now and then for what changed since the last look; a push only makes that sooner. A list is old
by the time it is read, and we write too: a difference is believed only when the event, read once more, still shows it,
and the meeting has not changed since before that. All of it can be done again without harm, so a look that ends halfway
is repeated with the token of the last one that was complete.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import asyncpg
from aiohttp import web

from gateway import observe
from gateway.booking.calendars import (
    Away,
    CalendarError,
    Changes,
    Event,
    Gone,
    NotConnected,
    Refused,
    SyncExpired,
    Throttled,
)
from gateway.booking.meeting import gap_of, public, wall
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import StoreAway
from gateway.worker import Worker

SQL = queries(__file__)
EVERY_SECONDS = 600.0
WATCH_SECONDS = 60.0  # until a calendar that was connected a moment ago is looked at
LOOK_SECONDS, LEASE_SECONDS = 240.0, 300.0
AGAIN_SECONDS = 30.0
READINGS = 3
WHOLE_DAY_MINUTES = 23 * 60  # of the shortest day; an event of a day has no time to come at
STANDING = ("booking", "scheduled", "moving", "cancelling")


class Watched(Protocol):
    """A calendar that says what changed. Every call raises CalendarError."""

    async def changes(self, user_id: str, calendar: str, sync_token: str | None) -> Changes: ...
    async def get(self, user_id: str, calendar: str, event_id: str) -> Event: ...
    async def delete(self, user_id: str, calendar: str, event_id: str, *, notify: bool) -> None: ...


class _Superseded(Exception):
    """Another looks at this calendar by now."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What is done to a meeting: a query, its values behind the meeting's own, and what others are told."""

    query: str
    kind: str
    values: Sequence[object] = ()


class Sync(Worker):
    """Looks at the calendars that are due, each by one process at a time."""

    topic = "calendars"

    def __init__(self, pool: Pool, bus: Bus, calendars: Watched, *, owner: str, capacity: int = 4) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._calendars = calendars
        self._owner = owner

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Takes in calendars that were connected, and lets go of those that were not kept, until cancelled."""
        while True:
            try:
                await self.watch()
            except Exception as error:  # the boundary of a worker loop: the next round does the same
                observe.log.warning("watch_failed", error=type(error).__name__)
            await asyncio.sleep(WATCH_SECONDS)

    async def watch(self) -> None:
        """Makes a row for each calendar that is to be looked at. Raises StoreAway."""
        await self._run("watch")
        self.wake()

    async def work(self, claim: asyncpg.Record) -> None:
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                await self._look(claim)
        except _Superseded:
            observe.log.warning("sync_superseded", user=claim["user_id"])
        except TimeoutError:
            await self._later(claim, "timeout")
        except CalendarError as error:
            await self._later(claim, error.code, getattr(error, "retry_after", 0.0))

    async def _look(self, claim: Row) -> None:
        whole, changes = await self._changes(claim)
        by_id = {one.id: one for one in changes.events if _plain(one.id)}
        by_meeting = {one.ours: one for one in changes.events if _plain(one.ours)}
        key = (claim["user_id"], claim["calendar_id"])
        rows = await retry_clash(lambda: self._pool.fetch(SQL["concerned"], *key, list(by_id), list(by_meeting), whole))
        settled = True
        for row in rows:
            # The meeting in the properties names it too, but a copy of an event has them as well: the id comes first.
            listed = by_id.get(row["google_event_id"]) or by_meeting.get(row["meeting_id"])
            if row["disputed"] or listed is None or not _agree(row, listed):
                settled &= await self._settled(claim, row, listed)
        if settled:
            await self._run("done", *key, claim["fence"], changes.token, EVERY_SECONDS)
        else:
            await self._later(claim, "unsettled")

    async def _changes(self, claim: Row) -> tuple[bool, Changes]:
        """Whether everything was looked at, and what there is. Raises CalendarError."""
        key = (claim["user_id"], claim["calendar_id"])
        if claim["sync_token"]:
            try:
                return False, await self._calendars.changes(*key, claim["sync_token"])
            except (SyncExpired, Refused) as error:  # a token of an older connection may be refused
                observe.log.info("sync_anew", user=claim["user_id"], code=error.code)
        return True, await self._calendars.changes(*key, None)

    async def _settled(self, claim: Row, row: Row, listed: Event | None) -> bool:
        """Whether nothing is left to do about a meeting; it never keeps the others from theirs.

        Raises StoreAway, _Superseded, and of a calendar what goes for all of its events.
        """
        name = row["meeting_id"]
        try:
            return await self._compare(claim, row, listed)
        except (StoreAway, _Superseded, Throttled, NotConnected):
            raise
        except CalendarError as error:
            observe.log.warning("not_compared", meeting=name, error=type(error).__name__, code=error.code)
            return not isinstance(error, Away)
        except Exception:  # the boundary of one meeting: it is looked at again, the others go on
            observe.log.exception("not_compared", meeting=name)
            return False

    async def _compare(self, claim: Row, row: Row, listed: Event | None) -> bool:
        key = (row["user_id"], row["meeting_id"])
        for _ in range(READINGS):
            meeting = await retry_clash(lambda: self._pool.fetchrow(SQL["meeting"], *key))
            if meeting is None or meeting["state"] not in STANDING:
                if meeting is not None and _given_up(meeting):
                    await self._take_out(meeting, listed)
                await self._run("resolve", *key)
                return True
            event = await self._event(meeting, listed)
            if event is None:  # what is not booked yet may be missing
                return meeting["state"] != "scheduled" or await self._dispute(meeting, "missing")
            if _agree(meeting, event):
                await self._run("resolve", *key)
                return True
            if meeting["state"] != "scheduled":
                return False  # the sweeper's; once it stands, this is looked at again
            if await self._followed(claim, meeting, event):
                return True
        return False

    async def _take_out(self, meeting: Row, listed: Event | None) -> None:
        """An event of ours for a meeting that was given up: it was sent before that, and arrived after it."""
        if listed is not None and listed.stands and listed.id == meeting["google_event_id"]:
            observe.log.warning("event_came_too_late", meeting=meeting["meeting_id"])
            with suppress(Gone):
                await self._calendars.delete(meeting["user_id"], meeting["calendar_id"], listed.id, notify=False)

    async def _event(self, meeting: Row, listed: Event | None) -> Event | None:
        """The event as it is now; None when nobody ever heard of it, which says nothing."""
        event_id = meeting["google_event_id"]
        try:
            return await self._calendars.get(meeting["user_id"], meeting["calendar_id"], event_id)
        except Gone as error:
            known = listed is not None and listed.id == event_id and not listed.stands
            return Event(id=event_id, status="cancelled") if known or error.status == 410 else None

    async def _followed(self, claim: Row, meeting: Row, event: Event) -> bool:
        """Does to a meeting what the owner did to its event; false when it changed in the meantime."""
        if not event.stands:
            return bool(meeting["over"]) or await self._do(claim, meeting, _Step("called_off", "meeting.cancelled"))
        minutes = _minutes(event)
        if event.start is None or not 0 < minutes < WHOLE_DAY_MINUTES:
            return await self._dispute(meeting, "no_time", event.start)
        try:
            return await self._do(claim, meeting, _move(meeting, event, event.start, minutes))
        except asyncpg.ExclusionViolationError:
            return await self._dispute(meeting, "taken", event.start)

    async def _do(self, claim: Row, meeting: Row, step: _Step) -> bool:
        done = await retry_clash(lambda: self._done_at_once(claim, meeting, step))
        if done:
            observe.log.info("owner_changed", meeting=meeting["meeting_id"], step=step.query)
            self._bus.publish("meetings")
        return done

    async def _done_at_once(self, claim: Row, meeting: Row, step: _Step) -> bool:
        """One transaction: still ours, still the meeting that was read, done, told."""
        key = (meeting["user_id"], meeting["meeting_id"])
        known_by = (meeting["sequence"], meeting["meeting_time"], meeting["duration_minutes"])
        async with self._pool.acquire() as db, db.transaction():
            if not await db.fetchval(SQL["ours"], claim["user_id"], claim["calendar_id"], claim["fence"]):
                raise _Superseded
            row = await db.fetchrow(SQL[step.query], *key, *known_by, *step.values)
            if row is None:
                return False
            await db.fetchval(SQL["emit"], row["user_id"], step.kind, row["conversation_id"], _written(public(row)))
            await db.fetchval(SQL["resolve"], *key)
            return True

    async def _dispute(self, meeting: Row, why: str, wanted: datetime | None = None) -> bool:
        """The meeting stays as it is, and the business is told. Until that is put right, it is looked at each time."""
        observe.log.warning("booking_conflict", meeting=meeting["meeting_id"], why=why)
        about = {
            "why": why, "conversation_id": meeting["conversation_id"], "meeting_time": meeting["meeting_time"],
            "wanted": wanted, "timezone": meeting["timezone"],
        }  # fmt: skip
        await self._run("dispute", meeting["user_id"], meeting["meeting_id"], _written(about))
        return True

    async def _later(self, claim: Row, why: str, seconds: float = 0.0) -> None:
        observe.log.warning("sync_later", user=claim["user_id"], why=why)
        wait = max(seconds, min(EVERY_SECONDS, AGAIN_SECONDS * 2.0 ** min(claim["tries"], 10)))
        await self._run("later", claim["user_id"], claim["calendar_id"], claim["fence"], why, wait)

    async def _run(self, name: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[name], *values))


def push_routes(pool: Pool, bus: Bus) -> list[web.RouteDef]:
    """Where Google says that a calendar changed. It says neither what nor how, and it may say nothing at all."""

    async def receive(request: web.Request) -> web.Response:
        channel = request.headers.get("X-Goog-Channel-ID", "")
        given = hashlib.sha256(request.headers.get("X-Goog-Channel-Token", "").encode(errors="replace")).digest()
        known = _plain(channel) and len(channel) <= 64
        row = await retry_clash(lambda: pool.fetchrow(SQL["channel"], channel)) if known else None
        # Whoever does not know the token learns nothing, not even that there is such a channel.
        if not hmac.compare_digest(given, row["token_hash"] if row else b"") or row is None:
            raise web.HTTPNotFound
        if request.headers.get("X-Goog-Resource-State") != "sync":  # that one only says that the channel is open
            key = (row["user_id"], row["calendar_id"])
            await retry_clash(lambda: pool.execute(SQL["hasten"], *key))
            bus.publish(Sync.topic)
        return web.Response(status=204)

    return [web.post("/google/push", receive)]


def _agree(meeting: Row, event: Event) -> bool:
    """Whether meeting and event say the same; so do our own writes when they come back."""
    if event.id != meeting["google_event_id"]:
        return False
    if not event.stands:
        return meeting["state"] in ("cancelling", "released")
    if meeting["state"] in ("cancelling", "released"):
        return False
    return (event.start, _minutes(event)) == (meeting["meeting_time"], meeting["duration_minutes"])


def _minutes(event: Event) -> int:
    """How long an event lasts; 0 when that can't be read."""
    return round((event.end - event.start).total_seconds() / 60) if event.start and event.end else 0


def _move(meeting: Row, event: Event, start: datetime, minutes: int) -> _Step:
    zone = meeting["timezone"] or "UTC"
    over = start + timedelta(minutes=minutes) <= meeting["read_at"]
    # One that only lasts longer is no news, nor is what was: customers read when a meeting begins.
    tell = start != meeting["meeting_time"] and not (meeting["over"] and over)
    values = (start, minutes, gap_of(meeting), wall({"starts_at": start, "zone": zone}), event.etag[:100], tell)
    return _Step("follow", "meeting.booked", values)


def _plain(text: str) -> bool:
    return bool(text) and text.isascii() and text.isprintable()


def _written(about: dict[str, Any]) -> str:
    return json.dumps(about, default=str)


def _given_up(meeting: Row) -> bool:
    """Whether an event of it is one that we could not take back."""
    return bool(meeting["state"] == "released" or (meeting["state"] == "cancelled" and meeting["problem"]))
