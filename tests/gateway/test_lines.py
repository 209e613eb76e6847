"""Fixed lines: every catalogue has every line, with the same values in it, and moments are said as people say them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po

from gateway.lines import FOLDER, LANGUAGES, known, line, when

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")
_VALUE = re.compile(r"\{(\w+)\}")


def catalogue(language: str) -> dict[str, tuple[str, str]]:
    """Key: English and translated."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {str(one.context): (str(one.id), str(one.string)) for one in read_po(file) if one.context}


KEYS = sorted(catalogue("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_is_there_with_its_values(language: str) -> None:
    lines, english = catalogue(language), catalogue("en")
    assert lines.keys() == english.keys()
    for key, (source, text) in lines.items():
        assert source == english[key][0], key
        assert text, key
        assert sorted(_VALUE.findall(text)) == sorted(_VALUE.findall(source)), key
        assert len(text) <= 300, key
        if language != "en":
            assert text != source, key


def test_the_template_has_the_same_lines() -> None:
    with (FOLDER / "frontdesk.pot").open("rb") as file:
        assert {str(one.context) for one in read_po(file) if one.context} == set(KEYS)


@pytest.mark.parametrize(
    ("given", "found"),
    [("pt-BR", "pt"), ("PT_br", "pt"), ("zh", "en"), ("", "en"), (None, "en"), ("ar-EG", "ar"), ("sv", "sv")],
)
def test_a_language_finds_its_catalogue(given: str | None, found: str) -> None:
    assert known(given) == found


WHEN = [
    ("en", timedelta(hours=1), "today at 11:00 AM"),
    ("en", timedelta(days=1), "tomorrow at 10:00 AM"),
    ("en", timedelta(days=3), "on Monday at 10:00 AM"),
    ("en", timedelta(days=20), "on December 10 at 10:00 AM"),
    ("sv", timedelta(days=3), "på måndag kl. 10:00"),
    ("de", timedelta(days=20), "am 10. Dezember um 10:00"),
    ("es", timedelta(days=1), "mañana a las 10:00"),
    ("fr", timedelta(days=3), "lundi à 10:00"),
    ("pt", timedelta(0), "hoje às 10:00"),
]


@pytest.mark.parametrize(("language", "ahead", "said"), WHEN)
def test_a_moment_is_said_as_one_says_it(language: str, ahead: timedelta, said: str) -> None:
    assert when(NOW + ahead, STOCKHOLM, language, NOW) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_moment_makes_a_text_message_dear(language: str) -> None:
    for days in range(40):
        assert "\u202f" not in when(NOW + timedelta(days=days), STOCKHOLM, language, NOW)


def test_a_line_without_its_value_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        line("away", "en")
    with pytest.raises(KeyError):
        line("nothing", "en")
