"""Killed at every step of a booking, a move and a cancellation: afterwards the row, the calendar and what the customer
read agree. The process is real, and so are PostgreSQL and the HTTP to every provider."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from gateway.db import Pool
from gateway.demo import Line
from tests.booking.mortal import Mortal, mortal
from tests.test_booking_live import ON, at
from tests.waiting import until

NAMES = {"whatsapp": "1555020{:04}", "instagram": "88{:04}", "sms": "+1555020{:04}", "webchat": "visitor-88{:04}"}
BOOKED, MOVED, CANCELLED = "You are booked", "Your appointment has been moved", "Your appointment has been cancelled"
TELLS = {"book": BOOKED, "move": MOVED, "cancel": CANCELLED}


@dataclass(frozen=True)
class Case:
    """Where the process is killed: at a call of Google (`calls`), with what becomes of that call, or at a change of a
    row (`rows`), whose statement arrives all the same or does not."""

    does: str
    name: str
    calls: str = ""
    fault: str = "never_heard"
    rows: str = ""
    arrives: bool = False


# Those behind which others would wait for a lock stand last.
CASES = (
    Case("book", "kept", rows="held>booking"),
    Case("book", "kept, the calendar is to be told", rows="held>booking", arrives=True),
    Case("book", "whether it is still free was asked", calls="freebusy"),
    Case("book", "the event never arrived", calls="insert"),
    Case("book", "the event arrives after our death", calls="insert", fault="slow"),
    Case("book", "the event is stored, not answered", calls="insert", fault="answer_lost"),
    Case("book", "the calendar is read once more", calls="list"),
    Case("book", "it is being called booked", rows="booking>scheduled"),
    Case("book", "booked, the confirmation is being written", rows="told"),
    Case("book", "the time is being kept", rows=">held"),
    Case("move", "the event is read", calls="get"),
    Case("move", "whether the new time is free was asked", calls="freebusy"),
    Case("move", "the change never arrived", calls="patch"),
    Case("move", "the change arrives after our death", calls="patch", fault="slow"),
    Case("move", "the change is stored, not answered", calls="patch", fault="answer_lost"),
    Case("move", "it is being called moved", rows="moving>scheduled"),
    Case("move", "moved, the word of it is being written", rows="told"),
    Case("move", "the move begins", rows="scheduled>moving"),
    Case("cancel", "the cancellation begins", rows="scheduled>cancelling"),
    Case("cancel", "off, the calendar is to be told", rows="scheduled>cancelling", arrives=True),
    Case("cancel", "the end of the event never arrived", calls="delete"),
    Case("cancel", "the event is deleted, not answered", calls="delete", fault="answer_lost"),
    Case("cancel", "it is being called cancelled", rows="cancelling>cancelled"),
    Case("cancel", "cancelled, the word of it is being written", rows="told"),
)


@dataclass(frozen=True)
class Victim:
    """Who was stopped where, and the time that he meant."""

    case: Case
    line: Line
    customer: str
    conversation_id: str
    wanted: datetime

    def after(self) -> dict[str, object]:
        """What has to be true once everything is settled."""
        off = self.case.does == "cancel"
        first = [("meeting.booked", BOOKED)]
        more = {"book": [], "move": [("meeting.booked", MOVED)], "cancel": [("meeting.cancelled", CANCELLED)]}
        told = first + more[self.case.does]
        return {
            "rows": [("cancelled", "cancelled") if off else ("scheduled", "scheduled")],
            "times": [] if off else [self.wanted],
            "events": [] if off else [self.wanted],
            "told": [kind for kind, _ in told],
            "read": dict(Counter(words for _, words in told)),
        }


@pytest.mark.timeout(180)
@pytest.mark.parametrize("at_row", [False, True], ids=["while Google is asked", "while a row changes"])
@pytest.mark.parametrize("does", TELLS)
async def test_killed_there_it_is_settled(dsn: str, pool: Pool, tmp_path: Path, does: str, at_row: bool) -> None:
    async with mortal(dsn, pool, tmp_path) as one:
        victims: dict[Victim, str] = {}
        when = _when()
        for n, case in enumerate(one for one in CASES if (one.does, bool(one.rows)) == (does, at_row)):
            platform = list(NAMES)[n % 4]
            line, customer = ON[platform], NAMES[platform].format(n)
            wanted, words = await _until_the_last_word(one, line, customer, when[n], does)
            newest = await pool.fetchval("select conversation_id from conversations order by created_at desc limit 1")
            victims[Victim(case, line, customer, newest, wanted)] = words
        for victim, words in victims.items():
            await _write_and_stop(one, victim, words)
        await one.killed([each.case.name for each in victims if each.case.arrives])
        await one.start()
        await one.settled()
        events = {event["id"]: at(event) for event in await one.demo.events()}

        async def wrong() -> dict[str, object]:
            found = {each: await _facts(one, each, events) for each in victims}
            return {each.case.name: (facts, each.after()) for each, facts in found.items() if facts != each.after()}

        async def agrees() -> bool:
            return not await wrong()

        # A visitor's socket comes back in its own time, and reads then.
        with suppress(AssertionError):
            await until(agrees, 30)
        assert await wrong() == {}
        assert len(events) == len([each for each in victims if each.case.does != "cancel"])


async def _write_and_stop(one: Mortal, victim: Victim, words: str) -> None:
    """The last word, and the step at which nothing goes on."""
    case = victim.case

    async def writes() -> None:
        await _write(one, victim.line, victim.customer, words)

    if case.calls:
        await one.stops_at_call(case.calls, case.fault, writes)
    else:
        await one.stops_at_row(case.rows, case.name, writes)


async def _facts(one: Mortal, victim: Victim, events: dict[str, datetime]) -> dict[str, object]:
    whose = victim.conversation_id
    rows = await one.pool.fetch("select * from meetings where state <> 'released' and conversation_id = $1", whose)
    told = await one.pool.fetch(
        "select type from events where type like 'meeting.%' and conversation_id = $1 order by seq", whose
    )
    read = await _read(one, victim.line, victim.customer)
    starts = {words: sum(text.startswith(words) for text in read) for words in TELLS.values()}
    return {
        "rows": [(row["state"], row["status"]) for row in rows],
        "times": [row["meeting_time"] for row in rows if row["status"] == "scheduled"],
        "events": [events[row["google_event_id"]] for row in rows if row["google_event_id"] in events],
        "told": [row["type"] for row in told],
        "read": {words: count for words, count in starts.items() if count},
    }


async def _until_the_last_word(one: Mortal, line: Line, customer: str, when: str, does: str) -> tuple[datetime, str]:
    """The talk up to the word that the process dies of: the time that is meant, and the word."""
    await one.demo.says(line, customer, f"Hi, I would like an appointment on {when}")
    start, word = await _choice(one, line, customer)
    if does == "book":
        return start, word
    await one.demo.says(line, customer, word, parts=2)
    if does == "cancel":
        return start, "Sorry, please cancel it"
    await one.demo.says(line, customer, f"Can we move it to another time on {when}?")
    return await _choice(one, line, customer)


async def _choice(one: Mortal, line: Line, customer: str) -> tuple[datetime, str]:
    """The first time that was offered, and how the customer says it."""
    choice, start = (await one.demo.offered(line, customer))[0]
    return start, "1" if line.platform == "sms" else choice


async def _write(one: Mortal, line: Line, customer: str, text: str) -> None:
    message = {"channel": line.platform, "number": line.id, "from": customer, "text": text}
    await one.demo.asked("POST", "/_sandbox/messages", message)


async def _read(one: Mortal, line: Line, customer: str) -> list[str]:
    return [message["text"] for message in await one.demo.read(line, customer)]


PEOPLE, KILLS, PATIENCE_SECONDS = 40, 20, 400.0


async def _comes(one: Mortal, rng: random.Random, line: Line, customer: str) -> None:
    """A customer who takes one time after the other until he reads that he is booked."""
    await asyncio.sleep(rng.uniform(0, 20))
    await _write(one, line, customer, "I need an appointment")
    answered = 0
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            read = await _read(one, line, customer)
            if any(text.startswith(BOOKED) for text in read):
                return
            if len(read) > answered and (choices := await _offered(one, line, customer)):
                answered = len(read)
                await _write(one, line, customer, "1" if line.platform == "sms" else rng.choice(choices)[0])
            await asyncio.sleep(0.2)


async def _offered(one: Mortal, line: Line, customer: str) -> list[tuple[str, datetime]]:
    try:
        return await one.demo.offered(line, customer)
    except (KeyError, TypeError, RuntimeError):  # the newest message offers nothing
        return []


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_killed_again_and_again_while_many_book(dsn: str, pool: Pool, tmp_path: Path) -> None:
    seed = random.randrange(1, 10**9)
    print(f"SEED={seed}")  # noqa: T201
    rng = random.Random(seed)
    lines = [ON[platform] for platform in NAMES]
    people = [(lines[n % 4], NAMES[lines[n % 4].platform].format(n)) for n in range(PEOPLE)]
    async with mortal(dsn, pool, tmp_path) as one:
        comers = [asyncio.create_task(_comes(one, rng, *person)) for person in people]
        for _ in range(KILLS):
            await asyncio.sleep(rng.uniform(0.05, 1.6))
            await one.kill()
            await one.start()
        outcomes = await asyncio.gather(*comers, return_exceptions=True)
        stuck = [person for person, outcome in zip(people, outcomes, strict=True) if isinstance(outcome, Exception)]
        assert {person[1]: await _read(one, *person) for person in stuck} == {}
        await one.settled(60)
        rows = await pool.fetch("select * from meetings where state = 'scheduled'")
        events = await one.demo.events()
        assert {(row["google_event_id"], row["meeting_time"]) for row in rows} == {
            (event["id"], at(event)) for event in events
        }
        assert len(rows) == len(events) == PEOPLE
        assert await pool.fetchval("select count(*) from meetings where state not in ('scheduled', 'released')") == 0
        assert await pool.fetchval("select count(*) from events where type = 'meeting.booked'") == PEOPLE
        said = [await _read(one, *person) for person in people]
        assert [sum(text.startswith(BOOKED) for text in read) for read in said] == [1] * PEOPLE


def _when() -> list[str]:
    """Wishes of which no two share a time, and none can mean today or this day in a week."""
    today = datetime.now(ZoneInfo("Europe/Madrid")).weekday()
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
    days = [name for n, name in enumerate(names) if n not in (today, (today + 1) % 7)]
    return [f"{day} {half}" for half in ("morning", "afternoon") for day in days]
