"""What Google's calendar answers, in our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.booking.calendars import Away, Event, MeetState

WORDS: Mapping[str, MeetState] = {"pending": "pending", "failure": "failed"}


def event_of(raw: Mapping[str, Any], zone: str = "UTC") -> Event:
    """An event; one that was deleted may come with its id alone. `zone` is the calendar's, for whole days.

    Raises Away for what is no event.
    """
    if not isinstance(raw.get("id"), str):
        raise Away("unreadable")
    link, state = _meet(raw)
    return Event(
        id=raw["id"],
        status=str(raw.get("status") or "confirmed"),
        start=_edge(raw.get("start"), zone),
        end=_edge(raw.get("end"), zone),
        etag=str(raw.get("etag") or ""),
        summary=str(raw.get("summary") or ""),
        meet_link=link,
        meet_state=state,
        private=_private(raw),
        organizer_self=_inside(raw, "organizer").get("self", "organizer" not in raw) is True,
        created=moment(raw.get("created")),
        transparent=raw.get("transparency") == "transparent",
        guests=[one for one in raw.get("attendees") or () if isinstance(one, dict)],
    )


def moment(text: object) -> datetime | None:
    """A time with its offset; None when it is none."""
    try:
        when = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return when.astimezone(UTC) if when.tzinfo is not None else None


def _edge(raw: object, zone: str) -> datetime | None:
    if not isinstance(raw, dict):
        return None
    if raw.get("dateTime"):
        return moment(raw["dateTime"])
    try:
        day = datetime.fromisoformat(str(raw.get("date")))
        return day.replace(tzinfo=ZoneInfo(str(raw.get("timeZone") or zone))).astimezone(UTC)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


def _meet(raw: Mapping[str, Any]) -> tuple[str, MeetState]:
    conference = _inside(raw, "conferenceData")
    points = conference.get("entryPoints")
    for point in points if isinstance(points, list) else []:
        if isinstance(point, dict) and point.get("entryPointType") == "video" and point.get("uri"):
            return str(point["uri"]), "ready"
    if raw.get("hangoutLink"):
        return str(raw["hangoutLink"]), "ready"
    request = _inside(conference, "createRequest")
    if not request:
        return "", "none"
    return "", WORDS.get(str(_inside(request, "status").get("statusCode") or "pending"), "failed")


def _private(raw: Mapping[str, Any]) -> Mapping[str, str]:
    found = _inside(_inside(raw, "extendedProperties"), "private")
    return {str(name): str(value) for name, value in found.items()}


def _inside(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = raw.get(name)
    return value if isinstance(value, dict) else {}
