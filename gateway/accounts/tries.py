"""How often somebody may guess: ten times in a quarter of an hour, for an address that nobody has as for any other."""

from __future__ import annotations

import asyncio
import hashlib
import math

from gateway.db import Connection, Pool, queries
from gateway.errors import TooMany
from gateway.observe import log

SQL = queries(__file__)
MOST, MINUTES = 10, 15
CLEAN_SECONDS = 3600.0


async def take(db: Pool | Connection, email: str) -> None:
    """Counts one try before it is made, so that many at once are no more than many in a row. Raises TooMany."""
    wait = await db.fetchval(SQL["take"], _hash(email), MOST, MINUTES)
    if wait:
        minutes = math.ceil(wait / 60)
        raise TooMany(f"Too many wrong tries. Wait {minutes} minutes, or set a new password.", retry_after=wait)


async def give_back(db: Pool | Connection, email: str) -> None:
    """One try was no guess."""
    await db.execute(SQL["give_back"], _hash(email))


async def forget(db: Pool | Connection, email: str) -> None:
    """Somebody proved who he is: the count begins anew."""
    await db.execute(SQL["forget"], _hash(email))


async def clean(db: Pool | Connection) -> None:
    """Deletes counts that say nothing any more, and sessions and tokens that are long over."""
    for name in ("old_tries", "old_sessions", "old_tokens"):
        await db.execute(SQL[name])


async def keep(pool: Pool) -> None:
    """Cleans for as long as the process runs."""
    while True:
        try:
            await clean(pool)
        except Exception as error:  # the boundary of a loop: what is over says nothing, it only lies there
            log.warning("accounts_not_cleaned", error=type(error).__name__)
        await asyncio.sleep(CLEAN_SECONDS)


def _hash(email: str) -> bytes:
    return hashlib.sha256(email.encode("utf-8", "replace")).digest()
