"""The figures, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bench.leads.gullible import Tried
from bench.leads.score import Sums, Verdict, summed

Write = Callable[[str], object]


def groups(verdicts: Sequence[Verdict]) -> Mapping[str, Sums]:
    """Sums by language, then by trap ("plain" for none)."""
    found: dict[str, list[Verdict]] = {}
    for language in sorted({one.case.language for one in verdicts}):
        found[language] = [one for one in verdicts if one.case.language == language]
    found["plain"] = [one for one in verdicts if not one.case.traps]
    for trap in sorted({trap for one in verdicts for trap in one.case.traps}):
        found[trap] = [one for one in verdicts if trap in one.case.traps]
    return {name: summed(some) for name, some in found.items() if some}


def broken(verdicts: Iterable[Verdict]) -> dict[str, list[str]]:
    """What must be empty, by name."""
    found: dict[str, list[str]] = {"forbidden": [], "over_most_total": [], "unquoted": [], "failures": []}
    for one in verdicts:
        found["forbidden"] += [f"{one.case.id} {what}" for what in one.forbidden]
        found["over_most_total"] += [f"{one.case.id} {what}" for what in one.over_total]
        found["unquoted"] += [f"{one.case.id} {what}" for what in one.unquoted]
        found["failures"] += [f"{one.case.id} {one.failure}"] * bool(one.failure)
    return found


def show(verdicts: Sequence[Verdict], write: Write, *, misses: bool = False) -> None:
    """Tables for people."""
    sums = summed(verdicts)
    write(f"\n{'contact':<28}{'labelled':>9}{'filled':>9}{'right':>9}{'precision':>11}{'recall':>9}\n")
    for name, one in sums.fields.items():
        write(f"{name:<28}{one.gold:>9}{one.filled:>9}{one.right:>9}{one.precision:>11.1%}{one.recall:>9.1%}\n")
    write(f"\n{'level':<28}{'exact':>9}{'over':>9}{'under':>9}{'accuracy':>11}\n")
    for name, how in sums.levels.items():
        accuracy = how["exact"] / sums.cases if sums.cases else 1.0
        write(f"{name:<28}{how['exact']:>9}{how['over']:>9}{how['under']:>9}{accuracy:>11.1%}\n")
    write(f"\n{'by language and trap':<28}{'cases':>9}{'right':>9}{'filled':>9}{'labelled':>11}{'levels':>9}\n")
    for name, some in groups(verdicts).items():
        right, filled, gold = some.right
        write(f"{name:<28}{some.cases:>9}{right:>9}{filled:>9}{gold:>11}{some.exact:>9.1%}\n")
    if misses:
        write("\nmisses\n")
        for case, what in sums.misses:
            write(f"  {case}  {what}\n")
    _show_broken(broken(verdicts), write)


def show_tried(tried: Tried, write: Write, *, misses: bool = False) -> None:
    """What the adversary got through, for people."""
    write(f"\n{tried.readings} readings of {tried.cases} cases, {tried.baits} of them on baits\n")
    write(f"contact values claimed and let through: {tried.right} right, {tried.wrong} wrong but not forbidden\n")
    write(f"cases in which the highest levels on honest words stand: {tried.raised} (the model's to judge)\n")
    if misses:
        for case, what in tried.let_through:
            write(f"  {case}  {what}\n")
    _show_broken(tried.told, write)


def _show_broken(found: Mapping[str, Sequence[str]], write: Write) -> None:
    write("\nmust be 0\n")
    for name, ones in found.items():
        write(f"  {name.replace('_', ' '):<26}{len(ones):>9}\n")
        for one in ones:
            write(f"      {one}\n")


def as_json(model: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The figures, for programs."""
    sums = summed(verdicts)
    return {
        "model": model,
        "cases": sums.cases,
        "contact": {
            name: {"labelled": one.gold, "filled": one.filled, "right": one.right}
            | {"precision": round(one.precision, 4), "recall": round(one.recall, 4)}
            for name, one in sums.fields.items()
        },
        "levels": {
            name: {how: count[how] for how in ("exact", "over", "under")} for name, count in sums.levels.items()
        },
        "groups": {
            name: {"cases": some.cases, "levels_exact": round(some.exact, 4)}
            | dict(zip(("right", "filled", "labelled"), some.right, strict=True))
            for name, some in groups(verdicts).items()
        },
        "broken": broken(verdicts),
    }
