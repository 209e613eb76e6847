"""The worker that reads conversations as leads: claims what is due, asks the model, proves, stores.

A reading is never part of a reply. It is due when a conversation has been quiet, and at once when an address was given,
a person took over, a meeting was booked, or somebody asks for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import asyncpg

from agents.errors import BadRequest, KeyRejected, ModelFailed, ModelUnavailable, QuotaExhausted
from agents.extraction import Asked, Line, Read
from agents.types import ModelCall
from gateway import observe
from gateway.bus import Bus
from gateway.db import Connection, Pool, Row, jsonb, queries, retry_clash
from gateway.ids import new
from gateway.leads import store
from gateway.leads.lead import compose, verified
from gateway.leads.proof import Proved, prove, region_of
from gateway.prices import Prices
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 240.0  # more than two requests may take
MOST_MESSAGES = 160
LINE_LIMIT = 2000
TEXT_LIMIT = 60_000
TRIES = 8
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5.0, 3600.0
CAPPED_SECONDS = 1800.0
_WORD = re.compile(r"[^\W_]{2}|[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_AUTHORS: dict[str, Literal["customer", "agent", "human"]] = {"customer": "customer", "human": "human"}

Extracts = Callable[[Asked], Awaitable[Read]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One reading on its way into the store; `found` and `proved` are None when the model was not asked."""

    claim: Row
    case: Row
    asked: Asked
    found: Read | None = None
    proved: Proved | None = None

    def about(self) -> dict[str, Any]:
        """The columns that say where a row comes from."""
        model = self.found.calls[-1].model if self.found and self.found.calls else None
        return {"source": "model" if self.found else "event", "reason": self.claim["reason"], "model": model}


class Readings(Worker):
    """Reads conversations as leads, a few at once. `extract` asks the model, and raises ModelFailed."""

    topic = "leads"

    def __init__(
        self, pool: Pool, bus: Bus, extract: Extracts, *, owner: str, model: str, prices: Prices, capacity: int = 16
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._extract = extract
        self._owner = owner
        self._model = model
        self._prices = prices

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        await retry_clash(lambda: self._pool.fetchval(SQL["quiet"], 4 * limit))
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Nothing to keep: a lease is longer than a reading."""
        await asyncio.Event().wait()

    async def work(self, claim: asyncpg.Record) -> None:
        key = (claim["user_id"], claim["conversation_id"])
        case = await self._pool.fetchrow(SQL["case"], *key)
        if case is None:
            return
        if claim["tries"] > TRIES:  # it broke each time, and nobody could say why
            await self._pool.execute(SQL["settle"], *_key(claim), "failed", claim["read_no"], "broken", None)
            return
        lines = await self._lines(*key)
        asked = _asked(claim, case, lines, case["model"] or case["agent_model"] or self._model)
        try:
            found = await self._read(claim, case, asked)
        except ModelFailed as error:
            await self._failed(claim, case, asked, error)
            return
        # In a thread: what is long and dense takes a good part of a second, and turns wait for nobody.
        region = case["region"] or _region(case)
        proved = await asyncio.to_thread(prove, found.reading, lines, region) if found else None
        reading = _Reading(claim=claim, case=case, asked=asked, found=found, proved=proved)
        if extraction_id := await retry_clash(lambda: self._stored(reading)):
            observe.log.info("lead_changed", conversation=key[1], extraction=extraction_id)
            self._bus.publish("events")
            self._bus.publish(f"live:{key[0]}", json.dumps({"type": "lead", "conversation_id": key[1]}))

    async def _lines(self, user_id: str, conversation_id: str) -> list[Line]:
        """What was said last, and the messages that today's lead rests on."""
        latest = await self._pool.fetchrow(store.SQL["latest"], user_id, conversation_id)
        rests_on = _numbers(json.loads(latest["evidence"])) if latest else []
        rows = await self._pool.fetch(SQL["said"], user_id, conversation_id, MOST_MESSAGES, rests_on)
        lines, left = [], TEXT_LIMIT
        for row in rows:
            text = (row["text"] or "").strip()[:LINE_LIMIT]
            if not text or (left < len(text) and row["sequence_no"] not in rests_on):
                continue
            left -= len(text)
            lines.append(Line(no=row["sequence_no"], author=_AUTHORS.get(row["author"], "agent"), text=text))
        return lines[::-1]

    async def _read(self, claim: Row, case: Row, asked: Asked) -> Read | None:
        """What the model reads; None when there is nothing new for it. Raises ModelFailed."""
        new_words = case["last_inbound_no"] > claim["read_no"] or claim["reason"] in ("request", "amended")
        if not new_words or not has_words(asked.lines) or case["capped"]:
            return None
        return await self._extract(asked)

    async def _stored(self, reading: _Reading) -> str | None:
        """Stores what a reading changed, unless somebody else has it by now; the new row's id."""
        claim, case, lines = reading.claim, reading.case, reading.asked.lines
        key = (claim["user_id"], claim["conversation_id"])
        async with self._pool.acquire() as db, db.transaction():
            held = await store.hold(db, *key)
            if reading.found:
                await self._meter(db, reading, reading.found.calls)
                await db.execute(SQL["well"], claim["user_id"])
            if held is None or held.fence != claim["fence"]:
                return None
            extraction_id = None
            has_lead = bool(reading.proved or held.latest or held.events.flags or held.events.meeting_time)
            if has_lead:
                before = verified(held.latest, {line.no: line.text for line in lines}) if held.latest else None
                row = compose(before, reading.proved, held.events, held.thresholds)
                extraction_id = await store.keep(db, held, row, **reading.about())
            waits = case["capped"] and has_words(lines) and case["last_inbound_no"] > claim["read_no"]
            state = "held" if waits else "read" if has_lead else "nothing"
            far = claim["read_no"] if waits else case["last_inbound_no"]
            why, wait = ("spend_cap", CAPPED_SECONDS) if waits else (None, None)
            await db.execute(SQL["settle"], *_key(claim), state, far, why, wait)
        return extraction_id

    async def _failed(self, claim: Row, case: Row, asked: Asked, error: ModelFailed) -> None:
        observe.log.warning("reading_failed", conversation=claim["conversation_id"], error=type(error).__name__)
        again = isinstance(error, ModelUnavailable | QuotaExhausted | KeyRejected) and claim["tries"] < TRIES
        wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 4.0 ** (claim["tries"] - 1))
        wait = max(wait, getattr(error, "retry_after", 0.0))
        told = f"{type(error).__name__}: {error.code}"[:100]
        await self._meter(self._pool, _Reading(claim=claim, case=case, asked=asked), error.calls)
        if isinstance(error, BadRequest):
            detail = json.dumps({"error": type(error).__name__, "code": error.code})
            await self._pool.execute(SQL["alert"], claim["user_id"], "leads_broken", "", detail)
        await retry_clash(
            lambda: self._pool.execute(
                SQL["settle"], *_key(claim), "failed", claim["read_no"], told, wait if again else None
            )
        )

    async def _meter(self, db: Pool | Connection, reading: _Reading, calls: Sequence[ModelCall]) -> None:
        today = datetime.now(UTC).date()
        rows = jsonb([self._prices.metered(call, today) for call in calls])
        key = (reading.claim["user_id"], reading.claim["conversation_id"])
        await db.execute(SQL["meter"], *key, reading.asked.id, rows)


def has_words(lines: Sequence[Line]) -> bool:
    """Whether the customer wrote anything that can be read: signs and pictures alone are nothing to extract."""
    return any(line.author == "customer" and _WORD.search(line.text) for line in lines)


def _numbers(evidence: dict[str, Any]) -> list[int]:
    return sorted({one["sequence_no"] for quotes in evidence.values() for one in quotes if "sequence_no" in one})


def _key(claim: Row) -> tuple[Any, ...]:
    return claim["user_id"], claim["conversation_id"], claim["fence"]


def _region(case: Row) -> str:
    return region_of(case["customer_phone"]) if case["platform"] in ("whatsapp", "sms") else ""


def _asked(claim: Row, case: Row, lines: Sequence[Line], model: str) -> Asked:
    try:
        zone = ZoneInfo(case["zone"])
    except (ZoneInfoNotFoundError, ValueError):
        zone = ZoneInfo("UTC")
    return Asked(
        id=new("rdg"),
        lines=lines,
        model=model,
        business=case["company_name"] or "",
        criteria=case["criteria"] or "",
        today=datetime.now(zone).strftime("%A, %d %B %Y"),
        customer=hashlib.sha256(f"{claim['user_id']}/{case['customer_id']}".encode()).hexdigest()[:32],
    )
