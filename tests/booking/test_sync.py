"""What the owner changes in the calendar itself: the meeting follows, once, and the customer hears of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Event
from gateway.booking.meeting import Unsettled
from gateway.db import Pool
from tests.booking.agenda import LATER, Agenda, booked, conflicts, connect, kinds, look, now, state
from tests.booking.diary import SOON, meetings, offer
from tests.booking.test_sweeper import settled, sweeping, told
from tests.business import Business
from tests.waiting import until


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
async def connected(business: Business) -> Business:
    await connect(business)
    return business


async def test_a_meeting_that_the_owner_moved_follows_and_the_customer_hears(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    row = await booked(connected, agenda, gap=15)
    agenda.moves(row["google_event_id"], LATER)
    await look(pool, agenda)
    moved = await now(pool, row)
    assert (moved["meeting_time"], moved["duration_minutes"], moved["wall_time"]) == (LATER, 30, "2030-01-07 13:00")
    assert (moved["busy"].lower, moved["busy"].upper) == (LATER, LATER + timedelta(minutes=45))
    assert (moved["state"], moved["status"], moved["by"]) == ("scheduled", "scheduled", "owner")
    assert (moved["sequence"], moved["change"]) == (row["sequence"] + 1, row["change"] + 1)
    assert moved["etag"] == agenda.events[row["google_event_id"]].etag
    assert moved["fence"] > row["fence"]
    assert await kinds(pool) == ["meeting.booked", "meeting.booked"]
    async with sweeping(pool, agenda):
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    (text,) = await told(connected)
    assert "moved" in text
    assert "Monday, January 7, 2030, 13:00 (Madrid)" in text


async def test_a_meeting_that_the_owner_deleted_is_off_and_the_customer_hears(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    row = await booked(connected, agenda)
    agenda.drops(row["google_event_id"])
    await look(pool, agenda)
    off = await now(pool, row)
    assert (off["state"], off["status"], off["by"]) == ("cancelled", "cancelled", "owner")
    assert (off["sequence"], off["change"]) == (row["sequence"] + 1, row["change"] + 1)
    assert await kinds(pool) == ["meeting.booked", "meeting.cancelled"]
    async with sweeping(pool, agenda):
        await until(lambda: pool.fetchval("select told_change = change from meetings"))
    (text,) = await told(connected)
    assert "cancelled" in text
    await booked(connected, agenda, customer="4670222")  # the time is free again


async def test_what_we_wrote_ourselves_comes_back_and_changes_nothing(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    bookings = Bookings(pool, agenda, tz_version="x")
    row = await booked(connected, agenda)
    other = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670222")
    await bookings.move(await offer(connected, LATER), row["meeting_id"])
    await bookings.cancel(connected.user_id, other["meeting_id"])
    before = [await now(pool, row), await now(pool, other)]
    await look(pool, agenda)
    assert [await now(pool, row), await now(pool, other)] == before
    assert (await conflicts(pool), (await state(pool))["sync_token"]) == ([], "4")
    assert await kinds(pool) == ["meeting.booked"] * 3 + ["meeting.cancelled"]


async def test_a_list_that_is_older_than_our_own_move_is_not_believed(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    bookings = Bookings(pool, agenda, tz_version="x")
    row = await booked(connected, agenda)
    wish = await offer(connected, LATER)
    agenda.moves(row["google_event_id"], SOON + timedelta(hours=1))

    async def move() -> None:
        agenda.moves(row["google_event_id"], SOON)
        await bookings.move(wish, row["meeting_id"])

    agenda.after["changes"] = [move]
    await look(pool, agenda)
    moved = await now(pool, row)
    assert (moved["meeting_time"], moved["by"], moved["sequence"]) == (LATER, "customer", 1)


async def test_a_meeting_that_its_customer_moves_while_it_is_compared_is_his(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    bookings = Bookings(pool, agenda, tz_version="x")
    row = await booked(connected, agenda)
    wish = await offer(connected, LATER)
    agenda.moves(row["google_event_id"], SOON + timedelta(hours=1))
    real, first = agenda.get, True

    async def get(user_id: str, calendar: str, event_id: str) -> Event:
        nonlocal first
        event = await real(user_id, calendar, event_id)
        if first:
            first = False
            await bookings.move(wish, row["meeting_id"])
        return event

    agenda.get = get  # type: ignore[method-assign]
    await look(pool, agenda)
    moved = await now(pool, row)
    assert (moved["meeting_time"], moved["by"], moved["state"]) == (LATER, "customer", "scheduled")
    assert agenda.events[row["google_event_id"]].start == LATER


async def test_onto_another_meeting_is_told_to_the_business_until_it_is_put_right(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    bookings = Bookings(pool, agenda, tz_version="x")
    row = await booked(connected, agenda)
    other = await booked(connected, agenda, LATER, customer="4670222")
    agenda.moves(row["google_event_id"], LATER + timedelta(minutes=10))
    for _ in range(2):
        await look(pool, agenda)
        kept = await now(pool, row)
        assert (kept["meeting_time"], kept["change"], kept["sequence"]) == (SOON, row["change"], 0)
        assert await conflicts(pool) == ["taken"]
    assert (await state(pool))["problem"] == ""
    await bookings.cancel(connected.user_id, other["meeting_id"])
    await look(pool, agenda)
    assert (await now(pool, row))["meeting_time"] == LATER + timedelta(minutes=10)
    assert await conflicts(pool) == []


async def test_a_conflict_ends_when_the_owner_takes_it_back(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    await booked(connected, agenda, LATER, customer="4670222")
    agenda.moves(row["google_event_id"], LATER)
    await look(pool, agenda)
    assert await conflicts(pool) == ["taken"]
    agenda.moves(row["google_event_id"], SOON)
    await look(pool, agenda)
    assert (await conflicts(pool), (await now(pool, row))["change"]) == ([], row["change"])


async def test_a_conflict_ends_when_the_customer_cancels(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    await booked(connected, agenda, LATER, customer="4670222")
    agenda.moves(row["google_event_id"], LATER)
    await look(pool, agenda)
    await Bookings(pool, agenda, tz_version="x").cancel(connected.user_id, row["meeting_id"])
    await look(pool, agenda)
    assert await conflicts(pool) == []


async def test_the_owner_may_leave_less_than_the_gap(pool: Pool, connected: Business, agenda: Agenda) -> None:
    first = await booked(connected, agenda, gap=30)
    last = await booked(connected, agenda, SOON + timedelta(hours=4), customer="4670222", gap=30)
    row = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670333", gap=30)
    agenda.moves(row["google_event_id"], SOON + timedelta(minutes=30), 210)
    await look(pool, agenda)
    moved = await now(pool, row)
    assert (moved["meeting_time"], moved["duration_minutes"]) == (SOON + timedelta(minutes=30), 210)
    assert (await now(pool, first))["busy"].upper == moved["busy"].lower == SOON + timedelta(minutes=30)
    assert moved["busy"].upper == (await now(pool, last))["busy"].lower
    assert await conflicts(pool) == []


async def test_a_hold_that_ran_out_is_in_nobodys_way(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    await Bookings(pool, agenda, tz_version="x")._held(await offer(connected, LATER, customer="4670222"))
    agenda.moves(row["google_event_id"], LATER)
    await look(pool, agenda)
    assert await conflicts(pool) == ["taken"]
    await pool.execute("update meetings set hold_until = now() where state = 'held'")
    await look(pool, agenda)
    assert ((await now(pool, row))["meeting_time"], await conflicts(pool)) == (LATER, [])


async def test_one_that_only_lasts_longer_is_no_news_for_the_customer(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    row = await booked(connected, agenda, gap=10)
    agenda.moves(row["google_event_id"], SOON, 60)
    await look(pool, agenda)
    longer = await now(pool, row)
    assert (longer["duration_minutes"], longer["busy"].upper) == (60, SOON + timedelta(minutes=70))
    assert (longer["change"], longer["sequence"]) == (row["change"], 1)


@pytest.mark.parametrize("minutes", [24 * 60, 23 * 60, 0, -30])
async def test_a_whole_day_or_none_is_no_time(pool: Pool, connected: Business, agenda: Agenda, minutes: int) -> None:
    row = await booked(connected, agenda)
    agenda.moves(row["google_event_id"], LATER, minutes)
    await look(pool, agenda)
    assert ((await now(pool, row))["meeting_time"], await conflicts(pool)) == (SOON, ["no_time"])


async def test_an_event_whose_times_cannot_be_read_is_no_time(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    agenda.events[row["google_event_id"]] = replace(agenda.events[row["google_event_id"]], start=None)
    await look(pool, agenda)
    assert (await now(pool, row), await conflicts(pool)) == (row, ["no_time"])


async def test_a_copy_of_an_event_moves_nothing(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    agenda.own(LATER, private={"meeting_id": row["meeting_id"]})
    await look(pool, agenda)
    assert await now(pool, row) == row


async def test_what_is_not_ours_is_ignored(pool: Pool, connected: Business, agenda: Agenda) -> None:
    other = await Business.create(pool)
    row = await booked(connected, agenda)
    agenda.own(LATER)
    agenda.own(LATER, private={"meeting_id": "mtg_of_nobody"})
    for strange in ("", "\x00", "\ud800", "m" * 2000):
        agenda.events[strange] = Event(id=strange, status="cancelled", private={"meeting_id": strange})
    await connect(other)
    await look(pool, agenda)
    assert await now(pool, row) == row
    assert await pool.fetchval("select count(*) from calendar_syncs where sync_token = '7'") == 2


async def test_what_is_over_is_left_to_its_end(pool: Pool, connected: Business, agenda: Agenda) -> None:
    row = await booked(connected, agenda)
    past = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    await pool.execute("update meetings set meeting_time = $1", past)
    agenda.moves(row["google_event_id"], past - timedelta(minutes=5))  # noted as it was, told to nobody
    await look(pool, agenda)
    noted = await now(pool, row)
    assert (noted["meeting_time"], noted["change"]) == (past - timedelta(minutes=5), row["change"])
    agenda.drops(row["google_event_id"])
    await look(pool, agenda)
    assert (await now(pool, row))["state"] == "scheduled"


WAITING = [("moving", "patch"), ("cancelling", "delete")]


@pytest.mark.parametrize(("step", "call"), WAITING)
async def test_what_is_on_its_way_is_left_to_the_sweeper(
    pool: Pool, connected: Business, agenda: Agenda, step: str, call: str
) -> None:
    bookings = Bookings(pool, agenda, tz_version="x")
    row = await booked(connected, agenda)
    agenda.before[call] = [Away("x")]
    wish, meeting_id = await offer(connected, LATER), row["meeting_id"]
    change = bookings.move(wish, meeting_id) if step == "moving" else bookings.cancel(connected.user_id, meeting_id)
    with pytest.raises(Unsettled):
        await change
    waiting = await now(pool, row)
    assert waiting["state"] == step
    agenda.moves(row["google_event_id"], SOON + timedelta(hours=1))
    await look(pool, agenda)
    assert (await now(pool, row), (await state(pool))["problem"]) == (waiting, "unsettled")
    await settled(pool, agenda)
    await look(pool, agenda)
    after, event = await now(pool, row), agenda.events[row["google_event_id"]]
    assert (after["state"], event.stands) == (("scheduled", True) if step == "moving" else ("cancelled", False))
    assert step == "cancelling" or after["meeting_time"] == event.start == LATER
    assert (await state(pool))["problem"] == ""


async def test_a_booking_that_is_under_way_is_left_alone(pool: Pool, connected: Business, agenda: Agenda) -> None:
    agenda.before["insert"] = [Away("x")]
    agenda.before["get"] = [Away("x")]
    with pytest.raises(Unsettled):
        await Bookings(pool, agenda, tz_version="x").book(await offer(connected))
    (waiting,) = await meetings(pool, "booking")
    await look(pool, agenda)  # it is not in the list, and is not missed
    assert (await now(pool, waiting), await conflicts(pool)) == (waiting, [])


async def test_where_one_on_its_way_may_have_to_come_back_to_is_not_free_yet(
    pool: Pool, connected: Business, agenda: Agenda
) -> None:
    leaving = await booked(connected, agenda)
    row = await booked(connected, agenda, SOON + timedelta(days=1), customer="4670222")
    wish = await offer(connected, LATER)
    agenda.before["patch"] = [Away("x")]
    with pytest.raises(Unsettled):
        await Bookings(pool, agenda, tz_version="x").move(wish, leaving["meeting_id"])
    agenda.moves(row["google_event_id"], SOON)
    await look(pool, agenda)
    assert (await now(pool, row), await conflicts(pool)) == (row, ["taken"])
    await settled(pool, agenda)
    await look(pool, agenda)
    assert ((await now(pool, row))["meeting_time"], await conflicts(pool)) == (SOON, [])


@pytest.mark.parametrize("state", ["released", "cancelled"])
async def test_an_event_that_came_after_its_meeting_was_given_up_is_taken_out(
    pool: Pool, connected: Business, agenda: Agenda, state: str
) -> None:
    agenda.before["insert"] = [Away("x"), Away("x")]
    with pytest.raises(Unsettled):
        await Bookings(pool, agenda, tz_version="x").book(await offer(connected))
    (row,) = await meetings(pool, "booking")
    off = "update meetings set state = $1, problem = 'not connected', due_at = null"
    await pool.execute(off, state)  # one that was cancelled while there was no connection
    mine = agenda.own(SOON, private={"meeting_id": row["meeting_id"]})
    late = replace(agenda.events.pop(mine.id), id=row["google_event_id"])
    agenda.purged.add(mine.id)
    agenda.events[late.id] = late
    copy = agenda.own(LATER, private={"meeting_id": row["meeting_id"]})
    await look(pool, agenda)
    assert [one.id for one in agenda.standing] == [copy.id]  # of a copy nobody knows whose it is


async def test_an_event_that_came_while_it_was_looked_for_is_ours(pool: Pool, connected: Business) -> None:
    agenda = Agenda(before={"insert": [Away("x"), Away("x")]})
    with pytest.raises(Unsettled):
        await Bookings(pool, agenda, tz_version="x").book(await offer(connected))
    (row,) = await meetings(pool, "booking")

    async def arrives() -> None:
        came = agenda.own(SOON, minutes=30, private={"meeting_id": row["meeting_id"]})
        agenda.events[row["google_event_id"]] = replace(agenda.events.pop(came.id), id=row["google_event_id"])

    agenda.before["busy"] = [arrives]
    await settled(pool, agenda)
    assert [one["google_event_id"] for one in await meetings(pool, "scheduled")] == [one.id for one in agenda.standing]
