"""The worker that lets agents answer: claims what is due, asks the model, commits the reply or lets it go."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, Literal, Protocol

import asyncpg

from agents.errors import AgentError, ModelUnavailable
from agents.types import Reply, Said, Turn, Usage
from channels.base import Content, Window
from gateway import observe
from gateway.batch import Batch
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import StoreAway
from gateway.ids import new
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 10.0
RENEW_SECONDS = 3.0
PATIENCE_SECONDS = 0.4  # an answer that comes sooner needs no sign that it is being written
SHOW_SECONDS = 0.25
SHOWN_SECONDS = 20.0  # a sign lasts 25 s at the provider with the shortest
MOST_SHOWN = 20
DELTA_SECONDS = 0.08
LATE_SECONDS = 60
NOTES = {
    "revoked": "deleted by the customer",
    "undelivered": "this could not be delivered, the customer has not seen it",
}
HISTORY = 40
MAX_SUPERSEDES = 3
KEY = ("user_id", "conversation_id", "agent_id", "customer_phone")  # of a conversation, and what orders its lock
AUTHORS: Mapping[str, Any] = {"customer": "customer", "ai": "agent", "fallback": "agent", "human": "human"}


class Answers(Protocol):
    """What a worker needs of an agent."""

    async def reply(self, turn: Turn) -> Reply:
        """Answers a turn. Raises AgentError."""

    def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        """Answers a turn with pieces of text as they come and the reply last. Raises AgentError."""


class Shows(Protocol):
    """What shows a customer that somebody writes."""

    async def show(self, user_id: str, conversation_id: str, what: Literal["read", "typing"]) -> bool: ...


class Cuts(Protocol):
    """What a platform makes of a content: the parts that it can send."""

    def __call__(self, content: Content) -> list[Content]: ...


@dataclass(frozen=True, slots=True)
class _Draft:
    """A reply that wants to be committed, or the fallback line and why it stands in."""

    claim: asyncpg.Record
    messages: list[dict[str, Any]]
    failure: str
    usage: Usage
    model: str
    request_id: str


class Turns(Worker):
    """Claims due conversations and answers each in a task of its own, as many at once as `capacity`."""

    topic = "turns"

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        agent: Answers,
        cuts: Mapping[str, Cuts],
        *,
        owner: str,
        model: str,
        windows: Mapping[str, Window] | None = None,
        signals: Shows | None = None,
        capacity: int = 2000,
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._windows = windows or {}
        self._signals = signals
        self._shown: dict[str, float] = {}
        self._pool = pool
        self._agent = agent
        self._cuts = cuts
        self._owner = owner
        self._model = model
        self._held: dict[str, asyncpg.Record] = {}
        self._commits: Batch[_Draft, str] = Batch(self._commit, limit=100)

    async def recover(self) -> None:
        """Frees what the former process of this name was working on."""
        await self._pool.execute(SQL["bury"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        rows = await retry_clash(
            lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, min(limit, 50), HISTORY)
        )
        for row in rows:
            self._held[row["conversation_id"]] = row
        return rows

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def work(self, claim: asyncpg.Record) -> None:
        started = time.perf_counter()
        conversation_id = claim["conversation_id"]
        if claim["platform"] == "webchat":
            self._bus.publish(f"seen:{conversation_id}", str(claim["to_no"]))
            self._bus.publish(f"typing:{conversation_id}", "on")
        else:
            self._shown[conversation_id] = time.monotonic() + PATIENCE_SECONDS
        try:
            outcome = await self._committed(await self._draft(claim))
        finally:
            self._held.pop(conversation_id, None)
            self._shown.pop(conversation_id, None)
        observe.TURNS.labels(outcome).inc()
        observe.TURN_SECONDS.observe(time.perf_counter() - started)

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
        due = [conversation for conversation, at in self._shown.items() if at <= now]
        for conversation_id in due[:MOST_SHOWN]:
            self._shown[conversation_id] = now + SHOWN_SECONDS
            if self._signals and (claim := self._held.get(conversation_id)):
                task = asyncio.create_task(self._signals.show(claim["user_id"], conversation_id, "typing"))
                task.add_done_callback(_forgotten)

    async def _draft(self, claim: asyncpg.Record) -> _Draft:
        try:
            reply = await self._reply(claim)
        except AgentError as error:
            failure = type(error).__name__
            observe.log.warning(
                "turn_failed", conversation=claim["conversation_id"], turn=claim["turn_id"], error=failure
            )
            messages = [self._message(claim, "fallback", claim["fallback_text"])]
            usage = getattr(error, "usage", None) or Usage()
            return _Draft(claim, messages, failure, usage, "", getattr(error, "request_id", "") or "")
        messages = [self._message(claim, "ai", text) for text in reply.texts]
        return _Draft(claim, messages, "", reply.usage, reply.model, reply.request_id)

    async def _reply(self, claim: asyncpg.Record) -> Reply:
        turn = self._turn(claim)
        if claim["platform"] != "webchat":
            return await self._agent.reply(turn)
        try:
            return await self._streamed(f"delta:{claim['conversation_id']}", turn)
        except ModelUnavailable as broken:
            if broken.final:
                raise
            # The stream broke off in the middle: the whole answer is asked for once more, and nothing half is kept.
            reply = await self._agent.reply(turn)
            return replace(reply, usage=broken.usage + reply.usage)

    async def _streamed(self, topic: str, turn: Turn) -> Reply:
        """Shows the pieces as they come. They are a promise: the committed message replaces them, or nothing does."""
        waiting, count, at = "", 0, 0.0
        try:
            async with aclosing(self._agent.stream(turn)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Reply):
                        return piece
                    waiting += piece
                    if time.monotonic() - at >= DELTA_SECONDS:
                        self._bus.publish(topic, json.dumps({"turn": turn.turn_id, "n": count, "text": waiting}))
                        waiting, count, at = "", count + 1, time.monotonic()
        finally:
            self._bus.publish(topic, json.dumps({"turn": turn.turn_id, "end": True}))
        raise ModelUnavailable("stream_cut")

    def _turn(self, claim: asyncpg.Record) -> Turn:
        business = claim["company_name"] or ""
        return Turn(
            turn_id=claim["turn_id"],
            instructions=f"{claim['instructions']}\n\nYou are {claim['agent_name']}. You write for: {business}".strip(),
            transcript=[*_transcript(json.loads(claim["history"])), *self._facts(claim)],
            model=claim["model"] or self._model,
            customer=hashlib.sha256(f"{claim['user_id']}/{claim['customer_id']}".encode()).hexdigest()[:32],
            prompt_key=f"{claim['prompt_id']}:{claim['prompt_version']}"[:64],
        )

    def _facts(self, claim: asyncpg.Record) -> list[Said]:
        """What the agent should know of this moment. Last, so that what stands before it stays in the model's cache."""
        window = self._windows.get(claim["platform"])
        if window is None or not window.hours or claim["last_inbound_at"] is None:
            return []
        closes_at = claim["last_inbound_at"] + timedelta(hours=window.hours)
        text = (
            f"Messages can be sent freely here until {closes_at:%Y-%m-%d %H:%M} UTC; "
            "after that not before the customer writes again."
        )
        return [Said(author="note", text=text)]

    def _message(self, claim: asyncpg.Record, author: str, text: str) -> dict[str, Any]:
        parts = [
            {"part_id": new("prt"), "text": part.text, "kind": part.kind, "content": part.data or None}
            for part in self._cuts[claim["platform"]](Content(text=text))
        ]
        return {"message_id": new("msg"), "author": author, "text": text, "parts": parts}

    async def _committed(self, draft: _Draft) -> str:
        while True:
            try:
                return await self._commits.add(draft)
            except StoreAway:
                # Safe to say again: the store knows the turn, and the fence keeps others out or lets them in.
                await asyncio.sleep(0.25)

    async def _commit(self, drafts: Sequence[_Draft]) -> list[str]:
        claims = [draft.claim for draft in drafts]
        rows = await retry_clash(
            lambda: self._pool.fetch(
                SQL["commit"],
                *([claim[name] for claim in claims] for name in (*KEY, "turn_id")),
                *([claim[name] for claim in claims] for name in ("fence", "owner_epoch", "to_no", "platform")),
                [json.dumps(draft.messages, ensure_ascii=False).replace("\x00", "") for draft in drafts],
                [draft.failure for draft in drafts],
                [json.dumps(asdict(draft.usage)) for draft in drafts],
                [draft.model for draft in drafts],
                [draft.request_id for draft in drafts],
                [claim["max_wait_ms"] for claim in claims],
                [claim["quiet_ms"] for claim in claims],
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
        self._bus.publish("outbox")
        return outcomes


def _forgotten(task: asyncio.Task[bool]) -> None:
    if not task.cancelled() and (error := task.exception()):
        observe.log.warning("signal_failed", error=type(error).__name__)


def _transcript(entries: Sequence[Sequence[Any]]) -> Iterator[Said]:
    """What was said, in the order of arrival. What came long after something written later says so and is not moved,
    because what was answered meanwhile stays where it is."""
    newest = 0
    for author, kind, text, sequence_no, sent in entries:
        late = sent is not None and sent + LATE_SECONDS < newest
        newest = max(newest, sent or 0)
        yield _said(author, kind, f"[written earlier, arrived late] {text}" if late else text, sequence_no)


def _said(author: str, kind: str, text: str, sequence_no: int) -> Said:
    shown = text if kind == "text" else f"[{NOTES.get(kind, kind)}] {text}".strip()
    return Said(author=AUTHORS[author], text=shown, sequence_no=sequence_no)
