"""Agents: who answers a number. One agent for one number; relinking archives what was open."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Annotated, Any, Literal

import asyncpg
from pydantic import BaseModel, Field

from gateway.api.etags import lock
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.booking.rules import Rules, parse
from gateway.db import jsonb, queries, retry_clash
from gateway.errors import Conflict, Invalid, NotFound
from gateway.hours import Hours
from gateway.ids import new
from gateway.variables import Variable, check_values

SQL = queries(__file__)
operations = Operations()
PromptId = Annotated[str, Field(min_length=1, max_length=100)]
Language = Annotated[Literal["en", "es", "pt", "de", "fr", "sv", "ar", "hi"], Field()]
UNDOABLE = {
    "again": "This relink was taken back already.",
    "late": "A relink can be taken back for seven days.",
    "since": "Something was linked since. Take that back first, or link the agent itself.",
}
Values = dict[Annotated[str, Field(max_length=40)], str | float | bool]


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
    fallback_text: str | None
    fallback_model: str | None
    language: str
    hours: Hours | None
    outside_hours: Literal["answer", "away"]
    away_text: str | None
    media_wait_ms: int
    state: Literal["local", "conversation"]
    tools: list[str] | None
    variables: dict[str, Any]
    moderation: Literal["off", "score", "block"]
    fresh_minutes: int
    most_turns_a_day: int | None
    most_micros_a_day: int | None
    booking: Rules | None
    booking_problem: str | None
    created_at: datetime
    updated_at: datetime


class Settings(Model):
    """How an agent works; every field has a default.

    It waits `quiet_ms` for a burst to end, at most `max_wait_ms` after its first message, and `media_wait_ms` for files
    to be fetched and voice notes to be written down. `fallback_model` answers when `model` can't. `fallback_text` and
    `away_text` ("{time}" is when the business opens) are said instead of the lines in the customer's language.
    `outside_hours` away says that nobody answers outside `hours`; answer that the agent does, and knows that no person
    is there. `state` conversation keeps a copy of each transcript at the provider. `tools` null allows every tool.
    `fresh_minutes` is how long a message may wait for an outage to end before a person gets it. `most_turns_a_day` is
    for one conversation, `most_micros_a_day` for the agent at the provider, in millionths of a US dollar. `booking`
    says when it may book meetings; null is never.
    """

    model: str | None = Field(default=None, max_length=100)
    quiet_ms: int = Field(default=800, ge=0, le=60_000)
    max_wait_ms: int = Field(default=8000, ge=0, le=300_000)
    fallback_text: str | None = Field(default=None, min_length=1, max_length=1000)
    fallback_model: str | None = Field(default=None, max_length=100)
    language: Language = "en"
    hours: Hours | None = None
    outside_hours: Literal["answer", "away"] = "answer"
    away_text: str | None = Field(default=None, min_length=1, max_length=1000)
    media_wait_ms: int = Field(default=20_000, ge=0, le=120_000)
    state: Literal["local", "conversation"] = "local"
    tools: list[Annotated[str, Field(max_length=64)]] | None = Field(default=None, max_length=100)
    variables: Values = Field(default_factory=dict, max_length=50)
    moderation: Literal["off", "score", "block"] = "off"
    fresh_minutes: int = Field(default=60, ge=0, le=1440)
    most_turns_a_day: int | None = Field(default=None, ge=1, le=100_000)
    most_micros_a_day: int | None = Field(default=None, ge=1, le=10**15)
    booking: Rules | None = None


class NewAgent(Settings):
    """An agent with its prompt, and the number that it answers, if it has one yet."""

    name: str = Field(min_length=1, max_length=255)
    prompt_id: PromptId
    phone_number_id: str | None = Field(default=None, max_length=50)


class AgentChange(Settings):
    """What is left out stays; null takes back what can be null."""

    name: str | None = Field(default=None, min_length=1, max_length=255)
    prompt_id: PromptId | None = None


class NewLink(Model):
    """The number that an agent is to answer from now on."""

    phone_number_id: str = Field(min_length=1, max_length=50)
    reason: str = Field(default="Agent relinked", min_length=1, max_length=255)


class Linked(Record):
    """What linking did."""

    agent: Agent
    archived_conversations_count: int


class Unlink(Model):
    """Why an agent answers its number no longer."""

    reason: str = Field(default="Agent unlinked", min_length=1, max_length=255)


class Archive(Record):
    """A relink: whose conversations were closed, and how many. `new_agent_id` null says that the agent was unlinked,
    `undone_at` that it was taken back, which is possible once, for seven days, while nothing was linked since."""

    archive_id: str
    old_agent_id: str
    new_agent_id: str | None
    phone_number_id: str
    archived_conversations_count: int
    archived_at: datetime
    reason: str
    undone_at: datetime | None


class Undone(Record):
    """What taking a relink back did. Who wrote since then keeps the newer conversation, with the former agent; of the
    others `reopened_conversations_count` are where they were."""

    archive: Archive
    reopened_conversations_count: int


@operations.on("GET", "/v1/agents", scope="agents:read", summary="List agents", query=PageQuery, answer=Page[Agent])
async def list_agents(call: Call[None, PageQuery]) -> Page[Agent]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "agent_id")
    return Page[Agent](data=[_agent(row) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/agents", scope="agents:write", summary="Make an agent", body=NewAgent, answer=Agent, status=201
)
async def create_agent(call: Call[NewAgent, None]) -> Agent:
    body, agent_id = call.body, new("agt")
    prompt_id = await prompt_of(call, body.prompt_id)
    await check_agent(call, prompt_id, body.variables)
    await call.db.execute(SQL["add"], call.user_id, agent_id, prompt_id, body.name)
    await _set(call, agent_id, {name: getattr(body, name) for name in Settings.model_fields})
    if body.phone_number_id:
        await lock(call.db, call.user_id, f"/v1/numbers/{body.phone_number_id}")  # of two at once, one finds the other
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
    agent = await _get(call, call.path["id"])
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    if given.get("prompt_id"):
        given["prompt_id"] = await prompt_of(call, given["prompt_id"])
    if {"prompt_id", "variables"} & given.keys():
        values = given.get("variables", agent.variables) or {}
        await check_agent(call, given.get("prompt_id") or agent.prompt_id, values)
    await _set(call, agent.agent_id, given)
    return await _get(call, agent.agent_id)


@operations.on(
    "POST", "/v1/agents/{id}/link", scope="agents:write", summary="Let an agent answer a number", body=NewLink,
    answer=Linked,
)  # fmt: skip
async def link_agent(call: Call[NewLink, None]) -> Linked:
    agent = await _get(call, call.path["id"])
    count = await _link(call, agent.agent_id, call.body.phone_number_id, call.body.reason)
    return Linked(agent=await _get(call, agent.agent_id), archived_conversations_count=count)


@operations.on(
    "POST", "/v1/agents/{id}/unlink", scope="agents:write", summary="Let an agent answer no number", body=Unlink,
    answer=Linked,
)  # fmt: skip
async def unlink_agent(call: Call[Unlink, None]) -> Linked:
    agent = await _get(call, call.path["id"])
    (count,) = await _relinked(call, "link", agent.agent_id, None, new("arc"), call.body.reason)
    call.after(lambda: call.api.bus.publish("numbers"))
    return Linked(agent=await _get(call, agent.agent_id), archived_conversations_count=count)


@operations.on(
    "POST", "/v1/archives/{id}/undo", scope="agents:write", summary="Take a relink back", answer=Undone
)  # fmt: skip
async def undo_link(call: Call[None, None]) -> Undone:
    row = await _relinked(call, "undo", call.path["id"])
    if row["outcome"] == "none":
        raise NotFound("There is no such relink.")
    if problem := UNDOABLE.get(row["outcome"]):
        raise Conflict(problem)
    for topic in ("numbers", "replay", "turns"):
        call.after(partial(call.api.bus.publish, topic))
    archive = await call.db.fetchrow(SQL["archive"], call.user_id, call.path["id"])
    return Undone(archive=Archive.model_validate(dict(archive or {})), reopened_conversations_count=row["reopened"])


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
    try:
        (count,) = await _relinked(call, "link", agent_id, number_id, new("arc"), reason)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("Another request linked this number in the same moment. Look who answers it now.") from error
    call.after(lambda: call.api.bus.publish("numbers"))
    call.after(lambda: call.api.bus.publish("replay"))
    return int(count)


async def _relinked(call: Call[Any, Any], query: str, *values: object) -> asyncpg.Record:
    """A relink. It waits for messages that are being written, which may wait for it: then it begins again."""

    async def done() -> asyncpg.Record | None:
        async with call.db.transaction():
            return await call.db.fetchrow(SQL[query], call.user_id, *values)

    row = await retry_clash(done)
    if row is None:
        raise NotFound("There is no such relink.")
    return row


async def _get(call: Call[Any, Any], agent_id: str) -> Agent:
    row = await call.db.fetchrow(SQL["get"], call.user_id, agent_id)
    if row is None:
        raise NotFound("There is no such agent.")
    return _agent(row)


def _agent(row: asyncpg.Record) -> Agent:
    stored = {name: json.loads(row[name]) for name in ("hours", "variables") if row[name]}
    rules, problem = None, None
    try:
        rules = parse(json.loads(row["booking"])) if row["booking"] else None
    except ValueError as error:
        problem = str(error)
    return Agent.model_validate({**row, **stored, "booking": rules, "booking_problem": problem})


async def _set(call: Call[Any, Any], agent_id: str, given: Mapping[str, Any]) -> None:
    """Stores the fields that were given."""
    values = {name: value for name, value in given.items() if value is not None or name not in ("name", "prompt_id")}
    for name in ("hours", "booking"):
        if isinstance(values.get(name), BaseModel):
            # Only what was said: a default that is written down would bind the next version of these fields.
            values[name] = values[name].model_dump(mode="json", exclude_unset=name == "booking")
    await call.db.execute(SQL["change"], call.user_id, agent_id, jsonb(values))


async def prompt_of(call: Call[Any, Any], prompt_id: str) -> str:
    """The prompt that an id names: ours, or the one that was imported from the provider's. Raises Invalid."""
    found: str | None = await call.db.fetchval(SQL["prompt"], call.user_id, prompt_id)
    if found is not None:
        return found
    problem = "is no prompt of yours"
    if prompt_id.startswith("pmpt_"):
        problem = (
            "names a prompt stored at OpenAI, which ends stored prompts on 30 November 2026: "
            "import it with POST /v1/prompts/import, and this id goes on working"
        )
    raise Invalid(f"The prompt_id {problem}.", [{"field": "prompt_id", "problem": problem}])


async def check_agent(call: Call[Any, Any], prompt_id: str, values: Mapping[str, Any]) -> None:
    """Raises Invalid unless an agent's values fit every version that its prompt may run."""
    for row in await call.db.fetch(SQL["declared"], call.user_id, prompt_id):
        check_values([Variable.model_validate(one) for one in json.loads(row["variables"])], values)
