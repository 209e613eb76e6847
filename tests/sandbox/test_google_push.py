"""Notification channels, and what scripts may do to Google."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import Client, Hook
from tests.sandbox.google_app import EVENTS, OWNER, TEAM, App, connect, meet, owner

PATH = "/hooks/google"


@pytest.fixture
async def app(sandbox: Client) -> App:
    return await connect(sandbox)


async def watch(app: App, id_: str = "ch-1", **more: Any) -> Any:
    return await app.run(app.events.watch(calendarId="primary", body=channel(app, id_, **more)))


def channel(app: App, id_: str = "ch-1", **more: Any) -> dict[str, Any]:
    address = app.sandbox.gateway.url + PATH
    return {"id": id_, "type": "web_hook", "address": address, "token": "secret", **more}


async def told(app: App, count: int) -> list[tuple[str, str]]:
    """The messages so far: number and state."""
    hooks = await app.sandbox.gateway.received(count, PATH)
    return [(said(hook, "Message-Number"), said(hook, "Resource-State")) for hook in hooks]


def said(hook: Hook, name: str) -> str:
    return hook.headers[f"X-Goog-{name}"]


async def test_changes_are_told(app: App) -> None:
    opened = await watch(app, params={"ttl": "60"})
    assert abs(int(opened["expiration"]) / 1000 - time.time() - 60) < 5
    hook = (await app.sandbox.gateway.received(1, PATH))[0]
    assert hook.body == b""
    assert (said(hook, "Channel-ID"), said(hook, "Channel-Token")) == ("ch-1", "secret")
    assert said(hook, "Resource-ID") == opened["resourceId"]
    assert said(hook, "Resource-URI") == opened["resourceUri"]
    made = await app.insert()
    await app.insert(TEAM)
    await owner(app.sandbox, "delete", event=made["id"])
    assert await told(app, 3) == [("1", "sync"), ("2", "exists"), ("3", "exists")]


async def test_a_link_that_comes_later_is_told(app: App) -> None:
    await watch(app)
    await app.insert(conferenceData=meet())
    assert len(await told(app, 3)) == 3


async def test_a_channel_that_was_stopped(app: App) -> None:
    opened = await watch(app)
    stop = app.service.channels().stop(body={"id": "ch-1", "resourceId": opened["resourceId"]})
    await app.run(stop)
    assert await app.refused(stop) == (404, "notFound")
    await app.insert()
    await watch(app, "ch-2")
    assert await told(app, 2) == [("1", "sync"), ("1", "sync")]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": "ch-1"}, "channelIdNotUnique"),
        ({"id": None}, "required"),
        ({"id": "x" * 65}, "invalid"),
        ({"token": "x" * 257}, "invalid"),
        ({"type": "webpush"}, "push.channelTypeNotSupported"),
        ({"address": "http://desk.example/hook"}, "push.webhookUrlNotHttps"),
        ({"address": ""}, "required"),
        ({"params": {"ttl": "week"}}, "invalid"),
        ({"expiration": "1000"}, "invalid"),
        ({"url": "x"}, "invalidParameter"),
    ],
    ids=str,
)
async def test_channels_that_are_refused(app: App, change: dict[str, Any], reason: str) -> None:
    await watch(app)
    body = {**channel(app, "ch-2"), **change}
    assert await app.refused(app.events.watch(calendarId="primary", body=body)) == (400, reason)


async def test_messages_are_lost_doubled_and_tried_again(app: App) -> None:
    await watch(app)
    await app.sandbox.gateway.received(1, PATH)
    await app.sandbox.fault("push_lost", provider="google")
    await app.insert()
    await app.sandbox.fault("duplicate", provider="google", event="push")
    await app.insert()
    assert [number for number, _ in await told(app, 3)] == ["1", "3", "3"]
    app.sandbox.gateway.answers(PATH, 503, 404)
    await app.insert()
    await app.insert()
    assert [number for number, _ in await told(app, 6)] == ["1", "3", "3", "4", "4", "5"]


async def test_a_script_sees_everything(app: App) -> None:
    await watch(app)
    _, shown = await app.sandbox.ask("GET", "/_sandbox/google")
    assert shown["grants"][0]["account"] == OWNER
    assert shown["channels"][0]["live"]
    assert shown["accounts"][0]["email"] == OWNER
    _, config = await app.sandbox.ask("GET", "/_sandbox/config")
    assert config["urls"]["google_token"] == f"{app.sandbox.url}/token"
    assert config["google"]["client_id"]


@pytest.mark.parametrize(
    ("path", "wish", "status"),
    [
        ("events", {"do": "add", "start": "tomorrow"}, 422),
        ("events", {"do": "add"}, 422),
        ("events", {"do": "dance"}, 422),
        ("events", {"do": "delete", "event": "nothing"}, 404),
        ("events", {"do": "add", "start": "2026-12-01T10:00:00", "fields": {"status": "done"}}, 422),
        ("events", {"do": "add", "calendar": "nowhere", "start": "2026-12-01T10:00:00"}, 404),
        ("connect", {"account": "nobody@nowhere.example"}, 404),
        ("tokens", {"do": "melt"}, 422),
        ("accounts", {"email": "no address"}, 422),
        ("accounts", {"email": "a@b.example", "calendars": [{"id": "x", "time_zone": "Mars"}]}, 422),
    ],
)
async def test_wishes_that_cannot_be_met(sandbox: Client, path: str, wish: dict[str, Any], status: int) -> None:
    answered, problem = await sandbox.ask("POST", f"/_sandbox/google/{path}", json=wish)
    assert (answered, problem["status"]) == (status, status)


async def test_a_wrong_configuration_changes_nothing(sandbox: Client) -> None:
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    wrong = {**config, "google": {"client": "x"}}
    status, problem = await sandbox.ask("PUT", "/_sandbox/config", json=wrong)
    assert status == 422
    assert "google" in problem["detail"]
    assert (await sandbox.ask("GET", "/_sandbox/config"))[1] == config


async def test_a_calendar_that_goes_away(app: App) -> None:
    await app.insert(TEAM)
    await app.sandbox.ask("POST", "/_sandbox/google/calendars", json={"calendar": TEAM, "do": "remove"})
    assert await app.refused(app.events.list(calendarId=TEAM)) == (404, "notFound")


async def test_nothing_drives_the_sandbox_from_a_website(sandbox: Client) -> None:
    async with sandbox.http.post(f"{sandbox.url}/_sandbox/google/tokens", data="{}") as answer:
        assert answer.status == 415


async def test_a_forgotten_refresh_token_leaves_the_access_token(app: App) -> None:
    await app.sandbox.ask("POST", "/_sandbox/google/tokens", json={"do": "forget"})
    await app.insert()
    headers = {"Authorization": f"Bearer {app.credentials.token}"}
    assert (await app.sandbox.ask("GET", EVENTS, headers=headers))[0] == 200
    form = {"grant_type": "refresh_token", "refresh_token": app.credentials.refresh_token}
    form |= {"client_id": app.credentials.client_id, "client_secret": app.credentials.client_secret}
    status, body = await app.sandbox.ask("POST", "/token", data=form)
    assert (status, body["error"]) == (400, "invalid_grant")
