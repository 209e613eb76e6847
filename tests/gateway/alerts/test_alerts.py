"""One alert for one thing: told once when it begins, once when it ends, never in a storm, and to its business alone."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from gateway.alerts.watch import Watcher
from gateway.bus import Bus
from gateway.db import Pool, connect_pool
from tests.business import Business
from tests.gateway.alerts.alarm import alerts, ended, look, message, raised, told

RAISED, RESOLVED = ("alert.raised", "agent_broken"), ("alert.resolved", "agent_broken")


async def test_it_is_told_when_it_begins_and_when_it_ends(business: Business) -> None:
    assert await raised(business)
    assert not await raised(business)
    assert await told(business) == [RAISED]
    assert await ended(business)
    assert not await ended(business)
    assert await told(business) == [RAISED, RESOLVED]


async def test_different_things_are_different_alerts(business: Business) -> None:
    assert [await raised(business, subject=one) for one in ("a", "b", "a")] == [True, True, False]
    assert await ended(business, subject=None)
    assert len(await told(business)) == 4


async def test_what_flaps_is_one_alert_and_told_at_most_once_an_hour(business: Business, pool: Pool) -> None:
    for _ in range(20):
        await raised(business)
        await ended(business)
    assert await told(business) == [RAISED, RESOLVED]
    assert await pool.fetchval("select count(*) from system_alerts") == 1
    await raised(business)  # and stays
    assert await look(pool) == 0
    await pool.execute("update system_alerts set told_at = now() - interval '61 minutes'")
    assert await look(pool) == 1
    assert await told(business) == [RAISED, RESOLVED, RAISED]
    assert await look(pool) == 0
    await ended(business)
    assert (await told(business))[-1] == RESOLVED
    assert await pool.fetchval("select times from system_alerts") == 21


async def test_an_hour_later_it_is_another_alert(business: Business, pool: Pool) -> None:
    await raised(business)
    await ended(business)
    await pool.execute("update system_alerts set resolved_at = now() - interval '61 minutes'")
    assert await raised(business)
    assert await pool.fetchval("select count(*) from system_alerts") == 2


async def test_worse_than_what_was_told_is_told(business: Business, pool: Pool) -> None:
    number = business.number.id
    await raised(business, "token_dying", number, expires_on="2026-12-01")
    await raised(business, "token_dying", number, cause="refused", error="190")
    assert await told(business) == [("alert.raised", "token_dying")] * 2
    assert await pool.fetchval("select array_agg(alert_level) from system_alerts") == ["critical"]
    assert await message(business) == (
        "The provider refuses the access token of Bloom (190). Replies wait; give the number a new token. "
        "What customers write still arrives."
    )


async def test_many_at_once_raise_one(business: Business, dsn: str) -> None:
    async with AsyncExitStack() as stack:
        pool = await connect_pool(dsn, size=16)
        stack.push_async_callback(pool.close)
        other = Business(pool, business.user_id, business.prompt_id, business.number)
        for what in (raised, ended, raised):
            await asyncio.gather(*(what(other) for _ in range(32)))
    assert await told(business) == [RAISED, RESOLVED]
    assert await alerts(business) == [("agent_broken", "")]


async def test_two_watchers_raise_one(business: Business, pool: Pool) -> None:
    await pool.execute("update phone_numbers set created_at = now() - interval '2 days'")
    for _ in range(5):
        changed = await asyncio.gather(*(Watcher(pool, Bus()).look() for _ in range(4)))
        assert sum(changed) <= 1
    assert await told(business) == [("alert.raised", "channel_silent")]
    assert await alerts(business) == [("channel_silent", "never")]


async def test_another_business_sees_nothing(business: Business, pool: Pool) -> None:
    other = await Business.create(pool)
    await raised(business)
    await raised(other, subject="theirs")
    await ended(business, subject=None)
    assert await alerts(other) == [("agent_broken", "")]
    assert await told(other) == [RAISED]


async def test_where_it_is_broken_it_is_not_told(business: Business, pool: Pool) -> None:
    for address in ("a@example.com", "b@example.com"):
        await pool.execute("insert into mail_recipients values ($1, $2)", business.user_id, address)
    await raised(business, "mail_failing", "a@example.com")
    assert await pool.fetchval("select array_agg(address) from event_deliveries") == ["b@example.com"]


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({"code": "x"}, "The model refuses what agent of that name asks (x)."),
        ({}, "The model refuses what agent of that name asks."),
        ({"code": "{agent}"}, "The model refuses what agent of that name asks ((agent))."),
        ({"code": "<b>" + "x" * 300}, "The model refuses what agent of that name asks (<b>" + "x" * 197 + ")."),
    ],
)
async def test_what_it_says_holds_its_detail_as_text(business: Business, detail: dict[str, str], said: str) -> None:
    await raised(business, **detail)
    assert (await message(business)).startswith(said)


@pytest.mark.parametrize(
    ("problem", "alert_type"),
    [
        ("invalid_grant", "google_disconnected"),
        ("read notFound team@example.com", "calendar_gone"),
        ("write notFound team@example.com", "calendar_gone"),
        ("write insufficientPermissions team@example.com", "google_scope_missing"),
        ("read forbidden team@example.com", "google_refused"),
        ("write quotaExceeded team@example.com", "google_refused"),
    ],
)
async def test_a_problem_of_googles_has_a_type(pool: Pool, problem: str, alert_type: str) -> None:
    assert await pool.fetchval("select google_alert($1)", problem) == alert_type
