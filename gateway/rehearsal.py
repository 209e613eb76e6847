"""Rehearsal: stored turns run again with another version of their prompt, and nothing happens.

Tools answer what they answered then; the database is read and never written; nobody is sent anything. What comes out is
a comparison: hand-overs, tools, language, length and cost, turn by turn, as a table and as a page.
"""

from __future__ import annotations

import asyncio
import html
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from agents.errors import AgentError
from agents.types import Done, Reply, Tool, Turn
from gateway.answering import Answering, Answers
from gateway.briefs import Briefs
from gateway.db import Pool, queries, retry_clash
from gateway.errors import Invalid, NotFound
from gateway.passages import Passages
from gateway.prices import Prices

SQL = queries(__file__)
AT_ONCE = 8
STYLE = Path(__file__).with_name("rehearsal.css")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a turn went, once. `cost_micros` is millionths of a US dollar, None where nobody knows."""

    text: str = ""
    action: str = "none"
    tools: tuple[str, ...] = ()
    language: str = ""
    cost_micros: int | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One turn then and now. `asked` is what the customer had written."""

    turn_id: str
    asked: str
    former_version: int
    then: Outcome
    now: Outcome

    @property
    def differs(self) -> list[str]:
        """In which decisions they differ; other words for the same are no difference."""
        found = [name for name in ("action", "tools", "failure") if getattr(self.then, name) != getattr(self.now, name)]
        languages = {_primary(one.language) for one in (self.then, self.now)} - {""}
        return [*found, "language"] if len(languages) > 1 else found


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


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


class Rehearsal:
    """Runs stored turns against a candidate. `pool` should be one that can't write."""

    def __init__(self, pool: Pool, agent: Answers, answering: Answering, briefs: Briefs, prices: Prices) -> None:
        self._pool = pool
        self._agent = agent
        self._answering = answering
        self._briefs = briefs
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
        rows = await retry_clash(lambda: self._pool.fetch(SQL["turns"], user_id, prompt_id, int(version), turns))
        gate, done = asyncio.Semaphore(AT_ONCE), 0

        async def one(row: asyncpg.Record) -> Compared:
            nonlocal done
            async with gate:
                found = await self._compared(row)
            done += 1
            progress(done, len(rows))
            return found

        return await asyncio.gather(*(one(row) for row in rows))

    async def _compared(self, row: asyncpg.Record) -> Compared:
        calls = json.loads(row["tools"]) if row["tools"] else []
        recorded = Recorded(calls)
        turn = await self._turn(row, recorded)
        history = json.loads(row["history"])
        asked = "\n".join(one[2] for one in history if one[0] == "customer" and one[3] > row["after_no"])
        then = Outcome(
            text=row["said"] or "", action=row["action"] or "none", tools=tuple(call[0] for call in calls),
            language=row["language"] or "", cost_micros=row["cost_micros"],
        )  # fmt: skip
        now = await self._outcome(lambda: self._agent.reply(turn), recorded)
        return Compared(
            turn_id=row["turn_id"], asked=asked, former_version=row["former_version"], then=then, now=now
        )  # fmt: skip

    async def _turn(self, row: asyncpg.Record, recorded: Recorded) -> Turn:
        brief = await self._briefs.of(row)
        passages = Passages(self._pool, row, brief)
        turn = await self._answering.prepared(row, brief, passages, row["started_at"], {})
        return replace(turn, kept=None, tools=[recorded.like(tool) for tool in turn.tools])

    async def _outcome(self, work: Callable[[], Awaitable[Reply]], recorded: Recorded) -> Outcome:
        try:
            reply = await work()
        except AgentError as error:
            cost = self._cost(getattr(error, "calls", ()))
            return Outcome(failure=type(error).__name__, tools=tuple(recorded.used), cost_micros=cost)
        return Outcome(
            text="\n\n".join(reply.texts), action=reply.action, tools=tuple(recorded.used), language=reply.language,
            cost_micros=self._cost(reply.calls), failure="claim_without_receipt" if reply.unproved else "",
        )  # fmt: skip

    def _cost(self, calls: Sequence[Any]) -> int | None:
        costs = [self._prices.micros(call, datetime.now(UTC).date()) for call in calls]
        return None if None in costs else sum(cost for cost in costs if cost is not None)


def summary(compared: Sequence[Compared]) -> list[tuple[str, str, str]]:
    """What changed over all turns: a name, then, now."""
    thens, nows = [one.then for one in compared], [one.now for one in compared]

    def each(value: Callable[[Outcome], str]) -> tuple[str, str]:
        return tuple(", ".join(f"{n} × {name}" for name, n in _counted(map(value, side))) for side in (thens, nows))  # type: ignore[return-value]

    def mean(side: Sequence[Outcome]) -> str:
        return f"{sum(len(one.text) for one in side) / max(1, len(side)):.0f}"

    def dollars(side: Sequence[Outcome]) -> str:
        known = [one.cost_micros for one in side if one.cost_micros is not None]
        return f"${sum(known) / 1e6:.4f}" + (f" ({len(side) - len(known)} unknown)" if len(known) < len(side) else "")

    return [
        ("action", *each(lambda one: one.action)),
        ("tools", *each(lambda one: " → ".join(one.tools) or "none")),
        ("language", *each(lambda one: _primary(one.language) or "unknown")),
        ("failures", *each(lambda one: one.failure or "none")),
        ("characters", mean(thens), mean(nows)),
        ("cost", dollars(thens), dollars(nows)),
    ]


def _counted(values: Any) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items(), key=lambda one: -one[1])


def table(compared: Sequence[Compared]) -> str:
    """The comparison for a terminal."""
    rows = summary(compared)
    widths = [max([len(row[column]) for row in rows] + [8]) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(("", "then", "now"), widths, strict=True)).rstrip()]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    changed = [one for one in compared if one.differs]
    lines += ["", f"{len(compared)} turns, {len(changed)} decided otherwise"]
    for one in changed:
        lines += ["", f"{one.turn_id}  {', '.join(one.differs)}", f"  asked  {_short(one.asked)}"]
        lines += [f"  then   {_said(one.then)}", f"  now    {_said(one.now)}"]
    return "\n".join(lines)


def _said(outcome: Outcome) -> str:
    return f"[{', '.join(_decisions(outcome))}] {_short(outcome.text)}"


def _decisions(outcome: Outcome) -> list[str]:
    action = {"none": "answers", "handoff": "hands over", "silent": "says nothing"}.get(outcome.action, outcome.action)
    return [outcome.failure or action, *(f"uses {tool}" for tool in outcome.tools)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"


def page(prompt: str, compared: Sequence[Compared]) -> str:
    """The comparison as a page of its own: everything that comes from people or the model is escaped."""

    def cells(*texts: str, tag: str = "td") -> str:
        return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)

    rows = "".join(f"<tr><th scope=row>{html.escape(name)}</th>{cells(a, b)}</tr>" for name, a, b in summary(compared))
    turns = "".join(
        f"<article class={'changed' if one.differs else 'same'}><h2>{html.escape(one.turn_id)}"
        f"<small>{html.escape(', '.join(one.differs) or 'same decisions')}</small></h2>"
        f"<p class=asked dir=auto>{html.escape(one.asked)}</p><div><section><h3>then, version {one.former_version}</h3>"
        f"{_side(one.then)}</section><section><h3>now</h3>{_side(one.now)}</section></div></article>"
        for one in sorted(compared, key=lambda one: not one.differs)
    )
    changed = sum(bool(one.differs) for one in compared)
    title = html.escape(f"Rehearsal of {prompt}")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE.read_text()}</style><h1>{title}</h1>"
        f"<p>{len(compared)} turns, {changed} decided otherwise.</p><div class=scroll><table><thead><tr>"
        f"{cells('', 'then', 'now', tag='th')}</tr></thead><tbody>{rows}</tbody></table></div>{turns}</html>"
    )


def _side(outcome: Outcome) -> str:
    what = [*_decisions(outcome), *([outcome.language] if outcome.language else [])]
    tags = "".join(f"<li>{html.escape(word)}</li>" for word in what)
    return f"<ul>{tags}</ul><p dir=auto>{html.escape(outcome.text)}</p>"
