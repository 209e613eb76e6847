"""Rehearsals: what another version of a prompt would have said in conversations that were held."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.comparison import Compared, Outcome
from gateway.db import Row, queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
MOST_TURNS = 50


class Rehearsal(Record):
    """Stored turns tried with a version: `done` of `turns` by now. It is kept for 30 days."""

    rehearsal_id: str
    prompt_id: str
    version: int
    state: Literal["running", "done", "stopped", "failed"]
    problem: str
    turns: int
    done: int
    created_at: datetime
    ended_at: datetime | None


class Tried(Record):
    """How a turn went: what was said, whether a person was called (handoff), which tools were used, and the cost in
    millionths of a US dollar where it is known. `failure` says why there was no answer."""

    text: str
    action: str
    tools: list[str]
    language: str
    cost_micros: int | None
    failure: str


class TriedTurn(Record):
    """One turn then and now; `now` is null until it was tried. `differs` names the decisions that differ: action,
    tools, language, failure. Other words for the same are no difference."""

    turn_id: str
    conversation_id: str
    sequence_no: int
    asked: str
    former_version: int
    then: Tried
    now: Tried | None
    differs: list[str]


class WholeRehearsal(Rehearsal):
    """With its turns: those that decided otherwise first."""

    data: list[TriedTurn]


class Rehearsals(Record):
    """The newest rehearsals of a prompt."""

    data: list[Rehearsal]


class NewRehearsal(Model):
    """Tries the newest `turns` that were answered by other versions. Each asks the model and costs a credit."""

    version: int = Field(ge=1, le=2_000_000_000)
    turns: int = Field(default=20, ge=1, le=MOST_TURNS)


@operations.on(
    "POST", "/v1/prompts/{id}/rehearsals", scope="prompts:write", summary="Try a version on what customers wrote",
    body=NewRehearsal, answer=Rehearsal, status=201,
)  # fmt: skip
async def create_rehearsal(call: Call[NewRehearsal, None]) -> Rehearsal:
    prompt_id, body = call.path["id"], call.body
    known = await call.db.fetchrow(SQL["version"], call.user_id, prompt_id, body.version)
    if known is None:
        raise NotFound("There is no such prompt.")
    if not known["found"]:
        raise Invalid("There is no such version.", [{"field": "version", "problem": "is no version of this prompt"}])
    if not call.api.settings.openai_api_key:
        raise Conflict("No model is set up in this installation: its operator has to set OPENAI_API_KEY.")
    rehearsal_id = new("rhl")
    if not await call.db.fetchval(SQL["add"], call.user_id, rehearsal_id, prompt_id, body.version):
        raise Conflict("Another rehearsal is still running. Wait for its end, or stop it.")
    turns = await call.db.fetch(SQL["turns"], call.user_id, prompt_id, body.version, body.turns)
    if not turns:
        raise Conflict("No other version of this prompt has answered anybody yet: there is nothing to try it on.")
    if known["credits"] < len(turns):
        raise Conflict(f"This takes {len(turns)} credits, and {known['credits']} are left.")
    trials = [new("tri") for _ in turns]
    await call.db.execute(SQL["add_turns"], call.user_id, rehearsal_id, trials, [row["turn_id"] for row in turns])
    call.after(lambda: call.api.bus.publish("rehearsals"))
    return await _get(call, rehearsal_id)


@operations.on(
    "GET", "/v1/prompts/{id}/rehearsals", scope="prompts:read", summary="List the newest rehearsals", answer=Rehearsals
)
async def list_rehearsals(call: Call[None, None]) -> Rehearsals:
    if await call.db.fetchrow(SQL["version"], call.user_id, call.path["id"], 1) is None:
        raise NotFound("There is no such prompt.")
    rows = await call.db.fetch(SQL["list"], call.user_id, call.path["id"])
    return Rehearsals(data=[Rehearsal.model_validate(dict(row)) for row in rows])


@operations.on(
    "GET", "/v1/rehearsals/{id}", scope="conversations:read", summary="Get a rehearsal with its turns",
    answer=WholeRehearsal,
)  # fmt: skip
async def get_rehearsal(call: Call[None, None]) -> WholeRehearsal:
    one = await _get(call, call.path["id"])
    rows = await call.db.fetch(SQL["tried"], call.user_id, one.rehearsal_id)
    data = sorted(map(_turn, rows), key=lambda turn: (turn.now is None, not turn.differs))
    return WholeRehearsal(**one.model_dump(), data=data)


@operations.on("POST", "/v1/rehearsals/{id}/stop", scope="prompts:write", summary="Stop a rehearsal", answer=Rehearsal)
async def stop_rehearsal(call: Call[None, None]) -> Rehearsal:
    await call.db.execute(SQL["stop"], call.user_id, call.path["id"])
    return await _get(call, call.path["id"])


async def _get(call: Call[Any, Any], rehearsal_id: str) -> Rehearsal:
    row = await call.db.fetchrow(SQL["get"], call.user_id, rehearsal_id)
    if row is None:
        raise NotFound("There is no such rehearsal.")
    return Rehearsal.model_validate(dict(row))


def _turn(row: Row) -> TriedTurn:
    then = Outcome(
        text=row["said"] or "", action=row["action"] or "none", tools=tuple(row["tools"]),
        language=row["language"] or "", cost_micros=row["cost_micros"],
    )  # fmt: skip
    found = json.loads(row["outcome"]) if row["outcome"] else None
    now = Outcome(**{**found, "tools": tuple(found["tools"])}) if found else None
    key = (row["turn_id"], row["asked"] or "", row["former_version"])
    compared = Compared(turn_id=key[0], asked=key[1], former_version=key[2], then=then, now=now) if now else None
    return TriedTurn(
        turn_id=key[0], conversation_id=row["conversation_id"], sequence_no=row["to_no"], asked=key[1],
        former_version=key[2], then=Tried.model_validate(then), now=Tried.model_validate(now) if now else None,
        differs=compared.differs if compared else [],
    )  # fmt: skip
