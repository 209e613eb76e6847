"""How calendars are looked at: through failures and kills, by one at a time, sooner after a push."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Gone, NotConnected, Refused, Throttled
from gateway.booking.meeting import BookingError
from gateway.booking.sync import push_routes
from gateway.bus import Bus
from gateway.db import Pool
from gateway.web import problems
from tests.booking.agenda import LATER, Agenda, booked, conflicts, connect, kinds, look, now, state, sync_of
from tests.booking.diary import SOON, meetings, offer
from tests.booking.test_sweeper import Killed, kill, settled, sweeping, told
from tests.business import Business
from tests.waiting import until


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
async def connected(business: Business) -> Business:
    await connect(business)
    return business


BAD = [(Refused("forbidden"), True), (Away("timeout"), False), (RuntimeError("a bug"), False)]


@pytest.mark.parametrize(("fault", "passed_over"), BAD, ids=["refused", "away", "bug"])
async def test_one_bad_event_never_stops_the_rest(
    pool: Pool, connected: Business, agenda: Agenda, fault: Exception, passed_over: bool
) -> None:
    bad = await booked(connected, agenda)
    good = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670222")
    agenda.moves(bad["google_event_id"], LATER)
    agenda.drops(good["google_event_id"])
    agenda.before["get"] = [fault]
    await look(pool, agenda)
    assert ((await now(pool, bad))["meeting_time"], (await now(pool, good))["state"]) == (SOON, "cancelled")
    assert ((await state(pool))["sync_token"] == "4") is passed_over
    await look(pool, agenda)
    assert ((await now(pool, bad))["meeting_time"] == LATER) is not passed_over
    assert (await now(pool, good))["change"] == good["change"] + 1


FAULTS = [Away("x"), Refused("notFound"), NotConnected("revoked"), Throttled("rateLimitExceeded")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda one: type(one).__name__)
async def test_a_look_that_fails_is_repeated_later_and_later(
    pool: Pool, connected: Business, agenda: Agenda, fault: Exception
) -> None:
    row = await booked(connected, agenda)
    token = (await state(pool))["sync_token"]
    agenda.moves(row["google_event_id"], LATER)
    agenda.before["changes"] = [fault] * (2 if isinstance(fault, Refused) else 1)  # without a token, too
    await look(pool, agenda)
    failed = await state(pool)
    assert (failed["tries"], failed["problem"], failed["sync_token"]) == (1, str(fault), token)
    assert failed["lease_until"] is None
    assert failed["due_at"] > datetime.now(UTC) + timedelta(seconds=20)
    await look(pool, agenda)
    assert ((await now(pool, row))["meeting_time"], (await state(pool))["tries"]) == (LATER, 0)


async def test_what_google_says_of_all_events_ends_the_look(pool: Pool, connected: Business, agenda: Agenda) -> None:
    rows = [await booked(connected, agenda, SOON + timedelta(days=n), customer=f"467{n}") for n in range(3)]
    for row in rows:
        agenda.drops(row["google_event_id"])
    throttled = Throttled("rateLimitExceeded")
    throttled.retry_after = 900.0
    agenda.before["get"] = [None, throttled]
    await look(pool, agenda)
    assert len(await meetings(pool, "cancelled")) == 1
    assert (await state(pool))["due_at"] > datetime.now(UTC) + timedelta(seconds=800)
    await look(pool, agenda)
    assert [row["change"] for row in await meetings(pool, "cancelled")] == [2, 2, 2]


async def test_a_token_that_is_too_old_means_to_look_at_everything(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    moved = await booked(connected, agenda)
    gone = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670222")
    stays = await booked(connected, agenda, SOON + timedelta(days=2), customer="4670333")
    agenda.moves(moved["google_event_id"], LATER)
    agenda.drops(gone["google_event_id"])
    agenda.purged = {gone["google_event_id"], stays["google_event_id"]}  # not listed: asked one by one
    agenda.expired = {str((await state(pool))["sync_token"])}
    await look(pool, agenda)
    assert agenda.asked[-1] is None
    assert ((await now(pool, moved))["meeting_time"], (await now(pool, gone))["state"]) == (LATER, "cancelled")
    assert await now(pool, stays) == stays
    assert (await state(pool))["sync_token"] == "5"


async def test_a_token_that_is_refused_means_the_same(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    agenda.moves(row["google_event_id"], LATER)
    agenda.before["changes"] = [Refused("invalid", status=400)]
    await look(pool, agenda)
    assert (await now(pool, row))["meeting_time"] == LATER


@pytest.mark.parametrize(("status", "expected"), [(404, ("scheduled", ["missing"])), (410, ("cancelled", []))])
async def test_an_event_that_nobody_knows_is_not_taken_for_a_deleted_one(
    pool: Pool, connected: Business, agenda: Agenda, status: int, expected: tuple[str, list[str]]
) -> None:
    row = await booked(connected, agenda)
    await pool.execute("update calendar_syncs set sync_token = null")
    agenda.purged = {row["google_event_id"]}
    agenda.before["get"] = [Gone("notFound", status=status)]
    await look(pool, agenda)
    assert ((await now(pool, row))["state"], await conflicts(pool)) == expected


async def test_what_the_list_calls_cancelled_is_off_though_nothing_is_left_of_it(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    row = await booked(connected, agenda)
    agenda.drops(row["google_event_id"])
    agenda.before["get"] = [Gone("notFound", status=404)]
    await look(pool, agenda)
    assert (await now(pool, row))["state"] == "cancelled"


@pytest.mark.parametrize("call", ["changes", "get"])
async def test_killed_before_the_token_is_kept(pool: Pool, connected: Business, agenda: Agenda, call: str) -> None:
    moved = await booked(connected, agenda)
    gone = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670222")
    token = (await state(pool))["sync_token"]
    agenda.moves(moved["google_event_id"], LATER)
    agenda.drops(gone["google_event_id"])
    if call == "get":
        agenda.before["get"] = [None, kill]
    else:
        agenda.after["changes"] = [kill]
    with pytest.raises(Killed):
        await look(pool, agenda)
    assert ((await state(pool))["sync_token"], (await state(pool))["lease_owner"]) == (token, "node-1")
    assert len(await kinds(pool)) == 2 + (call == "get")
    for _ in range(2):
        await look(pool, agenda)
    assert await kinds(pool) == ["meeting.booked"] * 3 + ["meeting.cancelled"]
    assert ((await now(pool, moved))["sequence"], (await now(pool, gone))["sequence"]) == (1, 1)
    assert (await state(pool))["sync_token"] == "4"


async def test_a_calendar_is_looked_at_by_one_at_a_time(pool: Pool, connected: Business, agenda: Agenda) -> None:
    await booked(connected, agenda)
    await pool.execute("update calendar_syncs set due_at = now()")
    syncs = [sync_of(pool, agenda, f"node-{n}") for n in range(8)]
    claims = await asyncio.gather(*(sync.claim(4) for sync in syncs))
    assert sorted(len(one) for one in claims) == [0] * 7 + [1]


async def test_whoever_was_superseded_changes_nothing(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    await pool.execute("update calendar_syncs set due_at = now()")
    agenda.moves(row["google_event_id"], LATER)
    slow = sync_of(pool, agenda, "slow")
    (claim,) = await slow.claim(1)

    async def stolen() -> None:
        await pool.execute("update calendar_syncs set lease_until = now()")
        (taken,) = await sync_of(pool, agenda, "quick").claim(1)
        assert taken["lease_owner"] == "quick"

    agenda.after["changes"] = [stolen]
    await slow.work(claim)
    assert await now(pool, row) == row
    assert (await state(pool))["lease_owner"] == "quick"


async def test_watches_what_is_connected_and_where_meetings_stand(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    async def watched() -> list[tuple[str, str | None]]:
        await sync_of(pool, agenda).watch()
        rows = await pool.fetch("select calendar_id, sync_token from calendar_syncs order by calendar_id")
        return [(row["calendar_id"], row["sync_token"]) for row in rows]

    await booked(connected, agenda)
    row = await booked(connected, agenda, LATER, host="ada@bloom.example", customer="4670222")
    assert await watched() == [("ada@bloom.example", "2"), ("primary", "2")]
    agenda.drops(row["google_event_id"])
    await look(pool, agenda)
    assert await watched() == [("primary", "3")]
    await pool.execute("update google_calendar_tokens set generation = 2")
    assert await watched() == [("primary", None)]
    await pool.execute("update google_calendar_tokens set state = 'revoked'")
    assert await watched() == []


SECRET = "secret"
Push = Callable[..., Awaitable[int]]


@pytest.fixture
async def push(pool: Pool, connected: Business, agenda: Agenda) -> Any:
    """A calendar that was looked at, with a channel; says "changed" in its name."""
    await look(pool, agenda)
    await pool.execute(
        "insert into calendar_channels (user_id, channel_id, calendar_id, token_hash, expires_at) "
        "select user_id, 'ch-1', calendar_id, $1, now() + interval '1 day' from calendar_syncs",
        hashlib.sha256(SECRET.encode()).digest(),
    )
    app = web.Application(middlewares=[problems])
    app.add_routes(push_routes(pool, Bus()))
    async with TestClient(TestServer(app)) as client:

        async def send(channel: str = "ch-1", token: str = SECRET, state: str = "exists") -> int:
            names = {"ID": channel, "Token": token}
            headers = {f"X-Goog-Channel-{name}": value for name, value in names.items() if value}
            headers["X-Goog-Resource-State"] = state
            async with client.post("/google/push", headers=headers) as answer:
                return answer.status

        yield send


@pytest.mark.parametrize(
    ("channel", "token"), [("ch-2", SECRET), ("ch-1", "guess"), ("ch-1", ""), ("", ""), ("x" * 99, "x")]
)
async def test_a_push_from_somebody_else_is_not_known(pool: Pool, push: Push, channel: str, token: str) -> None:
    before = await state(pool)
    assert (await push(channel, token), await state(pool)) == (404, before)


async def test_a_channel_that_is_over_is_nobodys(pool: Pool, push: Push) -> None:
    await pool.execute("update calendar_channels set over = true")
    assert await push() == 404


async def test_a_push_makes_the_look_due_sooner_once(pool: Pool, push: Push) -> None:
    before = await state(pool)
    assert (await push(state="sync"), (await state(pool))["due_at"]) == (204, before["due_at"])
    assert [await push() for _ in range(5)] == [204] * 5
    assert (await state(pool))["due_at"] < datetime.now(UTC) + timedelta(seconds=6)


async def test_a_push_does_not_shorten_what_google_told_us_to_wait(pool: Pool, push: Push) -> None:
    await pool.execute("update calendar_syncs set tries = 1, due_at = now() + interval '1 hour'")
    before = await state(pool)
    assert (await push(), (await state(pool))["due_at"]) == (204, before["due_at"])


async def test_a_push_during_a_look_means_another(pool: Pool, connected: Business, agenda: Agenda, push: Push) -> None:
    async def pushed() -> None:
        assert await push() == 204

    agenda.after["changes"] = [pushed]
    await look(pool, agenda)
    assert (await state(pool))["due_at"] < datetime.now(UTC) + timedelta(seconds=2)
    await look(pool, agenda)
    assert (await state(pool))["due_at"] > datetime.now(UTC) + timedelta(seconds=500)


async def test_from_the_calendar_to_the_chat(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    sync = sync_of(pool, agenda)
    loops = [asyncio.create_task(sync.run()), asyncio.create_task(sync.keep())]
    try:
        async with sweeping(pool, agenda):
            agenda.moves(row["google_event_id"], LATER)
            await pool.execute("update calendar_syncs set due_at = now()")
            await until(lambda: pool.fetchval("select sequence = 1 and told_change = change from meetings"))
    finally:
        for loop in loops:
            loop.cancel()
        await sync.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)
    (text,) = await told(connected)
    assert "13:00 (Madrid)" in text


HOURS = [SOON + timedelta(hours=n) for n in range(12)]
OWNERS, CUSTOMERS = HOURS[8:], HOURS[:8]  # each customer moves between two hours of his own


async def _owner(agenda: Agenda, dice: random.Random) -> None:
    for _ in range(10):
        event = dice.choice(list(agenda.events))
        if agenda.events[event].stands:
            agenda.drops(event) if dice.random() < 0.15 else agenda.moves(event, dice.choice(OWNERS))
        await asyncio.sleep(dice.random() / 50)


async def _customer(business: Business, agenda: Agenda, dice: random.Random, row: Any, n: int) -> None:
    bookings = Bookings(business.pool, agenda, tz_version="x")
    for _ in range(6):
        with suppress(BookingError):
            if dice.random() < 0.1:
                await bookings.cancel(business.user_id, row["meeting_id"])
            else:
                wish = await offer(business, dice.choice(CUSTOMERS[n::4]), customer=f"467{n}")
                await bookings.move(wish, row["meeting_id"])
        await asyncio.sleep(dice.random() / 50)


async def _looker(pool: Pool, agenda: Agenda, owner: str) -> None:
    sync = sync_of(pool, agenda, owner)
    while True:
        await pool.execute("update calendar_syncs set due_at = now()")
        for claim in await sync.claim(1):
            await sync.work(claim)


@pytest.mark.parametrize("seed", range(6))
async def test_whoever_changes_what_calendar_and_chat_agree_in_the_end(
    pool: Pool, connected: Business, agenda: Agenda, seed: int
) -> None:
    dice = random.Random(seed)
    rows = [await booked(connected, agenda, HOURS[n], customer=f"467{n}") for n in range(4)]
    for call in ("get", "changes", "patch", "delete"):
        agenda.before[call] = [Away("x") if dice.random() < 0.1 else None for _ in range(500)]
        agenda.after[call] = [Away("x") if dice.random() < 0.1 else None for _ in range(500)]
    lookers = [asyncio.create_task(_looker(pool, agenda, f"node-{n}")) for n in range(2)]
    async with sweeping(pool, agenda, "sweeper"):
        customers = [_customer(connected, agenda, dice, row, n) for n, row in enumerate(rows)]
        await asyncio.gather(_owner(agenda, dice), *customers)
    for looker in lookers:
        looker.cancel()
    await asyncio.gather(*lookers, return_exceptions=True)
    agenda.before.clear()
    agenda.after.clear()
    await pool.execute("update calendar_syncs set lease_until = null")
    await pool.execute("update meetings set lease_owner = null, lease_until = null")
    for _ in range(3):
        await settled(pool, agenda)
        await look(pool, agenda)
    disputed = await pool.fetch(
        "select subject from system_alerts where alert_type = 'booking_conflict' and resolved_at is null"
    )
    for row in [await now(pool, one) for one in rows]:
        event = agenda.events[row["google_event_id"]]
        assert event.stands is (row["state"] == "scheduled")
        apart = event.stands and event.start != row["meeting_time"]
        assert apart is (row["meeting_id"] in {one["subject"] for one in disputed})
    await pool.execute("update meetings set due_at = now()")
    async with sweeping(pool, agenda):
        await until(lambda: pool.fetchval("select bool_and(told_change = change) from meetings"))
