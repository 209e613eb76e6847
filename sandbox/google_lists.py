"""Calendar's lists of events: pages, windows, and what changed since a token.

https://developers.google.com/workspace/calendar/api/guides/sync
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sandbox.google_errors import GoogleRefusal, bad_request, empty_range, full_sync, not_found
from sandbox.google_recurrence import expand, overlaps
from sandbox.google_shapes import REMINDERS, event_json, gone_json
from sandbox.google_store import Agenda, Event, Page
from sandbox.google_times import Span, read_instant, stamp
from sandbox.google_visit import Answer, Visit

MOST_ROWS: Final = 2500
_NOT_WITH_TOKEN: Final = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
# With these an answer has no token for the next time.
_NO_TOKEN: Final = ("iCalUID", "orderBy", "privateExtendedProperty", "q", "sharedExtendedProperty", "updatedMin")
_MADE_WITH: Final = ("singleEvents", "eventTypes", "maxAttendees")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_END: Final = datetime(2200, 1, 1, tzinfo=UTC)
_SERIES_DAYS: Final = 730


def list_(visit: Visit) -> Answer:
    """GET the events of a calendar, or what changed in it."""
    agenda, query = visit.agenda("reader"), visit.query
    since = _since(visit, agenda)
    if query.get("orderBy") == "startTime" and not query.get("singleEvents"):
        raise GoogleRefusal(400, "badRequest", "The requested ordering is not available for the particular query.")
    window = _window(query)
    events = [each for each in _events(agenda, query, window, since) if _fits(each, agenda, query, window, since)]
    if query.get("orderBy") == "startTime":
        events.sort(key=lambda each: each.span(agenda.zone)[0])
    elif query.get("orderBy") == "updated":
        events.sort(key=lambda each: each.updated)
    else:
        events.sort(key=lambda each: each.version)
    return _page(visit, agenda, events, since)


def instances(visit: Visit) -> Answer:
    """GET the occurrences of a series."""
    agenda, query = visit.agenda("reader"), visit.query
    master = agenda.events.get(visit.path["eventId"])
    if master is None:
        raise not_found()
    window = _window(query)
    found = expand(agenda, master, _bounded(window)) if master.recurrence else [master]
    shown = [each for each in found if query.get("showDeleted") or not each.cancelled]
    return _page(visit, agenda, sorted(shown, key=lambda each: each.span(agenda.zone)[0]), None)


def _since(visit: Visit, agenda: Agenda) -> int | None:
    """The version that a sync token stands for, None without one. Raises GoogleRefusal."""
    token = visit.query.get("syncToken")
    if token is None:
        return None
    for name in _NOT_WITH_TOKEN:
        if name in visit.query:
            message = "Sync token cannot be used with other request restrictions."
            raise bad_request(message, parameter=name)
    if visit.query.get("showDeleted") is False:
        raise bad_request("Sync token cannot be used with showDeleted=false.", parameter="showDeleted")
    kept = _unpack(token)
    if kept is None or kept.get("calendar") != agenda.id:
        raise bad_request("Invalid sync token value.", parameter="syncToken")
    if kept["epoch"] != agenda.epoch or visit.sandbox.faults.take(("full_sync",), "google", visit.names, "list"):
        raise full_sync()
    if kept["made_with"] != _made_with(visit.query):
        raise bad_request("The sandbox refuses a sync token with other parameters than it was made with.")
    return int(kept["version"])


def _made_with(query: Mapping[str, Any]) -> dict[str, Any]:
    return {name: query[name] for name in _MADE_WITH if query.get(name)}


def _window(query: Mapping[str, Any]) -> Span:
    low, high = read_instant(query.get("timeMin", "")), read_instant(query.get("timeMax", ""))
    if low is not None and high is not None and high <= low:
        raise empty_range()
    return low or _BEGINNING, high or _END


def _bounded(window: Span) -> Span:
    """A window that a series without an end can be expanded in."""
    low = max(window[0], datetime.now(UTC) - timedelta(days=_SERIES_DAYS)) if window[0] == _BEGINNING else window[0]
    return low, min(window[1], low + timedelta(days=2 * _SERIES_DAYS))


def _events(agenda: Agenda, query: Mapping[str, Any], window: Span, since: int | None) -> Iterable[Event]:
    """Every event; with singleEvents the occurrences in the place of their series."""
    for event in tuple(agenda.events.values()):
        if not event.recurrence or not query.get("singleEvents"):
            yield event
        elif since is None or event.version > since:
            found = expand(agenda, event, _bounded(window))
            yield from (each for each in found if each.id not in agenda.events)


def _fits(event: Event, agenda: Agenda, query: Mapping[str, Any], window: Span, since: int | None) -> bool:
    if since is not None:
        return event.version > since
    updated_min = read_instant(query.get("updatedMin", ""))
    if updated_min is not None and event.updated < updated_min:
        return False
    series = agenda.events.get(event.fields.get("recurringEventId", ""))
    in_series = series is not None and not series.cancelled and not query.get("singleEvents")
    if event.cancelled and not (query.get("showDeleted") or updated_min is not None or in_series):
        return False
    if not event.recurrence and not overlaps(event.span(agenda.zone), window):
        return False
    if event.recurrence and not expand(agenda, event, _bounded(window)):
        return False
    return _matches(event, query)


def _matches(event: Event, query: Mapping[str, Any]) -> bool:
    fields = event.fields
    for kind in ("private", "shared"):
        held = fields.get("extendedProperties", {}).get(kind, {})
        for wanted in query.get(f"{kind}ExtendedProperty", ()):
            name, _, value = wanted.partition("=")
            if held.get(name) != value:
                return False
    words = (fields.get("summary", ""), fields.get("description", ""), fields.get("location", ""))
    guests = [each.get(name, "") for each in fields.get("attendees", ()) for name in ("email", "displayName")]
    text = " ".join((*words, *guests)).lower()
    return (
        all(word in text for word in query.get("q", "").lower().split())
        and query.get("iCalUID", fields["iCalUID"]) == fields["iCalUID"]
        and ("eventTypes" not in query or "default" in query["eventTypes"])
    )


def _page(visit: Visit, agenda: Agenda, events: Sequence[Event], since: int | None) -> Answer:
    """One page. What comes later was looked up with the first one, so a change in between moves nothing."""
    query, pages = visit.query, visit.google.store.pages
    turned = pages.find(query["pageToken"]) if "pageToken" in query else Page(agenda.id, agenda.version, tuple(events))
    if turned is None or turned.calendar != agenda.id:
        raise bad_request("Invalid page token value.", parameter="pageToken")
    size = min(query.get("maxResults", 250), MOST_ROWS)
    rows, rest = turned.events[:size], turned.events[size:]
    zone = visit.zone(agenda.zone)
    body = {
        "kind": "calendar#events",
        "etag": agenda.etag(),
        "summary": agenda.summary,
        "description": "",
        "updated": stamp(max((each.updated for each in agenda.events.values()), default=datetime.now(UTC))),
        "timeZone": zone.key,
        "accessRole": agenda.roles[visit.email],
        "defaultReminders": REMINDERS if agenda.id == visit.email else [],
        "items": [
            gone_json(each, zone, agenda.zone_name)
            if each.cancelled and (since is not None or not query.get("showDeleted"))
            else event_json(visit, agenda, each, zone)
            for each in rows
        ],
    }
    if rest:
        body["nextPageToken"] = pages.add(Page(agenda.id, turned.version, rest))
    elif not any(name in query for name in _NO_TOKEN) and "eventId" not in visit.path:
        # A change between two pages is in the next round: the token is of the moment of the first page.
        token = {"calendar": agenda.id, "epoch": agenda.epoch, "version": turned.version}
        body["nextSyncToken"] = _pack({**token, "made_with": _made_with(query)})
    return Answer(body)


def _pack(value: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


def _unpack(token: str) -> dict[str, Any] | None:
    try:
        value = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
