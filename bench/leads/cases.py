"""The labelled conversations, as records. Their format is in README.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.extraction import CONTACT, DIMENSIONS, Line

FOLDER = Path(__file__).parent / "cases"
Quotes = Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A conversation and what a careful reader makes of it."""

    id: str
    language: str
    region: str
    traps: Sequence[str]
    lines: Sequence[Line]
    contact: Mapping[str, str]  # only those that are known
    levels: Mapping[str, Sequence[str]]  # the acceptable ones, lowest first
    evidence: Mapping[str, Quotes]
    forbidden: Mapping[str, Sequence[str]]
    most_total: int | None

    @property
    def said(self) -> Mapping[int, str]:
        """What the customer wrote, by number."""
        return {line.no: line.text for line in self.lines if line.author == "customer"}


def languages() -> list[str]:
    """The languages that there are."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


def load(language: str = "") -> list[Case]:
    """The cases of a language; all of them without one."""
    named = [language] if language else languages()
    return [_case(one) for name in named for one in json.loads((FOLDER / f"{name}.json").read_text("utf-8"))]


def _case(made: Mapping[str, object]) -> Case:
    raw: dict[str, object] = dict(made)
    gold, messages = raw.pop("gold"), raw.pop("messages")
    assert isinstance(gold, dict)
    assert isinstance(messages, list)
    evidence = raw.pop("evidence")
    assert isinstance(evidence, dict)
    return Case(
        lines=[Line(no=no, author=author, text=text) for no, (author, text) in enumerate(messages, 1)],
        contact={name: gold[name] for name in CONTACT if gold[name] is not None},
        levels={name: gold[name] for name in DIMENSIONS},
        evidence={name: [(no, words) for no, words in quotes] for name, quotes in evidence.items()},
        **raw,  # type: ignore[arg-type]
    )
