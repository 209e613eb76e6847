"""What stands, stands: nothing is called booked or moved that is not, and whoever was told to wait hears of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Event, Gone, NotConnected, Refused
from gateway.booking.meeting import OfferGone, Taken, Unavailable, Unsettled
from gateway.booking.openings import Openings
from gateway.booking.rules import parse
from gateway.db import Pool
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.booking.test_sweeper import settled, sweeping, told
from tests.business import Business
from tests.waiting import until

LATER = SOON + timedelta(hours=3)


def bookings(pool: Pool, diary: Diary) -> Bookings:
    return Bookings(pool, diary, tz_version="2026f")


async def heard(pool: Pool, diary: Diary) -> None:
    """The customer knows everything that there is to know."""
    await pool.execute("update meetings set due_at = now()")
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select bool_and(told_change = change) from meetings"))


@pytest.mark.parametrize("state", ["cancelled", "completed"])
async def test_what_is_off_again_is_not_booked_by_the_same_offer(pool: Pool, business: Business, state: str) -> None:
    diary = Diary()
    desk, wish = bookings(pool, diary), await offer(business)
    row = await desk.book(wish)
    await desk.cancel(business.user_id, row["meeting_id"])
    await pool.execute("update meetings set state = $1", state)
    with pytest.raises(OfferGone):
        await desk.book(wish)
    assert wish.token not in [one["token"] for one in await desk.offered(business.user_id, wish.conversation_id)]
    other = await desk.book(await offer(business, LATER))
    with pytest.raises(OfferGone):
        await desk.move(wish, other["meeting_id"])
    assert (await desk.book(await offer(business)))["state"] == "scheduled"


async def test_what_is_being_moved_is_not_called_booked(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row, wish = await desk.book(await offer(business)), await offer(business, LATER)
    diary.before["patch"] = [Away("timeout")]
    with pytest.raises(Unsettled):
        await desk.move(wish, row["meeting_id"])
    with pytest.raises(Unsettled):
        await desk.book(wish)


async def test_a_meeting_keeps_the_rules_by_which_it_was_offered(pool: Pool, business: Business) -> None:
    other = await business.add_agent(None)
    await pool.execute(
        """update agents set booking = '{"zone": "UTC", "change_until_minutes": 90}' where agent_id = $1""", other
    )
    wish = await offer(business)
    await pool.execute("update offers set agent_id = $1", other)
    row = await bookings(pool, Diary()).book(wish)
    assert (row["agent_id"], row["late_minutes"]) == (other, 90)


async def test_an_invitation_that_the_owner_declined_is_not_in_the_way(pool: Pool, business: Business) -> None:
    diary = Diary()
    diary.own(SOON, guests=[{"email": "me@example.com", "self": True, "responseStatus": "declined"}])
    assert (await bookings(pool, diary).book(await offer(business)))["state"] == "scheduled"


async def taken(diary: Diary) -> None:
    diary.own(LATER)


async def refused(diary: Diary) -> None:
    diary.before["patch"] = [Refused("forbidden", status=403)]


@pytest.mark.parametrize("meanwhile", [taken, refused])
async def test_a_move_that_comes_to_nothing_is_said(
    pool: Pool, business: Business, meanwhile: Callable[[Diary], Awaitable[None]]
) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    await heard(pool, diary)
    diary.before["patch"] = [Away("timeout")]
    with pytest.raises(Unsettled):
        await desk.move(await offer(business, LATER), row["meeting_id"])
    await meanwhile(diary)
    await settled(pool, diary)
    await heard(pool, diary)
    text = (await told(business))[-1]
    assert "could not be moved" in text
    assert "Monday, January 7, 2030, 10:00 (Madrid)" in text
    (row,) = await meetings(pool, "scheduled")
    assert row["meeting_time"] == SOON


async def test_what_was_deleted_in_the_calendar_is_not_moved(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    diary.events = {id_: replace(one, status="cancelled") for id_, one in diary.events.items()}
    with pytest.raises(Unavailable):
        await desk.move(await offer(business, LATER), row["meeting_id"])
    assert diary.calls["patch"] == 0
    assert [one["meeting_time"] for one in await meetings(pool, "scheduled")] == [SOON]


async def test_no_booking_is_made_after_its_time(pool: Pool, business: Business) -> None:
    diary = Diary()
    diary.before["insert"] = [Away("timeout")] * 2
    diary.before["get"] = [Gone("notFound", status=404)]
    with pytest.raises(Unsettled):
        await bookings(pool, diary).book(await offer(business))
    await pool.execute("update meetings set meeting_time = now() - interval '1 minute'")
    await settled(pool, diary)
    await heard(pool, diary)
    assert (diary.standing, await meetings(pool, "scheduled")) == ([], [])
    assert "could not book" in (await told(business))[-1]


async def test_no_move_is_made_to_a_time_that_is_past(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    diary.before["patch"] = [Away("timeout")]
    with pytest.raises(Unsettled):
        await desk.move(await offer(business, LATER), row["meeting_id"])
    await pool.execute("update meetings set meeting_time = now() - interval '1 minute'")
    await settled(pool, diary)
    assert [one["meeting_time"] for one in await meetings(pool, "scheduled")] == [SOON]
    assert [one.start for one in diary.standing] == [SOON]


async def test_what_a_meeting_keeps_free_behind_it_is_not_offered(pool: Pool, business: Business) -> None:
    diary, start = Diary(), datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=2)
    desk = bookings(pool, diary)
    await desk.book(await offer(business, start, gap=60, zone="UTC"))
    days = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    seen = await Openings(pool, diary).free(business.user_id, parse({"zone": "UTC", "hours": days}))
    free = {slot.start for slot in seen.slots}
    assert start + timedelta(minutes=60) not in free
    assert start + timedelta(minutes=90) in free
    with pytest.raises(Taken):
        await desk.book(await offer(business, start + timedelta(minutes=60), zone="UTC"))
    assert (await desk.book(await offer(business, start + timedelta(minutes=90), zone="UTC")))["state"] == "scheduled"


class Plain(Diary):
    """A calendar that makes no video calls, and perhaps takes no guests."""

    refuses: tuple[str, ...] = ("conferenceData",)

    async def insert(self, user_id: str, calendar: str, body: Mapping[str, Any], *, notify: bool) -> Event:
        if any(name in body for name in self.refuses):
            raise Refused("invalid", status=400)
        return await super().insert(user_id, calendar, body, notify=notify)


@pytest.mark.parametrize("refuses", [("conferenceData",), ("attendees",), ("conferenceData", "attendees")])
async def test_what_the_calendar_does_not_take_costs_that_alone(
    pool: Pool, business: Business, refuses: tuple[str, ...]
) -> None:
    await pool.execute("""update agents set booking = '{"zone": "UTC", "invite_after_minutes": 0}'""")
    diary = Plain()
    diary.refuses = refuses
    row = await bookings(pool, diary).book(replace(await offer(business), email="anna@berg.example"))
    assert row["state"] == "scheduled"
    assert len(diary.standing) == 1


@pytest.mark.parametrize("does", ["move", "cancel"])
async def test_what_is_on_its_way_is_not_told_as_booked(pool: Pool, business: Business, does: str) -> None:
    diary = Diary()
    desk, wish = bookings(pool, diary), await offer(business)
    row = await desk.book(wish)  # and nobody has told the customer yet
    diary.before["patch"], diary.before["delete"] = [Away("timeout")], [Away("timeout")]
    later = await offer(business, LATER)
    work = desk.move(later, row["meeting_id"]) if does == "move" else desk.cancel(business.user_id, row["meeting_id"])
    with pytest.raises(Unsettled):
        await work
    assert await desk.untold(business.user_id, wish.conversation_id) == []
    assert await pool.fetchval("select tries from meetings") == 1
    await settled(pool, diary)
    await heard(pool, diary)
    (text,) = await told(business)
    assert text.startswith("Your appointment has been " + ("moved" if does == "move" else "cancelled"))


async def test_the_same_move_again_is_still_on_its_way(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row, wish = await desk.book(await offer(business)), await offer(business, LATER)
    diary.before["patch"] = [Away("timeout")]
    for _ in range(2):
        with pytest.raises(Unsettled):
            await desk.move(wish, row["meeting_id"])


async def test_what_the_owner_took_out_meanwhile_does_not_stay(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    await heard(pool, diary)
    diary.before["patch"] = [Away("timeout")]
    with pytest.raises(Unsettled):
        await desk.move(await offer(business, LATER), row["meeting_id"])
    diary.events = {id_: replace(one, status="cancelled") for id_, one in diary.events.items()}
    await settled(pool, diary)
    assert len(await told(business)) == 1


async def test_a_cancellation_without_a_connection_is_told(pool: Pool, business: Business) -> None:
    diary = Diary()
    desk = bookings(pool, diary)
    row = await desk.book(await offer(business))
    await heard(pool, diary)
    diary.before["delete"] = [NotConnected("revoked")]
    off = await desk.cancel(business.user_id, row["meeting_id"])
    assert (off["state"], off["status"], off["problem"]) == ("cancelled", "cancelled", "not connected")
    await heard(pool, diary)
    assert (await told(business))[-1].startswith("Your appointment has been cancelled")
    assert await pool.fetchval("select count(*) from events where type = 'meeting.cancelled'") == 1


async def test_a_person_comes_whoever_said_that_one_would(pool: Pool, business: Business) -> None:
    diary = Diary(before={"insert": [Away("x")] * 3, "get": [Away("x")] * 50})
    with pytest.raises(Unsettled):
        await bookings(pool, diary).book(await offer(business))
    # Given up, and a turn that ran just then has said so.
    given = "update meetings set state = 'released', change = 1, told_change = 1, due_at = now(), fence = fence + 1"
    await pool.execute(given)
    async with sweeping(pool, diary):
        await until(lambda: pool.fetchval("select owner = 'human' from conversations"))
