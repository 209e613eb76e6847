"""Business hours: when people of a business are there, in its own time zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

LOOK_AHEAD_DAYS = 370
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError("is no time zone such as Europe/Stockholm") from error
    return name


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError("is no time such as 09:00")
    return text


Zone = Annotated[str, Field(max_length=64), AfterValidator(_zone)]
Clock = Annotated[str, AfterValidator(_clock)]


class Hours(BaseModel):
    """Opening times by day, and days on which nobody is there. A day that is left out is closed."""

    model_config = ConfigDict(extra="forbid")

    zone: Zone
    days: dict[Day, list[tuple[Clock, Clock]]]
    closed: list[date] = Field(default_factory=list, max_length=400)

    @model_validator(mode="after")
    def _ordered(self) -> Hours:
        for day, intervals in self.days.items():
            if len(intervals) > 4:
                raise ValueError(f"{day} has more than four intervals")
            ends = [clock for interval in intervals for clock in interval]
            if ends != sorted(ends) or any(start == end for start, end in intervals):
                raise ValueError(f"the intervals of {day} are not in order, or overlap")
        return self

    def opens_at(self, now: datetime) -> datetime | None:
        """None while open; else the next opening, in UTC; a year ahead when it never opens. `now` knows its zone.

        Open is what the clock on the wall says: hours that the clocks skip are not held, hours that they repeat are
        held twice.
        """
        zone = ZoneInfo(self.zone)
        if self._open(now.astimezone(zone)):
            return None
        today = now.astimezone(zone).date()
        # The day before too: clocks that go back at midnight repeat its last hour.
        for ahead in range(-1, LOOK_AHEAD_DAYS):
            openings = [
                moment
                for moment in self._starts(today + timedelta(days=ahead), zone)
                if moment > now and self._open(moment.astimezone(zone))
            ]
            if openings:
                return min(openings)
        return now.astimezone(UTC) + timedelta(days=LOOK_AHEAD_DAYS)

    def _open(self, wall: datetime) -> bool:
        clock = f"{wall:%H:%M}"
        intervals = self.days.get(DAYS[wall.weekday()], [])
        return wall.date() not in self.closed and any(start <= clock < end for start, end in intervals)

    def _starts(self, day: date, zone: ZoneInfo) -> Iterator[datetime]:
        """The moments at which a day may open: its intervals' starts, and a change of the clocks, in UTC."""
        for start, _ in self.days.get(DAYS[day.weekday()], []):
            wall = datetime.combine(day, time.fromisoformat(start), zone)
            yield wall.astimezone(UTC)
            yield wall.replace(fold=1).astimezone(UTC)
        yield from _change(day, zone)


def _change(day: date, zone: ZoneInfo) -> Iterator[datetime]:
    """The moment of a day, to the second and in UTC, at which its clocks go forward or back, if they do."""
    low = int(datetime.combine(day, time.min, zone).timestamp())
    high = int(datetime.combine(day + timedelta(days=1), time.min, zone).timestamp())

    def offset(second: int) -> timedelta | None:
        return datetime.fromtimestamp(second, zone).utcoffset()

    before = offset(low)
    if offset(high) == before:
        return
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(middle) == before else (low, middle)
    yield datetime.fromtimestamp(high, UTC)
