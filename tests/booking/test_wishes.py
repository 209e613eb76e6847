"""Wishes in words: what is understood in each language, what is asked back, and that no text breaks it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.booking.rules import DAYS, parse
from gateway.booking.slots import free
from gateway.booking.wish_days import Days
from gateway.booking.wish_hours import Hours
from gateway.booking.wish_words import WORDS
from gateway.booking.wishes import Ambiguous, Wish, narrow, read
from gateway.lines import LANGUAGES
from tests.booking.wish_cases import CASES

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=MADRID)  # a Friday


def understood(text: str, language: str, now: datetime = NOW) -> str:
    found = read(text, now=now, zone=MADRID, language=language)
    wishes = found.wishes if isinstance(found, Ambiguous) else (found,)
    return " | ".join(shown(wish) for wish in wishes)


def shown(wish: Wish) -> str:
    days, hours, said = wish.days, wish.hours, list[str]()
    if days.earliest and days.earliest == days.latest:
        said.append(f"{days.earliest:%m-%d}")
    elif days.earliest or days.latest:
        said.append("..".join(one.strftime("%m-%d") if one else "None" for one in (days.earliest, days.latest)))
    said += ["wd" + "".join(map(str, sorted(days.weekdays)))] if days.weekdays else []
    said += ["never" + ",".join(f"{one:%m-%d}" for one in sorted(days.never))] if days.never else []
    said += ["@" + "/".join(map(clock, hours.at))] if hours.at else []
    said += [f">={clock(hours.after)}"] if hours.after is not None else []
    said += [f"<{clock(hours.before)}"] if hours.before is not None else []
    return " ".join([*said, hours.part] if hours.part else said) or "any"


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


ROWS = [(code, *line.split(" = ")) for code, table in CASES.items() for line in table.strip().splitlines()]


@pytest.mark.parametrize(("language", "text", "meant"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_what_is_understood(language: str, text: str, meant: str) -> None:
    assert understood(text, language) == meant


def test_every_language_has_the_words_that_a_wish_is_made_of() -> None:
    assert set(WORDS) == set(CASES) == set(LANGUAGES)
    for code, words in WORDS.items():
        assert not {one for one in "WMnXTKUeI&|!;~" if f"{one}: " not in words}, code
        assert not {one for one in ("D0", "D1", "D2", "Pmorning", "Pafternoon|Ppast_noon") if not any(
            f"{each}: " in words for each in one.split("|"))}, code  # fmt: skip


@pytest.mark.parametrize(
    ("day", "meant"),
    [
        ("2026-11-23", "11-24 | 12-01"),  # Monday: tomorrow, or the one after
        ("2026-11-24", "12-01"),
        ("2026-11-25", "12-01"),
        ("2026-11-29", "12-01"),
    ],
)
def test_next_tuesday_depends_on_the_day_on_which_it_is_said(day: str, meant: str) -> None:
    assert understood("next Tuesday", "en", datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=MADRID)) == meant


def test_today_is_the_day_of_the_business() -> None:
    late = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)  # Saturday in Madrid
    assert understood("tomorrow", "en", late) == "11-22"


def test_what_is_over_is_not_asked_about() -> None:
    noon, evening = NOW.replace(hour=12), NOW.replace(hour=20)
    assert understood("today at 5", "en", noon) == "11-20 @17:00"
    assert understood("Friday at 5pm", "en", evening) == "11-27 @17:00"
    assert understood("Friday morning", "en", noon) == "11-27 morning"


@pytest.mark.parametrize(
    ("text", "language", "question", "options"),
    [
        ("Friday", "en", "Which day is meant?", ("Fri, Nov 20", "Fri, Nov 27")),
        ("at 5", "en", "Which time of day is meant?", ("05:00", "17:00")),
        ("03/04", "en", "Which day is meant?", ("Sat, Apr 3", "Thu, Mar 4")),
        ("el viernes", "es", "¿Qué día quiere decir?", ("vie, 20 nov", "vie, 27 nov")),
        ("10:30, de mañana", "es", "¿Qué día quiere decir?", ("sáb, 21 nov, 10:30", "10:30")),
        ("de mañana", "es", "¿Qué día y qué hora quiere decir?", ("sáb, 21 nov", "05:00–12:00")),
        ("after 8", "en", "Which time of day is meant?", ("from 08:00", "from 20:00")),
        ("fredag", "sv", "Vilken dag menar du?", ("fre 20 nov.", "fre 27 nov.")),
    ],
)
def test_what_is_asked_back(text: str, language: str, question: str, options: tuple[str, ...]) -> None:
    found = read(text, now=NOW, zone=MADRID, language=language)
    assert isinstance(found, Ambiguous)
    assert (found.question, found.options) == (question, options)


def test_nobody_is_asked_when_only_one_reading_is_free() -> None:
    hours = {day: [["09:00", "18:00"]] for day in DAYS}
    rules = parse({"zone": "Europe/Madrid", "hours": hours, "notice_minutes": 0})
    slots = free(rules, {"": ()}, NOW, NOW, NOW + timedelta(days=10))
    starts = [slot.start for slot in slots]
    found = read("at 5", now=NOW, zone=MADRID, language="en")
    assert isinstance(found, Ambiguous)
    settled = found.settled(starts, MADRID)
    assert isinstance(settled, Wish)
    assert {slot.local.hour for slot in narrow(slots, settled)[0]} == {17}
    assert found.settled([], MADRID) is found
    both = read("Friday at 5", now=NOW, zone=MADRID, language="en")
    assert isinstance(both, Ambiguous)
    left = both.settled(starts, MADRID)
    assert isinstance(left, Ambiguous)
    assert (left.question, left.options) == ("Which day is meant?", ("Fri, Nov 20, 17:00", "Fri, Nov 27, 17:00"))


def test_what_nearly_fits_is_found_when_nothing_does() -> None:
    rules = parse({"zone": "Europe/Madrid", "hours": {"mon": [["09:00", "12:00"]], "tue": [["15:00", "18:00"]]}})
    slots = free(rules, {"": ()}, NOW, NOW, NOW + timedelta(days=14))

    def near(text: str) -> tuple[set[str], bool]:
        wish = read(text, now=NOW, zone=MADRID, language="en")
        assert isinstance(wish, Wish)
        fitting, exactly = narrow(slots, wish)
        return {f"{slot.local:%a %d %H:%M}" for slot in fitting}, exactly

    assert near("Monday at 10:30 am") == ({"Mon 23 10:30"}, True)
    assert near("Monday at 12:45") == ({"Mon 23 11:00", "Mon 23 11:30"}, False)
    assert near("Monday after 5pm")[0] == {f"Mon 23 {hour:02}:{half}" for hour in (9, 10, 11) for half in ("00", "30")}
    assert near("Wednesday at 4pm") == ({"Tue 01 16:00"}, False)
    assert len(near("whenever")[0]) == len(slots)


def test_a_wish_is_what_it_says() -> None:
    wish = Wish(
        days=Days(earliest=date(2026, 11, 24), weekdays=frozenset({1})), hours=Hours(after=17 * 60, part="evening")
    )
    fitting = [at for at in ("24T17:00", "24T16:59", "24T23:59", "25T18:00", "23T18:00") if fits(wish, f"2026-11-{at}")]
    assert fitting == ["24T17:00", "24T23:59"]
    never = Wish(days=Days(never=frozenset({date(2026, 11, 24)})), hours=Hours(before=600))
    assert [fits(never, f"2026-11-{at}") for at in ("24T09:00", "25T09:59", "25T10:00")] == [False, True, False]


def fits(wish: Wish, text: str) -> bool:
    return wish.fits(datetime.fromisoformat(text).replace(tzinfo=MADRID).astimezone(UTC), MADRID)


@pytest.mark.parametrize("text", ["friday 03/04 ", "after 8 ", "at 5 or 6, ", "1/", "- ", "next tuesday after 7 "])
def test_a_text_that_is_made_to_take_long_does_not(text: str) -> None:
    began = perf_counter()
    for language in LANGUAGES:
        read(text * 300, now=NOW, zone=MADRID, language=language)
    assert perf_counter() - began < 2


PHRASES = st.sampled_from([word for _, text, _ in ROWS for word in text.split()])
TEXTS = st.one_of(st.text(max_size=80), st.lists(PHRASES, max_size=14).map(" ".join))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(text=TEXTS, language=st.sampled_from([*LANGUAGES, "", "it"]), now=MOMENTS)
@example(text="٣٣/٩٩ ² ½ Ⅷ", language="ar", now=NOW)
@example(text="0-0, 99:99 0 24 2026-02-30 31.04. 29/2", language="de", now=NOW)
@example(text="TARDE:DE MANAÑA", language="en", now=NOW)
def test_no_text_breaks_it_and_the_same_text_means_the_same(text: str, language: str, now: datetime) -> None:
    found = read(text, now=now, zone=MADRID, language=language)
    assert found == read(text, now=now, zone=MADRID, language=language)
    if isinstance(found, Ambiguous):
        assert len(found.options) == len(set(found.wishes)) == len(found.wishes) >= 2
        assert all(found.options)
        assert len(set(found.options)) == len(found.options)
