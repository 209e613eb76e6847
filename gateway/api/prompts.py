"""Prompts: what an agent is told, in versions that never change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import asyncpg
from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Invalid, NotFound
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
INSTRUCTIONS_LIMIT = 60_000


class Prompt(Record):
    """A prompt. Agents run its active version."""

    prompt_id: str
    user_id: str
    name: str
    active_version: int
    created_at: datetime
    updated_at: datetime


class Version(Record):
    """One version of a prompt; it never changes."""

    prompt_id: str
    version: int
    instructions: str
    created_at: datetime


class Versions(Record):
    """The versions of a prompt, newest first."""

    data: list[Version]
    next_cursor: str | None = None


class NewPrompt(Model):
    """A prompt with its first version."""

    name: str = Field(min_length=1, max_length=255)
    instructions: str = Field(min_length=1, max_length=INSTRUCTIONS_LIMIT)


class NewVersion(Model):
    """A further version, used at once unless told otherwise."""

    instructions: str = Field(min_length=1, max_length=INSTRUCTIONS_LIMIT)
    activate: bool = True


class PromptChange(Model):
    """What is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    active_version: int | None = Field(default=None, ge=1)


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
    await call.db.execute(SQL["add"], call.user_id, prompt_id, call.body.name)
    await call.db.execute(SQL["add_version"], call.user_id, prompt_id, _text(call.body.instructions))
    return await _get(call, prompt_id)


@operations.on("GET", "/v1/prompts/{id}", scope="prompts:read", summary="Get a prompt", answer=Prompt)
async def get_prompt(call: Call[None, None]) -> Prompt:
    return await _get(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/prompts/{id}", scope="prompts:write", summary="Rename or activate a version", body=PromptChange,
    answer=Prompt,
)  # fmt: skip
async def change_prompt(call: Call[PromptChange, None]) -> Prompt:
    prompt_id, version = call.path["id"], call.body.active_version
    await _get(call, prompt_id)
    versions = await call.db.fetch(SQL["versions"], call.user_id, prompt_id)
    if version is not None and version not in {row["version"] for row in versions}:
        problem = {"field": "active_version", "problem": "is no version of this prompt"}
        raise Invalid("There is no such version.", [problem])
    await call.db.execute(SQL["change"], call.user_id, prompt_id, call.body.name, version)
    return await _get(call, prompt_id)


@operations.on("GET", "/v1/prompts/{id}/versions", scope="prompts:read", summary="List versions", answer=Versions)
async def list_prompt_versions(call: Call[None, None]) -> Versions:
    await _get(call, call.path["id"])
    rows = await call.db.fetch(SQL["versions"], call.user_id, call.path["id"])
    return Versions(data=[Version.model_validate(dict(row)) for row in rows])


@operations.on(
    "POST", "/v1/prompts/{id}/versions", scope="prompts:write", summary="Write a further version", body=NewVersion,
    answer=Version, status=201,
)  # fmt: skip
async def create_prompt_version(call: Call[NewVersion, None]) -> Version:
    prompt_id = call.path["id"]
    if await call.db.fetchrow(SQL["lock"], call.user_id, prompt_id) is None:
        raise NotFound("There is no such prompt.")
    row = await call.db.fetchrow(SQL["add_version"], call.user_id, prompt_id, _text(call.body.instructions))
    version = Version.model_validate(dict(row))  # type: ignore[arg-type]
    if call.body.activate:
        await call.db.execute(SQL["change"], call.user_id, prompt_id, None, version.version)
    return version


async def _get(call: Call[Any, Any], prompt_id: str) -> Prompt:
    row: asyncpg.Record | None = await call.db.fetchrow(SQL["get"], call.user_id, prompt_id)
    if row is None:
        raise NotFound("There is no such prompt.")
    return Prompt.model_validate(dict(row))


def _text(text: str) -> str:
    return text.replace("\x00", "")
