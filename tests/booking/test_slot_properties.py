"""Whatever the rules and the calendars: what free times promise, checked minute by minute against the wall clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.booking.rules import DAYS, Rules, minute, parse
from gateway.booking.slots import Booked, Busy, Slot, choose_host, free, minus, moment, span, spread

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Zones, and days on which their clocks change or were changed for ever.
CHANGES = [
    ("Europe/Madrid", "2027-03-28"),
    ("Europe/Madrid", "2026-10-25"),
    ("Africa/Cairo", "2027-04-30"),
    ("Africa/Cairo", "2026-10-29"),
    ("Asia/Beirut", "2027-03-28"),
    ("Asia/Beirut", "2026-10-24"),
    ("America/Havana", "2025-03-09"),
    ("America/Havana", "2025-11-02"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Australia/Lord_Howe", "2027-04-04"),
    ("America/Vancouver", "2026-11-01"),
    ("Asia/Kathmandu", "2026-11-20"),
    ("Antarctica/Troll", "2027-03-28"),  # two hours at once
    ("Pacific/Apia", "2011-12-30"),  # a day that never was
    ("UTC", "2026-11-20"),
]
QUARTERS = st.integers(0, 96).map(lambda n: f"{n * 15 // 60:02}:{n * 15 % 60:02}")


@st.composite
def intervals(draw: st.DrawFn) -> list[list[str]]:
    """Up to two intervals in order; the last may pass midnight."""
    edges = sorted(draw(st.lists(QUARTERS, min_size=2, max_size=4, unique=True)))
    pairs = [list(pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    if draw(st.booleans()) and pairs[-1][0] not in ("00:00", "24:00") and pairs[-1][1] != "24:00":
        pairs[-1][1] = draw(QUARTERS.filter(lambda end: end < pairs[-1][0]))
    return pairs


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Rules, datetime, dict[str, list[Busy]], list[Booked]]:
    """Rules, a moment near a change of the clocks, what the hosts' calendars answered, and meetings of ours."""
    zone, changed = draw(st.sampled_from(CHANGES))
    day = date.fromisoformat(changed)
    near = st.integers(-3, 3).map(lambda n: day + n * DAY)
    hosts = draw(st.sampled_from([[], ["a"], ["a", "b"]]))
    fields: dict[str, Any] = {
        "zone": zone,
        "hours": draw(st.dictionaries(st.sampled_from(DAYS), intervals(), min_size=4)),
        "dates": draw(st.dictionaries(near.map(str), st.one_of(st.just([]), intervals()), max_size=2)),
        "holidays": draw(st.lists(near.map(str), max_size=2)),
        "minutes": draw(st.sampled_from([15, 30, 45, 60, 150])),
        "grid_minutes": draw(st.sampled_from([15, 20, 30, 60])),
        "buffer_before_minutes": draw(st.sampled_from([0, 0, 10, 45])),
        "buffer_after_minutes": draw(st.sampled_from([0, 0, 15, 60])),
        "notice_minutes": draw(st.sampled_from([0, 60, 1500])),
        "window_days": draw(st.sampled_from([1, 3, 30])),
        "most_a_day": draw(st.sampled_from([0, 0, 1, 2])),
        "most_a_week": draw(st.sampled_from([0, 0, 1, 3])),
        "hosts": hosts,
    }
    start = moment(day, 0, ZoneInfo(zone))
    moments = st.integers(-3 * 288, 3 * 288).map(lambda n: start + n * 5 * MINUTE)
    spans = st.tuples(moments, st.integers(0, 300)).map(lambda one: (one[0], one[0] + one[1] * MINUTE))
    asked = [host for host in (hosts or [""]) if draw(st.integers(0, 5))]
    busy = {host: draw(st.lists(spans, max_size=6)) for host in asked}
    owned = st.builds(
        lambda one, host: Booked(start=one[0], end=one[1], host=host), spans, st.sampled_from(hosts or [""])
    )
    return parse(fields), draw(moments), busy, draw(st.lists(owned, max_size=4))


def found(world: tuple[Rules, datetime, dict[str, list[Busy]], list[Booked]]) -> list[Slot]:
    rules, now, busy, booked = world
    return free(rules, busy, now, now - DAY, now + 4 * DAY, booked)


def shows(rules: Rules, at: datetime) -> bool:
    """Whether the business is open by what its wall clock shows: today's hours, or what is left of last night's."""
    wall = at.astimezone(rules.tz)
    today, now = wall.date(), wall.hour * 60 + wall.minute
    if rules.closed(today):
        return False
    for day in (today, today - DAY):
        if rules.closed(day):
            continue
        for start, end in rules.dates.get(day) or rules.hours.get(DAYS[day.weekday()], []):
            first, last = minute(start), minute(end)
            last += 1440 * (last <= first)
            if first <= now + 1440 * (day != today) < last:
                return True
    return False


def changes(zone: ZoneInfo, start: datetime, end: datetime) -> bool:
    """Whether the clocks change in a span."""
    return (
        len(
            {(start + n * 5 * MINUTE).astimezone(zone).utcoffset() for n in range(int((end - start) / MINUTE) // 5 + 1)}
        )
        > 1
    )


@given(world=worlds())
@settings(max_examples=100, deadline=None)
def test_a_slot_lies_in_the_open_hours_on_the_grid(world: Any) -> None:
    rules = world[0]
    for slot in found(world):
        local = slot.local
        assert (local.hour * 60 + local.minute) % rules.grid_minutes == local.second == local.microsecond == 0
        assert slot.start.tzinfo is slot.end.tzinfo is UTC
        assert slot.end - slot.start == rules.minutes * MINUTE
        assert local.fold == 0  # of two equal times the first
        if not changes(rules.tz, slot.start - DAY, slot.end):
            # On other nights hours go on over the second of two equal times, as people do.
            assert all(shows(rules, slot.start + n * MINUTE) for n in range(rules.minutes))


@given(world=worlds())
@settings(max_examples=100, deadline=None)
def test_a_slot_is_in_nobodys_way(world: Any) -> None:
    rules, now, busy, booked = world
    before, after = rules.buffer_before_minutes * MINUTE, rules.buffer_after_minutes * MINUTE
    for slot in found(world):
        assert slot.hosts
        assert list(slot.hosts) == [host for host in rules.whose if host in slot.hosts]
        assert slot.start >= now + rules.notice_minutes * MINUTE
        assert now - DAY <= slot.start - before
        assert slot.end + after <= now + 4 * DAY
        assert (slot.local.date() - now.astimezone(rules.tz).date()).days <= rules.window_days
        for host in slot.hosts:
            for start, end in busy[host]:
                assert start == end or end <= slot.start - before or slot.end + after <= start
            for one in booked:
                gap = rules.gap_minutes * MINUTE
                apart = one.end + gap <= slot.start or slot.end + gap <= one.start
                assert one.host != host or one.start == one.end or apart


@given(world=worlds())
@settings(max_examples=60, deadline=None)
def test_nothing_that_is_free_is_missed(world: Any) -> None:
    rules, now, busy, _ = world
    starts = {slot.start for slot in found((rules, now, busy, []))}
    before, after = rules.buffer_before_minutes * MINUTE, rules.buffer_after_minutes * MINUTE
    start = now.replace(minute=0) + rules.notice_minutes * MINUTE
    while start < now + 4 * DAY:
        start += 5 * MINUTE
        end, local = start + rules.minutes * MINUTE, start.astimezone(rules.tz)
        free_then = any(
            all(one == other or other <= start - before or end + after <= one for one, other in spans)
            for spans in busy.values()
        )
        if (
            free_then
            and (local.hour * 60 + local.minute) % rules.grid_minutes == 0
            and start >= now + rules.notice_minutes * MINUTE
            and start - before >= now - DAY
            and end + after <= now + 4 * DAY
            and (local.date() - now.astimezone(rules.tz).date()).days <= rules.window_days
            and all(shows(rules, start + n * MINUTE) for n in range(0, rules.minutes, 5))
            and not changes(rules.tz, start - DAY, end)
        ):
            assert start in starts


@given(world=worlds())
@settings(max_examples=100, deadline=None)
def test_a_host_gets_no_more_than_the_most(world: Any) -> None:
    rules, _, _, booked = world
    for slot in found(world):
        for host in slot.hosts:
            days = [one.start.astimezone(rules.tz).date() for one in booked if one.host == host]
            day = slot.local.date()
            assert not rules.most_a_day or Counter(days)[day] < rules.most_a_day
            week = [one for one in days if one.isocalendar()[:2] == day.isocalendar()[:2]]
            assert not rules.most_a_week or len(week) < rules.most_a_week


@given(world=worlds())
@settings(max_examples=100, deadline=None)
def test_slots_come_in_order_and_always_the_same(world: Any) -> None:
    rules, now, busy, booked = world
    slots = found(world)
    assert slots == found((rules, now, {host: busy[host][::-1] for host in reversed(busy)}, booked[::-1]))
    starts, walls = [slot.start for slot in slots], [slot.local.replace(tzinfo=None) for slot in slots]
    assert starts == sorted(set(starts))
    assert walls == sorted(set(walls))


@given(world=worlds(), more=st.integers(0, 2000))
@settings(max_examples=75, deadline=None)
def test_less_is_free_when_more_is_busy(world: Any, more: int) -> None:
    rules, now, busy, booked = world
    taken = (now + more * MINUTE, now + (more + 90) * MINUTE)
    fuller = found((rules, now, {host: [*spans, taken] for host, spans in busy.items()}, booked))
    assert {slot.start for slot in fuller} <= {slot.start for slot in found(world)}
    freed = {host: minus(spans, *taken) for host, spans in busy.items()}
    assert {slot.start for slot in found(world)} <= {slot.start for slot in found((rules, now, freed, booked))}


@given(world=worlds())
@settings(max_examples=50, deadline=None)
def test_the_span_to_ask_about_is_wide_enough(world: Any) -> None:
    rules, now, _, booked = world
    nothing: dict[str, list[Busy]] = {host: [] for host in rules.whose}
    since, until = span(rules, now)
    assert free(rules, nothing, now, since, until, booked) == free(
        rules, nothing, now, since - 3 * DAY, until + 3 * DAY, booked
    )


@given(world=worlds(), count=st.integers(0, 8))
@settings(max_examples=100, deadline=None)
def test_offers_are_spread_evenly_over_the_days(world: Any, count: int) -> None:
    slots = found(world)
    chosen = spread(slots, count)
    assert chosen == spread(slots[::-1], count)
    assert len(chosen) == min(count, len(slots))
    assert [slot for slot in slots if slot in chosen] == chosen
    assert chosen[:1] == slots[: min(count, 1)]
    there, taken = Counter(slot.local.date() for slot in slots), Counter(slot.local.date() for slot in chosen)
    most = max(taken.values(), default=0)
    assert all(taken[day] >= min(there[day], most - 1) for day in there)


@given(world=worlds())
@settings(max_examples=50, deadline=None)
def test_a_host_who_is_free_takes_it_and_load_evens_out(world: Any) -> None:
    booked = list(world[3])
    for slot in found(world)[:12]:
        host = choose_host(slot, booked)
        assert host in slot.hosts
        booked.append(Booked(start=slot.start, end=slot.end, host=host))
    if len(world[0].whose) == 2:
        equal = Slot(start=world[1], end=world[1] + MINUTE, zone=world[0].tz, hosts=("a", "b"))
        turns = []
        for _ in range(40):
            turns.append(
                choose_host(equal, [*booked, *(Booked(start=world[1], end=world[1], host=one) for one in turns)])
            )
        assert turns[-10:].count("a") == 5
