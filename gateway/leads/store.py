"""Leads in the store: one latest row a conversation, a new one only when something changed, one event for a rise."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.db import Connection, Row, jsonb, queries
from gateway.leads import contacts
from gateway.leads.lead import Events, Thresholds, changed, news

SQL = queries(__file__)
_JSON = ("reasoning", "evidence", "locked", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A conversation whose lead is being changed: its row, what is known, and what our books say."""

    user_id: str
    conversation_id: str
    conversation: Row
    fence: int
    told_score: int
    told_tag: str
    latest: Mapping[str, Any] | None
    events: Events
    thresholds: Thresholds


Becomes = Callable[[Held], dict[str, Any]]


async def hold(db: Connection, user_id: str, conversation_id: str) -> Held | None:
    """Locks the lead of a conversation in the running transaction; None when there is no such conversation."""
    conversation = await db.fetchrow(SQL["lock"], user_id, conversation_id)
    if conversation is None:
        return None
    reading = await db.fetchrow(SQL["reading"], user_id, conversation_id)
    latest = await db.fetchrow(SQL["latest"], user_id, conversation_id)
    limits = await db.fetchrow(SQL["thresholds"], user_id)
    return Held(
        user_id=user_id,
        conversation_id=conversation_id,
        conversation=conversation,
        fence=reading["fence"] if reading else 0,
        told_score=reading["told_score"] if reading else 0,
        told_tag=reading["told_tag"] if reading else "",
        latest=opened(latest) if latest else None,
        events=await _events(db, user_id, conversation_id),
        thresholds=Thresholds(**dict(limits)) if limits else Thresholds(),
    )


def opened(row: Row) -> dict[str, Any]:
    """A stored lead with its JSON read."""
    found: dict[str, Any] = dict(row)  # type: ignore[call-overload]
    for name in _JSON:
        found[name] = json.loads(found[name] or "{}")
    return found


async def _events(db: Connection, user_id: str, conversation_id: str) -> Events:
    flags: dict[str, Mapping[str, Any]] = {}
    for row in await db.fetch(SQL["taps"], user_id, conversation_id):
        flags[row["flag"]] = {"source": "button", "sequence_no": row["sequence_no"], "quote": row["quote"]}
    for row in await db.fetch(SQL["clicks"], user_id, conversation_id):
        flags[row["flag"]] = {"source": "link", "token": row["token"], "at": _when(row["at"])}
    if escalated := await db.fetchrow(SQL["escalated"], user_id, conversation_id):
        flags["cta_escalated_to_human"] = {
            "source": "handover",
            "handover_id": escalated["handover_id"],
            "at": _when(escalated["started_at"]),
        }
    meeting = await db.fetchrow(SQL["meeting"], user_id, conversation_id)
    if meeting is None:
        return Events(flags=flags)
    proof = {"source": "meeting", "meeting_id": meeting["meeting_id"]}
    flags.setdefault("cta_demo_clicked", proof)
    return Events(flags=flags, meeting_time=meeting["meeting_time"], meeting=proof)


def _when(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


async def keep(db: Connection, held: Held, row: dict[str, Any], **about: Any) -> str | None:
    """Stores a lead when it differs from the latest one: the row, the contact, and what the business is told.

    `about` are the columns source, reason and model. Returns the id of the new row, or None.
    """
    key = (held.user_id, held.conversation_id)
    await db.execute(SQL["touched"], *key)
    if not changed(held.latest, row):
        return None
    extraction_id = str(uuid.uuid4())
    await db.execute(SQL["retire"], *key)
    await db.execute(SQL["add"], _written(held, row, extraction_id, about))
    contact_id = await contacts.learn(db, held, row, extraction_id)
    kind = news(held.told_score, held.told_tag, row, held.thresholds)
    if kind:
        event = _event(held, row, extraction_id, contact_id)
        await db.execute(SQL["emit"], held.user_id, kind, held.conversation_id, jsonb(event))
    await db.execute(SQL["told"], *key, row["total_score"], row["lead_status_tag"])
    return extraction_id


def _written(held: Held, row: Mapping[str, Any], extraction_id: str, about: Mapping[str, Any]) -> str:
    whole = {
        **row,
        **about,
        "user_id": held.user_id,
        "extraction_id": extraction_id,
        "conversation_id": held.conversation_id,
        "message_count_at_extraction": held.conversation["last_sequence_no"],
        **{name: held.conversation[name] for name in ("customer_phone", "agent_id", "phone_number_id")},
    }
    return jsonb(whole)


def _event(held: Held, row: Mapping[str, Any], extraction_id: str, contact_id: str) -> dict[str, Any]:
    before = held.latest or {}
    return {
        "extraction_id": extraction_id,
        "conversation_id": held.conversation_id,
        "contact_id": contact_id,
        "agent_id": held.conversation["agent_id"],
        "customer_phone": held.conversation["customer_phone"],
        **{name: row[name] for name in ("name", "email", "company", "phone", "intent")},
        "total_score": row["total_score"],
        "lead_status_tag": row["lead_status_tag"],
        "previous_score": before.get("total_score"),
        "previous_tag": before.get("lead_status_tag"),
        "demo_book_datetime": row["demo_book_datetime"],
        "summary": row["smart_notification"],
        "next_step": row["next_step"],
        "evidence": row["evidence"],
    }
