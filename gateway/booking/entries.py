"""A meeting as an entry of the calendar: made under an id of our own, found again, and what stands in its way.

https://developers.google.com/workspace/calendar/api/v3/reference/events/insert
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway import observe
from gateway.booking.calendars import Away, Busy, CalendarError, Calendars, Event, Exists, Gone, NotConnected, Refused
from gateway.booking.meeting import body_of, span_of
from gateway.db import Row

# What the calendar may not take, which costs that and not the meeting: an address, a video call.
LESS = ((), ("attendees",), ("conferenceData",), ("attendees", "conferenceData"))


async def enter(calendars: Calendars, meeting: Row) -> Event | None:
    """The event of a meeting, made or found; None when its id belongs to another. Raises CalendarError."""
    key = (meeting["user_id"], meeting["calendar_id"])
    for _ in range(2):
        try:
            return await _sent(calendars, key, body_of(meeting))
        except (Exists, Away) as error:
            try:
                event = await calendars.get(*key, meeting["google_event_id"])
            except Gone:
                if isinstance(error, Exists):
                    raise
                continue  # it did not arrive: once more, under the same id
            return event if event.ours == meeting["meeting_id"] and event.stands else None
    raise Away("not stored")


async def _sent(calendars: Calendars, key: tuple[str, str], body: dict[str, Any]) -> Event:
    bodies = [
        {name: value for name, value in body.items() if name not in less}
        for less in LESS
        if all(name in body for name in less)
    ]
    for one in bodies[:-1]:
        try:
            return await calendars.insert(*key, one, notify="attendees" in one)
        except Refused as error:
            if error.status != 400:
                raise
            observe.log.warning("entry_refused", user=key[0], code=error.code)
    return await calendars.insert(*key, bodies[-1], notify=False)


async def arrived(calendars: Calendars, meeting: Row) -> bool:
    """Whether what is in the way is our own event, which was sent long ago and came only now."""
    try:
        event = await calendars.get(meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"])
    except CalendarError:
        return False
    return event.stands and event.ours == meeting["meeting_id"]


async def busy(calendars: Calendars, meeting: Row) -> Sequence[Busy]:
    """What stands at the time of a meeting in the calendars of its host. Raises CalendarError."""
    connection = await calendars.connection(meeting["user_id"])
    if connection is None or connection.state != "connected":
        raise NotConnected("not connected")
    asked = [meeting["host"]] if meeting["host"] else list(connection.check_calendars)
    return await calendars.busy(meeting["user_id"], asked, *span_of(meeting))
