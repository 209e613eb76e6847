"""Booking: one meeting for one time, whatever fails; and nothing is called booked that is not."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, CalendarError, NotConnected, Refused, Stale, Throttled
from gateway.booking.meeting import Full, Limits, NoMeeting, OfferGone, Taken, Unavailable, Unsettled
from gateway.db import Pool
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.business import Business


def bookings(pool: Pool, diary: Diary) -> Bookings:
    return Bookings(pool, diary, tz_version="2026f")


async def test_an_offer_becomes_a_meeting_and_an_event(pool: Pool, business: Business) -> None:
    diary = Diary()
    wish = replace(await offer(business, gap=15), name="Anna", email="anna@berg.example")
    row = await bookings(pool, diary).book(wish)
    assert (row["state"], row["status"], row["meeting_time"], row["wall_time"]) == (
        "scheduled",
        "scheduled",
        SOON,
        "2030-01-07 10:00",
    )
    assert (row["tz_version"], row["meet_link"], row["customer_email"]) == (
        "2026f",
        "https://meet.example/x",
        "anna@berg.example",
    )
    (event,) = diary.standing
    assert (event.id, event.ours, event.start) == (row["google_event_id"], row["meeting_id"], SOON)
    told = await pool.fetchrow("select type, data ->> 'meeting_id' as id from events where type like 'meeting.%'")
    assert tuple(told or ()) == ("meeting.booked", row["meeting_id"])
    assert (row["change"], row["told_change"]) == (1, 0)


async def test_the_same_offer_again_is_the_same_meeting(pool: Pool, business: Business) -> None:
    diary = Diary()
    wish, desk = await offer(business), bookings(pool, diary)
    first = await desk.book(wish)
    assert (await desk.book(wish))["meeting_id"] == first["meeting_id"]
    assert (diary.calls["insert"], len(diary.standing)) == (1, 1)


async def test_only_what_was_offered_here_can_be_booked(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    mine, other = await offer(business), await offer(business, customer="4670222")
    for wish in (
        replace(mine, token="2030-01-07T10:00"),
        replace(mine, token=other.token),
        await offer(business, age=61),
        await offer(business, datetime(2020, 1, 1, 9, tzinfo=SOON.tzinfo)),
    ):
        with pytest.raises(OfferGone):
            await desk.book(wish)
    assert (await meetings(pool, "held", "booking", "scheduled"), diary.standing) == ([], [])


async def test_two_customers_want_one_time(pool: Pool, business: Business) -> None:
    diary = Diary()
    wishes = [await offer(business, customer=f"46702{n:02}") for n in range(12)]
    outcomes = await asyncio.gather(*(bookings(pool, diary).book(wish) for wish in wishes), return_exceptions=True)
    booked = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(booked) == len(diary.standing) == 1
    assert all(isinstance(one, Taken) for one in outcomes if isinstance(one, BaseException))


async def test_meetings_keep_their_distance(pool: Pool, business: Business) -> None:
    desk = bookings(pool, Diary())
    await desk.book(await offer(business, gap=15))
    for minutes, fits in ((30, False), (44, False), (45, True), (-30, False), (-45, True)):
        wish = await offer(business, SOON + timedelta(minutes=minutes), customer=f"46703{minutes}", gap=15)
        if fits:
            assert (await desk.book(wish))["state"] == "scheduled"
        else:
            with pytest.raises(Taken):
                await desk.book(wish)


async def test_hosts_and_businesses_do_not_stand_in_each_others_way(pool: Pool, business: Business) -> None:
    diary = Diary()
    for host in ("ada@example.com", "bo@example.com"):
        diary.events.clear()
        assert (await bookings(pool, diary).book(await offer(business, host=host)))["host"] == host
    other = await Business.create(pool)
    assert (await bookings(pool, Diary()).book(await offer(other)))["state"] == "scheduled"


async def test_a_day_is_full(pool: Pool, business: Business) -> None:
    desk = bookings(pool, Diary())
    wishes = [
        replace(await offer(business, SOON + timedelta(hours=n), customer=f"4670{n}"), limits=Limits(a_day=3))
        for n in range(10)
    ]
    outcomes = await asyncio.gather(*(desk.book(wish) for wish in wishes), return_exceptions=True)
    assert sorted(type(one).__name__ for one in outcomes if isinstance(one, Exception)) == ["Full"] * 7
    assert len(await meetings(pool, "scheduled")) == 3
    week = replace(await offer(business, SOON + timedelta(days=1), customer="46709"), limits=Limits(a_week=3))
    with pytest.raises(Full):
        await desk.book(week)


CLOSED: list[tuple[str, Callable[[Diary], Any]]] = [
    ("free/busy fails", lambda diary: diary.before.update(busy=[Away("timeout")])),
    ("free/busy is refused", lambda diary: diary.before.update(busy=[Refused("notFound")])),
    ("not connected", lambda diary: setattr(diary, "state", "none")),
    ("revoked", lambda diary: setattr(diary, "state", "revoked")),
    ("revoked meanwhile", lambda diary: diary.before.update(insert=[NotConnected("invalid_grant")])),
    ("no room in the account", lambda diary: diary.before.update(insert=[Refused("quotaExceeded")])),
]


@pytest.mark.parametrize(("name", "breaks"), CLOSED, ids=[one[0] for one in CLOSED])
async def test_without_a_calendar_nothing_is_booked(
    pool: Pool, business: Business, name: str, breaks: Callable[[Diary], Any]
) -> None:
    diary = Diary()
    breaks(diary)
    with pytest.raises(Unavailable):
        await bookings(pool, diary).book(await offer(business))
    assert (await meetings(pool, "held", "booking", "scheduled"), diary.standing) == ([], []), name


async def test_what_the_owner_wrote_is_in_the_way(pool: Pool, business: Business) -> None:
    diary = Diary()
    diary.own(SOON + timedelta(minutes=15))
    with pytest.raises(Taken):
        await bookings(pool, diary).book(await offer(business))
    diary.events.clear()
    diary.own(SOON, transparent=True)
    assert (await bookings(pool, diary).book(await offer(business, customer="4670222")))["state"] == "scheduled"


async def test_whoever_was_quicker_in_the_calendar_itself_wins(pool: Pool, business: Business) -> None:
    diary = Diary()

    async def owner_writes() -> None:
        diary.own(SOON)

    diary.before["insert"] = [owner_writes]
    with pytest.raises(Taken):
        await bookings(pool, diary).book(await offer(business))
    assert [one.ours for one in diary.standing] == [""]
    assert await meetings(pool, "scheduled", "booking") == []


async def test_stored_and_then_dropped_is_one_event_and_one_booking(pool: Pool, business: Business) -> None:
    diary = Diary(after={"insert": [Away("dropped")]})
    row = await bookings(pool, diary).book(await offer(business))
    assert (row["state"], len(diary.standing)) == ("scheduled", 1)


async def test_dropped_before_it_was_stored_is_told_again_under_the_same_id(pool: Pool, business: Business) -> None:
    diary = Diary(before={"insert": [Away("dropped")]})
    row = await bookings(pool, diary).book(await offer(business))
    assert (row["state"], diary.calls["insert"], len(diary.standing)) == ("scheduled", 2, 1)


UNKNOWN: list[dict[str, list[CalendarError]]] = [
    {"insert": [Away("x"), Away("x")]},
    {"insert": [Throttled("rateLimitExceeded")]},
    {"window": [Away("x")]},
]


@pytest.mark.parametrize("faults", UNKNOWN, ids=lambda one: next(iter(one)))
async def test_what_nobody_knows_is_not_called_booked(pool: Pool, business: Business, faults: Any) -> None:
    diary = Diary(before=faults)
    desk, wish = bookings(pool, diary), await offer(business)
    with pytest.raises(Unsettled):
        await desk.book(wish)
    (row,) = await meetings(pool, "booking")
    assert (row["status"], row["due_at"] is not None) == (None, True)
    assert await pool.fetchval("select count(*) from events") == 0
    with pytest.raises(Unsettled):
        await desk.book(wish)
    with pytest.raises(Taken):
        await desk.book(await offer(business, customer="4670222"))


async def test_an_id_of_somebody_else_is_not_ours(pool: Pool, business: Business) -> None:
    diary = Diary()

    async def foreign() -> None:
        meeting = await pool.fetchrow("select * from meetings")
        assert meeting is not None
        diary.events[meeting["google_event_id"]] = diary.own(SOON + timedelta(days=3))

    diary.before["insert"] = [foreign]
    with pytest.raises(Unavailable):
        await bookings(pool, diary).book(await offer(business))


async def test_a_meeting_moves_as_one(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    later = await offer(business, SOON + timedelta(minutes=15))
    moved = await desk.move(later, row["meeting_id"])
    assert (moved["state"], moved["meeting_time"], moved["sequence"]) == ("scheduled", SOON + timedelta(minutes=15), 1)
    assert (moved["google_event_id"], moved["meet_link"]) == (row["google_event_id"], row["meet_link"])
    (event,) = diary.standing
    assert event.start == SOON + timedelta(minutes=15)
    assert (await desk.move(later, row["meeting_id"]))["sequence"] == 1
    with pytest.raises(NoMeeting):
        await desk.move(await offer(business, customer="4670222"), row["meeting_id"])


async def test_a_move_that_fails_leaves_it_where_it_was(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    diary.own(SOON + timedelta(hours=2))
    with pytest.raises(Taken):
        await desk.move(await offer(business, SOON + timedelta(hours=2)), row["meeting_id"])
    diary.before["patch"] = [Refused("forbidden")]
    with pytest.raises(Unavailable):
        await desk.move(await offer(business, SOON + timedelta(hours=5)), row["meeting_id"])
    (back,) = await meetings(pool, "scheduled")
    names = ("meeting_time", "duration_minutes", "wall_time", "timezone", "token", "busy")
    assert [back[name] for name in names] == [row[name] for name in names]
    assert (back["moved_from"], back["before"], back["due_at"] is not None) == (None, None, True)
    diary.before["patch"] = [Stale("conditionNotMet")]
    with pytest.raises(Unsettled):
        await desk.move(await offer(business, SOON + timedelta(hours=5)), row["meeting_id"])
    assert len(await meetings(pool, "moving")) == 1


async def test_a_meeting_that_can_go_neither_on_nor_back_is_off(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))

    async def somebody_takes_the_old_time() -> None:
        own, away = diary.events[row["google_event_id"]], SOON - timedelta(days=9)
        diary.events[own.id] = replace(own, start=away, end=away + timedelta(minutes=30))
        rival = await desk.book(await offer(business, customer="4670222"))
        assert rival["state"] == "scheduled"
        diary.own(SOON + timedelta(hours=2))

    diary.before["get"] = [somebody_takes_the_old_time]
    with pytest.raises(NoMeeting):
        await desk.move(await offer(business, SOON + timedelta(hours=2), minutes=45), row["meeting_id"])
    gone = await pool.fetchrow("select * from meetings where meeting_id = $1", row["meeting_id"])
    assert gone is not None
    assert (gone["state"], gone["by"], gone["change"] > gone["told_change"]) == ("cancelled", "gateway", True)
    assert gone["meeting_time"] == SOON  # the time that its customer knows


async def test_a_cancelled_meeting_makes_room_at_once(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    gone = await desk.cancel(business.user_id, row["meeting_id"])
    assert (gone["state"], gone["status"], gone["sequence"], diary.standing) == ("cancelled", "cancelled", 1, [])
    assert (await desk.cancel(business.user_id, row["meeting_id"]))["state"] == "cancelled"
    again = await desk.book(await offer(business, customer="4670222"))
    assert again["state"] == "scheduled"
    kinds = [one["type"] for one in await pool.fetch("select type from events order by seq")]
    assert kinds == ["meeting.booked", "meeting.cancelled", "meeting.booked"]
    with pytest.raises(NoMeeting):
        await desk.cancel(business.user_id, "mtg_none")
    with pytest.raises(NoMeeting):
        await desk.cancel("usr_other", again["meeting_id"])


async def test_a_cancellation_that_nobody_heard_is_said_again_later(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    diary.before["delete"] = [Away("timeout")]
    with pytest.raises(Unsettled):
        await desk.cancel(business.user_id, row["meeting_id"])
    (waiting,) = await meetings(pool, "cancelling")
    assert waiting["due_at"] is not None


@pytest.mark.slow
async def test_two_hundred_want_ten_times_while_the_calendar_fails(pool: Pool, business: Business) -> None:
    seed = random.randrange(1, 10**9)
    print(f"SEED={seed}")  # noqa: T201
    rng = random.Random(seed)
    diary = Diary()
    for name in ("insert", "busy", "window"):
        diary.before[name] = [Away("x") if rng.random() < 0.1 else None for _ in range(400)]
        diary.after[name] = [Away("x") if rng.random() < 0.1 else None for _ in range(400)]
    desk = bookings(pool, diary)
    wishes = [
        await offer(business, SOON + timedelta(minutes=30 * (n % 10)), customer=f"4671{n:04}") for n in range(200)
    ]
    outcomes = await asyncio.gather(*(desk.book(wish) for wish in wishes), return_exceptions=True)
    strange = [
        one
        for one in outcomes
        if isinstance(one, BaseException) and not isinstance(one, (Taken, Unavailable, Unsettled))
    ]
    assert strange == []
    scheduled, unsettled = await meetings(pool, "scheduled"), await meetings(pool, "booking")
    assert len(scheduled) + len(unsettled) <= 10
    assert len({row["meeting_time"] for row in scheduled}) == len(scheduled) > 0
    known = {row["google_event_id"] for row in (*scheduled, *unsettled)}
    assert {one.id for one in diary.standing} <= known
    assert {row["google_event_id"] for row in scheduled} <= {one.id for one in diary.standing}


async def test_a_meeting_does_not_move_to_another_host(pool: Pool, business: Business) -> None:
    desk = bookings(pool, Diary())
    row = await desk.book(await offer(business, host="ada@example.com"))
    with pytest.raises(OfferGone):
        await desk.move(await offer(business, SOON + timedelta(hours=2), host="bo@example.com"), row["meeting_id"])
    assert (await meetings(pool, "scheduled"))[0]["meeting_time"] == SOON
