"""What a business knows, found by words: full text search in PostgreSQL, in the language of the entry.

https://www.postgresql.org/docs/15/textsearch.html. Texts are cut into words here and not by PostgreSQL, because its
parser follows the locale of the database (in C, "¿Dónde" is one word, and "Ö" has no small letter) and keeps 3.50 and
24/7 whole, which a question that is cut otherwise never finds. Each word is indexed by its stem in the language of the
entry, by the stem of its bare form and by the bare form itself, so that accents and the language matter little.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

from gateway.db import Connection, Pool, queries, retry_clash
from gateway.lines import known

SQL = queries(__file__)
ASKED_LIMIT = 1000
CONFIGURATIONS = {
    "en": "english",
    "es": "spanish",
    "pt": "portuguese",
    "de": "german",
    "fr": "french",
    "sv": "swedish",
    "ar": "arabic",
    "hi": "hindi",
}
# Four bytes for each: PostgreSQL indexes no word of 2 kB. https://www.postgresql.org/docs/15/textsearch-limitations.html
WORD_LIMIT = 500
# Digits in a box are pictures, and the ends of I'll and don't are no words.
_NOISE = re.compile(r"[0-9#*]\ufe0f?\u20e3|(?<=\w)['’](?:ll|ve|re|[dmst])\b", re.IGNORECASE)
# Accents of Latin letters, and the signs of Arabic that are hardly ever written. The signs of Hindi are its vowels.
_ACCENT = re.compile(r"[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """An entry that was found, and how well it fits."""

    entry_id: str
    question: str
    text: str
    source: str
    rank: float


class Words(NamedTuple):
    """The words of a text in order, in small letters: as they are written, and bare of accents."""

    written: list[str]
    bare: list[str]


def words(text: str) -> Words:
    """Cuts a text into words. Any text will do."""
    text = unicodedata.normalize("NFKC", _NOISE.sub(" ", text)).lower()
    written = [word[:WORD_LIMIT] for word in "".join(map(_kept, text)).split() if _says_something(word)]
    return Words(written, [_bare(word) for word in written])


def configuration(language: str) -> str:
    """The text search configuration of a language. A server that lacks it takes "simple"."""
    return CONFIGURATIONS[known(language)]


async def search(db: Pool | Connection, user_id: str, text: str, language: str, *, limit: int = 5) -> list[Passage]:
    """The entries of a business that fit a customer's words best, best first. Any text will do. Raises StoreAway."""
    asked = words(text[:ASKED_LIMIT])
    if not asked.written:
        return []
    rows = await retry_clash(lambda: db.fetch(SQL["search"], user_id, *asked, configuration(language), limit))
    return [Passage(**row) for row in rows]


def _kept(char: str) -> str:
    """A letter, a digit or a sign upon one; nothing for what only joins or breaks a word; else a space."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return str(unicodedata.decimal(char))
    if kind == "Cf" or "\ufe00" <= char <= "\ufe0f":
        return ""
    return char if kind[0] in "LNM" else " "


def _says_something(word: str) -> bool:
    """Whether it is more than a sign or a single letter, such as those that an apostrophe cuts off."""
    return word.isdigit() or sum(unicodedata.category(char)[0] in "LN" for char in word) > 1


def _bare(word: str) -> str:
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", word.casefold()))
    return unicodedata.normalize("NFC", bare) or word
