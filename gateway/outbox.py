"""The worker that sends parts: 'sending' is committed, then one call, then what became of it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import asyncpg

from channels.base import Channel, Outbound, Sender
from channels.errors import Ambiguous, Misconfigured, SendFailed, Throttled, Unavailable, Unreachable
from gateway import observe
from gateway.batch import Batch
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import Misset, StoreAway
from gateway.numbers import token_place
from gateway.vault import Vault
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 30.0  # longer than a channel's whole time-out
UNKNOWN_HOLDS_SECONDS = 60.0
SWEEP_SECONDS = 1.0
GIVE_UP_SECONDS = 24 * 3600.0
BACKOFF_SECONDS = 60.0
MISCONFIGURED_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of one part: sent, retry (after `delay` seconds), failed or unknown."""

    claim: asyncpg.Record
    state: str
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    delay: float = 0.0


class Outbox(Worker):
    """Claims the first open part of each conversation and sends it; the next one follows when it is settled."""

    topic = "outbox"

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        vault: Vault,
        channels: Mapping[str, Channel],
        *,
        owner: str,
        public_url: str,
        capacity: int = 200,
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._vault = vault
        self._channels = channels
        self._owner = owner
        self._status_url = f"{public_url}/webhooks/twilio/status"
        self._settles: Batch[_Outcome, None] = Batch(self._settle, limit=200)

    async def recover(self) -> None:
        """What the former process of this name was sending may have arrived: it is unknown now."""
        await self._pool.fetch(SQL["bury"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(
            lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, min(limit, 50), UNKNOWN_HOLDS_SECONDS)
        )

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def work(self, claim: asyncpg.Record) -> None:
        outcome = await self._send(claim)
        observe.SENDS.labels(claim["platform"], outcome.state).inc()
        while True:
            try:
                await self._settles.add(outcome)
                return
            except StoreAway:
                # Nobody else knows what the provider answered, so it is said until it is stored.
                await asyncio.sleep(0.25)

    async def keep(self) -> None:
        """Sweeps what time settles: leases that ran out, statuses that came before their message was recorded."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                if await self._pool.fetch(SQL["bury"], "") or await self._pool.fetchval(SQL["settle_parked"]):
                    self.wake()
            except Exception as error:  # the boundary of a worker loop: the next sweep does it
                observe.log.warning("sweep_failed", error=type(error).__name__)

    async def _send(self, claim: asyncpg.Record) -> _Outcome:
        try:
            part = self._outbound(claim)
            provider_id = await self._channels[claim["platform"]].send(part)
        except Misset as error:
            observe.log.error("secret_unreadable", number=claim["phone_number_id"])
            return _later(claim, MISCONFIGURED_SECONDS, "secret", str(error))
        except SendFailed as error:
            return _failed(claim, error)
        return _Outcome(claim=claim, state="sent", provider_id=provider_id)

    def _outbound(self, claim: asyncpg.Record) -> Outbound:
        place = token_place(claim["user_id"], claim["phone_number_id"])
        settings = {str(name): str(value) for name, value in json.loads(claim["settings"]).items()}
        sender = Sender(
            address=claim["address"], token=self._vault.open(claim["access_token"], place), settings=settings
        )
        return Outbound(
            sender=sender,
            customer=claim["customer_phone"],
            customer_kind="bsuid" if "." in claim["customer_phone"] and claim["platform"] == "whatsapp" else "",
            text=claim["text"],
            part=claim["part_id"],
            status_url=self._status_url,
            by_human=claim["author"] == "human",
        )

    async def _settle(self, outcomes: Sequence[_Outcome]) -> list[None]:
        await retry_clash(
            lambda: self._pool.fetch(
                SQL["settle"],
                [outcome.claim["user_id"] for outcome in outcomes],
                [outcome.claim["part_id"] for outcome in outcomes],
                [outcome.state for outcome in outcomes],
                [outcome.provider_id for outcome in outcomes],
                [outcome.code[:50] for outcome in outcomes],
                [outcome.detail.replace("\x00", "")[:1000] for outcome in outcomes],
                [outcome.delay for outcome in outcomes],
            )
        )
        self.wake()
        return [None] * len(outcomes)


def _failed(claim: asyncpg.Record, error: SendFailed) -> _Outcome:
    observe.log.warning("send_failed", part=claim["part_id"], error=type(error).__name__, code=error.code)
    match error:
        case Ambiguous():
            return _Outcome(claim=claim, state="unknown", code=error.code, detail=error.detail)
        case Throttled():
            return _later(claim, max(error.retry_after, _backoff(claim)), error.code, error.detail)
        case Unreachable() | Unavailable():
            return _later(claim, _backoff(claim), error.code, error.detail)
        case Misconfigured():
            return _later(claim, MISCONFIGURED_SECONDS, error.code, error.detail)
    return _Outcome(claim=claim, state="failed", code=error.code, detail=error.detail)


def _later(claim: asyncpg.Record, delay: float, code: str, detail: str) -> _Outcome:
    age = (datetime.now(UTC) - claim["created_at"]).total_seconds()
    state = "failed" if age > GIVE_UP_SECONDS else "retry"
    return _Outcome(claim=claim, state=state, code=code, detail=detail, delay=delay)


def _backoff(claim: asyncpg.Record) -> float:
    """0.25 s doubled at each attempt up to a minute, less up to half of it by chance."""
    return min(0.25 * 2.0 ** min(int(claim["attempts"]), 10), BACKOFF_SECONDS) * random.uniform(0.5, 1.0)
