"""What may be sent now on a conversation, until when, and what else could be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from channels.base import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether something may be sent. `reason` is "" or why not: window_closed, opted_out.

    `closes_at` is when the ordinary window ends (None: it never does, or never opened). `late` says that the ordinary
    window is over and the longer one for text written by people is used. `instead` names what would be taken: template,
    human (a person may still write), other_channel.
    """

    allowed: bool
    reason: str = ""
    closes_at: datetime | None = None
    late: bool = False
    instead: tuple[str, ...] = ()


def may_send(
    window: Window, *, kind: str, by_human: bool, last_inbound_at: datetime | None, barred: bool, now: datetime
) -> Verdict:
    """The policy of a channel applied to one message; times are aware. The provider has the last word, and may know a
    later message than we do, so the caller treats a refusal of its like this one."""
    if barred:
        return Verdict(allowed=False, reason="opted_out", instead=("other_channel",))
    if not window.hours:
        return Verdict(allowed=True)
    closes_at = last_inbound_at + timedelta(hours=window.hours) if last_inbound_at else None
    if closes_at and now < closes_at:
        return Verdict(allowed=True, closes_at=closes_at)
    if kind == "template" and window.template:
        return Verdict(allowed=True, closes_at=closes_at)
    ends = last_inbound_at + timedelta(hours=window.human_hours) if last_inbound_at else None
    if by_human and ends and now < ends:
        return Verdict(allowed=True, closes_at=closes_at, late=True)
    instead = ["template"] if window.template else []
    if not by_human and ends and now < ends:
        instead.append("human")
    return Verdict(allowed=False, reason="window_closed", closes_at=closes_at, instead=(*instead, "other_channel"))
