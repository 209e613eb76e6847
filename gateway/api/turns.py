"""Turns as people read them: what an agent saw, called and spent, and why it stopped."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.api.texts import Day
from gateway.db import queries
from gateway.errors import Invalid, NotFound

SQL = queries(__file__)
operations = Operations()
MOST_DAYS = 366


class Turn(Record):
    """One run of an agent over the messages behind `after_no` up to `to_no`. `state` is running, committed, superseded
    (a newer message came), overtaken (a person stepped in), lost (its process died) or parked (put off). `action` is
    none, silent, handoff or park, for `reason`; `failure` is the class of what went wrong."""

    turn_id: str
    conversation_id: str
    agent_id: str
    after_no: int
    to_no: int
    state: str
    failure: str | None
    action: str | None
    reason: str | None
    language: str | None
    prompt_id: str | None
    prompt_version: int | None
    model: str | None
    request_id: str | None
    started_at: datetime
    ended_at: datetime | None


class ModelCall(Record):
    """One request to the model's provider. `cost_micros` is millionths of a US dollar, null where nobody knows."""

    call_no: int
    kind: str
    model: str
    outcome: str
    request_id: str
    input_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    audio_tokens: int
    audio_seconds: float
    cost_micros: int | None
    created_at: datetime


class ToolCall(Record):
    """One call of a tool: what it was given and what it answered. A receipt says what is true since."""

    call_no: int
    tool: str
    effect: str
    arguments: dict[str, Any]
    state: str
    result: str | None
    receipt: str | None
    started_at: datetime
    ended_at: datetime | None


class Trace(Turn):
    """A turn with all of its steps. `saw` counts what the model was shown, `rounds` is a line for each round."""

    saw: dict[str, Any]
    rounds: list[dict[str, Any]]
    model_calls: list[ModelCall]
    tool_calls: list[ToolCall]


class Days(Model):
    """From the first day to the last, both included, in UTC; the last thirty days when left out."""

    since: Day | None = None
    until: Day | None = None


class Spent(Record):
    """What was asked of the provider on one day, by kind and model."""

    day: date
    kind: str
    model: str
    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    audio_seconds: float
    cost_micros: int
    unpriced: int


class Spending(Record):
    """Rows by day, and their sum in millionths of a US dollar."""

    data: list[Spent]
    cost_micros: int
    next_cursor: str | None = None


@operations.on(
    "GET", "/v1/conversations/{id}/turns", scope="conversations:read", summary="List turns, newest first",
    query=PageQuery, answer=Page[Turn],
)  # fmt: skip
async def list_turns(call: Call[None, PageQuery]) -> Page[Turn]:
    if not await call.db.fetchval(SQL["has_conversation"], call.user_id, call.path["id"]):
        raise NotFound("There is no such conversation.")
    rows = await call.db.fetch(SQL["list"], call.user_id, call.path["id"], *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "turn_id")
    return Page[Turn](data=[Turn.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on("GET", "/v1/turns/{id}", scope="conversations:read", summary="The trace of a turn", answer=Trace)
async def get_turn(call: Call[None, None]) -> Trace:
    key = (call.user_id, call.path["id"])
    row = await call.db.fetchrow(SQL["get"], *key)
    if row is None:
        raise NotFound("There is no such turn.")
    trace = json.loads(row["trace"]) if row["trace"] else {}
    tools = [{**one, "arguments": json.loads(one["arguments"])} for one in await call.db.fetch(SQL["tools"], *key)]
    return Trace.model_validate(
        {
            **row,
            "saw": trace.get("saw") or {},
            "rounds": trace.get("rounds") or [],
            "model_calls": [dict(one) for one in await call.db.fetch(SQL["calls"], *key)],
            "tool_calls": tools,
        }
    )


@operations.on(
    "GET", "/v1/usage", scope="credits:read", summary="What the provider was asked, and what it cost", query=Days,
    answer=Spending,
)  # fmt: skip
async def get_usage(call: Call[None, Days]) -> Spending:
    last = call.query.until or datetime.now(UTC).date()
    first = call.query.since or last - timedelta(days=29)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Invalid("The days are not in order, or more than a year.", [{"field": "since", "problem": "is wrong"}])
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    rows = await call.db.fetch(SQL["usage"], call.user_id, begin, begin + (last - first) + timedelta(days=1))
    spent = [Spent.model_validate(dict(row)) for row in rows]
    return Spending(data=spent, cost_micros=sum(one.cost_micros for one in spent))
