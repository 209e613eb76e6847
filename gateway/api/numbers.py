"""Numbers: the business's accounts at the providers."""

from __future__ import annotations

import json
import re
import secrets
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg
import phonenumbers
from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.channel_health import fingerprint, problems_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.numbers import token_place
from gateway.webchat.identity import identity_secrets

SQL = queries(__file__)
operations = Operations()
ENDPOINTS = {"whatsapp": "meta", "instagram": "meta", "sms": "twilio/", "webchat": "none"}


ALPHANUMERIC = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")  # a sender without a number: nobody can write to it


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


class Identity(Model):
    """Whether visitors must be signed in at the website that embeds the chat."""

    required: bool = False


class PrechatField(Model):
    """A question that a visitor answers before he writes."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    label: str = Field(min_length=1, max_length=100)
    type: Literal["text", "email", "phone", "select"] = "text"
    required: bool = False
    options: list[str] | None = Field(default=None, min_length=1, max_length=30)


class Consent(Model):
    """What visitors of a webchat are shown before they write, and must agree to when it is required; on other channels
    it is the first line that a customer is answered. Each wording is asked for, or said, once; what was agreed to, and
    when, stands in content.consent of what the visitor writes."""

    text: str = Field(min_length=1, max_length=1000)
    url: str | None = Field(default=None, max_length=500, pattern=r"^https?://\S+$")
    required: bool = False


class NumberSettings(Model):
    """What a provider needs besides a token. SMS needs account_sid; WhatsApp wants waba_id, the id of its
    business account, to be connected by us; webchat says which websites may embed it.
    `rate` and `pair_rate` are messages a second, of the number and to one customer, where the provider allows other
    than the usual; 0 is no limit."""

    account_sid: str | None = Field(default=None, max_length=64)
    waba_id: str | None = Field(default=None, pattern=r"^\d{5,30}$")
    messaging_service_sid: str | None = Field(default=None, max_length=64)
    key_sid: str | None = Field(default=None, max_length=64)
    flavour: Literal["page", "instagram"] | None = None
    allowed_origins: list[str] | None = Field(default=None, max_length=50)
    rate: float | None = Field(default=None, ge=0, le=100_000)
    pair_rate: float | None = Field(default=None, ge=0, le=1000)
    identity: Identity | None = None
    prechat: list[PrechatField] | None = Field(default=None, max_length=10)
    consent: Consent | None = None


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


class IdentitySecret(Record):
    """Signs claims (JWT, HS256) for POST /webchat/sessions: docs/webchat_protocol.md. Keep it on your server."""

    secret: str


class RejectedHook(Record):
    """Webhooks that did not prove themselves: where they came to, and the fingerprints of the secrets tried (the first
    eight digits of the SHA-256 of each)."""

    url: str
    secrets: list[str]
    reason: str
    count: int
    last_at: datetime


class NumberHealth(Record):
    """How a number is. `problems` says in sentences what is wrong and what to do; empty is well. `notices` keeps the
    provider's last word on each topic: quality, limits, reviews."""

    problems: list[str]
    can_receive: bool
    last_webhook_at: datetime | None
    last_sent_at: datetime | None
    auth_failed_at: datetime | None
    auth_error: str | None
    token_expires_at: datetime | None
    token_refreshed_at: datetime | None
    caught_up_at: datetime | None
    paused_until: datetime | None
    pause_reason: str | None
    queued_parts: int
    failed_parts: int
    notices: dict[str, Any]
    rejected: list[RejectedHook]


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
    if token or settings:
        await call.db.execute(SQL["resume"], call.user_id, number_id)
        call.after(lambda: call.api.bus.publish("outbox"))
    call.after(lambda: call.api.bus.publish("numbers"))
    return await _get(call, number_id)


@operations.on("GET", "/v1/numbers/{id}/health", scope="numbers:read", summary="How a number is", answer=NumberHealth)
async def get_number_health(call: Call[None, None]) -> NumberHealth:
    number = await _get(call, call.path["id"])
    row = (await call.db.fetch(SQL["health"], call.user_id, number.id))[0]
    token = await call.db.fetchval(SQL["token"], call.user_id, number.id)
    rejected = await call.db.fetch(SQL["rejected"], f"{ENDPOINTS.get(number.platform, '')}%")
    mine = [fingerprint(call.api.vault.open(token, token_place(call.user_id, number.id)))]
    if number.platform in ("whatsapp", "instagram"):
        mine = [fingerprint(secret) for secret in call.api.settings.meta_app_secrets]
    shown = [one for one in rejected if not one["secrets"] or set(mine) & set(one["secrets"].split())]
    return NumberHealth.model_validate(
        {
            **row,
            "can_receive": number.platform != "sms" or number.meta_phone_number_id.startswith("+"),
            "notices": json.loads(row["notices"]),
            "rejected": [{**one, "secrets": one["secrets"].split()} for one in shown],
            "problems": problems_of(dict(row), [one["last_at"] for one in shown], datetime.now(UTC)),
        }
    )


@operations.on(
    "GET", "/v1/numbers/{id}/identity", scope="numbers:write", answer=IdentitySecret,
    summary="The secret with which a website's server signs who its visitor is",
)  # fmt: skip
async def get_identity_secret(call: Call[None, None]) -> IdentitySecret:
    number = await _get(call, call.path["id"])
    if number.platform != "webchat":
        raise Conflict("Only a webchat has such a secret.")
    return IdentitySecret(secret=identity_secrets(call.api.vault, number.meta_phone_number_id)[0])


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
    if body.platform != "sms" or ALPHANUMERIC.fullmatch(address):
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
