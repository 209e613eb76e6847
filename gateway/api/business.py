"""The business itself: what it is called, where it is, how far its setting up has come."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.db import Connection, Pool, queries
from gateway.errors import Invalid, NotFound
from gateway.hours import Zone

SQL = queries(__file__)
operations = Operations()
_ADDRESS = r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$"
NEVER_NULL = ("company_name", "zone", "language", "onboarding_step", "onboarding_completed")


class Business(Record):
    """A business. `onboarding_step` is the one of five that the setting up stands at."""

    user_id: str
    email: str
    company_name: str | None
    business_email: str | None
    website: str | None
    industry: str | None
    team_size: str | None
    zone: str
    language: str
    onboarding_step: int
    onboarding_completed: bool
    created_at: datetime


class BusinessChange(Model):
    """What is left out stays."""

    company_name: str | None = Field(default=None, min_length=1, max_length=255)
    business_email: Annotated[str, Field(max_length=254, pattern=_ADDRESS)] | None = None
    website: Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s\x00-\x1f]+$")] | None = None
    industry: str | None = Field(default=None, max_length=100)
    team_size: str | None = Field(default=None, max_length=50)
    zone: Zone | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}(-[A-Z]{2})?$")] | None = None
    onboarding_step: int | None = Field(default=None, ge=1, le=5)
    onboarding_completed: bool | None = None


async def business_of(db: Pool | Connection, user_id: str) -> Business | None:
    """A business; None when there is none of that id."""
    row = await db.fetchrow(SQL["get"], user_id)
    return Business.model_validate(dict(row)) if row else None


@operations.on("GET", "/v1/business", scope="business:read", summary="Get the business", answer=Business)
async def get_business(call: Call[None, None]) -> Business:
    found = await business_of(call.db, call.user_id)
    if found is None:
        raise NotFound("There is no such business.")
    return found


@operations.on(
    "PATCH", "/v1/business", scope="business:write", summary="Change the business", body=BusinessChange,
    answer=Business,
)  # fmt: skip
async def change_business(call: Call[BusinessChange, None]) -> Business:
    before = await call.db.fetchrow(SQL["get_for_change"], call.user_id)
    if before is None:
        raise NotFound("There is no such business.")
    given: dict[str, Any] = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    empty = [name for name in NEVER_NULL if name in given and given[name] is None]
    if empty:
        raise Invalid("Nothing to set.", [{"field": name, "problem": "can't be null"} for name in empty])
    whole = dict(before) | given
    columns = (
        "company_name", "business_email", "website", "industry", "team_size", "zone", "language", "onboarding_step",
        "onboarding_completed",
    )  # fmt: skip
    await call.db.execute(SQL["change"], call.user_id, *(whole[name] for name in columns))
    return Business.model_validate(whole)
