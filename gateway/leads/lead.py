"""A lead: what is known of a customer in one conversation, its score, and the words behind every value. Pure.

The levels are the model's and proved; scores, total and tag are computed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from agents.extraction import CONTACT, DIMENSIONS
from gateway.leads.proof import Proved, stands

COLUMNS: Mapping[str, tuple[str, str]] = {
    "intent": ("intent_level", "intent_score"),
    "urgency": ("urgency_level", "urgency_score"),
    "budget": ("budget_constraint", "budget_score"),
    "fit": ("fit_alignment", "fit_score"),
    "engagement": ("engagement_health", "engagement_score"),
}
FLAGS = ("pricing", "demo", "followup", "sample", "website")
ESCALATED = "cta_escalated_to_human"
EDITABLE = (*CONTACT, "intent", *(level for level, _ in COLUMNS.values()), "next_step", "notes")
TAGS = ("Cold", "Warm", "Hot")
_LEVEL_OF = {level: name for name, (level, _) in COLUMNS.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From which total a lead is Hot or Warm, and how many points are worth telling the business."""

    hot: int = 12
    warm: int = 8
    rise: int = 2

    def tag(self, total: int) -> str:
        """Hot, Warm or Cold."""
        return "Hot" if total >= self.hot else "Warm" if total >= self.warm else "Cold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What our own books say: flags (a column each) and the booked time, with the event that proves each."""

    flags: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    meeting_time: datetime | None = None
    meeting: Mapping[str, Any] = field(default_factory=dict)


Row = Mapping[str, Any]  # the columns of one extraction


def score(dimension: str, level: str) -> int:
    """1 to 3."""
    return DIMENSIONS[dimension].index(level) + 1


def unknown() -> dict[str, Any]:
    """A lead of which nothing is known."""
    row: dict[str, Any] = dict.fromkeys((*CONTACT, "intent", "next_step", "notes", "smart_notification"))
    for dimension, (level, _) in COLUMNS.items():
        row[level] = DIMENSIONS[dimension][0]
    return row | {"reasoning": {}, "evidence": {}, "locked": {}, "rejected": {}}


def compose(previous: Row | None, proved: Proved | None, events: Events, thresholds: Thresholds) -> dict[str, Any]:
    """The lead after a reading. What a person locked stays; contact values that are known stay until others are proved.

    Without a reading (`proved` is None) only the events and the score are looked at anew.
    """
    row = dict(previous) if previous else unknown()
    row["evidence"] = dict(row["evidence"])
    if proved is not None:
        _read(row, proved)
    _happened(row, events)
    return scored(row, thresholds)


def verified(previous: Row, texts: Mapping[int, str]) -> dict[str, Any]:
    """A lead without the values whose words the customer has deleted or changed since; `texts` are the messages that it
    rests on, as they are now."""
    row = dict(previous)
    row["evidence"] = dict(previous["evidence"])
    for name, quotes in previous["evidence"].items():
        said = _quotes(quotes)
        if not said or name in previous["locked"] or name.startswith("cta_"):
            continue
        left = [one for one in said if stands(one["quote"], texts.get(one["sequence_no"], ""))]
        row["evidence"][name] = left
        if not left:
            del row["evidence"][name]
            row[name] = DIMENSIONS[_LEVEL_OF[name]][0] if name in _LEVEL_OF else None
    return row


def scored(row: dict[str, Any], thresholds: Thresholds) -> dict[str, Any]:
    """The lead with its scores, total and tag."""
    total = 0
    for dimension, (level, points) in COLUMNS.items():
        row[points] = score(dimension, row[level])
        total += row[points]
    row["total_score"] = total
    row["lead_status_tag"] = thresholds.tag(total)
    return row


def _read(row: dict[str, Any], proved: Proved) -> None:
    evidence, locked = row["evidence"], row["locked"]
    newest = max((one["sequence_no"] for one in _quotes(evidence.get("intent"))), default=0)
    for name, value in proved.values.items():
        if name not in locked:
            row[name], evidence[name] = value, _stored(proved.evidence[name])
    found = proved.evidence.get("intent", ())
    # The model says the same in other words each time: only words that the customer wrote since then change it.
    if proved.intent and "intent" not in locked and max(one.sequence_no for one in found) > newest:
        row["intent"], evidence["intent"] = proved.intent, _stored(found)
    for dimension, (level, _) in COLUMNS.items():
        if level in locked:
            continue
        row[level] = proved.levels[dimension]
        evidence.pop(level, None)
        if quotes := proved.evidence.get(f"{dimension}_level"):
            evidence[level] = _stored(quotes)
    row["reasoning"] = dict(proved.reasoning)
    row["rejected"] = {_column(name): why for name, why in proved.rejected.items()}
    for name, text in (("next_step", proved.next_step), ("notes", proved.notes)):
        if name not in locked:
            row[name] = text or None
    row["smart_notification"] = proved.summary or None


def _column(name: str) -> str:
    return COLUMNS[name.removesuffix("_level")][0] if name.endswith("_level") else name


def _stored(quotes: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"sequence_no": one.sequence_no, "quote": one.quote} for one in quotes]


def _quotes(evidence: Any) -> list[Mapping[str, Any]]:
    return [one for one in evidence or () if "sequence_no" in one]


def _happened(row: dict[str, Any], events: Events) -> None:
    evidence = row["evidence"]
    for name in (*(f"cta_{flag}_clicked" for flag in FLAGS), ESCALATED):
        row[name] = "Yes" if name in events.flags else "No"
        evidence.pop(name, None)
        if name in events.flags:
            evidence[name] = [dict(events.flags[name])]
    row["demo_book_datetime"] = events.meeting_time
    evidence.pop("demo_book_datetime", None)
    if events.meeting_time is not None:
        evidence["demo_book_datetime"] = [dict(events.meeting)]


def edited(
    previous: Row | None, changes: Mapping[str, Any], by: str, at: str, thresholds: Thresholds
) -> dict[str, Any]:
    """The lead after a person set some of EDITABLE. What is set is locked, and its proof is that person; null gives the
    value back to the readings to come. Raises ValueError for a level that there is not."""
    row = dict(previous) if previous else unknown() | _no_events()
    row["locked"], row["evidence"] = dict(row["locked"]), dict(row["evidence"])
    for name, value in changes.items():
        if value is None:
            row["locked"].pop(name, None)
            continue
        if name in _LEVEL_OF and value not in DIMENSIONS[_LEVEL_OF[name]]:
            raise ValueError(f"{name}: is none of {', '.join(DIMENSIONS[_LEVEL_OF[name]])}")
        row[name] = value or None
        row["locked"][name] = {"by": by, "at": at}
        row["evidence"][name] = [{"source": "human", "by": by, "at": at}]
    return scored(row, thresholds)


def _no_events() -> dict[str, Any]:
    row: dict[str, Any] = {f"cta_{flag}_clicked": "No" for flag in FLAGS}
    return row | {ESCALATED: "No", "demo_book_datetime": None}


VALUES = (
    *CONTACT,
    "intent",
    *(level for level, _ in COLUMNS.values()),
    *(f"cta_{flag}_clicked" for flag in FLAGS),
    ESCALATED,
    "total_score",
    "lead_status_tag",
    "demo_book_datetime",
    "locked",
)


def changed(previous: Row | None, row: Row) -> bool:
    """Whether a new row is worth keeping: a value differs. Other words for the same are no change."""
    return previous is None or any(previous[name] != row[name] for name in VALUES)


def news(told_score: int, told_tag: str, row: Row, thresholds: Thresholds) -> str:
    """The type of the event that the business is to be told of, "" for none: each height is told once."""
    rank = TAGS.index(told_tag) if told_tag in TAGS else 0
    if row["lead_status_tag"] == "Hot" and told_tag != "Hot":
        return "lead.hot"
    if TAGS.index(row["lead_status_tag"]) > rank:
        return "lead.rose"
    if told_score and row["total_score"] - told_score >= thresholds.rise:
        return "lead.rose"
    return ""
