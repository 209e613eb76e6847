"""Channels of Google: opened, renewed, stopped; what they say makes a look come sooner, and nothing hangs on them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.booking.pushes import LASTS_SECONDS, Pushes, push_address, stop_all
from gateway.booking.sync import Sync, push_routes
from gateway.bus import Bus
from gateway.web import problems
from tests.booking.test_stack import Stack, stack
from tests.waiting import until

__all__ = ["stack"]


@pytest.fixture
async def pushes(stack: Stack) -> AsyncIterator[Pushes]:
    """A calendar that was looked at a moment ago, and an address that Google can call."""
    app = web.Application(middlewares=[problems])
    app.add_routes(push_routes(stack.pool, Bus()))
    async with TestServer(app) as server:
        sync = Sync(stack.pool, Bus(), stack.calendars, owner="node-1")
        await sync.watch()
        for claim in await sync.claim(5):
            await sync.work(claim)
        yield Pushes(stack.pool, stack.calendars, address=f"{server.make_url('/google/push')}")
    await sync.finish(0)


async def at_google(stack: Stack) -> list[dict[str, Any]]:
    _, told = await stack.google.ask("GET", "/_sandbox/google")
    return list(told["channels"])


async def rows(stack: Stack) -> list[Any]:
    return list(await stack.pool.fetch("select * from calendar_channels order by created_at"))


async def due(stack: Stack) -> datetime:
    at: datetime = await stack.pool.fetchval("select due_at from calendar_syncs")
    return at


async def owner_writes(stack: Stack) -> None:
    wish = {"do": "add", "start": "2030-01-07T10:00:00+01:00", "minutes": 30}
    await stack.google.ask("POST", "/_sandbox/google/events", json=wish)


async def heard(stack: Stack, count: int) -> None:
    """So many messages were delivered."""

    async def delivered() -> bool:
        _, told = await stack.google.ask("GET", "/_sandbox/deliveries?provider=google")
        return len([one for one in told["deliveries"] if one["status"] == 204]) >= count

    await until(delivered)


async def test_a_channel_is_opened_and_what_it_says_hastens_the_look(stack: Stack, pushes: Pushes) -> None:
    before = await due(stack)
    await pushes.look()
    await pushes.look()  # there is one
    (row,), (channel,) = await rows(stack), await at_google(stack)
    assert (row["channel_id"], row["resource_id"]) == (channel["id"], channel["resource_id"])
    assert len(channel["token"]) > 30
    assert channel["token"].encode() not in bytes(row["token_hash"])
    assert abs((row["expires_at"] - datetime.now(UTC)).total_seconds() - LASTS_SECONDS) < 60
    await heard(stack, 1)
    assert await due(stack) == before  # "sync" says that it is open, no more
    await owner_writes(stack)
    await heard(stack, 2)
    assert await due(stack) < datetime.now(UTC) + timedelta(seconds=7)


async def test_a_message_that_is_lost_costs_only_time(stack: Stack, pushes: Pushes) -> None:
    await pushes.look()
    await heard(stack, 1)
    before = await due(stack)
    await stack.google.fault("push_lost", provider="google", event="push")
    await owner_writes(stack)
    assert await due(stack) == before
    await owner_writes(stack)
    await heard(stack, 2)
    assert await due(stack) < before


async def test_a_channel_is_renewed_before_its_end_and_the_former_one_stopped(stack: Stack, pushes: Pushes) -> None:
    await pushes.look()
    (first,) = await rows(stack)
    next_at = await stack.pool.fetchval("select channel_due_at from calendar_syncs")
    assert timedelta(hours=23) < first["expires_at"] - next_at < timedelta(hours=25)
    await stack.pool.execute("update calendar_syncs set channel_due_at = now()")
    await pushes.look()
    (second,) = await rows(stack)
    assert second["channel_id"] != first["channel_id"]
    assert {one["id"]: one["live"] for one in await at_google(stack)} == {
        first["channel_id"]: False,
        second["channel_id"]: True,
    }


async def test_a_calendar_that_is_let_go_has_no_channel(stack: Stack, pushes: Pushes) -> None:
    await pushes.look()
    await stack.pool.execute("delete from calendar_syncs")
    await pushes.look()
    assert (await rows(stack), [one["live"] for one in await at_google(stack)]) == ([], [False])


async def test_a_disconnect_stops_them(stack: Stack, pushes: Pushes) -> None:
    await pushes.look()
    await stop_all(stack.pool, stack.calendars, stack.business.user_id)
    assert (await rows(stack), [one["live"] for one in await at_google(stack)]) == ([], [False])


async def test_a_channel_that_nobody_knows_to_be_open_is_heard(stack: Stack, pushes: Pushes) -> None:
    await stack.google.fault("drop_after_store", provider="google", event="watch")
    before = await due(stack)
    await pushes.look()
    (row,) = await rows(stack)
    assert row["resource_id"] is None
    await owner_writes(stack)
    await heard(stack, 2)
    assert await due(stack) < before


async def test_a_refusal_is_not_asked_again_for_a_day(stack: Stack, pushes: Pushes) -> None:
    await stack.google.fault("refuse", provider="google", event="watch", code="push.webhookUrlUnauthorized")
    await pushes.look()
    await pushes.look()
    assert await rows(stack) == []
    rest = "select channel_due_at > now() + interval '23 hours' from calendar_syncs"
    assert await stack.pool.fetchval(rest)


@pytest.mark.parametrize(
    ("public_url", "opens"),
    [
        ("https://desk.example.com", True), ("https://desk.example.com:8443", True), ("https://8.8.8.8", True),
        ("http://desk.example.com", False), ("http://localhost:8080", False), ("https://localhost", False),
        ("https://10.0.0.5", False), ("https://127.0.0.1", False), ("https://[::1]", False),
        ("https://desk", False), ("https://desk.local", False), ("https://desk.internal", False),
    ],
)  # fmt: skip
def test_only_an_address_that_google_can_call_gets_channels(public_url: str, opens: bool) -> None:
    assert push_address(public_url) == (f"{public_url}/google/push" if opens else "")


async def test_without_an_address_none_is_opened(stack: Stack, pushes: Pushes) -> None:
    await Pushes(stack.pool, stack.calendars, address="").look()
    assert (await rows(stack), await at_google(stack)) == ([], [])
