"""Copies of transcripts at the provider that nobody wants any more: deleted there, item by item, until gone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from agents.errors import ModelFailed
from gateway import observe
from gateway.db import Pool, queries, retry_clash
from gateway.errors import StoreAway

SQL = queries(__file__)
EVERY_SECONDS = 30.0
AT_ONCE = 20


class Copies:
    """Erases what was left behind. `erase` deletes one copy, and raises ModelFailed when it could not."""

    def __init__(self, pool: Pool, erase: Callable[[str], Awaitable[None]]) -> None:
        self._pool = pool
        self._erase = erase

    async def once(self) -> int:
        """Erases what is due; how many copies are gone. Raises StoreAway."""
        gone = 0
        for row in await retry_clash(lambda: self._pool.fetch(SQL["claim"], AT_ONCE)):
            try:
                await self._erase(row["openai_conversation_id"])
            except ModelFailed as error:
                observe.log.warning("copy_not_erased", error=type(error).__name__)
                continue
            await self._pool.execute(SQL["erased"], row["user_id"], row["openai_conversation_id"])
            gone += 1
        return gone

    async def keep(self) -> None:
        """Erases for as long as the process runs."""
        while True:
            try:
                await self.once()
            except StoreAway:
                pass
            except Exception:  # the boundary of a worker loop: the copies stay to be erased
                observe.log.exception("copies_failed")
            await asyncio.sleep(EVERY_SECONDS)
