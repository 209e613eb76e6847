"""Booking through Google's own client and a strict stand-in, with faults on: ten times, two hundred who want them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from gateway.booking.bookings import Bookings
from gateway.booking.google import Calendars
from gateway.booking.grants import Grant
from gateway.booking.meeting import OfferGone, Taken, Unavailable, Unsettled
from gateway.booking.sweeper import Sweeper
from gateway.booking.times import CalendarTimes
from gateway.bus import Bus
from gateway.db import Pool
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from tests.booking.diary import meetings, offer
from tests.business import KEY, VAULT, Business
from tests.gateway.test_turns import CUTS
from tests.ports import free_port
from tests.sandbox.conftest import Client, Gateway, config_for
from tests.sandbox.google_app import CLIENT_ID, CLIENT_SECRET
from tests.waiting import until

MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)


@dataclass
class Stack:
    """A business with a Google account, and everything that books for it."""

    pool: Pool
    business: Business
    google: Client
    calendars: Calendars
    bookings: Bookings

    async def events(self) -> list[dict[str, Any]]:
        _, told = await self.google.ask("GET", "/_sandbox/google/events")
        return [one for one in told["events"] if one["status"] != "cancelled"]

    async def settle(self, seconds: float = 60) -> None:
        """Lets the sweeper work until nothing is on its way."""
        sweeper = Sweeper(self.pool, Bus(), self.bookings, self.calendars, CUTS, owner="node-1")
        loops = [asyncio.create_task(sweeper.run()), asyncio.create_task(sweeper.keep())]
        due = (
            "update meetings set due_at = now() where lease_until is null "
            "and state in ('held', 'booking', 'moving', 'cancelling')"
        )
        moving = "select count(*) = 0 from meetings where state in ('booking', 'moving', 'cancelling')"

        async def nothing_moves() -> bool:
            await self.pool.execute(due)
            return bool(await self.pool.fetchval(moving))

        try:
            await until(nothing_moves, seconds)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await sweeper.finish(0)


@pytest.fixture
async def stack(pool: Pool, business: Business) -> AsyncIterator[Stack]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = make_app(Config.model_validate(config_for("http://127.0.0.1:9")), url)
    async with TestServer(app, port=port), ClientSession() as http:
        google = Client(http, url, Gateway())
        settings = Settings(
            secret_keys=(KEY,), google_client_id=CLIENT_ID, google_client_secret=CLIENT_SECRET,
            google_auth_url=f"{url}/o/oauth2/v2/auth", google_token_url=f"{url}/token",
            google_revoke_url=f"{url}/revoke", google_api_url=url,
        )  # fmt: skip
        calendars = Calendars(pool, VAULT, settings)
        _, told = await google.ask("POST", "/_sandbox/google/connect", json={})
        entries = await calendars.opened_by(told["access_token"])
        grant = Grant(
            access_token=told["access_token"], refresh_token=told["refresh_token"], seconds=3599, scope="s",
            account="owner@bloomdental.example",
        )  # fmt: skip
        await calendars.connections.connect(business.user_id, grant, entries)
        yield Stack(pool, business, google, calendars, Bookings(pool, calendars, tz_version="2026f"))
        await calendars.close()


async def test_an_offer_is_found_booked_moved_and_cancelled(stack: Stack) -> None:
    rules = {
        "zone": "Europe/Madrid",
        "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    }
    wish = await offer(stack.business, MONDAY)
    conversation = await stack.business.conversation()
    claim = {name: conversation[name] for name in ("user_id", "conversation_id", "agent_id", "customer_id")} | {
        "turn_id": None
    }
    assert (await CalendarTimes(stack.pool, stack.calendars).find(claim, rules, "", "en")).offers
    row = await stack.bookings.book(wish)
    assert (row["status"], row["meet_state"]) == ("scheduled", row["meet_state"])
    (event,) = await stack.events()
    assert event["id"] == row["google_event_id"]
    moved = await stack.bookings.move(await offer(stack.business, MONDAY + timedelta(hours=1)), row["meeting_id"])
    assert moved["sequence"] == 1
    await stack.bookings.cancel(stack.business.user_id, row["meeting_id"])
    assert await stack.events() == []


@pytest.mark.parametrize("kind", ["drop_after_store", "error_after_store", "drop_before_store"])
async def test_stored_and_dropped_is_one_event_and_one_confirmation(stack: Stack, kind: str) -> None:
    await stack.google.fault(kind, provider="google", event="insert")
    try:
        await stack.bookings.book(await offer(stack.business, MONDAY))
    except Unsettled:
        await stack.settle()
    (row,) = await meetings(stack.pool, "scheduled")
    assert [event["id"] for event in await stack.events()] == [row["google_event_id"]]
    assert await stack.pool.fetchval("select count(*) from events where type = 'meeting.booked'") == 1


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_two_hundred_want_ten_times(stack: Stack) -> None:
    seed = random.randrange(1, 10**9)
    print(f"SEED={seed}")  # noqa: T201
    for kind in ("drop_after_store", "error_after_store", "drop_before_store", "server_error", "rate_limit"):
        await stack.google.fault(kind, provider="google", event="insert", probability=0.05)
    await stack.google.fault("drop_before_store", provider="google", event="freebusy", probability=0.05)
    people = range(200)
    starts = [MONDAY + timedelta(minutes=30 * n) for n in range(10)]
    gate = asyncio.Semaphore(40)
    outcomes: list[str] = []

    async def wants(n: int) -> None:
        """Asks for one time after the other until there is none left, as somebody who is offered others does."""
        for start in starts[n % 10 :] + starts[: n % 10]:
            wish = await offer(stack.business, start, customer=f"4671{n:04}")
            async with gate:
                try:
                    await stack.bookings.book(wish)
                except (Taken, OfferGone, Unavailable):
                    continue
                except Unsettled:
                    outcomes.append("unsettled")
                else:
                    outcomes.append("booked")
            return
        outcomes.append("other offers")

    await asyncio.gather(*(wants(n) for n in people))
    await stack.settle(120)
    scheduled = await meetings(stack.pool, "scheduled")
    events = await stack.events()
    print({name: outcomes.count(name) for name in set(outcomes)}, len(scheduled), len(events))  # noqa: T201
    assert len(scheduled) == len(events) == 10
    assert {row["google_event_id"] for row in scheduled} == {event["id"] for event in events}
    assert {row["meeting_time"] for row in scheduled} == set(starts)
    assert outcomes.count("other offers") == 200 - outcomes.count("booked") - outcomes.count("unsettled")
