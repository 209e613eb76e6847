"""Rehearsals that somebody began: from the request to the comparison, once, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from agents.types import Bubble, ModelCall, Reply, Turn, Usage
from gateway.api.keys import create_key
from gateway.blobs import Folder
from gateway.bus import Bus
from gateway.db import Pool
from gateway.prices import Prices
from gateway.rehearsals import TRIES, Rehearsals, Stage
from gateway.vault import Vault
from tests.actor import Actor, play
from tests.business import KEY, Business
from tests.desk import Desk, desk
from tests.gateway.api.test_api import Client
from tests.providers import change, whatsapp
from tests.waiting import until

COST = ModelCall(model="gpt-6-luna", usage=Usage(calls=1, input_tokens=1000, output_tokens=100))
STATE = "select state from rehearsals"


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path) as one:
        yield one


def says(text: str) -> Reply:
    return Reply(messages=(Bubble(text=text),), calls=(COST,), language="en")


def worker(dsn: str, business: Business, folder: Path, actor: Actor, owner: str = "node-1") -> Rehearsals:
    stage = Stage(dsn, Vault((KEY,)), Folder(folder), {})
    opens = partial(stage.open, actor, Prices(), "m")
    return Rehearsals(business.pool, Bus(), opens, owner=owner, prices=Prices())


@asynccontextmanager
async def working(one: Rehearsals) -> AsyncIterator[None]:
    await one.recover()
    loops = [asyncio.create_task(one.run()), asyncio.create_task(one.keep())]
    try:
        yield
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        await one.finish(0)


async def begun(business: Business, turns: int = 2, *, away: bool = False) -> None:
    """So many answered turns, another version, and a rehearsal that waits for a worker, or for one who is `away`."""
    for n in range(turns):
        await play(business, lambda _: says("Then."), text=f"Question {n}?", replies=n + 1)
    key = (business.user_id, business.prompt_id)
    insert = "insert into prompt_versions (user_id, prompt_id, version, instructions) values ($1, $2, 2, 'Be witty.')"
    await business.pool.execute(insert, *key)
    await business.pool.execute(
        "insert into rehearsals (user_id, rehearsal_id, prompt_id, version, lease_owner, lease_until) "
        "values ($1, 'rhl_1', $2, 2, case when $3 then 'away' end, case when $3 then now() + interval '1 hour' end)",
        *key, away,
    )  # fmt: skip
    await business.pool.execute(
        "insert into rehearsal_turns (user_id, trial_id, rehearsal_id, turn_id, conversation_id) "
        "select user_id, 'tri' || turn_id, 'rhl_1', turn_id, conversation_id from turns"
    )


async def state(pool: Pool, wanted: str) -> None:
    async def there() -> bool:
        return bool(await pool.fetchval(STATE) == wanted)

    await until(there)


async def charged(pool: Pool) -> int:
    count: int = await pool.fetchval("select count(*) from credit_ledger where reason = 'rehearsal'")
    return count


async def test_from_the_request_to_the_comparison(open_desk: Desk, business: Business) -> None:
    api = Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))
    path = f"/v1/prompts/{business.prompt_id}/rehearsals"
    await api("POST", f"/v1/prompts/{business.prompt_id}/versions", {"instructions": "Be witty.", "activate": False})
    status, problem = await api("POST", path, {"version": 2})
    assert (status, problem["detail"][:42]) == (409, "No other version of this prompt has answer")
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "Is <b>it</b> open?")])))
    await open_desk.sent(1)
    before = len(open_desk.providers.sent)
    status, made = await api("POST", path, {"version": 2, "turns": 5})
    assert (status, made["turns"]) == (201, 1)

    async def done() -> Any:
        _, found = await api("GET", f"/v1/rehearsals/{made['rehearsal_id']}")
        return found if found["state"] == "done" else None

    whole = await until(done)
    (one,) = whole["data"]
    assert (one["asked"], one["former_version"], one["sequence_no"]) == ("Is <b>it</b> open?", 1, 1)
    assert one["then"]["text"]
    assert one["now"]["text"]
    assert len(open_desk.providers.sent) == before
    assert (await api("GET", path))[1]["data"][0] == {**made, "state": "done", "done": 1, "ended_at": whole["ended_at"]}
    assert await charged(business.pool) == 1
    agents = "select array_agg(agent_id) from model_calls where kind = 'rehearsal'"
    assert set(await business.pool.fetchval(agents)) == {None}  # no agent's day is shortened by it
    asked = await business.pool.fetch("select instructions from prompt_versions order by version")
    assert len(asked) == 2


REFUSED = [
    ({"version": 7}, 422, "There is no such version."),
    ({"version": 2, "turns": 51}, 422, "The body is not valid: turns"),
    ({"version": 2, "turns": 0}, 422, "The body is not valid: turns"),
    ({"turns": 3}, 422, "The body is not valid: version"),
]


@pytest.mark.parametrize(("body", "status", "detail"), REFUSED)
async def test_what_can_not_be_tried_is_refused(
    open_desk: Desk, business: Business, body: Any, status: int, detail: str
) -> None:
    api = Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))
    answer, problem = await api("POST", f"/v1/prompts/{business.prompt_id}/rehearsals", body)
    assert (answer, problem["detail"][: len(detail)]) == (status, detail)


async def test_one_at_a_time_and_no_more_than_the_credits(open_desk: Desk, business: Business) -> None:
    api = Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))
    path = f"/v1/prompts/{business.prompt_id}/rehearsals"
    await begun(business, 1, away=True)
    answers = await asyncio.gather(*(api("POST", path, {"version": 2}) for _ in range(8)))
    assert {status for status, _ in answers} == {409}
    assert "still running" in answers[0][1]["detail"]
    status, stopped = await api("POST", "/v1/rehearsals/rhl_1/stop")
    assert (status, stopped["state"]) == (200, "stopped")
    spent = "insert into credit_ledger select user_id, 'spent', -remaining_credits, 'test' from credits"
    await business.pool.execute(spent)
    status, problem = await api("POST", path, {"version": 2})
    assert (status, problem["detail"]) == (409, "This takes 1 credits, and 0 are left.")
    assert await business.pool.fetchval("select count(*) from rehearsals") == 1


async def test_a_killed_process_costs_no_turn_twice(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 3)
    stuck = asyncio.Event()

    async def halts(_turn: Turn) -> Reply:
        await stuck.wait()
        raise AssertionError("it was killed")

    async with working(worker(dsn, business, tmp_path, Actor([lambda _: says("Now."), halts]))):
        await until(
            lambda: business.pool.fetchval("select count(*) = 1 from rehearsal_turns where outcome is not null")
        )
    assert await business.pool.fetchval(STATE) == "running"
    second = Actor([lambda _: says("Now.")])
    async with working(worker(dsn, business, tmp_path, second)):
        await state(business.pool, "done")
    assert len(second.asked) == 2
    assert await charged(business.pool) == 3


async def test_what_is_stopped_ends_and_charges_nothing_more(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 1)

    async def stops(_turn: Turn) -> Reply:
        await business.pool.execute("update rehearsals set state = 'stopped', ended_at = now()")
        return says("Too late.")

    one = worker(dsn, business, tmp_path, Actor([stops]))
    async with working(one):
        await until(lambda: business.pool.fetchval("select count(*) = 1 from model_calls where kind = 'rehearsal'"))
        await one.finish(5)
    assert await business.pool.fetchval(STATE) == "stopped"
    assert await business.pool.fetchval("select outcome from rehearsal_turns") is None
    assert await charged(business.pool) == 0


async def test_it_ends_where_the_credits_end(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 2)
    left = "insert into credit_ledger select user_id, 'spent', 1 - remaining_credits, 'test' from credits"
    await business.pool.execute(left)
    turn = asyncio.Lock()

    async def one_by_one(_turn: Turn) -> Reply:
        async with turn:
            return says("Now.")

    async with working(worker(dsn, business, tmp_path, Actor([one_by_one]))):
        await until(lambda: business.pool.fetchval("select state <> 'running' from rehearsals"))
    assert await business.pool.fetchval("select remaining_credits from credits") == 0
    assert await charged(business.pool) == 1


async def test_one_that_breaks_each_time_is_given_up(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 1)
    await business.pool.execute("update rehearsals set tries = $1", TRIES)
    async with working(worker(dsn, business, tmp_path, Actor([lambda _: says("Now.")]))):
        await state(business.pool, "failed")
    assert await business.pool.fetchval("select problem from rehearsals") == "It broke off each time."


async def test_a_turn_that_was_erased_is_left_out(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 2)
    await business.pool.execute(
        "with one as (select turn_id from turns order by started_at limit 1), c as (update messages set turn_id = null "
        "where turn_id in (select turn_id from one)) delete from turns where turn_id in (select turn_id from one)"
    )
    actor = Actor([lambda _: says("Now.")])
    async with working(worker(dsn, business, tmp_path, actor)):
        await state(business.pool, "done")
    assert len(actor.asked) == 1


async def test_a_booking_turn_has_the_tools_that_it_had(dsn: str, business: Business, tmp_path: Path) -> None:
    await begun(business, 1)
    await business.pool.execute('update agents set booking = \'{"title": "Cleaning"}\'')
    await business.pool.execute(
        "insert into meetings (user_id, meeting_id, conversation_id, customer_id, google_event_id, title, timezone, "
        "meeting_time, status, state, created_at) select user_id, v.id, conversation_id, customer_id, v.id, v.id, "
        "'Europe/Madrid', now() + interval '1 day', 'scheduled', 'scheduled', now() + v.made * interval '1 hour' "
        "from conversations, (values ('before', -1), ('since', 1)) v (id, made)"
    )
    actor = Actor([lambda _: says("Now.")])
    async with working(worker(dsn, business, tmp_path, actor)):
        await state(business.pool, "done")
    (turn,) = actor.asked
    names = {tool.name for tool in turn.tools}
    assert {"find_times", "book", "reschedule", "cancel_meeting"} <= names
    told = " ".join(one.text for one in turn.transcript)
    assert "before" in told
    assert "since" not in told
    assert json.loads(await business.pool.fetchval("select outcome from rehearsal_turns"))["text"] == "Now."
