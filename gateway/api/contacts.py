"""Contacts: the person behind leads of several channels, with the proof of each value, merges and their undoing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from agents.extraction import CONTACT
from gateway.api.leads import checked_contact
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import Row, queries
from gateway.errors import Invalid, NotFound
from gateway.leads import contacts

SQL = queries(__file__)
operations = Operations()
Stage = Literal["new", "contacted", "qualified", "meeting", "won", "lost"]
TagName = Annotated[str, Field(min_length=1, max_length=40)]


class Contact(Record):
    """One person. `evidence` says for each value which words of which conversation proved it, which channel knows it,
    or who set it; `locked` what a person set, which no reading changes. `merged_into` is where it went."""

    contact_id: str
    name: str | None
    email: str | None
    company: str | None
    phone: str | None
    stage: Stage
    owner: str | None
    tags: list[str]
    next_step: str | None
    evidence: dict[str, list[dict[str, Any]]]
    locked: dict[str, dict[str, Any]]
    merged_into: str | None
    created_at: datetime
    updated_at: datetime


class Customer(Record):
    """A contact on one channel: the names that the channel knows, and the conversations."""

    customer_id: str
    name: str | None
    language: str | None
    aliases: list[dict[str, str]]
    conversations: list[str]


class Score(Record):
    """One point of the trend."""

    extraction_id: str
    conversation_id: str
    extracted_at: datetime
    total_score: int | None
    lead_status_tag: str | None
    source: str


class Person(Contact):
    """A contact with its customers, and its scores over time, the oldest first."""

    customers: list[Customer]
    trend: list[Score]


class Merge(Record):
    """Two contacts that became one: `gone` went into `kept`, for an e-mail, a phone or by hand. `undone_at` says that
    they are apart again; then they are not merged by themselves any more."""

    merge_id: str
    kept: str
    gone: str
    why: Literal["email", "phone", "human"]
    value: str
    customers: list[str]
    created_at: datetime
    undone_at: datetime | None


class Merges(Record):
    """The merges of a contact, newest first."""

    data: list[Merge]
    next_cursor: str | None = None


class ContactQuery(PageQuery):
    """Which contacts. `q` looks into names, addresses, companies and numbers."""

    q: str | None = Field(default=None, min_length=1, max_length=100)
    stage: Stage | None = None
    owner: str | None = Field(default=None, max_length=255)
    tag: str | None = Field(default=None, max_length=40)


class ContactChange(Model):
    """What is left out stays. Contact values that are set are locked; null empties them and gives them back to the
    readings."""

    by: str = Field(default="api", min_length=1, max_length=255)
    name: str | None = Field(default=None, max_length=255)
    email: str | None = Field(default=None, max_length=255)
    company: str | None = Field(default=None, max_length=255)
    phone: str | None = Field(default=None, max_length=40)
    stage: Stage | None = None
    owner: str | None = Field(default=None, max_length=255)
    tags: list[TagName] | None = Field(default=None, max_length=50)
    next_step: str | None = Field(default=None, max_length=2000)


class With(Model):
    """The other contact."""

    contact_id: str = Field(max_length=50)


@operations.on(
    "GET", "/v1/contacts", scope="contacts:read", summary="List contacts", query=ContactQuery, answer=Page[Contact]
)
async def list_contacts(call: Call[None, ContactQuery]) -> Page[Contact]:
    asked = call.query
    which = (asked.q, asked.stage, asked.owner, asked.tag)
    rows = await call.db.fetch(SQL["list"], call.user_id, *which, *asked.position(), asked.limit + 1)
    shown, following = page_of(rows, asked.limit, "contact_id")
    return Page[Contact](data=[Contact.model_validate(_opened(row)) for row in shown], next_cursor=following)


@operations.on("GET", "/v1/contacts/{id}", scope="contacts:read", summary="Get a contact", answer=Person)
async def get_contact(call: Call[None, None]) -> Person:
    return await _person(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/contacts/{id}", scope="contacts:write", summary="Change a contact", body=ContactChange, answer=Person
)
async def change_contact(call: Call[ContactChange, None]) -> Person:
    found = await contacts.locked(call.db, call.user_id, [call.path["id"]])
    if not found:
        raise NotFound("There is no such contact.")
    contact, body = found[0], call.body
    named = checked_contact({name: getattr(body, name) for name in body.model_fields_set if name != "by"})
    at = datetime.now(UTC).isoformat()
    for name, value in named.items():
        if name in CONTACT:
            contact["evidence"].pop(name, None)
            contact["locked"].pop(name, None)
            if value:
                contact["evidence"][name] = [{"source": "human", "by": body.by, "at": at}]
                contact["locked"][name] = {"by": body.by, "at": at}
        elif value is None and name in ("stage", "tags"):
            raise Invalid("Nothing to set.", [{"field": name, "problem": "can't be null"}])
        contact[name] = value or None if name not in ("stage", "tags") else value
    await contacts.write(call.db, call.user_id, contact)
    return await _person(call, contact["contact_id"])


@operations.on(
    "POST", "/v1/contacts/{id}/merge", scope="contacts:write", summary="Make two contacts one", body=With, answer=Merge,
    status=201,
)  # fmt: skip
async def merge_contacts(call: Call[With, None]) -> Merge:
    pair = [call.path["id"], call.body.contact_id]
    if pair[0] == pair[1]:
        raise Invalid("A contact can't go into itself.", [{"field": "contact_id", "problem": "is the same contact"}])
    await contacts.merge(call.db, call.user_id, pair, "human", "")
    row = await call.db.fetchrow(SQL["newest"], call.user_id, *pair)
    return Merge.model_validate(dict(row or {}))


@operations.on(
    "GET", "/v1/contacts/{id}/merges", scope="contacts:read", summary="What a contact was merged with", answer=Merges
)
async def list_merges(call: Call[None, None]) -> Merges:
    if await call.db.fetchrow(SQL["get"], call.user_id, call.path["id"]) is None:
        raise NotFound("There is no such contact.")
    rows = await call.db.fetch(SQL["merges"], call.user_id, call.path["id"])
    return Merges(data=[Merge.model_validate(dict(row)) for row in rows])


@operations.on(
    "POST", "/v1/contact-merges/{id}/undo", scope="contacts:write", summary="Take a merge back", answer=Merge
)
async def undo_merge(call: Call[None, None]) -> Merge:
    await contacts.unmerge(call.db, call.user_id, call.path["id"])
    row = await call.db.fetchrow(SQL["merge"], call.user_id, call.path["id"])
    return Merge.model_validate(dict(row or {}))


async def _person(call: Call[Any, Any], contact_id: str) -> Person:
    row = await call.db.fetchrow(SQL["get"], call.user_id, contact_id)
    if row is None:
        raise NotFound("There is no such contact.")
    customers = await call.db.fetch(SQL["customers"], call.user_id, contact_id)
    trend = await call.db.fetch(SQL["trend"], call.user_id, contact_id)
    return Person.model_validate(
        _opened(row)
        | {
            "customers": [dict(one) | {"aliases": json.loads(one["aliases"])} for one in customers],
            "trend": [dict(one) for one in trend],
        }
    )


def _opened(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = dict(row)  # type: ignore[call-overload]
    return found | {"evidence": json.loads(found["evidence"]), "locked": json.loads(found["locked"])}
