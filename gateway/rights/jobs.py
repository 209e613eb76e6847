"""The worker of data rights: takes exports and erasures that are due, and goes on with them where they are."""

from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from gateway import observe
from gateway.blobs import Blobs
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import StoreAway
from gateway.ids import new
from gateway.rights.erase import STEPS, Erasure
from gateway.rights.export import Export, TooMuch
from gateway.rights.holds import sweep
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 60.0
LATE_HOURS = 24
MOST_WAIT_SECONDS = 300.0
MOST_WAIT_HERE_SECONDS = 15.0  # for what is our own to do
SWEEP_SECONDS = 30.0
LINK_DAYS = 7
MOST_TRIES = 20


class Rights(Worker):
    """Runs the jobs. Each step is committed before the next, so that a kill costs a step at most."""

    topic = "rights"

    def __init__(
        self, pool: Pool, bus: Bus, blobs: Blobs, erasure: Erasure, export: Export, *, owner: str, capacity: int = 2,
        lease_seconds: float = LEASE_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._blobs = blobs
        self._erasure = erasure
        self._export = export
        self._owner = owner
        self._lease_seconds = lease_seconds

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, self._lease_seconds, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Removes exports whose time is over, and files that nobody names."""
        while True:
            try:
                await self._pool.execute(SQL["expire"])
                await sweep(self._pool, self._blobs)
            except Exception as error:  # the boundary of a worker loop: the next sweep does it
                observe.log.warning("files_not_swept", error=type(error).__name__)
            await asyncio.sleep(SWEEP_SECONDS)

    async def work(self, claim: asyncpg.Record) -> None:
        try:
            await (self._exported(claim) if claim["kind"] == "export" else self._erased(claim))
        except Exception as error:  # the boundary of one job: it goes on where it is
            # Neither the message nor the locals of an error stand in the log: they may name the person.
            where = traceback.extract_tb(error.__traceback__)[-1]
            name = type(error).__qualname__
            observe.log.error("rights_failed", job=claim["job_id"], error=name, at=f"{where.filename}:{where.lineno}")
            wait = min(MOST_WAIT_SECONDS, 2.0 ** min(claim["tries"], 9))
            await self._run("stumbled", claim["user_id"], claim["job_id"], claim["fence"], name, wait, MOST_TRIES)

    async def _erased(self, job: Row) -> None:
        """Step by step, for as long as there is something to do."""
        key = (job["user_id"], job["job_id"])
        fence = job["fence"]
        while await self._run("held", *key, fence, self._lease_seconds):
            row = await retry_clash(lambda: self._pool.fetchrow(SQL["read"], *key))
            if row is None or row["step"] == "done":
                return
            step = row["step"]
            went = await self._erasure.step(row)
            after = STEPS[STEPS.index(step) + 1] if went.over and step != STEPS[-1] else step
            counts = json.dumps(dict(went.counts))
            await self._run("went", *key, fence, step, after, counts, went.progress, went.problem)
            if not went.over and (went.wait or went.problem):
                await self._run("late", *key, step, LATE_HOURS)
                most = MOST_WAIT_SECONDS if step == "events" else MOST_WAIT_HERE_SECONDS
                wait = min(most, went.wait * 2.0 ** min(row["tries"], 8)) if went.problem else went.wait
                await self._run("rest", *key, fence, wait)
                return

    async def _exported(self, job: Row) -> None:
        """Makes the file, however long that takes."""
        holding = asyncio.create_task(self._holding(job))
        try:
            await self._made(job)
        finally:
            holding.cancel()

    async def _holding(self, job: Row) -> None:
        while True:
            with suppress(StoreAway):
                await self._run("held", job["user_id"], job["job_id"], job["fence"], self._lease_seconds)
            await asyncio.sleep(self._lease_seconds / 3)

    async def _made(self, job: Row) -> None:
        key = (job["user_id"], job["job_id"], job["fence"])
        try:
            made = await self._export.made(job)
        except TooMuch as error:
            await self._run("failed", *key, str(error))
            return
        sha256 = await self._blobs.put(made.data)
        seconds = LINK_DAYS * 86400.0
        name = f"{job['contact_id']}.zip"
        counts = json.dumps(made.counts)
        await self._run("exported", *key, new("med"), sha256, len(made.data), name, seconds, counts)

    async def _run(self, name: str, *values: object) -> object:
        return await retry_clash(lambda: self._pool.fetchval(SQL[name], *values))
