"""What a meeting is: the wish for it, its times, the event that stands for it, why a wish was not met. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from gateway.booking.rules import INVITE_AFTER_MINUTES
from gateway.db import Row


class BookingError(Exception):
    """A wish that could not be met."""


class OfferGone(BookingError):
    """Not an offer of this conversation, or too old: other times have to be offered."""


class Taken(BookingError):
    """Somebody was quicker: other times have to be offered."""


class Full(BookingError):
    """The day or the week has as many as it may have: other times have to be offered."""


class Unavailable(BookingError):
    """The calendar can't be asked or written to. Nothing was booked."""


class Unsettled(BookingError):
    """The calendar was told, and nobody knows whether it heard. The customer hears as soon as it is known."""


class NoMeeting(BookingError):
    """This customer has no such meeting."""


class TooLate(BookingError):
    """It begins so soon that only the business may change it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of a host: the most that may begin in a local day and week; 0 is no limit."""

    a_day: int = 0
    a_week: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody asks for: an offer of his conversation, and how he is to be named in it."""

    user_id: str
    conversation_id: str
    token: str
    turn_id: str | None = None
    name: str = ""
    email: str = ""
    title: str = ""
    language: str = "en"
    limits: Limits = Limits()
    by: Literal["customer", "owner"] = "customer"


def span_of(meeting: Row) -> tuple[datetime, datetime]:
    """When a meeting begins and ends."""
    return meeting["meeting_time"], meeting["meeting_time"] + timedelta(minutes=meeting["duration_minutes"])


def promised(booking: str | None) -> tuple[int, int]:
    """What the rules say as something is booked: minutes of grace, and before the meeting for a customer's changes."""
    rules = json.loads(booking) if booking else {}
    return rules.get("invite_after_minutes", INVITE_AFTER_MINUTES), rules.get("change_until_minutes", 0)


def changeable(meeting: Row) -> bool:
    """Whether its customer may still move or cancel it himself."""
    return bool(meeting["meeting_time"] - timedelta(minutes=meeting["late_minutes"]) > datetime.now(UTC))


def gap_of(meeting: Row) -> int:
    """The minutes that are kept free behind a meeting."""
    return int((meeting["busy"].upper - span_of(meeting)[1]).total_seconds() // 60)


def wall(offer: Row) -> str:
    """The time as it was promised, without a zone."""
    return f"{offer['starts_at'].astimezone(ZoneInfo(offer['zone'])):%Y-%m-%d %H:%M}"


def midnight(day: Any, zone: ZoneInfo) -> datetime:
    """When a local day begins; where midnight does not exist, the first moment after it."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def times_of(meeting: Row) -> dict[str, Any]:
    """The times of an event: with their offset, and the zone besides."""
    zone = ZoneInfo(meeting["timezone"])
    start, end = (one.astimezone(zone).isoformat() for one in span_of(meeting))
    return {
        "start": {"dateTime": start, "timeZone": zone.key},
        "end": {"dateTime": end, "timeZone": zone.key},
    }


def body_of(meeting: Row) -> dict[str, Any]:
    """The event of a meeting as events.insert takes it."""
    body = {
        "id": meeting["google_event_id"],
        "summary": meeting["title"],
        **times_of(meeting),
        "extendedProperties": {"private": {"meeting_id": meeting["meeting_id"]}},
        "conferenceData": {
            "createRequest": {
                "requestId": meeting["google_event_id"],
                "conferenceSolutionKey": {"type": "hangoutsMeet"},
            }
        },
    }
    if meeting["customer_email"] and not meeting["grace_minutes"]:
        body["attendees"] = [{"email": meeting["customer_email"]}]
    return body


def public(meeting: Row) -> dict[str, Any]:
    """A meeting as others are told of it."""
    names = (
        "meeting_id", "conversation_id", "agent_id", "customer_id", "title", "customer_name", "customer_email",
        "meeting_time", "duration_minutes", "timezone", "meet_link", "status", "by", "sequence",
    )  # fmt: skip
    return {name: meeting[name] for name in names}
