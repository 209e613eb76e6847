"""When an agent may book: opening hours by weekday and by date, gaps, notice, limits and hosts, checked when read.

    {"zone": "Europe/Madrid", "title": "Consultation", "minutes": 30, "grid_minutes": 30,
     "hours": {"mon": [["09:00", "13:00"], ["16:00", "20:00"]], "fri": [["22:00", "02:00"]]},
     "dates": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}, "holidays": ["2026-12-25"],
     "buffer_before_minutes": 0, "buffer_after_minutes": 15, "notice_minutes": 120, "window_days": 60,
     "most_a_day": 8, "most_a_week": 0, "hosts": ["a@example.com", "b@example.com"],
     "reminders": [{"before_minutes": 1440, "template": {"name": "visit_reminder", "languages": ["es", "en"]}}],
     "follow_up": {"after_minutes": 120, "text": "How was it?"}, "quiet_hours": ["21:00", "08:00"],
     "invite_after_minutes": 2, "change_until_minutes": 120}

Several kinds of meeting take the place of `minutes`: "kinds": {"intro": 15, "demo": 60}; the first is the usual one.
Hours that end at or before their beginning end on the next day. They belong to the day on which they begin, but a
date on which nobody is there (`holidays`, or an empty list in `dates`) is closed from midnight to midnight. What
`dates` says of a day goes before its weekday and before `holidays`. Quiet hours are the customer's own; null is none.
A guest with an address is invited `invite_after_minutes` after the booking, so that one which is taken back at once
writes to nobody. From `change_until_minutes` before a meeting on, only the business moves or cancels it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import tzdata  # type: ignore[import-untyped]
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    model_validator,
)

from gateway.hours import DAYS, Day

DAY_MINUTES = 24 * 60
MOST_INTERVALS = 6  # of a day
MOST_DATES = 400
MOST_HOSTS = 50
HOST_CHARACTERS = 255  # as the columns have it
KIND_CHARACTERS = 60
MOST_REMINDERS = 5
A_MONTH = 30 * DAY_MINUTES
INVITE_AFTER_MINUTES = 2
MINUTES = 30
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = r"^[a-z0-9_]+$"
_LANGUAGE = r"^[a-z]{2,3}(_[A-Za-z]{2,4})?$"


def zone_version() -> str:
    """The version of the time zones that wall times are made with, such as 2026f; every meeting is stamped with it."""
    return str(tzdata.IANA_VERSION)


def zone_of(name: str) -> ZoneInfo:
    """A zone of the pinned database. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("is no time zone such as Europe/Stockholm") from error


def _zone(name: str) -> str:
    return zone_of(name).key


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError("is no time such as 09:00")
    return text


def _date(value: object) -> date:
    # A bare number would be read as seconds since 1970, and a key of an object is a text, which strictly is no date.
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        return date.fromisoformat(value)
    raise ValueError("is no date such as 2026-12-25")


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Clock = Annotated[str, AfterValidator(_clock)]
Interval = tuple[Clock, Clock]
Day_ = Annotated[date, BeforeValidator(_date)]
Minutes = Annotated[StrictInt, Field(ge=5, le=DAY_MINUTES)]
Buffer = Annotated[StrictInt, Field(ge=0, le=12 * 60)]
Count = Annotated[StrictInt, Field(ge=0, le=1000)]
Name = Annotated[str, Field(min_length=1, max_length=KIND_CHARACTERS)]
Host = Annotated[str, Field(min_length=1, max_length=HOST_CHARACTERS)]


class Template(BaseModel):
    """A template that WhatsApp approved, for when nothing else may be sent. Its body has three variables: the name of
    the customer, the date and the time of the meeting. The first of its languages is the usual one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=512, pattern=_NAME)
    languages: list[Annotated[str, Field(pattern=_LANGUAGE)]] = Field(default=["en"], min_length=1, max_length=20)

    def language(self, wanted: str) -> str:
        """The one of its languages that a customer reads best."""
        return next((one for one in self.languages if one.partition("_")[0] == wanted), self.languages[0])


class Reminder(BaseModel):
    """A message so many minutes before a meeting begins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    before_minutes: StrictInt = Field(ge=15, le=A_MONTH)
    template: Template | None = None


class FollowUp(BaseModel):
    """A message so many minutes after the end of a meeting that took place; without a text it thanks and asks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after_minutes: StrictInt = Field(ge=0, le=A_MONTH)
    text: str = Field(default="", max_length=900)
    template: Template | None = None


class Rules(BaseModel):
    """When an agent may book, in the business's own time zone. 0 as the most of anything is no limit.

    Whoever has a meeting is reminded a day before unless `reminders` say otherwise, but never in `quiet_hours`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zone: Zone
    hours: dict[Day, list[Interval]] = Field(default_factory=dict)
    dates: dict[Day_, list[Interval]] = Field(default_factory=dict, max_length=MOST_DATES)
    holidays: list[Day_] = Field(default_factory=list, max_length=MOST_DATES)
    title: str = Field(default="", max_length=200)
    minutes: Minutes = MINUTES
    kinds: dict[Name, Minutes] = Field(default_factory=dict, max_length=20)
    grid_minutes: StrictInt = Field(default=30, ge=5, le=DAY_MINUTES)
    buffer_before_minutes: Buffer = 0
    buffer_after_minutes: Buffer = 0
    notice_minutes: StrictInt = Field(default=120, ge=0, le=90 * DAY_MINUTES)
    window_days: StrictInt = Field(default=60, ge=1, le=366)
    most_a_day: Count = 0
    most_a_week: Count = 0
    hosts: list[Host] = Field(default_factory=list, max_length=MOST_HOSTS)
    reminders: list[Reminder] = Field(default=[Reminder(before_minutes=DAY_MINUTES)], max_length=MOST_REMINDERS)
    follow_up: FollowUp | None = None
    quiet_hours: Interval | None = ("21:00", "08:00")
    invite_after_minutes: StrictInt = Field(default=INVITE_AFTER_MINUTES, ge=0, le=60)
    change_until_minutes: StrictInt = Field(default=0, ge=0, le=A_MONTH)

    @model_validator(mode="after")
    def _sensible(self) -> Rules:
        for where, intervals in (*_named("hours", self.hours), *_named("dates", self.dates)):
            if problem := _disorder(intervals):
                raise ValueError(f"{where}: {problem}")
        if DAY_MINUTES % self.grid_minutes:
            raise ValueError("grid_minutes: a day can't be divided by it, as it can by 15, 20 or 30")
        if len(set(self.hosts)) < len(self.hosts):
            raise ValueError("hosts: one is named twice")
        if len({one.before_minutes for one in self.reminders}) < len(self.reminders):
            raise ValueError("reminders: two of them come at the same time")
        if self.quiet_hours and minute(self.quiet_hours[0]) % DAY_MINUTES == minute(self.quiet_hours[1]) % DAY_MINUTES:
            raise ValueError("quiet_hours: they begin when they end; null is none")
        # Whoever reads rules with kinds reads the usual minutes too, and may save what he read.
        if self.kinds and self.minutes != MINUTES:
            raise ValueError("minutes: each of the kinds has its own, so there can't be another")
        return self

    @property
    def tz(self) -> ZoneInfo:
        """The zone of every wall time here."""
        return zone_of(self.zone)

    @property
    def gap_minutes(self) -> int:
        """What stays free between two meetings of a host, whichever comes first: gaps don't add up."""
        return max(self.buffer_before_minutes, self.buffer_after_minutes)

    @property
    def whose(self) -> tuple[str, ...]:
        """The hosts, in order of preference; "" stands for the business's own calendars."""
        return tuple(self.hosts) or ("",)

    def kind(self, name: str = "") -> tuple[str, int]:
        """A kind of meeting and its minutes; the usual one for "". Raises ValueError."""
        if not name:
            return next(iter(self.kinds.items()), ("", self.minutes))
        if name not in self.kinds:
            raise ValueError(f"kind: there is {' or '.join(self.kinds) or 'only one'}, not {name}")
        return name, self.kinds[name]

    def closed(self, day: date) -> bool:
        """Whether nobody is there from midnight to midnight."""
        return not self.dates[day] if day in self.dates else day in self.holidays

    def intervals(self, day: date) -> Iterator[tuple[tuple[date, int], tuple[date, int]]]:
        """The hours that begin on a day: dates, and minutes of the wall clock since their midnight."""
        if self.closed(day):
            return
        for start, end in self.dates.get(day) or self.hours.get(DAYS[day.weekday()], []):
            first, last = minute(start), minute(end)
            days, last = divmod(last if last > first else last + DAY_MINUTES, DAY_MINUTES)
            yield (day, first), (day + timedelta(days=days), last)


def parse(data: object) -> Rules:
    """Rules from JSON. Raises ValueError with every field that is wrong and why; what was sent is not repeated."""
    try:
        return Rules.model_validate(data)
    except ValidationError as error:
        raise ValueError("; ".join(f"{one['field']}: {one['problem']}" for one in problems(error))) from error


def problems(error: ValidationError) -> list[dict[str, str]]:
    """Each wrong field and why."""
    found = []
    for one in error.errors(include_url=False, include_input=False):
        field, text = ".".join(str(step) for step in one["loc"] if step != "[key]"), one["msg"]
        text = text.removeprefix("Value error, ")
        if not field:  # of the whole: our own words name the field
            field, _, text = text.partition(": ") if ": " in text else ("rules", "", text)
        found.append({"field": field, "problem": text})
    return found


def minute(clock: str) -> int:
    """Minutes since midnight of a time such as 09:00."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _named(field: str, table: Mapping[Any, list[Interval]]) -> Iterator[tuple[str, list[Interval]]]:
    for key, intervals in table.items():
        yield f"{field}.{key}", intervals


def _disorder(intervals: list[Interval]) -> str:
    """What is wrong with the hours of a day; only the last may pass midnight."""
    if len(intervals) > MOST_INTERVALS:
        return f"more than {MOST_INTERVALS} intervals"
    past = 0
    for place, (start, end) in enumerate(intervals):
        first, last = minute(start), minute(end)
        if first in (last, DAY_MINUTES):
            return f"{start} to {end} is no time at all; the whole day is 00:00 to 24:00"
        if first < past:
            return "the intervals are not in order, or overlap"
        if last < first and place + 1 < len(intervals):
            return "only the last interval may pass midnight"
        past = last
    return ""
