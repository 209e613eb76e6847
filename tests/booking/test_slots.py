"""Free times: a table of days on which clocks do odd things, one row a behaviour, and the choice of offers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.booking.rules import DAYS, Rules, parse
from gateway.booking.slots import Booked, Slot, choose_host, free, minus, moment, opened, span, spread, weeks

NIGHT = [["00:00", "04:00"]]
ALWAYS = {day: [["00:00", "24:00"]] for day in DAYS}
ZONES: list[tuple[str, str, str]] = [  # zone, wall time, the first moment at which its clocks show it or pass it
    ("Europe/Madrid", "2027-03-28 02:30", "2027-03-28T01:00"),  # they go from 02:00 to 03:00
    ("Europe/Madrid", "2027-03-28 03:00", "2027-03-28T01:00"),
    ("Europe/Madrid", "2026-10-25 02:30", "2026-10-25T00:30"),  # again at 01:30Z
    ("Europe/Madrid", "2026-10-25 03:00", "2026-10-25T02:00"),
    ("Africa/Cairo", "2027-04-30 00:00", "2027-04-29T22:00"),  # there is no midnight
    ("Africa/Cairo", "2027-04-30 01:00", "2027-04-29T22:00"),
    ("America/Havana", "2025-03-09 00:00", "2025-03-09T05:00"),
    ("America/Havana", "2027-03-14 00:00", "2027-03-14T04:00"),  # 2025b skips it, 2026f has the clocks stay in 2026
    ("Asia/Beirut", "2027-03-28 00:00", "2027-03-27T22:00"),
    ("Asia/Kathmandu", "2026-12-01 09:00", "2026-12-01T03:15"),
    ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03T15:30"),  # half an hour is skipped
    ("Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03T14:45"),  # half an hour comes twice
    ("Australia/Lord_Howe", "2027-04-04 02:00", "2027-04-03T15:30"),
    ("America/Vancouver", "2026-10-31 09:00", "2026-10-31T16:00"),
    ("America/Vancouver", "2026-12-01 09:00", "2026-12-01T16:00"),  # since 2026-11-01 the clocks stay as they are
    ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30T10:00"),  # a whole day is skipped
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def made(**fields: Any) -> Rules:
    hours = {day: [["09:00", "12:00"]] for day in DAYS}
    return parse({"zone": "UTC", "hours": hours, "minutes": 60, "grid_minutes": 60, "notice_minutes": 0} | fields)


def found(rules: Rules, since: str, until: str, *, now: str = "", busy: Any = (), **more: Any) -> list[str]:
    slots = free(rules, {"": busy}, at(now or since), at(since), at(until), **more)
    return [f"{slot.start:%dT%H:%M}" for slot in slots]


def day(rules: Rules, text: str) -> list[str]:
    """The wall times that are offered on a local day."""
    start = moment(date.fromisoformat(text), 0, rules.tz)
    slots = free(rules, {"": ()}, start - timedelta(days=2), start - timedelta(days=2), start + timedelta(days=3))
    return [f"{slot.local:%H:%M}" for slot in slots if f"{slot.local:%Y-%m-%d}" == text]


@pytest.mark.parametrize(("zone", "wall", "utc"), ZONES)
def test_a_wall_time_is_a_moment(zone: str, wall: str, utc: str) -> None:
    local = datetime.fromisoformat(wall)
    assert moment(local.date(), local.hour * 60 + local.minute, ZoneInfo(zone)) == at(utc)


def test_what_python_itself_makes_of_the_odd_hours() -> None:
    gap = datetime(2027, 3, 28, 2, 30, tzinfo=ZoneInfo("Europe/Madrid")).astimezone(UTC)
    assert f"{gap.astimezone(ZoneInfo('Europe/Madrid')):%H:%M}" == "03:30"
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Madrid"))
    assert [twice.replace(fold=fold).astimezone(UTC).hour for fold in (0, 1)] == [0, 1]


NIGHTS: list[tuple[str, str, int, int, list[str]]] = [  # zone, day, minutes, grid, offered between midnight and four
    ("Europe/Madrid", "2027-03-28", 60, 60, ["00:00", "01:00", "03:00"]),
    ("Europe/Madrid", "2027-03-28", 60, 30, ["00:00", "00:30", "01:00", "01:30", "03:00"]),
    ("Europe/Madrid", "2026-10-25", 60, 60, ["00:00", "01:00", "02:00", "03:00"]),
    ("Europe/Madrid", "2026-10-25", 120, 60, ["00:00", "01:00", "02:00"]),  # the night has five hours
    ("Africa/Cairo", "2027-04-30", 60, 60, ["01:00", "02:00", "03:00"]),
    ("America/Havana", "2025-03-09", 60, 60, ["01:00", "02:00", "03:00"]),
    ("Asia/Beirut", "2027-03-28", 60, 60, ["01:00", "02:00", "03:00"]),
    ("Asia/Kathmandu", "2026-12-01", 60, 60, ["00:00", "01:00", "02:00", "03:00"]),
    ("Australia/Lord_Howe", "2026-10-04", 30, 30, ["00:00", "00:30", "01:00", "01:30", "02:30", "03:00", "03:30"]),
    ("Australia/Lord_Howe", "2027-04-04", 60, 60, ["00:00", "01:00", "02:00", "03:00"]),
    ("America/Vancouver", "2026-11-01", 60, 60, ["00:00", "01:00", "02:00", "03:00"]),
]


@pytest.mark.parametrize(("zone", "night", "minutes", "grid", "offered"), NIGHTS)
def test_nights_on_which_clocks_change(zone: str, night: str, minutes: int, grid: int, offered: list[str]) -> None:
    rules = made(zone=zone, hours=dict.fromkeys(DAYS, NIGHT), minutes=minutes, grid_minutes=grid)
    assert day(rules, night) == offered


def test_a_slot_is_as_long_as_it_says_over_a_change() -> None:
    rules = made(zone="Europe/Madrid", hours=ALWAYS, minutes=120)
    slots = free(rules, {"": ()}, at("2027-03-27"), at("2027-03-27"), at("2027-03-29"))
    assert {slot.end - slot.start for slot in slots} == {timedelta(hours=2)}
    over = next(slot for slot in slots if slot.start == at("2027-03-28T00:00"))
    assert f"{over.local:%H:%M}-{over.end.astimezone(over.zone):%H:%M}" == "01:00-04:00"


@pytest.mark.parametrize(("text", "hours"), [("2027-03-28", 23), ("2026-10-25", 25), ("2026-11-20", 24)])
def test_a_day_is_as_long_as_it_is(text: str, hours: int) -> None:
    rules = made(zone="Europe/Madrid", hours={DAYS[date.fromisoformat(text).weekday()]: [["00:00", "24:00"]]})
    ((start, end),) = opened(rules, date.fromisoformat(text), date.fromisoformat(text))
    assert end - start == timedelta(hours=hours)


WHOLE = ["23T09:00", "23T10:00", "23T11:00"]
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], list[str]]] = [
    ("all of it", {}, {}, WHOLE),
    ("a fine grid", {"grid_minutes": 30, "minutes": 90}, {}, ["23T09:00", "23T09:30", "23T10:00", "23T10:30"]),
    ("hours off the grid", {"hours": {"mon": [["09:20", "11:20"]]}}, {}, ["23T10:00"]),
    ("no hours that day", {"hours": {"tue": [["09:00", "12:00"]]}}, {}, []),
    ("a lunch", {"hours": {"mon": [["09:00", "10:00"], ["10:30", "12:00"]]}}, {}, ["23T09:00", "23T11:00"]),
    ("hours that touch", {"hours": {"mon": [["09:00", "10:30"], ["10:30", "12:00"]]}}, {}, WHOLE),
    ("busy in the middle", {}, {"busy": [("10:15", "10:45")]}, ["23T09:00", "23T11:00"]),
    ("busy that only touches", {}, {"busy": [("08:00", "09:00"), ("10:00", "11:00")]}, ["23T09:00", "23T11:00"]),
    ("busy spans that overlap", {}, {"busy": [("08:00", "11:00"), ("08:30", "09:30")]}, ["23T11:00"]),
    ("busy for no time at all", {}, {"busy": [("10:30", "10:30")]}, WHOLE),
    ("a buffer before", {"buffer_before_minutes": 15}, {"busy": [("08:00", "08:50")]}, ["23T10:00", "23T11:00"]),
    ("a buffer after", {"buffer_after_minutes": 15}, {"busy": [("12:10", "13:00")]}, ["23T09:00", "23T10:00"]),
    ("a buffer that just fits", {"buffer_after_minutes": 15}, {"busy": [("12:15", "13:00")]}, WHOLE),
    ("notice", {"notice_minutes": 90}, {"now": "2026-11-23T08:30"}, ["23T10:00", "23T11:00"]),
    ("what has begun", {}, {"now": "2026-11-23T09:01"}, ["23T10:00", "23T11:00"]),
    ("too far ahead", {"window_days": 2}, {"now": "2026-11-20T23:59"}, []),
    ("just near enough", {"window_days": 2}, {"now": "2026-11-21T00:00"}, WHOLE),
    ("a holiday", {"holidays": ["2026-11-23"]}, {}, []),
    ("a closed date", {"dates": {"2026-11-23": []}}, {}, []),
    ("a date with its own hours", {"dates": {"2026-11-23": [["15:00", "16:00"]]}}, {}, ["23T15:00"]),
    ("asked about less", {}, {"since": "2026-11-23T09:30", "until": "2026-11-23T11:30"}, ["23T10:00"]),
    ("asked about nothing", {}, {"since": "2026-11-23T12:00", "until": "2026-11-23T08:00"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "asked", "offered"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_a_monday(fields: dict[str, Any], asked: dict[str, Any], offered: list[str]) -> None:
    busy = [(at(f"2026-11-23T{start}"), at(f"2026-11-23T{end}")) for start, end in asked.pop("busy", ())]
    span = {"since": "2026-11-23T00:00", "until": "2026-11-24T00:00", "busy": busy} | asked
    assert found(made(**fields), **span) == offered


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    rules = made(hours={"fri": [["22:00", "02:00"]]})
    assert found(rules, "2026-11-19", "2026-11-23") == ["20T22:00", "20T23:00", "21T00:00", "21T01:00"]
    assert found(rules, "2026-11-21", "2026-11-23") == ["21T00:00", "21T01:00"]
    assert found(made(hours={"fri": [["22:00", "24:00"]], "sat": [["00:00", "01:30"]]}, minutes=90), "2026-11-19", "2026-11-23") == ["20T22:00", "20T23:00", "21T00:00"]  # fmt: skip  # noqa: E501


def test_a_night_does_not_reach_into_a_closed_date() -> None:
    rules = made(hours={"fri": [["22:00", "02:00"]]}, holidays=["2026-11-21"])
    assert found(rules, "2026-11-19", "2026-11-23") == ["20T22:00", "20T23:00"]


def test_limits_count_what_is_booked_in_the_local_day_and_week() -> None:
    rules = made(
        zone="America/Vancouver", most_a_day=1, most_a_week=2, hours={day: [["09:00", "10:00"]] for day in DAYS}
    )
    late = Booked(start=at("2026-11-24T06:00"), end=at("2026-11-24T06:30"))  # Monday, 23:00 there
    held = Booked(start=at("2026-11-25T20:00"), end=at("2026-11-25T20:30"))
    week = ("2026-11-23", "2026-11-30")
    assert found(rules, *week, booked=[late]) == [
        "24T16:00",
        "25T16:00",
        "26T16:00",
        "27T16:00",
        "28T16:00",
        "29T16:00",
    ]
    assert found(rules, *week, booked=[late, held]) == []
    assert weeks(rules, late.start, late.start) == (at("2026-11-23T07:00"), at("2026-11-30T07:00"))


def test_gaps_between_our_own_meetings_do_not_add_up_and_hold_on_both_sides() -> None:
    rules = made(
        buffer_before_minutes=10, buffer_after_minutes=30, grid_minutes=30, hours={"mon": [["08:00", "14:00"]]}
    )
    own = Booked(start=at("2026-11-23T11:00"), end=at("2026-11-23T11:30"))
    assert found(rules, "2026-11-23", "2026-11-24", booked=[own]) == ["23T08:00", "23T08:30", "23T09:00", "23T09:30", "23T12:00", "23T12:30", "23T13:00"]  # fmt: skip  # noqa: E501


def test_a_host_who_did_not_answer_is_not_free() -> None:
    rules = made(hosts=["a", "b", "c"])
    taken = (at("2026-11-23T09:00"), at("2026-11-23T10:00"))
    span = at("2026-11-23"), at("2026-11-23"), at("2026-11-24")
    slots = free(rules, {"a": [taken], "b": []}, *span)
    assert [slot.hosts for slot in slots] == [("b",), ("a", "b"), ("a", "b")]
    own = Booked(start=at("2026-11-23T11:00"), end=at("2026-11-23T12:00"), host="b")
    assert [slot.hosts for slot in free(rules, {"a": [taken], "b": []}, *span, booked=[own])] == [
        ("b",),
        ("a", "b"),
        ("a",),
    ]
    assert free(rules, {}, *span) == []
    assert free(made(), {"a": []}, *span) == []


def test_what_makes_no_sense_is_refused() -> None:
    whole = at("2026-11-23"), at("2026-11-23"), at("2026-11-24")
    with pytest.raises(ValueError, match="a time without a zone"):
        free(made(), {"": ()}, datetime(2026, 11, 23), *whole[1:])  # noqa: DTZ001
    with pytest.raises(ValueError, match="ends before it begins"):
        free(made(), {"": [(whole[2], whole[1])]}, *whole)
    with pytest.raises(ValueError, match="there is only one"):
        free(made(), {"": ()}, *whole, kind="demo")


def test_the_span_to_ask_about_loses_no_slot() -> None:
    rules = made(hours=ALWAYS, zone="Europe/Madrid", window_days=3, buffer_before_minutes=30, buffer_after_minutes=90)
    now = at("2026-11-23T10:00")
    asked, wide = span(rules, now), (now - timedelta(days=9), now + timedelta(days=30))
    slots = free(rules, {"": ()}, now, *asked)
    assert slots == free(rules, {"": ()}, now, *wide)
    assert (slots[0].start, f"{slots[-1].local:%dT%H:%M}") == (now, "26T23:00")


def test_a_meeting_that_moves_is_not_in_its_own_way() -> None:
    busy = [(at("2026-11-23T09:00"), at("2026-11-23T12:00")), (at("2026-11-23T11:00"), at("2026-11-23T13:00"))]
    left = minus(busy, at("2026-11-23T10:00"), at("2026-11-23T11:00"))
    assert [(a.hour, b.hour) for a, b in left] == [(9, 10), (11, 13)]
    assert minus(busy, at("2026-11-23T08:00"), at("2026-11-23T14:00")) == []


def test_offers_lie_on_different_days_and_at_different_times() -> None:
    rules = made(hours={day: [["09:00", "18:00"]] for day in DAYS})
    slots = free(rules, {"": ()}, at("2026-11-23"), at("2026-11-23"), at("2026-12-01"))
    assert [f"{slot.local:%dT%H}" for slot in spread(slots, 3)] == ["23T09", "24T17", "25T13"]
    two_days = [slot for slot in slots if slot.start.day < 25]
    assert [f"{slot.local:%dT%H}" for slot in spread(two_days, 4)] == ["23T09", "23T13", "24T11", "24T17"]
    one_day = [slot for slot in slots if slot.start.day == 23]
    assert [f"{slot.local:%dT%H}" for slot in spread(one_day, 3)] == ["23T09", "23T13", "23T17"]
    assert spread(slots, 0) == spread([], 3) == []
    assert spread(one_day, 99) == one_day


def test_who_has_the_least_to_do_takes_it() -> None:
    def slot(*hosts: str) -> Slot:
        return Slot(start=at("2026-11-25T09:00"), end=at("2026-11-25T10:00"), zone=ZoneInfo("UTC"), hosts=hosts)

    def meeting(host: str, text: str) -> Booked:
        return Booked(start=at(text), end=at(text) + timedelta(hours=1), host=host)

    assert choose_host(slot("a", "b"), []) == "a"
    assert choose_host(slot("a", "b"), [meeting("a", "2026-11-29T09:00")]) == "b"
    assert choose_host(slot("a", "b"), [meeting("a", "2026-11-29T09:00"), meeting("b", "2026-11-30T09:00")]) == "b"
    assert choose_host(slot("a", "b"), [meeting("a", "2026-12-29T09:00")]) == "b"
    december = [meeting("b", f"2026-12-{day}T09:00") for day in (14, 15, 16)]
    assert choose_host(slot("a", "b"), [meeting("a", "2026-11-29T09:00"), *december]) == "b"
    assert choose_host(slot("a"), [meeting("a", "2026-11-29T09:00")]) == "a"
    with pytest.raises(ValueError, match="nobody is free"):
        choose_host(slot(), [])
