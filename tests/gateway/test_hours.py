"""Business hours: when a business opens next, on days that have 23 or 25 hours too."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.hours import DAYS, Hours

WEEK = {day: [("09:00", "12:00"), ("13:00", "17:00")] for day in DAYS[:5]}
OPENS = [
    ("2026-11-20T08:30+00:00", None),  # Friday, half past nine in Stockholm
    ("2026-11-20T11:30+00:00", "2026-11-20T12:00+00:00"),
    ("2026-11-20T16:00+00:00", "2026-11-23T08:00+00:00"),
    ("2026-11-22T23:00+00:00", "2026-11-23T08:00+00:00"),
    ("2026-12-23T16:00+00:00", "2026-12-25T08:00+00:00"),  # the 24th is closed
    ("2026-03-27T20:00+00:00", "2026-03-30T07:00+00:00"),  # the clocks went forward on the way
]


@pytest.mark.parametrize(("now", "opens"), OPENS)
def test_when_it_opens(now: str, opens: str | None) -> None:
    hours = Hours.model_validate({"zone": "Europe/Stockholm", "days": WEEK, "closed": ["2026-12-24"]})
    assert hours.opens_at(datetime.fromisoformat(now)) == (datetime.fromisoformat(opens) if opens else None)


def test_a_business_that_never_opens_opens_far_away() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    found = Hours(zone="UTC", days={}).opens_at(now)
    assert found is not None
    assert found > now + timedelta(days=300)


def test_midnight_belongs_to_the_night_that_lasts() -> None:
    hours = Hours.model_validate({"zone": "UTC", "days": {"fri": [["20:00", "24:00"]], "sat": [["00:00", "02:00"]]}})
    for moment in ("2026-11-20T23:59+00:00", "2026-11-21T00:00+00:00", "2026-11-21T01:59+00:00"):
        assert hours.opens_at(datetime.fromisoformat(moment)) is None


WRONG: list[dict[str, Any]] = [
    {"zone": "Mars/Base"},
    {"days": {"mon": [["17:00", "09:00"]]}},
    {"days": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
    {"days": {"mon": [["09:00", "09:00"]]}},
    {"days": {"mon": [["25:00", "26:00"]]}},
    {"days": {"someday": []}},
    {"days": {"mon": [[f"{n:02}:00", f"{n:02}:30"] for n in range(5)]}},
    {"more": 1},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Hours.model_validate({"zone": "UTC", "days": {}, **wrong})


def _slow(hours: Hours, now: datetime) -> datetime | None:
    """Minute by minute, by the clock on the wall."""
    zone = ZoneInfo(hours.zone)
    moment = now
    for _ in range(10 * 24 * 60):
        wall = moment.astimezone(zone)
        clock, intervals = f"{wall:%H:%M}", hours.days.get(DAYS[wall.weekday()], [])
        if wall.date() not in hours.closed and any(start <= clock < end for start, end in intervals):
            return None if moment == now else moment
        moment += timedelta(minutes=1)
    return moment


CHANGES = [
    # zone, the day's only interval, now, opens
    ("America/New_York", ("02:30", "10:00"), "2026-03-08T06:00+00:00", "2026-03-08T07:00+00:00"),  # 02:30 is skipped
    ("America/New_York", ("02:00", "02:45"), "2026-03-08T06:00+00:00", "2026-03-15T06:00+00:00"),  # all of it is
    ("America/New_York", ("00:00", "01:30"), "2026-11-01T05:45+00:00", "2026-11-01T06:00+00:00"),  # 01:00 comes again
    ("America/New_York", ("01:15", "01:30"), "2026-11-01T05:30+00:00", "2026-11-01T06:15+00:00"),
    ("Africa/Cairo", ("00:30", "08:00"), "2026-04-23T21:00+00:00", "2026-04-23T22:00+00:00"),  # midnight is skipped
    ("Asia/Beirut", ("23:30", "24:00"), "2026-10-24T21:00+00:00", "2026-10-24T21:30+00:00"),  # 23:00 comes again
    ("Australia/Lord_Howe", ("02:10", "03:00"), "2026-10-03T15:00+00:00", "2026-10-03T15:30+00:00"),  # by half an hour
]


@pytest.mark.parametrize(("zone", "interval", "now", "opens"), CHANGES)
def test_the_clock_on_the_wall_decides_when_clocks_change(
    zone: str, interval: tuple[str, str], now: str, opens: str
) -> None:
    moment = datetime.fromisoformat(now)
    weekdays = {DAYS[(moment.astimezone(ZoneInfo(zone)) + timedelta(hours=hours)).weekday()] for hours in (0, 3)}
    hours = Hours.model_validate({"zone": zone, "days": {day: [interval] for day in weekdays}})
    assert hours.opens_at(moment) == datetime.fromisoformat(opens) == _slow(hours, moment)


ZONES = [
    "Europe/Stockholm", "America/New_York", "Asia/Kolkata", "UTC", "Africa/Cairo", "Asia/Beirut", "America/Havana",
    "America/Nuuk", "Australia/Lord_Howe", "Pacific/Chatham", "Africa/Casablanca", "Pacific/Kiritimati",
]  # fmt: skip


def _near_a_change(zone: str) -> list[datetime]:
    """The days of 2026 on which the zone's clocks change."""
    days = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(365)]
    there = ZoneInfo(zone)
    changes = [
        day
        for day in days
        if day.astimezone(there).utcoffset() != (day + timedelta(days=1)).astimezone(there).utcoffset()
    ]
    return changes or days[:1]


CHANGE_DAYS = {zone: _near_a_change(zone) for zone in ZONES}
CLOCKS = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in range(0, 24 * 60, 15)]
_zones = st.sampled_from(ZONES)
_clocks = st.one_of(st.sampled_from(CLOCKS[:17] + CLOCKS[-9:]), st.sampled_from(CLOCKS))
_ends = st.lists(_clocks, min_size=2, max_size=8, unique=True).map(sorted)
_intervals = _ends.map(lambda ends: list(zip(ends[::2], ends[1::2], strict=False)))
_weeks = st.dictionaries(st.sampled_from(DAYS), _intervals, min_size=1, max_size=4)


def _until_midnight(week: dict[Any, list[tuple[str, str]]]) -> dict[Any, list[tuple[str, str]]]:
    return {day: [(a, "24:00" if b == CLOCKS[-1] else b) for a, b in intervals] for day, intervals in week.items()}


@settings(max_examples=150, deadline=None)
@given(st.data(), _zones, _weeks.map(_until_midnight))
def test_it_agrees_with_the_clock_on_the_wall(data: st.DataObject, zone: str, week: dict[Any, Any]) -> None:
    """Around every change of the clocks: skipped and repeated hours, at midnight too, and days that are closed."""
    day = data.draw(st.sampled_from(CHANGE_DAYS[zone]))
    now = day + timedelta(minutes=data.draw(st.integers(-36 * 60, 36 * 60)))
    closed = data.draw(st.lists(st.sampled_from([(day + timedelta(days=n)).date() for n in (-1, 0, 1)]), max_size=2))
    hours = Hours.model_validate({"zone": zone, "days": week, "closed": closed})
    found, slow = hours.opens_at(now), _slow(hours, now)
    if slow is not None and slow >= now + timedelta(days=10):
        assert found is not None
        assert found >= slow
    else:
        assert found == slow


@settings(max_examples=40, deadline=None)
@given(_zones, st.integers(0, 365 * 24 * 60), st.integers(0, 59), _weeks)
def test_the_opening_is_open_and_the_minute_before_is_not(
    zone: str, minutes: int, seconds: int, week: dict[Any, Any]
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, seconds=seconds)
    hours = Hours.model_validate({"zone": zone, "days": week})
    found = hours.opens_at(now)
    if found is not None:
        assert found > now
        assert found.utcoffset() == timedelta(0)
        assert hours.opens_at(found) is None
        assert hours.opens_at(max(now, found - timedelta(minutes=1))) == found
