"""API keys: shown once, stored as a hash, limited in scope and in speed."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from gateway.accounts.callers import Caller
from gateway.db import Connection, Pool, queries, retry_clash
from gateway.errors import Forbidden, Unauthorized
from gateway.ids import new
from gateway.limits import Limiter

SQL = queries(__file__)
PREFIX = "fdk_"


class Keys:
    """Reads keys from the Authorization header."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.limiter = Limiter(rate=100.0, burst=400.0)

    async def read(self, header: str) -> Caller:
        """Whoever calls with a key. Raises Unauthorized or Forbidden; `limiter` says whether he calls too often."""
        scheme, _, text = header.partition(" ")
        user_id, _, secret = text.strip().removeprefix(PREFIX).rpartition("_")
        if (
            scheme.lower() != "bearer"
            or not text.strip().startswith(PREFIX)
            or not user_id
            or not secret
            or not text.isascii()
        ):
            raise Unauthorized("Give an API key: Authorization: Bearer fdk_… (make one with ./frontdesk key add).")
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["find"], user_id, digest(text.strip())))
        if row is None or row["revoked_at"] is not None:
            raise Unauthorized("This API key is not known, or was revoked.")
        if row["suspended_at"] is not None:
            raise Forbidden("This business is suspended.")
        if row["stale"]:
            await self._pool.execute(SQL["touch"], user_id, row["key_id"])
        return Caller(
            user_id=user_id, scopes=frozenset(row["scopes"]), kind="key", name=row["name"], key_id=row["key_id"]
        )

    async def lasts(self, caller: Caller) -> bool:
        """Whether a key still opens what it did when it was read."""
        return await retry_clash(lambda: self._pool.fetchval(SQL["lasts"], caller.user_id, caller.key_id)) is not None


async def create_key(
    db: Pool | Connection, user_id: str, name: str, scopes: Sequence[str], *, created_by: str = "operator"
) -> str:
    """Makes a key and returns its text, which is stored nowhere."""
    return (await store_key(db, user_id, name, scopes, created_by))[1]


async def store_key(
    db: Pool | Connection, user_id: str, name: str, scopes: Sequence[str], created_by: str
) -> tuple[str, str]:
    """Makes a key; returns its id and its text, which is stored nowhere."""
    key_id, text = new("key"), f"{PREFIX}{user_id}_{secrets.token_hex(24)}"
    await db.execute(SQL["add"], user_id, key_id, name, digest(text), list(scopes), created_by)
    return key_id, text


def digest(text: str) -> bytes:
    """What is stored of a key. It holds 192 random bits, so a plain hash can't be guessed back."""
    return hashlib.sha256(text.encode()).digest()
