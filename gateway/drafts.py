"""What becomes of a turn: the reply to commit, a line that stands in for it, a hand-over, or a later try.

The class of a failure decides, and nothing else: see `agents.errors`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from agents.errors import AgentError, BadRequest, KeyRejected, ModelFailed, ModelUnavailable, QuotaExhausted
from agents.types import Bubble, Kept, ModelCall, Reply, Usage, total
from channels.base import Content
from gateway.briefs import Brief
from gateway.db import Row, jsonb
from gateway.hours import Hours
from gateway.ids import new
from gateway.language import detect
from gateway.lines import line, when
from gateway.prices import Prices

USAGE = tuple(one.name for one in fields(Usage))
FIRST_PARK_SECONDS, LONGEST_PARK_SECONDS = 10.0, 300.0

Action = Literal["none", "silent", "handoff", "park"]


class Cuts(Protocol):
    """What a platform makes of a content: the parts that it can send."""

    def __call__(self, content: Content) -> list[Content]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A turn's end that wants to be committed. `charge` says that it costs the business a credit."""

    claim: Row
    messages: Sequence[Mapping[str, Any]] = ()
    action: Action = "none"
    failure: str = ""
    reason: str = ""
    note: str = ""
    language: str = ""
    park_seconds: float = 0.0
    told: str = ""
    calls: Sequence[ModelCall] = ()
    trace: Sequence[Mapping[str, Any]] = ()
    kept: Kept | None = None
    left_behind: Sequence[str] = ()
    charge: bool = False
    notice: Mapping[str, Any] | None = None
    saw: Mapping[str, Any] = field(default_factory=dict)

    def stored(self, prices: Prices) -> str:
        """The draft as `commit_turns` takes it."""
        today = datetime.now(UTC).date()
        usage = total(self.calls)
        last = self.calls[-1] if self.calls else None
        whole = {
            "messages": self.messages,
            "failure": self.failure,
            "action": self.action,
            "reason": self.reason,
            "note": self.note,
            "language": self.language,
            "park_seconds": self.park_seconds,
            "told": self.told,
            "model": last.model if last else "",
            "request_id": last.request_id if last else "",
            "usage": {name: getattr(usage, name) for name in USAGE},
            "trace": {"saw": self.saw, "rounds": self.trace},
            "calls": [prices.metered(call, today) for call in self.calls],
            "kept": {"id": self.kept.conversation_id, "no": self.kept.no} if self.kept else None,
            "left_behind": self.left_behind,
            "charge": self.charge,
            "notice": self.notice,
        }
        return jsonb(whole)


def spoken(claim: Row) -> str:
    """The customer's language: as it was, else as the last words look; "" when they do not tell."""
    if claim["customer_language"]:
        return str(claim["customer_language"])
    said = [text for author, _, text, *_ in json.loads(claim["history"]) if author == "customer"]
    return next((found for text in reversed(said[-3:]) if (found := detect(text))), "")


class Writing:
    """Writes the messages of one turn: in the customer's language, in parts that the channel can send."""

    def __init__(self, claim: Row, brief: Brief, cuts: Cuts, now: datetime) -> None:
        self._claim = claim
        self._brief = brief
        self._cuts = cuts
        self._now = now
        self._language = ""

    @property
    def language(self) -> str:
        """The customer's: as it was, else as the last words look, else the agent's own."""
        if not self._language:
            self._language = spoken(self._claim) or self._brief.language
        return self._language

    def fixed(self, key: str, **values: str) -> dict[str, Any]:
        """A message with a fixed line."""
        return self.message(Bubble(text=line(key, self.language, **values)), "fallback")

    def fallback(self) -> dict[str, Any]:
        """The line for what can't be answered: the agent's own, or the one in the customer's language."""
        own = self._brief.fallback_text
        return self.message(Bubble(text=own), "fallback") if own else self.fixed("fallback")

    def opening(self) -> datetime | None:
        """When people of the business are there again; None when they are, or nobody said when that is."""
        hours: Hours | None = self._brief.hours
        return hours.opens_at(self._now) if hours is not None else None

    def when(self, moment: datetime) -> str:
        """A moment in the customer's words."""
        return when(moment, self._brief.zone, self.language, self._now)

    def message(self, bubble: Bubble, author: str, sources: Mapping[int, str] | None = None) -> dict[str, Any]:
        """One message of our side, with its parts."""
        content = Content(text=bubble.text)
        data: dict[str, Any] = {}
        if bubble.choices:
            data["options"] = [{"id": f"c{n}", "title": title} for n, title in enumerate(bubble.choices, 1)]
            content = Content(kind="choices", text=bubble.text, data=data)
        cited = [sources[n] for n in bubble.cites if n in sources] if sources else []
        parts = [
            {"part_id": new("prt"), "text": part.text, "kind": part.kind, "content": part.data or None}
            for part in self._cuts(content)
        ]
        stored = {**data, **({"citations": cited} if cited else {})}
        message = {"message_id": new("msg"), "author": author, "text": bubble.text, "parts": parts}
        return {**message, "kind": content.kind, "content": stored} if stored else message


def replied(claim: Row, reply: Reply, writing: Writing, sources: Mapping[int, str], saw: Mapping[str, Any]) -> Draft:
    """The draft of a reply. One that claims what nobody did becomes a neutral line and a hand-over."""
    base: dict[str, Any] = {
        "claim": claim,
        "calls": reply.calls,
        "trace": reply.trace,
        "saw": saw,
        "language": reply.language,
        "kept": reply.kept,
        "left_behind": reply.left_behind,
    }
    if reply.unproved:
        base |= {"kept": None, "left_behind": [*reply.left_behind, *_ids(reply.kept)]}
        return Draft(
            **base, messages=[writing.fixed("neutral")], action="handoff", reason="claim_without_receipt",
            note=", ".join(reply.unproved), failure="claim_without_receipt",
        )  # fmt: skip
    messages = [writing.message(bubble, "ai", sources) for bubble in reply.messages]
    if reply.action == "handoff" and not messages:
        opens = writing.opening()
        messages = [
            writing.fixed("handoff") if opens is None else writing.fixed("handoff_closed", time=writing.when(opens))
        ]
    return Draft(
        **base, messages=messages, action=reply.action, reason=reply.reason, note=reply.note, charge=True
    )  # fmt: skip


def away(claim: Row, writing: Writing, opens: datetime, own: str, now: datetime) -> Draft:
    """Nobody answers at this time: said once, and the messages are answered when the business opens."""
    messages = []
    if claim["told"] != "away":
        text = own.replace("{time}", writing.when(opens)) if own else ""
        messages = [
            writing.message(Bubble(text=text), "fallback") if text else writing.fixed("away", time=writing.when(opens))
        ]
    seconds = max(1.0, (opens - now).total_seconds())
    return Draft(claim=claim, messages=messages, action="park", reason="away", told="away", park_seconds=seconds)


def failed(
    claim: Row, error: AgentError, writing: Writing, brief: Brief, now: datetime, saw: Mapping[str, Any]
) -> Draft:
    """The draft of a turn without a reply."""
    calls = error.calls if isinstance(error, ModelFailed) else ()
    code = error.code if isinstance(error, ModelFailed) else ""
    base: dict[str, Any] = {
        "claim": claim,
        "failure": type(error).__name__,
        "calls": calls,
        "left_behind": error.left_behind if isinstance(error, ModelFailed) else (),
        "saw": {**saw, "error": code},
    }
    notice = _notice(error, brief)
    if isinstance(error, ModelUnavailable | QuotaExhausted | KeyRejected) and _fresh(claim, brief, now):
        wait = min(LONGEST_PARK_SECONDS, FIRST_PARK_SECONDS * 2.0 ** min(claim["parks"], 8))
        wait = max(wait, getattr(error, "retry_after", 0.0))
        messages = [] if claim["told"] == "holding" else [writing.fixed("holding")]
        return Draft(
            **base, messages=messages, action="park", reason="outage", told="holding", park_seconds=wait, notice=notice
        )
    return Draft(
        **base, messages=[writing.fallback()], action="handoff", reason=_reason(error), note=code, notice=notice
    )  # fmt: skip


def _ids(kept: Kept | None) -> list[str]:
    return [kept.conversation_id] if kept else []


def _fresh(claim: Row, brief: Brief, now: datetime) -> bool:
    if not brief.fresh_minutes:
        return False
    since = claim["parked_since"]
    return since is None or (now - since).total_seconds() < brief.fresh_minutes * 60


def _reason(error: AgentError) -> str:
    if isinstance(error, ModelUnavailable | QuotaExhausted | KeyRejected):
        return "outage"
    return {"TurnTooLong": "too_long", "ModelRefused": "refused", "ModelUnusable": "unusable"}.get(
        type(error).__name__, "agent_broken"
    )


def _notice(error: AgentError, brief: Brief) -> Mapping[str, Any] | None:
    """What the business, or who runs this for it, has to know."""
    code = error.code if isinstance(error, ModelFailed) else ""
    detail = {"error": type(error).__name__, "code": code}
    if isinstance(error, QuotaExhausted):
        return {"kind": "model_quota", "subject": "", "detail": detail}
    if isinstance(error, KeyRejected):
        return {"kind": "model_key_refused", "subject": "", "detail": detail}
    if isinstance(error, ModelUnavailable) and code == "circuit_open":  # else it may be over by the next try
        return {"kind": "model_down", "subject": "", "detail": detail}
    if isinstance(error, BadRequest):
        return {"kind": "agent_broken", "subject": brief.agent_id, "detail": detail}
    return None
