"""An adversary: claims whatever a trap offers, with the best words that it can find for it in the customer's messages.

What the proof lets through of it is what a model's mistakes, or a customer who leads it on, can put into a lead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from phonenumbers import PhoneNumberFormat, PhoneNumberMatcher, format_number

from agents.extraction import CONTACT, DIMENSIONS
from bench.leads.baits import BAITS
from bench.leads.cases import Case, Quotes
from bench.leads.claims import Claim, reading
from bench.leads.score import Verdict, is_forbidden, judge, same

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_ALOUD = re.compile(r"\w+(?: \w+){0,3} (?:at|arroba|arobase|snabel a) \w+(?: \w+){1,3}")
_CAPITALS = re.compile(r"[^\W\d_a-z][\w.&'-]*(?: (?:& )?[^\W\d_a-z][\w.&'-]*){0,2}")
_WORDS = re.compile(r"[^\s,;:!?()\"]+")
_NO = re.compile(
    r"\b(?:not|no|don't|n't|kein\w*|nicht|pas|inte|não|nao|sin|sem|utan|ohne|sans|never)\b|نہ|لا|ما|مو|नहीं",
    re.IGNORECASE,
)
_BREAK = re.compile(r"(?<=[.!?؟।])\s+|\n")
MOST_WINDOW = 6


@dataclass(slots=True)
class Tried:
    """What the adversary tried, and what came of it."""

    cases: int = 0
    readings: int = 0
    baits: int = 0
    right: int = 0
    wrong: int = 0
    raised: int = 0
    let_through: list[tuple[str, str]] = field(default_factory=list)
    broken: dict[str, dict[str, str]] = field(
        default_factory=lambda: {"forbidden": {}, "baits_taken": {}, "empty_over_5": {}, "unquoted": {}}
    )

    def put(self, name: str, what: str, how: str = "") -> None:
        """Something that must never be, and the first way to it."""
        self.broken[name].setdefault(what, how)

    def as_json(self) -> dict[str, Any]:
        """The figures, for programs."""
        names = ("cases", "readings", "baits", "right", "wrong", "raised")
        return {name: getattr(self, name) for name in names} | {"broken": self.told}

    @property
    def told(self) -> dict[str, list[str]]:
        """What must be empty, by name, each with the first way to it."""
        return {name: [f"{what} {how}".strip() for what, how in ones.items()] for name, ones in self.broken.items()}


def attack(cases: Iterable[Case], done: Callable[[], object] = lambda: None) -> Tried:
    """Every case, with every claim and every way to quote for it. `done` is told of each."""
    tried = Tried()
    for case in cases:
        tried.cases += 1
        done()
        for name in CONTACT:
            _claim_values(case, name, tried)
        _claim_levels(case, tried)
        _take_baits(case, tried)
    return tried


def _judged(case: Case, claims: dict[str, Claim], tried: Tried) -> Verdict:
    tried.readings += 1
    verdict = judge(case, reading(claims))
    for what in verdict.unquoted:
        tried.put("unquoted", f"{case.id} {what}")
    return verdict


def _claim_values(case: Case, name: str, tried: Tried) -> None:
    got: set[str] = set()
    for value in candidates(case, name):
        for quotes in ways(case, value):
            verdict = _judged(case, {name: (value, quotes)}, tried)
            for what in verdict.forbidden:
                tried.put("forbidden", f"{case.id} {what}", f"by {quotes[0][1][:70]!r} in {quotes[0][0]}")
            got.add(verdict.values.get(name, ""))
    for value in got - {""}:
        right = same(value, case.contact.get(name, ""))
        tried.right += right
        if not right and not is_forbidden(case, name, value):
            tried.wrong += 1
            tried.let_through.append((case.id, f"{name}: {value}"))


def candidates(case: Case, name: str) -> list[str]:
    """Everything that looks like such a value in any message, ours too; what is forbidden first."""
    found = list(case.forbidden.get(name, ()))
    for line in case.lines:
        if name == "email":
            found += [*_ADDRESS.findall(line.text), *_ALOUD.findall(line.text)]
        elif name == "phone":
            numbers = PhoneNumberMatcher(line.text, case.region)
            found += [format_number(one.number, PhoneNumberFormat.E164) for one in numbers]
        else:
            found += _CAPITALS.findall(line.text)
    if name in ("email", "phone"):
        found.append("somebody@else.example" if name == "email" else "+12025550100")
    else:
        found += [word for value in case.forbidden.get(name, ()) for word in value.split()]
    found += [case.contact[name]] if name in case.contact else []
    return list(dict.fromkeys(one.strip(" .") for one in found if len(one.strip(" .")) > 1))


def ways(case: Case, value: str) -> Iterator[Quotes]:
    """Quotes for a value: itself, the words before it, its sentence, what stands after a denial, all of a message."""
    last = value.casefold()
    digits = re.sub(r"\D", "", value)[-7:]
    every = [(no, text) for no, text in case.said.items()]
    for no, text in every:
        at = text.casefold().find(last)
        if at >= 0:
            end = at + len(last)
            yield [(no, text[at:end])]
            yield [(no, sentence)] if (sentence := _around(text, at)) else [(no, text)]
            starts = [match.start() for match in _WORDS.finditer(text[:at])]
            for start in starts[-4:]:
                yield [(no, text[start:end])]
            denied = [match.end() for match in _NO.finditer(text[:at])]
            if denied:
                yield [(no, text[denied[-1] :].strip())]
            yield [(no, text[at:])]
        for match in re.finditer(r"\+?\(?\d[\d ()-]{5,}\d", text):
            if len(digits) >= 7 and re.sub(r"\D", "", match[0]).endswith(digits):
                yield [(no, match[0])]
        yield [(no, text)]
        yield [(no, one) for one in _BREAK.split(text) if one][:4]
    yield every[-5:]


def _around(text: str, at: int) -> str:
    for match in re.finditer(r"[^.!?؟।\n]+", text):
        if match.start() <= at < match.end():
            return match[0].strip()
    return ""


def _claim_levels(case: Case, tried: Tried) -> None:
    """The highest level everywhere, on each message alone and on all of them."""
    highest = 0
    for quotes in [*([(no, text)] for no, text in case.said.items()), list(case.said.items())[:5]]:
        verdict = _judged(case, {name: (known[-1], quotes) for name, known in DIMENSIONS.items()}, tried)
        highest = max(highest, verdict.total)
    if case.most_total is not None and highest > case.most_total:
        tried.raised += 1
        if all(case.id in BAITS and no in {bait[1] for bait in BAITS[case.id] if not bait[2]} for no in case.said):
            tried.put("empty_over_5", f"{case.id} total {highest}")


def _take_baits(case: Case, tried: Tried) -> None:
    for dimensions, no, words in BAITS.get(case.id, ()):
        for quote in windows(words or case.said[no]):
            tried.baits += 1
            claims: dict[str, Claim] = {name: (DIMENSIONS[name][-1], [(no, quote)]) for name in dimensions}
            verdict = _judged(case, claims, tried)
            for name in dimensions:
                if verdict.levels[name] != DIMENSIONS[name][0]:
                    tried.put("baits_taken", f"{case.id} {name} in {no}", f"by {quote[:70]!r}")


def windows(text: str) -> Sequence[str]:
    """All of a text, whatever remains of it when words are cut off in front, and every few words in a row."""
    starts = [match.start() for match in _WORDS.finditer(text)]
    ends = [match.end() for match in _WORDS.finditer(text)]
    found = [text, *(text[start:] for start in starts)]
    for first in range(len(starts)):
        found += [text[starts[first] : end] for end in ends[first : first + MOST_WINDOW]]
    return list(dict.fromkeys(found))
