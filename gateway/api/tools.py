"""Tools that agents may use besides the built-in ones: one HTTP request each. Headers are taken and never shown."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Annotated, Any, Literal

import asyncpg
from pydantic import AfterValidator, Field

from gateway.api.idempotency import HEADER
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound, TooMany
from gateway.fetch import Fetcher
from gateway.http_tools import (
    MOST_BYTES,
    Attempt,
    HttpTools,
    Parameter,
    arguments_of,
    check_url,
    definition_of,
    headers_place,
)
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
OURS = frozenset({
    "handoff", "set_customer_fact", "send_link", "search_knowledge", "find_times", "book_meeting", "reschedule_meeting",
    "cancel_meeting",
})  # fmt: skip
HIDDEN = "••••"
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}")
_FIXED = frozenset({"host", "content-length", "transfer-encoding", "connection", "idempotency-key"})


def _name(text: str) -> str:
    if text in OURS:
        raise ValueError("is the name of a built-in tool")
    return text


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _FIXED:
            raise ValueError(f"{name} is no header that can be set")
        if not value.isascii() or not value.isprintable():
            raise ValueError(f"the value of {name} holds characters that no header has")
    return headers


Name = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$"), AfterValidator(_name)]
Headers = Annotated[dict[str, Annotated[str, Field(max_length=4000)]], Field(max_length=20), AfterValidator(_headers)]
Receipt = Literal["booked", "rescheduled", "cancelled", "sent", "noted"]


class Tool(Record):
    """A tool. Of its headers only the names are shown."""

    tool_id: str
    name: str
    description: str
    method: str
    url: str
    headers: dict[str, str]
    parameters: list[Parameter]
    effect: Literal["read", "write"]
    receipt: Receipt | None
    seconds: float
    budget: int
    enabled: bool
    created_at: datetime
    updated_at: datetime


class NewTool(Model):
    """One HTTP request. {name} in the path, the query and the headers is filled with a parameter, or with one of
    conversation_id, customer_id, customer_phone, customer_name; parameters without a place go into the query, or into a
    JSON body. A tool that changes something has effect write: it runs once, with an Idempotency-Key. `receipt` is what
    an agent may say was done when the answer is 2xx. `budget` is how often it may run in one turn."""

    name: Name
    description: str = Field(min_length=1, max_length=1000)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    url: str = Field(max_length=2000)
    headers: Headers = Field(default_factory=dict)
    parameters: list[Parameter] = Field(default_factory=list, max_length=30)
    effect: Literal["read", "write"] = "read"
    receipt: Receipt | None = None
    seconds: float = Field(default=10.0, ge=1, le=30)
    budget: int = Field(default=5, ge=1, le=20)
    enabled: bool = True


class ToolChange(Model):
    """What is left out stays; headers are replaced whole, and a value of •••• keeps the one that is stored."""

    name: Name | None = None
    description: str | None = Field(default=None, min_length=1, max_length=1000)
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    url: str | None = Field(default=None, max_length=2000)
    headers: dict[str, Annotated[str, Field(max_length=4000)]] | None = Field(default=None, max_length=20)
    parameters: list[Parameter] | None = Field(default=None, max_length=30)
    effect: Literal["read", "write"] | None = None
    receipt: Receipt | None = None
    seconds: float | None = Field(default=None, ge=1, le=30)
    budget: int | None = Field(default=None, ge=1, le=20)
    enabled: bool | None = None


class Facts(Model):
    """What a conversation would fill in."""

    conversation_id: str = Field(default="", max_length=50)
    customer_id: str = Field(default="", max_length=50)
    customer_phone: str = Field(default="", max_length=100)
    customer_name: str = Field(default="", max_length=255)


class TryTool(Model):
    """The arguments by their names, as an agent would give them; `facts` stand for those of a conversation."""

    arguments: dict[str, str | bool | int | float | None] = Field(default_factory=dict, max_length=30)
    facts: Facts = Field(default_factory=Facts)


class Trial(Record):
    """What came of one request with the tool's own limits: `body` is what an agent reads of the answer, `shortened`
    says that there was more. `unknown` is a change of which nobody knows whether it was made."""

    outcome: Literal["done", "refused", "slow", "no_answer", "forbidden"]
    status: int | None
    milliseconds: int
    body: str
    shortened: bool
    unknown: bool
    sentence: str


SENTENCES = {
    "done": "It worked.",
    "refused": "Your system answered {status}, which agents read as a refusal.",
    "slow": "No answer came in the time that the tool may take.",
    "no_answer": "No answer came: the address can't be reached, or it broke off.",
    "forbidden": "The address is not one of the public internet, so nothing was sent.",
}


@operations.on("GET", "/v1/tools", scope="tools:read", summary="List tools", query=PageQuery, answer=Page[Tool])
async def list_tools(call: Call[None, PageQuery]) -> Page[Tool]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "tool_id")
    return Page[Tool](data=[_shown(call, row) for row in shown], next_cursor=following)


@operations.on("POST", "/v1/tools", scope="tools:write", summary="Add a tool", body=NewTool, answer=Tool, status=201)
async def create_tool(call: Call[NewTool, None]) -> Tool:
    tool_id = new("tol")
    await _put(call, tool_id, call.body)
    return _shown(call, await _row(call, tool_id))


@operations.on("GET", "/v1/tools/{id}", scope="tools:read", summary="Get a tool", answer=Tool)
async def get_tool(call: Call[None, None]) -> Tool:
    return _shown(call, await _row(call, call.path["id"]))


@operations.on("PATCH", "/v1/tools/{id}", scope="tools:write", summary="Change a tool", body=ToolChange, answer=Tool)
async def change_tool(call: Call[ToolChange, None]) -> Tool:
    row = await _row(call, call.path["id"])
    stored = _opened(call, row)
    given = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    given = {name: value for name, value in given.items() if value is not None or name == "receipt"}
    headers = {
        name: stored.get(name, "") if value == HIDDEN else value for name, value in given.get("headers", stored).items()
    }
    try:
        _headers(headers)
    except ValueError as error:
        raise Invalid("The headers are not right.", [{"field": "headers", "problem": str(error)}]) from error
    former = {**row, "parameters": json.loads(row["parameters"])}
    whole = {name: former[name] for name in NewTool.model_fields} | given | {"headers": headers}
    await _put(call, row["tool_id"], NewTool.model_validate(whole))
    return _shown(call, await _row(call, row["tool_id"]))


@operations.on("DELETE", "/v1/tools/{id}", scope="tools:write", summary="Remove a tool", status=204)
async def delete_tool(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["remove"], call.user_id, call.path["id"]) is None:
        raise _none()


@operations.on(
    "POST", "/v1/tools/{id}/test", scope="tools:write", summary="Try a tool once, as an agent would", body=TryTool,
    answer=Trial,
)  # fmt: skip
async def try_tool(call: Call[TryTool, None]) -> Trial:
    one = definition_of(call.api.vault, call.user_id, await _row(call, call.path["id"]))
    arguments = arguments_of(one.parameters, call.body.arguments)
    if call.api.trying.locked():
        raise TooMany("Other tools are being tried. Try again.", retry_after=2)
    fetcher = Fetcher(call.api.settings.tool_origins, most_bytes=MOST_BYTES)
    key = f"test:{call.headers.get(HEADER) or new('try')}"
    try:
        async with call.api.trying:
            tools = HttpTools(call.api.pool, call.api.vault, fetcher)
            made = await tools.attempt(one, arguments, call.body.facts.model_dump(), key)
    finally:
        await fetcher.close()
    unknown = made.unknown(one.effect)
    return Trial(
        outcome=made.outcome, status=made.status, milliseconds=made.milliseconds, body=made.text,
        shortened=made.shortened, unknown=unknown, sentence=_sentence(made, unknown=unknown),
    )  # fmt: skip


def _sentence(made: Attempt, *, unknown: bool) -> str:
    said = SENTENCES[made.outcome].format(status=made.status)
    return f"{said} It is not known whether it was done." if unknown else said


async def _put(call: Call[Any, Any], tool_id: str, tool: NewTool) -> None:
    names = [one.name for one in tool.parameters]
    if len(set(names)) < len(names):
        raise Invalid("A parameter stands there twice.", [{"field": "parameters", "problem": "has a name twice"}])
    if problem := check_url(tool.url, names):
        raise Invalid(f"The url {problem}.", [{"field": "url", "problem": problem}])
    sealed = ""
    if tool.headers:
        sealed = call.api.vault.seal(json.dumps(tool.headers), headers_place(call.user_id, tool_id))
    parameters = json.dumps([one.model_dump() for one in tool.parameters])
    values = (tool.effect, tool.receipt, tool.seconds, tool.budget, tool.enabled)
    try:
        async with call.db.transaction():
            await call.db.execute(
                SQL["put"], call.user_id, tool_id, tool.name, tool.description, tool.method, tool.url, sealed,
                parameters, *values,
            )  # fmt: skip
    except asyncpg.UniqueViolationError as error:
        raise Conflict(f"There is a tool called {tool.name} already.") from error


async def _row(call: Call[Any, Any], tool_id: str) -> asyncpg.Record:
    row = await call.db.fetchrow(SQL["get"], call.user_id, tool_id)
    if row is None:
        raise _none()
    return row


def _opened(call: Call[Any, Any], row: asyncpg.Record) -> dict[str, str]:
    if not row["headers"]:
        return {}
    found: dict[str, str] = json.loads(call.api.vault.open(row["headers"], headers_place(call.user_id, row["tool_id"])))
    return found


def _shown(call: Call[Any, Any], row: asyncpg.Record) -> Tool:
    headers = dict.fromkeys(_opened(call, row), HIDDEN)
    return Tool.model_validate({**row, "headers": headers, "parameters": json.loads(row["parameters"])})


def _none() -> NotFound:
    return NotFound("There is no such tool.")
