"""What we wrote ourselves is understood when a customer sends it back: options, buttons, times in full."""

from __future__ import annotations

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.booking.wish_hours import Hours
from gateway.booking.wishes import Ambiguous, Wish, read
from gateway.booking.words import label, short_label
from gateway.lines import LANGUAGES
from tests.booking.test_wishes import MADRID, NOW, ROWS, TEXTS

QUARTERS = [NOW.astimezone(UTC) + timedelta(hours=6 * n) for n in range(4 * 30)]


def same(one: Wish, other: Wish | Ambiguous) -> bool:
    """Whether two wishes take the same times of a month."""
    return isinstance(other, Wish) and all(one.fits(at, MADRID) == other.fits(at, MADRID) for at in QUARTERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_time_that_was_offered_is_that_time(language: str) -> None:
    for ahead in range(330):
        at = (NOW + timedelta(days=ahead + 1)).replace(hour=(7, 9, 10, 12, 18)[ahead % 5], minute=30 * (ahead % 2))
        for text in (short_label(at, MADRID, language), label(at, MADRID, language)):
            found = read(text, now=NOW, zone=MADRID, language=language)
            assert isinstance(found, Wish), text
            assert (found.days.earliest, found.days.latest) == (at.date(), at.date()), text
            assert found.hours == Hours(at=(at.hour * 60 + at.minute,)), text


AMBIGUOUS = [row[:2] for row in ROWS if "|" in row[2]]


@pytest.mark.parametrize(("language", "text"), AMBIGUOUS, ids=[f"{row[0]}: {row[1]}" for row in AMBIGUOUS])
def test_an_option_that_is_tapped_on_is_not_asked_about_again(language: str, text: str) -> None:
    found = read(text, now=NOW, zone=MADRID, language=language)
    assert isinstance(found, Ambiguous)
    for option, wish in zip(found.options, found.wishes, strict=True):
        again = read(option, now=NOW, zone=MADRID, language=language)
        assert same(wish, again), (option, again)


@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
def test_no_question_leads_to_a_question(text: str, language: str) -> None:
    found = read(text, now=NOW, zone=MADRID, language=language)
    for option in found.options if isinstance(found, Ambiguous) else ():
        assert isinstance(read(option, now=NOW, zone=MADRID, language=language), Wish), option


def test_the_name_of_a_zone_is_no_time() -> None:
    zone = ZoneInfo("America/Argentina/Buenos_Aires")
    at = NOW + timedelta(days=3)
    found = read(label(at, zone, "es"), now=NOW, zone=zone, language="es")
    assert isinstance(found, Wish)
    assert found.hours == Hours(at=(6 * 60,))
