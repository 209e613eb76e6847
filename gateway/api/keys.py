"""API keys: shown once, stored as a hash, limited in scope and in speed."""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.db import Pool, queries, retry_clash
from gateway.errors import Forbidden, TooMany, Unauthorized
from gateway.ids import new
from gateway.limits import Limiter

SQL = queries(__file__)
PREFIX = "fdk_"
SCOPES = (
    "numbers:read", "numbers:write", "agents:read", "agents:write", "prompts:read", "prompts:write",
    "conversations:read", "conversations:write", "messages:write", "credits:read",
    "leads:read", "leads:write", "contacts:read", "contacts:write",
    "knowledge:read", "knowledge:write", "links:read", "links:write", "tools:read", "tools:write",
    "events:read", "webhooks:read", "webhooks:write", "google:read", "google:write",
    "meetings:read", "meetings:write",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Key:
    """A valid key: whose it is, and what it may do."""

    user_id: str
    scopes: frozenset[str]


class Keys:
    """Reads keys from the Authorization header."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._limiter = Limiter(rate=100.0, burst=400.0)

    async def read(self, header: str) -> Key:
        """The key of a request. Raises Unauthorized, Forbidden or TooMany."""
        scheme, _, text = header.partition(" ")
        user_id, _, secret = text.strip().removeprefix(PREFIX).rpartition("_")
        if scheme.lower() != "bearer" or not text.strip().startswith(PREFIX) or not user_id or not secret:
            raise Unauthorized("Give an API key: Authorization: Bearer fdk_… (make one with ./frontdesk key add).")
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["find"], user_id, digest(text.strip())))
        if row is None or row["revoked_at"] is not None:
            raise Unauthorized("This API key is not known, or was revoked.")
        if row["suspended_at"] is not None:
            raise Forbidden("This business is suspended.")
        if wait := self._limiter.wait(row["key_id"]):
            raise TooMany("This key calls too often.", retry_after=math.ceil(wait))
        if row["stale"]:
            await self._pool.execute(SQL["touch"], user_id, row["key_id"])
        return Key(user_id, frozenset(row["scopes"]))


async def create_key(pool: Pool, user_id: str, name: str, scopes: Sequence[str]) -> str:
    """Makes a key and returns its text, which is stored nowhere."""
    text = f"{PREFIX}{user_id}_{secrets.token_hex(24)}"
    await pool.execute(SQL["add"], user_id, new("key"), name, digest(text), list(scopes))
    return text


def digest(text: str) -> bytes:
    """What is stored of a key. It holds 192 random bits, so a plain hash can't be guessed back."""
    return hashlib.sha256(text.encode()).digest()
