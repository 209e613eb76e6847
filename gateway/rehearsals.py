"""The worker of rehearsals: takes those that somebody began, tries turn after turn, and stores each as it is done."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import asyncpg

from agents.types import ModelCall
from channels.base import Window
from gateway import observe
from gateway.answering import Answers, Around, refuses_to_cut
from gateway.blobs import Blobs
from gateway.briefs import Briefs
from gateway.bus import Bus
from gateway.comparison import Outcome
from gateway.db import Pool, Row, connect_pool, jsonb, queries, retry_clash
from gateway.fetch import Fetcher
from gateway.http_tools import HttpTools
from gateway.prices import Prices
from gateway.rehearsal import Rehearsal
from gateway.toolset import Toolset
from gateway.vault import Vault
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 90.0
RENEW_SECONDS = 15.0
AT_ONCE = 4
TRIES = 4
KEEP_DAYS = 30


@dataclass(frozen=True, slots=True)
class Stage:
    """Where turns are rehearsed: as a worker has it, on connections that can't write."""

    dsn: str
    vault: Vault
    blobs: Blobs
    windows: Mapping[str, Window]

    @asynccontextmanager
    async def open(self, agent: Answers, prices: Prices, model: str) -> AsyncIterator[Rehearsal]:
        """A rehearsal; `model` is the usual one's name. Raises StoreAway."""
        # The store itself refuses to write: whatever a tool tried, nothing could come of it.
        pool = await connect_pool(self.dsn, size=AT_ONCE, read_only=True)
        nobody = Fetcher()
        try:
            around = Around(
                cuts=refuses_to_cut(), windows=self.windows, toolset=Toolset(pool, _no_link), blobs=self.blobs,
                http_tools=HttpTools(pool, self.vault, nobody),
            )  # fmt: skip
            yield Rehearsal(pool, agent, Briefs(pool, model=model), around, prices)
        finally:
            pool.terminate()
            await nobody.close()


async def _no_link(_claim: object, _name: str) -> str:
    raise AssertionError("a rehearsal runs no tool")


class Opens(Protocol):
    """Opens a stage."""

    def __call__(self) -> AbstractAsyncContextManager[Rehearsal]:
        """For one rehearsal."""


class Rehearsals(Worker):
    """Runs what was begun. What was tried is not tried again after a kill, and none is charged twice."""

    topic = "rehearsals"

    def __init__(self, pool: Pool, bus: Bus, opens: Opens, *, owner: str, prices: Prices, capacity: int = 2) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._opens = opens
        self._owner = owner
        self._prices = prices
        self._mine: set[str] = set()

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Holds what is being worked on, and removes what is old."""
        while True:
            try:
                await self._pool.execute(SQL["renew"], self._owner, LEASE_SECONDS, [*self._mine])
                await self._pool.execute(SQL["expire"], KEEP_DAYS)
            except Exception as error:  # the boundary of a worker loop: the next round does it
                observe.log.warning("rehearsals_not_kept", error=type(error).__name__)
            await asyncio.sleep(RENEW_SECONDS)

    async def work(self, claim: asyncpg.Record) -> None:
        self._mine.add(claim["rehearsal_id"])
        try:
            await self._worked(claim)
        finally:
            self._mine.discard(claim["rehearsal_id"])
        self._tell(claim)

    async def _worked(self, claim: Row) -> None:
        key = (claim["user_id"], claim["rehearsal_id"])
        if claim["tries"] > TRIES:
            await self._run("ended", *key, claim["fence"], "failed", "It broke off each time.")
            return
        left = {row["turn_id"]: row["trial_id"] for row in await self._rows("left", *key)}
        async with self._opens() as rehearsal:
            rows = await rehearsal.turns(key[0], claim["prompt_id"], claim["version"], len(left), list(left))
            await self._run("leave_out", *key, [*left.keys() - {row["turn_id"] for row in rows}])
            gate = asyncio.Semaphore(AT_ONCE)
            async with asyncio.TaskGroup() as group:
                for row in rows:
                    group.create_task(self._one(rehearsal, claim, left[row["turn_id"]], row, gate))
        if not await self._run("ended", *key, claim["fence"], "done", ""):
            await self._run("ended", *key, claim["fence"], "failed", "The credits are used up.")

    async def _one(self, rehearsal: Rehearsal, claim: Row, trial_id: str, row: Row, gate: asyncio.Semaphore) -> None:
        async with gate:
            if not await self._run("goes_on", claim["user_id"], claim["rehearsal_id"], claim["fence"]):
                return
            now, calls = await rehearsal.tried(row)
            await retry_clash(lambda: self._stored(claim, trial_id, now, calls))
        self._tell(claim)

    async def _stored(self, claim: Row, trial_id: str, now: Outcome, calls: Sequence[ModelCall]) -> None:
        """Keeps how a turn went. What it cost is noted even when it was stopped meanwhile."""
        today = datetime.now(UTC).date()
        metered = [self._prices.metered(replace(call, kind="rehearsal"), today) for call in calls]
        key = (claim["user_id"], claim["rehearsal_id"], claim["fence"], trial_id)
        async with self._pool.acquire() as db, db.transaction():
            await db.execute(SQL["meter"], claim["user_id"], trial_id, jsonb(metered))
            await db.execute(SQL["apart"], claim["user_id"], trial_id)
            await db.execute(SQL["tried"], *key, jsonb(asdict(now)), bool(calls))

    def _tell(self, claim: Row) -> None:
        word = {"type": "rehearsal", "rehearsal_id": claim["rehearsal_id"]}
        self._bus.publish(f"live:{claim['user_id']}", json.dumps(word))

    async def _rows(self, name: str, *values: object) -> Sequence[Row]:
        return await retry_clash(lambda: self._pool.fetch(SQL[name], *values))

    async def _run(self, name: str, *values: object) -> Any:
        return await retry_clash(lambda: self._pool.fetchval(SQL[name], *values))
