"""Rules of an agent: what is taken, and what is refused with a word on why."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from gateway.booking.rules import Rules, Template, parse, problems, zone_of, zone_version

FULL = """
{"zone": "Europe/Madrid", "title": "Consultation", "minutes": 30, "grid_minutes": 30,
 "hours": {"mon": [["09:00", "13:00"], ["16:00", "20:00"]], "fri": [["22:00", "02:00"]]},
 "dates": {"2026-12-24": [["09:00", "12:00"]], "2026-12-31": []}, "holidays": ["2026-12-25"],
 "buffer_before_minutes": 5, "buffer_after_minutes": 15, "notice_minutes": 120, "window_days": 60,
 "most_a_day": 8, "most_a_week": 0, "hosts": ["a@example.com", "b@example.com"]}
"""
WEEK = {"mon": [["09:00", "17:00"]]}
WRONG: list[tuple[Any, str]] = [
    ([], "rules: "),
    ({}, "zone: Field required"),
    ({"zone": "Mars/Base"}, "zone: is no time zone such as Europe/Stockholm"),
    ({"zone": "../etc/passwd"}, "zone: is no time zone"),
    ({"zone": "Europe"}, "zone: is no time zone"),
    ({"zone": ""}, "zone: is no time zone"),
    ({"zone": "localtime"}, "zone: is no time zone"),
    ({"zone": 1}, "zone: "),
    ({"hours": {"someday": []}}, "hours.someday: "),
    ({"hours": {"mon": [["09:00"]]}}, "hours.mon.0.1: "),
    ({"hours": {"mon": [["9:00", "17:00"]]}}, "hours.mon.0.0: is no time such as 09:00"),
    ({"hours": {"mon": [["09:00", "25:00"]]}}, "hours.mon.0.1: is no time such as 09:00"),
    ({"hours": {"mon": [["09:00", "09:00"]]}}, "hours.mon: 09:00 to 09:00 is no time at all"),
    ({"hours": {"mon": [["24:00", "09:00"]]}}, "hours.mon: 24:00 to 09:00 is no time at all"),
    ({"hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}}, "hours.mon: the intervals are not in order"),
    ({"hours": {"mon": [["22:00", "02:00"], ["23:00", "23:30"]]}}, "hours.mon: only the last interval"),
    ({"hours": {"mon": [[f"{n:02}:00", f"{n:02}:30"] for n in range(7)]}}, "hours.mon: more than 6 intervals"),
    ({"dates": {"2026-12-24": [["13:00", "15:00"], ["09:00", "10:00"]]}}, "dates.2026-12-24: the intervals are not"),
    ({"dates": {"24.12.2026": []}}, "dates.24.12.2026: is no date such as 2026-12-25"),
    ({"holidays": ["2026-02-30"]}, "holidays.0: "),
    ({"holidays": [20261225]}, "holidays.0: is no date such as 2026-12-25"),
    ({"minutes": 0}, "minutes: "),
    ({"minutes": "30"}, "minutes: "),
    ({"minutes": True}, "minutes: "),
    ({"kinds": {"": 30}}, "kinds"),
    ({"kinds": {"demo": 2000}}, "kinds.demo: "),
    ({"kinds": {"demo": 60}, "minutes": 45}, "minutes: each of the kinds has its own"),
    ({"grid_minutes": 50}, "grid_minutes: a day can't be divided by it"),
    ({"grid_minutes": 1}, "grid_minutes: "),
    ({"buffer_before_minutes": -5}, "buffer_before_minutes: "),
    ({"notice_minutes": -1}, "notice_minutes: "),
    ({"window_days": 0}, "window_days: "),
    ({"most_a_day": -1}, "most_a_day: "),
    ({"hosts": ["a", "a"]}, "hosts: one is named twice"),
    ({"hosts": [""]}, "hosts.0: "),
    ({"reminders": [{"before_minutes": 5}]}, "reminders.0.before_minutes: "),
    ({"reminders": [{"before_minutes": 60}, {"before_minutes": 60}]}, "reminders: two of them come at the same time"),
    ({"reminders": [{"before_minutes": 15 * n} for n in range(1, 7)]}, "reminders: "),
    ({"reminders": [{"before_minutes": 60, "template": {"name": "A b"}}]}, "reminders.0.template.name: "),
    ({"reminders": [{"before_minutes": 60, "template": {"name": "a", "languages": []}}]}, "template.languages: "),
    ({"reminders": [{"before_minutes": 60, "template": {"name": "a", "languages": ["x"]}}]}, "template.languages.0: "),
    ({"follow_up": {}}, "follow_up.after_minutes: "),
    ({"follow_up": {"after_minutes": -1}}, "follow_up.after_minutes: "),
    ({"quiet_hours": ["21:00"]}, "quiet_hours.1: "),
    ({"quiet_hours": ["21:00", "21:00"]}, "quiet_hours: they begin when they end"),
    ({"quiet_hours": ["24:00", "00:00"]}, "quiet_hours: they begin when they end"),
    ({"open": True}, "open: Extra inputs"),
]


def test_the_example_of_the_module_is_taken() -> None:
    rules = parse(json.loads(FULL))
    assert rules.tz.key == "Europe/Madrid"
    assert rules.whose == ("a@example.com", "b@example.com")
    assert rules.gap_minutes == 15
    assert parse(json.loads(rules.model_dump_json())) == rules


@pytest.mark.parametrize(("wrong", "said"), WRONG, ids=str)
def test_what_makes_no_sense_is_refused_with_field_and_reason(wrong: Any, said: str) -> None:
    data = {"zone": "UTC", "hours": WEEK} | wrong if wrong and isinstance(wrong, dict) else wrong
    with pytest.raises(ValueError, match=re.escape(said)):
        parse(data)


def test_every_wrong_field_is_named_and_nothing_that_was_sent() -> None:
    with pytest.raises(ValidationError) as caught:
        Rules.model_validate({"zone": "secret", "minutes": 1, "holidays": ["hidden"]})
    found = problems(caught.value)
    assert [one["field"] for one in found] == ["zone", "holidays.0", "minutes"]
    assert not re.search("secret|hidden", str(found))


def test_a_template_is_taken_in_the_customers_language() -> None:
    found = Template(name="visit", languages=["es", "pt_BR", "en"])
    assert [found.language(one) for one in ("pt", "en", "sv")] == ["pt_BR", "en", "es"]


def test_kinds_of_meeting() -> None:
    several = parse({"zone": "UTC", "kinds": {"intro": 15, "demo": 60}})
    assert parse(json.loads(several.model_dump_json())).model_dump() == several.model_dump()
    assert several.kind() == ("intro", 15)
    assert several.kind("demo") == ("demo", 60)
    with pytest.raises(ValueError, match="kind: there is intro or demo, not haircut"):
        several.kind("haircut")
    assert parse({"zone": "UTC", "minutes": 45}).kind() == ("", 45)


def test_which_hours_a_day_has() -> None:
    rules = parse(json.loads(FULL))
    friday, saturday = date(2026, 12, 18), date(2026, 12, 19)
    assert list(rules.intervals(friday)) == [((friday, 1320), (saturday, 120))]
    assert list(rules.intervals(date(2026, 12, 25))) == []  # a Friday, and a holiday
    assert list(rules.intervals(date(2026, 12, 24))) == [((date(2026, 12, 24), 540), (date(2026, 12, 24), 720))]
    midnight = parse({"zone": "UTC", "hours": {"fri": [["20:00", "24:00"]], "sat": [["20:00", "00:00"]]}})
    for day in (friday, saturday):
        assert [end[1] for _, end in midnight.intervals(day)] == [0]


def test_a_date_with_hours_of_its_own_goes_before_a_holiday() -> None:
    rules = parse({"zone": "UTC", "holidays": ["2026-12-24"], "dates": {"2026-12-24": [["09:00", "12:00"]]}})
    assert not rules.closed(date(2026, 12, 24))


def test_the_database_of_zones_is_the_pinned_one() -> None:
    assert re.fullmatch(r"20\d\d[a-z]", zone_version())
    with pytest.raises(ValueError, match="is no time zone"):
        zone_of("posixrules")
