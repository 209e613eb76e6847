"""Voice notes: a worker that has them written down, so that an agent can answer them like anything else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime
from typing import Protocol

import asyncpg

from agents.audio import Transcript
from agents.errors import ModelFailed, ModelUnavailable
from agents.types import ModelCall
from gateway import observe
from gateway.blobs import BlobMissing, Blobs
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.prices import Prices
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 90.0
TRIES = 5


class Hears(Protocol):
    """Writes down a recording: bytes, MIME type, languages that are likely. Raises ModelFailed."""

    def __call__(self, data: bytes, mime_type: str, languages: Sequence[str]) -> Awaitable[Transcript]: ...


class Transcripts(Worker):
    """Hears voice notes, again when that may help. What can't be heard is marked so, and the agent says it."""

    topic = "transcripts"

    def __init__(
        self, pool: Pool, bus: Bus, blobs: Blobs, hear: Hears, *, owner: str, prices: Prices, capacity: int = 8
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._blobs = blobs
        self._hear = hear
        self._owner = owner
        self._prices = prices

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Nothing to keep: a lease is longer than a hearing."""
        await asyncio.Event().wait()

    async def work(self, claim: asyncpg.Record) -> None:
        key = (claim["user_id"], claim["media_id"])
        calls: Sequence[ModelCall] = ()
        try:
            data = await self._blobs.get(claim["sha256"])
            found = await self._hear(data, claim["mime_type"], [claim["language"]] if claim["language"] else [])
            calls = (found.call,)
            state = "ready" if found.text else "failed"
            await self._store("heard", *key, state, found.text.replace("\0", ""))
        except (BlobMissing, OSError):
            await self._store("heard", *key, "failed", None)
        except ModelFailed as error:
            calls = error.calls
            observe.log.warning("voice_note_not_heard", file=claim["media_id"], error=type(error).__name__)
            if isinstance(error, ModelUnavailable) and claim["attempts"] < TRIES:
                await self._store("later", *key, max(error.retry_after, 2.0 ** claim["attempts"]))
            else:
                await self._store("heard", *key, "failed", None)
        for call in calls:
            await self._meter(claim, call)
        self._bus.publish("turns")
        self._bus.publish(f"conversation:{claim['conversation_id']}")
        told = {"type": "media", "conversation_id": claim["conversation_id"], "media_id": claim["media_id"]}
        self._bus.publish(f"live:{claim['user_id']}", json.dumps(told))

    async def _store(self, what: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[what], *values))

    async def _meter(self, claim: asyncpg.Record, call: ModelCall) -> None:
        usage = call.usage
        await self._store(
            "meter", claim["user_id"], claim["media_id"], claim["attempts"], claim["conversation_id"],
            claim["agent_id"], call.model, call.outcome, call.request_id, usage.input_tokens, usage.output_tokens,
            usage.audio_tokens, usage.audio_seconds, self._prices.micros(call, datetime.now(UTC).date()),
        )  # fmt: skip
