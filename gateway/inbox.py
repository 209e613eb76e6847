"""Keeps what is read behind the conversations: the inbox, words to search and figures.

One writer at a time, in batches: intake does nothing for them, and no change appears behind one with a greater number.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.observe import log

SQL = queries(__file__)
MOST = 2000  # messages of one step
GATHER_SECONDS = 0.15
POLL_SECONDS = 1.0
FORGET_SECONDS = 600.0
# A step is followed by a rest of so many times its length, so that a flood of messages has the machine to itself.
INBOX_REST, FILES_REST = 4.0, 9.0

Step = Callable[[], Awaitable[bool]]


class Inbox:
    """Follows the messages of all businesses, woken by those who write them."""

    def __init__(self, pool: Pool, bus: Bus) -> None:
        self._pool = pool
        self._bus = bus
        self._woken = asyncio.Event()
        self._forget_at = 0.0

    async def keep(self) -> None:
        """Follows until cancelled."""
        forget = [self._bus.listen(topic, self._wake) for topic in ("turns", "outbox", "inbox")]
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(self._loop(self.step, INBOX_REST, self._woken))
                loops.create_task(self._loop(self.file, FILES_REST, asyncio.Event()))
        finally:
            for one in forget:
                one()

    async def step(self) -> bool:
        """Takes in what is new and wakes who watches it; whether there is more. Raises StoreAway."""
        changed = [row["keep_inbox"] for row in await self._store("keep")]
        for user_id in changed:
            if user_id is not None:
                self._bus.publish(f"live:{user_id}")
        return None in changed

    async def file(self) -> bool:
        """Files what is new, for the search and the figures; whether there is more. Raises StoreAway."""
        (row,) = await self._store("file")
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            await retry_clash(lambda: self._pool.execute(SQL["forget"]))
        return bool(row["file_messages"])

    async def _store(self, query: str) -> Sequence[Row]:
        # Asked for first and by itself: what began before it and is over now is seen by the query that follows.
        horizon = await retry_clash(lambda: self._pool.fetchval(SQL["horizon"]))
        return await retry_clash(lambda: self._pool.fetch(SQL[query], horizon, MOST))

    async def _loop(self, step: Step, rest: float, woken: asyncio.Event) -> None:
        while True:
            woken.clear()
            started, more = time.monotonic(), False
            try:
                more = await step()
            except Exception as error:  # the boundary of a worker loop: the next step does it
                log.warning("inbox_behind", error=type(error).__name__)
            took = time.monotonic() - started
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await woken.wait()
            await asyncio.sleep(took * rest if more else max(GATHER_SECONDS, took * rest))

    def _wake(self, _key: str) -> None:
        self._woken.set()
