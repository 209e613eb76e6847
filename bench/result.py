"""One line of the result, and what a load must never do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.fill import SQL
from bench.rig import Rig

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """How rows are run: seconds of one sample, and where to say what is being done."""

    seconds: float
    say: Callable[[str], None]
    most: int = 1_000_000


def row(
    name: str,
    value: float,
    unit: str,
    *,
    goal: float | None = None,
    at_most: bool = False,
    reference: str | None = None,
    ratio: float | None = None,
) -> Row:
    """One line: `goal` is for the ratio where there is one, else for the value."""
    measured = value if ratio is None else ratio
    met = None if goal is None else (measured <= goal if at_most else measured >= goal)
    ratio = None if ratio is None else round(ratio, 3)
    return {
        "row": name, "value": round(value, 4), "unit": unit, "reference": reference, "ratio": ratio, "goal": goal,
        "met": met,
    }  # fmt: skip


async def safety(name: str, rig: Rig) -> Row:
    """Counts deadlocks, 200s without their row, rows without a 200, doubles, and conversations with gaps."""
    (found,) = await rig.fetch(SQL["safety"])
    astray = abs(rig.accepted + rig.seeded - found["stored"])
    broken = found["deadlocks"] + astray + found["doubled"] + found["gaps"]
    detail = (
        f"{found['stored'] - rig.seeded} rows for {rig.accepted} 200s, {found['doubled']} doubled, "
        f"{found['gaps']} with gaps, {found['deadlocks']} deadlocks"
    )
    return row(f"{name}-safety", broken, "violations", goal=0, at_most=True, reference=detail)
