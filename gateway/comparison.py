"""A turn as it went and as it would go with another prompt: what differs, as a table and as a page."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STYLE = Path(__file__).with_suffix(".css")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a turn went, once. `cost_micros` is millionths of a US dollar, None where nobody knows."""

    text: str = ""
    action: str = "none"
    tools: tuple[str, ...] = ()
    language: str = ""
    cost_micros: int | None = None
    failure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One turn then and now. `asked` is what the customer had written."""

    turn_id: str
    asked: str
    former_version: int
    then: Outcome
    now: Outcome

    @property
    def differs(self) -> list[str]:
        """In which decisions they differ; other words for the same are no difference."""
        found = [name for name in ("action", "tools", "failure") if getattr(self.then, name) != getattr(self.now, name)]
        languages = {_primary(one.language) for one in (self.then, self.now)} - {""}
        return [*found, "language"] if len(languages) > 1 else found


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def summary(compared: Sequence[Compared]) -> list[tuple[str, str, str]]:
    """What changed over all turns: a name, then, now."""
    thens, nows = [one.then for one in compared], [one.now for one in compared]

    def each(value: Callable[[Outcome], str]) -> tuple[str, str]:
        return tuple(", ".join(f"{n} × {name}" for name, n in _counted(map(value, side))) for side in (thens, nows))  # type: ignore[return-value]

    def mean(side: Sequence[Outcome]) -> str:
        return f"{sum(len(one.text) for one in side) / max(1, len(side)):.0f}"

    def dollars(side: Sequence[Outcome]) -> str:
        known = [one.cost_micros for one in side if one.cost_micros is not None]
        return f"${sum(known) / 1e6:.4f}" + (f" ({len(side) - len(known)} unknown)" if len(known) < len(side) else "")

    return [
        ("action", *each(lambda one: one.action)),
        ("tools", *each(lambda one: " → ".join(one.tools) or "none")),
        ("language", *each(lambda one: _primary(one.language) or "unknown")),
        ("failures", *each(lambda one: one.failure or "none")),
        ("characters", mean(thens), mean(nows)),
        ("cost", dollars(thens), dollars(nows)),
    ]


def _counted(values: Any) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return sorted(counts.items(), key=lambda one: -one[1])


def table(compared: Sequence[Compared]) -> str:
    """The comparison for a terminal."""
    rows = summary(compared)
    widths = [max([len(row[column]) for row in rows] + [8]) for column in range(3)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(("", "then", "now"), widths, strict=True)).rstrip()]
    lines += ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    changed = [one for one in compared if one.differs]
    lines += ["", f"{len(compared)} turns, {len(changed)} decided otherwise"]
    for one in changed:
        lines += ["", f"{one.turn_id}  {', '.join(one.differs)}", f"  asked  {_short(one.asked)}"]
        lines += [f"  then   {_said(one.then)}", f"  now    {_said(one.now)}"]
    return "\n".join(lines)


def _said(outcome: Outcome) -> str:
    return f"[{', '.join(_decisions(outcome))}] {_short(outcome.text)}"


def _decisions(outcome: Outcome) -> list[str]:
    action = {"none": "answers", "handoff": "hands over", "silent": "says nothing"}.get(outcome.action, outcome.action)
    return [outcome.failure or action, *(f"uses {tool}" for tool in outcome.tools)]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else line[:99] + "…"


def page(prompt: str, compared: Sequence[Compared]) -> str:
    """The comparison as a page of its own: everything that comes from people or the model is escaped."""

    def cells(*texts: str, tag: str = "td") -> str:
        return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)

    rows = "".join(f"<tr><th scope=row>{html.escape(name)}</th>{cells(a, b)}</tr>" for name, a, b in summary(compared))
    turns = "".join(
        f"<article class={'changed' if one.differs else 'same'}><h2>{html.escape(one.turn_id)}"
        f"<small>{html.escape(', '.join(one.differs) or 'same decisions')}</small></h2>"
        f"<p class=asked dir=auto>{html.escape(one.asked)}</p><div><section><h3>then, version {one.former_version}</h3>"
        f"{_side(one.then)}</section><section><h3>now</h3>{_side(one.now)}</section></div></article>"
        for one in sorted(compared, key=lambda one: not one.differs)
    )
    changed = sum(bool(one.differs) for one in compared)
    title = html.escape(f"Rehearsal of {prompt}")
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{title}</title><style>{STYLE.read_text()}</style><h1>{title}</h1>"
        f"<p>{len(compared)} turns, {changed} decided otherwise.</p><div class=scroll><table><thead><tr>"
        f"{cells('', 'then', 'now', tag='th')}</tr></thead><tbody>{rows}</tbody></table></div>{turns}</html>"
    )


def _side(outcome: Outcome) -> str:
    what = [*_decisions(outcome), *([outcome.language] if outcome.language else [])]
    tags = "".join(f"<li>{html.escape(word)}</li>" for word in what)
    return f"<ul>{tags}</ul><p dir=auto>{html.escape(outcome.text)}</p>"
