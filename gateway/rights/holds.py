"""Files that nobody names are removed; one that was just stored is left alone, because its row may be coming."""

from __future__ import annotations

import hashlib
from typing import Literal

from gateway.blobs import Blobs
from gateway.db import Pool, queries, retry_clash

SQL = queries(__file__)
HOLD_SECONDS = 60.0  # between storing bytes and the row that names them

Fate = Literal["gone", "shared", "held"]


class HeldBlobs:
    """A store of files that says what it is about to store, so that `forget` never takes it away in between."""

    def __init__(self, inner: Blobs, pool: Pool) -> None:
        self._inner = inner
        self._pool = pool

    async def put(self, data: bytes) -> str:
        await hold(self._pool, hashlib.sha256(data).hexdigest(), HOLD_SECONDS)
        return await self._inner.put(data)

    async def get(self, sha256: str) -> bytes:
        return await self._inner.get(sha256)

    async def delete(self, sha256: str) -> None:
        await self._inner.delete(sha256)


async def hold(pool: Pool, sha256: str, seconds: float, visitor: str = "") -> None:
    """Keeps a file for a time although nothing names it yet; `visitor` is who may do so. Raises StoreAway."""
    await retry_clash(lambda: pool.execute(SQL["hold"], sha256, seconds, visitor))


async def forget(pool: Pool, blobs: Blobs, sha256: str) -> Fate:
    """Removes a file unless something names it (shared) or may be about to (held). Raises StoreAway or OSError."""

    async def once() -> Fate:
        async with pool.acquire() as db, db.transaction():
            fate: Fate = await db.fetchval(SQL["fate"], sha256)
            if fate == "gone":
                await blobs.delete(sha256)
            return fate

    return await retry_clash(once)


async def sweep(pool: Pool, blobs: Blobs, most: int = 200) -> int:
    """Looks at files whose time is over; how many were removed. Raises StoreAway or OSError."""
    gone = 0
    for row in await retry_clash(lambda: pool.fetch(SQL["over"], most)):
        gone += await forget(pool, blobs, row["sha256"]) == "gone"
    return gone
