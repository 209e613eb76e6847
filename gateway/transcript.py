"""What the model reads: the conversation in the order of arrival, who had it when, and the facts of this moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.types import Attachment, Said
from channels.base import Window
from gateway.briefs import Brief
from gateway.db import Row

LATE_SECONDS = 60
AUTHORS: Mapping[str, Any] = {"customer": "customer", "ai": "agent", "fallback": "agent", "human": "human"}
NOTES = {
    "revoked": "deleted by the customer",
    "undelivered": "this could not be delivered, the customer has not seen it",
    "audio": "voice note",
}
FACT_LIMIT = 2000


def transcript(claim: Row, files: Mapping[int, Sequence[Attachment | str]]) -> list[Said]:
    """The messages of a claimed turn. `files` are what came with a number: attachments, or words about one.

    What waits for an answer comes last, even where a reply to something earlier was committed after it came: before
    that reply it would look as if it had been answered.
    """
    handled = json.loads(claim["handled"]) if claim["handled"] else []
    said: list[Said] = []
    waiting: list[Said] = []
    for one in _messages(json.loads(claim["history"])):
        if one.author == "customer" and one.sequence_no > claim["after_no"]:
            waiting.append(_with_files(one, files.get(one.sequence_no, ())))
            continue
        while handled and one.sequence_no > handled[0][1]:
            said.append(_handled(*handled.pop(0)))
        said.append(one)
    return [*said, *(_handled(*one) for one in handled), *waiting]


def _messages(entries: Sequence[Sequence[Any]]) -> Iterator[Said]:
    """What came long after something written later says so and is not moved, because what was answered meanwhile
    stays where it is."""
    newest = 0
    for author, kind, text, sequence_no, sent in entries:
        late = sent is not None and sent + LATE_SECONDS < newest
        newest = max(newest, sent or 0)
        yield _said(author, kind, f"[written earlier, arrived late] {text}" if late else text, sequence_no)


def _said(author: str, kind: str, text: str, sequence_no: int) -> Said:
    shown = text if kind in ("text", "choices") else f"[{NOTES.get(kind, kind)}] {text}".strip()
    return Said(author=AUTHORS[author], text=shown, sequence_no=sequence_no)


def _with_files(said: Said, files: Sequence[Attachment | str]) -> Said:
    if not files:
        return said
    words = " ".join(one for one in files if isinstance(one, str))
    attachments = tuple(one for one in files if isinstance(one, Attachment))
    return replace(said, text=f"{said.text} {words}".strip(), attachments=attachments)


def _handled(from_no: int, to_no: int, reason: str, note: str) -> Said:
    """What the agent must know when it speaks again: it neither repeats what a person did nor waits for one."""
    text = (
        f"A person of the business had this conversation up to here (messages {from_no + 1} to {to_no}; {reason}) and "
        "has handed it back to you. What they wrote stands above; do not repeat it, and do not announce them any more."
    )
    return Said(author="note", text=f"{text} Their note: {note[:FACT_LIMIT]}" if note else text)


def moment(claim: Row, brief: Brief, window: Window | None, now: datetime) -> dict[str, str]:
    """The facts of this moment by name, as prompts may use them."""
    local = now.astimezone(brief.zone)
    facts = {
        "now": f"{local:%A %Y-%m-%d %H:%M}",
        "today": f"{local:%A %Y-%m-%d}",
        "customer_name": claim["customer_name"] or "",
        "customer_language": claim["customer_language"] or "",
        "customer_facts": _facts(claim["customer_facts"]),
        "window": "",
    }
    if window is not None and window.hours and claim["last_inbound_at"] is not None:
        closes_at = (claim["last_inbound_at"] + timedelta(hours=window.hours)).astimezone(UTC)
        facts["window"] = (
            f"Messages can be sent freely here until {closes_at:%Y-%m-%d %H:%M} UTC; "
            "after that not before the customer writes again."
        )
    return facts


def told(facts: Mapping[str, str], brief: Brief, now: datetime) -> Said:
    """The facts as a note. It comes last, so that what stands before it stays in the model's cache."""
    lines = [f"Now: {facts['now']} ({brief.zone.key})."]
    for name, label in (
        ("customer_name", "The customer's name"),
        ("customer_language", "The customer's language so far"),
        ("customer_facts", "Noted of the customer"),
    ):
        if facts[name]:
            lines.append(f"{label}: {facts[name]}.")
    if brief.hours is not None:
        opens = brief.hours.opens_at(now)
        lines.append(
            "People of the business are there now."
            if opens is None
            else f"Nobody of the business is there now; they are back {opens.astimezone(brief.zone):%A %Y-%m-%d %H:%M}."
        )
    if facts["window"]:
        lines.append(facts["window"])
    return Said(author="note", text="\n".join(lines))


def _facts(stored: str | None) -> str:
    if not stored:
        return ""
    return "; ".join(f"{name}: {fact['value']}" for name, fact in json.loads(stored).items())[:FACT_LIMIT]
