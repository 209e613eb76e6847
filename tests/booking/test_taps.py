"""What is tapped under a reminder, or answered to it: done by itself, or by an agent that knows of the reminder."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from agents.types import Turn
from channels.base import Inbound
from gateway.booking.bookings import Bookings
from gateway.booking.desk import BookingDesk, Found, Offer
from gateway.booking.meeting import Unavailable
from gateway.booking.taps import Taps, tapped
from gateway.bus import Bus
from gateway.db import Pool, Row
from gateway.intake import Envelope, Intake
from tests.actor import Actor, say
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.booking.reminding import DAY, Clock, book, look, reminding, rule
from tests.booking.test_desk import Fixed
from tests.business import Business
from tests.gateway.test_turns import working
from tests.waiting import until

MADRID = ZoneInfo("Europe/Madrid")


@dataclass
class Others:
    """Offers the times that a test gives it."""

    business: Business
    starts: Sequence[datetime]
    fails: bool = False
    asked: list[str] = field(default_factory=list)

    async def others(self, claim: Row, rules: Any, meeting: Row, language: str) -> Found:
        self.asked.append(meeting["meeting_id"])
        if self.fails:
            raise Unavailable("away")
        minted = [await offer(self.business, start) for start in self.starts]
        return Found(
            offers=[
                Offer(token=one.token, starts_at=start, zone=MADRID)
                for one, start in zip(minted, self.starts, strict=True)
            ]
        )


@dataclass
class Talk:
    """A customer who was reminded, and whoever answers him."""

    pool: Pool
    business: Business
    diary: Diary
    actor: Actor
    others: Others

    async def says(self, text: str, **more: Any) -> list[str]:
        """What the customer reads after he wrote something."""
        before = len(await self.read())
        turns = await self.pool.fetchval("select count(*) from turns where state = 'committed'")
        await say(self.business, text, **more)
        await until(lambda: self.pool.fetchval("select count(*) > $1 from turns where state = 'committed'", turns))
        return (await self.read())[before:]

    async def taps(self, act: str) -> list[str]:
        """The customer taps a button of the newest message that has it."""
        found = await self.pool.fetchval(
            "select o.value from messages m, jsonb_array_elements(m.content -> 'options') o "
            "where m.sender = 'agent' and o.value ->> 'id' like $1 order by m.sequence_no desc limit 1", f"rm:%:{act}%",
        )  # fmt: skip
        option = json.loads(found)
        said = self.business.says(option["title"])
        reply = {"type": "button_reply", "button_reply": option}
        event = Inbound(
            platform=said.platform, number=said.number, customer=said.customer, id=said.id, kind="button",
            text=option["title"], aliases=said.aliases, content={"interactive": reply},
        )  # fmt: skip
        before = len(await self.read())
        turns = await self.pool.fetchval("select count(*) from turns where state = 'committed'")
        await Intake(self.pool, Bus()).accept(Envelope(events=[event]))
        await until(lambda: self.pool.fetchval("select count(*) > $1 from turns where state = 'committed'", turns))
        return (await self.read())[before:]

    async def read(self) -> list[str]:
        return [text for _, author, text in await self.business.transcript() if author != "customer"]

    async def meeting(self) -> Any:
        return await self.pool.fetchrow("select * from meetings")


@asynccontextmanager
async def talking(pool: Pool, business: Business, *does: Any) -> AsyncIterator[Talk]:
    """A customer with a meeting of which he was reminded a moment ago."""
    await rule(business, reminders=[{"before_minutes": DAY}])
    diary, clock, bus = Diary(), Clock(pool), Bus()
    await book(business, diary)
    await pool.execute("update meetings set told_change = change")
    await pool.execute("update conversations set answered_no = last_inbound_no, due_at = null, waiting_since = null")
    await look(reminding(clock))
    await clock.reach(SOON - timedelta(days=1))
    await look(reminding(clock))
    bookings = Bookings(pool, diary, tz_version="x")
    actor, others = Actor(list(does) or [lambda _: "Ask me anything"]), Others(business, [SOON + timedelta(days=1)])
    desk = BookingDesk(pool, bus, bookings, Fixed(business, [SOON + timedelta(days=1)]))
    async with working(pool, actor, booking=desk, taps=Taps(pool, bus, bookings, others), bus=bus):
        yield Talk(pool, business, diary, actor, others)


async def test_who_comes_says_so(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        assert await talk.taps("here") == ["Thank you, see you then: Monday, January 7, 2030, 10:00 (Madrid)."]
        assert (await talk.meeting())["confirmed_at"] is not None
        assert talk.actor.asked == []
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 0


async def test_the_meeting_may_be_another_agents(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        other = await business.add_agent(None)
        await pool.execute(
            "update agents set booking = (select max(booking::text)::jsonb from agents) where agent_id = $1", other
        )
        await pool.execute("update agents set booking = null where agent_id <> $1", other)
        await pool.execute("update meetings set agent_id = $1", other)
        assert (await talk.taps("move"))[0].startswith("Which of these times")
        (asked,) = await talk.taps("cancel")
        assert asked.startswith("Cancel this appointment?")
        (said,) = await talk.taps("yes")
        assert said.startswith("Your appointment has been cancelled")
        assert talk.actor.asked == []


async def test_who_confirmed_and_moves_has_not_confirmed(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        await talk.says("1")
        meeting = await talk.meeting()
        assert meeting["confirmed_at"] is not None
        wish = await offer(business, SOON + timedelta(days=1))
        await Bookings(pool, talk.diary, tz_version="x").move(wish, meeting["meeting_id"])
        assert (await talk.meeting())["confirmed_at"] is None
        await pool.execute("update meetings set told_change = change")
        (now,) = await talk.taps("here")
        assert now.startswith("Your appointment has another time by now: ")
        assert now.endswith("Tuesday, January 8, 2030, 10:00 (Madrid).")
        assert (await talk.meeting())["confirmed_at"] is None


@pytest.mark.parametrize("said", ["2", "Reschedule", "reschedule!", "2."])
async def test_another_time_is_offered_without_the_model(pool: Pool, business: Business, said: str) -> None:
    async with talking(pool, business) as talk:
        (asked,) = await talk.says(said)
        assert asked.startswith("Which of these times would suit you better?")
        assert talk.actor.asked == []
        assert len(talk.others.asked) == 1
        await talk.says("1")
        (turn,) = talk.actor.asked
        assert "Tue, Jan 8, 10:00" in notes(turn)


async def test_what_was_tapped_in_vain_changes_nothing(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        talk.others.starts = []
        assert (await talk.taps("move"))[0].startswith("No other time is free at the moment.")
        talk.others.fails = True
        assert (await talk.taps("move"))[0].startswith("The calendar can't be reached")
        assert (await talk.meeting())["meeting_time"] == SOON


async def test_it_is_cancelled_after_one_question(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        (asked,) = await talk.taps("cancel")
        assert asked.startswith(
            "Cancel this appointment? Bloom Dental: customer, Monday, January 7, 2030, 10:00 (Madrid)"
        )
        assert (await talk.meeting())["state"] == "scheduled"
        (kept,) = await talk.says("2")
        assert kept.startswith("Your appointment stays as it is")
        await talk.taps("cancel")
        (told,) = await talk.taps("yes")
        assert told.startswith("Your appointment has been cancelled: ")
        assert len(await meetings(pool, "cancelled")) == 1
        assert talk.diary.standing == []
        assert await talk.taps("yes") == ["This appointment is cancelled."]
        assert await talk.taps("here") == ["This appointment is cancelled."]
        assert talk.actor.asked == []


@pytest.mark.parametrize("act", ["cancel", "yes", "move"])
async def test_what_begins_too_soon_is_not_changed(pool: Pool, business: Business, act: str) -> None:
    async with talking(pool, business) as talk:
        await talk.taps("cancel")
        await pool.execute("update meetings set late_minutes = 10000000")
        (told,) = await talk.taps(act)
        assert told == "This appointment begins too soon to be changed here. Please write to us or call us."
        assert (await talk.taps("here"))[0].startswith("Thank you")
        assert (await talk.meeting())["state"] == "scheduled"
        assert talk.others.asked == []


async def test_a_yes_to_what_has_moved_since_is_asked_again(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        await talk.taps("cancel")
        await pool.execute("update meetings set sequence = sequence + 1")
        (asked,) = await talk.taps("yes")
        assert asked.startswith("Cancel this appointment?")
        assert (await talk.meeting())["state"] == "scheduled"


async def test_an_answer_in_words_reaches_the_agent_who_knows_of_the_reminder(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        assert await talk.says("Sorry, I can't make it") == ["Ask me anything"]
        (turn,) = talk.actor.asked
        meeting = await talk.meeting()
        assert f"The customer was reminded here of {meeting['meeting_id']}" in notes(turn)
        # The number is of what was said last, which is not the reminder any more.
        assert await talk.says("2") == ["Ask me anything"]


async def test_a_tap_with_something_else_is_the_agents(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        assert await talk.says("1 and can I bring my dog?") == ["Ask me anything"]
        assert (await talk.meeting())["confirmed_at"] is None


async def test_a_reminder_of_another_conversation_is_nobodys(pool: Pool, business: Business) -> None:
    async with talking(pool, business) as talk:
        reminder_id = await pool.fetchval("select reminder_id from meeting_reminders where kind = 'reminder'")
        other = business.says("x", customer="4670999")
        content = {"quick_reply": {"payload": f"rm:{reminder_id}:cancel"}}
        event = Inbound(
            platform=other.platform, number=other.number, customer=other.customer, id=other.id, kind="button",
            text="Cancel", aliases=other.aliases, content=content,
        )  # fmt: skip
        await Intake(pool, Bus()).accept(Envelope(events=[event]))
        await until(lambda: pool.fetchval("select count(*) = 1 from turns where state = 'committed'"))
        assert len(talk.actor.asked) == 1


OPTIONS = json.dumps([{"id": "rm:r1:here", "title": "I'll be there"}, {"id": "rm:r1:move", "title": "Verschieben"}])
TAPPED: dict[str, tuple[str, Any, str | None, str]] = {
    "WhatsApp": ("Cancel", {"interactive": {"button_reply": {"id": "rm:r1:cancel"}}}, None, "cancel"),
    "Instagram": ("Cancel", {"quick_reply": {"payload": "rm:r1:cancel"}}, None, "cancel"),
    "a number": (" 2 ", {}, OPTIONS, "move"),
    "its words": ("i’ll be there".replace("’", "'"), {}, OPTIONS, "here"),
    "another button": ("x", {"interactive": {"button_reply": {"id": "c1"}}}, None, ""),
    "nonsense": ("x", {"interactive": [1], "quick_reply": "rm:a:b"}, None, ""),
    "a number that is none of them": ("7", {}, OPTIONS, ""),
    "nothing": ("", {}, OPTIONS, ""),
}


@pytest.mark.parametrize(("text", "content", "options", "act"), TAPPED.values(), ids=TAPPED)
def test_what_was_tapped(text: str, content: Any, options: str | None, act: str) -> None:
    found = tapped({"text": text, "content": json.dumps(content), "options": options})
    assert (found.act if found else "") == act


def notes(turn: Turn) -> str:
    return " ".join(said.text for said in turn.transcript if said.author == "note")
