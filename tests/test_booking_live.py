"""A meeting from the first question to its end, on each channel, over real HTTP on all sides."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.app import running
from gateway.booking.words import label, short_label
from gateway.db import Pool
from gateway.demo import BOOKING, LINES, USER, Line, Plan, furnish, open_diary, plan
from gateway.processes import Process
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from sandbox.scripts import SCRIPTS, Script
from tests.business import KEY
from tests.waiting import until

MADRID = ZoneInfo("Europe/Madrid")
ENGLISH = SCRIPTS[0]
ON = {line.platform: line for line in reversed(LINES)}
WHO = {"whatsapp": "15550107001", "instagram": "7001", "sms": "+15550107001", "webchat": "visitor-7001"}


class Place:
    """A port of this machine that is ours from the beginning, and one server on it after the other."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self._server: TestServer | None = None

    async def serve(self, app: web.Application) -> None:
        await self.clear()
        mine = self._socket.dup()
        self._server = TestServer(app, host="localhost", port=self.port, socket_factory=lambda *_: mine)
        await self._server.start_server()

    async def clear(self) -> None:
        server, self._server = self._server, None
        if server:
            await server.close()

    async def close(self) -> None:
        await self.clear()
        self._socket.close()


@dataclass
class Demo:
    """The demo's business and its stand-ins, and whoever writes to it."""

    plan: Plan
    http: ClientSession
    pool: Pool
    stand_ins: Place
    config: Config

    async def begin(self) -> None:
        """Starts the stand-ins, which know nothing any more, as the demo does."""
        await self.stand_ins.serve(make_app(self.config, self.stand_ins.url, "localhost"))
        await open_diary(self.plan)

    async def asked(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.plan.sandbox_url + path, json=body) as answer:
            assert answer.status < 300, await answer.text()
            return await answer.json()

    async def read(self, line: Line, customer: str) -> list[dict[str, Any]]:
        """What the business wrote to a customer."""
        query = f"channel={line.platform}&number={line.id}&customer={customer.replace('+', '%2B')}"
        answer = await self.asked("GET", f"/_sandbox/messages?{query}")
        return [one for one in answer["messages"] if one["side"] == "business"]

    async def says(self, line: Line, customer: str, text: str, *, parts: int = 1) -> list[str]:
        """A customer writes; what he reads of it, in so many messages."""
        before = len(await self.read(line, customer))
        message = {"channel": line.platform, "number": line.id, "from": customer, "text": text}
        await self.asked("POST", "/_sandbox/messages", message)

        async def answered() -> list[str]:
            read = (await self.read(line, customer))[before:]
            return [one["text"] for one in read] if len(read) >= parts else []

        return await until(answered, 30)

    async def offered(self, line: Line, customer: str) -> list[tuple[str, datetime]]:
        """The times that a customer was offered last, as he reads them, and when they are."""
        shown = (await self.read(line, customer))[-1]
        titles = [one["title"] for one in shown["choices"]] or re.findall(r"^\d+\. (.+)$", shown["text"], re.MULTILINE)
        if line.platform == "webchat":
            calls = (await self.asked("GET", "/_sandbox/calls?provider=webchat"))["calls"]
            message = next(one["request"]["message"] for one in reversed(calls) if one["id"] == shown["id"])
            titles = [one["title"] for one in message["content"]["options"]]
        rows = await self.pool.fetch("select distinct starts_at from offers")
        starts = [row["starts_at"] for row in rows]
        known = {short_label(start, MADRID, script.code): start for script in SCRIPTS for start in starts}
        return [(title, known[title]) for title in titles]

    async def meeting(self) -> Any:
        """The only meeting that there is."""
        (row,) = await self.pool.fetch("select * from meetings where user_id = $1", USER)
        return row

    async def events(self) -> list[dict[str, Any]]:
        """What stands in the calendar at Google."""
        answer = await self.asked("GET", "/_sandbox/google/events")
        return [one for one in answer["events"] if one["status"] != "cancelled"]


@pytest.fixture
async def places() -> AsyncIterator[tuple[Place, Place]]:
    """For the gateway and for the stand-ins. These end first: a visitor's socket keeps the gateway open."""
    gateway, stand_ins = Place(), Place()
    yield gateway, stand_ins
    await stand_ins.close()
    await gateway.close()


@pytest.fixture
async def demo(dsn: str, pool: Pool, tmp_path: Path, places: tuple[Place, Place]) -> AsyncIterator[Demo]:
    gateway, stand_ins = places
    settings = Settings(
        database_url=dsn, secret_keys=(KEY,), port=gateway.port, public_url=gateway.url, state_dir=tmp_path
    )
    the_plan = plan(settings, stand_ins.port, tmp_path / "demo")
    config = Config.model_validate(the_plan.sandbox_config(await furnish(the_plan, quiet_ms=50)))
    env = {**the_plan.gateway_env, "DATABASE_URL": dsn, "SECRET_KEYS": KEY}
    env |= {"OPENAI_API_KEY": the_plan.secrets["openai"], "OPENAI_BASE_URL": f"{the_plan.sandbox_url}/v1"}
    async with running(Settings.read(env), "all") as app, ClientSession() as http:
        await gateway.serve(app)
        one = Demo(the_plan, http, pool, stand_ins, config)
        await one.begin()
        yield one
        await stand_ins.clear()
        await gateway.clear()


def at(event: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(event["start"]["dateTime"])


@pytest.mark.parametrize("platform", list(WHO))
async def test_book_change_my_mind_cancel(demo: Demo, platform: str) -> None:
    line, customer = ON[platform], WHO[platform]
    (asked,) = await demo.says(line, customer, "Hi, I would like an appointment")
    assert ENGLISH.lines["offers"] in asked
    choices = await demo.offered(line, customer)
    assert len({start.date() for _, start in choices}) == len(choices) > 2

    title, start = choices[1]
    told, after = await demo.says(line, customer, "2" if platform == "sms" else title, parts=2)
    row, (event,) = await demo.meeting(), await demo.events()
    assert told.startswith(f"You are booked: {BOOKING['title']}, {label(start, MADRID, 'en')}.")
    assert ENGLISH.lines["see_you"] in after
    assert (row["state"], row["status"], row["meeting_time"]) == ("scheduled", "scheduled", start)
    assert (event["id"], at(event), event["summary"]) == (row["google_event_id"], start, BOOKING["title"])
    assert event["extendedProperties"]["private"] == {"meeting_id": row["meeting_id"]}

    (asked,) = await demo.says(line, customer, "I changed my mind, could we take another day?")
    assert ENGLISH.lines["moving"] in asked
    _, later = (await demo.offered(line, customer))[2]
    told, _ = await demo.says(line, customer, "3", parts=2)
    row, (event,) = await demo.meeting(), await demo.events()
    assert told.startswith(f"Your appointment has been moved: {BOOKING['title']}, {label(later, MADRID, 'en')}.")
    assert (row["state"], row["meeting_time"], row["sequence"]) == ("scheduled", later, 1)
    assert (event["id"], at(event)) == (row["google_event_id"], later)

    told, after = await demo.says(line, customer, "Sorry, please cancel it", parts=2)
    row = await demo.meeting()
    assert told == f"Your appointment has been cancelled: {BOOKING['title']}, {label(later, MADRID, 'en')}."
    assert ENGLISH.lines["called_off"] in after
    assert (row["state"], row["status"], row["told_change"], await demo.events()) == ("cancelled", "cancelled", 3, [])
    kinds = await demo.pool.fetch("select type from events where type like 'meeting.%' order by type")
    assert [one["type"] for one in kinds] == ["meeting.booked", "meeting.booked", "meeting.cancelled"]
    assert len(await demo.read(line, customer)) == 8


TALKS = {
    "de": ("Hallo, ich möchte einen Termin", "Kann ich den Termin verschieben?", "Ich muss leider absagen"),
    "es": ("Hola, quiero una cita", "¿Puedo cambiar la cita a otro día?", "Quiero cancelar, por favor"),
}


@pytest.mark.parametrize("script", [one for one in SCRIPTS if one.code in TALKS], ids=lambda one: one.code)
async def test_in_the_customers_language(demo: Demo, script: Script) -> None:
    line, customer = ON["whatsapp"], WHO["whatsapp"]
    books, moves, cancels = TALKS[script.code]
    assert script.lines["offers"] in (await demo.says(line, customer, books))[0]
    told, after = await demo.says(line, customer, "1", parts=2)
    assert label((await demo.meeting())["meeting_time"], MADRID, script.code) in told
    assert script.lines["see_you"] in after
    assert script.lines["moving"] in (await demo.says(line, customer, moves))[0]
    title, start = (await demo.offered(line, customer))[3]
    assert title == short_label(start, MADRID, script.code)
    told, _ = await demo.says(line, customer, title, parts=2)
    assert label(start, MADRID, script.code) in told
    assert script.lines["called_off"] in (await demo.says(line, customer, cancels, parts=2))[1]
    assert ((await demo.meeting())["state"], await demo.events()) == ("cancelled", [])


async def test_of_two_who_want_one_time_the_second_is_offered_others(demo: Demo) -> None:
    first, second = ON["whatsapp"], ON["instagram"]
    for line in (first, second):
        await demo.says(line, WHO[line.platform], "I need an appointment")
    title, start = (await demo.offered(first, WHO["whatsapp"]))[0]
    assert (title, start) in await demo.offered(second, WHO["instagram"])
    await demo.says(first, WHO["whatsapp"], title, parts=2)
    (sorry,) = await demo.says(second, WHO["instagram"], title)
    assert ENGLISH.lines["gone"] in sorry
    assert start not in [when for _, when in await demo.offered(second, WHO["instagram"])]
    await demo.says(second, WHO["instagram"], "1", parts=2)
    assert len({at(one) for one in await demo.events()}) == 2
    assert await demo.pool.fetchval("select count(*) from meetings where state = 'scheduled'") == 2


async def test_a_time_that_the_owner_took_meanwhile_is_not_sold(demo: Demo) -> None:
    line, customer = ON["sms"], WHO["sms"]
    await demo.says(line, customer, "I need an appointment")
    _, start = (await demo.offered(line, customer))[0]
    await demo.asked("POST", "/_sandbox/google/events", {"do": "add", "start": start.isoformat(), "minutes": 30})
    (sorry,) = await demo.says(line, customer, "1")
    assert ENGLISH.lines["gone"] in sorry
    assert len(await demo.events()) == 1
    assert await demo.pool.fetchval("select count(*) from meetings where status = 'scheduled'") == 0


@pytest.mark.parametrize("kind", ["drop_after_store", "error_after_store"])
async def test_an_answer_that_was_lost_is_one_meeting_and_one_confirmation(demo: Demo, kind: str) -> None:
    line, customer = ON["whatsapp"], WHO["whatsapp"]
    await demo.says(line, customer, "I need an appointment")
    await demo.asked("POST", "/_sandbox/faults", {"kind": kind, "provider": "google", "event": "insert"})
    told, _ = await demo.says(line, customer, "1", parts=2)
    assert told.startswith("You are booked")
    assert ((await demo.meeting())["state"], len(await demo.events())) == ("scheduled", 1)


async def test_a_calendar_that_does_not_answer_offers_nothing(demo: Demo) -> None:
    line, customer = ON["whatsapp"], WHO["whatsapp"]
    fault = {"kind": "server_error", "provider": "google", "event": "freebusy", "count": 100}
    await demo.asked("POST", "/_sandbox/faults", fault)
    (sorry,) = await demo.says(line, customer, "I need an appointment")
    assert ENGLISH.lines["away"] in sorry
    assert await demo.pool.fetchval("select owner from conversations") == "human"
    assert await demo.pool.fetchval("select count(*) from offers") == 0


async def test_what_the_stand_in_forgot_is_in_the_calendar_again(demo: Demo) -> None:
    line, customer = ON["whatsapp"], WHO["whatsapp"]
    await demo.says(line, customer, "I need an appointment")
    await demo.says(line, customer, "1", parts=2)
    await demo.begin()
    row, (event,) = await demo.meeting(), await demo.events()
    assert (event["id"], at(event)) == (row["google_event_id"], row["meeting_time"])
    await demo.says(line, customer, "Can we move it?")
    title, start = (await demo.offered(line, customer))[1]
    await demo.says(line, customer, title, parts=2)
    row, (event,) = await demo.meeting(), await demo.events()
    assert (row["state"], row["meeting_time"], at(event)) == ("scheduled", start, start)


@pytest.mark.slow
async def test_the_demo_itself_books(dsn: str, pool: Pool, tmp_path: Path, places: tuple[Place, Place]) -> None:
    gateway, stand_ins = places[0].port, places[1].port
    for place in places:
        await place.close()
    own = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    env = {**own, "DATABASE_URL": dsn, "SECRET_KEYS": KEY, "STATE_DIR": str(tmp_path)}
    env |= {"PORT": str(gateway), "PUBLIC_URL": f"http://localhost:{gateway}", "SANDBOX_PORT": str(stand_ins)}
    command = Process("demo", ["gateway", "demo", "--json"], env, tmp_path / "log")
    command.start()
    try:
        await until(lambda: _told(command), 50)
        settings = Settings(database_url=dsn, secret_keys=(KEY,), state_dir=tmp_path)
        async with ClientSession() as http:
            one = Demo(plan(settings, stand_ins, tmp_path / "demo"), http, pool, places[1], Config())
            line, customer = ON["webchat"], WHO["webchat"]
            await one.says(line, customer, "I need an appointment")
            await one.says(line, customer, "1", parts=2)
            row, (event,) = await one.meeting(), await one.events()
            assert (event["id"], at(event)) == (row["google_event_id"], row["meeting_time"])
    finally:
        command.stop()


async def _told(command: Process) -> bool:
    assert command.alive, command.last_words()
    return command.last_words().startswith('{"phones"')
