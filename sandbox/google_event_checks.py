"""What Calendar takes as an event, beyond the shapes of its fields, and what it makes of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final

from sandbox.google_errors import GoogleRefusal, bad_request, empty_range, not_built
from sandbox.google_recurrence import check_recurrence
from sandbox.google_store import Agenda
from sandbox.google_times import instant_of, read_zone, settled

Fields = dict[str, Any]

_ID: Final = re.compile(r"[a-v0-9]{5,1024}")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Answered, and overlooked when sent. (conferenceData has a way of its own.)
_READ_ONLY: Final = frozenset({
    "kind", "etag", "htmlLink", "created", "updated", "creator", "organizer", "hangoutLink", "id", "recurringEventId",
    "originalStartTime", "locked", "attendeesOmitted", "endTimeUnspecified", "privateCopy", "conferenceData", "iCalUID",
    "sequence",
})  # fmt: skip
_WORDS: Final[Mapping[str, Collection[str]]] = {
    "status": ("confirmed", "tentative", "cancelled"),
    "transparency": ("opaque", "transparent"),
    "visibility": ("default", "public", "private", "confidential"),
}
_ANSWERS: Final = ("needsAction", "declined", "tentative", "accepted")
_KINDS: Final = frozenset({"birthday", "focusTime", "fromGmail", "outOfOffice", "workingLocation"})
_NOT_BUILT: Final = (
    "attachments",
    "birthdayProperties",
    "eventLabelId",
    "focusTimeProperties",
    "gadget",
    "outOfOfficeProperties",
    "workingLocationProperties",
)


def check_own_id(body: Mapping[str, Any]) -> str:
    """The id that the app chose, "" when it leaves that to Google. Raises GoogleRefusal."""
    id_ = body.get("id")
    if id_ is None:
        return ""
    # Measured by several: an id together with an iCalUID is refused with these words.
    if not _ID.fullmatch(id_) or body.get("iCalUID") is not None:
        raise bad_request("Invalid resource id value.")
    return str(id_)


def merged(kept: Mapping[str, Any], patch: Mapping[str, Any]) -> Fields:
    """The fields after a patch: objects are merged, arrays replaced, null takes a field away."""
    found = dict(kept)
    for name, value in patch.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            found[name] = merged(found.get(name) or {}, value)
        else:
            found[name] = value
    return found


def writable(body: Mapping[str, Any]) -> Fields:
    """The fields of a body that a caller may set."""
    return {name: value for name, value in body.items() if name not in _READ_ONLY}


def checked(fields: Mapping[str, Any], agenda: Agenda) -> Fields:
    """The fields of a whole event, settled. Raises GoogleRefusal."""
    found = {name: value for name, value in fields.items() if value is not None}
    if used := [name for name in _NOT_BUILT if name in found] or found.get("eventType", "default") in _KINDS:
        raise not_built(f"events with {used if isinstance(used, list) else found['eventType']}")
    for name, words in _WORDS.items():
        if found.get(name, next(iter(words))) not in words:
            raise bad_request(f"Invalid value for: {name}: {found[name]!r}.")
    found |= _times(found, agenda)
    if "attendees" in found:
        found["attendees"] = [_attendee(each) for each in found["attendees"]]
    _check_reminders(found.get("reminders") or {})
    _check_properties(found.get("extendedProperties") or {})
    return found


def _times(found: Fields, agenda: Agenda) -> Fields:
    for which in ("end", "start"):
        if found.get(which) is None:
            raise bad_request(f"Missing {which} time.", "required")
    start, end = settled(found["start"], "start"), settled(found["end"], "end")
    if ("date" in start) != ("date" in end):
        raise bad_request("Invalid start time.")
    begins, ends = instant_of(start, agenda.zone), instant_of(end, agenda.zone)
    if ends < begins or ("date" in start and ends == begins):
        raise empty_range()
    if found.get("recurrence"):
        if "date" not in start and "timeZone" not in start:
            raise bad_request("Missing time zone definition for start time.", "required")
        check_recurrence(found["recurrence"], read_zone(start.get("timeZone", "")) or agenda.zone)
    return {"start": start, "end": end}


def _attendee(given: Mapping[str, Any]) -> Fields:
    email = given.get("email")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise bad_request("Invalid attendee email.")
    if given.get("responseStatus", "needsAction") not in _ANSWERS:
        raise bad_request("Invalid value for: responseStatus.")
    kept = {name: value for name, value in given.items() if name not in ("self", "organizer") and value is not None}
    return {"responseStatus": "needsAction", **kept, "email": email.lower()}


def _check_reminders(reminders: Mapping[str, Any]) -> None:
    overrides = reminders.get("overrides") or []
    if reminders.get("useDefault") and overrides:
        message = "Cannot specify both default reminders and overrides at the same time."
        raise GoogleRefusal(400, "cannotUseDefaultRemindersAndSpecifyOverride", message, domain="calendar")
    if len(overrides) > 5:
        raise bad_request("Invalid value for: reminders.overrides: at most 5.")
    for each in overrides:
        minutes = each.get("minutes")
        if each.get("method") not in ("email", "popup") or minutes is None or not 0 <= minutes <= 40320:
            raise bad_request("Invalid value for: reminders.overrides.")


def _check_properties(properties: Mapping[str, Mapping[str, str]]) -> None:
    for kind, held in properties.items():
        if len(held) > 300 or any(len(key) > 44 or len(value or "") > 1024 for key, value in held.items()):
            raise bad_request(f"Invalid value for: extendedProperties.{kind} is too large.")
