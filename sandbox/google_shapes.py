"""How Calendar shows what it keeps."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_recurrence import original
from sandbox.google_store import Agenda, Event
from sandbox.google_times import display, stamp
from sandbox.google_visit import Visit

_TIMES: Final = frozenset({"start", "end", "originalStartTime", "recurringEventId"})
# What somebody who may only see free and busy learns of an event.
_BLIND: Final = frozenset(
    {"kind", "etag", "id", "status", "start", "end", "transparency", "created", "updated", "eventType"}
)
REMINDERS: Final = [{"method": "popup", "minutes": 10}]


def event_json(visit: Visit, agenda: Agenda, event: Event, zone: ZoneInfo | None = None) -> dict[str, Any]:
    """An event as its calendar shows it."""
    fields, place = event.fields, zone or agenda.zone
    eid = base64.urlsafe_b64encode(f"{event.id} {agenda.id}".encode()).decode().rstrip("=")
    shown: dict[str, Any] = {
        "kind": "calendar#event",
        "etag": event.etag,
        "id": event.id,
        "status": "confirmed",
        "htmlLink": f"https://www.google.com/calendar/event?eid={eid}",
        "created": f"{event.created:%Y-%m-%dT%H:%M:%S}.000Z",
        "updated": stamp(event.updated),
        "creator": _person(event.creator, agenda),
        "organizer": fields.get("organizer") or _organizer(agenda),
        **{name: value for name, value in fields.items() if name not in _TIMES and name != "organizer"},
        "start": display(fields["start"], place, agenda.zone_name),
        "end": display(fields["end"], place, agenda.zone_name),
        **original(event, place, agenda.zone_name),
        "sequence": fields.get("sequence", 0),
        "reminders": fields.get("reminders") or {"useDefault": True},
        "eventType": "default",
    }
    if "attendees" in fields:
        shown |= _attendees(visit, agenda, fields, shown["organizer"]["email"])
    return {name: value for name, value in shown.items() if name in _BLIND} if visit.blind else shown


def _person(email: str, agenda: Agenda) -> dict[str, Any]:
    return {"email": email, "self": True} if email == agenda.id else {"email": email}


def _organizer(agenda: Agenda) -> dict[str, Any]:
    primary = agenda.id == agenda.owner
    return {"email": agenda.id, **({} if primary else {"displayName": agenda.summary}), "self": True}


def _attendees(visit: Visit, agenda: Agenda, fields: Mapping[str, Any], organizer: str) -> dict[str, Any]:
    rows = []
    for each in fields["attendees"]:
        marks = {"organizer": each["email"] == organizer, "self": each["email"] == agenda.id}
        rows.append({**each, **{name: True for name, mark in marks.items() if mark}})
    most = visit.query.get("maxAttendees")
    if most is not None and len(rows) > most:
        return {"attendees": [row for row in rows if row.get("self")], "attendeesOmitted": True}
    return {"attendees": rows}


def gone_json(event: Event, zone: ZoneInfo, own_zone: str) -> dict[str, Any]:
    """A deleted event in a list of changes: only what Google promises to tell."""
    shown = {"kind": "calendar#event", "etag": event.etag, "id": event.id, "status": "cancelled"}
    return shown | original(event, zone, own_zone)


def calendar_json(agenda: Agenda) -> dict[str, Any]:
    """A calendar by itself."""
    types = ["hangoutsMeet"] if agenda.meet else []
    shown = {
        "kind": "calendar#calendar",
        "etag": agenda.etag(),
        "id": agenda.id,
        "summary": agenda.summary,
        "timeZone": agenda.zone_name,
        "conferenceProperties": {"allowedConferenceSolutionTypes": types},
    }
    return shown if agenda.id == agenda.owner else {**shown, "dataOwner": agenda.owner}


def entry_json(agenda: Agenda, email: str) -> dict[str, Any]:
    """A calendar in somebody's list."""
    role = agenda.roles[email]
    primary = {"primary": True} if agenda.id == email else {}
    return {
        **calendar_json(agenda),
        "kind": "calendar#calendarListEntry",
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": True,
        "accessRole": role,
        "defaultReminders": REMINDERS if primary else [],
        **primary,
    }
