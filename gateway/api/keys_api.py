"""API keys of a business, made and ended by its admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.accounts.roles import ALL, SCOPES, covers
from gateway.api.keys import store_key
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Forbidden, NotFound

SQL = queries(__file__)
operations = Operations()
MOST = 100


def _known(scope: str) -> str:
    if scope != ALL and scope not in SCOPES:
        raise ValueError("is no scope")
    return scope


class ApiKey(Record):
    """A key; its text was shown when it was made. `created_by` says who made it."""

    key_id: str
    name: str
    scopes: list[str]
    created_by: str | None
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewApiKey(ApiKey):
    """A key with its text, `key`, which is shown this one time."""

    key: str


class KeyToMake(Model):
    """A name, and what the key may do: never more than whoever makes it. `*` is everything."""

    name: str = Field(min_length=1, max_length=255)
    scopes: list[Annotated[str, Field(max_length=50), AfterValidator(_known)]] = Field(min_length=1, max_length=100)


@operations.on("GET", "/v1/keys", scope="keys:read", summary="List API keys", query=PageQuery, answer=Page[ApiKey])
async def list_keys(call: Call[None, PageQuery]) -> Page[ApiKey]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "key_id")
    return Page[ApiKey](data=[ApiKey.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/keys", scope="keys:write", summary="Make an API key", body=KeyToMake, answer=NewApiKey, status=201
)
async def create_api_key(call: Call[KeyToMake, None]) -> NewApiKey:
    if not covers(call.caller.scopes, call.body.scopes):
        raise Forbidden("A key can't do more than whoever makes it.")
    if await call.db.fetchval(SQL["count"], call.user_id) >= MOST:
        raise Conflict(f"There are {MOST} keys already. End one that is not used.")
    scopes = sorted(set(call.body.scopes))
    key_id, text = await store_key(call.db, call.user_id, call.body.name, scopes, call.caller.name)
    row = await call.db.fetchrow(SQL["get"], call.user_id, key_id)
    return NewApiKey.model_validate({**(row or {}), "key": text})


@operations.on("DELETE", "/v1/keys/{id}", scope="keys:write", summary="End an API key")
async def delete_api_key(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["revoke"], call.user_id, call.path["id"]) is None:
        raise NotFound("There is no such key, or it was ended before.")
