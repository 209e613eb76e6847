"""Rehearsals: stored turns with another prompt, recorded tools, and no effect whatever."""

from __future__ import annotations

import html
from typing import Any

import pytest

from agents.types import Bubble, Done, ModelCall, Reply, Turn, Usage
from gateway.answering import Around, refuses_to_cut
from gateway.briefs import Briefs
from gateway.comparison import Compared, page, table
from gateway.db import Pool, connect_pool
from gateway.errors import Invalid, NotFound
from gateway.prices import Prices
from gateway.rehearsal import Rehearsal
from gateway.toolset import Toolset
from tests.actor import Actor, play, use
from tests.business import Business

COST = ModelCall(model="gpt-6-luna", usage=Usage(calls=1, input_tokens=1000, output_tokens=100))


async def rehearse(dsn: str, business: Business, actor: Actor, version: int = 2) -> list[Compared]:
    pool = await connect_pool(dsn, size=2, read_only=True)
    try:
        around = Around(cuts=refuses_to_cut(), windows={}, toolset=Toolset(pool))
        rehearsal = Rehearsal(pool, actor, Briefs(pool, model="m"), around, Prices())
        return await rehearsal.run(f"{business.prompt_id}:{version}", 50)
    finally:
        await pool.close()


async def second_version(business: Business) -> None:
    await business.pool.execute(
        "insert into prompt_versions (user_id, prompt_id, version, instructions) values ($1, $2, 2, 'Be witty.')",
        business.user_id, business.prompt_id,
    )  # fmt: skip


async def _everything(pool: Pool) -> dict[str, Any]:
    tables = ("messages", "turns", "conversations", "tool_calls", "model_calls", "customers", "credit_ledger")
    return {name: [tuple(row) for row in await pool.fetch(f"select * from {name} order by 1, 2")] for name in tables}  # noqa: S608


async def test_decisions_are_compared_and_nothing_happens(dsn: str, pool: Pool, business: Business) -> None:
    async def note(turn: Turn) -> Reply:
        await use(turn, "set_customer_fact", name="allergy", value="nuts")
        return Reply(messages=(Bubble(text="Noted <b>that</b>."),), calls=(COST,), language="en")

    await play(business, note, text="I have an <allergy>")
    await second_version(business)
    before = await _everything(pool)

    async def hand_over(turn: Turn) -> Reply:
        assert turn.instructions.startswith("Be witty.")
        assert "Noted of the customer" not in turn.transcript[-1].text  # it was not known then
        done = await use(turn, "set_customer_fact", name="allergy", value="nuts")
        assert done == Done(text='{"noted": true}', receipt="noted")
        return Reply(
            messages=(Bubble(text="A colleague will help."),), action="handoff", calls=(COST,), language="sv-SE"
        )

    (one,) = await rehearse(dsn, business, Actor([hand_over]))
    assert await _everything(pool) == before
    assert one.differs == ["action", "language"]
    assert (one.then.tools, one.now.tools) == (("set_customer_fact",), ("set_customer_fact",))
    assert (one.then.cost_micros, one.now.cost_micros) == (150, 150)
    shown = table([one])
    assert "1 turns, 1 decided otherwise" in shown
    assert "$0.0001" in shown or "$0.0002" in shown
    written = page("prm_1:2", [one])
    assert html.escape("Noted <b>that</b>.") in written
    assert "<allergy>" not in written


async def test_a_tool_that_was_not_used_then_has_no_answer(dsn: str, business: Business) -> None:
    await play(business, lambda _: "Hi")
    await second_version(business)
    told: list[Any] = []

    async def use_it(turn: Turn) -> str:
        told.append(await use(turn, "set_customer_fact", name="a", value="b"))
        return "Hi there"

    (one,) = await rehearse(dsn, business, Actor([use_it]))
    assert "nobody knows what it would answer" in told[0].text
    assert one.differs == ["tools"]


async def test_the_version_itself_and_turns_without_a_reply_are_left_out(dsn: str, business: Business) -> None:
    await play(business, lambda _: ZeroDivisionError())
    await second_version(business)
    assert await rehearse(dsn, business, Actor([lambda _: "never"])) == []


@pytest.mark.parametrize(("version", "error"), [(9, NotFound), (-1, Invalid)])
async def test_a_version_that_is_none_is_refused(
    dsn: str, business: Business, version: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await rehearse(dsn, business, Actor([lambda _: "never"]), version)
