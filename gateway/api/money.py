"""The business itself, its credits, and the ledger that they follow from."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.hours import Zone

SQL = queries(__file__)
operations = Operations()


class Business(Record):
    """The business that a key belongs to."""

    user_id: str
    email: str
    company_name: str | None
    zone: str
    created_at: datetime


class BusinessChange(Model):
    """What is left out stays. `zone` is the time zone that agents tell the time in."""

    company_name: str | None = Field(default=None, min_length=1, max_length=255)
    zone: Zone | None = None


class Credits(Record):
    """The balance: the sum of the ledger."""

    user_id: str
    remaining_credits: int
    total_used: int
    last_updated: datetime | None


class Entry(Record):
    """One movement: a top-up, or the charge for one turn."""

    entry_id: str
    delta: int
    reason: str
    turn_id: str | None
    created_at: datetime


@operations.on("GET", "/v1/me", scope="credits:read", summary="Whose key this is", answer=Business)
async def get_business(call: Call[None, None]) -> Business:
    row = await call.db.fetchrow(SQL["business"], call.user_id)
    return Business.model_validate(dict(row))  # type: ignore[arg-type]


@operations.on(
    "PATCH", "/v1/me", scope="agents:write", summary="Change the business's name or time zone", body=BusinessChange,
    answer=Business,
)  # fmt: skip
async def change_business(call: Call[BusinessChange, None]) -> Business:
    row = await call.db.fetchrow(SQL["change"], call.user_id, call.body.company_name, call.body.zone)
    return Business.model_validate(dict(row))  # type: ignore[arg-type]


@operations.on("GET", "/v1/credits", scope="credits:read", summary="The balance", answer=Credits)
async def get_credits(call: Call[None, None]) -> Credits:
    row = await call.db.fetchrow(SQL["balance"], call.user_id)
    if row is None:
        return Credits(user_id=call.user_id, remaining_credits=0, total_used=0, last_updated=None)
    return Credits.model_validate(dict(row))


@operations.on(
    "GET", "/v1/credits/ledger", scope="credits:read", summary="Every movement", query=PageQuery, answer=Page[Entry]
)
async def list_credit_entries(call: Call[None, PageQuery]) -> Page[Entry]:
    rows = await call.db.fetch(SQL["ledger"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "entry_id")
    return Page[Entry](data=[Entry.model_validate(dict(row)) for row in shown], next_cursor=following)
