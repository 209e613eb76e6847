"""Whether words of the customer say something of their own about a dimension of a lead. Pure."""

from __future__ import annotations

import re

from gateway.leads.text import TRIM, WORD, Piece, clauses, place
from gateway.leads.words import AGREE, EASE, GREETINGS, MONEY, NEGATIONS, TENS, URGENT, plain

NEAR = 4  # words between a denial and what it denies
LEAST_LETTERS = 3  # of a word that says something, in Latin letters
LONG = 12  # words of a clause in which a denial somewhere says little: a voice message without a comma
_AMOUNT = re.compile(r"(?<![\w:.@/-])[$€£₹]? ?\d[\d.,' ]*(?:k|m|mil|lakh|tkr|tsd)?(?![\w:/-])")
_CLOCK = re.compile(
    r"(?<!\w)(?:at|um|gegen|a las|as|a|kl\.?|الساعة) \d{1,2}(?![\d.,])|\d{1,2} ?बज|"
    r"\d{1,2} ?(?::|h(?= |\d|$)|uhr|am(?!\w)|pm(?!\w)|o'clock)\d{0,2}|\d{1,2}\.\d{1,2}\.(?:\d{2,4})?"
)
# A "what" that is written like a "not", and a "why not" that is a yes.
_WHAT = re.compile(
    r"(?<!\w)ما (?=هو|هي|سعر|ثمن|اسعار|تكلف)|why (?:don't|not)|warum nicht|por ?que n(?:ao|o)|pourquoi pas|varfor inte"
)


def weighs(dimension: str, quote: str, text: str) -> bool:
    """Whether a quote that stands in a text raises a dimension: no bare yes, nothing that is denied there."""
    text, quote = plain(text), plain(quote).strip(TRIM)
    start = max(place(quote, text), 0)
    if _bare(quote) or (dimension == "budget" and not _about_money(quote, start, text)):
        return False
    if dimension == "engagement":
        return True
    return any(
        not _bare(piece.text[max(0, start - piece.start) : start + len(quote) - piece.start])
        and not _denied(dimension, piece, start)
        for piece in clauses(text)
        if piece.end > start and piece.start < start + len(quote)
    )


def is_agreement(text: str) -> bool:
    """Whether nothing is said but hello and yes. Of a plain text."""
    return all(word in AGREE for word in WORD.findall(GREETINGS.sub(" ", text)))


def _bare(text: str) -> bool:
    """Whether no word is left that says something, without hello, yes and no."""
    words = WORD.findall(NEGATIONS.sub(" ", GREETINGS.sub(" ", text)))
    return all(word in AGREE or (len(word) < LEAST_LETTERS and word.isascii() and word.isalpha()) for word in words)


def _about_money(quote: str, start: int, text: str) -> bool:
    """Whether a quote speaks of money, or goes on about it in the same breath."""
    if _money(quote) or _AMOUNT.search(_CLOCK.sub(" ", quote)):
        return True
    before = re.split(r"[!?\n؟।]|\.(?=\s)", text[:start])
    return _money(" ".join(before[-2:]))


def _money(text: str) -> bool:
    return bool(MONEY.search(text) or TENS.search(text) or re.search(r"[$€£₹]|\d{3}", _CLOCK.sub(" ", text)))


def _denied(dimension: str, clause: Piece, start: int) -> bool:
    """Whether a clause denies what the words at `start` are to prove. Questions deny nothing."""
    text = _WHAT.sub("", clause.text)
    if clause.asks or not NEGATIONS.search(text):
        return False
    if dimension == "budget":
        return not EASE.search(text) and (_near(MONEY, text) or _near(_AMOUNT, text))
    if dimension == "urgency" and _near(URGENT, text):
        return True
    if dimension == "intent" and len(text.split()) <= LONG:
        return not EASE.search(text)
    ahead = clause.text[: max(0, start - clause.start)]
    return bool(NEGATIONS.search(" ".join(ahead.split()[-NEAR:])))


def _near(words: re.Pattern[str], text: str) -> bool:
    """Whether a denial stands within a few words of one of these."""
    for found in words.finditer(text):
        before, after = text[: found.start()].split()[-NEAR:], text[found.end() :].split()[:NEAR]
        if NEGATIONS.search(" ".join(before)) or NEGATIONS.search(" ".join(after)) or NEGATIONS.search(found[0]):
            return True
    return False
