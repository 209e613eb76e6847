"""Calendars against the sandbox's Google, which is as strict as its published schema, and misbehaves on demand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from gateway.api.keys import create_key
from gateway.app import running
from gateway.booking.calendars import (
    Away,
    CalendarError,
    Event,
    Exists,
    Gone,
    NotConnected,
    Refused,
    Stale,
    SyncExpired,
    Throttled,
)
from gateway.booking.google import Calendars
from gateway.booking.grants import Grant
from gateway.db import Pool
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from tests.business import KEY, VAULT, Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.ports import free_port
from tests.sandbox.conftest import config_for
from tests.waiting import until

OWNER = "owner@bloomdental.example"
TEAM = "c_team@group.calendar.google.com"
HOLIDAYS = "es.spain#holiday@group.v.calendar.google.com"
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Sandbox:
    """A running one, and somebody who steers it."""

    url: str
    http: ClientSession

    async def asked(self, method: str, path: str, body: Any = None) -> Any:
        async with self.http.request(method, self.url + path, json=body) as answer:
            assert answer.status in (200, 201), await answer.text()
            return await answer.json()

    async def fault(self, kind: str, **order: Any) -> None:
        await self.asked("POST", "/_sandbox/faults", {"kind": kind, "provider": "google", **order})

    async def stored(self, calendar: str = "primary") -> list[dict[str, Any]]:
        answer = await self.asked("GET", f"/_sandbox/google/events?calendar={calendar}")
        return list(answer["events"])

    def settings(self, **more: Any) -> Settings:
        return Settings(
            secret_keys=(KEY,), google_client_id="100000000000-sandbox.apps.googleusercontent.com",
            google_client_secret="GOCSPX-sandbox-client-secret", google_auth_url=f"{self.url}/o/oauth2/v2/auth",
            google_token_url=f"{self.url}/token", google_revoke_url=f"{self.url}/revoke",
            google_api_url=self.url, **more,
        )  # fmt: skip


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    port = free_port()
    config = Config.model_validate(config_for("http://127.0.0.1:9"))
    app = make_app(config, f"http://127.0.0.1:{port}")
    async with TestServer(app, host="127.0.0.1", port=port), ClientSession() as http:
        yield Sandbox(f"http://127.0.0.1:{port}", http)


@pytest.fixture
async def calendars(sandbox: Sandbox, pool: Pool, business: Business) -> AsyncIterator[Calendars]:
    one = Calendars(pool, VAULT, sandbox.settings(), write_seconds=3)
    told = await sandbox.asked("POST", "/_sandbox/google/connect", {})
    grant = Grant(
        access_token=told["access_token"], refresh_token=told["refresh_token"], seconds=told["expires_in"],
        scope=told["scope"], account=told["account"],
    )  # fmt: skip
    await one.connections.connect(business.user_id, grant, await one.opened_by(grant.access_token))
    yield one
    await one.close()


def body(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": f"m{number:032x}", "summary": "Bloom: Ana",
        "extendedProperties": {"private": {"meeting_id": f"mtg_{number}"}},
        "start": {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "Europe/Madrid"},
        "end": {"dateTime": "2026-12-01T10:30:00+01:00", "timeZone": "Europe/Madrid"},
        "attendees": [{"email": "ana@example.com"}], **more,
    }  # fmt: skip


MEET = {"createRequest": {"requestId": "r1", "conferenceSolutionKey": {"type": "hangoutsMeet"}}}


async def test_a_meeting_from_its_first_minute_to_its_last(
    calendars: Calendars, sandbox: Sandbox, business: Business
) -> None:
    user = business.user_id
    entries = await calendars.calendars(user)
    assert {(one.id, one.role, one.primary) for one in entries} >= {(OWNER, "owner", True), (HOLIDAYS, "reader", False)}
    assert await calendars.busy(user, [OWNER, TEAM, HOLIDAYS], AT, AT + timedelta(days=120)) == []
    first = await calendars.changes(user, OWNER, None)
    made = await calendars.insert(user, OWNER, body(conferenceData=MEET), notify=True)
    assert (made.ours, made.start, made.end, made.organizer_self) == ("mtg_1", AT, AT + HOUR / 2, True)
    assert (made.meet_state, made.meet_link) == ("pending", "")
    assert await calendars.busy(user, [OWNER], AT - HOUR, AT + HOUR) == [(AT, AT + HOUR / 2)]

    async def ready() -> Event | None:
        event = await calendars.get(user, OWNER, made.id)
        return event if event.meet_state == "ready" else None

    event = await until(ready)
    assert event is not None
    assert event.meet_link.startswith("https://meet.google.com/")
    times = {"start": {"dateTime": "2026-12-01T12:00:00+01:00"}, "end": {"dateTime": "2026-12-01T12:30:00+01:00"}}
    moved = await calendars.patch(user, OWNER, made.id, times, etag=event.etag, notify=True)
    assert (moved.start, moved.meet_link) == (AT + 2 * HOUR, event.meet_link)
    with pytest.raises(Stale):
        await calendars.patch(user, OWNER, made.id, times, etag=event.etag, notify=True)
    assert [one.id for one in await calendars.window(user, OWNER, AT, AT + timedelta(days=1))] == [made.id]
    await calendars.delete(user, OWNER, made.id, notify=True)
    await calendars.delete(user, OWNER, made.id, notify=True)
    assert not (await calendars.get(user, OWNER, made.id)).stands
    assert await calendars.window(user, OWNER, AT, AT + timedelta(days=1)) == []
    changes = await calendars.changes(user, OWNER, first.token)
    assert [(one.id, one.stands) for one in changes.events] == [(made.id, False)]
    with pytest.raises(Gone):
        await calendars.get(user, OWNER, "m0000000")


@pytest.mark.parametrize("kind", ["drop_after_store", "answer_lost", "error_after_store"])
async def test_what_was_stored_behind_a_lost_answer_is_there_once(
    calendars: Calendars, sandbox: Sandbox, business: Business, kind: str
) -> None:
    await sandbox.fault(kind, event="insert", **({"seconds": 5} if kind == "answer_lost" else {}))
    with pytest.raises(Away):
        await calendars.insert(business.user_id, OWNER, body(), notify=True)
    assert (await calendars.get(business.user_id, OWNER, body()["id"])).ours == "mtg_1"
    with pytest.raises(Exists):
        await calendars.insert(business.user_id, OWNER, body(), notify=True)
    assert [one["id"] for one in await sandbox.stored()] == [body()["id"]]


FAULTS: dict[str, tuple[dict[str, Any], type[CalendarError]]] = {
    "rate_limit": ({}, Throttled), "server_error": ({}, Away), "html_502": ({}, Away), "drop_before_store": ({}, Away),
    "refuse": ({"code": "quotaExceeded"}, Refused), "revoke_grant": ({}, NotConnected),
}  # fmt: skip


@pytest.mark.parametrize("kind", FAULTS)
async def test_what_was_not_stored_is_told_for_what_it_is(
    calendars: Calendars, sandbox: Sandbox, business: Business, kind: str
) -> None:
    order, error = FAULTS[kind]
    await sandbox.fault(kind, event="insert", **order)
    with pytest.raises(error):
        await calendars.insert(business.user_id, OWNER, body(), notify=True)
    assert await sandbox.stored() == []


async def test_a_token_that_ended_early_costs_one_refresh_for_all(
    calendars: Calendars, sandbox: Sandbox, business: Business
) -> None:
    await sandbox.asked("POST", "/_sandbox/google/tokens", {"do": "expire"})
    made = await asyncio.gather(*(calendars.insert(business.user_id, OWNER, body(n), notify=False) for n in range(12)))
    assert len(made) == len(await sandbox.stored()) == 12
    calls = (await sandbox.asked("GET", "/_sandbox/calls?provider=google"))["calls"]
    assert len([call for call in calls if call["path"] == "/token"]) == 1


async def test_a_calendar_that_can_not_be_read_or_is_gone_is_never_free(
    calendars: Calendars, sandbox: Sandbox, business: Business, pool: Pool
) -> None:
    user = business.user_id
    await sandbox.fault("calendar_error", event="freebusy")
    with pytest.raises(Away, match="internalError"):
        await calendars.busy(user, [OWNER], AT, AT + HOUR)
    await sandbox.asked("POST", "/_sandbox/google/calendars", {"calendar": TEAM, "do": "remove"})
    with pytest.raises(Refused, match="notFound"):
        await calendars.busy(user, [OWNER, TEAM], AT, AT + HOUR)
    with pytest.raises(Refused):
        await calendars.insert(user, TEAM, body(), notify=False)
    with pytest.raises(Refused):
        await calendars.insert(user, HOLIDAYS, body(), notify=False)
    told = await pool.fetch("select alert_type from system_alerts order by alert_type")
    assert [row["alert_type"] for row in told] == ["calendar_gone", "google_scope_missing"]


async def test_a_sync_that_is_too_old_begins_anew(calendars: Calendars, sandbox: Sandbox, business: Business) -> None:
    changes = await calendars.changes(business.user_id, OWNER, None)
    await sandbox.asked("POST", "/_sandbox/google/calendars", {"do": "expire_sync"})
    with pytest.raises(SyncExpired):
        await calendars.changes(business.user_id, OWNER, changes.token)
    assert (await calendars.changes(business.user_id, OWNER, None)).token


async def test_what_the_owner_does_is_seen(calendars: Calendars, sandbox: Sandbox, business: Business) -> None:
    token = (await calendars.changes(business.user_id, OWNER, None)).token
    await sandbox.asked("POST", "/_sandbox/google/events", {"do": "add", "start": "2026-12-01T10:00:00+01:00"})
    assert await calendars.busy(business.user_id, [OWNER], AT, AT + HOUR) == [(AT, AT + HOUR / 2)]
    (seen,) = (await calendars.changes(business.user_id, OWNER, token)).events
    assert (seen.ours, seen.start, seen.created is not None) == ("", AT, True)


@pytest.mark.parametrize(
    ("consent", "result"),
    [
        ({"mode": "auto"}, "connected"),
        ({"mode": "deny"}, "denied"),
        ({"mode": "auto", "untick": ["https://www.googleapis.com/auth/calendar.freebusy"]}, "incomplete"),
    ],
)
async def test_a_browser_goes_there_and_back(
    sandbox: Sandbox, dsn: str, pool: Pool, business: Business, tmp_path: Path, consent: dict[str, Any], result: str
) -> None:
    await sandbox.asked("PUT", "/_sandbox/google/consent", consent)
    port = free_port()
    url = f"http://localhost:{port}"
    settings = sandbox.settings(database_url=dsn, state_dir=tmp_path, public_url=url)
    key = await create_key(pool, business.user_id, "test", ["google:read", "google:write"])
    async with (
        running(settings, "web") as app,
        TestServer(app, host="localhost", port=port),
        ClientSession() as http,
    ):
        api = Client(Desk(url, http, None, pool, None, {}), key)  # type: ignore[arg-type]
        _, opening = await api("POST", "/v1/google/connect", {"back_to": "/healthz"})
        async with http.get(opening["url"]) as answer:
            form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', await answer.text()))
        async with http.post(f"{url}/oauth/google/start", data=form) as answer:  # all the way, as a browser goes it
            assert (answer.url.path, answer.url.query) == ("/healthz", {"google": result})
        _, told = await api("GET", "/v1/google")
        assert (told["state"], told["account"]) == (("connected", OWNER) if result == "connected" else ("none", ""))
        if result == "connected":
            assert await api("DELETE", "/v1/google") == (200, {"revoked": True})
            assert (await sandbox.asked("GET", "/_sandbox/google"))["grants"] == []
