"""What a reply says was done, told from its own words: the model's word for it is not enough.

A sentence that claims an action is one that says it happened ("you are booked", "he reservado su cita"), not one that
asks, offers or sets a condition. Where this errs, it errs on the side of asking the model again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from agents.claim_words import PATTERNS, STEMS, UNDONE

CLAIMS = ("booked", "rescheduled", "cancelled", "sent", "transferred", "noted")

_COMPILED = {kind: re.compile("|".join(patterns)) for kind, patterns in PATTERNS.items()}

_UNDONE = re.compile(UNDONE)
_ASKS = re.compile(
    r"\s*(?:¿|is|are|was|were|do|does|did|have|has|had|shall|ist|sind|wurde|haben|habe|est-ce|as-tu|avez|está|foi|är|har)\b"
)
_SENTENCE = re.compile(r"[^.!?\n।؟…;]+[.!?\n।؟…;]*")
_CLAUSE = re.compile(r"[,:–—]|\b(?:and|but|so|y|pero|e|mas|und|aber|et|mais|och|men)\b")
_QUOTES = str.maketrans(
    {"’": "'", "‘": "'", "ʼ": "'", "`": "'", "\u200b": "", "\u200d": "", "\u00ad": "", "*": "", "_": ""}
)


def claimed(text: str) -> frozenset[str]:
    """The kinds of action that a text says were done."""
    plain = unicodedata.normalize("NFKC", text).translate(_QUOTES).lower()
    kinds = [kind for kind, stems in STEMS.items() if any(stem in plain for stem in stems)]
    if not kinds:
        return frozenset()
    sentences = _SENTENCE.findall(plain)
    return frozenset(kind for kind in kinds if any(_claims(sentence, kind) for sentence in sentences))


def _claims(sentence: str, kind: str) -> bool:
    if sentence.rstrip().endswith(("?", "؟")) and _ASKS.match(sentence):
        return False
    return any(_is_done(sentence, match) for match in _COMPILED[kind].finditer(sentence))


def _is_done(sentence: str, match: re.Match[str]) -> bool:
    """Whether nothing in the clause of a match, before its verb, takes it back."""
    before = sentence[: match.end()]
    begins = max((one.end() for one in _CLAUSE.finditer(sentence[: match.start()])), default=0)
    return not _UNDONE.search(before, begins) and not _UNDONE.match(sentence[: match.start()].lstrip())


def unproved(texts: Iterable[str], declared: Iterable[str], receipts: Iterable[str]) -> tuple[str, ...]:
    """The claims of a reply, declared or in its words, for which there is no receipt."""
    said = set(declared)
    for text in texts:
        said |= claimed(text)
    return tuple(sorted(said - set(receipts)))
