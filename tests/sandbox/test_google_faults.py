"""Google misbehaves on demand."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httplib2
import pytest
from google.auth.exceptions import RefreshError
from google_auth_httplib2 import AuthorizedHttp

from tests.sandbox.conftest import Client
from tests.sandbox.google_app import EVENTS, SECOND, App, connect, event_body, meet
from tests.waiting import until

OWN_ID = "m" + "0b" * 16


@pytest.fixture
async def app(sandbox: Client) -> App:
    return await connect(sandbox)


def insert_of(app: App, **more: Any) -> Any:
    return app.events.insert(calendarId="primary", body=event_body(**more), conferenceDataVersion=1)


async def stored(app: App) -> list[dict[str, Any]]:
    _, shown = await app.sandbox.ask("GET", "/_sandbox/google/events")
    return list(shown["events"])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "rate_limit"}, (403, "rateLimitExceeded")),
        ({"kind": "rate_limit", "code": "userRateLimitExceeded"}, (403, "userRateLimitExceeded")),
        ({"kind": "rate_limit", "code": "429"}, (429, "rateLimitExceeded")),
        ({"kind": "refuse"}, (403, "quotaExceeded")),
        ({"kind": "refuse", "code": "dailyLimitExceeded"}, (403, "dailyLimitExceeded")),
        ({"kind": "refuse", "code": "forbiddenForNonOrganizer"}, (403, "forbiddenForNonOrganizer")),
        ({"kind": "refuse", "code": "notFound"}, (404, "notFound")),
        ({"kind": "refuse", "code": "insufficientPermissions"}, (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        ({"kind": "server_error"}, (500, "backendError")),
        ({"kind": "server_error", "status": 503}, (503, "backendError")),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
async def test_refusals(app: App, fault: dict[str, Any], expected: tuple[int, str]) -> None:
    await app.sandbox.fault(**fault, provider="google")
    assert await app.refused(insert_of(app, id=OWN_ID)) == expected
    assert await stored(app) == []
    await app.run(insert_of(app, id=OWN_ID))


async def test_the_next_calls_fail(app: App) -> None:
    await app.sandbox.fault("server_error", provider="google", count=3, event="freebusy")
    ask = app.service.freebusy().query(
        body={"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z", "items": [{"id": "primary"}]}
    )
    await app.run(insert_of(app))
    for _ in range(3):
        assert (await app.refused(ask))[0] == 500
    await app.run(ask)


async def test_a_fault_for_anybody_passes_over_what_google_only_reads(app: App) -> None:
    made = await app.insert()
    await app.sandbox.fault("server_error")
    await app.get(made["id"])
    assert (await app.refused(insert_of(app)))[0] == 500


async def test_a_fault_of_one_calendar(app: App) -> None:
    await app.sandbox.fault("server_error", provider="google", number="elsewhere")
    await app.run(insert_of(app))
    await app.sandbox.fault("server_error", provider="google", number="primary")
    assert (await app.refused(insert_of(app)))[0] == 500


async def test_stored_and_cut_sends_the_library_again(app: App) -> None:
    await app.sandbox.fault("drop_after_store", provider="google")
    # httplib2 sends a POST again by itself: without an id of its own there are two events.
    await app.run(insert_of(app))
    assert len(await stored(app)) == 2
    await app.sandbox.fault("drop_after_store", provider="google")
    assert await app.refused(insert_of(app, id=OWN_ID)) == (409, "duplicate")
    assert len(await stored(app)) == 3
    calls = await app.sandbox.calls("google")
    assert [(call["status"], call["id"] is not None, call["fault"]) for call in calls] == [
        (None, True, "drop_after_store"),
        (200, True, ""),
        (None, True, "drop_after_store"),
        (409, False, ""),
    ]


async def test_stored_and_then_an_error(app: App) -> None:
    await app.sandbox.fault("error_after_store", provider="google", status=503)
    assert (await app.refused(insert_of(app, id=OWN_ID)))[0] == 503
    assert (await app.get(OWN_ID))["id"] == OWN_ID


async def test_stored_and_never_answered(app: App) -> None:
    await app.sandbox.fault("answer_lost", provider="google", seconds=30)
    with pytest.raises(TimeoutError):
        await app.run(insert_of(app, id=OWN_ID), seconds=0.2)
    assert (await app.get(OWN_ID))["id"] == OWN_ID


async def test_cut_before_anything_is_stored(app: App) -> None:
    await app.sandbox.fault("drop_before_store", provider="google", count=2)
    with pytest.raises(OSError):  # noqa: PT011
        await app.run(insert_of(app, id=OWN_ID))
    assert await stored(app) == []


@pytest.mark.parametrize(("kind", "there"), [("slow", 0), ("delay", 1)])
async def test_late_answers(app: App, kind: str, there: int) -> None:
    await app.sandbox.fault(kind, provider="google", seconds=2)
    running = asyncio.create_task(app.run(insert_of(app, id=OWN_ID)))

    async def under_way() -> bool:
        return any(call["fault"] == kind for call in await app.sandbox.calls("google"))

    await until(under_way)
    assert len(await stored(app)) == there
    assert (await running)["id"] == OWN_ID


async def test_one_of_many_at_once_gets_the_id(app: App) -> None:
    headers = {"Authorization": f"Bearer {app.credentials.token}"}

    async def one() -> int:
        status, _ = await app.sandbox.ask("POST", EVENTS, json=event_body(id=OWN_ID), headers=headers)
        return status

    assert sorted(await asyncio.gather(*(one() for _ in range(20)))) == [200, *[409] * 19]


async def test_a_limit_by_the_minute(sandbox: Client) -> None:
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    config["google"]["calls_per_minute"] = 3
    await sandbox.ask("PUT", "/_sandbox/config", json=config)
    app, other = await connect(sandbox), await connect(sandbox, SECOND)
    for _ in range(3):
        await app.insert()
    assert await app.refused(insert_of(app)) == (403, "rateLimitExceeded")
    await other.insert()


async def test_a_proxy_answers(app: App) -> None:
    await app.sandbox.fault("html_502", provider="google")
    headers = {"Authorization": f"Bearer {app.credentials.token}"}
    async with app.sandbox.http.post(app.sandbox.url + EVENTS, json=event_body(), headers=headers) as answer:
        assert (answer.status, answer.content_type) == (502, "text/html")


async def test_a_token_that_expires_is_refreshed_and_the_call_made_again(app: App) -> None:
    before = app.credentials.token
    await app.sandbox.fault("expire_token", provider="google", event="insert")
    await app.run(insert_of(app))
    assert app.credentials.token != before
    calls = await app.sandbox.calls("google")
    assert [(call["path"].rpartition("/")[2], call["status"]) for call in calls] == [
        ("events", 401),
        ("token", 200),
        ("events", 200),
    ]


async def test_a_401_that_no_refresh_helps(app: App) -> None:
    await app.sandbox.fault("wrong_token", provider="google", count=5)
    assert await app.refused(insert_of(app)) == (401, "authError")


async def test_a_consent_that_is_taken_back_at_a_call(app: App) -> None:
    await app.sandbox.fault("revoke_grant", provider="google")
    with pytest.raises(RefreshError) as caught:
        await app.run(insert_of(app))
    assert caught.value.args[1]["error"] == "invalid_grant"


async def test_a_link_that_fails(app: App) -> None:
    await app.sandbox.fault("meet_failure", provider="google")
    made = await app.insert(conferenceData=meet())

    async def settled() -> str:
        data = (await app.get(made["id"]))["conferenceData"]
        status = str(data["createRequest"]["status"]["statusCode"])
        return status if status != "pending" else ""

    assert await until(settled) == "failure"
    found = await app.get(made["id"])
    assert "hangoutLink" not in found
    assert "entryPoints" not in found["conferenceData"]


async def test_a_link_that_never_comes(sandbox: Client) -> None:
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    config["google"]["meet_ms"] = 0
    await sandbox.ask("PUT", "/_sandbox/config", json=config)
    app = await connect(sandbox)
    await sandbox.fault("meet_pending", provider="google")
    held = await app.insert(conferenceData=meet())
    at_once = await app.insert(conferenceData=meet())
    assert "hangoutLink" in at_once
    assert "hangoutLink" not in await app.get(held["id"])


async def test_the_reads_of_a_bare_client(app: App) -> None:
    """What Google says, to the letter, to somebody without a token or with a wrong one."""
    status, body = await app.sandbox.ask("GET", EVENTS)
    assert (status, body["error"]["errors"][0]["reason"], body["error"]["status"]) == (
        401,
        "required",
        "UNAUTHENTICATED",
    )
    headers = {"Authorization": "Bearer nonsense"}
    async with app.sandbox.http.get(app.sandbox.url + EVENTS, headers=headers) as answer:
        assert answer.status == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert json.loads(await answer.text())["error"]["errors"] == [
            {
                "domain": "global",
                "reason": "authError",
                "message": "Invalid Credentials",
                "locationType": "header",
                "location": "Authorization",
            }
        ]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        (f"{EVENTS}?foo=1", "invalidParameter"),
        (f"{EVENTS}?maxResults=0", "invalidParameter"),
        (f"{EVENTS}?maxResults=ten", "invalidParameter"),
        (f"{EVENTS}?singleEvents=yes", "invalidParameter"),
        (f"{EVENTS}?orderBy=name", "invalidParameter"),
        (f"{EVENTS}?timeMin=2026-12-01T10:00:00", "badRequest"),
        (f"{EVENTS}?timeMin=2026-12-01T10:00:00+01:00", "badRequest"),
        (f"{EVENTS}?q=a&q=b", "invalidParameter"),
        (f"{EVENTS}?fields=items(", "invalidParameter"),
        (f"{EVENTS}?timeZone=Mars", "invalid"),
        ("/calendar/v3/colors", "notImplemented"),
        ("/calendar/v3/nothing/here", "notFound"),
    ],
)
async def test_queries_that_are_refused(sandbox: Client, path: str, reason: str) -> None:
    app = await connect(sandbox, scopes=["https://www.googleapis.com/auth/calendar"])
    headers = {"Authorization": f"Bearer {app.credentials.token}"}
    status, body = await sandbox.ask("GET", path, headers=headers)
    assert status >= 400
    assert body["error"]["errors"][0]["reason"] == reason


@pytest.mark.parametrize(
    ("data", "kind"),
    [(b"{", "application/json"), (b"[]", "application/json"), (b"{}", "text/plain")],
)
async def test_bodies_that_are_no_json(app: App, data: bytes, kind: str) -> None:
    headers = {"Authorization": f"Bearer {app.credentials.token}", "Content-Type": kind}
    status, body = await app.sandbox.ask("POST", EVENTS, data=data, headers=headers)
    assert (status, body["error"]["errors"][0]["reason"]) == (400, "parseError")


async def test_one_connection_serves_many_calls(app: App) -> None:
    http = AuthorizedHttp(app.credentials, http=httplib2.Http(timeout=5))
    made = await asyncio.to_thread(lambda: insert_of(app).execute(http=http))
    get = app.events.get(calendarId="primary", eventId=made["id"], fields="id,start/dateTime,organizer(email)")
    assert set(await asyncio.to_thread(lambda: get.execute(http=http))) == {"id", "start", "organizer"}
    await asyncio.to_thread(http.http.close)
