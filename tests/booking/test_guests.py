"""The guest of a meeting: invited when its grace period is over, once; and until when its customer may change it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Refused
from gateway.booking.meeting import TooLate, Wish
from gateway.db import Pool, Row
from tests.booking.diary import SOON, Diary, offer
from tests.booking.test_sweeper import kill, sweeping
from tests.business import Business
from tests.waiting import until

ANA = "ana@example.com"


async def booked(business: Business, diary: Diary, **rules: Any) -> Row:
    """A meeting of somebody who gave his address."""
    stored = json.dumps({"zone": "Europe/Madrid", **rules})
    await business.pool.execute("update agents set booking = $1", stored)
    wish = await offer(business)
    return await Bookings(business.pool, diary, tz_version="x").book(replace(wish, email=ANA))


async def over(pool: Pool) -> None:
    """The grace period ends now."""
    await pool.execute("update meetings set invite_at = now(), due_at = now() where invite_at is not null")


async def invited(pool: Pool, diary: Diary) -> None:
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select invite_at is null from meetings"))


async def test_who_takes_it_back_at_once_gets_no_letter(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary)
    assert timedelta(seconds=90) < row["invite_at"] - datetime.now(UTC) < timedelta(seconds=121)
    bookings = Bookings(pool, diary, tz_version="x")
    await bookings.move(await offer(business, SOON + timedelta(hours=3)), row["meeting_id"])
    await bookings.cancel(business.user_id, row["meeting_id"])
    await over(pool)
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    assert diary.letters == []


async def test_after_the_grace_period_he_is_invited_once_and_told_of_changes(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary)
    (event,) = diary.standing
    mine = {"email": "owner@example.com", "responseStatus": "accepted"}
    diary.events[event.id] = replace(event, guests=[mine])  # the owner added himself meanwhile
    assert diary.letters == []
    await over(pool)
    await invited(pool, diary)
    (event,) = diary.standing
    assert [one["email"] for one in event.guests] == ["owner@example.com", ANA]
    assert diary.letters.count(("invited", ANA)) == 1
    bookings = Bookings(pool, diary, tz_version="x")
    await bookings.move(await offer(business, SOON + timedelta(hours=3)), row["meeting_id"])
    await bookings.cancel(business.user_id, row["meeting_id"])
    assert [what for what, whom in diary.letters if whom == ANA] == ["invited", "moved", "cancelled"]


async def test_without_grace_he_is_invited_with_the_booking(business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary, invite_after_minutes=0)
    assert (row["invite_at"], diary.letters) == (None, [("invited", ANA)])
    assert row["invited_at"] is not None


async def test_without_an_address_nobody_is_invited(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await Bookings(pool, diary, tz_version="x").book(await offer(business))
    assert (row["invite_at"], row["invited_at"]) == (None, None)


async def test_a_guest_who_is_there_is_not_invited_again_however_he_is_written(pool: Pool, business: Business) -> None:
    diary = Diary()
    await booked(business, diary)
    (event,) = diary.standing
    diary.events[event.id] = replace(event, guests=[{"email": ANA}])
    await pool.execute("update meetings set customer_email = 'Ana@Example.com'")  # as an older contact may have it
    await over(pool)
    await invited(pool, diary)
    assert (diary.calls["patch"], diary.letters) == (0, [])


async def test_a_calendar_that_is_away_is_asked_less_and_less(pool: Pool, business: Business) -> None:
    diary = Diary()
    await booked(business, diary)
    diary.before["get"] = [Away("503")]
    await over(pool)
    await pool.execute("update meetings set tries = 3")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select due_at > now() + interval '200 seconds' from meetings"))
    assert await pool.fetchval("select invite_at is not null from meetings")


FAULTS: list[tuple[str, str, Any]] = [
    ("get", "before", Away("503")),
    ("patch", "before", Away("503")),
    ("patch", "after", Away("cut")),
    ("patch", "before", kill),
    ("patch", "after", kill),
]


@pytest.mark.parametrize(("call", "side", "fault"), FAULTS)
async def test_whatever_breaks_he_gets_one_letter(
    pool: Pool, business: Business, call: str, side: str, fault: Any
) -> None:
    diary = Diary()
    await booked(business, diary)
    await over(pool)
    faults = getattr(diary, side)[call] = [fault]

    async def struck() -> bool:
        return not faults

    async with sweeping(pool, diary):
        await until(struck)
        if fault is not kill:
            await until(lambda: pool.fetchval("select lease_until is null and due_at > now() from meetings"))
    await pool.execute("update meetings set due_at = now(), lease_owner = null, lease_until = null")
    await invited(pool, diary)
    assert diary.letters == [("invited", ANA)]


async def test_who_cancels_while_he_is_being_invited_hears_that_it_is_off(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary)
    bookings = Bookings(pool, diary, tz_version="x")

    async def cancels() -> None:
        await bookings.cancel(business.user_id, row["meeting_id"])

    diary.after["patch"] = [cancels]
    await over(pool)
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select state = 'cancelled' from meetings"))
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    assert diary.letters == [("invited", ANA), ("cancelled", ANA)]


async def test_an_address_that_is_refused_costs_the_invitation_alone(pool: Pool, business: Business) -> None:
    diary = Diary()
    await booked(business, diary)
    diary.before["patch"] = [Refused("invalid", status=400)]
    await over(pool)
    await invited(pool, diary)
    assert (diary.letters, await pool.fetchval("select state from meetings")) == ([], "scheduled")


async def sooner(pool: Pool, minutes: int) -> None:
    """The meeting begins in so many minutes."""
    await pool.execute("update meetings set meeting_time = now() + $1 * interval '1 minute'", minutes)


async def test_a_customer_changes_it_until_then_and_the_business_at_any_time(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary, change_until_minutes=120)
    bookings = Bookings(pool, diary, tz_version="x")
    await sooner(pool, 119)
    later = await offer(business, SOON + timedelta(hours=3))
    for change in (bookings.move(later, row["meeting_id"]), bookings.cancel(business.user_id, row["meeting_id"])):
        with pytest.raises(TooLate):
            await change
    assert await pool.fetchval("select state from meetings") == "scheduled"
    by_owner: Wish = replace(later, by="owner")
    assert (await bookings.move(by_owner, row["meeting_id"]))["by"] == "owner"
    await sooner(pool, 119)
    assert (await bookings.cancel(business.user_id, row["meeting_id"], by="owner"))["state"] == "cancelled"


async def test_until_then_it_is_his_to_change(pool: Pool, business: Business) -> None:
    diary = Diary()
    row = await booked(business, diary, change_until_minutes=120)
    await sooner(pool, 122)
    found = await Bookings(pool, diary, tz_version="x").cancel(business.user_id, row["meeting_id"])
    assert found["state"] == "cancelled"
