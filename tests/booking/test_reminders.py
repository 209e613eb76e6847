"""Reminders: planned with the meeting, sent once, never of a time that is not the meeting's, by a way that is open."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.reminder_times import LEAST_AHEAD
from gateway.bus import Bus
from gateway.db import Pool
from tests.booking.diary import SOON, Diary, offer
from tests.booking.reminding import DAY, HOURS, Clock, book, look, reminders_of, reminding, rows, rule
from tests.booking.test_sweeper import Killed
from tests.business import Business
from tests.waiting import until

LATER = SOON + timedelta(days=2)


async def test_a_meeting_has_its_reminders_from_the_beginning(pool: Pool, business: Business) -> None:
    await rule(business)
    await book(business, Diary())
    assert await pool.fetchval("select count(*) from meeting_reminders where kind = 'plan' and due_at <= now()") == 1
    await look(reminding(Clock(pool)))
    assert [(row["minutes"], row["due_at"], row["state"]) for row in await rows(pool)] == [
        (DAY, SOON - timedelta(days=1), "waiting"),
        (HOURS, SOON - timedelta(hours=2), "waiting"),
    ]


async def test_it_is_sent_once_when_it_is_due(pool: Pool, business: Business) -> None:
    await rule(business)
    meeting = await book(business, Diary())
    clock = Clock(pool)
    worker = reminding(clock, address=lambda row: f"https://desk.example.com/{row['meeting_id']}")
    await look(worker)
    assert await reminders_of(business) == []
    await clock.reach(SOON - timedelta(days=1))
    await look(worker)
    await look(worker)
    (text,) = await reminders_of(business)
    assert text.split("\n") == [
        "A reminder: Bloom Dental: customer, Monday, January 7, 2030, 10:00 (Madrid).",
        "Join online: https://meet.example/x",
        f"Change or cancel: https://desk.example.com/{meeting['meeting_id']}",
    ]
    row, waiting = await rows(pool)
    assert (row["state"], row["via"], waiting["state"]) == ("sent", "chat", "waiting")
    message: Any = await pool.fetchrow("select * from messages where message_id = $1", row["message_id"])
    titles = [one["title"] for one in json.loads(message["content"])["options"]]
    assert (message["author"], titles) == ("fallback", ["I'll be there", "Reschedule", "Cancel"])
    numbers = await pool.fetch("select sequence_no from messages order by sequence_no")
    assert [one["sequence_no"] for one in numbers] == list(range(1, len(numbers) + 1))


async def test_what_moves_is_reminded_of_where_it_is(pool: Pool, business: Business) -> None:
    await rule(business)
    diary, clock = Diary(), Clock(pool)
    meeting = await book(business, diary)
    await look(reminding(clock))
    await Bookings(pool, diary, tz_version="x").move(await offer(business, LATER), meeting["meeting_id"])
    await clock.reach(SOON)
    await look(reminding(clock))
    assert await reminders_of(business) == []
    assert {(row["for_time"], row["state"]) for row in await rows(pool)} == {(SOON, "ended"), (LATER, "waiting")}
    await clock.reach(LATER - timedelta(days=1))
    await look(reminding(clock))
    (text,) = await reminders_of(business)
    assert "Wednesday, January 9, 2030" in text


async def test_what_was_cancelled_is_not_reminded_of(pool: Pool, business: Business) -> None:
    await rule(business)
    diary, clock = Diary(), Clock(pool)
    meeting = await book(business, diary)
    await look(reminding(clock))
    await Bookings(pool, diary, tz_version="x").cancel(business.user_id, meeting["meeting_id"])
    await clock.reach(SOON - timedelta(hours=2))
    await look(reminding(clock))
    assert (await reminders_of(business), {row["state"] for row in await rows(pool)}) == ([], {"ended"})


async def test_new_rules_count_for_what_is_ahead(pool: Pool, business: Business) -> None:
    await rule(business)
    await book(business, Diary())
    clock = Clock(pool)
    await look(reminding(clock))
    await rule(business, reminders=[{"before_minutes": 60}])
    await look(reminding(clock))
    assert [(row["minutes"], row["state"]) for row in await rows(pool)] == [
        (DAY, "ended"), (HOURS, "ended"), (60, "waiting"),
    ]  # fmt: skip
    await pool.execute("update agents set booking = null")
    await look(reminding(clock))
    assert {row["state"] for row in await rows(pool)} == {"ended"}


async def test_a_business_that_says_nothing_reminds_a_day_before_and_not_at_night(
    pool: Pool, business: Business
) -> None:
    await pool.execute('update agents set booking = \'{"zone": "Europe/Madrid"}\'')
    await book(business, Diary(), datetime(2030, 1, 7, 6, 30, tzinfo=UTC))  # 07:30
    await look(reminding(Clock(pool)))
    (row,) = await rows(pool)
    assert (row["minutes"], row["due_at"]) == (DAY, datetime(2030, 1, 5, 19, 55, tzinfo=UTC))


@pytest.mark.parametrize("seed", range(6))
async def test_for_any_order_of_things_what_is_sent_is_what_stood(pool: Pool, business: Business, seed: int) -> None:
    """Books, moves and cancels as it comes, and lets time go on: each time that stood when its hour came is reminded of
    once, and no other."""
    await rule(business)
    chance, diary, clock = random.Random(seed), Diary(), Clock(pool)
    bookings, worker = Bookings(pool, diary, tz_version="x"), reminding(clock)
    clock.now = SOON - timedelta(days=3)
    stands: dict[str, datetime] = {}
    expected: set[tuple[str, datetime, int]] = set()
    free = [SOON + timedelta(hours=3 * n) for n in range(40)]
    chance.shuffle(free)
    for _ in range(40):
        what = chance.choice(["book", "move", "cancel", "time", "time"])
        if what == "book":
            start = free.pop()
            row = await bookings.book(await offer(business, start, customer=f"46{len(stands)}"))
            stands[row["meeting_id"]] = start
        elif what == "move" and stands:
            meeting_id, start = chance.choice(sorted(stands)), free.pop()
            customer = await pool.fetchval(
                "select customer_phone from conversations join meetings using (user_id, conversation_id) "
                "where meeting_id = $1", meeting_id,
            )  # fmt: skip
            free.insert(0, stands[meeting_id])
            await bookings.move(await offer(business, start, customer=customer), meeting_id)
            stands[meeting_id] = start
        elif what == "cancel" and stands:
            meeting_id = chance.choice(sorted(stands))
            await bookings.cancel(business.user_id, meeting_id)
            del stands[meeting_id]
        if chance.random() < 0.7:
            await look(worker)
        if what == "time":
            await look(worker)
            await clock.reach(clock.now + timedelta(hours=chance.randrange(1, 20)))
            for meeting_id, start in stands.items():
                for minutes in (DAY, HOURS):
                    if start - timedelta(minutes=minutes) <= clock.now <= start - LEAST_AHEAD:
                        expected.add((meeting_id, start, minutes))
            await look(worker)
    sent = [(row["meeting_id"], row["for_time"], row["minutes"]) for row in await rows(pool, "sent")]
    assert (len(sent), set(sent)) == (len(expected), expected)
    assert await pool.fetchval("select count(*) from messages where text like 'A reminder%'") == len(expected)


class Deaf(Bus):
    """A process that ends as soon as it wants to say that something was stored."""

    def publish(self, topic: str, key: str = "") -> None:
        raise Killed


async def blocked(pool: Pool) -> bool:
    return bool(await pool.fetchval("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"))


@pytest.mark.parametrize("step", ["claimed", "planning", "saying", "said"])
async def test_killed_at_any_step_it_is_sent_once(pool: Pool, business: Business, step: str) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    clock = Clock(pool)
    if step != "planning":
        await look(reminding(clock))
        await clock.reach(SOON - timedelta(days=1))
    victim = reminding(clock, bus=Deaf() if step == "said" else None)
    (claim,) = await victim.claim(5)
    if step == "said":
        with pytest.raises(Killed):
            await victim.work(claim)
    elif step in ("planning", "saying"):
        async with pool.acquire() as db, db.transaction():
            await db.fetch("select * from meetings for update")
            task = asyncio.create_task(victim.work(claim))
            await until(lambda: blocked(pool))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    survivor = reminding(clock)
    await survivor.recover()
    await look(survivor)
    await clock.reach(SOON - timedelta(days=1))
    await look(survivor)
    assert len(await reminders_of(business)) == 1
    assert [row["state"] for row in await rows(pool)] == ["sent"]


async def test_a_lease_that_ran_out_says_nothing_any_more(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    clock = Clock(pool)
    await look(reminding(clock))
    await clock.reach(SOON - timedelta(days=1))
    slow, quick = reminding(clock), reminding(clock, owner="node-2")
    (claim,) = await slow.claim(5)
    await pool.execute("update meeting_reminders set lease_until = now() - interval '1 second' where due_at <= now()")
    await look(quick)
    await slow.work(claim)
    assert len(await reminders_of(business)) == 1


async def test_several_workers_send_each_once(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    diary, clock = Diary(), Clock(pool)
    for n in range(20):
        await book(business, diary, SOON + timedelta(hours=n), customer=f"4670{n}")
    workers = [reminding(clock, owner=f"node-{n}", capacity=4) for n in range(3)]
    loops = [asyncio.create_task(one.run()) for one in workers]
    try:
        await until(lambda: pool.fetchval("select count(*) = 20 from meeting_reminders where kind = 'reminder'"))
        await clock.reach(SOON - timedelta(hours=4))
        await until(lambda: pool.fetchval("select count(*) = 20 from meeting_reminders where state = 'sent'"))
    finally:
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
    assert await pool.fetchval("select count(*) from messages where text like 'A reminder%'") == 20


async def test_one_that_moves_while_it_is_being_said_is_not_said(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    clock = Clock(pool)
    worker = reminding(clock)
    await look(worker)
    await clock.reach(SOON - timedelta(days=1))
    (claim,) = await worker.claim(5)
    async with pool.acquire() as db, db.transaction():
        await db.execute("update meetings set meeting_time = $1, sequence = 1", LATER)
        task = asyncio.create_task(worker.work(claim))
        await until(lambda: blocked(pool))
    await task
    await look(worker)
    assert await reminders_of(business) == []
    assert [(row["for_time"], row["state"]) for row in await rows(pool)] == [(SOON, "ended"), (LATER, "waiting")]


async def test_nobody_is_reminded_while_a_turn_runs(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    clock = Clock(pool)
    await look(reminding(clock))
    await pool.execute("update conversations set lease_owner = 'w', lease_until = now() + interval '1 hour'")
    await clock.reach(SOON - timedelta(days=1))
    await look(reminding(clock))
    assert await reminders_of(business) == []
    await pool.execute("update conversations set lease_owner = null, lease_until = null")
    await pool.execute("update meeting_reminders set due_at = now() where state = 'waiting' and due_at is not null")
    await look(reminding(clock))
    assert len(await reminders_of(business)) == 1


async def test_a_person_who_has_the_conversation_keeps_it(pool: Pool, business: Business) -> None:
    await rule(business, reminders=[{"before_minutes": DAY}])
    await book(business, Diary())
    await pool.execute("update conversations set owner = 'human', owner_epoch = 1")
    clock = Clock(pool)
    await look(reminding(clock))
    await clock.reach(SOON - timedelta(days=1))
    await look(reminding(clock))
    assert len(await reminders_of(business)) == 1
    conversation = await business.conversation()
    assert (conversation["owner"], conversation["owner_epoch"]) == ("human", 1)


async def test_at_night_it_waits_or_does_not_come_at_all(pool: Pool, business: Business) -> None:
    """The worker was away when it was due, and is there again in the quiet hours."""
    await rule(business, reminders=[{"before_minutes": DAY}], quiet_hours=["21:00", "08:00"])
    await book(business, Diary())
    await book(business, Diary(), datetime(2030, 1, 7, 6, tzinfo=UTC), customer="4670222")
    clock = Clock(pool)
    await look(reminding(clock))
    await clock.reach(datetime(2030, 1, 7, 3, tzinfo=UTC))
    await look(reminding(clock))
    early, usual = await rows(pool)
    assert (early["state"], early["reason"]) == ("skipped", "quiet_hours")
    assert (usual["state"], usual["due_at"]) == ("waiting", datetime(2030, 1, 7, 7, tzinfo=UTC))


AFTER: dict[str, tuple[dict[str, Any], bool, list[tuple[str, str]]]] = {
    "thanks": ({"after_minutes": 60}, False, [("sent", "")]),
    "own words": ({"after_minutes": 60, "text": "How was it?"}, False, [("sent", "")]),
    "nobody came": ({"after_minutes": 60}, True, [("skipped", "no_show")]),
}


@pytest.mark.parametrize(("after", "no_show", "states"), AFTER.values(), ids=AFTER)
async def test_a_word_after_a_meeting(
    pool: Pool, business: Business, after: dict[str, Any], no_show: bool, states: list[tuple[str, str]]
) -> None:
    await rule(business, reminders=[], follow_up=after)
    await book(business, Diary())
    clock = Clock(pool)
    await look(reminding(clock))
    assert await rows(pool) == []
    await pool.execute("update meetings set state = 'completed', status = 'completed', no_show = $1", no_show)
    await look(reminding(clock))
    (row,) = await rows(pool)
    assert (row["kind"], row["due_at"], row["state"]) == ("follow_up", SOON + timedelta(minutes=90), "waiting")
    await clock.reach(SOON + timedelta(minutes=90))
    await look(reminding(clock))
    await look(reminding(clock))
    assert [(row["state"], row["reason"]) for row in await rows(pool)] == states
    said = [text for _, author, text in await business.transcript() if author == "fallback"]
    if no_show:
        assert said == []
    else:
        thanks = "Thank you for coming (Bloom Dental: customer). If there is anything else, just write to us here."
        assert said == [after.get("text") or thanks]
