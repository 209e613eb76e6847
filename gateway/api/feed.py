"""What changes in a business, read once for everybody who watches it, and again for who comes back.

Every kind of row is read by a moment, sixty seconds of it twice, because a row bears the time at which its transaction
began; what was told already is left out. The inbox alone is numbered, by its one writer.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from pydantic_core import to_json

from gateway.audience import ANNOUNCE_SECONDS, TOPIC
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import StoreAway
from gateway.observe import log

SQL = queries(__file__)
LOOK_SECONDS = 2.0  # what another process says may be lost; what it stored is not
SOON_SECONDS = 0.2  # between two looks
LATE = timedelta(seconds=60)
MOST_BEHIND = 5000  # pieces that wait for one watcher before he is sent away
WORDS = frozenset({"lead", "writing", "read", "media", "rehearsal"})  # what others say on the bus, passed on as it is
STATEMENTS = {"status": "message_id", "meeting": "meeting_id", "alert": "alert_id"}
PAGE = {"events": 500, "conversation": 200, "status": 500, "meeting": 500, "alert": 500}


class Reading:
    """One position in everything that changes. `look` tells what is behind it and moves on."""

    def __init__(self, pool: Pool, user_id: str) -> None:
        self._pool = pool
        self._user_id = user_id
        self._since = dict.fromkeys(("events", *STATEMENTS), datetime.now(UTC))
        self._told: dict[str, dict[str, datetime]] = {name: {} for name in self._since}
        self._change_no = 0
        self.safe = datetime.now(UTC)  # whoever begins again from here misses nothing

    async def begin(self, since: datetime | None) -> None:
        """Goes to a moment; without one to now, behind what was told to others. Raises StoreAway."""
        now: datetime = await self._one("now")
        begin = (since or now) - LATE
        self._since = dict.fromkeys(self._since, begin)
        self._change_no = await (self._one("numbered", begin) if since else self._one("last_change"))
        self.safe = since or now
        if since is None:
            number = self._change_no
            await self.look()
            self._change_no = number

    async def look(self, *, statuses: bool = True) -> list[str]:
        """What is new, as server-sent events without ids. Raises StoreAway."""
        now: datetime = await self._one("now")
        pieces, reached = await self._events(now)
        rows = await self._rows("conversations", self._change_no)
        for row in rows:
            self._change_no = row["change_no"]
            pieces.append(piece("conversation", _shown(row, "change_no")))
        reached = min(reached, rows[-1]["changed_at"] if len(rows) == PAGE["conversation"] else now)
        for kind, key in STATEMENTS.items():
            if kind != "status" or statuses:
                more, end = await self._changed(kind, key, now)
                pieces += more
                reached = min(reached, end)
        self.safe = max(self.safe, reached)
        return pieces

    async def _events(self, now: datetime) -> tuple[list[str], datetime]:
        told = self._told["events"]
        rows = await self._rows("events", self._since["events"], list(told))
        told |= {row["event_id"]: row["created_at"] for row in rows}
        return [_event(row) for row in rows], self._move("events", rows, "created_at", now)

    async def _changed(self, kind: str, key: str, now: datetime) -> tuple[list[str], datetime]:
        query = {"status": "statuses", "meeting": "meetings", "alert": "alerts"}[kind]
        rows = await self._rows(query, self._since[kind])
        told = self._told[kind]
        if len(rows) == PAGE[kind] and rows[-1]["moved_at"] == self._since[kind]:
            self._since[kind] += timedelta(microseconds=1)  # more than a page at one moment: the rest is in the lists
        fresh = [row for row in rows if told.get(row[key]) != row["moved_at"]]
        told |= {row[key]: row["moved_at"] for row in rows}
        return [piece(kind, _shown(row, "moved_at")) for row in fresh], self._move(kind, rows, "moved_at", now)

    def _move(self, kind: str, rows: Sequence[Row], column: str, now: datetime) -> datetime:
        """Goes on behind the rows; a full page ends where it ends."""
        reached: datetime = rows[-1][column] if len(rows) >= PAGE[kind] else now
        full = len(rows) >= PAGE[kind] and kind != "events"
        self._since[kind] = max(self._since[kind], reached if full else reached - LATE)
        self._told[kind] = {one: at for one, at in self._told[kind].items() if at >= self._since[kind]}
        return reached

    async def _one(self, query: str, *more: object) -> Any:
        args = () if query == "now" else (self._user_id, *more)
        return await retry_clash(lambda: self._pool.fetchval(SQL[query], *args))

    async def _rows(self, query: str, *more: object) -> Sequence[Row]:
        return await retry_clash(lambda: self._pool.fetch(SQL[query], self._user_id, *more))


@dataclass(slots=True, eq=False)
class Watcher:
    """One open stream: what is to be written to it. `lost` says that it fell too far behind."""

    pieces: list[str] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False

    def add(self, pieces: Sequence[str]) -> None:
        """Gives it something to write."""
        self.lost = self.lost or len(self.pieces) + len(pieces) > MOST_BEHIND
        if not self.lost:
            self.pieces.extend(pieces)
        self.woken.set()


class Feed:
    """What one business's watchers in this process see; it runs while there are any."""

    def __init__(self, pool: Pool, bus: Bus, user_id: str) -> None:
        self._bus = bus
        self._user_id = user_id
        self.watchers: set[Watcher] = set()
        self._reading = Reading(pool, user_id)
        self._woken = asyncio.Event()
        self._statuses = True
        self._writing: dict[str, Callable[[], None]] = {}
        self._task: asyncio.Task[None] | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self) -> None:
        """Begins to read."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends it."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        listen = self._bus.listen
        forget = [
            listen("events", self._wake), listen("meetings", self._wake), listen("outbox", self._moved),
            listen(f"sent:{self._user_id}", self._moved), listen(f"live:{self._user_id}", self._heard),
        ]  # fmt: skip
        announced = -ANNOUNCE_SECONDS
        clock = asyncio.get_running_loop().time
        try:
            while True:
                if clock() - announced >= ANNOUNCE_SECONDS:
                    announced = clock()
                    self._bus.publish(TOPIC, self._user_id)
                self._woken.clear()
                await self._look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
                await asyncio.sleep(SOON_SECONDS)
        finally:
            for one in (*forget, *self._writing.values()):
                one()

    async def _look(self) -> None:
        try:
            if not self.ready.done():
                await self._reading.begin(None)
                self.ready.set_result(None)
            statuses, self._statuses = self._statuses, False
            pieces = await self._reading.look(statuses=statuses)
        except (StoreAway, asyncpg.PostgresError) as error:
            log.info("feed_waits", error=type(error).__name__)
            return
        if pieces:
            self._tell([*pieces, position(self._reading.safe)])

    def _tell(self, pieces: Sequence[str]) -> None:
        for watcher in tuple(self.watchers):
            watcher.add(pieces)

    def _wake(self, _key: str) -> None:
        self._woken.set()

    def _moved(self, _key: str) -> None:
        self._statuses = True
        self._woken.set()

    def _heard(self, key: str) -> None:
        """A word about this business: empty when its inbox changed."""
        if not key:
            self._woken.set()
            return
        try:
            word = json.loads(key)
            kind, conversation = word["type"], str(word.get("conversation_id", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            return
        if kind not in WORDS:
            return
        self._tell([f"event: {kind}\ndata: {json.dumps(word, ensure_ascii=False)}\n\n"])
        if kind == "writing" and word.get("by") != "member":
            self._follow(conversation, begins=word.get("state") == "on")

    def _follow(self, conversation: str, *, begins: bool) -> None:
        """Passes on what is streamed in a conversation, for as long as somebody writes in it."""
        if forget := self._writing.pop(conversation, None):
            forget()
        if not begins:
            return

        def heard(key: str) -> None:
            delta = {"type": "delta", "conversation_id": conversation, **json.loads(key)}
            self._tell([f"event: delta\ndata: {json.dumps(delta, ensure_ascii=False)}\n\n"])

        self._writing[conversation] = self._bus.listen(f"delta:{conversation}", heard)


def piece(kind: str, data: Mapping[str, Any]) -> str:
    """One server-sent event."""
    return f"event: {kind}\ndata: {to_json({'type': kind, **data}).decode()}\n\n"


def position(at: datetime) -> str:
    """What a client gives back as Last-Event-ID; it is no event."""
    return f"id: at_{int(at.timestamp() * 1_000_000)}\n\n"


def _shown(row: Row, without: str) -> dict[str, Any]:
    return {name: value for name, value in dict(row).items() if name != without}  # type: ignore[call-overload]


def _event(row: Row) -> str:
    told = {name: row[name] for name in ("event_id", "type", "conversation_id")}
    whole = {**told, "created_at": row["created_at"].isoformat(), "data": json.loads(row["data"])}
    return f"event: {row['type']}\ndata: {json.dumps(whole, ensure_ascii=False)}\n\n"
