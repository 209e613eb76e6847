"""One claimed turn from the store to a draft: what the model is shown, what it may do, and what it said."""

from __future__ import annotations

import hashlib
import json
import time
import traceback
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from agents.errors import AgentError, ModelFailed, ModelUnavailable, ModelUnusable
from agents.types import Attachment, Bubble, Kept, Reply, Shape, Tool, Turn
from channels.base import Content, Window
from gateway import drafts, observe, tracing
from gateway.blobs import Blobs
from gateway.booking.desk import BookingTurn
from gateway.briefs import Brief, Briefs
from gateway.bus import Bus
from gateway.db import Pool, Row
from gateway.drafts import Cuts, Draft, Writing
from gateway.errors import StoreAway
from gateway.passages import Passages
from gateway.rights.consent import line_of, was_told
from gateway.seen import files_of
from gateway.toolset import Ledger, Toolset
from gateway.transcript import moment, told, transcript
from gateway.variables import render

DELTA_SECONDS = 0.08
# What one message can hold where it is read; longer ones are cut in parts, but nobody likes to read those.
SHAPES = {
    "whatsapp": Shape(text_limit=1000, choices=10),
    "instagram": Shape(text_limit=900, choices=13),
    "sms": Shape(text_limit=480, choices=9),
    "webchat": Shape(text_limit=2000, choices=10),
}


def refuses_to_cut() -> Mapping[str, Cuts]:
    """Cuts for where nothing is ever sent."""

    def cut(content: Content) -> list[Content]:
        raise AssertionError(f"nothing is sent here, and no {content.kind}")

    return dict.fromkeys(SHAPES, cut)


class Answers(Protocol):
    """What answers: an agent, or whoever stands in for one."""

    async def reply(self, turn: Turn) -> Reply:
        """Answers a turn. Raises AgentError."""

    def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        """Answers a turn with pieces of text as they come and the reply last. Raises AgentError."""


class Booking(Protocol):
    """The booking tools."""

    async def turn(self, claim: Row, brief: Brief) -> BookingTurn:
        """What a claimed turn may do, and has to know."""

    async def told(self, claim: Row, language: str, cuts: Cuts) -> Mapping[str, Any] | None:
        """The message that tells the customer of what was booked, moved or cancelled; None when he knows."""


class Taps(Protocol):
    """What can be done without asking the model."""

    async def draft(self, claim: Row, writing: Writing) -> Draft | None:
        """What becomes of a turn in which a button of ours was tapped; None for every other. Raises StoreAway."""


class HttpTools(Protocol):
    """The tools that a business defined."""

    async def of(self, claim: Row, brief: Brief) -> Sequence[Callable[[Ledger], Tool]]:
        """Those that the agent of a claimed turn may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What answering needs besides the agent. Platforms are keys: their cuts and windows."""

    cuts: Mapping[str, Cuts]
    windows: Mapping[str, Window]
    toolset: Toolset
    blobs: Blobs | None = None
    http_tools: HttpTools | None = None
    booking: Booking | None = None
    taps: Taps | None = None


class Answering:
    """Turns claims into drafts. Keeps nothing of a turn."""

    def __init__(self, pool: Pool, bus: Bus, agent: Answers, briefs: Briefs, around: Around) -> None:
        self._pool = pool
        self._bus = bus
        self._agent = agent
        self._briefs = briefs
        self._around = around

    async def draft(self, claim: Row) -> Draft:
        """What becomes of a claimed turn. Raises StoreAway."""
        now = datetime.now(UTC)
        brief = await self._briefs.of(claim)
        writing = Writing(claim, brief, self._around.cuts[claim["platform"]], now)
        draft = await self._drafted(claim, brief, writing, now)
        notice = brief.consent
        if not notice or not draft.messages or claim["platform"] == "webchat":
            return draft
        if await was_told(self._pool, claim, notice):
            return draft
        first = writing.message(Bubble(text=line_of(notice)), "fallback")
        first["content"] = {"consent": {"version": notice.version}}
        return replace(draft, messages=[first, *draft.messages])

    async def _drafted(self, claim: Row, brief: Brief, writing: Writing, now: datetime) -> Draft:
        if (done := await self._tapped(claim, brief, writing)) is not None:
            return done
        opens = writing.opening()
        if brief.away and opens is not None:
            return drafts.away(claim, writing, opens, brief.away_text, now)
        saw: dict[str, Any] = {}
        try:
            passages = Passages(self._pool, claim, brief)
            turn = await self.prepared(claim, brief, passages, now, saw)
            reply = await self._traced(claim, brief, turn)
            draft = drafts.replied(claim, reply, writing, passages.sources, saw)
            return draft if brief.booking is None else await self._with_bookings(claim, brief, draft)
        except StoreAway:
            raise
        except AgentError as error:
            failure: AgentError = error
            observe.log.warning("turn_failed", turn=claim["turn_id"], error=type(error).__name__)
        except Exception as error:  # a fault of ours must not leave a customer without an answer for ever
            failure = ModelUnusable("internal")
            # Its message may hold what a customer wrote: the log has the place alone.
            where = traceback.extract_tb(error.__traceback__)[-1]
            observe.log.error(
                "turn_broke", turn=claim["turn_id"], error=type(error).__qualname__, at=f"{where.name}:{where.lineno}"
            )
        return drafts.failed(claim, failure, writing, brief, now, saw)

    async def _tapped(self, claim: Row, brief: Brief, writing: Writing) -> Draft | None:
        """What a button does by itself. Where that breaks, the agent answers as if it had been said in words."""
        if self._around.taps is None:
            return None
        try:
            draft = await self._around.taps.draft(claim, writing)
        except StoreAway:
            raise
        except Exception as error:
            observe.log.error("tap_broke", turn=claim["turn_id"], error=type(error).__qualname__)
            return None
        return await self._with_bookings(claim, brief, draft) if draft is not None else None

    async def _with_bookings(self, claim: Row, brief: Brief, draft: Draft) -> Draft:
        """What was booked is said by a message of its own, made of the row, before the agent's words."""
        if self._around.booking is None:
            return draft
        language = draft.language or claim["customer_language"] or brief.language
        message = await self._around.booking.told(claim, language, self._around.cuts[claim["platform"]])
        return replace(draft, messages=[message, *draft.messages]) if message else draft

    async def prepared(self, claim: Row, brief: Brief, passages: Passages, now: datetime, saw: dict[str, Any]) -> Turn:
        """What the agent of a claim is asked at a moment; `saw` is told what that holds. Raises StoreAway."""
        files: Mapping[int, Sequence[Attachment | str]] = (
            await files_of(self._pool, self._around.blobs, claim) if self._around.blobs else {}
        )
        facts = moment(claim, brief, self._around.windows.get(claim["platform"]), now)
        booking = await self._around.booking.turn(claim, brief) if self._around.booking else BookingTurn()
        said = [*transcript(claim, files), *await passages.offered(), *booking.notes, told(facts, brief, now)]
        more = await self._around.http_tools.of(claim, brief) if self._around.http_tools else ()
        tools = self._around.toolset.tools(claim, brief, passages, [*booking.makers, *more])
        saw |= {
            "messages": len(said),
            "files": sum(len(found) for found in files.values()),
            "passages": len(passages.sources),
            "tools": [tool.name for tool in tools],
        }
        return Turn(
            turn_id=claim["turn_id"],
            instructions=render(brief.instructions, facts) if brief.volatile else brief.instructions,
            transcript=said,
            after_no=claim["after_no"],
            model=brief.model,
            fallback_model=brief.fallback_model,
            customer=hashlib.sha256(f"{claim['user_id']}/{claim['customer_id']}".encode()).hexdigest()[:32],
            prompt_key=brief.prompt_key,
            tools=tools,
            shape=SHAPES[claim["platform"]],
            kept=Kept(conversation_id=claim["openai_conversation_id"] or "", no=claim["kept_no"])
            if brief.keeps_copy
            else None,
            moderation=brief.moderation,
            legacy_prompt=brief.legacy_prompt,
            receipts=booking.receipts,
        )

    async def _traced(self, claim: Row, brief: Brief, turn: Turn) -> Reply:
        about = {
            "gen_ai.provider.name": "openai",
            "gen_ai.agent.id": brief.agent_id,
            "gen_ai.conversation.id": claim["conversation_id"],
            "gen_ai.request.model": turn.model,
            "frontdesk.turn.id": turn.turn_id,
        }
        with tracing.span("invoke_agent", brief.agent_id, about) as told_more:
            try:
                reply = await self._reply(claim, turn)
            except ModelFailed as error:
                tracing.chats(error.calls, claim["conversation_id"])
                raise
            tracing.chats(reply.calls, claim["conversation_id"])
            told_more({"frontdesk.action": reply.action})
            return reply

    async def _reply(self, claim: Row, turn: Turn) -> Reply:
        if claim["platform"] != "webchat":
            return await self._agent.reply(turn)
        try:
            return await self._streamed(f"delta:{claim['conversation_id']}", turn)
        except ModelUnavailable as broken:
            if broken.final or broken.code == "circuit_open":
                raise
            # The stream broke off in the middle: the whole answer is asked for once more, and nothing half is kept.
            try:
                reply = await self._agent.reply(turn)
            except AgentError as error:
                if hasattr(error, "calls"):
                    error.calls = (*broken.calls, *error.calls)
                raise
            return replace(reply, calls=(*broken.calls, *reply.calls))

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
