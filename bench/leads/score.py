"""A proved reading against the labels: what is right, what is missing, and what must never be."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from agents.extraction import CONTACT, DIMENSIONS, Reading
from bench.leads.cases import Case
from gateway.leads.lead import Events, Thresholds, compose
from gateway.leads.proof import Proved, prove


def bare(text: str) -> str:
    """Letters and digits of a text without case and accents; not the proof's own way, so that it can be checked."""
    apart = unicodedata.normalize("NFKD", text).casefold()
    return "".join(sign for sign in unicodedata.normalize("NFKD", apart) if sign.isalnum())


def same(one: str, other: str) -> bool:
    """Whether two contact values are one, without regard to case and spaces."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one reading of a case. `broken` is what must never be, in words."""

    case: Case
    values: Mapping[str, str]
    levels: Mapping[str, str]
    total: int
    rejected: Mapping[str, str]
    forbidden: tuple[str, ...] = ()
    over_total: tuple[str, ...] = ()
    unquoted: tuple[str, ...] = ()
    failure: str = ""

    @property
    def broken(self) -> tuple[str, ...]:
        """Every reason why this must not be."""
        return (*self.forbidden, *self.over_total, *self.unquoted, *filter(None, [self.failure]))


def judge(case: Case, reading: Reading) -> Verdict:
    """Proves a reading, composes the lead, and holds it against the labels."""
    proved = prove(reading, case.lines, case.region)
    row = compose(None, proved, Events(), Thresholds())
    values = {name: row[name] for name in CONTACT if row[name]}
    over = case.most_total is not None and row["total_score"] > case.most_total
    return Verdict(
        case=case,
        values=values,
        levels=proved.levels,
        total=row["total_score"],
        rejected=proved.rejected,
        forbidden=tuple(f"{name} {value}" for name, value in values.items() if is_forbidden(case, name, value)),
        over_total=(f"total {row['total_score']}, at most {case.most_total}",) if over else (),
        unquoted=tuple(unquoted(case, proved)),
    )


def failed(case: Case, why: str) -> Verdict:
    """A case that was not read."""
    levels = {name: known[0] for name, known in DIMENSIONS.items()}
    return Verdict(case=case, values={}, levels=levels, total=len(levels), rejected={}, failure=why)


def is_forbidden(case: Case, name: str, value: str) -> bool:
    """Whether the labels forbid this value."""
    return any(same(value, one) for one in case.forbidden.get(name, ()))


def unquoted(case: Case, proved: Proved) -> Iterable[str]:
    """Evidence that the customer's messages do not hold, and values and levels without any."""
    said = {no: bare(text) for no, text in case.said.items()}
    for name, quotes in proved.evidence.items():
        for one in quotes:
            if bare(one.quote) not in said.get(one.sequence_no, ""):
                yield f"{name}: {one.quote!r} is not in message {one.sequence_no}"
    raised = [f"{name}_level" for name, level in proved.levels.items() if level != DIMENSIONS[name][0]]
    for name in (*proved.values, *raised):
        if not proved.evidence.get(name):
            yield f"{name} without evidence"


@dataclass(slots=True)
class Field:
    """A contact field over many cases."""

    gold: int = 0
    filled: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.filled if self.filled else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.gold if self.gold else 1.0


@dataclass(slots=True)
class Sums:
    """Many verdicts together."""

    cases: int = 0
    fields: dict[str, Field] = field(default_factory=lambda: {name: Field() for name in CONTACT})
    levels: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in DIMENSIONS})
    misses: list[tuple[str, str]] = field(default_factory=list)

    def add(self, verdict: Verdict) -> None:
        """One more case."""
        self.cases += 1
        case = verdict.case
        for name, sums in self.fields.items():
            gold, got = case.contact.get(name, ""), verdict.values.get(name, "")
            right = bool(gold and got and same(gold, got))
            sums.gold += bool(gold)
            sums.filled += bool(got)
            sums.right += right
            if (gold or got) and not right:
                why = f" ({verdict.rejected[name]})" if name in verdict.rejected else ""
                self.misses.append((case.id, f"{name}: {got or 'empty'} instead of {gold or 'empty'}{why}"))
        for name, known in DIMENSIONS.items():
            how = rating(known.index(verdict.levels[name]), [known.index(one) for one in case.levels[name]])
            self.levels[name][how] += 1
            if how != "exact":
                why = verdict.rejected.get(f"{name}_level", "")
                wanted = "/".join(case.levels[name])
                self.misses.append((case.id, f"{name}: {verdict.levels[name]} instead of {wanted} {why}".rstrip()))

    @property
    def exact(self) -> float:
        """The share of levels that are acceptable."""
        return sum(one["exact"] for one in self.levels.values()) / max(1, self.cases * len(DIMENSIONS))

    @property
    def right(self) -> tuple[int, int, int]:
        """Contact values over all fields: right, filled, in the labels."""
        fields = self.fields.values()
        return sum(one.right for one in fields), sum(one.filled for one in fields), sum(one.gold for one in fields)


def rating(place: int, acceptable: list[int]) -> str:
    """exact, over or under."""
    return "over" if place > acceptable[-1] else "under" if place < acceptable[0] else "exact"


def summed(verdicts: Iterable[Verdict]) -> Sums:
    """The sums of verdicts."""
    sums = Sums()
    for verdict in verdicts:
        sums.add(verdict)
    return sums
