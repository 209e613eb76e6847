"""The page on which anybody books: free times, a form, one meeting for one form. Real HTTP, a calendar in memory."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime
from typing import Any

import pytest

from gateway.booking.calendars import Away, Refused
from gateway.booking.sheets import stamp
from gateway.db import Pool
from tests.booking.diary import meetings
from tests.booking.test_pages import ALWAYS, Shop, at_clock, shop

__all__ = ["shop"]
ANNA = {"name": "Anna Berg", "email": "Anna@Berg.example", "phone": "+46 70 174 06 05"}


async def opened(shop: Shop, **settings: Any) -> str:
    """Gives the business a webchat number; returns the path of its agent's page."""
    number = await shop.business.add_number("webchat", **settings)
    await shop.rules()
    return f"/book/{number.agent_id}"


async def form_at(shop: Shop, path: str, at: datetime, **query: str) -> dict[str, str]:
    """The hidden fields of the form for a time."""
    more = "".join(f"&{name}={value}" for name, value in query.items())
    status, text = await shop.get(f"{path}?at={stamp(at)}{more}")
    assert status == 200, text
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))


async def test_anybody_books_and_gets_the_page_of_his_meeting(shop: Shop, pool: Pool) -> None:
    path, at = await opened(shop), at_clock(3, 9)
    status, times = await shop.get(path)
    assert status == 200
    for wanted in ("Cleaning", "Bloom Dental", f"?at={stamp(at)}", "local time in Madrid"):
        assert wanted in times
    status, text = await shop.post(path, **ANNA, **await form_at(shop, path, at))
    assert (status, "is booked" in text) == (200, True)
    (row,) = await meetings(pool, "scheduled")
    assert (row["meeting_time"], row["customer_name"], row["customer_email"]) == (at, "Anna Berg", "anna@berg.example")
    assert (row["title"], row["by"], row["duration_minutes"]) == ("Cleaning", "customer", 60)
    assert [one.start for one in shop.diary.standing] == [at]
    message = await pool.fetchrow("select * from messages")
    assert message is not None
    assert (message["sequence_no"], message["kind"], row["accepted_no"]) == (1, "system", 1)
    assert message["text"].endswith("Anna Berg\nanna@berg.example\n+46701740605")
    assert "09:00 (Madrid)" in message["text"]
    # Nobody asked anything, so no agent is paid to answer.
    assert await pool.fetchval("select count(*) from conversations where due_at is not null") == 0
    assert "?at=" + stamp(at) not in (await shop.get(path))[1]


async def test_looking_makes_nothing(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    await form_at(shop, path, at_clock(3, 9))
    for table in ("offers", "conversations", "customers", "meetings"):
        assert await pool.fetchval(f"select count(*) from {table}") == 0  # noqa: S608


async def test_one_form_is_one_meeting_however_often_it_is_sent(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    form = ANNA | await form_at(shop, path, at_clock(3, 9))
    answers = await asyncio.gather(*(shop.post(path, **form) for _ in range(6)))
    assert {status for status, _ in answers} == {200}
    assert "is booked" in (await shop.post(path, **form))[1]
    assert len(await meetings(pool, "scheduled", "held", "booking")) == 1
    assert await pool.fetchval("select count(*) from conversations") == 1


async def test_one_time_goes_to_one_of_many(shop: Shop, pool: Pool) -> None:
    path, at = await opened(shop), at_clock(3, 9)
    forms = [await form_at(shop, path, at) for _ in range(6)]
    answers = await asyncio.gather(
        *(shop.post(path, **form, name=f"N{n}", email=f"n{n}@berg.example") for n, form in enumerate(forms))
    )
    assert sorted(status for status, _ in answers) == [200, *[409] * 5]
    assert all("not free any more" in text and "?at=" in text for status, text in answers if status == 409)
    assert len(await meetings(pool, "scheduled")) == 1


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({"name": " "}, "write your name"),
        ({"name": "x" * 101}, "write your name"),
        ({"email": "anna"}, "whole e-mail"),
        ({"email": "a@b.example, c@d.example"}, "whole e-mail"),
        ({"phone": "12"}, "with its country"),
        ({"email": "", "name": ""}, "whole e-mail"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_field(
    shop: Shop, pool: Pool, change: dict[str, str], wanted: str
) -> None:
    path = await opened(shop)
    form = ANNA | await form_at(shop, path, at_clock(3, 9)) | change
    status, text = await shop.post(path, **form)
    assert (status, wanted in text) == (422, True)
    assert 'aria-invalid="true"' in text
    kept = [one for one in ("Anna Berg", "Anna@Berg.example", "+46 70 174 06 05") if one in form.values()]
    assert all(f'value="{one}"' in text for one in kept)
    assert await meetings(pool, "scheduled", "held", "booking") == []
    # The form that came back can be sent.
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    assert "is booked" in (await shop.post(path, **ANNA, **hidden))[1]


async def test_a_form_that_was_not_made_here_books_nothing(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    form = ANNA | await form_at(shop, path, at_clock(3, 9))
    for change in (
        {"at": stamp(at_clock(3, 10))}, {"visitor": "vis_" + "0" * 32}, {"proof": "0" * 40}, {"proof": ""}, {"at": ""},
        {"visitor": "46701740605"}, {"website": "https://spam.example"},
    ):  # fmt: skip
        status, text = await shop.post(path, **(form | change))
        assert (status, "?at=" in text) == (200, True)
    async with shop.http.post(shop.url + path, json=form) as answer:
        assert answer.status == 200
    assert await pool.fetchval("select count(*) from meetings") == 0
    assert await pool.fetchval("select count(*) from conversations") == 0


async def test_an_address_books_only_so_often(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    seen = []
    for hour in (8, 9, 10, 11):
        status, text = await shop.post(path, **ANNA, **await form_at(shop, path, at_clock(3, hour)))
        seen.append(status)
    assert (seen, "several appointments" in text.lower()) == ([200, 200, 200, 422], True)
    statuses = [(await shop.post(path, at="x"))[0] for _ in range(25)]
    assert statuses[-1] == 429


async def test_a_calendar_that_is_away_books_nothing(shop: Shop, pool: Pool) -> None:
    path, at = await opened(shop), at_clock(3, 9)
    form = ANNA | await form_at(shop, path, at)
    shop.diary.before["busy"] = [Refused("x")]
    status, text = await shop.post(path, **form)
    assert (status, "be reached at the moment" in text) == (422, True)
    shop.diary.before["insert"] = [Away("x"), Away("x")]
    assert "still confirming" in (await shop.post(path, **form))[1]
    assert "still confirming" in (await shop.post(path, **form))[1]
    assert len(await meetings(pool, "booking")) == 1
    shop.diary.state = "revoked"
    await shop.rules(notice_minutes=60)  # so that nobody has looked yet
    assert (await shop.get(path))[0] == 503


async def test_many_who_look_ask_the_calendar_once(shop: Shop) -> None:
    path = await opened(shop)
    await asyncio.gather(*(shop.get(path) for _ in range(20)))
    assert shop.diary.calls["busy"] == 1


async def test_where_nothing_can_be_booked_it_is_said(shop: Shop, pool: Pool) -> None:
    agent = shop.business.number.agent_id
    assert (await shop.get(f"/book/{agent}"))[0] == 503  # no webchat number, so nobody could be a visitor
    await shop.business.add_number("webchat", identity={"required": True})
    await shop.rules()
    assert (await shop.get(f"/book/{agent}"))[0] == 503
    await shop.business.add_number("webchat")
    assert (await shop.get(f"/book/{agent}"))[0] == 200
    for booking in ('{"zone": "Mars/Base"}', None):
        await pool.execute("update agents set booking = $1", booking)
        assert (await shop.get(f"/book/{agent}"))[0] == 503
    for other in ("agt_x", "%00", "x" * 60):
        assert (await shop.get(f"/book/{other}"))[0] == 404
    await pool.execute("update users set suspended_at = now()")
    assert (await shop.get(f"/book/{agent}"))[0] == 404


async def test_the_page_of_an_agent_on_another_channel_books_with_its_rules(shop: Shop, pool: Pool) -> None:
    await shop.business.add_number("webchat")
    await shop.business.pool.execute(
        "update agents set booking = null where agent_id <> $1", shop.business.number.agent_id
    )
    path, at = f"/book/{shop.business.number.agent_id}", at_clock(3, 9)
    async with shop.http.post(shop.url + path, data=ANNA | await form_at(shop, path, at)) as answer:
        page = answer.url.path
    assert page.startswith("/m/")
    assert f"?at={stamp(at_clock(4, 9))}" in (await shop.get(f"{page}/change"))[1]
    assert (await shop.post(f"{page}/change", at=stamp(at_clock(4, 9))))[0] == 200
    assert [row["meeting_time"] for row in await meetings(pool, "scheduled")] == [at_clock(4, 9)]


async def test_kinds_of_meetings_are_chosen_from(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    kinds = {"intro": 30, "demo": 60}
    rules = {"zone": "Europe/Madrid", "title": "Call", "hours": ALWAYS, "grid_minutes": 60, "kinds": kinds}
    await pool.execute("update agents set booking = $1::text::jsonb", json.dumps(rules))
    _, text = await shop.get(path)
    assert "intro · 30 minutes" in text
    assert "?kind=demo" in text
    form = await form_at(shop, path, at_clock(3, 9), kind="demo")
    assert form["kind"] == "demo"
    assert (await shop.post(path, **ANNA, **(form | {"kind": "intro"})))[0] == 200
    assert await meetings(pool, "scheduled") == []
    assert "60 minutes" in (await shop.post(path, **ANNA, **form))[1]
    (row,) = await meetings(pool, "scheduled")
    assert row["duration_minutes"] == 60


async def test_it_speaks_the_language_of_the_browser(shop: Shop, pool: Pool) -> None:
    path = await opened(shop)
    await pool.execute("update agents set language = 'de'")
    assert "Alle Zeiten sind Ortszeit in Madrid." in (await shop.get(path))[1]
    _, text = await shop.get(path, **{"Accept-Language": "ar-EG,en;q=0.5"})
    assert 'dir="rtl"' in text
