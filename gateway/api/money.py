"""The credits of a business, and the ledger that they follow from."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries

SQL = queries(__file__)
operations = Operations()
MOST = 1_000_000_000


class Credits(Record):
    """The balance: the sum of the ledger. The alert `credits_low` begins at `low_at`, which is what the business chose
    (`low_own`) or, where that is null, a tenth of the last top-up."""

    user_id: str
    remaining_credits: int
    total_used: int
    last_updated: datetime | None
    low_at: int | None
    low_own: int | None


class CreditsChange(Model):
    """Where the alert `credits_low` begins. 0: there is none before the credits are used up. Null: a tenth of the last
    top-up again."""

    low_own: Annotated[int, Field(ge=0, le=MOST)] | None


class CreditEntry(Record):
    """One movement: a top-up, or the charge for one turn."""

    entry_id: str
    delta: int
    reason: str
    turn_id: str | None
    created_at: datetime


@operations.on("GET", "/v1/credits", scope="credits:read", summary="The balance", answer=Credits)
async def get_credits(call: Call[None, None]) -> Credits:
    return await _balance(call)


@operations.on(
    "PATCH", "/v1/credits", scope="business:write", summary="Say below how many credits to be told",
    body=CreditsChange, answer=Credits,
)  # fmt: skip
async def change_credits(call: Call[CreditsChange, None]) -> Credits:
    await call.db.execute(SQL["tell_below"], call.user_id, call.body.low_own)
    call.after(lambda: call.api.bus.publish("events"))
    return await _balance(call)


async def _balance(call: Call[None, None] | Call[CreditsChange, None]) -> Credits:
    row = await call.db.fetchrow(SQL["balance"], call.user_id)
    if row is None:
        nothing = {"remaining_credits": 0, "total_used": 0, "last_updated": None, "low_at": None, "low_own": None}
        return Credits.model_validate({"user_id": call.user_id, **nothing})
    return Credits.model_validate(dict(row))


@operations.on(
    "GET", "/v1/credits/ledger", scope="credits:read", summary="Every movement", query=PageQuery,
    answer=Page[CreditEntry],
)  # fmt: skip
async def list_credit_entries(call: Call[None, PageQuery]) -> Page[CreditEntry]:
    rows = await call.db.fetch(SQL["ledger"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "entry_id")
    return Page[CreditEntry](data=[CreditEntry.model_validate(dict(row)) for row in shown], next_cursor=following)
