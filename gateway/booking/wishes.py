"""Wishes for a time: what a customer said, narrowed to days and hours, or the question that has to be asked first.

A wish only narrows what is offered. What it does not understand it leaves open: offers carry their weekday, date and
zone, and nothing is booked but an offer that was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import product
from zoneinfo import ZoneInfo

from gateway.booking.slots import Slot
from gateway.booking.wish_days import Days, days
from gateway.booking.wish_hours import DAY, PARTS, Hours, hours
from gateway.booking.wish_tags import Tag, tags
from gateway.language import detect
from gateway.lines import known

NEAR = 120  # minutes around a time that is taken
MOST_OPTIONS = 4
YEAR = 365  # days
ANY_DAY, ANY_HOUR = Days(), Hours()
BOUNDS = {  # in words that are read again when they are tapped on
    "en": ("from {}", "before {}"),
    "es": ("desde las {}", "antes de las {}"),
    "pt": ("a partir das {}", "antes das {}"),
    "de": ("ab {}", "vor {}"),
    "fr": ("à partir de {}", "avant {}"),
    "sv": ("från {}", "före {}"),
    "ar": ("من الساعة {}", "قبل الساعة {}"),
    "hi": ("{} बजे के बाद", "{} बजे से पहले"),
}
QUESTIONS = {  # which day, which time, which of both
    "en": ("Which day is meant?", "Which time of day is meant?", "Which day and which time are meant?"),
    "es": ("¿Qué día quiere decir?", "¿A qué hora del día se refiere?", "¿Qué día y qué hora quiere decir?"),
    "pt": ("A que dia se refere?", "A que hora do dia se refere?", "A que dia e a que hora se refere?"),
    "de": ("Welcher Tag ist gemeint?", "Welche Tageszeit ist gemeint?", "Welcher Tag und welche Zeit sind gemeint?"),
    "fr": ("De quel jour s'agit-il ?", "De quelle heure s'agit-il ?", "De quel jour et de quelle heure s'agit-il ?"),
    "sv": ("Vilken dag menar du?", "Vilken tid på dagen menar du?", "Vilken dag och vilken tid menar du?"),
    "ar": ("أي يوم تقصد؟", "أي وقت من اليوم تقصد؟", "أي يوم وأي وقت تقصد؟"),
    "hi": ("आपका मतलब किस दिन से है?", "आपका मतलब दिन के किस समय से है?", "आपका मतलब किस दिन और किस समय से है?"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Which times will do, in the business's zone. Without anything, all of them."""

    days: Days = ANY_DAY
    hours: Hours = ANY_HOUR

    def fits(self, start: datetime, zone: ZoneInfo) -> bool:
        """Whether a moment will do."""
        local = start.astimezone(zone)
        return self.days.takes(local.date()) and self.hours.takes(local.time())

    def weaker(self) -> Iterator[Wish]:
        """What to look for when nothing fits: around that time, any time of that day, then that time of any day."""
        if self.hours.at:
            first, last = min(self.hours.at), max(self.hours.at)
            around = Hours(after=max(first - NEAR, 0), before=min(last + NEAR + 1, DAY))
            yield replace(self, hours=around)
        if self.hours != ANY_HOUR:
            yield replace(self, hours=ANY_HOUR)
        if self.days != ANY_DAY:
            yield Wish(days=Days(earliest=self.days.earliest, never=self.days.never), hours=self.hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """What can be understood in several ways: the question, and each answer with the wish that it stands for, in a
    language that there is."""

    question: str
    options: tuple[str, ...]
    wishes: tuple[Wish, ...]
    language: str = "en"

    def settled(self, starts: Iterable[datetime], zone: ZoneInfo) -> Wish | Ambiguous:
        """Without the readings for which nothing is free. When one is left, nobody has to be asked."""
        free = list(starts)
        left = [place for place, one in enumerate(self.wishes) if any(one.fits(start, zone) for start in free)]
        if not left:
            return self
        wishes = tuple(self.wishes[place] for place in left)
        options = tuple(self.options[place] for place in left)
        return wishes[0] if len(left) == 1 else _asked(wishes, options, self.language)


def read(text: str, *, now: datetime, zone: ZoneInfo, language: str | None) -> Wish | Ambiguous:
    """A wish in a customer's words. `language` is the conversation's; words of another one are found too."""
    here = now.astimezone(zone)
    codes = dict.fromkeys((known(language), known(detect(text))))
    found = max((_readings(text, code, here) for code in codes), key=lambda one: _told(one[0]))
    found = [wish for wish in found if wish != Wish()] or found[:1]  # "any time" is no answer to a question
    if len(found) == 1:
        return found[0]
    options: dict[str, Wish] = {}
    for wish in found:  # what reads the same can't be asked about
        options.setdefault(_option(wish, here.date(), known(language)), wish)
    wishes = tuple(options.values())[:MOST_OPTIONS]
    if len(wishes) == 1:
        return wishes[0]
    return _asked(wishes, tuple(options)[:MOST_OPTIONS], known(language))


def _readings(text: str, code: str, here: datetime) -> list[Wish]:
    """What a text can mean in a language, without what is over; a wish for anything when it means nothing."""
    found = list(dict.fromkeys(wish for clauses in _variants(tags(text, code)) for wish in _read(clauses, here)))
    return [wish for wish in found if not _passed(wish, here)] or found[:1]


def _told(wish: Wish) -> int:
    return (wish.days != ANY_DAY) + (wish.hours != ANY_HOUR)


def narrow(slots: Sequence[Slot], wish: Wish) -> tuple[list[Slot], bool]:
    """The slots that fit, or else those that nearly do; and whether they fit."""
    for one in (wish, *wish.weaker()):
        if fitting := [slot for slot in slots if one.fits(slot.start, slot.zone)]:
            return fitting, one == wish
    return list(slots), False


def _variants(clauses: list[list[Tag]]) -> Iterator[list[list[Tag]]]:
    """One row of tags, or two: what may be "tomorrow" or "in the morning" is read as each."""
    morning, tomorrow = Tag("P", name="morning"), Tag("D", (1,))
    kinds = [{tag.kind for tag in clause} for clause in clauses]
    unclear = any("Q" in one and "!" not in one for one in kinds)  # who says no to it speaks of mornings
    for meant in (tomorrow, morning) if unclear else (morning,):
        yield [[meant if tag.kind == "Q" else tag for tag in clause] for clause in clauses]


def _read(clauses: list[list[Tag]], here: datetime) -> Iterator[Wish]:
    spans = days(clauses, here.date())  # marks in the clauses what it read
    for span, clock in product(spans, hours(clauses)):
        yield Wish(days=span, hours=clock)


def _passed(wish: Wish, here: datetime) -> bool:
    today, minute = here.date(), here.hour * 60 + here.minute
    if wish.days.latest is None or wish.days.latest > today:
        return False
    last = max(wish.hours.at, default=wish.hours.before if wish.hours.before is not None else DAY)
    last = min(last, PARTS.get(wish.hours.part, (0, DAY))[1])
    return wish.days.latest < today or last <= minute


def _asked(wishes: tuple[Wish, ...], options: tuple[str, ...], code: str) -> Ambiguous:
    about_days, about_hours = len({one.days for one in wishes}) > 1, len({one.hours for one in wishes}) > 1
    day, clock, both = QUESTIONS[code]
    question = both if about_days and about_hours else day if about_days else clock
    return Ambiguous(question=question, options=options, wishes=wishes, language=code)


def _option(wish: Wish, today: date, code: str) -> str:
    """A reading as an answer to tap on: "Fri, Nov 27, 17:00". Read again, it means the same."""
    return ", ".join(filter(None, (_shown_days(wish.days, today, code), _shown_hours(wish.hours, code))))


def _shown_days(days: Days, today: date, code: str) -> str:
    from babel.dates import format_skeleton

    shown = list(dict.fromkeys(one for one in (days.earliest, days.latest) if one))
    year = "y" * any((one - today).days >= YEAR for one in shown)  # without one the next such day is meant
    skeleton = f"{year}MMMEd" if len(shown) == 1 else f"{year}MMMd"
    return " – ".join(str(format_skeleton(skeleton, datetime.combine(one, time.min), locale=code)) for one in shown)


def _shown_hours(hours: Hours, code: str) -> str:
    first, last = hours.after, hours.before
    if hours.part:
        first, last = (one or other for one, other in zip((first, last), PARTS[hours.part], strict=True))
    if hours.at:
        return " / ".join(_clock(minute) for minute in hours.at)
    if first is not None and last is not None:
        return f"{_clock(first)}–{_clock(last)}"
    return "".join(
        words.format(_clock(minute))
        for words, minute in zip(BOUNDS[code], (first, last), strict=True)
        if minute is not None
    )


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
