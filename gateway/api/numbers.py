"""Numbers: the business's accounts at the providers."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from typing import Any, Literal

import asyncpg
import phonenumbers
from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.numbers import token_place

SQL = queries(__file__)
operations = Operations()


class Number(Record):
    """A number. Its access token is never shown."""

    id: str
    user_id: str
    platform: Literal["whatsapp", "instagram", "webchat", "sms"]
    meta_phone_number_id: str
    display_name: str | None
    settings: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class NumberSettings(Model):
    """What a provider needs besides a token. SMS needs account_sid; webchat says which websites may embed it."""

    account_sid: str | None = Field(default=None, max_length=64)
    messaging_service_sid: str | None = Field(default=None, max_length=64)
    flavour: Literal["page", "instagram"] | None = None
    allowed_origins: list[str] | None = Field(default=None, max_length=50)


class NewNumber(Model):
    """meta_phone_number_id is the WhatsApp phone number id, the Instagram account id, or the E.164 number of SMS."""

    platform: Literal["whatsapp", "instagram", "webchat", "sms"]
    meta_phone_number_id: str | None = Field(default=None, min_length=1, max_length=100)
    access_token: str | None = Field(default=None, min_length=1, max_length=4000)
    display_name: str | None = Field(default=None, max_length=255)
    settings: NumberSettings = NumberSettings()


class NumberChange(Model):
    """What is left out stays."""

    access_token: str | None = Field(default=None, min_length=1, max_length=4000)
    display_name: str | None = Field(default=None, max_length=255)
    settings: NumberSettings | None = None


@operations.on("GET", "/v1/numbers", scope="numbers:read", summary="List numbers", query=PageQuery, answer=Page[Number])
async def list_numbers(call: Call[None, PageQuery]) -> Page[Number]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "id")
    return Page[Number](data=[_number(row) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/numbers", scope="numbers:write", summary="Link a number", body=NewNumber, answer=Number, status=201
)
async def create_number(call: Call[NewNumber, None]) -> Number:
    body = call.body
    address, token = _address(body), body.access_token
    if body.platform != "webchat" and not token:
        raise _wrong("access_token", "is needed on this platform")
    if body.platform == "sms" and not body.settings.account_sid:
        raise _wrong("settings.account_sid", "is needed for SMS")
    number_id = new("num")
    sealed = call.api.vault.seal(token or secrets.token_hex(16), token_place(call.user_id, number_id))
    settings = json.dumps(body.settings.model_dump(exclude_none=True))
    try:
        await call.db.execute(
            SQL["add"], call.user_id, number_id, body.platform, address, sealed, body.display_name, settings
        )
    except asyncpg.UniqueViolationError as error:
        raise Conflict("This number is linked already, here or at another business.") from error
    call.after(lambda: call.api.bus.publish("numbers"))
    return await _get(call, number_id)


@operations.on("GET", "/v1/numbers/{id}", scope="numbers:read", summary="Get a number", answer=Number)
async def get_number(call: Call[None, None]) -> Number:
    return await _get(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/numbers/{id}", scope="numbers:write", summary="Change a number", body=NumberChange, answer=Number
)
async def change_number(call: Call[NumberChange, None]) -> Number:
    number_id, body = call.path["id"], call.body
    token = call.api.vault.seal(body.access_token, token_place(call.user_id, number_id)) if body.access_token else None
    settings = json.dumps(body.settings.model_dump(exclude_none=True)) if body.settings else None
    await call.db.execute(SQL["change"], call.user_id, number_id, token, body.display_name, settings)
    call.after(lambda: call.api.bus.publish("numbers"))
    return await _get(call, number_id)


@operations.on("DELETE", "/v1/numbers/{id}", scope="numbers:write", summary="Remove a number that nothing uses")
async def remove_number(call: Call[None, None]) -> None:
    await _get(call, call.path["id"])
    try:
        await call.db.execute(SQL["remove"], call.user_id, call.path["id"])
    except asyncpg.ForeignKeyViolationError as error:
        raise Conflict(
            "An agent or conversations belong to this number. Unlink the agent; conversations stay."
        ) from error
    call.after(lambda: call.api.bus.publish("numbers"))


async def _get(call: Call[Any, Any], number_id: str) -> Number:
    row = await call.db.fetchrow(SQL["get"], call.user_id, number_id)
    if row is None:
        raise NotFound("There is no such number.")
    return _number(row)


def _number(row: asyncpg.Record) -> Number:
    return Number.model_validate({**row, "settings": json.loads(row["settings"])})


def _address(body: NewNumber) -> str:
    address = body.meta_phone_number_id
    if body.platform == "webchat":
        return address or f"wc_{secrets.token_hex(12)}"
    if not address:
        raise _wrong("meta_phone_number_id", "is needed on this platform")
    if body.platform != "sms":
        return address
    try:
        parsed = phonenumbers.parse(address)
    except phonenumbers.NumberParseException as error:
        raise _wrong(
            "meta_phone_number_id", "is no phone number in international form, such as +15550100104"
        ) from error
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _wrong(field: str, problem: str) -> Invalid:
    return Invalid(f"{field} {problem}.", [{"field": field, "problem": problem}])
