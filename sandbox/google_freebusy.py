"""When calendars are busy. https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_errors import GoogleRefusal, bad_request, empty_range
from sandbox.google_recurrence import expand, overlaps
from sandbox.google_store import Agenda, Event
from sandbox.google_times import Span, read_instant, read_zone, shown
from sandbox.google_visit import Answer, Visit

MOST_CALENDARS: Final = 50


def query(visit: Visit) -> Answer:
    """POST a question. A calendar that cannot be answered for has `errors`, and the answer is still 200."""
    body = visit.body
    window = _window(visit)
    zone = read_zone(body.get("timeZone") or "UTC")
    if zone is None:
        raise bad_request("Invalid time zone definition for timeZone.")
    most = body.get("calendarExpansionMax") or MOST_CALENDARS
    if most > MOST_CALENDARS:
        raise bad_request("Invalid value for: calendarExpansionMax.")
    asked = [each.get("id") or "" for each in body.get("items") or ()]
    calendars: dict[str, Any] = {}
    for number, name in enumerate(asked):
        reason = "tooManyCalendarsRequested" if number >= most else ""
        calendars[name] = _failed(reason) if reason else _one(visit, name, window, zone)
    low, high = (shown(each, ZoneInfo("UTC")).replace("Z", ".000Z") for each in window)
    return Answer({"kind": "calendar#freeBusy", "timeMin": low, "timeMax": high, "calendars": calendars})


def _window(visit: Visit) -> Span:
    found = []
    for name in ("timeMin", "timeMax"):
        text = visit.body.get(name)
        if not text:
            raise bad_request(f"Missing {name} parameter.", "required", parameter=name)
        instant = read_instant(text)
        if instant is None:
            raise GoogleRefusal(400, "badRequest", "Bad Request")
        found.append(instant)
    low, high = found
    if high <= low:
        raise empty_range()
    # Google does not say how long is too long; some were refused three months.
    if high - low > timedelta(days=visit.config.freebusy_days):
        message = "The requested time range is too long."
        where = ("parameter", "timeMax")
        raise GoogleRefusal(400, "timeRangeTooLong", message, domain="calendar", where=where)
    return low, high


def _failed(reason: str) -> dict[str, Any]:
    domain = "calendar" if reason in ("tooManyCalendarsRequested", "groupTooBig") else "global"
    return {"errors": [{"domain": domain, "reason": reason}], "busy": []}


def _one(visit: Visit, name: str, window: Span, zone: ZoneInfo) -> dict[str, Any]:
    agenda = visit.google.store.find(visit.email, name)
    if agenda is None:
        return _failed("notFound")
    fault = visit.sandbox.faults.take(("calendar_error",), "google", (name, agenda.id, visit.email), "freebusy")
    if fault is not None:
        return _failed(fault.order.code or "internalError")
    return {"busy": [{"start": shown(low, zone), "end": shown(high, zone)} for low, high in busy(agenda, window)]}


def busy(agenda: Agenda, window: Span) -> list[Span]:
    """When a calendar is busy in a window, joined where it touches."""
    spans = sorted(each.span(agenda.zone) for each in _blocking(agenda, window))
    joined: list[Span] = []
    for low, high in ((max(low, window[0]), min(high, window[1])) for low, high in spans):
        if joined and low <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(high, joined[-1][1])
        elif low < high:
            joined.append((low, high))
    return joined


def _blocking(agenda: Agenda, window: Span) -> Iterable[Event]:
    for event in tuple(agenda.events.values()):
        for each in expand(agenda, event, window) if event.recurrence and not event.cancelled else (event,):
            kept_apart = each is not event and each.id in agenda.events
            if not kept_apart and _blocks(each, agenda) and overlaps(each.span(agenda.zone), window):
                yield each


def _blocks(event: Event, agenda: Agenda) -> bool:
    own = [each for each in event.fields.get("attendees", ()) if each["email"] == agenda.id]
    declined = any(each["responseStatus"] == "declined" for each in own)
    free = event.fields.get("transparency") == "transparent" or event.recurrence
    return not (event.cancelled or free or declined)
