"""What the owner changes in the calendar itself: the meeting follows, once, and the customer hears of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Changes, Event, Gone, NotConnected, Refused, SyncExpired, Throttled
from gateway.booking.meeting import Unsettled
from gateway.booking.sync import Sync, push_routes
from gateway.bus import Bus
from gateway.db import Pool
from gateway.web import problems
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.booking.test_sweeper import Killed, kill, settled, sweeping, told
from tests.business import Business
from tests.waiting import until

LATER = SOON + timedelta(hours=3)


class _Kept(dict[str, Event]):
    """Events, and in which order they were changed."""

    def __init__(self) -> None:
        super().__init__()
        self.order: list[str] = []

    def __setitem__(self, event_id: str, event: Event) -> None:
        super().__setitem__(event_id, event)
        self.order.append(event_id)


@dataclass
class Agenda(Diary):
    """A diary that says what changed. What is `purged` is in no list any more."""

    events: dict[str, Event] = field(default_factory=_Kept)
    expired: set[str] = field(default_factory=set)
    purged: set[str] = field(default_factory=set)
    asked: list[str | None] = field(default_factory=list)

    async def changes(self, user_id: str, calendar: str, sync_token: str | None) -> Changes:
        self.asked.append(sync_token)
        await self._goes("changes")
        if sync_token in self.expired:
            raise SyncExpired("fullSyncRequired", status=410)
        assert isinstance(self.events, _Kept)
        order = self.events.order
        ids = [one for one in dict.fromkeys(order[int(sync_token or 0) :]) if one not in self.purged]
        listed = [_listed(self.events[one]) for one in ids]
        token = str(len(order))
        await self._went("changes")
        return Changes(events=listed, token=token)

    def moves(self, event_id: str, start: datetime, minutes: int = 30) -> None:
        """The owner drags an event elsewhere."""
        old = self.events[event_id]
        self.events[event_id] = replace(
            old, start=start, end=start + timedelta(minutes=minutes), etag=str(int(old.etag) + 1)
        )

    def drops(self, event_id: str) -> None:
        """The owner deletes an event."""
        self.events[event_id] = replace(self.events[event_id], status="cancelled")


def _listed(event: Event) -> Event:
    """As Google lists it: of what was deleted perhaps nothing but the id."""
    return event if event.stands else Event(id=event.id, status="cancelled")


@pytest.fixture
def agenda() -> Agenda:
    return Agenda()


@pytest.fixture
async def connected(business: Business) -> Business:
    """A business whose calendar is connected."""
    await business.pool.execute(
        "insert into google_calendar_tokens (user_id, access_token, refresh_token, token_expiry, scope) "
        "values ($1, '', '', now(), '')",
        business.user_id,
    )
    return business


def sync_of(pool: Pool, agenda: Agenda, owner: str = "node-1") -> Sync:
    return Sync(pool, Bus(), agenda, owner=owner)


async def look(pool: Pool, agenda: Agenda, owner: str = "node-1") -> None:
    """Every calendar is looked at now."""
    sync = sync_of(pool, agenda, owner)
    await sync.recover()
    await sync.watch()
    await pool.execute("update calendar_syncs set due_at = now()")
    for claim in await sync.claim(10):
        await sync.work(claim)


async def booked(business: Business, agenda: Agenda, start: datetime = SOON, **more: Any) -> Any:
    """A meeting that stands, its customer told, and the calendar looked at since."""
    row = await Bookings(business.pool, agenda, tz_version="x").book(await offer(business, start, **more))
    await business.pool.execute("update meetings set told_change = change")
    await look(business.pool, agenda)
    return await now(business.pool, row)


async def now(pool: Pool, row: Any) -> Any:
    return await pool.fetchrow("select * from meetings where meeting_id = $1", row["meeting_id"])


async def state(pool: Pool) -> Any:
    return await pool.fetchrow("select * from calendar_syncs")


async def conflicts(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select subject, detail->>'why' as why from notices where kind = 'booking_conflict' and resolved_at is null"
    )
    return [row["why"] for row in rows]


async def kinds(pool: Pool) -> list[str]:
    return [row["type"] for row in await pool.fetch("select type from events order by seq")]


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
    await pool.execute(
        "insert into google_calendar_tokens (user_id, access_token, refresh_token, token_expiry, scope) "
        "values ($1, '', '', now(), '')", other.user_id,
    )  # fmt: skip
    await look(pool, agenda)
    assert await now(pool, row) == row
    assert await pool.fetchval("select count(*) from calendar_syncs where sync_token = '7'") == 2


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
        "update calendar_syncs set channel_id = 'ch-1', channel_token_hash = $1",
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


async def test_a_channel_without_a_token_is_nobodys(pool: Pool, push: Push) -> None:
    await pool.execute("update calendar_syncs set channel_token_hash = null")
    assert await push("ch-1", "") == 404


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
