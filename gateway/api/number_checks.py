"""The guide of a number: what to copy where, and a live list of what works already and what is wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg

from channels.base import Standing
from channels.errors import Misconfigured, SendFailed
from gateway.accounts.roles import allows
from gateway.api.operations import Call, Operations, Record
from gateway.db import queries
from gateway.errors import Conflict, NotFound
from gateway.guides import FIELDS, ProviderRefused, Said, Value, checks_of, refusal_of, values_of
from gateway.numbers import sender_of

SQL = queries(__file__)
operations = Operations()
FINAL = ("100", "no_number")  # answers that the next minute does not change
HOOKS = {"whatsapp": "meta", "instagram": "meta", "sms": "twilio/messages"}


class CopyValue(Record):
    """Something to copy: into a page of the provider, or into a website."""

    name: str
    value: str


class NumberCheck(Record):
    """One step. `sentence` says what is so, or what to do, in English; `code` ("" for what was seen before there were
    codes) and what it names in `values` say the same to programs with words of their own. `at` is when it was seen."""

    name: Literal["challenge", "signature", "token", "subscription", "page", "message", "reply"]
    state: Literal["waiting", "ok", "failed", "not_needed"]
    at: datetime | None
    code: str
    values: dict[str, str]
    sentence: str


class NumberSetup(Record):
    """What the guide of a number shows. `fields` are the webhook fields to tick at Meta. `can_connect` says that
    POST …/connect can set the webhook at the provider. `ready` is true when every check is ok or not needed."""

    platform: str
    values: list[CopyValue]
    fields: list[str]
    can_connect: bool
    ready: bool
    checks: list[NumberCheck]


@operations.on(
    "GET", "/v1/numbers/{id}/setup", scope="numbers:read", summary="The guide of a number, and how far it is",
    answer=NumberSetup,
)  # fmt: skip
async def get_number_setup(call: Call[None, None]) -> NumberSetup:
    return _setup(call, await _facts(call))


@operations.on(
    "POST", "/v1/numbers/{id}/check", scope="numbers:write", summary="Ask the provider about a number now",
    answer=NumberSetup,
)  # fmt: skip
async def check_number(call: Call[None, None]) -> NumberSetup:
    await _ask(call, await _facts(call))
    return _setup(call, await _facts(call))


@operations.on(
    "POST", "/v1/numbers/{id}/connect", scope="numbers:write", answer=NumberSetup,
    summary="Have the provider send a number's webhooks here",
)  # fmt: skip
async def connect_number(call: Call[None, None]) -> NumberSetup:
    facts = await _facts(call)
    platform = facts["platform"]
    if platform == "webchat":
        raise Conflict("A webchat has no provider. Put the script on your website.")
    sender = sender_of(call.api.vault, facts)
    try:
        await call.api.channels[platform].connect(sender, _hook_url(call, platform))
    except SendFailed as error:
        raise ProviderRefused(refusal_of(error)) from error
    await _ask(call, facts)
    return _setup(call, await _facts(call))


async def _facts(call: Call[None, None]) -> asyncpg.Record:
    row = await call.db.fetchrow(SQL["facts"], call.user_id, call.path["id"], "meta")
    if row is None:
        raise NotFound("There is no such number.")
    return row


async def _ask(call: Call[None, None], facts: asyncpg.Record) -> None:
    """Asks the provider about the number and keeps what it says."""
    platform = facts["platform"]
    sender, url = sender_of(call.api.vault, facts), _hook_url(call, platform)
    try:
        standing = await call.api.channels[platform].standing(sender, url)
    except SendFailed as error:
        wrong = isinstance(error, Misconfigured) or error.code in FINAL
        found = {"token": _found("failed" if wrong else "waiting", refusal_of(error))}
        await call.db.execute(SQL["keep"], call.user_id, facts["id"], json.dumps(found), False)
        return
    if standing is not None:
        await call.db.execute(SQL["keep"], call.user_id, facts["id"], json.dumps(_stands(standing)), True)


def _stands(standing: Standing) -> dict[str, dict[str, Any]]:
    if standing.trouble:
        return {"token": _found("failed", Said("provider_says", {"trouble": standing.trouble.rpartition(" is ")[2]}))}
    named = Said("token_ok_named", {"name": standing.name}) if standing.name else Said("token_ok")
    token = _found("ok", named)
    if standing.hooked is None:
        return {"token": token, "subscription": {}}
    if standing.hooked:
        return {"token": token, "subscription": _found("ok", Said("subscription_ok"))}
    return {"token": token, "subscription": _found("failed", Said("subscription_missing"))}


def _found(state: str, said: Said) -> dict[str, Any]:
    return {"state": state, "at": datetime.now(UTC).isoformat(), "code": said.code, "values": dict(said.values)}


def _hook_url(call: Call[None, None], platform: str) -> str:
    return f"{call.api.settings.public_url}/webhooks/{HOOKS.get(platform, '')}"


def _setup(call: Call[None, None], facts: asyncpg.Record) -> NumberSetup:
    settings = call.api.settings
    values = values_of(facts["platform"], facts["address"], settings.public_url)
    if facts["platform"] in ("whatsapp", "instagram") and allows(call.caller.scopes, "numbers:write"):
        values.insert(1, Value("verify_token", settings.meta_verify_token))
    checks = checks_of(facts, json.loads(facts["settings"]), json.loads(facts["checks"]))
    return NumberSetup(
        platform=facts["platform"],
        values=[CopyValue(name=one.name, value=one.value) for one in values],
        fields=list(FIELDS.get(facts["platform"], ())),
        can_connect=facts["platform"] != "webchat",
        ready=all(one.state in ("ok", "not_needed") for one in checks),
        checks=[NumberCheck.model_validate(one) for one in checks],
    )
