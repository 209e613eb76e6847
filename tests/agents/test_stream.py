"""A streamed turn is good only when the provider said that it is complete."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest

from agents.agent import Agent
from agents.errors import (
    KeyRejected,
    ModelFailed,
    ModelRefused,
    ModelThrottled,
    ModelUnavailable,
    ModelUnusable,
    QuotaExhausted,
    TurnTooLong,
)
from agents.model import Model
from agents.types import Reply, Turn, Usage
from tests.agents.conftest import Clock
from tests.agents.scripted import Says, call, message, refuses, response, serving
from tests.agents.test_tools import Book

NOTHING = Usage()
PAID = Usage(calls=1, input_tokens=100, output_tokens=10)


def added(index: int, phase: str | None = None) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "message", "id": f"msg_{index}", "role": "assistant", "content": [], "phase": phase}
    return {"type": "response.output_item.added", "output_index": index, "item": item}


def delta(text: str, index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": index, "content_index": 0, "delta": text}


def ended(status: str, *output: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": f"response.{status}", "response": response(*output, status=status, **more)}


CREATED = {"type": "response.created", "response": response(status="in_progress", usage=None)}
HELLO = [added(0), delta("¡Hola! \u2028"), delta("Abrimos a las diez ☀️.")]
WHOLE = message("¡Hola! \u2028Abrimos a las diez ☀️.")
GOOD = Says(events=[CREATED, *HELLO, ended("completed", WHOLE)])


@dataclass(frozen=True, kw_only=True)
class Case:
    label: str
    script: Sequence[Says]
    error: type[ModelFailed]
    code: str
    spent: Usage = NOTHING
    pieces: int = 0
    waits: int = 0


def broken(*events: dict[str, Any], ending: Any = "end") -> Says:
    return Says(events=[CREATED, *HELLO, *events], ending=ending)


def early(*events: dict[str, Any]) -> Says:
    return Says(events=[CREATED, *events])


CASES = [
    Case(label="ends without a word", script=[broken()], error=ModelUnavailable, code="stream_cut", pieces=1),
    Case(label="cut", script=[broken(ending="abort")], error=ModelUnavailable, code="unreachable", pieces=1),
    Case(label="stops", script=[broken(ending="hang")], error=ModelUnavailable, code="timeout", pieces=1),
    Case(
        label="failed",
        script=[broken(ended("failed", error={"code": "server_error", "message": "No."}))],
        error=ModelUnavailable,
        code="server_error",
        spent=PAID,
        pieces=1,
    ),
    Case(
        label="incomplete",
        script=[broken(ended("incomplete", WHOLE, incomplete_details={"reason": "max_output_tokens"}))],
        error=ModelUnusable,
        code="max_output_tokens",
        spent=PAID,
        pieces=1,
    ),
    Case(
        label="refused",
        script=[early(ended("completed", message("I can't.", kind="refusal")))],
        error=ModelRefused,
        code="refusal",
        spent=PAID,
    ),
    Case(label="empty", script=[early(ended("completed"))], error=ModelUnusable, code="empty", spent=PAID),
    Case(
        label="completed without its response",
        script=[early({"type": "response.completed"})],
        error=ModelUnusable,
        code="not_a_response",
    ),
    Case(
        label="error with its fields beside the type",
        script=[early({"type": "error", "code": "context_length_exceeded", "message": "Too long.", "param": "input"})],
        error=TurnTooLong,
        code="context_length_exceeded",
    ),
    Case(
        label="error with its fields inside",
        script=[early({"type": "error", "error": {"code": "insufficient_quota", "message": "Pay."}})],
        error=QuotaExhausted,
        code="insufficient_quota",
    ),
    Case(
        label="error of no known code, three times",
        script=[early({"type": "error", "code": None, "message": "?"})] * 3,
        error=ModelUnavailable,
        code="error",
        waits=2,
    ),
    Case(
        label="not JSON",
        script=[Says(text="data: {\n\n", content_type="text/event-stream")] * 3,
        error=ModelUnavailable,
        code="not_json",
        waits=2,
    ),
    Case(label="wrong key", script=[refuses(401, "invalid_api_key")], error=KeyRejected, code="invalid_api_key"),
    Case(
        label="too fast",
        script=[refuses(429, "slow_down", Retry_After="300")],
        error=ModelThrottled,
        code="slow_down",
    ),
]


async def gather(agent: Agent, turn: Turn, pieces: list[str | Reply]) -> None:
    """Add what comes, so that it is kept when a failure follows."""
    async for piece in agent.stream(turn):
        pieces.append(piece)


async def collect(agent: Agent, turn: Turn) -> tuple[list[str], Reply]:
    *pieces, reply = [piece async for piece in agent.stream(turn)]
    assert isinstance(reply, Reply)
    return [piece for piece in pieces if isinstance(piece, str)], reply


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
async def test_failure(case: Case, clock: Clock, turn: Callable[..., Turn]) -> None:
    pieces: list[str | Reply] = []
    times = 2 if case.error is ModelUnusable else 1
    asked = [*case.script] * times
    async with serving(asked) as script:
        model = Model(api_key="k", base_url=script.url, call_seconds=0.4, clock=clock, sleep=clock.wait)
        await model.warm()
        with pytest.raises(ModelFailed) as caught:
            await gather(Agent(model), turn(), pieces)
        await model.close()
    assert type(caught.value) is case.error
    assert caught.value.code == case.code
    assert caught.value.usage == sum([case.spent] * times, NOTHING)
    assert len(pieces) == case.pieces  # those of a second answer would not go on where the first was cut
    assert len(script.requests) == len(asked)
    assert len(clock.waits) == case.waits


async def test_pieces_and_then_the_reply(clock: Clock, turn: Callable[..., Turn]) -> None:
    async with serving([GOOD]) as script:
        model = Model(api_key="k", base_url=script.url, clock=clock, sleep=clock.wait)
        pieces, reply = await collect(Agent(model), turn())
        await model.close()
    assert pieces == ["¡Hola!"]
    assert reply.texts == ("¡Hola! \u2028Abrimos a las diez ☀️.",)
    assert (reply.usage, reply.request_id) == (PAID, "req_1")
    assert script.requests[0]["stream"] is True
    assert script.requests[0]["store"] is False


async def test_commentary_is_not_shown(clock: Clock, turn: Callable[..., Turn]) -> None:
    inner, final = message("Hm.", phase="commentary"), message("Yes. We do.", phase="final_answer")
    events = [added(0, "commentary"), delta("Hm."), added(1, "final_answer"), delta("Yes. ", 1), delta("We do.", 1)]
    async with serving([Says(events=[CREATED, *events, ended("completed", inner, final)])]) as script:
        model = Model(api_key="k", base_url=script.url, clock=clock, sleep=clock.wait)
        pieces, reply = await collect(Agent(model), turn())
        await model.close()
    assert pieces == ["Yes."]
    assert reply.texts == ("Yes. We do.",)


async def test_tools_run_between_streams(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    first = Says(events=[CREATED, ended("completed", call("call_1", "find_times", '{"day": "a"}'))])
    async with serving([first, GOOD]) as script:
        model = Model(api_key="k", base_url=script.url, clock=clock, sleep=clock.wait)
        pieces, reply = await collect(Agent(model), turn(tools=[book.tool()]))
        await model.close()
    assert len(pieces) == 1
    assert reply.usage == PAID + PAID
    assert book.asked == [{"day": "a"}]


async def test_before_the_first_piece_it_is_tried_again(clock: Clock, turn: Callable[..., Turn]) -> None:
    failed = early(ended("failed", error={"code": "server_error", "message": "No."}))
    async with serving([failed, refuses(503, "server_is_overloaded"), GOOD]) as script:
        model = Model(api_key="k", base_url=script.url, clock=clock, sleep=clock.wait)
        _, reply = await collect(Agent(model), turn())
        await model.close()
    assert reply.usage == PAID + PAID
    assert len(clock.waits) == 2


async def test_a_reader_who_leaves_hangs_up(clock: Clock, turn: Callable[..., Turn]) -> None:
    async with serving([broken(ending="hang")]) as script:
        model = Model(api_key="k", base_url=script.url, clock=clock, sleep=clock.wait)
        async with aclosing(Agent(model).stream(turn())) as pieces:
            assert await anext(pieces) == "¡Hola!"
        await asyncio.wait_for(script.gone.wait(), 5)
        await model.close()
