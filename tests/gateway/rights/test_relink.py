"""Relinking while customers write, and taking it back."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agents.types import Kept
from gateway.bus import Bus
from gateway.db import retry_clash
from gateway.drafts import Draft
from gateway.ids import new
from gateway.intake import Envelope, Intake
from gateway.turns import Turns
from tests.business import Business
from tests.waiting import until


async def link(business: Business, agent_id: str, number_id: str | None = None) -> str:
    """Relinks; the archive that it wrote."""
    archive = new("arc")
    values = (business.user_id, agent_id, number_id, archive)
    await retry_clash(lambda: business.pool.execute("select link_agent($1, $2, $3, $4, 'test')", *values))
    return archive


async def undo(business: Business, archive: str) -> tuple[str, int]:
    key = (business.user_id, archive)
    row = await retry_clash(lambda: business.pool.fetchrow("select * from undo_link($1, $2)", *key))
    assert row is not None
    return row["outcome"], row["reopened"]


async def accept(business: Business, intake: Intake, text: str, customer: str = "4670111") -> Any:
    (fate,) = await intake.accept(Envelope(events=(business.says(text, customer=customer),)))
    assert fate.outcome == "accepted"
    return fate


async def active(business: Business) -> dict[str, tuple[str, str]]:
    """Of each customer with an open conversation: which it is, and whose."""
    rows = await business.pool.fetch("select * from conversations where user_id = $1 and is_active", business.user_id)
    return {row["customer_phone"]: (row["conversation_id"], row["agent_id"]) for row in rows}


async def commit(business: Business, claim: Any) -> str:
    """A turn that was claimed before ends."""
    draft = json.dumps(
        {
            "messages": [{"message_id": new("msg"), "author": "ai", "text": "late", "parts": []}], "action": "none",
            "trace": {}, "failure": "", "calls": [], "left_behind": [], "kept": None, "charge": True, "language": "",
        }
    )  # fmt: skip
    rows = await business.pool.fetch(
        "select * from commit_turns($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 3)",
        *([claim[name]] for name in ("user_id", "conversation_id", "agent_id", "customer_phone", "turn_id")),
        [claim["fence"]], [claim["owner_epoch"]], [claim["to_no"]], ["whatsapp"], [8000], [0], [draft],
    )  # fmt: skip
    return str(rows[0]["outcome"])


async def claimed(business: Business) -> list[Any]:
    await business.pool.execute("update conversations set quiet_until = null, due_at = now() where due_at is not null")
    return list(await business.pool.fetch("select * from claim_turns('w', 60, 100, 40, '{}')"))


async def test_messages_that_come_while_it_is_relinked_are_each_in_one_conversation(business: Business) -> None:
    agents = [business.number.agent_id, await business.add_agent(None), await business.add_agent(None)]
    intakes = [Intake(business.pool, Bus()) for _ in range(4)]

    async def write(n: int) -> Any:
        return await accept(business, intakes[n % 4], f"m{n}", f"4670{n % 10}")

    async def relink() -> None:
        for n in range(1, 21):
            await link(business, agents[n % 3], business.number.id)
            await asyncio.sleep(0.005)

    fates, *_ = await asyncio.gather(asyncio.gather(*(write(n) for n in range(200))), relink())
    rows = await business.pool.fetch("select text, conversation_id, sequence_no from messages")
    assert sorted(row["text"] for row in rows) == sorted(f"m{n}" for n in range(200))
    assert {(fate.conversation_id, fate.sequence_no) for fate in fates} == {
        (row["conversation_id"], row["sequence_no"]) for row in rows
    }
    gaps = await business.pool.fetch(
        "select conversation_id from messages group by 1 having count(*) <> max(sequence_no) or min(sequence_no) <> 1"
    )
    assert gaps == []
    last = agents[20 % 3]
    assert {agent for _, agent in (await active(business)).values()} <= {last}
    archived = await business.pool.fetchval("select sum(archived_conversations_count) from conversation_archives")
    assert archived == await business.pool.fetchval("select count(*) from conversations where not is_active")


async def test_the_former_agent_answers_nothing_any_more(business: Business) -> None:
    intake = Intake(business.pool, Bus())
    await accept(business, intake, "are you there?")
    (claim,) = await claimed(business)
    other = await business.add_agent(None)
    await link(business, other, business.number.id)
    assert await commit(business, claim) == "lost"
    assert await claimed(business) == []
    assert await business.transcript() == [(1, "customer", "are you there?")]
    rows = await business.pool.fetch("select owner, is_active from conversations")
    assert [tuple(row) for row in rows] == [("human", False)]
    assert await business.pool.fetchval("select reason from handovers where ended_at is null") == "relinked"


class Slow:
    """Somebody who answers when it is too late, and has made a copy at the provider."""

    def __init__(self) -> None:
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()

    async def draft(self, claim: Any) -> Draft:
        self.begun.set()
        await self.go_on.wait()
        return Draft(claim=claim, kept=Kept(conversation_id="conv_late", no=1))


async def test_a_copy_that_a_lost_turn_made_is_deleted_at_the_provider(business: Business) -> None:
    slow = Slow()
    turns = Turns(business.pool, Bus(), slow, owner="node-1")
    loop = asyncio.create_task(turns.run())
    try:
        await accept(business, Intake(business.pool, Bus()), "hello")
        await asyncio.wait_for(slow.begun.wait(), 15)
        await link(business, await business.add_agent(None), business.number.id)
        slow.go_on.set()
        await until(lambda: business.pool.fetchval("select count(*) from provider_orphans"))
    finally:
        loop.cancel()
        await turns.finish(0)
        await asyncio.gather(loop, return_exceptions=True)
    assert await business.pool.fetchval("select openai_conversation_id from provider_orphans") == "conv_late"


async def test_taking_it_back_opens_what_was_open_but_for_who_wrote_since(business: Business) -> None:
    intake = Intake(business.pool, Bus())
    for customer in ("1111", "2222", "3333"):
        await accept(business, intake, "before", customer)
    before = await active(business)
    other = await business.add_agent(None)
    archive = await link(business, other, business.number.id)
    assert await active(business) == {}
    newer = await accept(business, intake, "meanwhile", "2222")
    claims = await claimed(business)
    assert await undo(business, archive) == ("undone", 2)
    after = await active(business)
    former = business.number.agent_id
    assert after == {
        "1111": (before["1111"][0], former), "3333": (before["3333"][0], former),
        "2222": (newer.conversation_id, former),
    }  # fmt: skip
    assert [await commit(business, claim) for claim in claims] == ["lost"]
    again = await claimed(business)
    assert {(one["customer_phone"], one["agent_id"]) for one in again} == {
        (n, former) for n in ("1111", "2222", "3333")
    }
    assert await undo(business, archive) == ("again", 0)
    fate = await accept(business, intake, "after", "1111")
    assert fate.conversation_id == before["1111"][0]


async def test_both_numbers_of_a_swap_come_back(business: Business) -> None:
    intake = Intake(business.pool, Bus())
    second = await business.add_number("whatsapp")
    await accept(business, intake, "one", "1111")
    await intake.accept(Envelope(events=(business.says("two", customer="2222", number=second),)))
    before = await active(business)
    archive = await link(business, second.agent_id, business.number.id)
    assert await active(business) == {}
    assert await undo(business, archive) == ("undone", 2)
    assert await active(business) == before
    numbers = await business.pool.fetch("select agent_id, phone_number_id from agents order by agent_id")
    assert {row[0]: row[1] for row in numbers} == {
        business.number.agent_id: business.number.id, second.agent_id: second.id
    }  # fmt: skip


async def test_unlinking_is_taken_back_too(business: Business) -> None:
    intake = Intake(business.pool, Bus())
    await accept(business, intake, "hello")
    before = await active(business)
    archive = await link(business, business.number.agent_id, None)
    (fate,) = await intake.accept(Envelope(events=(business.says("anybody?"),)))
    assert fate.outcome == "no_agent"
    assert await undo(business, archive) == ("undone", 1)
    assert await active(business) == before


@pytest.mark.parametrize(
    ("what", "outcome"),
    [
        ("update conversation_archives set archived_at = now() - interval '8 days'", "late"),
        ("select link_agent($1, $2, $3, 'arc_x', 'again')", "since"),
        ("select link_agent($1, $2, null, 'arc_x', 'off')", "since"),
    ],
)
async def test_what_can_not_be_taken_back(business: Business, what: str, outcome: str) -> None:
    intake = Intake(business.pool, Bus())
    await accept(business, intake, "hello")
    second = await business.add_agent(None)
    archive = await link(business, second, business.number.id)
    third = await business.add_agent(None)
    keys = {"$1": business.user_id, "$2": second if "null" in what else third, "$3": business.number.id}
    await business.pool.execute(what, *[value for name, value in keys.items() if name in what])
    assert (await undo(business, archive))[0] == outcome
    assert (await undo(business, "arc_none"))[0] == "none"


async def test_many_who_take_it_back_at_once_while_customers_write(business: Business) -> None:
    intakes = [Intake(business.pool, Bus()) for _ in range(3)]
    for n in range(10):
        await accept(business, intakes[0], "before", f"4670{n}")
    archive = await link(business, await business.add_agent(None), business.number.id)
    writing = [accept(business, intakes[n % 3], f"m{n}", f"4670{n % 10}") for n in range(60)]
    outcomes, fates = await asyncio.gather(
        asyncio.gather(*(undo(business, archive) for _ in range(5))), asyncio.gather(*writing)
    )
    assert sorted(outcome for outcome, _ in outcomes) == ["again"] * 4 + ["undone"]
    assert len(fates) == 60
    assert await business.pool.fetchval("select count(*) from messages") == 70
    now = await active(business)
    assert len(now) == 10
    assert {agent for _, agent in now.values()} == {business.number.agent_id}
