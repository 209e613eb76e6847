"""The worker that lets agents answer: claims what is due, drafts a reply, commits it or lets it go."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from typing import Literal, Protocol

import asyncpg

from gateway import observe
from gateway.audience import Audience
from gateway.batch import Batch
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.drafts import Draft
from gateway.errors import StoreAway
from gateway.prices import Prices
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0
PATIENCE_SECONDS = 0.4  # an answer that comes sooner needs no sign that it is being written
SHOW_SECONDS = 0.25
SHOWN_SECONDS = 20.0  # a sign lasts 25 s at the provider with the shortest
MOST_SHOWN = 20
HISTORY = 40
BATCH = 50
MAX_SUPERSEDES = 3
SHARE = 4  # beyond one in so many of what a process can run, a number gives way to the others
SPARE = 20  # one in so many stays free for them
KEY = ("user_id", "conversation_id", "agent_id", "customer_phone")  # of a conversation, and what orders its lock


class Drafts(Protocol):
    """What makes a draft of a claimed turn."""

    async def draft(self, claim: Row) -> Draft:
        """What becomes of the turn. Raises StoreAway."""


class Shows(Protocol):
    """What shows a customer that somebody writes."""

    async def show(self, user_id: str, conversation_id: str, what: Literal["read", "typing"]) -> bool: ...


class Turns(Worker):
    """Claims due conversations and answers each in a task of its own, as many at once as `capacity`.

    A number that has its share gives way to the others, so that a flood on one leaves room for them.
    """

    topic = "turns"

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        answering: Drafts,
        *,
        owner: str,
        prices: Prices | None = None,
        signals: Shows | None = None,
        audience: Audience | None = None,
        capacity: int = 2000,
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._answering = answering
        self._owner = owner
        self._prices = prices or Prices()
        self._signals = signals
        self._audience = audience
        self._shown: dict[str, float] = {}
        self._held: dict[str, asyncpg.Record] = {}
        self._running: Counter[str] = Counter()
        self._share = max(1, capacity // SHARE)
        self._spare = max(1, capacity // SPARE)
        self._full = False
        self._commits: Batch[Draft, str] = Batch(self._commit, limit=100)

    async def recover(self) -> None:
        """Frees what the former process of this name was working on."""
        await self._pool.execute(SQL["bury"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        busy = [number for number, count in self._running.items() if count >= self._share]
        rows = await self._taken(min(limit, BATCH, self._share), busy)
        if not rows and busy and limit > self._spare:
            # Nobody else waits: what is left goes to those, but for a few places.
            rows = await self._taken(min(limit - self._spare, BATCH), [])
        self._full = not rows and bool(busy)
        for row in rows:
            self._held[row["turn_id"]] = row
            self._running[row["phone_number_id"]] += 1
        return rows

    async def _taken(self, limit: int, busy: Sequence[str]) -> Sequence[asyncpg.Record]:
        return await retry_clash(
            lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit, HISTORY, busy)
        )

    async def next_due(self) -> float | None:
        if self._full:
            return None  # what is due has to wait for a turn to end
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def work(self, claim: asyncpg.Record) -> None:
        started = time.perf_counter()
        conversation_id = claim["conversation_id"]
        if claim["platform"] == "webchat":
            self._bus.publish(f"seen:{conversation_id}", str(claim["to_no"]))
            self._bus.publish(f"typing:{conversation_id}", "on")
        else:
            self._shown[claim["turn_id"]] = time.monotonic() + PATIENCE_SECONDS
        said = False
        self._say(claim, "on")
        try:
            draft = await self._answering.draft(claim)
            outcome = await self._committed(draft)
            said = outcome in ("committed", "parked") and bool(draft.messages)
        finally:
            if claim["platform"] == "webchat" and not said:
                self._bus.publish(f"typing:{conversation_id}", "off")
            self._say(claim, "off")
            self._held.pop(claim["turn_id"], None)
            self._shown.pop(claim["turn_id"], None)
            self._released(claim["phone_number_id"])
        observe.TURNS.labels(outcome).inc()
        observe.TURN_SECONDS.observe(time.perf_counter() - started)

    def _say(self, claim: asyncpg.Record, state: str) -> None:
        """Tells those who watch the business that the agent is at work."""
        if self._audience and self._audience.watched(claim["user_id"]):
            word = {"type": "writing", "turn_id": claim["turn_id"], "conversation_id": claim["conversation_id"]}
            self._bus.publish(f"live:{claim['user_id']}", json.dumps({**word, "by": "agent", "state": state}))

    def _released(self, number: str) -> None:
        self._running[number] -= 1
        if self._full or self._running[number] == self._share - 1:
            self.wake()
        if self._running[number] <= 0:
            del self._running[number]

    async def keep(self) -> None:
        """Renews the leases of running turns and shows that somebody writes, for as long as the worker runs."""
        renew_at = time.monotonic() + RENEW_SECONDS
        while True:
            await asyncio.sleep(SHOW_SECONDS)
            try:
                if time.monotonic() >= renew_at:
                    renew_at = time.monotonic() + RENEW_SECONDS
                    await self._renew()
                self._show()
            except Exception as error:  # the boundary of a worker loop: the fence guards what is not renewed
                observe.log.warning("lease_not_renewed", error=type(error).__name__)

    async def _renew(self) -> None:
        held = list(self._held.values())
        if held:
            columns = [[row[name] for row in held] for name in (*KEY, "fence")]
            await self._pool.fetch(SQL["renew"], *columns, LEASE_SECONDS)

    def _show(self) -> None:
        """One loop for all turns: a task for each would cost more than what it shows."""
        now = time.monotonic()
        due = [turn for turn, at in self._shown.items() if at <= now]
        for turn_id in due[:MOST_SHOWN]:
            self._shown[turn_id] = now + SHOWN_SECONDS
            if self._signals and (claim := self._held.get(turn_id)):
                task = asyncio.create_task(self._signals.show(claim["user_id"], claim["conversation_id"], "typing"))
                task.add_done_callback(_forgotten)

    async def _committed(self, draft: Draft) -> str:
        while True:
            try:
                return await self._commits.add(draft)
            except StoreAway:
                # Safe to say again: the store knows the turn, and the fence keeps others out or lets them in.
                await asyncio.sleep(0.25)

    async def _commit(self, drafts: Sequence[Draft]) -> list[str]:
        claims = [draft.claim for draft in drafts]
        rows = await retry_clash(
            lambda: self._pool.fetch(
                SQL["commit"],
                *([claim[name] for claim in claims] for name in (*KEY, "turn_id")),
                *([claim[name] for claim in claims] for name in ("fence", "owner_epoch", "to_no", "platform")),
                *([claim[name] for claim in claims] for name in ("max_wait_ms", "quiet_ms")),
                [draft.stored(self._prices) for draft in drafts],
                MAX_SUPERSEDES,
            )
        )
        outcomes = [""] * len(drafts)
        for row in rows:
            index = row["ordinal"] - 1
            outcomes[index] = row["outcome"]
            if claims[index]["platform"] == "webchat":
                self._bus.publish(f"conversation:{claims[index]['conversation_id']}")
            if row["due_at"] is not None:
                self.wake()
            if row["outcome"] == "lost":
                await self._forgotten_copy(drafts[index])
        self._bus.publish("outbox")
        return outcomes

    async def _forgotten_copy(self, draft: Draft) -> None:
        """A copy that a lost turn made at the provider is nobody's: the conversation does not know it, or is gone."""
        if draft.kept and draft.kept.conversation_id not in ("", draft.claim["openai_conversation_id"]):
            key = (draft.claim["user_id"], draft.kept.conversation_id)
            await retry_clash(lambda: self._pool.execute(SQL["orphan"], *key))


def _forgotten(task: asyncio.Task[bool]) -> None:
    if not task.cancelled() and (error := task.exception()):
        observe.log.warning("signal_failed", error=type(error).__name__)
