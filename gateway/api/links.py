"""Links that agents send, and who followed them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import asyncpg
from pydantic import AfterValidator, Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, NotFound
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port or an address of six that is none
        whole = False
    if not whole or " " in text or not text.isprintable():
        raise ValueError("is no whole address such as https://example.com/prices")
    return text


Address = Annotated[str, Field(max_length=2000), AfterValidator(_address)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]
Cta = Literal["pricing", "demo", "followup", "sample", "website"]


class Link(Record):
    """A named address. A click on one with a `cta` is noted in the lead."""

    link_id: str
    name: str
    url: str
    cta: Cta | None
    created_at: datetime


class NewLink(Model):
    """An address that agents may send; they know it by its name."""

    name: Name
    url: Address
    cta: Cta | None = None


class LinkChange(Model):
    """What is left out stays; links that were sent lead where they led."""

    name: Name | None = None
    url: Address | None = None
    cta: Cta | None = None


class Send(Record):
    """A link in a conversation, and how often it was followed."""

    token: str
    conversation_id: str
    clicks: int
    first_click_at: datetime | None
    created_at: datetime


@operations.on("GET", "/v1/links", scope="links:read", summary="List links", query=PageQuery, answer=Page[Link])
async def list_links(call: Call[None, PageQuery]) -> Page[Link]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "link_id")
    return Page[Link](data=[Link.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on("POST", "/v1/links", scope="links:write", summary="Add a link", body=NewLink, answer=Link, status=201)
async def create_link(call: Call[NewLink, None]) -> Link:
    body, link_id = call.body, new("lnk")
    try:
        async with call.db.transaction():
            await call.db.execute(SQL["add"], call.user_id, link_id, body.name, body.url, body.cta)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a link called {body.name} already.") from error
    return await _get(call, link_id)


@operations.on("GET", "/v1/links/{id}", scope="links:read", summary="Get a link", answer=Link)
async def get_link(call: Call[None, None]) -> Link:
    return await _get(call, call.path["id"])


@operations.on("PATCH", "/v1/links/{id}", scope="links:write", summary="Change a link", body=LinkChange, answer=Link)
async def change_link(call: Call[LinkChange, None]) -> Link:
    link, body = await _get(call, call.path["id"], "lock"), call.body
    cta = body.cta if "cta" in body.model_fields_set else link.cta
    try:
        async with call.db.transaction():
            values = (body.name or link.name, body.url or link.url, cta)
            await call.db.execute(SQL["change"], call.user_id, link.link_id, *values)
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a link called {body.name} already.") from error
    return await _get(call, link.link_id)


@operations.on("DELETE", "/v1/links/{id}", scope="links:write", summary="Remove a link", status=204)
async def delete_link(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["remove"], call.user_id, call.path["id"]) is None:
        raise NotFound("There is no such link.")


@operations.on(
    "GET", "/v1/links/{id}/sends", scope="links:read", summary="Who was sent a link, and who followed it",
    query=PageQuery, answer=Page[Send],
)  # fmt: skip
async def list_link_sends(call: Call[None, PageQuery]) -> Page[Send]:
    await _get(call, call.path["id"])
    rows = await call.db.fetch(
        SQL["sends"], call.user_id, call.path["id"], *call.query.position(), call.query.limit + 1
    )
    shown, following = page_of(rows, call.query.limit, "token")
    return Page[Send](data=[Send.model_validate(dict(row)) for row in shown], next_cursor=following)


async def _get(call: Call[Any, Any], link_id: str, how: str = "get") -> Link:
    row = await call.db.fetchrow(SQL[how], call.user_id, link_id)
    if row is None:
        raise NotFound("There is no such link.")
    return Link.model_validate(dict(row))
