"""Leads: lists, one, its history, a reading on request, a person's corrections, and the settings behind them.

Every value comes with its evidence: the number of the customer's message and the words in it, or the event of our own
books, or the person who set it.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.api.texts import Moment
from gateway.db import Row, queries
from gateway.errors import Invalid, NotFound
from gateway.leads import store
from gateway.leads.lead import edited
from gateway.leads.proof import emails, phone_of

SQL = queries(__file__)
operations = Operations()
Tag = Literal["Hot", "Warm", "Cold"]
Level = Literal["Low", "Medium", "High"]
Budget = Literal["Yes", "No", "Maybe"]
YesNo = Literal["Yes", "No"]
Points = Annotated[int, Field(ge=1, le=3)]
Flag = Literal["pricing", "demo", "followup", "sample", "website"]


class Lead(Record):
    """One scored reading of a conversation. `evidence` names for each value the messages and words that prove it,
    `locked` who set it by hand, `rejected` what the model said and could not prove, and why. `source` is model, human
    or event."""

    extraction_id: str
    conversation_id: str
    contact_id: str | None
    customer_id: str
    customer_phone: str
    channel: str
    agent_id: str | None
    phone_number_id: str | None
    extracted_at: datetime
    is_latest: bool
    message_count_at_extraction: int
    name: str | None
    email: str | None
    company: str | None
    phone: str | None
    intent: str | None
    intent_level: Level | None
    intent_score: int | None
    urgency_level: Level | None
    urgency_score: int | None
    budget_constraint: Budget | None
    budget_score: int | None
    fit_alignment: Level | None
    fit_score: int | None
    engagement_health: Level | None
    engagement_score: int | None
    cta_pricing_clicked: YesNo | None
    cta_demo_clicked: YesNo | None
    cta_followup_clicked: YesNo | None
    cta_sample_clicked: YesNo | None
    cta_website_clicked: YesNo | None
    cta_escalated_to_human: YesNo | None
    total_score: int | None
    lead_status_tag: Tag | None
    demo_book_datetime: datetime | None
    reasoning: dict[str, str]
    smart_notification: str | None
    notes: str | None
    next_step: str | None
    source: str
    reason: str
    model: str | None
    evidence: dict[str, list[dict[str, Any]]]
    locked: dict[str, dict[str, Any]]
    rejected: dict[str, str]


class Which(Model):
    """Which leads. Times are with a zone, `until` is not included; the least scores are 1 to 3 for each dimension."""

    latest: bool = True
    tag: Tag | None = None
    min_score: int | None = Field(default=None, ge=5, le=15)
    min_intent: Points | None = None
    min_urgency: Points | None = None
    min_budget: Points | None = None
    min_fit: Points | None = None
    min_engagement: Points | None = None
    channel: Literal["whatsapp", "instagram", "webchat", "sms"] | None = None
    agent_id: str | None = Field(default=None, max_length=50)
    phone_number_id: str | None = Field(default=None, max_length=50)
    contact_id: str | None = Field(default=None, max_length=50)
    has_email: bool | None = None
    has_phone: bool | None = None
    has_meeting: bool | None = None
    since: Moment | None = None
    until: Moment | None = None

    def asked(self) -> str:
        """The query as the store reads it."""
        return self.model_dump_json(exclude_none=True, exclude={"limit", "cursor", "by", "format"})


class LeadQuery(Which, PageQuery):
    """Which leads, and which page of them."""


class Correction(Model):
    """What a person knows better. What is named is set and locked: no reading changes it; null gives it back."""

    by: str = Field(default="api", min_length=1, max_length=255)
    name: str | None = Field(default=None, max_length=255)
    email: str | None = Field(default=None, max_length=255)
    company: str | None = Field(default=None, max_length=255)
    phone: str | None = Field(default=None, max_length=40)
    intent: str | None = Field(default=None, max_length=2000)
    intent_level: Level | None = None
    urgency_level: Level | None = None
    budget_constraint: Budget | None = None
    fit_alignment: Level | None = None
    engagement_health: Level | None = None
    next_step: str | None = Field(default=None, max_length=2000)
    notes: str | None = Field(default=None, max_length=4000)


class Reading(Record):
    """How far a conversation has been read as a lead. `state` is none, due, read, nothing (no words to read), failed
    (with `error`; `due_at` says when it is tried again, null that it is not) or held (a spending cap)."""

    conversation_id: str
    state: Literal["none", "due", "read", "nothing", "failed", "held"]
    reason: str | None
    due_at: datetime | None
    running: bool
    read_no: int
    last_inbound_no: int
    tries: int | None
    error: str | None
    read_at: datetime | None


class ReadingQuery(PageQuery):
    """Which readings: of one state, or all."""

    state: Literal["due", "read", "nothing", "failed", "held"] | None = None


class Retried(Record):
    """How many readings were asked for again."""

    readings: int


def lead_of(row: Row) -> Lead:
    """A stored lead as it is answered."""
    found: dict[str, Any] = dict(row)  # type: ignore[call-overload]
    for name in ("reasoning", "evidence", "locked", "rejected"):
        found[name] = json.loads(found[f"{name}_text"] or "{}")
    found |= {"extraction_id": str(found["extraction_id"]), "channel": found["platform"]}
    return Lead.model_validate(found)


@operations.on("GET", "/v1/leads", scope="leads:read", summary="List leads", query=LeadQuery, answer=Page[Lead])
async def list_leads(call: Call[None, LeadQuery]) -> Page[Lead]:
    query = call.query
    rows = await call.db.fetch(SQL["list"], call.user_id, query.asked(), *_position(query), query.limit + 1)
    return _page(rows, query.limit)


@operations.on("GET", "/v1/leads/{id}", scope="leads:read", summary="Get a lead with its evidence", answer=Lead)
async def get_lead(call: Call[None, None]) -> Lead:
    row = await call.db.fetchrow(SQL["get"], call.user_id, _uuid(call.path["id"]))
    if row is None:
        raise NotFound("There is no such lead.")
    return lead_of(row)


@operations.on(
    "GET", "/v1/conversations/{id}/leads", scope="leads:read", summary="A conversation's lead and its history",
    query=PageQuery, answer=Page[Lead],
)  # fmt: skip
async def list_conversation_leads(call: Call[None, PageQuery]) -> Page[Lead]:
    await _reading(call)
    rows = await call.db.fetch(
        SQL["history"], call.user_id, call.path["id"], *_position(call.query), call.query.limit + 1
    )
    return _page(rows, call.query.limit)


@operations.on(
    "PATCH", "/v1/conversations/{id}/lead", scope="leads:write", summary="Correct a lead", body=Correction, answer=Lead,
)  # fmt: skip
async def correct_lead(call: Call[Correction, None]) -> Lead:
    changes = _checked(call.body)
    key = (call.user_id, call.path["id"])
    if await call.db.fetchrow(store.SQL["lock"], *key) is None:
        raise NotFound("There is no such conversation.")
    await call.db.execute(store.SQL["seize"], *key)
    held = await store.hold(call.db, *key)
    if held is None:
        raise NotFound("There is no such conversation.")
    row = edited(held.latest, changes, call.body.by, datetime.now(UTC).isoformat(), held.thresholds)
    await store.keep(call.db, held, row, source="human", reason="edit", model=None)
    call.after(lambda: _tell(call))
    rows = await call.db.fetch(SQL["history"], *key, None, None, 1)
    if not rows:
        raise NotFound("There is no lead yet, and nothing was set.")
    return lead_of(rows[0])


@operations.on(
    "GET", "/v1/conversations/{id}/reading", scope="leads:read", summary="How far a conversation has been read",
    answer=Reading,
)  # fmt: skip
async def get_reading(call: Call[None, None]) -> Reading:
    return await _reading(call)


@operations.on(
    "POST", "/v1/conversations/{id}/reading", scope="leads:write", summary="Read a conversation as a lead now",
    answer=Reading, status=202,
)  # fmt: skip
async def request_reading(call: Call[None, None]) -> Reading:
    await _reading(call)
    await call.db.execute(store.SQL["want"], call.user_id, call.path["id"], "request")
    call.after(lambda: call.api.bus.publish("leads"))
    return await _reading(call)


@operations.on(
    "GET", "/v1/readings", scope="leads:read", summary="List readings, those that failed for instance",
    query=ReadingQuery, answer=Page[Reading],
)  # fmt: skip
async def list_readings(call: Call[None, ReadingQuery]) -> Page[Reading]:
    query = call.query
    rows = await call.db.fetch(SQL["readings"], call.user_id, query.state, *query.position(), query.limit + 1)
    shown, following = page_of(rows, query.limit, "conversation_id")
    return Page[Reading](data=[Reading.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/readings/retry", scope="leads:write", summary="Read again what failed", answer=Retried, status=202
)
async def retry_readings(call: Call[None, None]) -> Retried:
    count = await call.db.fetchval(SQL["retry"], call.user_id)
    call.after(lambda: call.api.bus.publish("leads"))
    return Retried(readings=count)


def _page(rows: Any, limit: int) -> Page[Lead]:
    shown, following = page_of(rows, limit, "extraction_id")
    return Page[Lead](data=[lead_of(row) for row in shown], next_cursor=following)


def _position(query: PageQuery) -> tuple[datetime | None, str | None]:
    at, key = query.position()
    return (at, _uuid(key)) if key else (None, None)


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise NotFound("There is no such lead.") from None


async def _reading(call: Call[Any, Any]) -> Reading:
    row = await call.db.fetchrow(SQL["reading"], call.user_id, call.path["id"])
    if row is None:
        raise NotFound("There is no such conversation.")
    return Reading.model_validate(dict(row))


def _tell(call: Call[Any, Any]) -> None:
    call.api.bus.publish("events")
    call.api.bus.publish("leads")
    call.api.bus.publish(f"live:{call.user_id}", json.dumps({"type": "lead", "conversation_id": call.path["id"]}))


def _checked(body: Correction) -> Mapping[str, Any]:
    """What is to be set; addresses are held to the same shape as those that a customer writes. Raises Invalid."""
    changes = {name: getattr(body, name) for name in body.model_fields_set if name != "by"}
    if not changes:
        raise Invalid("Nothing to set.", [{"field": "body", "problem": "names no value"}])
    return checked_contact(changes)


def checked_contact(changes: dict[str, Any]) -> dict[str, Any]:
    """Contact values by hand: an e-mail address in small letters, a phone number as E.164. Raises Invalid."""
    if (email := changes.get("email")) and emails(email) != [email.lower()]:
        raise Invalid("The e-mail address is none.", [{"field": "email", "problem": "is no e-mail address"}])
    if email:
        changes["email"] = email.lower()
    if phone := changes.get("phone"):
        changes["phone"] = phone_of(phone, "")
        if not changes["phone"]:
            problem = {"field": "phone", "problem": "is no number with its country, such as +46 70 174 06 05"}
            raise Invalid("The phone number is none.", [problem])
    return changes
