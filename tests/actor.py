"""An agent that does what a test tells it, and the ways to give it turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from agents.errors import ToolFailed
from agents.types import Bubble, Done, Reply, Tool, Turn
from gateway.bus import Bus
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.gateway.test_turns import answered, working
from tests.waiting import until

Does = Callable[[Turn], Any]


@dataclass
class Actor:
    """An agent that does what a test tells it, turn by turn; the last thing again and again."""

    does: list[Does]
    asked: list[Turn] = field(default_factory=list)

    async def reply(self, turn: Turn) -> Reply:
        self.asked.append(turn)
        found = self.does[min(len(self.asked), len(self.does)) - 1](turn)
        if asyncio.iscoroutine(found):
            found = await found
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, Reply) else Reply(messages=(Bubble(text=str(found)),))

    async def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        yield await self.reply(turn)


def tool(turn: Turn, name: str) -> Tool:
    return next(one for one in turn.tools if one.name == name)


async def use(turn: Turn, name: str, /, **arguments: Any) -> Done | str:
    """What a tool answers the model."""
    one = tool(turn, name)
    try:
        return await one.run(one.check(arguments) if one.check else arguments)
    except ToolFailed as error:
        return f"failed: {error}"


async def say(business: Business, *texts: str, bus: Bus | None = None, **more: Any) -> None:
    await Intake(business.pool, bus or Bus()).accept(Envelope(events=[business.says(text, **more) for text in texts]))


async def play(business: Business, *does: Does, text: str = "Hello, can you help me?", replies: int = 1) -> Actor:
    """One message, one turn; returns once so many messages of ours stand there."""
    actor = Actor(list(does))
    await say(business, text)
    async with working(business.pool, actor):
        await until(answered(business, replies))
        await until(lambda: business.pool.fetchval("select count(*) = 0 from turns where state = 'running'"))
    return actor
