"""When reminders come: a table of quiet hours, with days on which the clock is set and zones far away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.booking.reminder_times import AHEAD, FRESH, follows_at, quiet_at, reminds_at, still, zone_for

NIGHT = ("21:00", "08:00")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
MADRID = "Europe/Madrid"


def at(text: str, zone: str = MADRID) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


# the zone, when it begins, minutes before, the quiet hours, when it comes or why not
CASES = {
    "by day": (MADRID, "2026-11-20T10:00", 1440, NIGHT, "2026-11-19T10:00"),
    "at the last moment before": (MADRID, "2026-11-20T20:59", 1440, NIGHT, "2026-11-19T20:59"),
    "when they begin": (MADRID, "2026-11-20T21:00", 1440, NIGHT, "2026-11-19T20:55"),
    "at midnight": (MADRID, "2026-11-20T00:00", 1440, NIGHT, "2026-11-18T20:55"),
    "in the morning": (MADRID, "2026-11-20T07:59", 1440, NIGHT, "2026-11-18T20:55"),
    "when they end": (MADRID, "2026-11-20T08:00", 1440, NIGHT, "2026-11-19T08:00"),
    "an hour before, early": (MADRID, "2026-11-20T08:30", 60, NIGHT, "2026-11-19T20:55"),
    "none": (MADRID, "2026-11-20T03:00", 60, None, "2026-11-20T02:00"),
    "by day only": (MADRID, "2026-11-20T14:30", 60, ("13:00", "15:00"), "2026-11-20T12:55"),
    "until midnight": (MADRID, "2026-11-20T23:30", 60, ("22:00", "24:00"), "2026-11-20T21:55"),
    "almost always": (MADRID, "2026-11-20T12:00", 60, ("08:01", "08:00"), "quiet_hours"),
    "the clock goes on, before it": (MADRID, "2027-03-28T22:00", 1440, NIGHT, "2027-03-27T20:55"),
    "the clock goes on, a day is 23 hours": (MADRID, "2027-03-28T12:00", 1440, NIGHT, "2027-03-27T11:00"),
    "the clock goes back, a day is 25 hours": (MADRID, "2026-10-25T12:00", 1440, NIGHT, "2026-10-24T13:00"),
    "they end at an hour that is skipped": (MADRID, "2027-03-28T03:20", 30, ("23:00", "02:30"), "2027-03-27T22:55"),
    "no midnight in Cairo": ("Africa/Cairo", "2027-04-30T09:00", 540, ("00:00", "08:00"), "2027-04-29T22:55"),
    "no midnight, within": ("Africa/Cairo", "2027-04-30T09:00", 300, ("00:00", "08:00"), "2027-04-29T22:55"),
    "Kathmandu": ("Asia/Kathmandu", "2026-11-20T22:00", 60, NIGHT, "2026-11-20T20:55"),
    "Kiritimati": ("Pacific/Kiritimati", "2026-11-20T07:00", 60, NIGHT, "2026-11-19T20:55"),
    "Lord Howe": ("Australia/Lord_Howe", "2027-04-04T12:00", 1440, NIGHT, "2027-04-03T12:30"),
}


@pytest.mark.parametrize(("zone", "begins", "minutes", "quiet", "expected"), CASES.values(), ids=CASES)
def test_when_a_reminder_comes(zone: str, begins: str, minutes: int, quiet: tuple[str, str], expected: str) -> None:
    due = reminds_at(at(begins, zone), minutes, zone=ZoneInfo(zone), quiet=quiet, made=LONG_AGO)
    assert (due.at, due.why) == ((at(expected, zone), "") if "T" in expected else (None, expected))


# when it was made, when it begins, minutes before, when it comes or why not
MADE = {
    "later than it would have come": ("2026-11-19T11:00", "2026-11-20T10:00", 1440, "late"),
    "a moment before it would have come": ("2026-11-19T09:50", "2026-11-20T10:00", 1440, "late"),
    "an hour before it would have come": ("2026-11-19T09:00", "2026-11-20T10:00", 1440, "2026-11-19T10:00"),
    "in the evening, for a late meeting": ("2026-11-19T20:40", "2026-11-20T22:00", 1440, "2026-11-20T08:00"),
    "at night, for an early meeting": ("2026-11-19T23:00", "2026-11-20T08:15", 60, "quiet_hours"),
    "at night, for one that is just late enough": ("2026-11-19T23:00", "2026-11-20T08:30", 60, "2026-11-20T08:00"),
    "at night, for one that is late enough": ("2026-11-19T23:00", "2026-11-20T09:00", 90, "2026-11-20T08:00"),
}


@pytest.mark.parametrize(("made", "begins", "minutes", "expected"), MADE.values(), ids=MADE)
def test_when_it_was_arranged_a_moment_ago(made: str, begins: str, minutes: int, expected: str) -> None:
    due = reminds_at(at(begins), minutes, zone=ZoneInfo(MADRID), quiet=NIGHT, made=at(made))
    assert (due.at, due.why) == ((at(expected), "") if "T" in expected else (None, expected))


STILL = {
    "by day": ("2026-11-20T12:00", "2026-11-20T13:00", "2026-11-20T12:00"),
    "at night": ("2026-11-20T03:00", "2026-11-20T13:00", "2026-11-20T08:00"),
    "at night, before an early meeting": ("2026-11-20T03:00", "2026-11-20T07:30", "quiet_hours"),
    "too late": ("2026-11-20T13:01", "2026-11-20T13:00", "late"),
}


@pytest.mark.parametrize(("now", "latest", "expected"), STILL.values(), ids=STILL)
def test_what_is_due_may_still_have_to_wait(now: str, latest: str, expected: str) -> None:
    due = still(at(now), at(latest), zone=ZoneInfo(MADRID), quiet=NIGHT)
    assert (due.at, due.why) == ((at(expected), "") if "T" in expected else (None, expected))


def test_a_word_after_a_meeting_waits_for_the_morning() -> None:
    late, early = at("2026-11-20T20:30"), at("2026-11-20T17:30")
    assert follows_at(late, 60, zone=ZoneInfo(MADRID), quiet=NIGHT).at == at("2026-11-21T08:00")
    assert follows_at(early, 60, zone=ZoneInfo(MADRID), quiet=NIGHT).at == at("2026-11-20T18:30")


PHONES = {
    "Tokyo": ("81312345678", "Asia/Tokyo"),
    "Kathmandu": ("+9779812345678", "Asia/Kathmandu"),
    "the same time as the agent's": ("4930123456", MADRID),
    "no area that is known": ("15550107001", MADRID),
    "no number": ("visitor-7", MADRID),
    "several zones in one country": ("+61412345678", MADRID),
}


@pytest.mark.parametrize(("phone", "expected"), PHONES.values(), ids=PHONES)
def test_where_a_customer_lives(phone: str, expected: str) -> None:
    assert zone_for(phone, ZoneInfo(MADRID), at("2026-11-20T10:00")).key == expected


@given(
    begins=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    before=st.integers(15, 30 * 1440),
    age=st.integers(0, 60 * 1440),
    zone=st.sampled_from([MADRID, "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "Australia/Lord_Howe"]),
    quiet=st.sampled_from([None, NIGHT, ("22:30", "07:15"), ("00:00", "06:00"), ("13:00", "15:00")]),
)
def test_it_never_comes_in_quiet_hours_nor_too_late(
    begins: datetime, before: int, age: int, zone: str, quiet: tuple[str, str] | None
) -> None:
    start = begins.replace(tzinfo=UTC)
    made = start - timedelta(minutes=age)
    due = reminds_at(start, before, zone=ZoneInfo(zone), quiet=quiet, made=made)
    if due.at is None:
        assert due.why in ("late", "quiet_hours")
        return
    assert made + FRESH <= due.at < start
    assert quiet_at(due.at, ZoneInfo(zone), quiet) is None
    if due.at > start - timedelta(minutes=before):
        assert due.at + AHEAD <= start
