"""Lists, free and busy, and series of Calendar, driven by google-api-python-client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.google_app import AUTH, HOLIDAYS, OWNER, SECOND, TEAM, App, connect, event_body, owner

WEEKLY = {
    "start": {"dateTime": "2026-10-05T09:00:00", "timeZone": "Europe/Madrid"},
    "end": {"dateTime": "2026-10-05T10:00:00", "timeZone": "Europe/Madrid"},
    "recurrence": ["RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=10", "EXDATE;TZID=Europe/Madrid:20261012T090000"],
}


@pytest.fixture
async def app(sandbox: Client) -> App:
    return await connect(sandbox)


async def listed(app: App, **query: Any) -> Any:
    return await app.run(app.events.list(calendarId="primary", **query))


def summaries(found: Any) -> list[str]:
    return [each.get("summary", each["status"]) for each in found["items"]]


async def fill(app: App, *days: int) -> list[Any]:
    bodies = [event_body(f"2026-12-{day:02}T10:00:00Z", summary=f"day {day}") for day in days]
    return [await app.run(app.events.insert(calendarId="primary", body=body)) for body in bodies]


async def test_a_window(app: App) -> None:
    await fill(app, 3, 1, 2)
    found = await listed(app, timeMin="2026-12-01T10:30:00Z", timeMax="2026-12-03T10:00:00Z")
    assert summaries(found) == ["day 2"]
    found = await listed(app, singleEvents=True, orderBy="startTime")
    assert summaries(found) == ["day 1", "day 2", "day 3"]
    assert "nextSyncToken" not in found
    assert await app.refused(app.events.list(calendarId="primary", orderBy="startTime")) == (400, "badRequest")
    backwards = app.events.list(calendarId="primary", timeMin="2026-12-02T00:00:00Z", timeMax="2026-12-01T00:00:00Z")
    assert await app.refused(backwards) == (400, "timeRangeEmpty")


async def test_what_is_looked_for(app: App) -> None:
    body = event_body(
        summary="Root canal",
        attendees=[{"email": "ann@lead.example"}],
        extendedProperties={"private": {"meeting_id": "7"}},
    )
    made = await app.run(app.events.insert(calendarId="primary", body=body))
    await fill(app, 1)
    for query in (
        {"q": "CANAL ann"},
        {"privateExtendedProperty": ["meeting_id=7"]},
        {"iCalUID": made["iCalUID"]},
    ):
        assert summaries(await listed(app, **query)) == ["Root canal"]
    assert summaries(await listed(app, privateExtendedProperty=["meeting_id=8"])) == []


async def test_pages_stand_still_while_things_change(app: App) -> None:
    first, *_ = await fill(app, 1, 2, 3, 4, 5)
    page = await listed(app, maxResults=2)
    seen = summaries(page)
    assert "nextSyncToken" not in page
    await owner(app.sandbox, "rename", event=first["id"], summary="changed")
    while "nextPageToken" in page:
        page = await listed(app, maxResults=2, pageToken=page["nextPageToken"])
        seen += summaries(page)
    assert seen == [f"day {day}" for day in (1, 2, 3, 4, 5)]
    changes = await listed(app, syncToken=page["nextSyncToken"])
    assert summaries(changes) == ["changed"]
    wrong = app.events.list(calendarId="primary", pageToken="nothing")
    assert await app.refused(wrong) == (400, "invalid")


async def test_what_changed_since(app: App) -> None:
    made, other = await fill(app, 1, 2)
    token = (await listed(app))["nextSyncToken"]
    assert (await listed(app, syncToken=token))["items"] == []
    await owner(app.sandbox, "delete", event=made["id"])
    await owner(app.sandbox, "move", event=other["id"], start="2026-12-05T12:00:00+01:00")
    found = await listed(app, syncToken=token)
    gone, moved = found["items"]
    assert set(gone) == {"kind", "etag", "id", "status"}
    assert (gone["id"], gone["status"]) == (made["id"], "cancelled")
    assert moved["start"]["dateTime"] == "2026-12-05T12:00:00+01:00"
    assert moved["end"]["dateTime"] == "2026-12-05T12:30:00+01:00"
    assert summaries(await listed(app)) == ["day 2"]
    assert len((await listed(app, showDeleted=True))["items"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        {"timeMin": "2026-12-01T00:00:00Z"},
        {"orderBy": "updated"},
        {"q": "x"},
        {"privateExtendedProperty": ["a=b"]},
        {"updatedMin": "2026-12-01T00:00:00Z"},
        {"showDeleted": False},
        {"singleEvents": True},
    ],
    ids=str,
)
async def test_a_sync_token_stands_alone(app: App, query: dict[str, Any]) -> None:
    token = (await listed(app))["nextSyncToken"]
    both = app.events.list(calendarId="primary", syncToken=token, **query)
    assert await app.refused(both) == (400, "invalid")


async def test_a_sync_token_that_is_too_old(app: App) -> None:
    token = (await listed(app))["nextSyncToken"]
    again = app.events.list(calendarId="primary", syncToken=token)
    await app.sandbox.fault("full_sync", provider="google")
    assert await app.refused(again) == (410, "fullSyncRequired")
    await app.run(again)
    await app.sandbox.ask("POST", "/_sandbox/google/calendars", json={"do": "expire_sync"})
    assert await app.refused(again) == (410, "fullSyncRequired")
    assert await app.refused(app.events.list(calendarId="primary", syncToken="nothing")) == (400, "invalid")
    other = app.events.list(calendarId=TEAM, syncToken=(await listed(app))["nextSyncToken"])
    assert await app.refused(other) == (400, "invalid")


async def busy(app: App, *calendars: str, **more: Any) -> Any:
    body = {"timeMin": "2026-12-01T00:00:00+01:00", "timeMax": "2026-12-08T00:00:00+01:00", **more}
    body["items"] = [{"id": each} for each in calendars or ("primary",)]
    return (await app.run(app.service.freebusy().query(body=body)))["calendars"]


async def test_free_and_busy(app: App) -> None:
    await owner(app.sandbox, "add", start="2026-12-01T10:00:00", minutes=60)
    await owner(app.sandbox, "add", start="2026-12-01T10:30:00", minutes=60)
    await owner(app.sandbox, "add", start="2026-12-01T11:30:00", minutes=30)
    await owner(app.sandbox, "add", start="2026-12-02T10:00:00", fields={"transparency": "transparent"})
    mine = [{"email": OWNER, "responseStatus": "declined"}]
    await owner(app.sandbox, "add", start="2026-12-02T12:00:00", fields={"attendees": mine})
    gone = await owner(app.sandbox, "add", start="2026-12-02T14:00:00")
    await owner(app.sandbox, "delete", event=gone["id"])
    days = {"start": {"date": "2026-12-04"}, "end": {"date": "2026-12-05"}}
    await owner(app.sandbox, "add", start="2026-12-04T00:00:00", fields=days)
    await owner(app.sandbox, "add", start="2026-11-30T23:00:00", minutes=120)
    assert (await busy(app))["primary"] == {
        "busy": [
            {"start": "2026-11-30T23:00:00Z", "end": "2026-12-01T00:00:00Z"},
            {"start": "2026-12-01T09:00:00Z", "end": "2026-12-01T11:00:00Z"},
            {"start": "2026-12-03T23:00:00Z", "end": "2026-12-04T23:00:00Z"},
        ]
    }
    there = await busy(app, timeZone="America/New_York")
    assert there["primary"]["busy"][1]["start"] == "2026-12-01T04:00:00-05:00"


async def test_a_calendar_that_cannot_be_answered_for(app: App) -> None:
    await app.sandbox.fault("calendar_error", provider="google", number=TEAM)
    found = await busy(app, "primary", TEAM, HOLIDAYS, SECOND)
    assert found["primary"] == {"busy": []}
    assert found[TEAM] == {"errors": [{"domain": "global", "reason": "internalError"}], "busy": []}
    assert found[HOLIDAYS] == {"busy": []}
    assert found[SECOND]["errors"][0]["reason"] == "notFound"
    many = await busy(app, *(f"c{number}" for number in range(51)))
    assert many["c50"]["errors"][0]["reason"] == "tooManyCalendarsRequested"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"timeMax": "2027-03-01T00:00:00Z"}, "timeRangeTooLong"),
        ({"timeMax": "2026-11-01T00:00:00Z"}, "timeRangeEmpty"),
        ({"timeMax": None}, "required"),
        ({"timeMin": "2026-12-01T00:00:00"}, "badRequest"),
        ({"timeZone": "Mars"}, "invalid"),
        ({"calendarExpansionMax": 51}, "invalid"),
        ({"calendars": []}, "invalidParameter"),
    ],
    ids=str,
)
async def test_questions_that_are_refused(app: App, body: dict[str, Any], reason: str) -> None:
    asked = {"timeMin": "2026-12-01T00:00:00Z", "timeMax": "2026-12-02T00:00:00Z", "items": [{"id": "primary"}]}
    query = app.service.freebusy().query(body={**asked, **body})
    assert await app.refused(query) == (400, reason)


async def test_events_owned_does_not_allow_free_and_busy(sandbox: Client) -> None:
    app = await connect(sandbox, scopes=[f"{AUTH}calendar.events"])
    query = app.service.freebusy().query(body={})
    assert await app.refused(query) == (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")


async def test_the_list_of_calendars(sandbox: Client) -> None:
    app = await connect(sandbox)
    found = await app.run(app.service.calendarList().list())
    assert [(each["id"], each["accessRole"], each.get("primary")) for each in found["items"]] == [
        (OWNER, "owner", True),
        (TEAM, "owner", None),
        (HOLIDAYS, "reader", None),
    ]
    found = await app.run(app.service.calendarList().list(minAccessRole="writer", maxResults=1))
    assert [each["id"] for each in found["items"]] == [OWNER]
    found = await app.run(app.service.calendarList().list(maxResults=2, pageToken=found["nextPageToken"]))
    assert [each["id"] for each in found["items"]] == [TEAM, HOLIDAYS]
    entry = await app.run(app.service.calendarList().get(calendarId="primary"))
    assert (entry["id"], entry["timeZone"]) == (OWNER, "Europe/Madrid")
    assert (await app.refused(app.service.calendarList().get(calendarId=SECOND)))[0] == 404
    assert (await app.refused(app.service.calendars().get(calendarId="primary")))[0] == 403
    whole = await connect(sandbox, scopes=[f"{AUTH}calendar"])
    assert (await whole.run(whole.service.calendars().get(calendarId=TEAM)))["dataOwner"] == OWNER
    assert (await whole.run(whole.service.settings().get(setting="timezone")))["value"] == "Europe/Madrid"
    assert (await whole.refused(whole.service.acl().list(calendarId="primary")))[0] == 501


async def test_a_series(app: App) -> None:
    made = await app.run(app.events.insert(calendarId="primary", body={"summary": "Round", **WEEKLY}))
    assert made["recurrence"] == WEEKLY["recurrence"]
    window = {"timeMin": "2026-10-01T00:00:00Z", "timeMax": "2026-12-01T00:00:00Z"}
    found = await listed(app, singleEvents=True, orderBy="startTime", **window)
    begins = [each["start"]["dateTime"] for each in found["items"]]
    # Nine o'clock on both sides of the change of the clocks; the twelfth was left out.
    assert begins[:3] == ["2026-10-05T09:00:00+02:00", "2026-10-07T09:00:00+02:00", "2026-10-14T09:00:00+02:00"]
    assert begins[-1] == "2026-11-04T09:00:00+01:00"
    assert len(begins) == 9
    assert found["items"][-1]["id"] == f"{made['id']}_20261104T080000Z"
    assert summaries(await listed(app, **window)) == ["Round"]
    body = {**window, "items": [{"id": "primary"}]}
    body["timeMin"] = "2026-10-20T00:00:00Z"
    answer = await app.run(app.service.freebusy().query(body=body))
    assert len(answer["calendars"]["primary"]["busy"]) == 5


async def test_one_of_a_series_differs(app: App) -> None:
    made = await app.run(app.events.insert(calendarId="primary", body={"summary": "Round", **WEEKLY}))
    one, other = f"{made['id']}_20261014T070000Z", f"{made['id']}_20261021T070000Z"
    token = (await listed(app))["nextSyncToken"]
    times = {
        "start": {"dateTime": "2026-10-15T12:00:00+02:00"},
        "end": {"dateTime": "2026-10-15T13:00:00+02:00"},
    }
    moved = await app.run(app.events.patch(calendarId="primary", eventId=one, body=times))
    assert moved["originalStartTime"]["dateTime"] == "2026-10-14T09:00:00+02:00"
    assert moved["recurringEventId"] == made["id"]
    await app.run(app.events.delete(calendarId="primary", eventId=other))
    assert (await app.get(other))["status"] == "cancelled"
    found = await app.run(app.events.instances(calendarId="primary", eventId=made["id"]))
    begins = [each["start"]["dateTime"] for each in found["items"]]
    assert "2026-10-15T12:00:00+02:00" in begins
    assert len(begins) == 8
    changes = await listed(app, syncToken=token)
    assert {each["id"] for each in changes["items"]} == {one, other}
    assert (await app.refused(app.events.get(calendarId="primary", eventId=f"{made['id']}_20261015T070000Z")))[0] == 404
    await app.run(app.events.delete(calendarId="primary", eventId=made["id"]))
    assert (await listed(app))["items"] == []
    assert (await app.get(one))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;INTERVAL=2;COUNT=3", ["2026-12-01", "2026-12-03", "2026-12-05"]),
        ("FREQ=DAILY;UNTIL=20261202", ["2026-12-01", "2026-12-02"]),
        ("FREQ=MONTHLY;COUNT=2", ["2026-12-01", "2027-01-01"]),
        ("FREQ=YEARLY;COUNT=2", ["2026-12-01", "2027-12-01"]),
    ],
)
async def test_series_of_days(app: App, rule: str, expected: list[str]) -> None:
    days = {"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}, "recurrence": [f"RRULE:{rule}"]}
    made = await app.run(app.events.insert(calendarId="primary", body=days))
    window = {"timeMin": "2026-11-01T00:00:00Z", "timeMax": "2028-01-01T00:00:00Z"}
    found = await app.run(app.events.instances(calendarId="primary", eventId=made["id"], **window))
    assert [each["start"]["date"] for each in found["items"]] == expected
    assert found["items"][-1]["id"] == f"{made['id']}_{expected[-1].replace('-', '')}"
    assert (await app.get(found["items"][-1]["id"]))["start"] == {"date": expected[-1]}
