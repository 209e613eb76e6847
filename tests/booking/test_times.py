"""Times that are offered: rules, calendars and our own meetings together, minted for one conversation; fails closed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away
from gateway.booking.desk import Found
from gateway.booking.meeting import Limits, Unavailable, Wish
from gateway.booking.times import CalendarTimes
from gateway.db import Pool
from tests.actor import say
from tests.booking.diary import Diary
from tests.business import Business

MADRID = ZoneInfo("Europe/Madrid")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULES: dict[str, Any] = {
    "zone": "Europe/Madrid", "hours": {day: [["09:00", "17:00"]] for day in DAYS}, "minutes": 30, "notice_minutes": 60,
    "window_days": 14, "most_a_day": 5,
}  # fmt: skip


async def claim_of(business: Business) -> dict[str, Any]:
    await say(business, "I would like to come")
    conversation = await business.conversation()
    names = ("user_id", "conversation_id", "agent_id", "customer_id")
    return {**{name: conversation[name] for name in names}, "turn_id": None}


async def find(business: Business, diary: Diary, wish: str = "", rules: dict[str, Any] = RULES) -> Found:
    claim = await claim_of(business)
    return await CalendarTimes(business.pool, diary).find(claim, rules, wish, "en")


async def test_offers_are_spread_over_days_and_can_be_booked(pool: Pool, business: Business) -> None:
    diary = Diary()
    found = await find(business, diary)
    assert len(found.offers) == 6
    local = [one.starts_at.astimezone(MADRID) for one in found.offers]
    assert len({one.date() for one in local}) == 6
    assert all(9 <= one.hour < 17 for one in local)
    conversation_id = (await business.conversation())["conversation_id"]
    wish = Wish(user_id=business.user_id, conversation_id=conversation_id, token=found.offers[0].token)
    row = await Bookings(pool, diary, tz_version="x").book(wish)
    assert (row["status"], row["meeting_time"]) == ("scheduled", found.offers[0].starts_at)
    again = await find(business, diary)
    assert found.offers[0].starts_at not in [one.starts_at for one in again.offers]


async def test_a_wish_narrows_and_what_nearly_fits_is_said_to(business: Business) -> None:
    tomorrow = (datetime.now(MADRID) + timedelta(days=1)).date()
    found = await find(business, Diary(), "tomorrow afternoon")
    assert {one.starts_at.astimezone(MADRID).date() for one in found.offers} == {tomorrow}
    assert all(one.starts_at.astimezone(MADRID).hour >= 12 for one in found.offers)
    assert found.why == ""
    closed = {**RULES, "dates": {tomorrow.isoformat(): []}}
    near = await find(business, Diary(), "tomorrow afternoon", closed)
    assert near.offers
    assert "Nothing is free then" in near.why


async def test_what_is_busy_is_not_offered(business: Business) -> None:
    diary = Diary()
    for day in range(20):
        start = datetime.now(MADRID).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=day)
        diary.own(start.replace(hour=9).astimezone(UTC), minutes=7 * 60)
    found = await find(business, diary)
    assert {one.starts_at.astimezone(MADRID).hour for one in found.offers} == {16}


@pytest.mark.parametrize("state", ["none", "revoked"])
async def test_without_a_connection_nothing_is_offered(business: Business, state: str) -> None:
    with pytest.raises(Unavailable):
        await find(business, Diary(state=state))


async def test_a_calendar_that_does_not_answer_is_not_free(pool: Pool, business: Business) -> None:
    with pytest.raises(Unavailable):
        await find(business, Diary(before={"busy": [Away("timeout")]}))
    hosts = {**RULES, "hosts": ["ada@example.com", "bo@example.com"]}
    found = await find(business, Diary(before={"busy": [Away("timeout")]}), "", hosts)
    assert found.offers
    assert {row["host"] for row in await pool.fetch("select host from offers")} == {"bo@example.com"}


async def test_rules_that_cant_be_read_offer_nothing_and_book_nothing(pool: Pool, business: Business) -> None:
    times, claim = CalendarTimes(pool, Diary()), await claim_of(business)
    meeting = {"meeting_time": datetime.now(UTC), "host": "", "duration_minutes": 30}
    for rules in ({**RULES, "zone": "Mars/Base"}, {**RULES, "minutes": "soon"}, {}):
        with pytest.raises(Unavailable, match="saved again"):
            await times.find(claim, rules, "", "en")
        with pytest.raises(Unavailable, match="saved again"):
            await times.others(claim, rules, meeting, "en")
        with pytest.raises(Unavailable, match="saved again"):
            times.limits(rules)
    assert await pool.fetchval("select count(*) from offers") == 0


def test_limits_are_those_of_the_rules() -> None:
    assert CalendarTimes(None, Diary()).limits(RULES) == Limits(a_day=5)  # type: ignore[arg-type]
