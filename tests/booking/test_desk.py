"""Booking in a conversation: offers, tokens, confirmations from rows, whatever becomes of the turn."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from agents.types import Bubble, Reply, Turn
from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away
from gateway.booking.desk import BookingDesk, Found, Offer
from gateway.booking.meeting import Limits, Unavailable
from gateway.bus import Bus
from gateway.db import Pool, Row
from tests.actor import Actor, say, use
from tests.booking.diary import SOON, Diary, meetings, offer
from tests.business import Business
from tests.gateway.test_turns import answered, working
from tests.waiting import until

MADRID = ZoneInfo("Europe/Madrid")


@dataclass
class Fixed:
    """Finds the times that a test gives it, and mints offers of them."""

    business: Business
    starts: list[datetime]
    found: Found | Exception | None = None
    wishes: list[str] = field(default_factory=list)
    most: Exception | None = None

    async def find(self, claim: Row, rules: Mapping[str, Any], wish: str, language: str) -> Found:
        self.wishes.append(wish)
        if isinstance(self.found, Exception):
            raise self.found
        if self.found:
            return self.found
        minted = [await offer(self.business, start) for start in self.starts]
        starts = zip(minted, self.starts, strict=True)
        return Found(offers=[Offer(token=one.token, starts_at=start, zone=MADRID) for one, start in starts])

    def limits(self, rules: Mapping[str, Any]) -> Limits:
        if self.most:
            raise self.most
        return Limits()


def desk_of(business: Business, diary: Diary, times: Fixed) -> BookingDesk:
    bookings = Bookings(business.pool, diary, tz_version="2026f")
    return BookingDesk(business.pool, Bus(), bookings, times)


async def may_book(business: Business) -> None:
    await business.pool.execute('update agents set booking = \'{"title": "Cleaning"}\'')


async def play(business: Business, diary: Diary, *does: Any, times: Fixed | None = None) -> Actor:
    """A message for each thing that the agent does, one after the other."""
    await may_book(business)
    actor = Actor(list(does))
    desk = desk_of(business, diary, times or Fixed(business, [SOON, SOON + timedelta(days=1)]))
    async with working(business.pool, actor, booking=desk):
        for n, _ in enumerate(does, 1):
            await say(business, f"message {n}")
            await until(lambda n=n: _committed(business, n))  # type: ignore[misc]
    return actor


async def _committed(business: Business, turns: int) -> bool:
    count = await business.pool.fetchval("select count(*) from turns where state = 'committed'")
    return bool(count == turns)


TOKENS: list[str] = []


async def finds(turn: Turn) -> Any:
    done = await use(turn, "find_times", wish="next week")
    assert not isinstance(done, str), done
    offers = json.loads(done.text)["offers"]
    TOKENS[:] = [one["token"] for one in offers]
    choices = tuple(one["choice"] for one in offers)
    return Reply(messages=(Bubble(text="When would you like to come?", choices=choices),))


async def books(turn: Turn) -> Any:
    done = await use(turn, "book", token=TOKENS[0], name="Anna", email="anna@berg.example")
    assert getattr(done, "receipt", "") == "booked", done
    return "See you then!"


async def test_what_begins_too_soon_the_customer_does_not_change_here(pool: Pool, business: Business) -> None:
    async def tries(turn: Turn) -> Any:
        await pool.execute("update meetings set late_minutes = 100000000")
        for done in (
            await use(turn, "reschedule", meeting="", token=TOKENS[1]), await use(turn, "cancel_meeting", meeting="")
        ):  # fmt: skip
            assert "begins so soon" in str(done)
        return "That is too soon to be changed here."

    await play(business, Diary(), finds, books, tries)
    assert (await business.transcript())[-1][2] == "That is too soon to be changed here."
    assert len(await meetings(pool, "scheduled")) == 1


async def test_book_change_my_mind_cancel(pool: Pool, business: Business) -> None:
    diary = Diary()

    async def moves(turn: Turn) -> Any:
        assert "booked" in turn.receipts
        assert any(TITLE in said.text for said in turn.transcript if said.author == "note")
        done = await use(turn, "reschedule", meeting="", token=TOKENS[1])
        assert getattr(done, "receipt", "") == "rescheduled", done
        return "Moved!"

    async def cancels(turn: Turn) -> Any:
        done = await use(turn, "cancel_meeting", meeting="")
        assert getattr(done, "receipt", "") == "cancelled", done
        return "A pity!"

    await play(business, diary, finds, books, moves, cancels)
    said = [(author, text) for _, author, text in await business.transcript() if author != "customer"]
    assert said[0] == ("ai", "When would you like to come?")
    assert said[1][1].startswith("You are booked: Cleaning, Monday, January 7, 2030, 10:00 (Madrid).")
    assert said[2] == ("ai", "See you then!")
    assert said[3][1].startswith("Your appointment has been moved: Cleaning, Tuesday, January 8, 2030, 10:00 (Madrid).")
    assert said[5][1] == "Your appointment has been cancelled: Cleaning, Tuesday, January 8, 2030, 10:00 (Madrid)."
    (row,) = await meetings(pool, "cancelled")
    assert (row["change"], row["told_change"], row["customer_email"], diary.standing) == (3, 3, "anna@berg.example", [])


TITLE = "Cleaning"


async def test_a_turn_that_is_superseded_has_booked_all_the_same(pool: Pool, business: Business) -> None:
    diary, bus = Diary(), Bus()
    await may_book(business)

    async def interrupted(turn: Turn) -> Any:
        done = await books(turn)
        await say(business, "and can I bring my dog?", bus=bus)
        return done

    async def goes_on(turn: Turn) -> Any:
        assert "booked" in turn.receipts
        note = next(said.text for said in turn.transcript if said.author == "note" and "Done just now" in said.text)
        assert "Cleaning" in note
        return "Dogs are welcome."

    actor = Actor([finds, interrupted, goes_on])
    async with working(pool, actor, booking=desk_of(business, diary, Fixed(business, [SOON])), bus=bus):
        await say(business, "I want to come", bus=bus)
        await until(answered(business, 1))
        await say(business, "the first one", bus=bus)
        await until(answered(business, 3))
    texts = [text for _, author, text in await business.transcript() if author != "customer"]
    assert texts[1].startswith("You are booked")
    assert texts[2:] == ["Dogs are welcome."]
    assert len(diary.standing) == 1
    assert await pool.fetchval("select count(*) from messages where text like 'You are booked%'") == 1


async def test_a_time_that_is_gone_is_told_to_the_model_not_to_the_customer(pool: Pool, business: Business) -> None:
    diary = Diary()

    async def too_late(turn: Turn) -> Any:
        diary.own(SOON)
        failed = await use(turn, "book", token=TOKENS[0], name="", email="")
        assert isinstance(failed, str)
        assert "Nothing was changed" in failed
        return await finds(turn)

    await play(business, diary, finds, too_late)
    assert await meetings(pool, "scheduled", "booking", "held") == []


async def test_tokens_that_nobody_minted_book_nothing(pool: Pool, business: Business) -> None:
    async def invents(turn: Turn) -> Any:
        for token in ("2030-01-07T10:00", "", "x" * 40):
            assert "Nothing was changed" in str(await use(turn, "book", token=token, name="", email=""))
        assert "no e-mail address" in str(await use(turn, "book", token=TOKENS[0], name="", email="anna@"))
        return "Sorry"

    await play(business, Diary(), finds, invents)
    assert await pool.fetchval("select count(*) from meetings") == 0


async def test_without_a_calendar_the_model_offers_nothing(business: Business) -> None:
    async def asks(turn: Turn) -> Any:
        assert "Offer no time" in str(await use(turn, "find_times", wish=""))
        return "Somebody will get back to you."

    await play(business, Diary(), asks, times=Fixed(business, [], Unavailable("away")))


async def test_an_ambiguous_wish_is_asked_back(business: Business) -> None:
    async def asks(turn: Turn) -> Any:
        done = await use(turn, "find_times", wish="at 5")
        assert json.loads(getattr(done, "text", ""))["options"] == ["05:00", "17:00"]
        return "Morning or afternoon?"

    found = Found(question="In the morning or in the afternoon?", options=("05:00", "17:00"))
    await play(business, Diary(), asks, times=Fixed(business, [], found))


async def test_what_nobody_knows_is_said_as_that(pool: Pool, business: Business) -> None:
    diary = Diary()

    async def hopes(turn: Turn) -> Any:
        diary.before["insert"] = [Away("x"), Away("x")]
        done = await use(turn, "book", token=TOKENS[0], name="", email="")
        assert getattr(done, "receipt", None) == ""
        assert "confirming" in getattr(done, "text", "")
        return "One moment, I am confirming that."

    await play(business, diary, finds, hopes)
    assert await pool.fetchval("select count(*) from messages where text like 'You are booked%'") == 0


async def test_agents_without_rules_have_no_booking_tools(pool: Pool, business: Business) -> None:
    await say(business, "hi")
    actor = Actor([lambda _: "Hello"])
    async with working(pool, actor, booking=desk_of(business, Diary(), Fixed(business, []))):
        await until(answered(business, 1))
    assert "book" not in [tool.name for tool in actor.asked[0].tools]


async def test_rules_that_cant_be_read_book_and_move_nothing(pool: Pool, business: Business) -> None:
    times = Fixed(business, [SOON, SOON + timedelta(days=1)])

    async def tries(turn: Turn) -> Any:
        times.most = Unavailable("Its booking rules can't be read.")
        for done in (
            await use(turn, "book", token=TOKENS[1], name="", email=""),
            await use(turn, "reschedule", meeting="", token=TOKENS[1]),
        ):
            assert "Nothing was changed" in str(done)
        return "Somebody will come back to you."

    await play(business, Diary(), finds, books, tries, times=times)
    assert (await business.transcript())[-1][2] == "Somebody will come back to you."
    assert len(await meetings(pool, "scheduled")) == 1
