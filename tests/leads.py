"""What a model might have read in a conversation, said shortly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from agents.extraction import CONTACT, DIMENSIONS, Asked, Level, Line, Quote, Read, Reading, Said, Value
from agents.types import ModelCall, Usage
from gateway.bus import Bus
from gateway.db import Pool
from gateway.leads.readings import Readings
from gateway.prices import Prices
from tests.business import Business
from tests.waiting import until

Claim = tuple[str, int, str]  # a value or level, the number of a message, and a quote


def reading(**claims: Claim | str) -> Reading:
    """A reading: contact values, `intent_text` and levels by name; a bare text is claimed without a quote."""
    values = {name: Value(value="", evidence=[]) for name in CONTACT}
    levels = {name: Level(level=known[0], reasoning="", evidence=[]) for name, known in DIMENSIONS.items()}
    intent = Said(text="", evidence=[])
    for name, claim in claims.items():
        said, quotes = (
            (claim, []) if isinstance(claim, str) else (claim[0], [Quote(sequence_no=claim[1], quote=claim[2])])
        )
        if name in values:
            values[name] = Value(value=said, evidence=quotes)
        elif name == "intent_text":
            intent = Said(text=said, evidence=quotes)
        else:
            levels[name] = Level(level=said, reasoning=f"{name} seems {said}", evidence=quotes)
    rest = {"intent_text": intent, "next_step": "Call", "summary": "A customer", "notes": ""}
    return Reading.model_validate(values | levels | rest)


def lines(*said: tuple[str, str]) -> list[Line]:
    """A transcript of (author, text), numbered from 1."""
    return [Line(no=no, author=author, text=text) for no, (author, text) in enumerate(said, 1)]  # type: ignore[arg-type]


Reads = Callable[[Asked], Any]


@dataclass
class Reader:
    """Stands where the model stands: reads what a test tells it, call by call, the last thing again and again."""

    reads: list[Reads]
    asked: list[Asked] = field(default_factory=list)

    async def __call__(self, asked: Asked) -> Read:
        self.asked.append(asked)
        found = self.reads[min(len(self.asked), len(self.reads)) - 1](asked)
        if asyncio.iscoroutine(found):
            found = await found
        if isinstance(found, Exception):
            raise found
        usage = Usage(calls=1, input_tokens=100, output_tokens=20)
        return Read(reading=found, calls=(ModelCall(model="m", usage=usage, kind="extraction"),))


@asynccontextmanager
async def reading_leads(
    pool: Pool, reader: Reader, *, owner: str = "node-1", bus: Bus | None = None
) -> AsyncIterator[Readings]:
    """Runs a worker that reads leads."""
    worker = Readings(pool, bus or Bus(), reader, owner=owner, model="m", prices=Prices())
    await worker.recover()
    loops = [asyncio.create_task(worker.run()), asyncio.create_task(worker.keep())]
    try:
        yield worker
    finally:
        for loop in loops:
            loop.cancel()
        await worker.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)


async def want(business: Business, reason: str = "request", customer: str = "4670111") -> str:
    """Asks for a reading of a customer's conversation; returns the conversation."""
    conversation_id: str = (await business.conversation(customer))["conversation_id"]
    await business.pool.execute("select want_reading($1, $2, $3)", business.user_id, conversation_id, reason)
    return conversation_id


async def read_now(business: Business, *reads: Reads, reason: str = "request", customer: str = "4670111") -> Reader:
    """One reading of a customer's conversation, to its end."""
    reader = Reader(list(reads))
    conversation_id = await want(business, reason, customer)
    async with reading_leads(business.pool, reader):
        await until(lambda: idle(business, conversation_id))
    return reader


async def idle(business: Business, conversation_id: str) -> bool:
    """Whether nobody reads a conversation and nobody is about to."""
    query = (
        "select due_at is null and lease_until is null from lead_readings where user_id = $1 and conversation_id = $2"
    )
    return bool(await business.pool.fetchval(query, business.user_id, conversation_id))


async def latest(business: Business, customer: str = "4670111") -> Mapping[str, Any]:
    """The latest lead of a customer's conversation."""
    row = await business.pool.fetchrow(
        "select e.* from extractions e join conversations c using (user_id, conversation_id) "
        "where user_id = $1 and c.customer_phone = $2 and is_latest", business.user_id, customer
    )  # fmt: skip
    assert row is not None
    return dict(row)
