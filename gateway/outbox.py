"""The worker that sends parts: 'sending' is committed, then one call, then what became of it."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from channels.base import Channel, Outbound
from channels.errors import Ambiguous, Misconfigured, OptedOut, SendFailed, Throttled, Unavailable, Unreachable
from gateway import observe
from gateway.audience import Audience
from gateway.batch import Batch
from gateway.bus import Bus
from gateway.channel_health import ChannelHealth
from gateway.db import Pool, queries, retry_clash
from gateway.departures import Departures
from gateway.errors import Misset, NotFound, StoreAway
from gateway.files import Files
from gateway.intake import settle_asides
from gateway.numbers import sender_of, settings_of
from gateway.pace import Pace
from gateway.vault import Vault
from gateway.window import Verdict, may_send
from gateway.worker import Worker

SQL = queries(__file__)
CAPACITY = 200
LEASE_SECONDS = 30.0  # longer than a channel's whole time-out
UNKNOWN_HOLDS_SECONDS = 60.0
SWEEP_SECONDS = 1.0
GIVE_UP_SECONDS = 24 * 3600.0
BACKOFF_SECONDS = 60.0
MISCONFIGURED_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of one part: sent, retry (after `delay` seconds), failed or unknown.

    `pause` keeps the whole number quiet for so many seconds; `opted_out` is what the customer forbids us by it.
    """

    claim: asyncpg.Record
    state: str
    provider_id: str = ""
    code: str = ""
    detail: str = ""
    delay: float = 0.0
    pause: float = 0.0
    opted_out: str = ""


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
        files: Files | None = None,
        health: ChannelHealth | None = None,
        pace: Pace | None = None,
        departures: Departures | None = None,
    ) -> None:
        super().__init__(bus, capacity=CAPACITY)
        self._pool = pool
        self._vault = vault
        self._channels = channels
        self._owner = owner
        self._status_url = f"{public_url}/webhooks/twilio/status"
        self._files = files
        self._health = health or ChannelHealth(pool)
        self._pace = pace or Pace(channels)
        self._departures = departures
        self._audience = Audience(bus)
        self._settles: Batch[_Outcome, None] = Batch(self._settle, limit=200)

    async def recover(self) -> None:
        """What the former process of this name was sending may have arrived, so it is unknown now, except what its
        notes prove never to have left."""
        if self._departures is not None:
            if (left := self._departures.former) is not None:
                await self._pool.execute(SQL["requeue"], self._owner, list(left))
            await self._pool.fetch(SQL["bury"], self._owner)
            self._departures.start()
        else:
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
                if self._departures is not None:
                    self._departures.settled(_key(claim))
                return
            except StoreAway:
                # Nobody else knows what the provider answered, so it is said until it is stored.
                await asyncio.sleep(0.25)

    async def keep(self) -> None:
        """Sweeps what time settles: leases that ran out, and what came before its message was recorded."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                buried = await self._pool.fetch(SQL["bury"], "")
                echoes = await self._pool.fetch(SQL["settle_echoes"])
                if buried or echoes or await self._pool.fetchval(SQL["settle_parked"]):
                    self.wake()
                await settle_asides(self._pool)
            except Exception as error:  # the boundary of a worker loop: the next sweep does it
                observe.log.warning("sweep_failed", error=type(error).__name__)

    async def _send(self, claim: asyncpg.Record) -> _Outcome:
        channel = self._channels[claim["platform"]]
        verdict = self._verdict(claim, channel)
        if not verdict.allowed:
            return _Outcome(claim=claim, state="failed", code=verdict.reason, detail=_advice(verdict))
        settings = settings_of(claim["settings"])
        wait = self._pace.wait(claim["platform"], claim["address"], claim["customer_phone"], settings)
        if wait:
            return _later(claim, wait, "paced", "waits for its turn")
        try:
            part = await self._outbound(claim, channel, late=verdict.late)
            with self._departing(claim):
                provider_id = await channel.send(part)
        except Misset as error:
            observe.log.error("secret_unreadable", number=claim["phone_number_id"])
            return _later(claim, MISCONFIGURED_SECONDS, "secret", str(error))
        except NotFound as error:
            return _Outcome(claim=claim, state="failed", code="file", detail=str(error))
        except StoreAway as error:
            return _later(claim, 1.0, "store", str(error))
        except SendFailed as error:
            return self._failed(claim, error)
        self._health.sent(claim["user_id"], claim["phone_number_id"])
        return _Outcome(claim=claim, state="sent", provider_id=provider_id)

    def _departing(self, claim: asyncpg.Record) -> AbstractContextManager[None]:
        return self._departures.sending(_key(claim)) if self._departures is not None else nullcontext()

    def _verdict(self, claim: asyncpg.Record, channel: Channel) -> Verdict:
        return may_send(
            channel.window,
            kind=claim["kind"],
            by_human=claim["author"] == "human",
            last_inbound_at=claim["last_inbound_at"],
            barred=claim["barred"],
            now=datetime.now(UTC),
        )

    async def _outbound(self, claim: asyncpg.Record, channel: Channel, *, late: bool) -> Outbound:
        data: dict[str, Any] = json.loads(claim["content"]) if claim["content"] else {}
        return Outbound(
            sender=sender_of(self._vault, claim),
            customer=claim["customer_phone"],
            customer_kind="bsuid" if "." in claim["customer_phone"] and claim["platform"] == "whatsapp" else "",
            kind=claim["kind"],
            text=claim["text"],
            file=await self._file(claim["user_id"], data, channel),
            data=data,
            part=claim["part_id"],
            status_url=self._status_url,
            by_human=claim["author"] == "human",
            late=late,
        )

    async def _file(self, user_id: str, data: dict[str, Any], channel: Channel) -> bytes | None:
        """The bytes of a file of ours where the provider takes bytes; elsewhere its address goes into `data`."""
        media_id = data.get("media_id")
        if not media_id or self._files is None:
            return None
        if not channel.uploads:
            data["url"] = self._files.link(user_id, media_id)
            return None
        file = await self._files.read(user_id, media_id)
        data["mime_type"] = file.mime_type
        data["filename"] = data.get("filename") or file.filename
        return file.data

    def _failed(self, claim: asyncpg.Record, error: SendFailed) -> _Outcome:
        observe.log.warning("send_failed", part=claim["part_id"], error=type(error).__name__, code=error.code)
        match error:
            case Ambiguous():
                return _Outcome(claim=claim, state="unknown", code=error.code, detail=error.detail)
            case Throttled():
                delay = max(error.retry_after, _backoff(claim))
                return _later(claim, delay, error.code, error.detail, pause=0.0 if error.pair_only else delay)
            case Unreachable() | Unavailable():
                return _later(claim, _backoff(claim), error.code, error.detail)
            case Misconfigured():
                self._health.refused(claim["user_id"], claim["phone_number_id"], f"{error.code} {error.detail}")
                wait = MISCONFIGURED_SECONDS
                return _later(claim, wait, error.code, error.detail, pause=wait)
            case OptedOut():
                scope = "marketing" if claim["platform"] == "whatsapp" else "all"
                return _Outcome(claim=claim, state="failed", code=error.code, detail=error.detail, opted_out=scope)
        return _Outcome(claim=claim, state="failed", code=error.code, detail=error.detail)

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
        for outcome in outcomes:
            if outcome.pause or outcome.opted_out:
                await self._consequence(outcome)
        for user_id in {outcome.claim["user_id"] for outcome in outcomes}:
            if self._audience.watched(user_id):
                self._bus.publish(f"sent:{user_id}")
        self.wake()
        return [None] * len(outcomes)

    async def _consequence(self, outcome: _Outcome) -> None:
        claim, number = outcome.claim, outcome.claim["phone_number_id"]
        reason = f"{outcome.code} {outcome.detail}"[:200]
        if outcome.pause:
            pause = (claim["user_id"], number, outcome.pause, reason)
            await retry_clash(lambda: self._pool.execute(SQL["pause"], *pause))
        if outcome.opted_out:
            words = (claim["user_id"], claim["conversation_id"], claim["platform"], outcome.opted_out)
            await retry_clash(lambda: self._pool.execute(SQL["opt_out"], *words))


def _key(claim: asyncpg.Record) -> str:
    """One attempt at a part, as `requeue_parts` writes it."""
    return f"{claim['user_id']} {claim['part_id']} {claim['attempts']}"


def _advice(verdict: Verdict) -> str:
    if verdict.reason == "opted_out":
        return "The customer wants no messages here."
    return f"The customer wrote too long ago. Possible instead: {', '.join(verdict.instead)}."


def _later(claim: asyncpg.Record, delay: float, code: str, detail: str, *, pause: float = 0.0) -> _Outcome:
    age = (datetime.now(UTC) - claim["created_at"]).total_seconds()
    state = "failed" if age > GIVE_UP_SECONDS else "retry"
    return _Outcome(claim=claim, state=state, code=code, detail=detail, delay=delay, pause=pause)


def _backoff(claim: asyncpg.Record) -> float:
    """0.25 s doubled at each attempt up to a minute, less up to half of it by chance."""
    return min(0.25 * 2.0 ** min(int(claim["attempts"]), 10), BACKOFF_SECONDS) * random.uniform(0.5, 1.0)
