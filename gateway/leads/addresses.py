"""E-mail addresses and phone numbers in a text: written, and said aloud as in a transcribed voice message. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher

from gateway.leads.words import AT, DIGITS, DOT, SIGNS, plain

MOST_WORDS = 4  # of a name before the @ that is said word by word
LEAST_DIGITS = 7
REACH = 120  # signs before an @ that is said
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}", re.IGNORECASE)
_HOST = re.compile(rf"[\w-]+(?:(?:{DOT.pattern})[\w-]+)+")
_WORD = re.compile(r"[^\s,;:!?()]+")
_DIGIT_RUN = re.compile(rf"(?<!\w)(?:(?:{'|'.join(sorted(map(re.escape, DIGITS), key=len, reverse=True))})(?!\w)\s*)+")


@dataclass(frozen=True, slots=True)
class Found:
    """An address or number, and where it stands in the text; `values` are the ways to write what was said, the shortest
    first, and `starts` where each begins."""

    start: int
    end: int
    values: tuple[str, ...]
    starts: tuple[int, ...] = ()

    def at(self, value: str) -> Found:
        """The same, as one of its values."""
        start = self.starts[self.values.index(value)] if self.starts else self.start
        return Found(start, self.end, (value,))


def emails(text: str) -> list[str]:
    """The e-mail addresses in a text, in small letters; those said aloud ("anna at example dot com") too."""
    found = [one.values[0] for one in written_emails(unicodedata.normalize("NFKC", text))]
    found = found or [one.values[0] for one in spoken_emails(plain(text))]
    return list(dict.fromkeys(found))


def written_emails(text: str) -> list[Found]:
    """The e-mail addresses that are written out."""
    return [Found(match.start(), match.end(), (match[0].lower().rstrip("."),)) for match in _EMAIL.finditer(text)]


def spoken_emails(text: str) -> list[Found]:
    """The e-mail addresses that are said aloud in a plain text. Where the name before the @ begins is not said."""
    found = []
    for at in AT.finditer(text):
        host = _HOST.match(text, at.end()) if text[at.start() - 1 : at.start()].isalnum() else None
        words = [(match.start(), match[0]) for match in _WORD.finditer(text, max(0, at.start() - REACH), at.start())]
        words = words[-2 * MOST_WORDS :]
        locals_ = list(_locals(words))
        if host and locals_:
            domain = DOT.sub(".", host[0])
            ways = [(start, f"{local}@{domain}") for start, local in locals_]
            ways = [(start, way) for start, way in ways if _EMAIL.fullmatch(way)]
            if ways:
                starts, values = zip(*ways, strict=True)
                found.append(Found(starts[0], host.end(), values, starts))
    return found


def _locals(words: list[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    """What may stand before the @, the shortest first: a word, with what signs join to it, then with a word more."""
    local, count, start = "", 0, 0
    for place, (at, word) in enumerate(reversed(words)):
        sign = SIGNS.get(word)
        if sign is None:
            count, joined = count + 1, bool(local) and local[0] in "._-"
            if count > MOST_WORDS or not (word.isascii() and word.replace(".", "").isalnum()):
                break
            if local and not joined:
                yield start, local
            local = word + local
        elif not local or place == 0:
            break
        else:
            local = sign + local
        start = at
    if local and local[0] not in "._-":
        yield start, local


def phones(text: str, region: str) -> list[str]:
    """The phone numbers in a text that can exist, as E.164."""
    return list(dict.fromkeys(one.values[0] for one in found_phones(unicodedata.normalize("NFKC", text), region)))


def found_phones(text: str, region: str) -> list[Found]:
    """The phone numbers in a text that can exist: written, or said digit by digit."""
    matches = PhoneNumberMatcher(text, region or None)
    found = [
        Found(one.start, one.end, (phonenumbers.format_number(one.number, PhoneNumberFormat.E164),)) for one in matches
    ]
    for run in _DIGIT_RUN.finditer(plain(text)):
        digits = "".join(DIGITS[word] for word in run[0].split())
        number = phone_of(digits, region) if len(digits) >= LEAST_DIGITS else ""
        if number:
            found.append(Found(run.start(), run.end(), (number,)))
    return found


def phone_of(text: str, region: str) -> str:
    """One number as E.164; "" for what can't be one."""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(number) else ""


def region_of(address: str) -> str:
    """The country of a number of digits with its country code, as "SE"; "" for what is no number."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse("+" + address.lstrip("+"))) or ""
    except phonenumbers.NumberParseException:
        return ""


def masked(text: str) -> str:
    """A plain text with its e-mail addresses made unreadable, so that no name is read out of them."""
    for one in (*written_emails(text), *spoken_emails(text)):
        start = min((one.start, *one.starts))
        text = text[:start] + "#" * (one.end - start) + text[one.end :]
    return text
