"""What the model read in a conversation, against what the customer really wrote. Pure.

A value holds when its quote stands in a message of the customer of that number. An address is parsed again from the
quote, a level without a proof falls to the lowest, and whatever is not proved is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agents.extraction import CONTACT, DIMENSIONS, Line, Quote, Reading
from gateway.leads.addresses import emails, masked, phone_of, phones, region_of, spoken_emails
from gateway.leads.owner import Conversation, why_not
from gateway.leads.text import honest, is_order, stands
from gateway.leads.weight import is_agreement, weighs
from gateway.leads.words import plain

__all__ = ["Evidence", "Proved", "emails", "is_order", "phone_of", "phones", "prove", "region_of", "stands"]
MOST_QUOTES = 5
MOST_NAME_WORDS = 6


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


def prove(reading: Reading, lines: Iterable[Line], region: str = "") -> Proved:
    """What of a reading holds. `region` is where a phone number without a country belongs, as "SE"; "" for nowhere."""
    said = conversation(lines, region)
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
        found = _contact(name, given.value, given.evidence, said)
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


def conversation(lines: Iterable[Line], region: str) -> Conversation:
    """The transcript, ready to be searched. What speaks to the reader of the lead proves nothing, and is left out."""
    customer, ours = {}, []
    for line in lines:
        if line.author != "customer":
            ours.append((line.no, plain(line.text)))
        elif text := honest(line.text):
            customer[line.no] = text
    bare = {no: plain(text) for no, text in customer.items()}
    return Conversation(customer, bare, {no: masked(text) for no, text in bare.items()}, ours, region)


def _levels(
    reading: Reading, said: Conversation, evidence: dict[str, Sequence[Evidence]], rejected: dict[str, str]
) -> dict[str, str]:
    levels = {}
    for name, known in DIMENSIONS.items():
        level = reading.level(name).level
        if level != known[0]:
            standing = _standing(reading.level(name).evidence, said)
            proofs = [one for one in standing if weighs(name, one.quote, said.customer[one.sequence_no])]
            if proofs:
                evidence[f"{name}_level"] = proofs
            else:
                rejected[f"{name}_level"] = "proves nothing" if standing else "no words of the customer"
                level = known[0]
        levels[name] = level
    return levels


def _standing(quotes: Sequence[Quote], said: Conversation) -> list[Evidence]:
    """The quotes that stand in a message of the customer of that number."""
    found = dict.fromkeys(
        Evidence(one.sequence_no, one.quote.strip())
        for one in quotes
        if one.sequence_no in said.customer and stands(one.quote, said.customer[one.sequence_no])
    )
    return list(found)[:MOST_QUOTES]


def _contact(name: str, value: str, quotes: Sequence[Quote], said: Conversation) -> tuple[str, list[Evidence]] | str:
    """A contact value as the customer wrote it, with its evidence; or why it does not hold."""
    standing = _standing(quotes, said)
    if not standing:
        return "no words of the customer"
    why = "not in the quote"
    for one in reversed(standing):
        written = _written(name, value, one.quote, said.region)
        if not written:
            continue
        why = why_not(name, written, one.sequence_no, said)
        if not why:
            return written[:255], [one]
    return why


def _written(name: str, value: str, quote: str, region: str) -> str:
    """The value as it stands in a quote; "" when it does not."""
    value = " ".join(value.split())
    if name == "email":
        return _email(value.lower(), quote)
    if name == "phone":
        numbers = phones(quote, region)
        same = [one for one in numbers if one in (phone_of(value, region), value)]
        return (same or numbers)[-1] if same or len(numbers) == 1 else ""
    # "Jo" is a yes somewhere, and a name elsewhere.
    if (len(value) > 3 and is_agreement(plain(value))) or (name == "name" and not _could_be_a_name(value)):
        return ""
    return value if stands(value, quote) else ""


def _could_be_a_name(value: str) -> bool:
    return len(value.split()) <= MOST_NAME_WORDS and not any(sign.isdigit() or sign == "@" for sign in value)


def _email(value: str, quote: str) -> str:
    """The address that is meant: the one that is written there, or one of the ways to write what was said."""
    said = [way for one in spoken_emails(plain(quote)) for way in one.values]
    found = emails(quote)
    if value in (*found, *said):
        return value
    return found[-1] if len(found) == 1 and not said else ""
