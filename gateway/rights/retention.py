"""What is kept longer than its business wants goes: a little at a time, so that nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import Counter

from gateway import observe
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import StoreAway
from gateway.rights.erase import SQL as ERASE
from gateway.rights.erase import remove_conversation

SQL = queries(__file__)
EVERY_SECONDS = 3600.0
BATCH = 200
CONVERSATIONS_AT_ONCE = 20
ENVELOPES_AT_ONCE = 1000
PAUSE_SECONDS = 0.05
STATUS_DAYS = 7
IN_BATCHES = (("media", "media_days"), ("traces", "trace_days"), ("events", "event_days"))


class Retention:
    """Applies how long things are kept. `envelope_days` is the installation's, because a webhook may be about several
    businesses."""

    def __init__(self, pool: Pool, *, envelope_days: int, pause: float = PAUSE_SECONDS) -> None:
        self._pool = pool
        self._envelope_days = envelope_days
        self._pause = pause

    async def keep(self) -> None:
        """Runs until cancelled."""
        while True:
            try:
                await self.once()
            except StoreAway:
                pass
            except Exception as error:  # the boundary of a worker loop: the next hour does it
                observe.log.warning("retention_failed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def once(self) -> Counter[str]:
        """Everything that is due now; how much of what went. Raises StoreAway."""
        gone: Counter[str] = Counter()
        for row in await retry_clash(lambda: self._pool.fetch(SQL["businesses"])):
            gone += await self._of(row)
        gone["webhooks"] += await self._envelopes()
        await self._pool.execute(SQL["statuses"], STATUS_DAYS)
        return gone

    async def _of(self, row: Row) -> Counter[str]:
        gone: Counter[str] = Counter()
        if row["conversation_days"]:
            gone["conversations"] += await self._conversations(row["user_id"], row["conversation_days"])
        for name, days in IN_BATCHES:
            while row[days]:
                count = await self._batch(name, row["user_id"], row[days])
                gone[name] += count
                if count < BATCH:
                    break
                await asyncio.sleep(self._pause)
        return gone

    async def _batch(self, name: str, user_id: str, days: int) -> int:
        count: int = await retry_clash(lambda: self._pool.fetchval(SQL[name], user_id, days, BATCH))
        return count

    async def _conversations(self, user_id: str, days: int) -> int:
        gone = 0
        while True:
            rows = await self._pool.fetch(SQL["silent"], user_id, days, CONVERSATIONS_AT_ONCE)
            count = 0
            for row in rows:
                count += await self._conversation(user_id, row["conversation_id"], days)
                await asyncio.sleep(self._pause)
            gone += count
            if count == 0:
                return gone

    async def _conversation(self, user_id: str, conversation_id: str, days: int) -> bool:
        async def remove() -> bool:
            async with self._pool.acquire() as db, db.transaction():
                await db.execute(ERASE["alone"])
                row = await db.fetchrow(SQL["still_silent"], user_id, conversation_id, days)
                if row is None:
                    return False
                if row["openai_conversation_id"]:
                    await db.execute(SQL["orphan"], user_id, row["openai_conversation_id"])
                await db.execute(ERASE["let_go"], user_id, conversation_id)
                await remove_conversation(db, user_id, conversation_id)
                return True

        return await retry_clash(remove)

    async def _envelopes(self) -> int:
        last, gone = 0, 0
        while True:
            look = (last, ENVELOPES_AT_ONCE, self._envelope_days)
            row = await retry_clash(lambda look=look: self._pool.fetchrow(SQL["envelopes"], *look))  # type: ignore[misc]
            if row is None or row["last"] is None:
                return gone
            last = row["last"]
            gone += int(row["gone"])
            if not row["more"]:
                return gone
            await asyncio.sleep(self._pause)
