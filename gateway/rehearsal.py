"""Rehearsal: stored turns run again with another version of their prompt, and nothing happens.

Tools answer what they answered then; the database is read and never written; nobody is sent anything. What comes out is
a comparison (see comparison.py).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from agents.errors import AgentError
from agents.types import Done, ModelCall, Tool, Turn
from gateway.answering import Answering, Answers, Around
from gateway.booking.desk import BookingTurn, Known, booking_turn
from gateway.briefs import Brief, Briefs
from gateway.bus import Bus
from gateway.comparison import Compared, Outcome
from gateway.db import Pool, Row, queries, retry_clash
from gateway.drafts import Cuts
from gateway.errors import Invalid, NotFound
from gateway.passages import Passages
from gateway.prices import Prices

SQL = queries(__file__)
AT_ONCE = 8
BOOKING_TOOLS = ("find_times", "book", "reschedule", "cancel_meeting")


@dataclass
class Recorded:
    """The tools of one turn, which answer what they answered then."""

    calls: Sequence[Sequence[Any]]
    used: list[str] = field(default_factory=list)

    def like(self, tool: Tool) -> Tool:
        """The same tool to the model, without its effect."""

        async def answer(arguments: Mapping[str, Any]) -> Done:
            self.used.append(tool.name)
            if tool.name == "handoff":  # its effect is the commit, and nothing is committed here
                return await _handed(tool, arguments)
            same = [call for call in self.calls if call[0] == tool.name and call[2] == "done"]
            exact = [call for call in same if call[1] == dict(arguments)]
            if not same:
                return Done(text='{"error": "This tool was not used then, so nobody knows what it would answer."}')
            _, _, _, result, receipt = (exact or same)[0]
            return Done(text=result or "", receipt=receipt or "")

        return replace(tool, run=answer)


async def _handed(_tool: Tool, arguments: Mapping[str, Any]) -> Done:
    return Done(text="The conversation goes to a person.", receipt="transferred", reason=str(arguments.get("reason")))


class PastBooking:
    """The booking tools as a customer's meetings were at a moment. They do nothing."""

    def __init__(self, pool: Pool, at: datetime) -> None:
        self._pool = pool
        self._at = at

    async def turn(self, claim: Row, brief: Brief) -> BookingTurn:
        """The tools of a stored turn. Raises StoreAway."""
        if brief.booking is None:
            return BookingTurn()
        known = Known(
            coming=await self._rows("coming", claim["user_id"], claim["customer_id"]),
            offered=await self._rows("offered", claim["user_id"], claim["conversation_id"]),
        )
        return booking_turn(claim, brief, known, dict.fromkeys(BOOKING_TOOLS, _nothing))

    async def told(self, claim: Row, language: str, cuts: Cuts) -> None:
        """Nobody is told anything."""

    async def _rows(self, name: str, *key: object) -> Sequence[Row]:
        return await retry_clash(lambda: self._pool.fetch(SQL[name], *key, self._at))


async def _nothing(_arguments: Mapping[str, Any]) -> str:
    raise AssertionError("a rehearsal runs no tool")


class Rehearsal:
    """Runs stored turns against a candidate. `pool` should be one that can't write; of `around`, the booking tools are
    left out and stand as they were then."""

    def __init__(self, pool: Pool, agent: Answers, briefs: Briefs, around: Around, prices: Prices) -> None:
        self._pool = pool
        self._agent = agent
        self._briefs = briefs
        self._around = around
        self._prices = prices

    async def run(
        self, prompt: str, turns: int, progress: Callable[[int, int], None] = lambda _done, _all: None
    ) -> list[Compared]:
        """Compares the newest turns of a prompt, written `prm_…:VERSION`. Raises Invalid, NotFound or StoreAway."""
        prompt_id, _, version = prompt.rpartition(":")
        if not prompt_id or not version.isdigit():
            raise Invalid("Write the prompt and the version to try, such as prm_0123:4.")
        user_id = await self._pool.fetchval(SQL["version"], prompt_id, int(version))
        if user_id is None:
            raise NotFound(f"There is no version {version} of a prompt {prompt_id}.")
        rows = await self.turns(user_id, prompt_id, int(version), turns)
        gate, done = asyncio.Semaphore(AT_ONCE), 0

        async def one(row: Row) -> Compared:
            nonlocal done
            async with gate:
                now, _ = await self.tried(row)
            done += 1
            progress(done, len(rows))
            return compared(row, now)

        return await asyncio.gather(*(one(row) for row in rows))

    async def turns(
        self, user_id: str, prompt_id: str, version: int, most: int, only: Sequence[str] | None = None
    ) -> Sequence[Row]:
        """The newest turns that can be tried with a version, all or those that are named. Raises StoreAway."""
        return await retry_clash(lambda: self._pool.fetch(SQL["turns"], user_id, prompt_id, version, most, only))

    async def tried(self, row: Row) -> tuple[Outcome, Sequence[ModelCall]]:
        """How a turn goes now, and what was asked of the model for that. Raises StoreAway."""
        recorded = Recorded(_recorded(row))
        turn = await self._turn(row, recorded)
        try:
            reply = await self._agent.reply(turn)
        except AgentError as error:
            calls: Sequence[ModelCall] = getattr(error, "calls", ())
            failure, cost = type(error).__name__, self._cost(calls)
            return Outcome(failure=failure, tools=tuple(recorded.used), cost_micros=cost), calls
        now = Outcome(
            text="\n\n".join(reply.texts), action=reply.action, tools=tuple(recorded.used), language=reply.language,
            cost_micros=self._cost(reply.calls), failure="claim_without_receipt" if reply.unproved else "",
        )  # fmt: skip
        return now, reply.calls

    async def _turn(self, row: Row, recorded: Recorded) -> Turn:
        brief = await self._briefs.of(row)
        around = replace(self._around, booking=PastBooking(self._pool, row["started_at"]))
        answering = Answering(self._pool, Bus(), self._agent, self._briefs, around)
        turn = await answering.prepared(row, brief, Passages(self._pool, row, brief), row["started_at"], {})
        return replace(turn, kept=None, tools=[recorded.like(tool) for tool in turn.tools])

    def _cost(self, calls: Sequence[ModelCall]) -> int | None:
        costs = [self._prices.micros(call, datetime.now(UTC).date()) for call in calls]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def compared(row: Row, now: Outcome) -> Compared:
    """A stored turn beside what it would be now."""
    then = Outcome(
        text=row["said"] or "", action=row["action"] or "none", tools=tuple(call[0] for call in _recorded(row)),
        language=row["language"] or "", cost_micros=row["cost_micros"],
    )  # fmt: skip
    asked = "\n".join(one[2] for one in json.loads(row["history"]) if one[0] == "customer" and one[3] > row["after_no"])
    return Compared(turn_id=row["turn_id"], asked=asked, former_version=row["former_version"], then=then, now=now)


def _recorded(row: Row) -> list[list[Any]]:
    found: list[list[Any]] = json.loads(row["tools"]) if row["tools"] else []
    return found
