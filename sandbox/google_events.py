"""Calendar's events, one at a time: insert, get, patch, update, delete.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox import google_conference
from sandbox.google_errors import GoogleRefusal, bad_request, deleted, duplicate, not_found
from sandbox.google_event_checks import check_own_id, checked, merged, writable
from sandbox.google_recurrence import find_occurrence
from sandbox.google_shapes import event_json
from sandbox.google_store import Agenda, Event, GoogleStore
from sandbox.google_visit import Answer, Visit

_SHARED: Final = frozenset({"guestsCanInviteOthers", "guestsCanModify", "guestsCanSeeOtherGuests"})
# These stay when a whole event is put in the place of another.
_LASTING: Final = ("iCalUID", "sequence", "organizer", "recurringEventId", "originalStartTime")
_CONFERENCE: Final = ("conferenceData", "hangoutLink")


def insert(visit: Visit) -> Answer:
    """POST an event. An id that was ever taken is taken for ever."""
    agenda = visit.agenda("writer")
    id_ = check_own_id(visit.body)
    if id_ in agenda.events or (uid := visit.body.get("iCalUID")) in _uids(agenda, uid):
        raise duplicate()
    fields = checked(writable(visit.body), agenda)
    wished = google_conference.wish(agenda, {}, visit.body, _version(visit), whole=False)
    if uid:
        fields["iCalUID"] = uid
    event = visit.google.store.add(agenda, id_, fields, visit.email)
    google_conference.settle(visit.sandbox, visit.google, agenda, event, wished)
    tell_guests(visit.google.store, agenda, event, "invitation", _updates(visit))
    return _answer(visit, agenda, event)


def _uids(agenda: Agenda, uid: object) -> set[object]:
    return {each.fields["iCalUID"] for each in agenda.events.values()} if uid else set()


def get(visit: Visit) -> Answer:
    """GET an event; a deleted one is answered as cancelled."""
    agenda = visit.agenda("reader")
    event = find(agenda, visit.path["eventId"])
    if visit.headers.get("If-None-Match") == event.etag:
        return Answer(status=304, headers={"ETag": event.etag})
    body = event_json(visit, agenda, event, visit.zone(agenda.zone))
    return Answer(body, headers={"ETag": event.etag})


def patch(visit: Visit) -> Answer:
    """PATCH: what is not named stays; arrays are replaced whole."""
    agenda, event = _to_change(visit)
    fields = checked(merged(event.fields, writable(visit.body)), agenda)
    return _change(visit, agenda, event, fields, whole=False)


def update(visit: Visit) -> Answer:
    """PUT: what is not named goes."""
    agenda, event = _to_change(visit)
    kept = {name: event.fields[name] for name in (*_LASTING, *_CONFERENCE) if name in event.fields}
    fields = checked(kept | writable(visit.body), agenda)
    return _change(visit, agenda, event, fields, whole=True)


def delete(visit: Visit) -> Answer:
    """DELETE: the event stays as cancelled; a second time is 410."""
    agenda = visit.agenda("writer")
    event = find(agenda, visit.path["eventId"])
    if event.cancelled:
        raise deleted()
    visit.check_version(event)
    cancel(visit.google.store, agenda, event)
    tell_guests(visit.google.store, agenda, event, "cancellation", _updates(visit))
    return Answer(status=204, id=event.id)


def find(agenda: Agenda, id_: str) -> Event:
    """The event, or the occurrence of a series. Raises GoogleRefusal."""
    event = agenda.events.get(id_) or find_occurrence(agenda, id_)
    if event is None:
        raise not_found()
    return event


def keep(agenda: Agenda, event: Event) -> Event:
    """Makes an occurrence an event of its own, so that it may differ from its series."""
    event.fields = dict(event.fields)
    return agenda.events.setdefault(event.id, event)


def cancel(store: GoogleStore, agenda: Agenda, event: Event) -> None:
    """Deletes an event, a series with all of its instances."""
    for each in (keep(agenda, event), *agenda.instances(event)):
        each.fields["status"] = "cancelled"
        store.touch(agenda, each)


def _to_change(visit: Visit) -> tuple[Agenda, Event]:
    agenda = visit.agenda("writer")
    event = find(agenda, visit.path["eventId"])
    visit.check_version(event)
    organizer = event.fields.get("organizer")
    if organizer and not organizer.get("self") and _SHARED & set(visit.body):
        message = "Shared properties can only be changed by the organizer of the event."
        raise GoogleRefusal(403, "forbiddenForNonOrganizer", message, domain="calendar")
    given = visit.body.get("sequence")
    if given is not None and given < event.fields.get("sequence", 0):
        raise bad_request("Invalid sequence value. The specified sequence number is below the current one.")
    return agenda, event


def _change(visit: Visit, agenda: Agenda, event: Event, fields: dict[str, Any], *, whole: bool) -> Answer:
    wished = google_conference.wish(agenda, event.fields, visit.body, _version(visit), whole=whole)
    event = keep(agenda, event)
    before = event.fields
    event.fields = fields
    if before["start"] != fields["start"] or before["end"] != fields["end"]:
        fields["sequence"] = before.get("sequence", 0) + 1
    google_conference.settle(visit.sandbox, visit.google, agenda, event, wished)
    only_reminders = _without(before) == _without(fields)
    visit.google.store.touch(agenda, event, updated=not only_reminders)
    kind = "cancellation" if event.cancelled else "update"
    tell_guests(visit.google.store, agenda, event, kind, _updates(visit))
    return _answer(visit, agenda, event)


def _without(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "reminders"}


def _version(visit: Visit) -> int:
    return int(visit.query.get("conferenceDataVersion", 0))


def _updates(visit: Visit) -> str:
    return str(visit.query.get("sendUpdates", "all" if visit.query.get("sendNotifications") else "none"))


def tell_guests(store: GoogleStore, agenda: Agenda, event: Event, kind: str, updates: str) -> None:
    """Writes to the guests: to all, to those without an account at Google (externalOnly), or to nobody."""
    for each in event.fields.get("attendees", ()):
        outside = each["email"] not in store.accounts
        if each["email"] != agenda.id and (updates == "all" or (updates == "externalOnly" and outside)):
            store.write(agenda, event, each["email"], kind)


def _answer(visit: Visit, agenda: Agenda, event: Event) -> Answer:
    body = event_json(visit, agenda, event, visit.zone(agenda.zone))
    return Answer(body, id=event.id, headers={"ETag": event.etag})
