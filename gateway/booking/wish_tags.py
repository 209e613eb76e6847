"""A wish in words as a row of tags, for the grammars of days and of hours: see the letters in wish_words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from typing import TypeVar
from unicodedata import combining, normalize

from gateway.booking.wish_words import EITHER_ORDER, WHOLE_CLOCK, WORDS

_T = TypeVar("_T")
LOOKED_AT = 300  # characters
MOST_READINGS = 16
READ = "x"  # the letter that stands where a day was read, since an hour may lean on it
MORNING_FROM = 7  # what a clock of 24 hours shows before that is as likely meant for the afternoon
_NUMBERED = {"W": 0, "E": 0, "M": 1, "n": 1}  # the first number of a list
_EDGE = r"\w\u0900-\u0963\u0966-\u096f\u0971-\u097f"  # signs of Devanagari are letters too
_LETTERS = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": None, "ß": "ss", "’": " ", "'": " "})
_COMPOUND = re.compile(r"(\w+(?:tag|woch))(fruh|morgen|vormittag|mittag|nachmittag|abend)\b")  # Dienstagabend
# Short months behind a day, which elsewhere are Tuesday, ten and seven.
_MONTHS: Mapping[str, tuple[str, str]] = {
    "es": ("mar", "marzo"),
    "pt": ("dez", "dezembro"),
    "fr": ("sept", "septembre"),
}
_NUMBERS = r"""
    (?P<iso>(?<!\d)20\d\d-\d\d?-\d\d?(?!\d))
  | (?P<date>(?<!\d)\d{1,2}(?P<sep>[/.-])\d{1,2}(?P=sep)(?:20)?\d\d(?![\d:])|(?<!\d)\d{1,2}/\d{1,2}(?![\d/])
    |(?<!\d)\d{1,2}\.\s?\d{1,2}\.(?!\d))
  | (?P<clock>(?<!\d)\d{1,2}[:.]\d\d(?!\d)|(?<!\d)\d{1,2}\s?h\s?\d\d(?!\d))
  | (?P<hour>(?<!\d)\d{1,2}\s?h(?![\w]))
  | (?P<to>(?<=\d)\s*-\s*(?=\d)|(?<=\S)\s+-\s+(?=\S))
  | (?P<either>(?<=\d)\s+/\s+(?=\d))
  | (?P<year>(?<!\d)20\d\d(?!\d))
  | (?P<n>(?<!\d)\d{1,2}(?!\d))
  | (?P<stop>[,;!?\n\u060c\u061b\u061f\u0964]|\.(?=\s+[^\W\d]|\s*$))
"""


@dataclass(frozen=True, slots=True)
class Tag:
    """A letter of the grammar and what it stands for: a number, or an hour with its minute, or a date."""

    kind: str
    numbers: tuple[int, ...] = ()
    name: str = ""
    sure: bool = True


def choices(many: Iterable[Sequence[_T]]) -> Iterator[tuple[_T, ...]]:
    """The ways to read several unclear expressions together; only some, for a text that is made to have millions."""
    return islice(product(*dict.fromkeys(map(tuple, many))), MOST_READINGS)


def negated(clause: Sequence[Tag]) -> bool:
    """Whether a clause says no to what is in it."""
    return any(tag.kind == "!" for tag in clause)


def tags(text: str, language: str) -> list[list[Tag]]:
    """The clauses of a text. What a clause says no to is marked in it by "!"."""
    clauses: list[list[Tag]] = [[]]
    for tag in _scanned(_plain(text[:LOOKED_AT], language), language):
        if tag.kind in ",;":
            clauses.append([])
        elif language == "de" and tag == Tag("D", (1,)) and clauses[-1][-1:] and clauses[-1][-1].kind in "WD":
            clauses[-1].append(Tag("P", name="morning"))  # "Dienstag Morgen"
        elif tag.kind != "_":
            clauses[-1].append(tag)
    return [clause for clause in clauses if clause]


def _plain(text: str, language: str) -> str:
    """Small letters without accents, and figures as everybody has them."""
    text = "".join(str(int(one)) if one.isdecimal() else one for one in normalize("NFC", text).lower())
    text = re.sub(r"(?<=\d),(?=\s20\d\d)", "", text.replace("–", "-").replace("—", " , "))
    if language == "hi":
        # Nuktas are left out by as many as set them.
        return re.sub(r"(\d)(?=[^\W\d_])", r"\1 ", normalize("NFD", text).replace("\u093c", ""))
    text = "".join(one for one in normalize("NFD", text.translate(_LETTERS)) if not combining(one)).translate(_LETTERS)
    text = re.sub(r"\b([ap])\.\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(?<=[^\W\d_])-(?=[^\W\d_])", " ", text)
    if language == "ar":
        text = re.sub(r"(?<!\w)و(?=\d)", "و ", text)
    if language == "de":
        text = _COMPOUND.sub(r"\1 \2", text)
    if language in ("de", "sv"):
        text = re.sub(r"(?<![\d.])(\d{1,2})\.(?=\s+[a-z])", r"\1 o", text)  # the 4. of a month
    text = re.sub(r"(\d)(?=[^\W\d_])(?!h)", r"\1 ", text)
    short, month = _MONTHS.get(language, ("", ""))
    return re.sub(rf"(?<=\d )((?:de )?){short}\b", rf"\1{month}", text) if short else text


def _scanned(text: str, language: str) -> Iterator[Tag]:
    pattern, phrases = _lexicon(language)
    end = 0
    for found in pattern.finditer(text):
        if re.search(r"\w", text[end : found.start()]):
            yield Tag(".")
        end = found.end()
        kind = found.lastgroup or ""
        if kind == "word":
            yield from phrases[" ".join(found["word"].split())]
        else:
            yield from _number(kind, found[0], language)
    if re.search(r"\w", text[end:]):
        yield Tag(".")


def _number(kind: str, text: str, language: str) -> Iterator[Tag]:
    numbers = tuple(map(int, re.findall(r"\d+", text)))
    match kind:
        case "iso":
            yield Tag("d", (numbers[2], numbers[1], numbers[0]))
        case "date" | "sep":
            yield from _date(text, numbers, language)
        case "clock" | "hour":
            hour, minute = (*numbers, 0)[:2]
            if hour <= 24 and minute < 60:
                whole = kind == "hour" or language == "es"  # who writes "9h" has a clock of 24 hours
                sure = text[0] == "0" or not 0 < hour < 10 or _sure(hour, "fr" if whole else language)
                yield Tag("c", (hour % 24, minute), sure=sure)
        case "n":
            yield Tag("n", numbers, sure=text[0] == "0" or not 0 < numbers[0] < 12 or _sure(numbers[0], language))
        case _:
            yield Tag({"to": "u", "either": "|", "year": "y", "stop": ","}[kind], numbers)


def _date(text: str, numbers: tuple[int, ...], language: str) -> Iterator[Tag]:
    if len(numbers) == 2 and "." in text and (language != "de" or numbers[1] > 12):  # an hour that ends a sentence
        yield from _number("clock", text, language)
        return
    year = numbers[2:] and (numbers[2] + 2000 * (numbers[2] < 100),)
    yield Tag("d", (*numbers[:2], *year), sure="." in text or language not in EITHER_ORDER)


def _sure(hour: int, language: str) -> bool:
    return language in WHOLE_CLOCK and hour >= MORNING_FROM


@cache
def _lexicon(language: str) -> tuple[re.Pattern[str], Mapping[str, tuple[Tag, ...]]]:
    phrases: dict[str, tuple[Tag, ...]] = {}
    dated: set[str] = set()
    for entry in re.split(r"\n|\s{3,}", WORDS[language].strip()):
        letters, _, words = entry.partition(": ")
        for place, group in enumerate(words.split(", ")):
            for phrase in filter(lambda one: one.strip("_"), group.split("|")):
                phrases[_plain(phrase.strip("#"), language)] = tuple(
                    _tag(one, place, language) for one in letters.split()
                )
                if phrase.endswith("#"):
                    dated.add(_plain(phrase.strip("#"), language))
    longest = sorted(phrases, key=len, reverse=True)
    words = "|".join(
        r"\s+".join(map(re.escape, phrase.split())) + r"(?=[.,]*\s*\d)" * (phrase in dated) for phrase in longest
    )
    prefix = "(?:[وبلف](?=ال))?" if language == "ar" else ""
    pattern = rf"{_NUMBERS} | (?<![{_EDGE}]){prefix}(?P<word>{words.replace(' ', chr(92) + ' ')})(?![{_EDGE}])"
    return re.compile(pattern, re.VERBOSE), phrases


def _tag(letters: str, place: int, language: str) -> Tag:
    """A tag as the tables have it: D1, E01234, Pmorning, c13:30, j-15, or a letter whose list is numbered."""
    kind, rest = letters[0], letters[1:]
    if kind == "P":
        return Tag(kind, name=rest)
    numbers = tuple(map(int, rest if kind == "E" else re.findall(r"-?\d+", rest)))
    if kind == "c":
        return Tag(kind, (*numbers, 0)[:2])
    if kind in _NUMBERED and not rest:
        numbers = (_NUMBERED[kind] + place,)
    return Tag(kind, numbers, sure=kind != "n" or numbers[0] == 12 or _sure(numbers[0], language))
