"""What happened, as a business is told it, and who of it gets e-mail."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.api.webhooks import Delivery, DeliveryQuery, EventType, Types, deliveries_to
from gateway.db import queries
from gateway.errors import Conflict, NotFound

SQL = queries(__file__)
operations = Operations()
MOST_RECIPIENTS = 50
# What SMTP takes without quotes or extensions; the rest of RFC 5322 is refused.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = rf"^{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+$"


def _domain(text: str) -> str:
    return text.lower()


Address = Annotated[str, Field(max_length=254, pattern=ADDRESS), AfterValidator(_domain)]


class Event(Record):
    """Something that happened. `event_id` is the webhook-id of its deliveries."""

    event_id: str
    type: str
    conversation_id: str | None
    data: dict[str, Any]
    created_at: datetime


class EventQuery(PageQuery):
    """Which events to list, the newest first."""

    type: EventType | None = None
    conversation_id: str | None = Field(default=None, max_length=50)


class Recipient(Record):
    """An address that gets an e-mail for each event of `types`; null is all."""

    address: str
    types: list[str] | None
    created_at: datetime


class NewRecipient(Model):
    """An address of the business. One that is there already gets the new `types`."""

    address: Address
    types: Types | None = None


@operations.on("GET", "/v1/events", scope="events:read", summary="List events", query=EventQuery, answer=Page[Event])
async def list_events(call: Call[None, EventQuery]) -> Page[Event]:
    wanted = call.query
    rows = await call.db.fetch(
        SQL["list"], call.user_id, *wanted.position(), wanted.limit + 1, wanted.type, wanted.conversation_id
    )
    shown, following = page_of(rows, wanted.limit, "event_id")
    data = [Event.model_validate({**row, "data": json.loads(row["data"])}) for row in shown]
    return Page[Event](data=data, next_cursor=following)


@operations.on(
    "GET", "/v1/mail-recipients", scope="webhooks:read", summary="List who gets e-mail", query=PageQuery,
    answer=Page[Recipient],
)  # fmt: skip
async def list_mail_recipients(call: Call[None, PageQuery]) -> Page[Recipient]:
    rows = await call.db.fetch(SQL["recipients"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "address")
    return Page[Recipient](data=[Recipient.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/mail-recipients", scope="webhooks:write", summary="Add somebody who gets e-mail, or change what",
    body=NewRecipient, answer=Recipient, status=201,
)  # fmt: skip
async def put_mail_recipient(call: Call[NewRecipient, None]) -> Recipient:
    body = call.body
    if await call.db.fetchval(SQL["recipients_count"], call.user_id, body.address) >= MOST_RECIPIENTS:
        raise Conflict(f"There are {MOST_RECIPIENTS} recipients already.")
    row = await call.db.fetchrow(SQL["put_recipient"], call.user_id, body.address, body.types)
    assert row is not None  # noqa: S101 - an insert that returns what it inserted
    return Recipient.model_validate(dict(row))


@operations.on(
    "GET", "/v1/mail-recipients/{address}/deliveries", scope="webhooks:read", summary="What was mailed to an address",
    query=DeliveryQuery, answer=Page[Delivery],
)  # fmt: skip
async def list_mail_deliveries(call: Call[None, DeliveryQuery]) -> Page[Delivery]:
    address = call.path["address"].lower()
    if not await call.db.fetchval(SQL["is_recipient"], call.user_id, address):
        raise _none()
    return await deliveries_to(call, address)


@operations.on(
    "DELETE", "/v1/mail-recipients/{address}", scope="webhooks:write", summary="Remove somebody who gets e-mail",
    status=204,
)  # fmt: skip
async def delete_mail_recipient(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["remove_recipient"], call.user_id, call.path["address"].lower()) is None:
        raise _none()


def _none() -> NotFound:
    return NotFound("There is no such recipient.")
