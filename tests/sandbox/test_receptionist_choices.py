"""Which of the choices a customer means."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.booking.words import short_label
from sandbox.receptionist_choices import among, listed, names_time

MADRID = ZoneInfo("Europe/Madrid")
FIRST = datetime(2030, 1, 7, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt", "sv"])
def test_numbered_dates_are_told_from_numbers_of_choices(language: str) -> None:
    times = [short_label(FIRST + timedelta(days=day), MADRID, language) for day in range(-5, 5)]
    numbered = " ".join(f"{n}. {title}" for n, title in enumerate(times, 1))
    assert list(listed(f"Which one? [{numbered}]")) == times
    assert among("10", times) == times[9]


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("Which? [1. Morning 2. Afternoon]", ("Morning", "Afternoon")),
        ("Which? [1. Only]", ("Only",)),
        ("We are open.", ()),
        ("{broken", ()),
        ('{"messages": []}', ()),
    ],
)
def test_choices_of_an_answer(text: str, choices: tuple[str, ...]) -> None:
    assert listed(text) == choices


def test_a_day_that_is_told_has_to_fit() -> None:
    assert names_time("dienstag 10:30", "Di., 8. Jan., 10:30")
    assert not names_time("montag 10:30", "Di., 8. Jan., 10:30")
    assert not names_time("9.1. 10:30", "Di., 8. Jan., 10:30")
