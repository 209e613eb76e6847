"""Series of events: the plain rules of RFC 5545 (daily, weekly on days, monthly and yearly on the day), and EXDATE.

Anything beyond is refused: an expansion that is nearly right would be worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_errors import bad_request
from sandbox.google_store import Agenda, Event, instance_id
from sandbox.google_times import Span, display, moved, read_zone

MOST_STEPS: Final = 5_000
MOST_INSTANCES: Final = 1_000
_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_MOMENT: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?")


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. `until` is an instant."""

    frequency: str
    interval: int
    count: int | None
    until: datetime | None
    days: frozenset[int]


def check_recurrence(lines: Sequence[str], zone: ZoneInfo) -> None:
    """Raises GoogleRefusal for lines that are wrong, or that the sandbox cannot expand."""
    _read(lines, zone)


def _read(lines: Sequence[str], zone: ZoneInfo) -> tuple[Rule, frozenset[datetime]]:
    rules, without = [], set()
    for line in lines:
        name, _, value = line.partition(":")
        if name == "RRULE":
            rules.append(_rule(value, zone))
        elif name.partition(";")[0] == "EXDATE":
            other = read_zone(name.partition("TZID=")[2]) or zone
            without |= {_moment(each, other) for each in value.split(",")}
        else:
            raise bad_request(f"Invalid recurrence rule: the sandbox cannot expand {line!r}.")
    if len(rules) != 1:
        raise bad_request("Invalid recurrence rule: the sandbox expands exactly one RRULE.")
    return rules[0], frozenset(without)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise bad_request(f"Invalid recurrence rule: {text!r} is no time.")
    numbers = [int(part or 0) for part in match.groups()[:6]]
    try:
        return datetime(*numbers, tzinfo=UTC if match[7] == "Z" else zone).astimezone(UTC)  # type: ignore[arg-type,misc]
    except ValueError:
        raise bad_request(f"Invalid recurrence rule: {text!r} is no time.") from None


def _rule(text: str, zone: ZoneInfo) -> Rule:
    parts = dict(part.partition("=")[::2] for part in text.rstrip(";").split(";"))
    frequency, days = parts.pop("FREQ", ""), parts.pop("BYDAY", "")
    interval, times, until = parts.pop("INTERVAL", "1"), parts.pop("COUNT", ""), parts.pop("UNTIL", "")
    parts.pop("WKST", None)
    right = (
        frequency in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
        and interval.isdecimal()
        and int(interval) > 0
        and (not times or times.isdecimal())
        and not (times and until)
        and (not days or (frequency == "WEEKLY" and set(days.split(",")) <= set(_DAYS)))
    )
    if not right or parts:
        raise bad_request(f"Invalid recurrence rule: the sandbox cannot expand {text!r}.")
    ends = _moment(until, zone) if until else None
    if ends is not None and len(until) == 8:
        ends += timedelta(days=1) - timedelta(seconds=1)
    weekdays = frozenset(_DAYS.index(day) for day in days.split(",")) if days else frozenset()
    return Rule(frequency, int(interval), int(times) if times else None, ends, weekdays)


def _series(rule: Rule, first: datetime) -> Iterator[datetime]:
    """Local times without a zone, from the first on."""
    if rule.frequency == "DAILY":
        yield from (first + timedelta(days=rule.interval * n) for n in count())
    elif rule.frequency == "WEEKLY":
        monday = first - timedelta(days=first.weekday())
        for week in count():
            for day in sorted(rule.days or {first.weekday()}):
                local = monday + timedelta(weeks=week * rule.interval, days=day)
                if local >= first:
                    yield local
    else:
        step = rule.interval * (12 if rule.frequency == "YEARLY" else 1)
        for n in count():
            months = first.month - 1 + n * step
            try:
                yield first.replace(year=first.year + months // 12, month=months % 12 + 1)
            except ValueError:
                continue  # a month without that day


def occurrences(event: Event, zone: ZoneInfo, until: datetime) -> Iterator[datetime]:
    """When a series takes place, up to `until`, as instants."""
    start = event.fields["start"]
    own = zone if "date" in start else read_zone(start.get("timeZone", "")) or zone
    rule, without = _read(event.recurrence, own)
    first = event.span(zone)[0].astimezone(own).replace(tzinfo=None)
    for number, local in enumerate(_series(rule, first)):
        begins = local.replace(tzinfo=own).astimezone(UTC)
        over = rule.count is not None and number >= rule.count
        if over or number >= MOST_STEPS or begins >= until or (rule.until is not None and begins > rule.until):
            return
        if begins not in without:
            yield begins


def occurrence(agenda: Agenda, master: Event, begins: datetime) -> Event:
    """One occurrence of a series as an event of its own; the kept one where it was changed."""
    id_ = _instance_id(master, begins, agenda.zone)
    kept = agenda.events.get(id_)
    if kept is not None:
        return kept
    by = begins - master.span(agenda.zone)[0]
    day = begins.astimezone(agenda.zone).date() if "date" in master.fields["start"] else None
    fields = {name: value for name, value in master.fields.items() if name != "recurrence"}
    length = master.span(agenda.zone)[1] - master.span(agenda.zone)[0]
    fields["start"] = moved(master.fields["start"], by, day)
    fields["end"] = moved(master.fields["end"], by, day and day + timedelta(days=round(length / timedelta(days=1))))
    fields["recurringEventId"] = master.id
    fields["originalStartTime"] = fields["start"]
    if master.cancelled:
        fields["status"] = "cancelled"
    return Event(id_, fields, master.creator, master.created, master.updated, master.version, master.etag)


def _instance_id(master: Event, begins: datetime, zone: ZoneInfo) -> str:
    if "date" in master.fields["start"]:
        return f"{master.id}_{begins.astimezone(zone):%Y%m%d}"
    return instance_id(master.id, begins)


def expand(agenda: Agenda, master: Event, window: Span) -> list[Event]:
    """The occurrences of a series in a window, those that were moved into it from outside too."""
    length = master.span(agenda.zone)[1] - master.span(agenda.zone)[0]
    found: dict[str, Event] = {}
    for begins in occurrences(master, agenda.zone, window[1]):
        if begins + length > window[0] and len(found) < MOST_INSTANCES:
            one = occurrence(agenda, master, begins)
            found[one.id] = one
    found |= {each.id: each for each in agenda.instances(master)}
    return [each for each in found.values() if overlaps(each.span(agenda.zone), window)]


def overlaps(span: Span, window: Span) -> bool:
    """Whether some of the span lies in the window; an event without length counts by its start."""
    return span[0] < window[1] and (span[1] > window[0] or (span[0] == span[1] == window[0]))


def find_occurrence(agenda: Agenda, id_: str) -> Event | None:
    """The occurrence that an id names, though it is not kept."""
    name, _, suffix = id_.rpartition("_")
    master = agenda.events.get(name)
    if master is None or not master.recurrence or not _MOMENT.fullmatch(suffix):
        return None
    wanted = _moment(suffix, agenda.zone if len(suffix) == 8 else ZoneInfo("UTC"))
    for begins in occurrences(master, agenda.zone, wanted + timedelta(seconds=1)):
        if begins == wanted:
            found = occurrence(agenda, master, begins)
            return found if found.id == id_ else None
    return None


def original(event: Event, zone: ZoneInfo, own_zone: str) -> dict[str, Any]:
    """What an instance says of its series."""
    if "recurringEventId" not in event.fields:
        return {}
    start = event.fields["originalStartTime"]
    return {"recurringEventId": event.fields["recurringEventId"], "originalStartTime": display(start, zone, own_zone)}
