"""Where words stand in a text: whole words, clauses, sentences. Of texts after `plain`, unless it says otherwise."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.leads.words import ORDERS, plain

TRIM = " \"'.,:;!?()[]…*_"
WORD = re.compile(r"[^\W_]+")
# A full stop after one letter or a title ends nothing: "M. Roy", "Dr. Berg".
_SENTENCE = re.compile(
    r"(?<!\b\w)(?<!\b[dms]r)(?<!\b(?:mrs|mme|sra|dra))[.](?=\s)|[!?;\n؟।](?=\s|$)|\n|\s[-–—]{1,3}\s", re.IGNORECASE
)
_BUT = r"but|pero|mas(?! (?:de|que|o)\b)|aber|mais(?! (?:de|que)\b)|men|lekin|magar|لكن|بس|लेकिन|पर"
_CLAUSE = re.compile(rf"(?<!\d)[,.،]|[,.،](?!\d)|[;!?\n؟।]|\s-{{1,3}}\s|(?<!\w)(?:{plain(_BUT)})(?!\w)")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_PROCLITICS = "وفبلكس"  # and, so, in, for, as, will: Arabic writes them onto the next word


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text, and where it stands; `asks` when a question mark ends it."""

    start: int
    end: int
    text: str
    asks: bool = False


def stands(quote: str, text: str) -> bool:
    """Whether a quote stands in a text, whole words of it. Of texts as they were written."""
    return place(plain(quote).strip(TRIM), plain(text)) >= 0


def place(quote: str, text: str) -> int:
    """Where a quote first stands in a text; -1 for nowhere."""
    return next(places(quote, text), -1)


def places(quote: str, text: str) -> Iterator[int]:
    """Wherever a quote stands in a text, whole words of it."""
    if len(quote) < 2 or not WORD.search(quote):
        return
    at = text.find(quote)
    while at >= 0:
        end = at + len(quote)
        if _begins(text, at) and _edge(quote[-1], text[end : end + 1]):
            yield at
        at = text.find(quote, at + 1)


def _begins(text: str, at: int) -> bool:
    before = text[at - 1 : at] if at else ""
    if before and before in _PROCLITICS and not text[max(0, at - 2) : at - 1].isalnum():
        return True
    return _edge(before, text[at])


def _edge(one: str, other: str) -> bool:
    """Whether a word may end between two signs. Some scripts write no spaces."""
    if not one or not other or not (one.isalnum() and other.isalnum()):
        return True
    return bool(_UNSPACED.match(one) or _UNSPACED.match(other))


def clauses(text: str) -> list[Piece]:
    """The clauses of a text."""
    return list(_pieces(_CLAUSE, text))


def sentences(text: str) -> list[Piece]:
    """The sentences of a text."""
    return list(_pieces(_SENTENCE, text))


def around(pieces: list[Piece], at: int) -> Piece:
    """The piece in which a place lies."""
    return next((one for one in pieces if at <= one.end), pieces[-1])


def _pieces(ends: re.Pattern[str], text: str) -> Iterator[Piece]:
    start = 0
    for match in ends.finditer(text):
        yield Piece(start, match.start(), text[start : match.start()], match[0].strip() in ("?", "؟"))
        start = match.end()
    yield Piece(start, len(text), text[start:])


def is_order(text: str) -> bool:
    """Whether a text speaks to whoever scores the conversation."""
    return bool(ORDERS.search(plain(text)))


def honest(text: str) -> str:
    """A text, as it was written, up to the sentence in which it begins to speak to whoever scores the conversation.

    What comes after proves nothing: it may be what the order wants to be believed.
    """
    if not is_order(text):
        return text
    pieces = sentences(text)
    return text[: pieces[bisect_left(pieces, True, key=lambda piece: is_order(text[: piece.end + 1]))].start]
