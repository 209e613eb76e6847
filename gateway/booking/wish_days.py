"""The days of a wish: "next Tuesday", "in two weeks", "Monday or Wednesday", "from the 4th of March". Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta

from gateway.booking.wish_tags import READ, Tag, choices, negated

DAY = timedelta(days=1)
WEEK = frozenset(range(7))


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """Local days from one to another, only some weekdays of them, and dates that will not do. None is no bound."""

    earliest: date | None = None
    latest: date | None = None
    weekdays: frozenset[int] = frozenset()
    never: frozenset[date] = frozenset()

    def takes(self, day: date) -> bool:
        """Whether a day is among them."""
        early, late = self.earliest and day < self.earliest, self.latest and day > self.latest
        return not (early or late or day in self.never or (self.weekdays and day.weekday() not in self.weekdays))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One expression: what it can mean, and whether it is a plain weekday."""

    readings: tuple[Days, ...]
    weekday: int | None = None


Read = tuple[Days, ...]
Reader = Callable[[Sequence[Tag], date], Read]


def days(clauses: Sequence[list[Tag]], today: date) -> list[Days]:
    """What the days of a wish can mean: one for what is clear. What was read is marked in the clauses."""
    items: list[_Item] = []
    never: list[_Item] = []
    partly: list[_Item] = []  # "not tomorrow morning" leaves its afternoon
    for clause in clauses:
        timed = any(tag.kind in "P@c" for tag in clause)
        (items if not negated(clause) else partly if timed else never).extend(_items(clause, today))
    found = _combined(items or partly)
    for item in never:
        found = [_without(one, item) for one in found]
    return list(dict.fromkeys(found))


def _items(clause: list[Tag], today: date) -> Iterator[_Item]:
    place = 0
    while place < len(clause):
        kinds = "".join(tag.kind for tag in clause)
        for pattern, reader in _PATTERNS:
            if (found := pattern.match(kinds, place)) is None:
                continue
            taken = clause[place : found.end()]
            if not (readings := reader(taken, today)):
                continue
            kept = [tag for tag in taken if tag.kind == "P"]
            clause[place : found.end()] = [Tag(READ), *kept]
            weekday = taken[0].numbers[0] if found[0] == "W" else None
            if any(one.earliest or one.latest or one.weekdays for one in readings):
                yield _Item(readings=readings, weekday=weekday)
            place += len(kept)
            break
        place += 1


def _combined(items: Sequence[_Item]) -> list[Days]:
    weekdays = frozenset(item.weekday for item in items if item.weekday is not None)
    others = [item for item in items if item.weekday is None]
    if not others:
        if len(weekdays) == 1:
            return list(items[0].readings)
        return [Days(weekdays=weekdays)]
    found = []
    named = weekdays
    for readings in choices(item.readings for item in others):
        # "Friday, 4 December" is one day
        weekdays = named - {one.earliest.weekday() for one in readings if one.earliest and _single(one)}
        if weekdays and not any(_single(one) for one in readings):
            # "next week on Tuesday", "Tuesdays in March": a weekday within a span
            found.append(_tight(_met([*readings, Days(weekdays=weekdays)])))
        else:
            more = [item.readings[0] for item in items if item.weekday in weekdays]
            found.append(_together([*readings, *more]))
    return found


def _together(many: Sequence[Days]) -> Days:
    """Several expressions: single days are alternatives, spans narrow each other."""
    single, spans = [one.earliest for one in many if _single(one)], [one for one in many if not _single(one)]
    known = sorted({one for one in single if one})
    if not known:
        return _met(spans)
    if len(known) == 1 and not spans:
        return Days(earliest=known[0], latest=known[0])
    if known[-1] - known[0] >= 7 * DAY:  # no set of weekdays would tell them apart
        return Days(earliest=known[0], latest=known[-1])
    weekdays = frozenset(one.weekday() for one in known) if len(known) > 1 else frozenset()
    return Days(earliest=known[0], latest=known[-1], weekdays=weekdays)


def _met(many: Sequence[Days]) -> Days:
    early = [one.earliest for one in many if one.earliest]
    late = [one.latest for one in many if one.latest]
    sets = [one.weekdays for one in many if one.weekdays]
    weekdays = frozenset.intersection(*sets) if sets else frozenset()
    return Days(earliest=max(early, default=None), latest=min(late, default=None), weekdays=weekdays)


def _tight(span: Days) -> Days:
    """A week with one weekday in it is a day."""
    if span.earliest and span.latest and len(span.weekdays) == 1 and span.latest - span.earliest < 7 * DAY:
        (weekday,) = span.weekdays
        day = _coming(weekday, span.earliest)
        return Days(earliest=day, latest=day)
    return span


def _without(found: Days, item: _Item) -> Days:
    if item.weekday is not None:
        return replace(found, weekdays=(found.weekdays or WEEK) - {item.weekday})
    gone = item.readings[0]
    if gone.weekdays and not gone.earliest:
        return replace(found, weekdays=(found.weekdays or WEEK) - gone.weekdays)
    if gone.earliest and gone.latest:
        length = (gone.latest - gone.earliest).days + 1
        return replace(found, never=found.never | {gone.earliest + n * DAY for n in range(min(length, 31))})
    return found


def _single(one: Days) -> bool:
    return one.earliest is not None and one.earliest == one.latest


def _day(day: date) -> Days:
    return Days(earliest=day, latest=day)


def _coming(weekday: int, since: date) -> date:
    return since + (weekday - since.weekday()) % 7 * DAY


def _monday(day: date) -> date:
    return day - day.weekday() * DAY


def _made(day: int, month: int, today: date, year: int = 0) -> date | None:
    """A date; without a year the next one of that name. None when there is none."""
    for candidate in (year,) if year else (today.year, today.year + 1, today.year + 2, today.year + 3, today.year + 4):
        with suppress(ValueError):
            found = date(candidate, month, day)
            if year or found >= today:
                return found
    return None


def _nth(day: int, today: date) -> date | None:
    """The next day of that number."""
    for ahead in range(12):
        years, month = divmod(today.month - 1 + ahead, 12)
        found = _made(day, month + 1, today, today.year + years)
        if found and found >= today:
            return found
    return None


def _number(taken: Sequence[Tag], kind: str) -> int | None:
    return next((tag.numbers[0] for tag in taken if tag.kind == kind), None)


def _relative(taken: Sequence[Tag], today: date) -> Read:
    return (_day(today + (_number(taken, "D") or 0) * DAY),)


def _ahead(taken: Sequence[Tag], today: date) -> Read:
    """In three days, in a week, in two weeks, in a month."""
    kinds = "".join(tag.kind for tag in taken)
    count = _number(taken, "n") or 1
    if "K" in kinds:
        day = today + 7 * count * DAY
        return (_day(day),) if count == 1 else (Days(earliest=_monday(day), latest=_monday(day) + 6 * DAY),)
    if "m" in kinds:
        return (Days(earliest=today + 28 * count * DAY, latest=today + 35 * count * DAY),)
    return (_day(today + count * DAY),)


def _weekday(taken: Sequence[Tag], today: date) -> Read:
    """A weekday is the coming one, unless it is said on that day, or "next" is said of one of this week."""
    weekday = _number(taken, "W") or 0
    kinds = {tag.kind for tag in taken}
    day = _coming(weekday, today)
    if "T" in kinds:
        return (_day(day),)
    if "X" in kinds:
        later = day + 7 * DAY
        if day == today:
            return (_day(later),)
        return (_day(day),) if _monday(day) > today else (_day(day), _day(later))
    return (_day(day), _day(day + 7 * DAY)) if day == today else (_day(day),)


def _later(taken: Sequence[Tag], today: date) -> Read:
    """Tuesday in a week."""
    return (_day(_coming(_number(taken, "W") or 0, today) + 7 * (_number(taken, "n") or 1) * DAY),)


def _between(taken: Sequence[Tag], _today: date) -> Read:
    """Monday to Friday."""
    first, last = (tag.numbers[0] for tag in taken if tag.kind == "W")
    return (Days(weekdays=frozenset((first + n) % 7 for n in range((last - first) % 7 + 1))),)


def _weekdays(taken: Sequence[Tag], _today: date) -> Read:
    return (Days(weekdays=frozenset(taken[0].numbers)),)


def _week(taken: Sequence[Tag], today: date) -> Read:
    monday = _monday(today)
    if any(tag.kind == "X" for tag in taken):
        return (Days(earliest=monday + 7 * DAY, latest=monday + 13 * DAY),)
    return (Days(earliest=today, latest=monday + 6 * DAY),)


def _weekend(taken: Sequence[Tag], today: date) -> Read:
    saturday = _monday(today) + 5 * DAY
    this = Days(earliest=max(saturday, today), latest=saturday + DAY)
    later = Days(earliest=saturday + 7 * DAY, latest=saturday + 8 * DAY)
    if any(tag.kind == "X" for tag in taken):
        return (later,) if today >= saturday else (this, later)
    return (this,)


def _month(taken: Sequence[Tag], today: date) -> Read:
    month = _number(taken, "M")
    if month is not None:
        first = date(today.year + (month < today.month), month, 1)
    else:
        first = today.replace(day=1)
        if any(tag.kind == "X" for tag in taken):
            first = (first + 31 * DAY).replace(day=1)
    return (Days(earliest=max(first, today), latest=(first + 31 * DAY).replace(day=1) - DAY),)


def _date(taken: Sequence[Tag], today: date) -> Read:
    """A date. In figures it may be two; with a weekday that it does not have, one of them is wrong."""
    found: list[date | None]
    written = next((tag for tag in taken if tag.kind == "d"), None)
    if written is not None:
        first, second, year = (*written.numbers, 0)[:3]
        found = [_made(first, second, today, year)]
        if not written.sure:
            found.append(_made(second, first, today, year))
    else:
        found = [_made(_number(taken, "n") or 0, _number(taken, "M") or 0, today, _number(taken, "y") or 0)]
    known = [one for one in dict.fromkeys(found) if one is not None]
    weekday = _number(taken, "W")
    if weekday is not None and known:
        fitting = [one for one in known if one.weekday() == weekday]
        known = fitting or [*known, _coming(weekday, today)]
    return tuple(_day(one) for one in known)


def _dates(taken: Sequence[Tag], today: date) -> Read:
    """From one date to another."""
    middle = next(place for place, tag in enumerate(taken) if tag.kind in "uv&")
    first, last = (_date(one, today)[:1] for one in (taken[:middle], taken[middle + 1 :]))
    if not first or not last or not first[0].earliest or not last[0].latest or first[0].earliest > last[0].latest:
        return ()
    return (Days(earliest=first[0].earliest, latest=last[0].latest),)


def _numbers(taken: Sequence[Tag], today: date) -> Read:
    """From the 4th to the 6th."""
    first, last = (tag.numbers[0] for tag in taken if tag.kind == "n")
    begin = _nth(first, today)
    end = _nth(last, begin) if begin else None
    return (Days(earliest=begin, latest=end),) if begin and end else ()


def _numbered(taken: Sequence[Tag], today: date) -> Read:
    """The 4th; with a weekday only if it is one, since "Tuesday 5" can be an hour."""
    day = _nth(_number(taken, "n") or 0, today)
    weekday = _number(taken, "W")
    if day is None or (weekday is not None and day.weekday() != weekday):
        return ()
    return (_day(day),)


def _nothing(_taken: Sequence[Tag], _today: date) -> Read:
    return (Days(),)


def _from(reader: Reader) -> Reader:
    """The same as a bound: from Tuesday, after Tuesday, until Tuesday, before Tuesday."""

    def read(taken: Sequence[Tag], today: date) -> Read:
        bound = next(tag.kind for tag in (taken[0], taken[-1]) if tag.kind in "fAvBZY")
        found = []
        for one in reader([tag for tag in taken if tag.kind not in "fAvBZY"], today):
            if one.earliest is None or one.latest is None:
                return ()
            found.append(
                {
                    "f": Days(earliest=one.earliest),
                    "v": Days(earliest=today, latest=one.latest),
                    "A": Days(earliest=one.latest + DAY),
                    "Z": Days(earliest=one.latest + DAY),
                }.get(bound, Days(earliest=today, latest=one.earliest - DAY))
            )
        return tuple(found)

    return read


_DATE = "t?(?:no?t?My?|Mt?no?y?|d)"
_NO_HOUR = "(?![OHapjP])"
_PLAIN: list[tuple[str, Reader]] = [
    (rf"W?{_DATE}", _date),
    (rf"tn{_NO_HOUR}|t?no|Wt?no|Wt?n{_NO_HOUR}", _numbered),
    (r"WIn?K|n?KfW|WK(?![XT])", _later),
    (r"D", _relative),
    (r"TP", _relative),
    (r"[XT]W|W[XT](?![Kme])|W", _weekday),
    (r"[XT]t?K|K[XT]", _week),
    (r"[XT]e|e[XT]|e", _weekend),
    (r"[XT]m|m[XT]|[IXTtK]M|MI", _month),
]
_PATTERNS: list[tuple[re.Pattern[str], Reader]] = [
    (re.compile(pattern), reader)
    for pattern, reader in [
        (r"\$n[HOUKm]|(?<![@~AfvBbIu&])n[HU](?![IAZ])", _nothing),
        (r"I(?:n[UKm]|[UKm])|An[UK]|n[UKm][IAZ]", _ahead),
        (r"f?t?Wt?[uv]t?W|bt?W&?t?W|W&Wb", _between),
        (rf"f?{_DATE}[uv]{_DATE}|b{_DATE}&{_DATE}", _dates),
        (r"f?t?no?[uv]t?no|f?t?no[uv]t?no?|bt?no?&t?no|bt?no&t?no?|btn&tn", _numbers),
        (r"E", _weekdays),
        *((rf"[fAvB]t?(?:{pattern})|(?:{pattern})[ZY]", _from(reader)) for pattern, reader in _PLAIN),
        *_PLAIN,
    ]
]
