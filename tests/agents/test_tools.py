"""The tool loop: every call answered, nothing without end, nothing of a tool's fault reaches the customer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.agent import ROUNDS, Agent
from agents.errors import BadRequest, ModelUnavailable, ModelUnusable, ToolFailed
from agents.model import Model
from agents.toolbox import CALLS, ENOUGH, IDENTICAL_CALLS
from agents.types import Tool, Turn, Usage
from tests.agents.conftest import Clock
from tests.agents.scripted import Says, Scripted, answers, call, message, refuses, serving

PAID = Usage(calls=1, input_tokens=100, output_tokens=10)
SCHEMA = {
    "type": "object",
    "properties": {"day": {"type": "string"}},
    "required": ["day"],
    "additionalProperties": False,
}
DONE = answers(message("Saturday at ten is free."))


@dataclass
class Book:
    """A tool that writes down what it was asked."""

    asked: list[Mapping[str, Any]] = field(default_factory=list)
    result: str = '{"free": ["10:00"]}'
    error: Exception | None = None

    async def __call__(self, arguments: Mapping[str, Any]) -> str:
        self.asked.append(arguments)
        if self.error is not None:
            raise self.error
        return self.result

    def tool(self, name: str = "find_times") -> Tool:
        return Tool(name=name, description="Free times of a day.", parameters=SCHEMA, run=self)


def outputs(request: Mapping[str, Any]) -> dict[str, str]:
    """What the request answers to each call."""
    return {item["call_id"]: item["output"] for item in request["input"] if item.get("type") == "function_call_output"}


def model_of(script: Scripted, clock: Clock) -> Model:
    return Model(api_key="sk-test", base_url=script.url, clock=clock, sleep=clock.wait)


async def test_a_call_and_its_answer_go_back_in_the_published_shape(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "opaque", "status": "completed"}
    first = answers(
        reasoning,
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": None},
        message("I look at the book.", phase="commentary"),
        call("call_1", "find_times", '{"day": "2026-11-21"}'),
    )
    async with serving([first, DONE]) as script:
        model = model_of(script, clock)
        reply = await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert reply.texts == ("Saturday at ten is free.",)
    assert reply.usage == PAID + PAID
    assert reply.request_id == "req_2"
    assert book.asked == [{"day": "2026-11-21"}]
    asked, told = script.requests
    assert asked["tools"] == [
        {
            "type": "function",
            "name": "find_times",
            "description": "Free times of a day.",
            "parameters": SCHEMA,
            "strict": True,
        }
    ]
    assert {key: value for key, value in told.items() if key != "input"} == {
        key: value for key, value in asked.items() if key != "input"
    }
    assert told["input"] == [
        {"role": "user", "content": "Are you open on Sunday?"},
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "opaque"},
        {"role": "assistant", "content": "I look at the book.", "phase": "commentary"},
        {
            "type": "function_call",
            "call_id": "call_1",
            "name": "find_times",
            "arguments": '{"day": "2026-11-21"}',
        },
        {"type": "function_call_output", "call_id": "call_1", "output": '{"free": ["10:00"]}'},
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "error", "told", "runs"),
    [
        ("find_times", '{"day": ', None, "The arguments are not a JSON object.", 0),
        ("find_times", '["2026-11-21"]', None, "The arguments are not a JSON object.", 0),
        ("find_times", "", None, "The arguments are not a JSON object.", 0),
        ("cancel_all", "{}", None, "There is no tool called cancel_all.", 0),
        ("find_times", "{}", ToolFailed("We are closed then."), "We are closed then.", 1),
        ("find_times", "{}", ValueError("row 7: Anna, +49 151"), "The tool failed.", 1),
        ("find_times", "{}", TimeoutError(), "The tool took too long. It is not known whether it was done.", 1),
    ],
)
async def test_what_goes_wrong_is_told_to_the_model(
    name: str,
    arguments: str,
    error: Exception | None,
    told: str,
    runs: int,
    clock: Clock,
    turn: Callable[..., Turn],
) -> None:
    book = Book(error=error)
    async with serving([answers(call("call_1", name, arguments)), DONE]) as script:
        model = model_of(script, clock)
        reply = await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert reply.texts == ("Saturday at ten is free.",)
    assert json.loads(outputs(script.requests[1])["call_1"]) == {"error": told}
    assert len(book.asked) == runs


async def test_several_calls_of_one_answer_run_in_order(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    first = answers(*(call(f"call_{day}", "find_times", json.dumps({"day": day})) for day in "abc"))
    async with serving([first, DONE]) as script:
        model = model_of(script, clock)
        await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert book.asked == [{"day": "a"}, {"day": "b"}, {"day": "c"}]
    assert list(outputs(script.requests[1])) == ["call_a", "call_b", "call_c"]


async def test_the_last_round_may_only_speak(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    rounds = [answers(call(f"call_{n}", "find_times", json.dumps({"day": str(n)}))) for n in range(ROUNDS - 1)]
    async with serving([*rounds, DONE]) as script:
        model = model_of(script, clock)
        reply = await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert reply.texts == ("Saturday at ten is free.",)
    assert reply.usage.calls == ROUNDS
    assert [request.get("tool_choice") for request in script.requests] == [None] * (ROUNDS - 1) + ["none"]
    assert len(outputs(script.requests[-1])) == ROUNDS - 1


async def test_a_model_that_never_stops_calling_is_stopped(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    rounds = [answers(call(f"call_{n}", "find_times", json.dumps({"day": str(n)}))) for n in range(ROUNDS)]
    async with serving(rounds) as script:
        model = model_of(script, clock)
        with pytest.raises(ModelUnusable, match="tools_without_end") as caught:
            await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert caught.value.usage.calls == ROUNDS
    assert caught.value.request_id == f"req_{ROUNDS}"


async def test_calls_over_the_limit_are_answered_and_not_run(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    many = [call(f"call_{n}", "find_times", json.dumps({"day": str(n)})) for n in range(CALLS + 3)]
    async with serving([answers(*many), DONE]) as script:
        model = model_of(script, clock)
        await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert len(book.asked) == CALLS
    told = outputs(script.requests[1])
    assert len(told) == CALLS + 3
    assert [call_id for call_id, text in told.items() if text == json.dumps({"error": ENOUGH})] == [
        f"call_{n}" for n in range(CALLS, CALLS + 3)
    ]
    assert script.requests[1]["tool_choice"] == "none"


async def test_the_same_call_again_and_again_is_not_run(clock: Clock, turn: Callable[..., Turn]) -> None:
    book = Book()
    spellings = ['{"day": "a", "for": 2}', '{"for": 2, "day": "a"}']
    rounds = [answers(call(f"call_{n}", "find_times", spellings[n % 2])) for n in range(IDENTICAL_CALLS + 1)]
    async with serving([*rounds, DONE]) as script:
        model = model_of(script, clock)
        await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert len(book.asked) == IDENTICAL_CALLS
    assert [request.get("tool_choice") for request in script.requests] == [None] * (IDENTICAL_CALLS + 1) + ["none"]
    assert json.loads(outputs(script.requests[-1])[f"call_{IDENTICAL_CALLS}"]) == {"error": ENOUGH}


async def test_a_failure_after_a_tool_carries_what_was_spent_and_runs_nothing_twice(
    clock: Clock, turn: Callable[..., Turn]
) -> None:
    book = Book()
    script_ = [answers(call("call_1", "find_times", "{}")), refuses(500, "server_error"), refuses(400, "novel")]
    async with serving(script_) as script:
        model = model_of(script, clock)
        with pytest.raises(BadRequest) as caught:
            await Agent(model).reply(turn(tools=[book.tool()]))
        await model.close()
    assert caught.value.usage == PAID
    assert len(book.asked) == 1
    assert outputs(script.requests[1]) == outputs(script.requests[2])


async def test_time_spent_in_a_tool_counts(clock: Clock, turn: Callable[..., Turn]) -> None:
    async def slow(_: Mapping[str, Any]) -> str:
        await clock.wait(60.0)
        return "{}"

    tool = Tool(name="find_times", description="", parameters=SCHEMA, run=slow)
    async with serving([answers(call("call_1", "find_times", "{}"))]) as script:
        model = model_of(script, clock)
        with pytest.raises(ModelUnavailable, match="deadline") as caught:
            await Agent(model).reply(turn(tools=[tool]))
        await model.close()
    assert caught.value.usage == PAID
    assert len(script.requests) == 1


async def test_a_tool_that_hangs_is_given_up_at_the_deadline(turn: Callable[..., Turn]) -> None:
    async def hang(_: Mapping[str, Any]) -> str:
        await asyncio.Event().wait()
        raise AssertionError

    tool = Tool(name="find_times", description="", parameters=SCHEMA, run=hang)
    async with serving([answers(call("call_1", "find_times", "{}"))]) as script:
        model = Model(api_key="sk-test", base_url=script.url)
        await model.warm()
        with pytest.raises(ModelUnavailable, match="deadline"):
            await Agent(model).reply(turn(tools=[tool], deadline_seconds=0.6))
        await model.close()


async def test_a_call_without_its_fields_is_no_answer(clock: Clock, turn: Callable[..., Turn]) -> None:
    without = Says(body={"status": "completed", "output": [{"type": "function_call"}]})
    async with serving([without, without]) as script:
        model = model_of(script, clock)
        with pytest.raises(ModelUnusable, match="not_a_response"):
            await Agent(model).reply(turn(tools=[Book().tool()]))
        await model.close()
