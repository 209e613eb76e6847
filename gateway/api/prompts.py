"""Prompts: what an agent is told, in versions that never change."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Self

import asyncpg
from pydantic import Field, model_validator

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.variables import KNOWN, Variable, check_values, check_version

SQL = queries(__file__)
operations = Operations()
INSTRUCTIONS_LIMIT = 60_000


class Prompt(Record):
    """A prompt. Agents run its active version."""

    prompt_id: str
    user_id: str
    name: str
    active_version: int
    trial_version: int | None
    trial_percent: int
    legacy_id: str | None
    created_at: datetime
    updated_at: datetime


class Legacy(Model):
    """A prompt stored at OpenAI, which is sent by its id. OpenAI ends these on 30 November 2026."""

    id: str = Field(pattern=r"^pmpt_[A-Za-z0-9_-]{1,90}$")
    version: str | None = Field(default=None, max_length=20)


class Version(Record):
    """One version of a prompt; it never changes. A version that is neither active nor on trial is a draft."""

    prompt_id: str
    version: int
    instructions: str
    variables: list[Variable]
    legacy: Legacy | None
    note: str
    created_at: datetime


class Versions(Record):
    """The versions of a prompt, newest first."""

    data: list[Version]
    next_cursor: str | None = None


class Text(Model):
    """What a version says. Names in double braces are filled in: NAMES; and those that `variables` declares with a
    type (text, number, boolean, date), whose values stand in the agents. `note` is for people: what changed, and why.
    """

    instructions: str = Field(default="", max_length=INSTRUCTIONS_LIMIT)
    variables: list[Variable] = Field(default_factory=list, max_length=50)
    legacy: Legacy | None = None
    note: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.instructions and self.legacy is None:
            raise ValueError("instructions must say something")
        return self


Text.__doc__ = (Text.__doc__ or "").replace("NAMES", ", ".join(KNOWN))


class NewPrompt(Text):
    """A prompt with its first version."""

    name: str = Field(min_length=1, max_length=255)


class NewVersion(Text):
    """A further version, used at once unless told otherwise."""

    activate: bool = True


class NewImport(Model):
    """A prompt that was stored at OpenAI: its id, and its text. Agents may go on naming it by that id."""

    legacy_id: str = Field(pattern=r"^pmpt_[A-Za-z0-9_-]{1,90}$")
    name: str = Field(default="", max_length=255)
    instructions: str = Field(min_length=1, max_length=INSTRUCTIONS_LIMIT)
    variables: list[Variable] = Field(default_factory=list, max_length=50)


class PromptChange(Model):
    """What is left out stays. `trial_version` is run by `trial_percent` of the conversations, always the same ones;
    0 ends the trial."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    active_version: int | None = Field(default=None, ge=1, le=2_000_000_000)
    trial_version: int | None = Field(default=None, ge=1, le=2_000_000_000)
    trial_percent: int | None = Field(default=None, ge=0, le=100)


@operations.on("GET", "/v1/prompts", scope="prompts:read", summary="List prompts", query=PageQuery, answer=Page[Prompt])
async def list_prompts(call: Call[None, PageQuery]) -> Page[Prompt]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "prompt_id")
    return Page[Prompt](data=[Prompt.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/prompts", scope="prompts:write", summary="Write a prompt", body=NewPrompt, answer=Prompt, status=201
)
async def create_prompt(call: Call[NewPrompt, None]) -> Prompt:
    prompt_id = new("prm")
    check_version(call.body.instructions, call.body.variables)
    await call.db.execute(SQL["add"], call.user_id, prompt_id, call.body.name, None)
    await _add_version(call, prompt_id, call.body)
    return await _get(call, prompt_id)


@operations.on(
    "POST", "/v1/prompts/import", scope="prompts:write", summary="Import a prompt that was stored at OpenAI",
    body=NewImport, answer=Prompt, status=201,
)  # fmt: skip
async def import_prompt(call: Call[NewImport, None]) -> Prompt:
    body = call.body
    check_version(body.instructions, body.variables)
    known = await call.db.fetchval(SQL["imported"], call.user_id, body.legacy_id)
    if known:
        raise Conflict(f"This prompt was imported already: it is {known}. Write it a new version there.")
    prompt_id = new("prm")
    await call.db.execute(SQL["add"], call.user_id, prompt_id, body.name or body.legacy_id, body.legacy_id)
    text = Text(instructions=body.instructions, variables=body.variables, note=f"Imported from {body.legacy_id}")
    await _add_version(call, prompt_id, text)
    return await _get(call, prompt_id)


@operations.on("GET", "/v1/prompts/{id}", scope="prompts:read", summary="Get a prompt", answer=Prompt)
async def get_prompt(call: Call[None, None]) -> Prompt:
    return await _get(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/prompts/{id}", scope="prompts:write", summary="Rename or activate a version", body=PromptChange,
    answer=Prompt,
)  # fmt: skip
async def change_prompt(call: Call[PromptChange, None]) -> Prompt:
    prompt_id, body = call.path["id"], call.body
    prompt = await _get(call, prompt_id)
    for field in ("active_version", "trial_version"):
        version = getattr(body, field)
        if version is not None:
            await _check_version(call, prompt_id, version, field)
    if body.trial_percent and not (body.trial_version or prompt.trial_version):
        raise Invalid("There is no trial.", [{"field": "trial_version", "problem": "is needed with a percentage"}])
    values = (body.name, body.active_version, body.trial_version, body.trial_percent)
    await call.db.execute(SQL["change"], call.user_id, prompt_id, *values)
    return await _get(call, prompt_id)


@operations.on("GET", "/v1/prompts/{id}/versions", scope="prompts:read", summary="List versions", answer=Versions)
async def list_prompt_versions(call: Call[None, None]) -> Versions:
    await _get(call, call.path["id"])
    rows = await call.db.fetch(SQL["versions"], call.user_id, call.path["id"])
    return Versions(data=[_version(row) for row in rows])


@operations.on(
    "POST", "/v1/prompts/{id}/versions", scope="prompts:write", summary="Write a further version", body=NewVersion,
    answer=Version, status=201,
)  # fmt: skip
async def create_prompt_version(call: Call[NewVersion, None]) -> Version:
    prompt_id = call.path["id"]
    if await call.db.fetchrow(SQL["lock"], call.user_id, prompt_id) is None:
        raise NotFound("There is no such prompt.")
    check_version(call.body.instructions, call.body.variables)
    version = await _add_version(call, prompt_id, call.body)
    if call.body.activate:
        await _check_version(call, prompt_id, version.version, "variables")
        await call.db.execute(SQL["change"], call.user_id, prompt_id, None, version.version, None, None)
    return version


async def _add_version(call: Call[Any, Any], prompt_id: str, text: Text) -> Version:
    variables = json.dumps([variable.model_dump() for variable in text.variables])
    legacy = text.legacy.model_dump_json(exclude_none=True) if text.legacy else None
    values = (_text(text.instructions), variables, legacy, _text(text.note))
    row = await call.db.fetchrow(SQL["add_version"], call.user_id, prompt_id, *values)
    assert row is not None  # noqa: S101 - an insert that returns what it inserted
    return _version(row)


def _version(row: asyncpg.Record) -> Version:
    legacy = json.loads(row["legacy"]) if row["legacy"] else None
    return Version.model_validate({**row, "variables": json.loads(row["variables"]), "legacy": legacy})


async def _check_version(call: Call[Any, Any], prompt_id: str, version: int, field: str) -> None:
    """Raises Invalid unless a version exists and every agent of the prompt has the values that it wants."""
    row = await call.db.fetchrow(SQL["version"], call.user_id, prompt_id, version)
    if row is None:
        raise Invalid("There is no such version.", [{"field": field, "problem": "is no version of this prompt"}])
    declared = [Variable.model_validate(one) for one in json.loads(row["variables"])]
    for agent in await call.db.fetch(SQL["agents"], call.user_id, prompt_id):
        values = json.loads(agent["variables"])
        names = {variable.name for variable in declared}
        try:
            check_values(declared, {name: value for name, value in values.items() if name in names})
        except Invalid as error:
            raise Invalid(f"The agent {agent['agent_id']} lacks values for this version.", error.fields) from error


async def _get(call: Call[Any, Any], prompt_id: str) -> Prompt:
    row: asyncpg.Record | None = await call.db.fetchrow(SQL["get"], call.user_id, prompt_id)
    if row is None:
        raise NotFound("There is no such prompt.")
    return Prompt.model_validate(dict(row))


def _text(text: str) -> str:
    return text.replace("\x00", "")
