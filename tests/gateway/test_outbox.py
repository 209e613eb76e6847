"""The outbox: parts in order, each at most once, whatever the provider answers and whenever the process dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from channels.base import Channel, Outbound
from channels.errors import (
    Ambiguous,
    Misconfigured,
    OptedOut,
    Refused,
    SendFailed,
    Throttled,
    Unavailable,
    Unreachable,
)
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from gateway.outbox import Outbox
from tests.business import VAULT, Business
from tests.waiting import until


@dataclass
class Line(Channel):
    """A provider that answers what it is told to, and keeps what it took."""

    platform = "whatsapp"
    answers: list[SendFailed | None] = field(default_factory=list)
    taken: list[Outbound] = field(default_factory=list)
    tries: int = 0
    hold: asyncio.Event | None = None

    def split(self, text: str) -> list[str]:
        return [text]

    async def send(self, part: Outbound) -> str:
        self.tries += 1
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer
        self.taken.append(part)
        if self.hold is not None:
            await self.hold.wait()
        return f"wamid.{part.part}"


@asynccontextmanager
async def sending(pool: Pool, line: Line, bus: Bus | None = None, owner: str = "node-1") -> AsyncIterator[Outbox]:
    outbox = Outbox(pool, bus or Bus(), VAULT, {"whatsapp": line}, owner=owner, public_url="https://desk.example.com")
    await outbox.recover()
    loops = [asyncio.create_task(outbox.run()), asyncio.create_task(outbox.keep())]
    try:
        yield outbox
    finally:
        for loop in loops:
            loop.cancel()
        await outbox.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)


async def reply(business: Business, *messages: Sequence[str], customer: str = "4670111") -> None:
    """Stores replies of a human, one of several parts each."""
    if not await business.conversation(customer):
        await Intake(business.pool, Bus()).accept(Envelope(events=[business.says(customer=customer)]))
    conversation = (await business.conversation(customer))["conversation_id"]
    for texts in messages:
        parts = [{"part_id": f"p-{text}", "text": text} for text in texts]
        message = {"message_id": f"m-{texts[0]}", "author": "human", "text": " ".join(texts), "parts": parts}
        await business.pool.fetchval(
            "select human_reply($1, $2, 'whatsapp', $3::jsonb)", business.user_id, conversation, json.dumps(message)
        )


async def settled(pool: Pool, count: int) -> None:
    await until(
        lambda: pool.fetchval(
            "select count(*) = $1 from message_parts where state in ('sent', 'failed', 'unknown')", count
        )
    )


async def test_parts_leave_in_order_and_the_message_is_sent(pool: Pool, business: Business) -> None:
    line = Line()
    await reply(business, ["a", "b"], ["c"])
    async with sending(pool, line):
        await settled(pool, 3)
    assert [part.text for part in line.taken] == ["a", "b", "c"]
    assert line.taken[0].sender.token == "token-" + business.number.id
    assert line.taken[0].customer == "4670111"
    rows = await pool.fetch(
        "select status, platform_message_id from messages where sender = 'agent' order by sequence_no"
    )
    assert [tuple(row) for row in rows] == [("sent", "wamid.p-a"), ("sent", "wamid.p-c")]
    assert await pool.fetchval("select array_agg(status) from message_delivery_status") == ["sent", "sent"]


@pytest.mark.parametrize(
    ("failure", "state", "status"),
    [
        (Refused("bad", code="131026"), "failed", "failed"),
        (OptedOut("stop", code="131050"), "failed", "failed"),
        (Ambiguous("timeout"), "unknown", "pending"),
        (Misconfigured("token", code="190"), "queued", "pending"),
    ],
)
async def test_the_class_of_the_failure_decides(
    pool: Pool, business: Business, failure: SendFailed, state: str, status: str
) -> None:
    line = Line(answers=[failure])
    await reply(business, ["a"])
    async with sending(pool, line):
        await until(lambda: pool.fetchval("select attempts = 1 and state = $1 from message_parts", state))
    assert line.tries == 1
    assert await pool.fetchval("select status from messages where sender = 'agent'") == status
    assert await pool.fetchval("select error_code from message_parts") == (failure.code or None)


@pytest.mark.parametrize("failure", [Unreachable("refused"), Unavailable("503"), Throttled("slow", retry_after=0.01)])
async def test_what_was_surely_not_taken_is_tried_again(pool: Pool, business: Business, failure: SendFailed) -> None:
    line = Line(answers=[failure, failure])
    await reply(business, ["a"], ["b"])
    async with sending(pool, line):
        await settled(pool, 2)
    assert [part.text for part in line.taken] == ["a", "b"]


async def test_an_unknown_part_is_never_sent_again_and_holds_up_those_behind_it(pool: Pool, business: Business) -> None:
    line, bus = Line(answers=[Ambiguous("cut")]), Bus()
    await reply(business, ["a"], ["b"])
    await reply(business, ["x"], customer="other")
    async with sending(pool, line, bus):
        await settled(pool, 2)
        assert [part.text for part in line.taken] == ["x"]
        # The provider's own word settles it, by the part's id that came back.
        await Intake(pool, bus).accept(Envelope(events=[business.status("wamid.late", "delivered", part="p-a")]))
        await settled(pool, 3)
    assert [part.text for part in line.taken] == ["x", "b"]
    row = await pool.fetchrow("select state, delivery, platform_message_id from message_parts where part_id = 'p-a'")
    assert row is not None
    assert tuple(row) == ("sent", "delivered", "wamid.late")


async def test_an_unknown_part_that_nobody_speaks_of_stops_holding_up_after_a_while(
    pool: Pool, business: Business
) -> None:
    line = Line(answers=[Ambiguous("cut")])
    await reply(business, ["a"], ["b"])
    async with sending(pool, line):
        await settled(pool, 1)
        await pool.execute("update message_parts set updated_at = now() - interval '61 seconds' where part_id = 'p-a'")
        await until(lambda: pool.fetchval("select state = 'sent' from message_parts where part_id = 'p-b'"))
    assert [part.text for part in line.taken] == ["b"]
    assert await pool.fetchval("select state from message_parts where part_id = 'p-a'") == "unknown"


async def test_a_process_that_dies_after_the_provider_took_it_sends_nothing_twice(
    pool: Pool, business: Business
) -> None:
    line, bus = Line(hold=asyncio.Event()), Bus()
    await reply(business, ["a"], ["b"])
    async with sending(pool, line):
        await until(lambda: _true(line.taken))
    heir = Line()
    async with sending(pool, heir, bus):
        assert await pool.fetchval("select state from message_parts where part_id = 'p-a'") == "unknown"
        await Intake(pool, bus).accept(Envelope(events=[business.status("wamid.p-a", "sent", part="p-a")]))
        await settled(pool, 2)
    assert [part.text for part in line.taken + heir.taken] == ["a", "b"]


async def test_two_workers_send_each_part_once(pool: Pool, business: Business) -> None:
    line = Line()
    for n in range(20):
        await reply(business, [f"{n}-1", f"{n}-2"], [f"{n}-3"], customer=str(n))
    async with sending(pool, line, owner="node-1"), sending(pool, line, owner="node-2"):
        await settled(pool, 60)
    assert len(line.taken) == len({part.part for part in line.taken}) == 60
    for n in range(20):
        assert [part.text for part in line.taken if part.customer == str(n)] == [f"{n}-1", f"{n}-2", f"{n}-3"]


async def _true(value: object) -> bool:
    return bool(value)
