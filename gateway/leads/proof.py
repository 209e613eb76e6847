"""What the model read in a conversation, against what the customer really wrote. Pure.

A value holds when its quote stands in a message of the customer of that number. An address is parsed again from the
quote, a level without a proof falls to the lowest, and whatever is not proved is left out, with the reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher

from agents.extraction import CONTACT, DIMENSIONS, Line, Quote, Reading
from gateway.leads.words import AGREE, AT, DOT, MONEY, NEGATIONS, ORDERS, OTHERS, OWN, plain

MOST_QUOTES = 5
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9](?:[a-z0-9-]{0,62}\.)+[a-z]{2,24}", re.IGNORECASE)
_WORDS = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"[.!?;\n،؟।]\s+|\n|\s[-–—]\s")
_CLAUSE = re.compile(r"[,;.!?\n،؟।]|\s-\s|(?<!\w)(?:but|pero|mas|aber|mais|men|but|लेकिन|لكن)(?!\w)")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words of a customer: the message they stand in, and the words."""

    sequence_no: int
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proved:
    """What holds of a reading: contact values, intent and levels, each with its evidence; why the rest does not."""

    values: Mapping[str, str]
    intent: str
    levels: Mapping[str, str]
    evidence: Mapping[str, Sequence[Evidence]]
    rejected: Mapping[str, str]
    reasoning: Mapping[str, str]
    next_step: str = ""
    summary: str = ""
    notes: str = ""


@dataclass(slots=True)
class _Said:
    """The transcript, ready to be searched: the customer's messages, and the first number of whatever our side said."""

    customer: dict[int, str] = field(default_factory=dict)
    ours: list[tuple[int, str]] = field(default_factory=list)


def is_order(text: str) -> bool:
    """Whether a text speaks to whoever scores the conversation. Such a message proves nothing."""
    return bool(ORDERS.search(plain(text)))


def stands(quote: str, text: str) -> bool:
    """Whether a quote stands in a text, whole words of it, after `plain`."""
    return _place(plain(quote).strip(" \"'.,:;!?()[]…*_"), plain(text)) >= 0


def _place(quote: str, text: str) -> int:
    """Where a plain quote stands in a plain text; -1 for nowhere."""
    if len(quote) < 2 or not _WORDS.search(quote):
        return -1
    at = text.find(quote)
    while at >= 0:
        before, after = text[at - 1 : at], text[at + len(quote) : at + len(quote) + 1]
        if _edge(before, quote[0]) and _edge(quote[-1], after):
            return at
        at = text.find(quote, at + 1)
    return -1


def _edge(one: str, other: str) -> bool:
    """Whether a word may end between two signs. Some scripts write no spaces."""
    if not one or not other or not (one.isalnum() and other.isalnum()):
        return True
    return bool(_UNSPACED.match(one) or _UNSPACED.match(other))


def prove(reading: Reading, lines: Iterable[Line], region: str = "") -> Proved:
    """What of a reading holds. `region` is where a phone number without a country belongs, as "SE"; "" for nowhere."""
    said = _Said()
    for line in lines:
        if line.author != "customer":
            said.ours.append((line.no, plain(line.text)))
        elif not is_order(line.text):
            said.customer[line.no] = line.text
    values: dict[str, str] = {}
    evidence: dict[str, Sequence[Evidence]] = {}
    rejected: dict[str, str] = {}
    for name in CONTACT:
        given = reading.value(name)
        if not given.value.strip():
            continue
        if given.whose != "customer":
            rejected[name] = "of somebody else"
            continue
        found = _contact(name, given.value, given.evidence, said, region)
        if isinstance(found, str):
            rejected[name] = found
        else:
            values[name], evidence[name] = found
    intent = reading.intent_text.text.strip()
    quotes = _standing(reading.intent_text.evidence, said)
    if intent and not quotes:
        rejected["intent"] = "no words of the customer"
        intent = ""
    elif intent:
        evidence["intent"] = quotes
    levels = _levels(reading, said, evidence, rejected)
    return Proved(
        values=values,
        intent=intent,
        levels=levels,
        evidence=evidence,
        rejected=rejected,
        reasoning={name: reading.level(name).reasoning.strip() for name in DIMENSIONS},
        next_step=reading.next_step.strip(),
        summary=reading.summary.strip(),
        notes=reading.notes.strip(),
    )


def _levels(
    reading: Reading, said: _Said, evidence: dict[str, Sequence[Evidence]], rejected: dict[str, str]
) -> dict[str, str]:
    levels = {}
    for name, known in DIMENSIONS.items():
        level = reading.level(name).level
        if level != known[0]:
            standing = _standing(reading.level(name).evidence, said)
            proofs = [one for one in standing if _weighs(name, one, said)]
            if proofs:
                evidence[f"{name}_level"] = proofs
            else:
                rejected[f"{name}_level"] = "proves nothing" if standing else "no words of the customer"
                level = known[0]
        levels[name] = level
    return levels


def _standing(quotes: Sequence[Quote], said: _Said) -> list[Evidence]:
    """The quotes that stand in a message of the customer of that number."""
    found = dict.fromkeys(
        Evidence(one.sequence_no, one.quote.strip())
        for one in quotes
        if one.sequence_no in said.customer and stands(one.quote, said.customer[one.sequence_no])
    )
    return list(found)[:MOST_QUOTES]


def _weighs(name: str, one: Evidence, said: _Said) -> bool:
    """Whether words say something of their own about a dimension: no bare yes, nothing cut out of a denial."""
    quote = plain(one.quote)
    words = _WORDS.findall(quote)
    if not words or all(word in AGREE for word in words):
        return False
    if name == "budget" and not (MONEY.search(quote) or re.search(r"\d", quote)):
        return False
    if name == "engagement":
        return True
    text = plain(said.customer[one.sequence_no])
    at = _place(quote.strip(" \"'.,:;!?()[]…*_"), text)
    clause = _CLAUSE.split(text[: max(at, 0)])[-1]
    return not NEGATIONS.search(" ".join(clause.split()[-4:]))


def _contact(
    name: str, value: str, quotes: Sequence[Quote], said: _Said, region: str
) -> tuple[str, list[Evidence]] | str:
    """A contact value as the customer wrote it, with its evidence; or why it does not hold."""
    standing = _standing(quotes, said)
    if not standing:
        return "no words of the customer"
    why = "not in the quote"
    for one in reversed(standing):
        written = _written(name, value, one.quote, region)
        if not written:
            continue
        shown = _spelled(name, written)
        if name in ("email", "phone", "name", "company") and _ours_first(name, shown, said):
            why = "our side said it first"
        elif name != "company" and _of_another(one, said):
            why = "of somebody else"
        else:
            return written[:255], [one]
    return why


def _written(name: str, value: str, quote: str, region: str) -> str:
    """The value as it stands in a quote; "" when it does not."""
    if name == "email":
        found = emails(quote)
        same = [one for one in found if one == value.strip().lower()]
        return (same or found)[-1] if same or len(found) == 1 else ""
    if name == "phone":
        numbers = phones(quote, region)
        same = [one for one in numbers if one in (phone_of(value, region), value.strip())]
        return (same or numbers)[-1] if same or len(numbers) == 1 else ""
    value = " ".join(value.split())
    return value if stands(value, quote) else ""


def emails(text: str) -> list[str]:
    """The e-mail addresses in a text, in small letters; those said aloud ("anna at example dot com") too."""
    text = unicodedata.normalize("NFKC", text)
    found = _EMAIL.findall(text)
    if not found and AT.search(text):
        found = _EMAIL.findall(DOT.sub(".", AT.sub("@", text)))
    return list(dict.fromkeys(one.lower().rstrip(".") for one in found))


def phones(text: str, region: str) -> list[str]:
    """The phone numbers in a text that can exist, as E.164."""
    found = PhoneNumberMatcher(unicodedata.normalize("NFKC", text), region or None)
    return list(dict.fromkeys(phonenumbers.format_number(one.number, PhoneNumberFormat.E164) for one in found))


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


def _spelled(name: str, value: str) -> str:
    return re.sub(r"\D", "", value)[-8:] if name == "phone" else plain(value)


def _ours_first(name: str, value: str, said: _Said) -> bool:
    """Whether our side named a value before the customer did: then he repeats it, and it may be ours."""

    def holds(text: str) -> bool:
        return value in (re.sub(r"\D", "", text) if name == "phone" else text)

    ours = [no for no, text in said.ours if holds(text)]
    theirs = [no for no, text in said.customer.items() if holds(plain(text))]
    return bool(ours) and (not theirs or min(ours) < min(theirs))


def _of_another(one: Evidence, said: _Said) -> bool:
    """Whether the sentence around a quote speaks of somebody else nearer to it than of the customer himself."""
    text = plain(said.customer[one.sequence_no])
    quote = plain(one.quote).strip(" \"'.,:;!?()[]…*_")
    at = max(_place(quote, text), 0)
    before = _SENTENCE.split(text[:at])[-1] + quote
    after = _SENTENCE.split(text[at + len(quote) :])[0]
    own = max((match.end() for match in OWN.finditer(before)), default=-1)
    other = max((match.end() for match in OTHERS.finditer(before)), default=-1)
    if other >= 0 or own >= 0:
        return other > own
    return bool(OTHERS.search(after)) and not OWN.search(after)
