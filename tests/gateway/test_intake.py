"""Intake: once, in order, without gaps, under concurrency, and nothing lost that was not understood."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.base import Unreadable
from gateway.bus import Bus
from gateway.db import Pool, connect_pool
from gateway.errors import StoreAway
from gateway.intake import Envelope, Intake
from tests.business import Business


def envelope(*events: object) -> Envelope:
    return Envelope(endpoint="meta", url="http://x/webhooks/meta", body=b"{}", events=events)  # type: ignore[arg-type]


async def numbers(pool: Pool) -> list[list[int]]:
    rows = await pool.fetch(
        "select array_agg(sequence_no order by sequence_no) n from messages group by conversation_id"
    )
    return [row["n"] for row in rows]


async def test_a_batch_is_numbered_in_the_order_it_was_written(pool: Pool, business: Business) -> None:
    intake = Intake(pool, Bus())
    fates = await intake.accept(envelope(business.says("one"), business.says("two"), business.says("three")))
    assert [(f.outcome, f.sequence_no) for f in fates] == [("accepted", 1), ("accepted", 2), ("accepted", 3)]
    assert [text for _, _, text in await business.transcript()] == ["one", "two", "three"]


async def test_fifty_copies_at_once_are_one_message(dsn: str, business: Business) -> None:
    pools = [await connect_pool(dsn, size=4) for _ in range(3)]
    intakes = [Intake(pool, Bus(), in_flight=2) for pool in pools]
    event = business.says("hi", id="wamid.1")
    fates = await asyncio.gather(*(intakes[n % 3].accept(envelope(event)) for n in range(50)))
    assert sorted(fate[0].outcome for fate in fates) == ["accepted"] + ["duplicate"] * 49
    assert {fate[0].sequence_no for fate in fates} == {1}
    assert await numbers(business.pool) == [[1]]
    assert await business.pool.fetchval("select count(*) from envelopes") == 50
    for pool in pools:
        await pool.close()


async def test_many_writers_leave_no_gap_and_no_deadlock(dsn: str, business: Business) -> None:
    pools = [await connect_pool(dsn, size=4) for _ in range(3)]
    intakes = [Intake(pool, Bus(), in_flight=2) for pool in pools]
    rng = random.Random(7)
    events = [business.says(str(n), id=f"wamid.{n}", customer=str(n % 5)) for n in range(200)]
    copies = [event for event in events for _ in range(2)]
    rng.shuffle(copies)
    bodies = [envelope(*copies[start : start + 7]) for start in range(0, len(copies), 7)]
    await asyncio.gather(*(intakes[n % 3].accept(body) for n, body in enumerate(bodies)))
    assert sorted(await numbers(business.pool)) == [list(range(1, 41))] * 5
    stats = "select deadlocks from pg_stat_database where datname = current_database()"
    assert await business.pool.fetchval(stats) == 0
    for pool in pools:
        await pool.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), min_size=1, max_size=6), max_size=8))
async def test_whatever_comes_however_often_is_stored_once(pool: Pool, batches: list[list[tuple[int, int]]]) -> None:
    business = await Business.create(pool)
    intake = Intake(pool, Bus())
    bodies = [
        envelope(*(business.says(f"{m}", id=f"{c}.{m}", customer=f"c{c}") for m, c in batch)) for batch in batches
    ]
    await asyncio.gather(*(intake.accept(body) for body in bodies))
    distinct = {(m, c) for batch in batches for m, c in batch}
    for customer in range(4):
        transcript = await business.transcript(f"c{customer}")
        assert [n for n, _, _ in transcript] == list(range(1, len(transcript) + 1))
        assert sorted(text for _, _, text in transcript) == sorted(str(m) for m, c in distinct if c == customer)


async def test_what_cannot_be_placed_is_parked_and_its_siblings_land(pool: Pool, business: Business) -> None:
    other = await Business.create(pool)
    stranger = other.says("who?", id="wamid.9")
    await pool.execute("update agents set phone_number_id = null where user_id = $1", other.user_id)
    unknown = business.says("to nobody")
    unknown = type(unknown)(platform="whatsapp", number="999", customer="1", id="x", text="lost?")
    fates = await Intake(pool, Bus()).accept(
        envelope(business.says("kept"), stranger, unknown, Unreadable(reason="strange event"))
    )
    assert [fate.outcome for fate in fates] == ["accepted", "no_agent", "unknown_number"]
    row = await pool.fetchrow("select state, problem, addresses from envelopes")
    assert row is not None
    assert row["state"] == "parked"
    assert set(row["addresses"]) == {f"whatsapp:{other.number.address}", "whatsapp:999"}


async def test_one_event_that_the_store_refuses_costs_its_siblings_nothing(pool: Pool, business: Business) -> None:
    intake = Intake(pool, Bus())
    bad = business.says("\x00 nul \ud800 surrogate", id="i" * 400)
    good = business.says("fine")
    fates = await asyncio.gather(intake.accept(envelope(bad)), intake.accept(envelope(good)))
    assert [fate.outcome for fate in fates[1]] == ["accepted"]
    assert await pool.fetchval("select count(*) from envelopes where state = 'parked'") == 1


async def test_the_store_away_is_said_and_nothing_pretended(dsn: str, business: Business) -> None:
    pool = await connect_pool(dsn, size=2)
    intake = Intake(pool, Bus())
    await pool.close()
    with pytest.raises(StoreAway):
        await intake.accept(envelope(business.says("hello?")))


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        (["sent", "delivered", "read"], "read"),
        (["read", "delivered", "sent"], "read"),
        (["failed", "sent"], "failed"),
        (["failed", "delivered"], "delivered"),
        (["delivered", "failed"], "delivered"),
        (["sent", "sent"], "sent"),
    ],
)
async def test_delivery_never_goes_backwards(pool: Pool, business: Business, told: list[str], shown: str) -> None:
    intake = Intake(pool, Bus())
    await intake.accept(envelope(business.says()))
    conversation = await business.conversation()
    message = '{"message_id": "m1", "author": "human", "text": "yes", "parts": [{"part_id": "p1", "text": "yes"}]}'
    await pool.fetchval(
        "select human_reply($1, $2, 'whatsapp', $3::jsonb)", business.user_id, conversation["conversation_id"], message
    )
    await pool.execute("update message_parts set state = 'sent', platform_message_id = 'wamid.out'")
    for state in told:
        await intake.accept(envelope(business.status("wamid.out", state)))
    assert await pool.fetchval("select delivery from message_parts") == shown
    assert await pool.fetchval("select status from message_delivery_status") == shown


async def test_a_status_before_its_message_waits_for_it(pool: Pool, business: Business) -> None:
    intake = Intake(pool, Bus())
    await intake.accept(envelope(business.says(), business.status("wamid.early", "delivered")))
    conversation = await business.conversation()
    message = '{"message_id": "m1", "author": "human", "text": "yes", "parts": [{"part_id": "p1", "text": "yes"}]}'
    await pool.fetchval(
        "select human_reply($1, $2, 'whatsapp', $3::jsonb)", business.user_id, conversation["conversation_id"], message
    )
    await pool.execute("update message_parts set state = 'sending'")
    await pool.fetch(
        "select settle_parts($1, '{p1}', '{sent}', '{wamid.early}', '{\"\"}', '{\"\"}', '{0}')", [business.user_id]
    )
    assert await pool.fetchval("select delivery from message_parts") == "delivered"
    assert await pool.fetchval("select count(*) from parked_statuses") == 0
