"""The pages of customers: one meeting behind a signed link, and times for anybody. Real HTTP, a calendar in memory."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.booking.bookings import Bookings
from gateway.booking.calendars import Away, Refused
from gateway.booking.openings import Openings
from gateway.booking.page import page_routes
from gateway.booking.sheets import FOLDER, _catalogue, stamp
from gateway.booking.signed import MeetingLinks, meeting_routes
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Intake
from gateway.lines import LANGUAGES
from gateway.web import problems
from tests.booking.diary import Diary, meetings, offer
from tests.business import VAULT, Business

MADRID = ZoneInfo("Europe/Madrid")
ALWAYS = {day: [["08:00", "12:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
RULES = {"zone": "Europe/Madrid", "title": "Cleaning", "hours": ALWAYS, "grid_minutes": 60, "minutes": 60}


def at_clock(days: int, hour: int) -> datetime:
    """A moment some days ahead, by Madrid's clocks."""
    there = datetime.now(MADRID) + timedelta(days=days)
    return there.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


@dataclass
class Shop:
    """A business that can be booked, its pages and a browser without script."""

    url: str
    http: ClientSession
    business: Business
    diary: Diary
    links: MeetingLinks

    async def book(self, start: datetime, **more: Any) -> str:
        """Books an offered time; returns the path of its page."""
        wish = replace(await offer(self.business, start, minutes=60, **more), name="Anna", title="Cleaning")
        row = await Bookings(self.business.pool, self.diary, tz_version="2026f").book(wish)
        return self.links.path(self.business.user_id, row["meeting_id"])

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.http.get(self.url + path, headers=headers) as answer:
            return answer.status, await answer.text()

    async def post(self, path: str, **form: str) -> tuple[int, str]:
        """Sends a form; follows to the page behind it."""
        async with self.http.post(self.url + path, data=form) as answer:
            return answer.status, await answer.text()

    async def rules(self, **more: Any) -> None:
        await self.business.pool.execute("update agents set booking = $1", json.dumps({**RULES, **more}))


@pytest.fixture
async def shop(pool: Pool, business: Business) -> AsyncIterator[Shop]:
    diary, links = Diary(), MeetingLinks(VAULT, "https://desk.example.com")
    bookings, openings = Bookings(pool, diary, tz_version="2026f"), Openings(pool, diary)
    app = web.Application(middlewares=[problems])
    bus = Bus()
    app.add_routes(meeting_routes(pool, bus, links, bookings, openings))
    app.add_routes(page_routes(pool, bus, VAULT, Intake(pool, bus), links, bookings, openings))
    async with TestServer(app) as server, ClientSession() as http:
        shop = Shop(str(server.make_url("")).rstrip("/"), http, business, diary, links)
        await shop.rules()
        yield shop


async def test_the_page_shows_the_meeting_and_what_can_be_done(shop: Shop) -> None:
    start = at_clock(3, 9)
    path = await shop.book(start)
    status, text = await shop.get(path)
    assert status == 200
    for wanted in ("Cleaning", "Bloom Dental", "09:00 (Madrid)", "60 minutes", "https://meet.example/x", "is booked"):
        assert wanted in text
    for where in ("change", "cancel", "meeting.ics"):
        assert f'href="{path}/{where}"' in text
    _, file = await shop.get(f"{path}/meeting.ics")
    assert f"DTSTART:{start:%Y%m%dT%H%M00Z}\r\n" in file
    assert f"URL:https://desk.example.com{path}\r\n" in file.replace("\r\n ", "")


async def test_looking_changes_nothing(shop: Shop, pool: Pool) -> None:
    path = await shop.book(at_clock(3, 9))
    before = [tuple(row) for row in await pool.fetch("select * from meetings")]
    for page in ("", "/cancel", "/change", f"/change?at={stamp(at_clock(4, 9))}", "/meeting.ics"):
        assert (await shop.get(path + page))[0] == 200
        async with shop.http.head(shop.url + path + page) as answer:
            assert answer.status == 200
    assert [tuple(row) for row in await pool.fetch("select * from meetings")] == before
    assert await pool.fetchval("select count(*) from offers") == 1


async def test_cancelling_is_asked_once_and_done_once(shop: Shop, pool: Pool) -> None:
    path = await shop.book(at_clock(3, 9))
    _, asked = await shop.get(f"{path}/cancel")
    assert "Cancel this appointment?" in asked
    assert '<form method="post">' in asked
    answers = await asyncio.gather(*(shop.post(f"{path}/cancel") for _ in range(5)))
    assert {status for status, _ in answers} == {200}
    _, text = await shop.get(path)
    assert "is cancelled" in text
    assert "/change" not in text
    (row,) = await meetings(pool, "cancelled")
    assert (row["by"], row["change"], shop.diary.standing) == ("customer", 2, [])


async def test_moving_to_a_free_time(shop: Shop, pool: Pool) -> None:
    path, wanted = await shop.book(at_clock(3, 9)), at_clock(4, 10)
    shop.diary.own(at_clock(4, 9))
    _, times = await shop.get(f"{path}/change")
    assert f"?at={stamp(wanted)}" in times
    assert f"?at={stamp(at_clock(4, 9))}" not in times
    assert f"?at={stamp(at_clock(3, 9))}" not in times  # that is where it is
    assert f"?at={stamp(at_clock(3, 8))}" in times  # not in its own way
    _, asked = await shop.get(f"{path}/change?at={stamp(wanted)}")
    assert "10:00 (Madrid)" in asked
    for _ in range(2):
        status, text = await shop.post(f"{path}/change", at=stamp(wanted))
        assert status == 200
    assert "10:00 (Madrid)" in text
    (row,) = await meetings(pool, "scheduled")
    assert (row["meeting_time"], row["sequence"], row["by"]) == (wanted, 1, "customer")
    (event,) = [one for one in shop.diary.standing if one.ours]
    assert event.start == wanted
    # The offer of a move keeps the agent's rules behind the next one.
    assert (await shop.post(f"{path}/change", at=stamp(at_clock(4, 11))))[0] == 200
    (row,) = await meetings(pool, "scheduled")
    assert (row["meeting_time"], row["sequence"]) == (at_clock(4, 11), 2)


async def test_one_time_for_two_goes_to_one(shop: Shop, pool: Pool) -> None:
    paths = [await shop.book(at_clock(3, 8 + n), customer=f"467{n}") for n in range(3)]
    wanted = at_clock(5, 9)
    answers = await asyncio.gather(*(shop.post(f"{path}/change", at=stamp(wanted)) for path in paths))
    assert sorted(status for status, _ in answers) == [200, 409, 409]
    assert [row["meeting_time"] for row in await meetings(pool, "scheduled")].count(wanted) == 1
    lost = next(text for status, text in answers if status == 409)
    assert "not free any more" in lost
    assert "?at=" in lost


@pytest.mark.parametrize("at", ["", "soon", "20200101T0900Z", "99999999T9999Z", "20300101T0900Z"])
async def test_only_free_times_of_the_rules_are_taken(shop: Shop, pool: Pool, at: str) -> None:
    path = await shop.book(at_clock(3, 9))
    assert (await shop.post(f"{path}/change", at=at))[0] == 409
    assert (await meetings(pool, "scheduled"))[0]["sequence"] == 0


async def test_a_calendar_that_is_away_is_said_as_that(shop: Shop, pool: Pool) -> None:
    path, wanted = await shop.book(at_clock(3, 9)), stamp(at_clock(4, 9))
    shop.diary.before["busy"] = [Refused("x"), Refused("x")]
    assert (await shop.get(f"{path}/change"))[0] == 503
    assert (await shop.post(f"{path}/change", at=wanted))[0] == 503
    shop.diary.after["patch"] = [Away("x")]
    _, text = await shop.post(f"{path}/change", at=wanted)
    assert "still confirming" in text
    (row,) = await meetings(pool, "moving")
    assert row["problem"] == "x"


async def test_other_links_lead_nowhere(shop: Shop, pool: Pool) -> None:
    path = await shop.book(at_clock(3, 9))
    user, meeting, signature = path.removeprefix("/m/").split(".")
    other = await Business.create(pool)
    for token in (
        f"{user}.{meeting}.{'0' * 40}", f"{user}.mtg_1.{signature}", f"{other.user_id}.{meeting}.{signature}",
        f"{user}.{meeting}", f"{user}.{meeting}.", f"{user}.{meeting}.{signature[:20]}", "x", "%00", "..%2F..",
    ):  # fmt: skip
        for method, page in (("GET", ""), ("GET", "/change"), ("POST", "/cancel"), ("GET", "/meeting.ics")):
            async with shop.http.request(method, f"{shop.url}/m/{token}{page}") as answer:
                text = await answer.text()
                assert answer.status == 404, token
                assert "leads nowhere" in text
    assert len(await meetings(pool, "scheduled")) == 1


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ("state = 'booking', status = null", "still confirming"),
        ("state = 'moving'", "still confirming"),
        ("state = 'released', status = null", "could not be booked"),
        ("state = 'completed', status = 'completed'", "is over"),
        ("meeting_time = now() - interval '10 minutes', busy = 'empty'", "is booked"),
        ("meeting_time = now() - interval '3 hours', busy = 'empty'", "is over"),
    ],
)
async def test_what_does_not_stand_can_not_be_changed(shop: Shop, pool: Pool, change: str, wanted: str) -> None:
    path = await shop.book(at_clock(3, 9))
    await pool.execute(f"update meetings set {change}")  # noqa: S608
    for text in (await shop.get(path), await shop.get(f"{path}/change"), await shop.post(f"{path}/cancel")):
        assert wanted in text[1]
        assert f"{path}/cancel" not in text[1]
    assert await pool.fetchval("select count(*) from meetings where state in ('cancelled', 'cancelling')") == 0


@pytest.mark.parametrize("booking", [None, '{"zone": "Mars/Base"}'])
async def test_an_agent_that_books_no_more_leaves_cancelling(shop: Shop, pool: Pool, booking: str | None) -> None:
    path = await shop.book(at_clock(3, 9))
    await pool.execute("update agents set booking = $1", booking)
    _, text = await shop.get(path)
    assert f"{path}/change" not in text
    assert f"{path}/cancel" in text
    assert (await shop.post(f"{path}/change", at=stamp(at_clock(4, 9))))[0] == 200
    assert (await meetings(pool, "scheduled"))[0]["sequence"] == 0


async def test_what_people_write_is_shown_as_text(shop: Shop, pool: Pool) -> None:
    path = await shop.book(at_clock(3, 9))
    await pool.execute(
        "update meetings set title = $1, meet_link = 'javascript:alert(1)'", "<script>alert('a')</script>"
    )
    await pool.execute("update users set company_name = $1", '"><img src=x onerror=alert(1)>')
    for page in ("", "/cancel", "/change"):
        _, text = await shop.get(path + page)
        assert not re.search(r"<script|<img|javascript:", text)
    assert "&lt;script&gt;" in (await shop.get(path))[1]


async def test_a_page_allows_nothing_but_its_style(shop: Shop) -> None:
    path = await shop.book(at_clock(3, 9))
    async with shop.http.get(shop.url + path) as answer:
        policy, text = answer.headers["Content-Security-Policy"], await answer.text()
        assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("no-referrer", "no-store")
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "default-src 'none'" in policy
    assert "'unsafe" not in policy
    assert "http" not in policy
    assert "<script" not in text
    assert not re.search(r'\bstyle="| on\w+=', text)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [("sv", "Tiden är bokad."), ("ar", "هذا الموعد محجوز."), ("pt-BR", "confirmado"), ("xx", "is booked")],
)
async def test_it_speaks_the_language_of_the_customer(shop: Shop, pool: Pool, language: str, wanted: str) -> None:
    path = await shop.book(at_clock(3, 9))
    await pool.execute("update customers set language = $1", language)
    _, text = await shop.get(path)
    assert wanted in text
    assert ('dir="rtl"' in text) is (language == "ar")
    _, text = await shop.get("/m/x", **{"Accept-Language": "da, sv;q=0.8, en;q=0.5, *;q=rubbish"})
    assert "Länken leder ingenstans" in text


def test_every_language_has_every_line() -> None:
    english = _catalogue("en")
    source = "".join(path.read_text() for path in FOLDER.parent.glob("*.py"))
    assert [key for key in english if f'"{key}"' not in source] == []
    assert sorted(path.stem for path in FOLDER.glob("*.po")) == sorted(LANGUAGES)
    for code in LANGUAGES:
        lines = _catalogue(code)
        assert lines.keys() == english.keys()
        for key, text in lines.items():
            assert text.strip(), (code, key)
            assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", english[key]), (code, key)


async def test_a_link_can_not_ask_the_calendar_for_ever(shop: Shop) -> None:
    path = await shop.book(at_clock(3, 9))
    seen = [(await shop.get(f"{path}/change"))[0] for _ in range(20)]
    assert seen[:15] == [200] * 15
    assert seen[-1] == 429


async def test_what_begins_too_soon_can_only_be_kept(shop: Shop, pool: Pool) -> None:
    path = await shop.book(at_clock(3, 9))
    await pool.execute("update meetings set late_minutes = 10000")
    answers = [await shop.get(path), await shop.get(f"{path}/change"), await shop.get(f"{path}/cancel")]
    answers += [await shop.post(f"{path}/cancel"), await shop.post(f"{path}/change", at=stamp(at_clock(4, 9)))]
    for status, text in answers:
        assert status == 200
        assert "begins too soon to be changed here" in text
        assert "meeting.ics" in text
        assert f"{path}/cancel" not in text
        assert f"{path}/change" not in text
    assert (await meetings(pool, "scheduled"))[0]["sequence"] == 0
