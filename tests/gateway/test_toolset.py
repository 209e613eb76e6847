"""Tools of a turn and their ledger: an effect happens once, and only for who still has the conversation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from agents.errors import (
    ToolFailed,
)
from agents.types import Bubble, Done, Reply, Tool, Turn
from gateway.bus import Bus
from gateway.db import Pool
from gateway.toolset import Ledger
from tests.actor import Actor, play, say, tool, use
from tests.business import Business
from tests.gateway.test_turns import answered, working
from tests.waiting import until


async def test_a_fact_is_noted_and_known_the_next_time(pool: Pool, business: Business) -> None:
    async def note(turn: Turn) -> str:
        assert isinstance(await use(turn, "set_customer_fact", name="allergy", value="nuts"), Done)
        return "Noted."

    actor = await play(business, note)
    await say(business, "And now?")
    async with working(pool, actor):
        await until(answered(business, 2))
    assert "Noted of the customer: allergy: nuts." in actor.asked[1].transcript[-1].text
    row = await pool.fetchrow("select tool, effect, state, receipt, arguments ->> 'value' from tool_calls limit 1")
    assert tuple(row or ()) == ("set_customer_fact", "write", "done", "noted", "nuts")


@pytest.mark.parametrize(
    "arguments",
    [{"name": "Bad Name", "value": "x"}, {"name": "a"}, {"name": "a", "value": 7}, {"name": "a", "value": "b", "c": 1}],
)
async def test_arguments_that_do_not_fit_are_told_to_the_model(
    business: Business, arguments: Mapping[str, Any]
) -> None:
    told: list[str] = []

    def try_it(turn: Turn) -> str:
        check = tool(turn, "set_customer_fact").check
        assert check is not None
        with pytest.raises(ValueError, match=r"^\w+: ") as error:
            check(arguments)
        told.append(str(error.value))
        return "Sorry."

    await play(business, try_it)
    assert told


async def test_an_effect_happens_once_although_the_turn_runs_twice(pool: Pool, business: Business) -> None:
    """A newer message supersedes the turn after its tool ran: the next turn is given the result, and the receipt."""
    done: list[str] = []
    bus = Bus()

    def make(ledger: Ledger) -> Tool:
        async def work(_key: str) -> Done:
            done.append(_key)
            return Done(text="booked at ten", receipt="booked")

        return Tool(
            name="book", description="", parameters={}, effect="write",
            run=lambda arguments: ledger.run("book", "write", arguments, work),
        )  # fmt: skip

    class Tools:
        async def of(self, *_: Any) -> list[Any]:
            return [make]

    results: list[Any] = []

    async def book(turn: Turn) -> str:
        results.append(await use(turn, "book", day="monday"))
        if len(results) == 1:
            await say(business, "at ten, please", bus=bus)
        return "ok"

    actor = Actor([book])
    await say(business, "Book me", bus=bus)
    async with working(pool, actor, bus=bus, http_tools=Tools()):
        await until(answered(business, 1))
    assert len(actor.asked) == 2
    assert len(done) == 1
    assert [one.receipt for one in results] == ["booked", "booked"]
    states = await pool.fetch("select state from turns order by started_at")
    assert [row["state"] for row in states] == ["superseded", "committed"]


async def test_an_effect_whose_end_nobody_knows_is_not_tried_again(pool: Pool, business: Business) -> None:
    class Cut(ToolFailed):
        unknown = True

    async def work(_key: str) -> Done:
        raise Cut("no answer")

    def make(ledger: Ledger) -> Tool:
        return Tool(name="pay", description="", parameters={}, run=lambda a: ledger.run("pay", "write", a, work))

    class Tools:
        async def of(self, *_: Any) -> list[Any]:
            return [make]

    told: list[Any] = []

    async def pay(turn: Turn) -> str:
        told.append(await use(turn, "pay", euros=5))
        told.append(await use(turn, "pay", euros=5))
        return "ok"

    actor = Actor([pay])
    await say(business, "Pay")
    async with working(pool, actor, http_tools=Tools()):
        await until(answered(business, 1))
    assert told[0] == "failed: no answer"
    assert "Do not do it again" in told[1]


async def test_a_turn_that_lost_its_conversation_has_no_effect_any_more(pool: Pool, business: Business) -> None:
    told: list[Any] = []

    async def slow(turn: Turn) -> str:
        key = (business.user_id, (await business.conversation())["conversation_id"])
        await pool.fetchval("select change_owner($1, $2, 'human', null, null, null)", *key)
        told.append(await use(turn, "set_customer_fact", name="a", value="b"))
        return "too late"

    actor = Actor([slow])
    await say(business, "hi")
    async with working(pool, actor):
        await until(lambda: pool.fetchval("select state = 'overtaken' from turns"))
    assert "no longer yours" in told[0]
    assert await pool.fetchval("select facts = '{}' from customers")
    assert [author for _, author, _ in await business.transcript()] == ["customer"]


async def test_passages_are_offered_numbered_and_cited(pool: Pool, business: Business) -> None:
    parking = await business.add_knowledge("Where can I park?", "Behind the house, two hours are free.")
    await business.add_knowledge("Do you take cards?", "Cards and cash.")

    async def cite(turn: Turn) -> Reply:
        note = next(one.text for one in turn.transcript if "What the business knows" in one.text)
        assert "[1] Where can I park?" in note
        assert "Cards" not in note
        found = await use(turn, "search_knowledge", query="pay with a card")
        assert isinstance(found, Done)
        assert "[2] Do you take cards?" in found.text
        return Reply(messages=(Bubble(text="Behind the house.", cites=(1, 9)),))

    await play(business, cite, text="Hello, is there any parking near you?")
    assert await pool.fetchval("select content #>> '{citations,0}' from messages where author = 'ai'") == parking


async def test_a_link_is_sent_followed_and_counted(pool: Pool, business: Business) -> None:
    await business.add_link("prices", "https://example.com/prices", "pricing")
    urls: list[str] = []

    async def link(turn: Turn) -> str:
        for _ in range(2):
            done = await use(turn, "send_link", name="prices")
            assert isinstance(done, Done)
            assert done.receipt == "sent"
            urls.append(json.loads(done.text)["url"])
        assert "There are: prices" in str(await use(turn, "send_link", name="nothing"))
        return urls[0]

    await play(business, link)
    assert urls[0] == urls[1]
    assert urls[0].startswith("https://desk.example.com/l/")
    assert await pool.fetchval("select count(*) from link_sends") == 1


async def test_an_agent_has_only_the_tools_that_it_was_given(pool: Pool, business: Business) -> None:
    await pool.execute("update agents set tools = '{handoff}'")
    await business.add_knowledge("Parking", "Yes")
    actor = await play(business, lambda _: "ok")
    assert [one.name for one in actor.asked[0].tools] == ["handoff"]
