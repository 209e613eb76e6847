"""A meeting as a file that every calendar reads. https://www.rfc-editor.org/rfc/rfc5545, rfc5546 for the method"""

from __future__ import annotations

import re

from gateway.booking.meeting import span_of
from gateway.db import Row

MIME = "text/calendar"
PRODUCT = "-//Frontdesk//Meetings//EN"
# A published event needs an organizer, and a customer need not learn an address of the business by it. Calendars of
# Microsoft write this for somebody who has none.
NOBODY = "invalid:nomail"
SETTLED = ("scheduled", "cancelled", "completed")  # states in which the calendar has said what is true
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def invitation(meeting: Row, *, company: str = "", page: str = "") -> bytes:
    """The file of a meeting: the same event in every version of it, the newest with the highest SEQUENCE.

    `page` is where the customer can change it.
    """
    from icalendar import Calendar, Event, vUri

    cancelled = meeting["status"] == "cancelled"
    start, end = span_of(meeting)
    event = Event()
    event.add("uid", uid(meeting))
    event.add("sequence", meeting["sequence"])
    event.add("dtstamp", meeting["updated_at"])
    event.add("created", meeting["created_at"])
    event.add("last-modified", meeting["updated_at"])
    event.add("dtstart", start)
    event.add("dtend", end)
    event.add("summary", _clean(meeting["title"]))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("organizer", _organizer(company))
    link = "" if cancelled else meeting["meet_link"] or ""
    if link:
        event.add("location", link)
    if described := "\n".join(one for one in (link, page) if one):
        event.add("description", described)
    if url := page or link:
        event.add("url", vUri(url))
    file = Calendar()
    file.add("prodid", PRODUCT)
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    file.add("method", "CANCEL" if cancelled else "PUBLISH")
    file.add_component(event)
    written: bytes = file.to_ical()
    return written


def uid(meeting: Row) -> str:
    """The name of a meeting in every calendar: the one that Google gives to an event with this id, so that its own
    invitation and this file are one entry and not two."""
    return f"{meeting['google_event_id']}@google.com"


def filename(meeting: Row) -> str:
    """What the file is called when it is kept."""
    return f"{meeting['meeting_id']}.ics"


def _organizer(company: str) -> object:
    from icalendar import vCalAddress

    address = vCalAddress(NOBODY)
    if company:
        address.params["CN"] = _clean(company).replace('"', "'").replace("\n", " ")
    return address


def _clean(text: str) -> str:
    """Without control characters, which no calendar may be sent."""
    return _CONTROL.sub("", text.replace("\r\n", "\n"))
