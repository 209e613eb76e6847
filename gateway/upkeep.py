"""Keeps the planner's statistics fresh while tables are young.

A new table looks empty to the planner, and on an empty table every index that begins with user_id costs the same. The
plan that it picks and caches then reads a whole business for one row. PostgreSQL's own analyze looks once a minute at
best; a busy first minute is too long for that.
"""

from __future__ import annotations

import asyncio

from gateway.db import Pool, queries
from gateway.observe import log

SQL = queries(__file__)
EVERY_SECONDS = 1.0


async def keep(pool: Pool) -> None:
    """Analyzes what has grown, once a second, until cancelled."""
    while True:
        try:
            await analyze(pool)
        except Exception as error:  # the boundary of a worker loop: old statistics are only slow
            log.warning("analyze_failed", error=type(error).__name__)
        await asyncio.sleep(EVERY_SECONDS)


async def analyze(pool: Pool) -> list[str]:
    """Analyzes every small table that has changed by half; returns which."""
    async with pool.acquire() as connection, connection.transaction():
        stale = [row[0] for row in await connection.fetch(SQL["stale"])]
        if stale and await connection.fetchval(SQL["mine"]):
            for table in stale:
                await connection.execute(f"analyze {table}")  # quoted by format('%I') in the query
            return stale
    return []
