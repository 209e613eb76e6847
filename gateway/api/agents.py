"""Agents: who answers a number. One agent for one number; relinking archives what was open."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import asyncpg
from pydantic import AfterValidator, Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
FALLBACK = "Sorry, I cannot answer right now. Your message is safe with us and someone will get back to you."


def _local(prompt_id: str) -> str:
    """Refuses prompts that are stored at OpenAI.

    https://developers.openai.com/api/docs/deprecations: reusable prompt objects end on 30 November 2026.
    """
    if prompt_id.startswith("pmpt_"):
        raise ValueError(
            "names a prompt stored at OpenAI, which ends stored prompts on 30 November 2026: "
            "paste its text with POST /v1/prompts and use the id that you get"
        )
    return prompt_id


PromptId = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_local)]


class Agent(Record):
    """An agent. Without a phone_number_id it answers nobody."""

    agent_id: str
    user_id: str
    phone_number_id: str | None
    prompt_id: str
    name: str
    model: str | None
    quiet_ms: int
    max_wait_ms: int
    fallback_text: str
    created_at: datetime
    updated_at: datetime


class NewAgent(Model):
    """An agent; it waits `quiet_ms` for a burst to end, at most `max_wait_ms` after its first message."""

    name: str = Field(min_length=1, max_length=255)
    prompt_id: PromptId
    phone_number_id: str | None = Field(default=None, max_length=50)
    model: str | None = Field(default=None, max_length=100)
    quiet_ms: int = Field(default=800, ge=0, le=60_000)
    max_wait_ms: int = Field(default=8000, ge=0, le=300_000)
    fallback_text: str = Field(default=FALLBACK, min_length=1, max_length=1000)


class AgentChange(Model):
    """What is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    prompt_id: PromptId | None = None
    model: str | None = Field(default=None, max_length=100)
    quiet_ms: int | None = Field(default=None, ge=0, le=60_000)
    max_wait_ms: int | None = Field(default=None, ge=0, le=300_000)
    fallback_text: str | None = Field(default=None, min_length=1, max_length=1000)


class NewLink(Model):
    """The number that an agent is to answer from now on."""

    phone_number_id: str = Field(min_length=1, max_length=50)
    reason: str = Field(default="Agent relinked", min_length=1, max_length=255)


class Linked(Record):
    """What linking did."""

    agent: Agent
    archived_conversations_count: int


class Archive(Record):
    """A relink: whose conversations were closed, and how many."""

    archive_id: str
    old_agent_id: str
    new_agent_id: str | None
    phone_number_id: str
    archived_conversations_count: int
    archived_at: datetime
    reason: str


@operations.on("GET", "/v1/agents", scope="agents:read", summary="List agents", query=PageQuery, answer=Page[Agent])
async def list_agents(call: Call[None, PageQuery]) -> Page[Agent]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "agent_id")
    return Page[Agent](data=[Agent.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/agents", scope="agents:write", summary="Make an agent", body=NewAgent, answer=Agent, status=201
)
async def create_agent(call: Call[NewAgent, None]) -> Agent:
    body, agent_id = call.body, new("agt")
    values = (body.prompt_id, body.name, body.model, body.quiet_ms, body.max_wait_ms, body.fallback_text)
    try:
        await call.db.execute(SQL["add"], call.user_id, agent_id, *values)
    except asyncpg.ForeignKeyViolationError as error:
        raise _no_prompt() from error
    if body.phone_number_id:
        if await call.db.fetchval(SQL["holder"], call.user_id, body.phone_number_id):
            raise Conflict(
                "An agent answers this number already. Make this one without, then POST /v1/agents/{id}/link."
            )
        await _link(call, agent_id, body.phone_number_id, "Agent linked")
    return await _get(call, agent_id)


@operations.on("GET", "/v1/agents/{id}", scope="agents:read", summary="Get an agent", answer=Agent)
async def get_agent(call: Call[None, None]) -> Agent:
    return await _get(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/agents/{id}", scope="agents:write", summary="Change an agent", body=AgentChange, answer=Agent
)
async def change_agent(call: Call[AgentChange, None]) -> Agent:
    body, agent_id = call.body, call.path["id"]
    values = (body.name, body.prompt_id, body.model, body.quiet_ms, body.max_wait_ms, body.fallback_text)
    try:
        await call.db.execute(SQL["change"], call.user_id, agent_id, *values)
    except asyncpg.ForeignKeyViolationError as error:
        raise _no_prompt() from error
    return await _get(call, agent_id)


@operations.on(
    "POST", "/v1/agents/{id}/link", scope="agents:write", summary="Let an agent answer a number", body=NewLink,
    answer=Linked,
)  # fmt: skip
async def link_agent(call: Call[NewLink, None]) -> Linked:
    agent = await _get(call, call.path["id"])
    count = await _link(call, agent.agent_id, call.body.phone_number_id, call.body.reason)
    return Linked(agent=await _get(call, agent.agent_id), archived_conversations_count=count)


@operations.on(
    "GET", "/v1/archives", scope="agents:read", summary="List relinks", query=PageQuery, answer=Page[Archive]
)
async def list_archives(call: Call[None, PageQuery]) -> Page[Archive]:
    rows = await call.db.fetch(SQL["archives"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "archive_id")
    return Page[Archive](data=[Archive.model_validate(dict(row)) for row in shown], next_cursor=following)


async def _link(call: Call[Any, Any], agent_id: str, number_id: str, reason: str) -> int:
    if not await call.db.fetchval(SQL["has_number"], call.user_id, number_id):
        raise Invalid("There is no such number.", [{"field": "phone_number_id", "problem": "is no number of yours"}])
    count: int = await call.db.fetchval(SQL["link"], call.user_id, agent_id, number_id, new("arc"), reason)
    call.after(lambda: call.api.bus.publish("numbers"))
    call.after(lambda: call.api.bus.publish("replay"))
    return count


async def _get(call: Call[Any, Any], agent_id: str) -> Agent:
    row = await call.db.fetchrow(SQL["get"], call.user_id, agent_id)
    if row is None:
        raise NotFound("There is no such agent.")
    return Agent.model_validate(dict(row))


def _no_prompt() -> Invalid:
    return Invalid("There is no such prompt.", [{"field": "prompt_id", "problem": "is no prompt of yours"}])
