"""Killed at any step, a booking is settled: afterwards the row and the calendar agree, and the customer knows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Gone, Refused
from gateway.booking.meeting import Unsettled
from gateway.booking.sweeper import Sweeper
from gateway.bus import Bus
from gateway.db import Pool
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.business import Business
from tests.gateway.test_turns import CUTS
from tests.waiting import until


class Killed(BaseException):
    """The process ends here."""


async def kill() -> None:
    raise Killed


@asynccontextmanager
async def sweeping(pool: Pool, diary: Diary, owner: str = "node-1") -> AsyncIterator[Sweeper]:
    bookings = Bookings(pool, diary, tz_version="2026f")
    sweeper = Sweeper(pool, Bus(), bookings, diary, CUTS, owner=owner)
    await sweeper.recover()
    loops = [asyncio.create_task(sweeper.run()), asyncio.create_task(sweeper.keep())]
    try:
        yield sweeper
    finally:
        for loop in loops:
            loop.cancel()
        await sweeper.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)


async def settled(pool: Pool, diary: Diary) -> None:
    """Everything that is due is looked at until nothing is on its way."""
    await pool.execute("update meetings set due_at = now(), hold_until = now() where due_at is not null")
    async with sweeping(pool, diary):
        moving = "select count(*) = 0 from meetings where state in ('held', 'booking', 'moving', 'cancelling')"
        await until(lambda: pool.fetchval(moving))


async def told(business: Business) -> list[str]:
    return [text for _, author, text in await business.transcript() if author == "fallback"]


STEPS = [("busy", "before"), ("insert", "before"), ("insert", "after"), ("window", "before")]


@pytest.mark.parametrize(("call", "side"), STEPS)
async def test_killed_while_it_books(pool: Pool, business: Business, call: str, side: str) -> None:
    diary = Diary()
    getattr(diary, side)[call] = [kill]
    with pytest.raises(Killed):
        await Bookings(pool, diary, tz_version="x").book(await offer(business))
    await settled(pool, diary)
    (row,) = await meetings(pool, "scheduled")
    (event,) = diary.standing
    assert (event.id, event.ours, event.start) == (row["google_event_id"], row["meeting_id"], row["meeting_time"])
    async with sweeping(pool, diary):
        await pool.execute("update meetings set due_at = now()")
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    (text,) = await told(business)
    assert "booked" in text
    assert "Monday, January 7, 2030, 10:00 (Madrid)" in text
    assert await pool.fetchval("select count(*) from events where type = 'meeting.booked'") == 1


@pytest.mark.parametrize(("call", "side"), [("busy", "before"), ("patch", "before"), ("patch", "after")])
async def test_killed_while_it_moves(pool: Pool, business: Business, call: str, side: str) -> None:
    diary = Diary()
    bookings = Bookings(pool, diary, tz_version="x")
    row = await bookings.book(await offer(business))
    getattr(diary, side)[call] = [kill]
    with pytest.raises(Killed):
        await bookings.move(await offer(business, SOON + timedelta(hours=3)), row["meeting_id"])
    await settled(pool, diary)
    (moved,) = await meetings(pool, "scheduled")
    (event,) = diary.standing
    assert event.start == moved["meeting_time"] == SOON + timedelta(hours=3)


@pytest.mark.parametrize("side", ["before", "after"])
async def test_killed_while_it_cancels(pool: Pool, business: Business, side: str) -> None:
    diary = Diary()
    bookings = Bookings(pool, diary, tz_version="x")
    row = await bookings.book(await offer(business))
    getattr(diary, side)["delete"] = [kill]
    with pytest.raises(Killed):
        await bookings.cancel(business.user_id, row["meeting_id"])
    await settled(pool, diary)
    assert (len(await meetings(pool, "cancelled")), diary.standing) == (1, [])


async def test_a_hold_that_nobody_took_up_makes_room(pool: Pool, business: Business) -> None:
    diary = Diary()
    bookings = Bookings(pool, diary, tz_version="x")
    await bookings._held(await offer(business))
    await settled(pool, diary)
    assert len(await meetings(pool, "released")) == 1
    assert (await bookings.book(await offer(business, customer="4670222")))["state"] == "scheduled"


async def test_what_stays_unknown_is_given_up_in_the_end_and_said(pool: Pool, business: Business) -> None:
    diary = Diary(before={"insert": [Away("x")] * 3, "get": [Away("x")] * 50})
    with pytest.raises(Unsettled):
        await Bookings(pool, diary, tz_version="x").book(await offer(business))
    await pool.execute("update meetings set tries = 20, due_at = now()")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select state = 'released' and told_change = change from meetings"))
        await until(lambda: pool.fetchval("select owner = 'human' from conversations"))
    (text,) = await told(business)
    assert "could not book" in text


async def test_a_time_that_was_lost_meanwhile_is_said(pool: Pool, business: Business) -> None:
    diary = Diary(before={"insert": [Away("x"), Away("x")], "get": [Gone("x")]})
    with pytest.raises(Unsettled):
        await Bookings(pool, diary, tz_version="x").book(await offer(business))
    diary.own(SOON)
    await pool.execute("update meetings set due_at = now()")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select state = 'released' and told_change = change from meetings"))
    assert [one.ours for one in diary.standing] == [""]


async def test_a_link_that_comes_later_is_sent(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await Bookings(pool, diary, tz_version="x").book(await offer(business))
    await pool.execute(
        "update meetings set meet_state = 'pending', meet_link = null, told_change = change, due_at = now()"
    )
    event = diary.events[row["google_event_id"]]
    diary.events[event.id] = replace(event, meet_state="ready", meet_link="https://meet.example/late")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select meet_state = 'ready' from meetings"))
        await pool.execute("update meetings set due_at = now()")
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    assert "https://meet.example/late" in (await told(business))[-1]


async def test_what_is_over_is_completed(pool: Pool, business: Business) -> None:
    diary = Diary()
    await Bookings(pool, diary, tz_version="x").book(await offer(business))
    past = datetime.now(UTC) - timedelta(hours=2)
    await pool.execute("update meetings set meeting_time = $1, told_change = change, due_at = now()", past)
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select status = 'completed' from meetings"))


async def test_nobody_is_told_while_a_turn_runs(pool: Pool, business: Business) -> None:
    diary = Diary()
    await Bookings(pool, diary, tz_version="x").book(await offer(business))
    await pool.execute("update conversations set lease_owner = 'w', lease_until = now() + interval '1 hour'")
    await pool.execute("update meetings set due_at = now()")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select due_at > now() and tries > 0 from meetings"))
        assert await told(business) == []
        await pool.execute("update conversations set lease_until = null, lease_owner = null")
        await pool.execute("update meetings set due_at = now()")
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    assert len(await told(business)) == 1


async def test_a_refused_cancellation_is_tried_again(pool: Pool, business: Business) -> None:
    diary = Diary()
    bookings = Bookings(pool, diary, tz_version="x")
    row = await bookings.book(await offer(business))
    diary.before["delete"] = [Refused("quotaExceeded"), Away("x")]
    with pytest.raises(Unsettled):
        await bookings.cancel(business.user_id, row["meeting_id"])
    await pool.execute("update meetings set due_at = now()")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select tries > 1 from meetings"))
        await pool.execute("update meetings set due_at = now()")
        await until(lambda: pool.fetchval("select state = 'cancelled' from meetings"))


async def test_offers_that_nobody_can_take_are_removed(pool: Pool, business: Business) -> None:
    await offer(business)
    await offer(business, age=60 * 24 * 40)
    async with sweeping(pool, Diary()):
        await until(lambda: pool.fetchval("select count(*) = 1 from offers"))


async def test_what_was_written_before_he_was_told_something_else_is_not_sent(pool: Pool, business: Business) -> None:
    await Bookings(pool, Diary(), tz_version="x").book(await offer(business))
    row = await pool.fetchrow("update meetings set change = 2, told_change = 1 returning *")
    assert row is not None
    asked = "select tell_of_meeting($1, $2, $3, $4, 'whatsapp', '{}')"
    assert await pool.fetchval(asked, row["user_id"], row["meeting_id"], 2, 0) is None
    assert await pool.fetchval(asked, row["user_id"], row["meeting_id"], 1, 1) is None
    await pool.execute("update meetings set told_change = 2")
    assert await pool.fetchval(asked, row["user_id"], row["meeting_id"], 2, 2) == 0
