"""The outbox: parts in order, each at most once, whatever the provider answers and whenever the process dies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from channels.base import Alias, Channel, Consent, Outbound, Window
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
from tests.business import VAULT, Business, Number
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


async def reply(
    business: Business, *messages: Sequence[str], customer: str = "4670111", number: Number | None = None
) -> None:
    """Stores replies of a human, one of several parts each."""
    if not await business.conversation(customer):
        await Intake(business.pool, Bus()).accept(Envelope(events=[business.says(customer=customer, number=number)]))
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


async def test_a_message_goes_on_at_its_failed_part(pool: Pool, business: Business) -> None:
    line = Line(answers=[None, Refused("bad", code="131009")])
    await reply(business, ["a", "b", "c"], ["later"])
    async with sending(pool, line):
        await settled(pool, 4)
        states = "select array_agg(coalesce(error_code, state) order by sequence_no, part_no) from message_parts"
        assert await pool.fetchval(states) == ["sent", "131009", "not_tried", "sent"]
        assert [part.text for part in line.taken] == ["a", "later"]
        assert await pool.fetchval("select retry_message($1, 'm-a')", business.user_id) == 2
        await settled(pool, 4)
        await until(lambda: pool.fetchval("select status = 'sent' from messages where message_id = 'm-a'"))
        assert await pool.fetchval("select retry_message($1, 'm-a')", business.user_id) == 0
    assert [part.text for part in line.taken] == ["a", "later", "b", "c"]


@pytest.mark.parametrize("failure", [Unavailable("busy"), Unreachable("no"), Throttled("slow", retry_after=0.01)])
async def test_a_second_part_that_fails_for_now_is_all_that_is_sent_again(
    pool: Pool, business: Business, failure: SendFailed
) -> None:
    line = Line(answers=[None, failure])
    await reply(business, ["a", "b"])
    async with sending(pool, line):
        await settled(pool, 2)
    assert [part.text for part in line.taken] == ["a", "b"]


@pytest.mark.parametrize(
    ("hours", "author", "kind", "outcome"),
    [
        (1, "ai", "text", "sent"),
        (25, "ai", "text", "window_closed"),
        (25, "human", "text", "late"),
        (25, "ai", "template", "sent"),
        (200, "human", "text", "window_closed"),
        (None, "human", "text", "window_closed"),
    ],
)
async def test_the_window_decides_what_leaves(
    pool: Pool, business: Business, hours: int | None, author: str, kind: str, outcome: str
) -> None:
    line = Line()
    line.window = Window(hours=24, human_hours=168, template=True)  # type: ignore[misc]
    await reply(business, ["a"])
    await pool.execute("update conversations set last_inbound_at = now() - $1::integer * interval '1 hour'", hours)
    await pool.execute("update messages set author = $1 where sender = 'agent'", author)
    await pool.execute("update message_parts set kind = $1", kind)
    async with sending(pool, line):
        await settled(pool, 1)
    code = await pool.fetchval("select error_code from message_parts")
    late = "late" if line.taken and line.taken[0].late else "sent"
    assert (code or late) == outcome


async def test_nothing_goes_to_whoever_forbids_it(pool: Pool, business: Business) -> None:
    line = Line(answers=[OptedOut("stop", code="131050")])
    line.platform = "whatsapp"
    await reply(business, ["a"])
    async with sending(pool, line):
        await settled(pool, 1)
        await until(lambda: pool.fetchval("select count(*) = 1 from opt_outs where scope = 'marketing'"))
        await reply(business, ["b"], ["c"])
        await pool.execute("update message_parts set kind = 'template' where part_id = 'p-b'")
        await settled(pool, 3)
    rows = await pool.fetch("select part_id, error_code from message_parts order by part_id")
    codes = {row["part_id"]: row["error_code"] for row in rows}
    assert codes["p-a"] == "131050"
    assert codes["p-c"] is None  # he forbade what he did not ask for, not an answer


async def test_a_stop_on_this_channel_stops_everything(pool: Pool, business: Business) -> None:
    line = Line()
    await reply(business, ["a"])
    consent = Consent(platform="whatsapp", number=business.number.address, customer="4670111", granted=False,
                      aliases=(Alias("wa_id", "4670111"),))  # fmt: skip
    await Intake(pool, Bus()).store(Envelope(events=[consent]))
    async with sending(pool, line):
        await settled(pool, 1)
    assert await pool.fetchval("select error_code from message_parts") == "opted_out"
    assert line.tries == 0


@pytest.mark.parametrize("failure", [Misconfigured("token", code="190"), Throttled("slow", retry_after=60)])
async def test_a_number_in_trouble_keeps_quiet_as_a_whole(pool: Pool, business: Business, failure: SendFailed) -> None:
    line = Line(answers=[failure])
    await reply(business, ["a"])
    async with sending(pool, line):
        await until(lambda: pool.fetchval("select count(*) from number_pauses where until > now()"))
        await reply(business, ["b"], customer="4670222")
        other = await business.add_number("whatsapp")
        await reply(business, ["c"], customer="4670333", number=other)
        await settled(pool, 1)  # another number goes on
        assert line.tries == 2
        await pool.execute("update number_pauses set until = now()")
        await pool.execute("update message_parts set next_attempt_at = now()")
        await settled(pool, 3)
    assert sorted(part.text for part in line.taken) == ["a", "b", "c"]


async def test_one_customer_is_not_written_to_faster_than_the_provider_likes(pool: Pool, business: Business) -> None:
    line = Line()
    line.pair_rate, line.pair_burst = 20.0, 2.0  # type: ignore[misc]
    await reply(business, *[[f"t{n}"] for n in range(5)])
    started = asyncio.get_running_loop().time()
    async with sending(pool, line):
        await settled(pool, 5)
    assert asyncio.get_running_loop().time() - started >= 0.15
    assert [part.text for part in line.taken] == [f"t{n}" for n in range(5)]
