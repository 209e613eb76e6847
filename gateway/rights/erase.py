"""Erasing one person: step after step, each committed, each the same when it is done again.

What makes him known goes first, in one transaction, so that whatever comes later begins somebody new. Then everything
that began before has to end; then the rows go, then the raw webhooks, then what lies elsewhere: files, the copies at
the model's provider, the events at Google. A place that does not answer is asked again until it does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import asyncpg

from gateway import observe
from gateway.blobs import Blobs
from gateway.booking.calendars import CalendarError, Calendars, Gone
from gateway.db import Connection, Pool, Row, queries, retry_clash
from gateway.rights.envelopes import without
from gateway.rights.holds import forget

SQL = queries(__file__)
ENVELOPES_AT_ONCE = 2000
SOON_SECONDS = 1.0
AGAIN_SECONDS = 60.0
# What hangs on a conversation, in an order in which nothing is removed before what points to it.
OF_CONVERSATION = (
    "rehearsal_turns", "tool_calls", "link_sends", "offers", "alerts", "meetings", "handovers", "extractions",
    "lead_readings", "events",
    "held_echoes", "early_amendments", "parked_statuses", "model_calls", "media", "message_parts", "messages", "turns",
    "conversations",
)  # fmt: skip
STEPS = ("begin", "settle", "rows", "webhooks", "files", "transcripts", "events", "certify")

COUNTED = {"file": "files", "transcript": "transcripts", "event": "calendar_events"}

Counts = Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds: after which what still ran is taken for dead, and that a call to a calendar may be on its way."""

    running: float = 180.0
    calling: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """How a step went: `counts` of what it erased, how far a search is, and either that it is over or how many seconds
    to wait before it goes on, and why."""

    counts: Mapping[str, int]
    over: bool = True
    wait: float = 0.0
    problem: str = ""
    progress: int = 0


class Erasure:
    """The steps of an erasure. Knows nothing between two of them: all of it stands in the job."""

    def __init__(
        self, pool: Pool, blobs: Blobs, calendars: Calendars, *, patience: Patience | None = None
    ) -> None:  # fmt: skip
        self._pool = pool
        self._blobs = blobs
        self._calendars = calendars
        self._patience = patience or Patience()

    async def step(self, job: Row) -> Went:
        """Does the step that a job is at. Raises StoreAway."""
        steps: Mapping[str, Callable[[Row], Awaitable[Went]]] = {
            "begin": self._stop, "settle": self._settle, "rows": self._rows, "webhooks": self._webhooks,
            "files": self._files, "transcripts": self._transcripts, "events": self._events, "certify": self._certify,
        }  # fmt: skip
        return await steps[job["step"]](job)

    async def _stop(self, job: Row) -> Went:
        await retry_clash(lambda: self._pool.execute(SQL["stop"], job["user_id"], job["job_id"]))
        return Went(counts={})

    async def _settle(self, job: Row) -> Went:
        key = (job["user_id"], job["job_id"], self._patience.running)
        settled = await retry_clash(lambda: self._pool.fetchval(SQL["settled"], *key))
        return Went(counts={}, over=settled, wait=0.2)

    async def _rows(self, job: Row) -> Went:
        """One conversation, or at the end the person himself, so that nothing big is done at once."""
        try:
            counts = await retry_clash(lambda: self._one_conversation(job))
            if counts is not None:
                return Went(counts=counts, over=False)
            return Went(counts=await retry_clash(lambda: self._person(job)))
        except asyncpg.ForeignKeyViolationError:
            # A conversation was opened by whoever knew him just before: it is the next one.
            return Went(counts={}, over=False, wait=SOON_SECONDS)

    async def _one_conversation(self, job: Row) -> Counts | None:
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(SQL["alone"])
            row = await db.fetchrow(SQL["next_conversation"], job["user_id"], job["contact_id"])
            if row is None:
                return None
            key = (job["user_id"], job["job_id"], row["conversation_id"])
            await db.execute(SQL["files"], *key)
            await db.execute(SQL["calendar"], *key, self._patience.calling)
            await db.execute(SQL["transcripts"], *key)
            return await remove_conversation(db, job["user_id"], row["conversation_id"])

    async def _person(self, job: Row) -> Counts:
        counts: Counts = Counter()
        user_id, contact_id = job["user_id"], job["contact_id"]
        async with self._pool.acquire() as db, db.transaction():
            counts["names"] = _count(await db.execute(SQL["names"], user_id, contact_id))
            counts["asides"] = _count(await db.execute(SQL["asides"], user_id, job["needles"]))
            await db.execute(SQL["exports"], user_id, job["job_id"], contact_id)
            for name in ("told", "ledger", "merges", "customers", "contacts"):
                counts[name] = _count(await db.execute(SQL[name], user_id, contact_id))
        counts["events"] = counts.pop("told")
        return counts

    async def _webhooks(self, job: Row) -> Went:
        """The raw webhooks, so many at once. Those of a moment ago are there: nothing older is still on its way."""
        needles = [one for one in job["needles"] if len(one) > 3]
        written = [*needles, *{json.dumps(one)[1:-1] for one in needles}]
        look = (job["progress"], ENVELOPES_AT_ONCE, written)
        rows = await retry_clash(lambda: self._pool.fetch(SQL["envelopes"], *look))
        counts: Counts = Counter()
        for row in rows:
            if row["envelope_id"] is None:
                continue
            body = bytes(row["body"])
            left = without(body, needles)
            if left is None:
                await retry_clash(lambda row=row: self._pool.execute(SQL["remove"], row["envelope_id"]))  # type: ignore[misc]
            elif left != body:
                await retry_clash(
                    lambda row=row, left=left: self._pool.execute(SQL["rewrite"], row["envelope_id"], left)  # type: ignore[misc]
                )
            counts["webhooks"] += left != body
        last = rows[0]["last"] if rows else None
        return Went(counts=counts, over=last is None, progress=last or job["progress"])

    async def _files(self, job: Row) -> Went:
        async def removed(item: Row) -> str:
            fate = await forget(self._pool, self._blobs, item["ref"])
            return "held" if fate == "held" else ""

        return await self._each(job, "file", removed)

    async def _transcripts(self, job: Row) -> Went:
        async def removed(item: Row) -> str:
            return "waits" if await self._pool.fetchval(SQL["orphan"], job["user_id"], item["ref"]) else ""

        return await self._each(job, "transcript", removed)

    async def _events(self, job: Row) -> Went:
        async def removed(item: Row) -> str:
            try:
                await self._off_the_calendar(job, item)
            except CalendarError as error:
                return f"{type(error).__name__} {error.code}"
            return ""

        return await self._each(job, "event", removed)

    async def _off_the_calendar(self, job: Row, item: Row) -> None:
        """No guest is told. The event is made nobody's first, because Google keeps what was deleted for a while."""
        if job["calendar"] == "keep":
            return
        key = (job["user_id"], item["place"], item["ref"])
        try:
            event = await self._calendars.get(*key)
            if not event.stands:
                return
            blank = {"summary": "–", "description": "", "location": "", "attendees": []}
            await self._calendars.patch(*key, blank, notify=False)
            if job["calendar"] == "delete":
                await self._calendars.delete(*key, notify=False)
        except Gone:
            return

    async def _each(self, job: Row, kind: str, removed: Callable[[Row], Awaitable[str]]) -> Went:
        """Removes every item that is due; whatever could not be is tried again later."""
        key = (job["user_id"], job["job_id"], kind)
        rows = await retry_clash(lambda: self._pool.fetch(SQL["open_items"], *key))
        problem, gone = "", 0
        for row in rows:
            if not row["due"]:
                continue
            try:
                problem = await removed(row)
            except OSError as error:
                problem = type(error).__name__
            if problem:
                wait = AGAIN_SECONDS if kind == "event" else SOON_SECONDS * 2
                await self._pool.execute(SQL["late_item"], *key, row["ref"], problem, wait)
            else:
                gone += 1
                await self._pool.execute(SQL["done_item"], *key, row["ref"])
        over = gone == len(rows) and len(rows) < 200
        return Went(counts={COUNTED[kind]: gone}, over=over, wait=0.0 if gone else SOON_SECONDS, problem=problem)

    async def _certify(self, job: Row) -> Went:
        async def end() -> None:
            async with self._pool.acquire() as db, db.transaction():
                if _count(await db.execute(SQL["certify"], job["user_id"], job["job_id"])):
                    await db.execute(SQL["say_done"], job["user_id"], job["job_id"], job["contact_id"])
                    await db.execute(SQL["resolve"], job["user_id"], job["job_id"])

        await retry_clash(end)
        observe.log.info("person_erased", job=job["job_id"])
        return Went(counts={})


async def remove_conversation(db: Connection, user_id: str, conversation_id: str) -> Counts:
    """Removes a conversation that is held, with everything that hangs on it. Counts the rows by table."""
    counts: Counts = Counter()
    for table in OF_CONVERSATION:
        counts[table] = _count(await db.execute(SQL[f"of_{table}"], user_id, conversation_id))
    return counts


def _count(status: str) -> int:
    return int(status.rpartition(" ")[2])
