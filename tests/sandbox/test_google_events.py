"""Calendar's events, driven by google-api-python-client."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client, Start
from tests.sandbox.google_app import (
    AUTH,
    EVENTS,
    HOLIDAYS,
    OWNER,
    SECOND,
    TEAM,
    App,
    connect,
    event_body,
    meet,
    owner,
)
from tests.waiting import until

OWN_ID = "m" + "0a" * 16


@pytest.fixture
async def app(sandbox: Client) -> App:
    return await connect(sandbox)


async def test_an_event_lives_and_dies(app: App) -> None:
    made = await app.insert(id=OWN_ID, extendedProperties={"private": {"meeting_id": "mtg-1"}})
    assert (made["id"], made["status"], made["iCalUID"]) == (OWN_ID, "confirmed", f"{OWN_ID}@google.com")
    assert made["start"] == {"dateTime": "2026-12-01T10:00:00+01:00", "timeZone": "Europe/Madrid"}
    assert made["organizer"] == {"email": OWNER, "self": True}
    assert await app.get(OWN_ID) == made

    delete = app.events.delete(calendarId="primary", eventId=OWN_ID)
    assert await app.run(delete) == ""
    assert await app.refused(delete) == (410, "deleted")
    gone = await app.get(OWN_ID)
    assert (gone["status"], gone["summary"]) == ("cancelled", "Check-up")
    insert = app.events.insert(calendarId="primary", body=event_body(id=OWN_ID))
    assert await app.refused(insert) == (409, "duplicate")
    never = app.events.delete(calendarId="primary", eventId="never0")
    assert await app.refused(never) == (404, "notFound")


async def test_google_chooses_an_id(app: App) -> None:
    first, second = await app.insert(), await app.insert()
    assert first["id"] != second["id"]
    # Ids are of one calendar.
    await app.insert(id=OWN_ID)
    await app.insert(TEAM, id=OWN_ID)


@pytest.mark.parametrize("id_", ["mtg_1", "UPPER", "four", "wxyz0", "a" * 1025], ids=lambda id_: id_[:6])
async def test_ids_that_google_refuses(app: App, id_: str) -> None:
    insert = app.events.insert(calendarId="primary", body=event_body(id=id_))
    assert await app.refused(insert) == (400, "invalid")


async def test_an_id_together_with_a_uid_is_refused(app: App) -> None:
    both = app.events.insert(calendarId="primary", body=event_body(id=OWN_ID, iCalUID="x@y"))
    assert await app.refused(both) == (400, "invalid")
    made = await app.insert(iCalUID="x@y")
    assert made["iCalUID"] == "x@y"


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({"start": {"dateTime": "2026-12-01T10:00:00"}}, "required"),
        ({"start": {"dateTime": "2026-12-01T10:00:00", "timeZone": "Mars/Base"}}, "invalid"),
        ({"start": {"dateTime": "2026-12-01 10:00"}}, "invalid"),
        ({"start": {"dateTime": "2026-12-01T11:00:00+01:00"}}, "timeRangeEmpty"),
        ({"start": {"date": "2026-12-01"}}, "invalid"),
        ({"start": {"date": "2026-12-01", "dateTime": "2026-12-01T10:00:00Z"}}, "invalid"),
        ({"end": None}, "required"),
        ({"start": {"date": "2026-12-01"}, "end": {"date": "2026-12-01"}}, "timeRangeEmpty"),
        ({"attendees": [{"displayName": "Ann"}]}, "invalid"),
        ({"attendees": [{"email": "nobody"}]}, "invalid"),
        ({"status": "done"}, "invalid"),
        ({"transparency": "free"}, "invalid"),
        ({"reminders": {"overrides": [{"method": "sms", "minutes": 1}]}}, "invalid"),
        ({"reminders": {"overrides": [{"method": "popup", "minutes": 1}] * 6}}, "invalid"),
        (
            {"reminders": {"useDefault": True, "overrides": [{"method": "popup", "minutes": 1}]}},
            "cannotUseDefaultRemindersAndSpecifyOverride",
        ),
        ({"extendedProperties": {"private": {"k" * 45: "v"}}}, "invalid"),
        ({"extendedProperties": {"private": {"k": "v" * 1025}}}, "invalid"),
        ({"conferenceData": meet(kind="zoom")}, "invalid"),
        ({"conferenceData": {"createRequest": {"conferenceSolutionKey": {"type": "hangoutsMeet"}}}}, "required"),
        ({"conferencData": {}}, "invalidParameter"),
        ({"start": {"datetime": "2026-12-01T10:00:00Z"}}, "invalidParameter"),
        ({"extendedProperties": {"private": {"meeting_id": 1}}}, "invalid"),
        ({"attendees": [{"mail": "a@b.example"}]}, "invalidParameter"),
        ({"summary": ["x"]}, "invalid"),
        ({"sequence": "1"}, "invalid"),
        ({"eventType": "outOfOffice"}, "notImplemented"),
        (
            {"recurrence": ["RRULE:FREQ=HOURLY"], "start": {"date": "2026-12-01"}, "end": {"date": "2026-12-02"}},
            "invalid",
        ),
    ],
    ids=str,
)
async def test_bodies_that_are_refused(app: App, times: dict[str, Any], reason: str) -> None:
    body = {**event_body(), **times}
    insert = app.events.insert(calendarId="primary", body=body, conferenceDataVersion=1)
    assert (await app.refused(insert))[1] == reason


async def test_times_are_shown_in_the_zone_of_the_calendar_or_the_one_asked_for(app: App) -> None:
    naive = {"dateTime": "2026-07-01T09:00:00", "timeZone": "America/New_York"}
    body = {"start": naive, "end": {"dateTime": "2026-07-01T13:30:00Z"}}
    made = await app.run(app.events.insert(calendarId="primary", body=body))
    assert made["start"] == {"dateTime": "2026-07-01T15:00:00+02:00", "timeZone": "America/New_York"}
    there = await app.run(app.events.get(calendarId="primary", eventId=made["id"], timeZone="Asia/Kathmandu"))
    assert there["start"]["dateTime"] == "2026-07-01T18:45:00+05:45"
    utc = await app.run(app.events.get(calendarId="primary", eventId=made["id"], timeZone="UTC"))
    assert utc["start"]["dateTime"] == "2026-07-01T13:00:00Z"


async def test_a_time_that_the_clocks_skip_is_the_one_after_it(app: App) -> None:
    gap = {"dateTime": "2027-03-28T02:30:00", "timeZone": "Europe/Madrid"}
    body = {"start": gap, "end": {"dateTime": "2027-03-28T04:30:00+02:00"}}
    made = await app.run(app.events.insert(calendarId="primary", body=body))
    assert made["start"]["dateTime"] == "2027-03-28T03:30:00+02:00"


async def test_a_patch_keeps_what_it_does_not_name(app: App) -> None:
    guests = [{"email": "ann@lead.example"}, {"email": "bob@lead.example"}]
    made = await app.insert(
        attendees=guests, conferenceData=meet(), extendedProperties={"private": {"meeting_id": "1"}}
    )
    body = {
        "start": {"dateTime": "2026-12-02T10:00:00+01:00"},
        "end": {"dateTime": "2026-12-02T10:30:00+01:00"},
        "attendees": guests[:1],
        "extendedProperties": {"private": {"other": "2"}},
        "location": None,
    }
    moved = await app.run(app.events.patch(calendarId="primary", eventId=made["id"], body=body))
    assert moved["start"]["dateTime"] == "2026-12-02T10:00:00+01:00"
    assert [each["email"] for each in moved["attendees"]] == ["ann@lead.example"]
    assert moved["extendedProperties"]["private"] == {"meeting_id": "1", "other": "2"}
    assert moved["conferenceData"]["createRequest"]["requestId"] == "r1"
    assert (moved["sequence"], moved["summary"]) == (1, "Check-up")
    assert moved["etag"] != made["etag"]


async def test_an_update_takes_the_place_of_the_whole(app: App) -> None:
    made = await app.insert(location="Here", conferenceData=meet())
    part = app.events.update(calendarId="primary", eventId=made["id"], body={"status": "cancelled"})
    assert await app.refused(part) == (400, "required")
    whole = app.events.update(calendarId="primary", eventId=made["id"], body=event_body(summary="New"))
    found = await app.run(whole)
    assert "location" not in found
    assert (found["summary"], found["iCalUID"]) == ("New", made["iCalUID"])
    assert "conferenceData" in found
    without = app.events.update(calendarId="primary", eventId=made["id"], body=event_body(), conferenceDataVersion=1)
    assert "conferenceData" not in await app.run(without)


async def test_an_etag_guards_a_change(app: App) -> None:
    made = await app.insert()
    await owner(app.sandbox, "rename", event=made["id"], summary="Mine")
    body = {"summary": "Ours"}
    patch = app.events.patch(calendarId="primary", eventId=made["id"], body=body)
    assert await app.refused(patch, headers={"If-Match": made["etag"]}) == (412, "conditionNotMet")
    delete = app.events.delete(calendarId="primary", eventId=made["id"])
    assert await app.refused(delete, headers={"If-Match": made["etag"]}) == (412, "conditionNotMet")
    now = await app.get(made["id"])
    assert now["summary"] == "Mine"
    changed = await app.run(
        app.events.patch(calendarId="primary", eventId=made["id"], body=body), headers={"If-Match": now["etag"]}
    )
    assert changed["summary"] == "Ours"
    headers = {"Authorization": f"Bearer {app.credentials.token}", "If-None-Match": changed["etag"]}
    async with app.sandbox.http.get(f"{app.sandbox.url}{EVENTS}/{made['id']}", headers=headers) as answer:
        assert answer.status == 304


async def test_an_old_sequence_is_refused(app: App) -> None:
    made = await app.insert()
    await owner(app.sandbox, "move", event=made["id"], start="2026-12-03T10:00:00")
    patch = app.events.patch(calendarId="primary", eventId=made["id"], body={"sequence": 0})
    assert await app.refused(patch) == (400, "invalid")


async def test_reminders_alone_do_not_move_updated(app: App) -> None:
    made = await app.insert()
    body = {"reminders": {"useDefault": False, "overrides": [{"method": "popup", "minutes": 5}]}}
    changed = await app.run(app.events.patch(calendarId="primary", eventId=made["id"], body=body))
    assert changed["updated"] == made["updated"]
    assert changed["etag"] != made["etag"]


async def test_a_meet_link_takes_a_moment(app: App) -> None:
    made = await app.insert(conferenceData=meet())
    request = made["conferenceData"]["createRequest"]
    assert (request["status"]["statusCode"], "hangoutLink" in made) == ("pending", False)

    async def ready() -> Any:
        found = await app.get(made["id"])
        return found if "hangoutLink" in found else None

    found = await until(ready)
    entry = found["conferenceData"]["entryPoints"][0]
    assert (entry["entryPointType"], entry["uri"]) == ("video", found["hangoutLink"])
    assert found["conferenceData"]["createRequest"]["status"]["statusCode"] == "success"
    assert found["etag"] != made["etag"]
    again = app.events.patch(
        calendarId="primary", eventId=made["id"], body={"conferenceData": meet("r1")}, conferenceDataVersion=1
    )
    assert (await app.run(again))["hangoutLink"] == found["hangoutLink"]
    other = app.events.patch(
        calendarId="primary", eventId=made["id"], body={"conferenceData": meet("r2")}, conferenceDataVersion=1
    )
    assert "hangoutLink" not in await app.run(other)


async def test_without_the_version_a_conference_is_ignored(app: App) -> None:
    made = await app.run(app.events.insert(calendarId="primary", body=event_body(conferenceData=meet())))
    assert "conferenceData" not in made


async def test_a_calendar_without_meet(sandbox: Client) -> None:
    seed = {"email": "plain@shop.example", "calendars": [{"id": "plain@shop.example", "meet": False}]}
    assert (await sandbox.ask("POST", "/_sandbox/google/accounts", json=seed))[0] == 201
    app = await connect(sandbox, "plain@shop.example")
    insert = app.events.insert(calendarId="primary", body=event_body(conferenceData=meet()), conferenceDataVersion=1)
    assert await app.refused(insert) == (400, "invalid")


async def test_guests_are_written_to_as_asked(app: App) -> None:
    guests = [{"email": "ann@lead.example"}, {"email": SECOND}]
    for updates in ("none", "externalOnly", "all"):
        insert = app.events.insert(calendarId="primary", body=event_body(attendees=guests), sendUpdates=updates)
        made = await app.run(insert)
    await app.run(app.events.delete(calendarId="primary", eventId=made["id"], sendUpdates="all"))
    _, shown = await app.sandbox.ask("GET", "/_sandbox/google")
    told = [(mail["to"], mail["kind"]) for mail in shown["mail"]]
    everyone = ("ann@lead.example", SECOND)
    assert told == [
        ("ann@lead.example", "invitation"),
        *((to, "invitation") for to in everyone),
        *((to, "cancellation") for to in everyone),
    ]


async def test_a_guest_answers(app: App) -> None:
    made = await app.insert(attendees=[{"email": "ann@lead.example"}])
    assert made["attendees"] == [{"email": "ann@lead.example", "responseStatus": "needsAction"}]
    await owner(app.sandbox, "answer", event=made["id"], guest="ann@lead.example", response="declined")
    found = await app.get(made["id"])
    assert found["attendees"][0]["responseStatus"] == "declined"


@pytest.mark.parametrize(
    ("scopes", "calendar", "expected"),
    [
        ([f"{AUTH}calendar.freebusy"], "primary", (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        ([f"{AUTH}calendar.events.readonly"], "primary", (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        ([f"{AUTH}calendar.app.created"], "primary", (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        ([f"{AUTH}calendar.events.owned"], HOLIDAYS, (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")),
        ([f"{AUTH}calendar.events"], HOLIDAYS, (403, "requiredAccessLevel")),
        ([f"{AUTH}calendar.events"], SECOND, (404, "notFound")),
    ],
)
async def test_who_may_not_write(sandbox: Client, scopes: list[str], calendar: str, expected: tuple[int, str]) -> None:
    app = await connect(sandbox, scopes=scopes)
    insert = app.events.insert(calendarId=calendar, body=event_body())
    assert await app.refused(insert) == expected


async def test_some_tokens_see_only_when(sandbox: Client) -> None:
    made = await (await connect(sandbox)).insert()
    app = await connect(sandbox, scopes=[f"{AUTH}calendar.events.freebusy"])
    found = await app.get(made["id"])
    assert "summary" not in found
    assert found["start"] == made["start"]


async def test_a_calendar_shared_with_another(sandbox: Client, start: Start) -> None:
    seed = {"email": "third@shop.example", "calendars": [{"id": TEAM, "role": "writer"}]}
    await sandbox.ask("POST", "/_sandbox/google/accounts", json=seed)
    app = await connect(sandbox, "third@shop.example", [f"{AUTH}calendar.events"])
    made = await app.insert(TEAM)
    assert made["creator"] == {"email": "third@shop.example"}
    assert made["organizer"]["displayName"] == "Team"


async def test_only_the_organizer_changes_what_is_shared(app: App) -> None:
    stranger = {"organizer": {"email": "boss@other.example"}}
    event = await owner(app.sandbox, "add", start="2026-12-01T12:00:00", fields=stranger)
    patch = app.events.patch(calendarId="primary", eventId=event["id"], body={"guestsCanModify": True})
    assert await app.refused(patch) == (403, "forbiddenForNonOrganizer")


async def test_a_cancelled_event_can_stand_again(app: App) -> None:
    made = await app.insert()
    cancel = app.events.patch(calendarId="primary", eventId=made["id"], body={"status": "cancelled"})
    assert (await app.run(cancel))["status"] == "cancelled"
    again = app.events.patch(calendarId="primary", eventId=made["id"], body={"status": "confirmed"})
    assert (await app.run(again))["status"] == "confirmed"
