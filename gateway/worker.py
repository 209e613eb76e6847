"""The loop that both workers share: woken or on the clock, claim as much as there is room for, work on each."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar

import asyncpg

from gateway.bus import Bus
from gateway.errors import StoreAway
from gateway.observe import log

POLL_SECONDS = 1.0
AWAY_SECONDS = 0.5


class Worker(ABC):
    """Claims rows and works on each in a task of its own. The claim is a lease in the store, never memory."""

    topic: ClassVar[str]

    def __init__(self, bus: Bus, *, capacity: int) -> None:
        self._bus = bus
        self._capacity = capacity
        self._woken = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    @abstractmethod
    async def recover(self) -> None:
        """Cleans up behind the former process of this name."""

    @abstractmethod
    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        """Takes at most `limit` rows that are due."""

    @abstractmethod
    async def next_due(self) -> float | None:
        """Seconds until something is due, or None."""

    @abstractmethod
    async def work(self, claim: asyncpg.Record) -> None:
        """Works on one row."""

    @abstractmethod
    async def keep(self) -> None:
        """Does what has to be done while work runs: leases, sweeps. Runs until cancelled."""

    def wake(self, _key: str = "") -> None:
        """Says that there may be something to do."""
        self._woken.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        forget = self._bus.listen(self.topic, self.wake)
        try:
            while True:
                try:
                    await self._round()
                except StoreAway:
                    await asyncio.sleep(AWAY_SECONDS)
                except Exception:  # the boundary of a worker loop: log it, count on the next round
                    log.exception("worker_failed", worker=self.topic)
                    await asyncio.sleep(AWAY_SECONDS)
        finally:
            forget()

    async def finish(self, seconds: float) -> None:
        """Waits for what is being worked on; what is not done in time is left to its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()

    async def _round(self) -> None:
        self._woken.clear()
        room = self._capacity - len(self._tasks)
        claims = await self.claim(room) if room > 0 else []
        for claim in claims:
            task = asyncio.create_task(self._guarded(claim))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        if claims:
            return
        due = await self.next_due() if room > 0 else None
        wait = POLL_SECONDS if due is None else min(max(due, 0.001), POLL_SECONDS)
        # Not wait_for, which in Python 3.11 can swallow the cancellation that ends this loop.
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._woken.wait()

    async def _guarded(self, claim: asyncpg.Record) -> None:
        try:
            await self.work(claim)
        except Exception:  # the boundary of a worker loop: the lease runs out and the row is claimed again
            log.exception("work_failed", worker=self.topic)

    def _done(self, task: asyncio.Task[None]) -> None:
        full = len(self._tasks) >= self._capacity
        self._tasks.discard(task)
        if full:
            self.wake()
