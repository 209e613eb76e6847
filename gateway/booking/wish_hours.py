"""The hours of a wish: "after five", "between 2 and 4", "half past ten in the morning". Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time
from itertools import product

from gateway.booking.wish_tags import READ, Tag, choices, negated

HALF_DAY = 12 * 60
DAY = 24 * 60
ABOUT = 60  # minutes to both sides
LONGEST = 10 * 60  # of "from … to …"
# Minutes since midnight. Some languages have one word for what others divide, so these overlap.
PARTS: Mapping[str, tuple[int, int]] = {
    "morning": (5 * 60, 12 * 60),
    "noon": (11 * 60 + 30, 14 * 60),
    "afternoon": (12 * 60, 18 * 60),
    "past_noon": (12 * 60, 21 * 60),
    "evening": (16 * 60 + 30, DAY),
    "night": (18 * 60, DAY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """Times of day at which a meeting may begin: exactly `at`; from `after` on; earlier than `before`; in `part`."""

    at: tuple[int, ...] = ()
    after: int | None = None
    before: int | None = None
    part: str = ""

    def takes(self, clock: time) -> bool:
        """Whether a time is among them."""
        minute = clock.hour * 60 + clock.minute
        early, late = self.after is not None and minute < self.after, self.before is not None and minute >= self.before
        if early or late or (self.at and minute not in self.at):
            return False
        first, last = PARTS.get(self.part, (0, DAY))
        return first <= minute < last


@dataclass(frozen=True, slots=True)
class _Clock:
    """A time as it was said: the minutes that it can mean."""

    readings: tuple[int, ...]


def hours(clauses: Sequence[list[Tag]]) -> list[Hours]:
    """What the hours of a wish can mean: one for what is clear."""
    said = [clause for clause in clauses if not negated(clause)]
    parts = {tag.name for clause in said for tag in clause if tag.kind == "P"}
    elsewhere = any(tag.kind == READ for clause in said for tag in clause)
    never = [
        tag.name
        for clause in clauses
        if negated(clause) and not (elsewhere and any(tag.kind == READ for tag in clause))
        for tag in clause
        if tag.kind == "P"
    ]
    part = next(iter(parts)) if len(parts) == 1 else ""
    found = [one for clause in said for one in _constraints(clause, part) if one]
    if len([one for one in found if one[0].at]) > 1:
        # Hours of different days: no hour would be true of all of them.
        found = [one for one in found if not one[0].at]
    readings = []
    for chosen in choices(found):
        merged = _merged(chosen, "" if any(_settles(one, part) for one in chosen) else part)
        readings.append(_barred(merged, never))
    return list(dict.fromkeys(readings))


def _settles(one: Hours, part: str) -> bool:
    """Whether a time says more than the part of the day beside it; "after ten in the morning" ends with the morning."""
    return bool(one.at) or (part != "morning" and (one.after is not None or one.before is not None))


def _merged(many: Sequence[Hours], part: str) -> Hours:
    after = [one.after for one in many if one.after is not None]
    before = [one.before for one in many if one.before is not None]
    at = tuple(dict.fromkeys(minute for one in many for minute in one.at))
    return Hours(at=at, after=max(after, default=None), before=min(before, default=None), part=part)


def _barred(found: Hours, never: Sequence[str]) -> Hours:
    """Not in the morning is after it; nothing else can be said so simply."""
    for part in never:
        if part == "morning" and found.after is None:
            found = replace(found, after=HALF_DAY)
        elif part in ("evening", "night") and found.before is None:
            found = replace(found, before=PARTS[part][0])
    return found


_CLOCK = "~?@?~?j?[nc][OH]?j?[OH]?[ap]?"
_ONE = re.compile(_CLOCK)
_GROUPS: list[tuple[str, re.Pattern[str]]] = [
    ("between", re.compile(f"b({_CLOCK})P?[&uv]({_CLOCK})")),
    ("between", re.compile(f"({_CLOCK})[&u]({_CLOCK})b")),
    ("between", re.compile(f"f?({_CLOCK})P?[uv]({_CLOCK})Y?")),
    ("between", re.compile(f"f?({_CLOCK})(~?@j?[nc][OH]?j?[ap]?)")),
    ("or", re.compile(f"({_CLOCK})P?[|]({_CLOCK})")),
    ("after", re.compile(f"[Af]P?({_CLOCK})|({_CLOCK})[Zu]")),
    ("before", re.compile(f"[Bv]P?({_CLOCK})|({_CLOCK})Y")),
    ("at", re.compile(f"({_CLOCK})")),
]


def _constraints(clause: Sequence[Tag], part: str) -> Iterator[list[Hours]]:
    kinds = "".join(tag.kind for tag in clause)
    part = next((tag.name for tag in clause if tag.kind == "P"), part)
    place = 0
    while place < len(kinds):
        for name, pattern in _GROUPS:
            if found := pattern.match(kinds, place):
                spans = [found.span(n) for n in range(1, len(found.groups()) + 1) if found[n]]
                clocks = [_clock(clause[start:end], part) for start, end in spans]
                if all(one.readings for one in clocks) and (name != "at" or _meant(kinds, found)):
                    about = "~" in found[0] or "~" in kinds[found.end() : found.end() + 1]
                    yield _read("about" if name == "at" and about else name, clocks)
                place = found.end()
                break
        else:
            place += 1


def _meant(kinds: str, found: re.Match[str]) -> bool:
    """Whether a number is an hour: by what it carries, or by the day beside it."""
    before, after = kinds[max(found.start() - 1, 0) : found.start()], kinds[found.end() : found.end() + 1]
    leans = before in (READ, "P") and after != "."  # "on Friday 2 people" is no hour
    return bool(set(found[0]) & set("@~cOjap")) or leans or after == "P"


def _clock(tags: Sequence[Tag], part: str) -> _Clock:
    kinds = {tag.kind for tag in tags}
    said = next(tag for tag in tags if tag.kind in "nc")
    hour, minute = (*said.numbers, 0)[:2]
    if hour > 24:
        return _Clock(())
    total = hour % 24 * 60 + minute + sum(tag.numbers[0] for tag in tags if tag.kind == "j")
    if hour > 12 or hour == 0:
        return _Clock((total % DAY,))
    morning, afternoon = total % HALF_DAY, total % HALF_DAY + HALF_DAY
    if hour == 12 and not kinds & {"a", "p"}:
        morning = afternoon = total if part != "night" else morning
    if "a" in kinds or "p" in kinds:
        return _Clock((morning if "a" in kinds else afternoon,))
    if part:
        return _Clock((_of_part(morning, afternoon, part),))
    if said.sure or morning == afternoon:
        return _Clock((total % DAY,))
    return _Clock((morning, afternoon))


def _of_part(morning: int, afternoon: int, part: str) -> int:
    """Five in the afternoon is 17:00, two at night is not 14:00."""
    if part == "morning" or (part == "night" and morning < 5 * 60):
        return morning
    if part == "noon":
        return morning if morning >= 11 * 60 else afternoon
    return afternoon


def _read(name: str, clocks: Sequence[_Clock]) -> list[Hours]:
    """What a group of times can mean. Nobody says "after five" of the night."""
    first = clocks[0].readings
    match name:
        case "between":
            return [Hours(after=start, before=end) for start, end in _pairs(*clocks)]
        case "or":
            last = clocks[1].readings
            return [Hours(at=(one, min(last, key=lambda other: abs(other - one)))) for one in first]
        case "after":
            return [Hours(after=one) for one in _likely(first)]
        case "before":
            return [Hours(before=one) for one in _likely(first)]
        case "about":
            return [Hours(after=max(one - ABOUT, 0), before=min(one + ABOUT + 1, DAY)) for one in _likely(first)]
        case _:
            return [Hours(at=(one,)) for one in first]


def _likely(readings: Sequence[int]) -> Sequence[int]:
    """Of two: five is 17:00, ten is 10:00, and seven or eight can be both."""
    if len(readings) < 2 or 7 * 60 <= readings[0] < 9 * 60:
        return readings
    return readings[1:] if readings[0] < 7 * 60 else readings[:1]


def _pairs(first: _Clock, last: _Clock) -> list[tuple[int, int]]:
    pairs = [
        (start, end)
        for start, end in product(first.readings, (one or DAY for one in last.readings))
        if start < end <= start + LONGEST and (len(first.readings) == 1 or 7 * 60 <= start < 20 * 60)
    ]
    if len(pairs) > 1 and len(last.readings) == 1:
        return pairs[-1:]  # "2 to 4 pm": the nearest
    return pairs or [(start, end) for start, end in product(first.readings, last.readings) if start < end][:1]
