"""Google's times: RFC 3339, days, zones, and how each is shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_errors import bad_request

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")

Span = tuple[datetime, datetime]


def read_time(text: str) -> datetime | None:
    """A time with or without its offset; None for anything else. Fractions of a second are dropped."""
    if not _RFC3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text).replace(microsecond=0)
    except ValueError:
        return None


def read_instant(text: str) -> datetime | None:
    """A time with its offset; None for anything else."""
    found = read_time(text)
    return None if found is None or found.tzinfo is None else found.astimezone(UTC)


def read_day(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def read_zone(name: str) -> ZoneInfo | None:
    """The zone of this IANA name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return None


def shown(instant: datetime, zone: ZoneInfo) -> str:
    """As Calendar shows an instant in a zone."""
    local = instant.astimezone(zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}Z" if zone.key in ("UTC", "Etc/UTC") else local.isoformat()


def stamp(instant: datetime) -> str:
    """As Calendar shows when something was created or changed."""
    return f"{instant.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"


def compact(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def settled(moment: Mapping[str, Any], which: str) -> dict[str, Any]:
    """A start or an end, checked: `{"date"}`, or `{"dateTime"}` in UTC with its zone. Raises GoogleRefusal."""
    day, text, name = moment.get("date"), moment.get("dateTime"), moment.get("timeZone")
    if day is None and text is None:
        raise bad_request(f"Missing {which} time.", "required")
    if day is not None and text is not None:
        raise bad_request(f"Invalid {which} time.")
    zone = read_zone(name) if name else None
    if name and zone is None:
        raise bad_request(f"Invalid time zone definition for {which} time.")
    if text is None:
        if read_day(str(day)) is None:
            raise bad_request(f"Invalid {which} time.")
        return {"date": day}
    found = read_time(text)
    if found is None:
        raise bad_request(f"Invalid {which} time.")
    if found.tzinfo is None:
        if zone is None:
            raise bad_request(f"Missing time zone definition for {which} time.", "required")
        found = found.replace(tzinfo=zone)
    kept = {"dateTime": shown(found, ZoneInfo("UTC"))}
    return kept | ({"timeZone": name} if name else {})


def instant_of(moment: Mapping[str, Any], zone: ZoneInfo) -> datetime:
    """When a settled start or end is; a day begins at midnight in the calendar's zone."""
    if "date" in moment:
        return midnight(date.fromisoformat(moment["date"]), zone)
    return datetime.fromisoformat(moment["dateTime"])


def display(moment: Mapping[str, Any], zone: ZoneInfo, own_zone: str) -> dict[str, Any]:
    """A settled start or end as it is answered: in the zone asked for, naming the event's own."""
    if "date" in moment:
        return dict(moment)
    return {"dateTime": shown(instant_of(moment, zone), zone), "timeZone": moment.get("timeZone", own_zone)}


def moved(moment: Mapping[str, Any], by: timedelta, to_day: date | None) -> dict[str, Any]:
    """The same settled time on another occasion; for a day, that day."""
    if to_day is not None:
        return {**moment, "date": to_day.isoformat()}
    return {**moment, "dateTime": shown(datetime.fromisoformat(moment["dateTime"]) + by, ZoneInfo("UTC"))}
