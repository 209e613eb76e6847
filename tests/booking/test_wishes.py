"""Wishes in words: what is understood in each language, what is asked back, and that no text breaks it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
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

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 20, 10, 0, tzinfo=MADRID)  # a Friday

# What is said, and what it narrows to: dates, weekdays from 0, "@" times, bounds, parts; "|" between readings.
CASES = {
    "en": """
next Tuesday after five = 11-24 >=17:00
tomorrow at 3pm = 11-21 @15:00
at 5 = @05:00 | @17:00
Friday = 11-20 | 11-27
this Friday = 11-20
03/04 = 04-03 | 03-04
next Friday = 11-27
tonight = 11-20 evening
this afternoon = 11-20 afternoon
Tuesday 5pm = 11-24 @17:00
Tuesday, around 3 = 11-24 >=14:00 <16:01
the 4th of March at 10:30 am = 03-04 @10:30
March 4 = 03-04
between 2 and 4 on Monday = 11-23 >=14:00 <16:00
from 9 to 5 = >=09:00 <17:00
Monday or Wednesday morning = wd02 morning
Mondays after 6 = wd0 >=18:00
weekdays before noon = wd01234 <12:00
next week, any day but Monday = 11-23..11-29 wd123456
next week Tuesday or Thursday = 11-23..11-29 wd13
I can't on Tuesday = wd023456
no, Tuesday is better = 11-24
in two weeks = 11-30..12-06
in 3 days = 11-23
at half past five tomorrow = 11-21 @05:30 | 11-21 @17:30
quarter to five pm = @16:45
hi, I would like an appointment please = any
anything after lunch tomorrow = 11-21 afternoon
the day after tomorrow in the evening = 11-22 evening
good morning, could I come on Thursday? = 11-26
Tuesday 4 March = 03-04 | 11-24
by Wednesday = 11-20..11-25
not before Monday = 11-23..None
weekend = 11-21..11-22
2026-12-01 14:00 = 12-01 @14:00
tomorrow 3 = 11-21 @03:00 | 11-21 @15:00
at 3 or 4 tomorrow = 11-21 @03:00/04:00 | 11-21 @15:00/16:00
tomorrow or Monday = 11-21..11-23 wd05
today at 9 = 11-20 @21:00
Saturday at noon = 11-21 @12:00
5 = any
may I come tomorrow? = 11-21
for 2 hours on Monday = 11-23
10-12 tomorrow = 11-21 >=10:00 <12:00
not in the morning = >=12:00
next week, any day but Monday = 11-23..11-29 wd123456
in two weeks = 11-30..12-06
every day except Friday = wd012356
in a month = 12-18..12-25
sometime in March = 03-01..03-31
next month = 12-01..12-31
Friday at 5 = 11-20 @17:00 | 11-27 @05:00 | 11-27 @17:00
Friday after 6pm = 11-20 >=18:00 | 11-27 >=18:00
12pm tomorrow = 11-21 @12:00
12:30 tomorrow = 11-21 @12:30
after 8 = >=08:00 | >=20:00
before 7 = <07:00 | <19:00
between 7 and 9 = >=07:00 <09:00 | >=19:00 <21:00
9:30 = @09:30 | @21:30
8 to 10 tomorrow morning = 11-21 >=08:00 <10:00 morning
tomorrow, 15:00 = 11-21 @15:00
Tomorrow afternoon, at 3 = 11-21 @15:00
how about monday the 23rd = 11-23
monday 23 = 11-23
the 30th = 11-30
after tuesday = 11-25..None
on Wednesday or Thursday after 4pm or so = wd23 >=16:00
Tuesday at 3 or Wednesday at 4 = wd12
I'm busy tomorrow. Monday? = 11-23 never11-21
why not Tuesday = 11-24
tomorrow but not in the morning = 11-21 >=12:00
31/02 = any
13/12 = 12-13
12/13/2026 = 12-13
01/02/2027 = 02-01 | 01-02
5 people on Saturday evening = 11-21 evening
2026-11-01 = 11-01
yesterday = any
mañana por la tarde = 11-21 past_noon
""",
    "es": """
mañana por la mañana = 11-21 morning
10:30 de mañana = 11-21 @10:30 | @10:30
mañana a las 5 de la tarde = 11-21 @17:00
el martes que viene después de las cinco = 11-24 >=17:00
pasado mañana por la tarde = 11-22 past_noon
el viernes = 11-20 | 11-27
el lunes o el miércoles = wd02
no puedo el martes = wd023456
a las 10 y media = @10:30 | @22:30
el 4 de marzo a las 16h = 03-04 @16:00
de 4 a 6 de la tarde = >=16:00 <18:00
entre semana por las tardes = wd01234 past_noon
la semana que viene = 11-23..11-29
el jueves a partir de las 17:00 = 11-26 >=17:00
esta noche = 11-20 night
buenos días, ¿tiene algo hoy? = 11-20
a la una y media = @01:30 | @13:30
en dos semanas = 11-30..12-06
10:30 de mañana = 11-21 @10:30 | @10:30
la semana que viene menos el lunes = 11-23..11-29 wd123456
pasado mañana a las 9 de la noche = 11-22 @21:00
a las doce = @12:00
de lunes a viernes por la mañana = wd01234 morning
martes 24 = 11-24
mañana no puedo = never11-21
hoy a última hora de la tarde = 11-20 past_noon
tomorrow at 4pm = 11-21 @16:00
""",
    "pt": """
amanhã de manhã = 11-21 morning
terça-feira depois das 15h = 11-24 >=15:00
sexta à tarde = 11-20 past_noon | 11-27 past_noon
na próxima segunda às 10h30 = 11-23 @10:30
depois de amanhã às 9 = 11-22 @09:00
semana que vem = 11-23..11-29
das 14 às 16 = >=14:00 <16:00
dia 4 de março = 03-04
amanhã às três e meia = 11-21 @03:30 | 11-21 @15:30
na sexta de manhã ou à tarde = 11-20 | 11-27
de segunda a quarta = wd012
""",
    "de": """
übermorgen nachmittags = 11-22 afternoon
morgen früh = 11-21 morning
nächsten Dienstag nach 17 Uhr = 11-24 >=17:00
Dienstag Morgen = 11-24 morning
am 4. März um 10.30 Uhr = 03-04 @10:30
halb fünf = @04:30 | @16:30
Dienstag kann ich nicht = wd023456
zwischen 14 und 16 Uhr am Donnerstag = 11-26 >=14:00 <16:00
ab Mittwoch = 11-25..None
nächste Woche vormittags = 11-23..11-29 morning
in zwei Wochen = 11-30..12-06
heute Abend um 8 = 11-20 @20:00
um 5 = @05:00 | @17:00
03.04. um 9 Uhr = 04-03 @09:00
Montag bis Mittwoch = wd012
Dienstag Morgen = 11-24 morning
03.04. um 9 Uhr = 04-03 @09:00
Freitag in einer Woche = 11-27
übernächste Woche = 11-30..12-06
diese Woche noch = 11-20..11-22
Mittwoch ab 15 Uhr = 11-25 >=15:00
spätestens Donnerstag = 11-20..11-26
5. Dezember, 14:30 = 12-05 @14:30
viertel nach drei = @03:15 | @15:15
""",
    "fr": """
demain matin = 11-21 morning
mardi prochain après 17h = 11-24 >=17:00
après-demain dans l'après-midi = 11-22 afternoon
lundi ou mercredi = wd02
vendredi à 15h30 = 11-20 @15:30 | 11-27 @15:30
le 4 mars = 03-04
entre 14h et 16h = >=14:00 <16:00
de 14h à 16h = >=14:00 <16:00
la semaine prochaine, pas le lundi = 11-23..11-29 wd123456
ce soir = 11-20 evening
à midi = @12:00
à 5h = @05:00 | @17:00
aujourd'hui vers 17 heures = 11-20 >=16:00 <18:01
03/04 = 04-03
mercredi matin à 9h30 = 11-25 @09:30
le week-end prochain = 11-21..11-22 | 11-28..11-29
pas avant 18h = >=18:00
lundi de 9h à 12h = 11-23 >=09:00 <12:00
mardi 24 = 11-24
d'ici vendredi = 11-20 | 11-20..11-27
dans une semaine = 11-27
""",
    "sv": """
i morgon efter tre = 11-21 >=15:00
nästa tisdag klockan 15 = 11-24 @15:00
på fredag = 11-20 | 11-27
i övermorgon på eftermiddagen = 11-22 afternoon
halv fem på måndag = 11-23 @04:30 | 11-23 @16:30
nästa vecka = 11-23..11-29
inte på tisdag = wd023456
mellan 10 och 12 på onsdag = 11-25 >=10:00 <12:00
den 4 mars kl 10.30 = 03-04 @10:30
om tre dagar = 11-23
fredag morgon = 11-20 morning | 11-27 morning
kl 9 på onsdag = 11-25 @09:00
nästa helg = 11-21..11-22 | 11-28..11-29
senast fredag = 11-20 | 11-20..11-27
""",
    "ar": """
غداً صباحاً = 11-21 morning
الثلاثاء القادم بعد الساعة الخامسة = 11-24 >=17:00
بعد غد مساءً الساعة ٧ = 11-22 @19:00
يوم الجمعة = 11-20 | 11-27
الاثنين أو الأربعاء = wd02
الأسبوع القادم = 11-23..11-29
الساعة ٥ والنصف = @05:30 | @17:30
بين ٢ و٤ يوم الخميس = 11-26 >=14:00 <16:00
٤ مارس = 03-04
بعد ٣ أيام = 11-23
اليوم بعد الظهر = 11-20 afternoon
غدا في المساء = 11-21 evening
الأحد الساعة العاشرة صباحاً = 11-22 @10:00
قبل الظهر = morning
يوم الاثنين بعد الساعة ٤ مساء = 11-23 >=16:00
""",
    "hi": """
मंगलवार को पाँच बजे के बाद = 11-24 >=17:00
कल सुबह = 11-21 morning
परसों दोपहर में = 11-22 afternoon
कल शाम ५ बजे = 11-21 @17:00
अगले हफ्ते मंगलवार = 11-24
साढ़े तीन बजे = @03:30 | @15:30
सोमवार या बुधवार = wd02
2 से 4 बजे तक = >=14:00 <16:00
4 मार्च = 03-04
3 दिन में = 11-23
शुक्रवार = 11-20 | 11-27
kal subah 10 baje = 11-21 @10:00
मंगलवार को नहीं = wd023456
कल 11 बजे = 11-21 @11:00 | 11-21 @23:00
शनिवार या रविवार शाम को = wd56 evening
सुबह 9 से 11 बजे के बीच = >=09:00 <11:00 morning
25 नवंबर दोपहर 2 बजे = 11-25 @14:00
आज शाम = 11-20 evening
""",
}


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
        ("el viernes", "es", "Which day is meant?", ("vie, 20 nov", "vie, 27 nov")),
        ("10:30, de mañana", "es", "Which day is meant?", ("sáb, 21 nov, 10:30", "10:30")),
        ("de mañana", "es", "Which day and which time are meant?", ("sáb, 21 nov", "05:00–12:00")),
        ("after 8", "en", "Which time of day is meant?", ("08:00–", "20:00–")),
        ("fredag", "sv", "Which day is meant?", ("fre 20 nov.", "fre 27 nov.")),
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


PHRASES = st.sampled_from([word for _, text, _ in ROWS for word in text.split()])
TEXTS = st.one_of(st.text(max_size=80), st.lists(PHRASES, max_size=14).map(" ".join))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(text=TEXTS, language=st.sampled_from([*LANGUAGES, "", "it"]), now=MOMENTS)
@example(text="٣٣/٩٩ ² ½ Ⅷ", language="ar", now=NOW)
@example(text="0-0, 99:99 0 24 2026-02-30 31.04. 29/2", language="de", now=NOW)
def test_no_text_breaks_it_and_the_same_text_means_the_same(text: str, language: str, now: datetime) -> None:
    found = read(text, now=now, zone=MADRID, language=language)
    assert found == read(text, now=now, zone=MADRID, language=language)
    if isinstance(found, Ambiguous):
        assert len(found.options) == len(set(found.wishes)) == len(found.wishes) >= 2
        assert all(found.options)
        assert len(set(found.options)) == len(found.options)
