"""Calendars at Google: what is told, what an answer means, and what happens when none comes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import structlog

from gateway.booking import google as module
from gateway.booking.answers import event_of
from gateway.booking.calendars import (
    Away,
    CalendarError,
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
from gateway.booking.wire import Unauthorized, failure_of
from gateway.db import Pool
from tests.booking.scripted import OWNER, TEAM, Google, refusal, scripted
from tests.business import VAULT, Business

ROOT = Path(__file__).parent.parent.parent
AT = datetime(2026, 12, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
BODY: dict[str, Any] = {
    "id": "m1234567", "summary": "Bloom: Ana", "extendedProperties": {"private": {"meeting_id": "mtg_1"}},
    "start": {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "Europe/Madrid"},
    "end": {"dateTime": "2026-12-01T10:30:00+01:00", "timeZone": "Europe/Madrid"},
}  # fmt: skip
POINTS = [{"entryPointType": "phone", "uri": "tel:1"}, {"entryPointType": "video", "uri": "https://meet/y"}]


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with scripted() as one:
        yield one


@pytest.fixture
async def calendars(google: Google, pool: Pool, business: Business) -> AsyncIterator[Calendars]:
    one = Calendars(pool, VAULT, google.settings())
    await connect(one, google, business.user_id)
    yield one
    await one.close()


async def connect(calendars: Calendars, google: Google, user_id: str, account: str = OWNER) -> None:
    """Stores a connection as a visit to the consent page would."""
    google.valid.add(f"at-{user_id}")
    google.account = account
    grant = Grant(
        access_token=f"at-{user_id}", refresh_token=f"rt-{user_id}", seconds=3599, scope=google.scope, account=account
    )
    await calendars.connections.connect(user_id, grant, await calendars.opened_by(f"at-{user_id}"))


async def notices(pool: Pool) -> list[str]:
    rows = await pool.fetch(
        "select detail ->> 'problem' as p from system_alerts "
        "where alert_type ~ '^(google_|calendar_)' and resolved_at is null"
    )
    return [row["p"] for row in rows]


async def test_an_event_lives(calendars: Calendars, google: Google, business: Business) -> None:
    user = business.user_id
    made = await calendars.insert(user, OWNER, BODY, notify=True)
    assert (made.id, made.ours, made.start, made.end) == ("m1234567", "mtg_1", AT, AT + HOUR / 2)
    moved = await calendars.patch(user, OWNER, made.id, {"summary": "Later"}, etag=made.etag, notify=False)
    assert (moved.summary, moved.etag) == ("Later", '"2"')
    assert google.headers[-1]["if-match"] == '"1"'
    assert [one.id for one in await calendars.window(user, OWNER, AT, AT + HOUR)] == [made.id]
    await calendars.delete(user, OWNER, made.id, notify=True)
    await calendars.delete(user, OWNER, made.id, notify=True)  # 410: done before
    assert not (await calendars.get(user, OWNER, made.id)).stands
    with pytest.raises(Gone) as caught:
        await calendars.delete(user, OWNER, "m0000000", notify=True)
    assert caught.value.status == 404
    options = {method: query for method, _, query, _ in google.calls if method in ("POST", "PATCH", "DELETE")}
    assert options == {
        "POST": {"conferenceDataVersion": "1", "sendUpdates": "all", "alt": "json"},
        "PATCH": {"conferenceDataVersion": "1", "sendUpdates": "none", "alt": "json"},
        "DELETE": {"sendUpdates": "all"},
    }


async def test_a_write_is_sent_once_although_its_answer_is_lost(
    calendars: Calendars, google: Google, business: Business
) -> None:
    google.faults = {"events": ["stored-drop"], "m1234567": ["stored-drop", "drop"]}
    with pytest.raises(Away):
        await calendars.insert(business.user_id, OWNER, BODY, notify=True)
    assert (google.writes(), list(google.events)) == (["POST"], ["m1234567"])
    with pytest.raises(Exists):
        await calendars.insert(business.user_id, OWNER, BODY, notify=True)
    for call in (
        calendars.patch(business.user_id, OWNER, "m1234567", {"summary": "x"}, notify=True),
        calendars.delete(business.user_id, OWNER, "m1234567", notify=True),
    ):
        with pytest.raises(Away):
            await call
    assert google.writes() == ["POST", "POST", "PATCH", "DELETE"]


async def test_a_read_is_tried_again(calendars: Calendars, google: Google, business: Business) -> None:
    google.faults["freeBusy"] = [refusal(503, "backendError"), "drop"]
    assert await calendars.busy(business.user_id, [OWNER], AT, AT + HOUR) == []


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        (400, "timeRangeEmpty", Refused), (401, "authError", Unauthorized), (403, "insufficientPermissions", Refused),
        (403, "rateLimitExceeded", Throttled), (403, "userRateLimitExceeded", Throttled), (429, "", Throttled),
        (403, "quotaExceeded", Refused), (404, "notFound", Gone), (409, "duplicate", Exists), (410, "deleted", Gone),
        (412, "conditionNotMet", Stale), (408, "", Away), (500, "backendError", Away), (503, "", Away), (302, "", Away),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, reason: str, kind: type[CalendarError]) -> None:
    failure = failure_of(status, json.dumps(refusal(status, reason)[1]).encode(), "17")
    assert (type(failure), failure.status) == (kind, status)
    if isinstance(failure, Throttled):
        assert failure.retry_after == 17
    for rubbish in (b"", b"<html>", b"[]", b'{"error": "x"}', b'{"error": {"errors": []}}', b"[" * 100_000):
        assert type(failure_of(404, rubbish)) is Gone


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"errors": [{"domain": "global", "reason": "notFound"}], "busy": []}, Refused),
        ({"errors": [{"domain": "global", "reason": "internalError"}], "busy": []}, Away),
        ({"errors": [{"domain": "global", "reason": "somethingNew"}]}, Away),
        ({"errors": "what"}, Away),
        ({"errors": ["what"]}, Away),
        ({"busy": [{"start": "2026-12-01T10:00:00"}]}, Away),
        ({"busy": ["what"]}, Away),
        ({"busy": None}, Away),
        (None, Away),
        ("free", Away),
    ],
)
async def test_unknown_is_never_free(
    calendars: Calendars, google: Google, business: Business, told: Any, kind: type[CalendarError]
) -> None:
    google.busy[TEAM] = told
    with pytest.raises(kind):
        await calendars.busy(business.user_id, [OWNER, TEAM], AT, AT + HOUR)


async def test_no_calendar_is_not_free(calendars: Calendars, business: Business) -> None:
    with pytest.raises(Refused):
        await calendars.busy(business.user_id, [], AT, AT + HOUR)


async def test_a_long_time_is_asked_in_parts(calendars: Calendars, google: Google, business: Business) -> None:
    google.busy[OWNER] = {"busy": [{"start": "2026-12-01T10:00:00+01:00", "end": "2026-12-01T09:30:00Z"}]}
    many = [OWNER, *(f"c{n}" for n in range(60)), OWNER]
    assert await calendars.busy(business.user_id, many, AT, AT + timedelta(days=150)) == [(AT, AT + HOUR / 2)]
    asked = [body for _, path, _, body in google.calls if path.endswith("freeBusy")]
    assert [len(body["items"]) for body in asked] == [50, 11] * 3
    assert asked[0]["timeMin"] == "2026-12-01T09:00:00+00:00"
    assert asked[-1]["timeMax"] == (AT + timedelta(days=150)).isoformat()
    assert {body["timeMax"] for body in asked} >= {body["timeMin"] for body in asked[2:]}
    with pytest.raises(ValueError, match="without a zone"):
        await calendars.busy(business.user_id, [OWNER], AT.replace(tzinfo=None), (AT + HOUR).replace(tzinfo=None))
    with pytest.raises(ValueError, match="no time"):
        await calendars.busy(business.user_id, [OWNER], AT, AT)


async def test_a_calendar_that_is_gone_is_told_once_until_it_is_back(
    calendars: Calendars, google: Google, business: Business, pool: Pool
) -> None:
    google.busy[TEAM] = {"errors": [{"domain": "global", "reason": "notFound"}]}
    for _ in range(3):
        with pytest.raises(Refused):
            await calendars.busy(business.user_id, [TEAM], AT, AT + HOUR)
    assert await notices(pool) == [f"read notFound {TEAM}"]
    await calendars.insert(business.user_id, OWNER, BODY, notify=False)
    assert await notices(pool) == [f"read notFound {TEAM}"]
    google.busy.clear()
    await calendars.busy(business.user_id, [TEAM], AT, AT + HOUR)
    assert await notices(pool) == []
    google.faults["events"] = [refusal(404, "notFound")]
    with pytest.raises(Refused):
        await calendars.insert(business.user_id, TEAM, {**BODY, "id": "m2222222"}, notify=False)
    assert await notices(pool) == [f"write notFound {TEAM}"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("quotaExceeded", True),
        ("insufficientPermissions", True),
        ("accessNotConfigured", False),
        ("rateLimitExceeded", False),
    ],
)
async def test_the_owner_is_told_of_what_he_can_mend(
    calendars: Calendars, google: Google, business: Business, pool: Pool, reason: str, told: bool
) -> None:
    google.faults["events"] = [refusal(403, reason)]
    with pytest.raises(Throttled if reason == "rateLimitExceeded" else Refused):
        await calendars.insert(business.user_id, OWNER, BODY, notify=False)
    assert await notices(pool) == ([f"write {reason} {OWNER}"] if told else [])


async def test_changes_are_read_page_by_page(calendars: Calendars, google: Google, business: Business) -> None:
    first = {"items": [{"id": "a1", "status": "cancelled"}], "nextPageToken": "p2"}
    google.faults["events"] = [(200, first)]
    changes = await calendars.changes(business.user_id, OWNER, None)
    assert ([one.id for one in changes.events], changes.token) == (["a1"], "s1")
    assert not changes.events[0].stands
    again = await calendars.changes(business.user_id, OWNER, changes.token)
    queries = [query for method, _, query, _ in google.calls if "showDeleted" in query]
    assert ["timeMin" in query for query in queries] == [True, True, False]
    assert queries[1]["pageToken"] == "p2"
    assert queries[2]["syncToken"] == "s1"
    assert again.token == "s1"
    google.faults["events"] = [refusal(410, "fullSyncRequired")]
    with pytest.raises(SyncExpired):
        await calendars.changes(business.user_id, OWNER, "old")
    google.faults["events"] = [refusal(404, "notFound")]
    with pytest.raises(Refused):
        await calendars.changes(business.user_id, "gone", None)
    google.faults["events"] = [(200, {"items": [], "nextPageToken": "for ever"})] * module.MOST_PAGES
    with pytest.raises(Away):
        await calendars.changes(business.user_id, OWNER, None)


@pytest.mark.parametrize(
    "answer", [[], "text", None, {"items": "x"}, {"items": [1]}, {"items": [{}]}, {"items": [{"id": 7}]}]
)
async def test_an_answer_that_can_not_be_read_is_no_answer(
    calendars: Calendars, google: Google, business: Business, answer: Any
) -> None:
    google.faults["events"] = [(200, answer)] * 2
    with pytest.raises(Away):
        await calendars.window(business.user_id, OWNER, AT, AT + HOUR)
    with pytest.raises(Away):
        await calendars.insert(business.user_id, OWNER, BODY, notify=False)


async def test_a_token_that_ended_early_is_renewed_and_the_call_made_again(
    calendars: Calendars, google: Google, business: Business
) -> None:
    google.valid.clear()
    await calendars.insert(business.user_id, OWNER, BODY, notify=False)
    assert [form["grant_type"] for form in google.forms] == ["refresh_token"]
    google.faults["m1234567"] = [refusal(401, "authError")] * 2
    with pytest.raises(Refused):
        await calendars.get(business.user_id, OWNER, "m1234567")
    assert len(google.forms) == 2


async def test_many_callers_get_their_own_answers(calendars: Calendars, google: Google, pool: Pool) -> None:
    others = [await Business.create(pool) for _ in range(6)]
    for n, other in enumerate(others):
        await connect(calendars, google, other.user_id, f"owner{n}@example.com")
    for n in range(60):
        google.events[f"e{n:05}"] = {"id": f"e{n:05}", "summary": str(n)}

    async def one(n: int) -> bool:
        event = await calendars.get(others[n % 6].user_id, OWNER, f"e{n:05}")
        return event.summary == str(n)

    assert all(await asyncio.gather(*(one(n) for n in range(60))))
    told = {
        header["authorization"]
        for (_, path, _, _), header in zip(google.calls, google.headers, strict=True)
        if "/events/" in path
    }
    assert told == {f"Bearer at-{other.user_id}" for other in others}


async def test_a_hanging_google_is_given_up(
    calendars: Calendars, google: Google, business: Business, pool: Pool
) -> None:
    hasty = Calendars(pool, VAULT, google.settings(), write_seconds=0.3)
    google.faults["events"] = ["hang"]
    with pytest.raises(Away, match="timeout"):
        await hasty.insert(business.user_id, OWNER, BODY, notify=False)
    google.hanging.set()
    await hasty.close()


async def test_who_never_connected_is_told_so(google: Google, pool: Pool, business: Business) -> None:
    calendars = Calendars(pool, VAULT, google.settings())
    assert await calendars.connection(business.user_id) is None
    with pytest.raises(NotConnected):
        await calendars.busy(business.user_id, [OWNER], AT, AT + HOUR)
    await calendars.close()


async def test_nothing_secret_is_told(calendars: Calendars, google: Google, business: Business) -> None:
    google.faults["events"] = [refusal(400, "invalid"), "drop"]
    with structlog.testing.capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(CalendarError) as caught:
                await calendars.insert(business.user_id, OWNER, BODY, notify=False)
            told = repr(caught.value) + str(caught.value) + repr(caught.value.__context__) + json.dumps(logs)
            assert caught.value.__suppress_context__
            assert "at-" not in str(caught.value)
            for secret in ("Ana", f"rt-{business.user_id}", f"at-{business.user_id}"):
                assert secret not in told
    assert "at-" not in repr(await calendars.connections.access(business.user_id))


def test_times_and_links_are_read_as_they_are() -> None:
    day = event_of({"id": "a", "start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}}, "Asia/Tokyo")
    assert day.start == datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=9)))
    assert event_of({"id": "a", "start": {"dateTime": "soon"}, "end": {"date": "x"}}).start is None
    assert event_of({"id": "a", "start": {"date": "2026-12-01"}}, "Not/AZone").start is None
    made = event_of({"id": "a", "organizer": {"email": "x"}, "transparency": "transparent", "created": AT.isoformat()})
    assert (made.organizer_self, made.transparent, made.created) == (False, True, AT)
    assert event_of({"id": "a", "status": "cancelled"}).organizer_self


@pytest.mark.parametrize(
    ("raw", "link", "state"),
    [
        ({}, "", "none"),
        ({"hangoutLink": "https://meet/x"}, "https://meet/x", "ready"),
        (
            {"conferenceData": {"entryPoints": POINTS}},
            "https://meet/y", "ready",
        ),
        ({"conferenceData": {"createRequest": {"status": {"statusCode": "pending"}}}}, "", "pending"),
        ({"conferenceData": {"createRequest": {"requestId": "r"}}}, "", "pending"),
        ({"conferenceData": {"createRequest": {"status": {"statusCode": "failure"}}}}, "", "failed"),
        ({"conferenceData": {"createRequest": {"status": {"statusCode": "success"}}}}, "", "failed"),
        ({"conferenceData": "rubbish"}, "", "none"),
    ],
)  # fmt: skip
def test_a_link_is_there_or_on_its_way(raw: dict[str, Any], link: str, state: str) -> None:
    event = event_of({"id": "a", **raw})
    assert (event.meet_link, event.meet_state) == (link, state)


def test_the_client_is_loaded_when_it_is_first_needed() -> None:
    command = "import sys, gateway.app; sys.exit(bool({'googleapiclient', 'httplib2'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", command], cwd=ROOT, check=False).returncode == 0
