"""Readings made by hand: what a model might have answered, said shortly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agents.extraction import CONTACT, DIMENSIONS, Level, Quote, Reading, Said, Value
from bench.leads.cases import Case

Claim = tuple[str, Sequence[tuple[int, str]]]  # a value or a level, and quotes with the numbers of their messages


def reading(claims: Mapping[str, Claim], intent: Claim = ("", ())) -> Reading:
    """A reading that claims these contact values and levels, and nothing else."""
    made: dict[str, object] = {}
    for name in CONTACT:
        value, quotes = claims.get(name, ("", ()))
        made[name] = Value(value=value, evidence=_quotes(quotes))
    for name, known in DIMENSIONS.items():
        level, quotes = claims.get(name, (known[0], ()))
        made[name] = Level(level=level, reasoning="", evidence=_quotes(quotes))
    made["intent_text"] = Said(text=intent[0], evidence=_quotes(intent[1]))
    return Reading.model_validate(made | {"next_step": "", "summary": "", "notes": ""})


def _quotes(quotes: Sequence[tuple[int, str]]) -> list[Quote]:
    return [Quote(sequence_no=no, quote=words[:2000]) for no, words in quotes]


def oracle(case: Case) -> Reading:
    """The labels themselves, each with its evidence: what the proof takes from it, it takes from a perfect model."""
    claims: dict[str, Claim] = {name: (value, case.evidence[name]) for name, value in case.contact.items()}
    for name, acceptable in case.levels.items():
        if acceptable[0] != DIMENSIONS[name][0]:
            claims[name] = (acceptable[0], case.evidence[name])
    return reading(claims)
