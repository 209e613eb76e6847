"""When a customer is reminded: never in his quiet hours, and never of what he has just arranged. Pure.

Quiet hours are two times of his wall clock, such as 21:00 and 08:00. On days on which the clock is set they last as
long as either reading of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.booking.rules import minute

Quiet = Sequence[str] | None
DAY = timedelta(days=1)
FRESH = timedelta(minutes=30)  # who arranged it so lately has not forgotten
BEFORE_QUIET = timedelta(minutes=5)  # a message needs a moment to arrive
AHEAD = timedelta(minutes=30)  # what was put off must leave so much time to react
LEAST_AHEAD = timedelta(minutes=5)  # later than that a reminder helps nobody
LATEST_AFTER = timedelta(days=2)  # a word after a meeting comes by then, or not at all


@dataclass(frozen=True, slots=True)
class Due:
    """When something is to be sent; None for never, and `why`: late or quiet_hours."""

    at: datetime | None
    why: str = ""


def quiet_at(at: datetime, zone: ZoneInfo, quiet: Quiet) -> tuple[datetime, datetime] | None:
    """The quiet time that a moment lies in, from its beginning to its end, which is not quiet any more."""
    if not quiet:
        return None
    first, last = minute(quiet[0]), minute(quiet[1])
    if last <= first:
        last += 24 * 60
    today = at.astimezone(zone).date()
    for day in (today - DAY, today, today + DAY):  # where the clock is set, a day can begin before its midnight
        start, end = min(_readings(day, first, zone)), max(_readings(day, last, zone))
        if start <= at < end:
            return start, end
    return None


def reminds_at(begins: datetime, minutes: int, *, zone: ZoneInfo, quiet: Quiet, made: datetime) -> Due:
    """When to remind of a meeting, so many minutes before it begins; `made` is when it was arranged as it is.

    In quiet hours it comes before they begin, else behind their end when that is early enough, else not at all.
    """
    wanted = begins - timedelta(minutes=minutes)
    if wanted < made + FRESH:
        return Due(None, "late")
    span = quiet_at(wanted, zone, quiet)
    if span is None:
        return Due(wanted)
    earlier = span[0] - BEFORE_QUIET
    if earlier >= made + FRESH and quiet_at(earlier, zone, quiet) is None:
        return Due(earlier)
    return Due(span[1]) if span[1] + AHEAD <= begins else Due(None, "quiet_hours")


def follows_at(ends: datetime, minutes: int, *, zone: ZoneInfo, quiet: Quiet) -> Due:
    """When to write after a meeting, so many minutes after its end or as soon as the quiet hours are over."""
    wanted = ends + timedelta(minutes=minutes)
    span = quiet_at(wanted, zone, quiet)
    return Due(span[1] if span else wanted)


def still(now: datetime, latest: datetime, *, zone: ZoneInfo, quiet: Quiet) -> Due:
    """When what is due now may go: now, or after the quiet hours when that is not behind `latest`."""
    if now > latest:
        return Due(None, "late")
    span = quiet_at(now, zone, quiet)
    if span is None:
        return Due(now)
    return Due(span[1]) if span[1] <= latest else Due(None, "quiet_hours")


def zone_for(phone: str, usual: ZoneInfo, at: datetime) -> ZoneInfo:
    """The zone in which a customer lives, as far as the country of his phone number tells; else the usual one."""
    import phonenumbers
    from babel.core import get_global

    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse("+" + phone.lstrip("+")))
    except phonenumbers.NumberParseException:
        return usual
    zones = []
    for name in get_global("territory_zones").get(region or "", ()):
        try:
            zones.append(ZoneInfo(name))
        except (OSError, ValueError, KeyError):  # a name that our own tables do not have
            continue
    offsets = {_offset(one, at) for one in zones}
    # In a country with several times nobody knows which is his.
    return zones[0] if len(offsets) == 1 and _offset(usual, at) not in offsets else usual


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _readings(day: date, clock: int, zone: ZoneInfo) -> list[datetime]:
    """The moments that a wall time can mean: two where the clock was set back, or where it was set over it."""
    # With a zone it is the wall clock that is added to, which is what is wanted.
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + timedelta(minutes=clock)
    return [wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
