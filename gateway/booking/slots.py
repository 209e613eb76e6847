"""Free times as arithmetic: opening hours, minus what is busy, on a grid of wall times. Nothing here asks anybody.

Hours are turned into moments, and everything after that is reckoned in UTC. Where the clocks go forward, hours that
begin or end at a time which does not exist do so at the change, and no slot begins there. Where they go back, hours
begin and end at the first of two equal times, and only the first is offered: nobody could tell the two apart.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.booking.rules import Rules

Busy = tuple[datetime, datetime]
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that can be offered, in UTC. `hosts` are those who are free then, in the order of the rules."""

    start: datetime
    end: datetime
    zone: ZoneInfo
    kind: str = ""
    hosts: tuple[str, ...] = ("",)

    @property
    def local(self) -> datetime:
        """Its beginning on the business's wall clock."""
        return self.start.astimezone(self.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A meeting of ours that stands or is held: it is busy, and counts towards its host's day and week.

    Until `kept_until` nothing else of the host may begin, whatever the rules say by now: so it was booked."""

    start: datetime
    end: datetime
    host: str = ""
    kept_until: datetime | None = None


def free(
    rules: Rules,
    busy: Mapping[str, Iterable[Busy]],
    now: datetime,
    since: datetime,
    until: datetime,
    booked: Iterable[Booked] = (),
    *,
    kind: str = "",
) -> list[Slot]:
    """What can be offered, in order of time. Raises ValueError.

    `busy` has what the calendars of each host answered for `since` to `until`; slots and their buffers lie within.
    A host who is not in it did not answer, and is not free. `booked` has the meetings of the weeks around.
    """
    kind, minutes = rules.kind(kind)
    length = timedelta(minutes=minutes)
    since, until, now = _utc(since), _utc(until), _utc(now)
    meetings = list(booked)
    desks = [_Desk(rules, host, busy[host], meetings) for host in rules.whose if host in busy]
    first = max(since + timedelta(minutes=rules.buffer_before_minutes), now + timedelta(minutes=rules.notice_minutes))
    last = until - timedelta(minutes=rules.buffer_after_minutes) - length
    last_day = now.astimezone(rules.tz).date() + rules.window_days * DAY
    last = min(last, moment(last_day + DAY, 0, rules.tz))
    slots = []
    for start in _starts(rules, length, first, last):
        day = start.astimezone(rules.tz).date()
        hosts = tuple(desk.host for desk in desks if desk.takes(start, start + length, day))
        if hosts and day <= last_day:
            slots.append(Slot(start=start, end=start + length, zone=rules.tz, kind=kind, hosts=hosts))
    return slots


def span(rules: Rules, now: datetime, kind: str = "") -> Busy:
    """What the calendars have to be asked about so that every slot of the booking window can be found."""
    before, after = timedelta(minutes=rules.buffer_before_minutes), timedelta(minutes=rules.buffer_after_minutes)
    length = timedelta(minutes=rules.kind(kind)[1])
    last = now.astimezone(rules.tz).date() + (rules.window_days + 1) * DAY
    return _utc(now) - before, moment(last, 0, rules.tz) + length + after


def weeks(rules: Rules, since: datetime, until: datetime) -> Busy:
    """The whole local weeks around a span: the meetings in them count for the limits."""
    first, last = (_utc(one).astimezone(rules.tz).date() for one in (since, until))
    monday, after = first - first.weekday() * DAY, last + (7 - last.weekday()) * DAY
    return moment(monday, 0, rules.tz), moment(after, 0, rules.tz)


def minus(busy: Iterable[Busy], start: datetime, end: datetime) -> list[Busy]:
    """Busy times without a span: a meeting that is to be moved is not in its own way."""
    start, end = _utc(start), _utc(end)
    left = []
    for one, other in _merged(busy):
        left += [(a, b) for a, b in ((one, min(other, start)), (max(one, end), other)) if a < b]
    return left


def spread(slots: Sequence[Slot], count: int) -> list[Slot]:
    """A few of many, in order of time: the soonest, then other days and other times of day before more of one day."""
    days: dict[date, list[Slot]] = {}
    for slot in sorted(slots, key=lambda one: one.start):
        days.setdefault(slot.local.date(), []).append(slot)
    chosen: list[Slot] = []
    while len(chosen) < count and any(days.values()):
        for left in days.values():
            if left and len(chosen) < count:
                best = max(left, key=lambda one: (_apart(one, chosen), -one.start.timestamp()))
                left.remove(best)
                chosen.append(best)
    return sorted(chosen, key=lambda one: one.start)


def choose_host(slot: Slot, booked: Iterable[Booked]) -> str:
    """Who takes it: of those who are free, whoever has the fewest meetings that week, then in all, then as named."""
    week, all_of = Counter[str](), Counter[str]()
    for meeting in booked:
        all_of[meeting.host] += 1
        week[meeting.host] += _week(_utc(meeting.start).astimezone(slot.zone).date()) == _week(slot.local.date())
    if not slot.hosts:
        raise ValueError("hosts: nobody is free then")
    return min(slot.hosts, key=lambda host: (week[host], all_of[host], slot.hosts.index(host)))


def moment(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """When a wall clock shows a time for the first time, in UTC; where it never does, the moment that skips it."""
    return _first(datetime.combine(day, time.min) + timedelta(minutes=minutes), zone)[0]


def opened(rules: Rules, first: date, last: date) -> list[Busy]:
    """The spans in which the business is open, from one local day to another, in order and apart."""
    spans = []
    for day in _days(first - DAY, last):
        for (begins, start), (ends, end) in rules.intervals(day):
            span_end = moment(ends, end, rules.tz)
            if ends > day and rules.closed(ends):  # a night does not reach into a date that is closed
                span_end = min(span_end, moment(ends, 0, rules.tz))
            spans.append((moment(begins, start, rules.tz), span_end))
    return _merged(spans)


class _Desk:
    """One host: what is in his way, and how full his days are."""

    def __init__(self, rules: Rules, host: str, busy: Iterable[Busy], booked: Iterable[Booked]) -> None:
        own = [one for one in booked if one.host == host]
        self.host = host
        self._rules = rules
        self._foreign = _merged(busy)
        gap = timedelta(minutes=rules.gap_minutes)
        self._own = _merged((one.start, max(one.end, (one.kept_until or one.end) - gap)) for one in own)
        days = [_utc(one.start).astimezone(rules.tz).date() for one in own]
        self._days, self._weeks = Counter(days), Counter(_week(day) for day in days)

    def takes(self, start: datetime, end: datetime, day: date) -> bool:
        """Whether he can be met then."""
        rules = self._rules
        if 0 < rules.most_a_day <= self._days[day] or 0 < rules.most_a_week <= self._weeks[_week(day)]:
            return False
        before, after = timedelta(minutes=rules.buffer_before_minutes), timedelta(minutes=rules.buffer_after_minutes)
        gap = timedelta(minutes=rules.gap_minutes)
        return not (_hits(self._foreign, start - before, end + after) or _hits(self._own, start - gap, end + gap))


def _starts(rules: Rules, length: timedelta, first: datetime, last: datetime) -> Iterator[datetime]:
    """Every moment between two at which a slot can begin by the hours and the grid alone, in order."""
    if first > last:
        return
    zone, step = rules.tz, timedelta(minutes=rules.grid_minutes)
    days = first.astimezone(zone).date(), (last + length).astimezone(zone).date()
    for begin, end in opened(rules, *days):
        earliest, latest = max(begin, first), min(end - length, last)
        if earliest > latest:
            continue
        local = earliest.astimezone(zone).replace(tzinfo=None)
        wall = datetime.combine(local, time.min) + (local - datetime.combine(local, time.min)) // step * step
        start, exists = _first(wall, zone)
        while start <= latest:
            if exists and start >= earliest:
                yield start
            wall += step
            start, exists = _first(wall, zone)


def _first(wall: datetime, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The first moment at which a clock shows a time, or the one that skips it; and whether it ever shows it."""
    found = wall.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == wall:
        return found, True
    low, high = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), found
    after = high.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = (low + (high - low) / 2).replace(microsecond=0)
        low, high = (low, middle) if middle.astimezone(zone).utcoffset() == after else (middle, high)
    return high, False


def _days(first: date, last: date) -> Iterator[date]:
    for ahead in range((last - first).days + 1):
        yield first + ahead * DAY


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)


def _merged(spans: Iterable[Busy]) -> list[Busy]:
    """Spans in order and apart, in UTC. Raises ValueError for one that ends before it begins."""
    merged: list[Busy] = []
    for start, end in sorted((_utc(one), _utc(other)) for one, other in spans):
        if end < start:
            raise ValueError("a span that ends before it begins")
        if start == end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _hits(spans: Sequence[Busy], start: datetime, end: datetime) -> bool:
    """Whether any of the spans, in order and apart, overlaps another; one that only touches it does not."""
    place = bisect_right(spans, start, key=lambda one: one[1])
    return place < len(spans) and spans[place][0] < end


def _week(day: date) -> date:
    return day - day.weekday() * DAY


def _apart(slot: Slot, chosen: Sequence[Slot]) -> int:
    """How far a slot is from the times of day of all that are chosen."""
    return min((abs(_minute(one.local) - _minute(slot.local)) for one in chosen), default=0)


def _minute(at: datetime) -> int:
    return at.hour * 60 + at.minute
