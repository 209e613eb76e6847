"""OpenAI: the receptionist's words, the answer's shape through the real SDK, streams, refusals."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from sandbox import receptionist
from sandbox.openai_written import written
from tests.sandbox.conftest import Client


@pytest.fixture
async def sdk(sandbox: Client) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{sandbox.url}/v1", max_retries=0) as client:
        yield client


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


def _assistant(content: str) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        pytest.param("Hello #a1", "Noted: #a1", id="a string"),
        pytest.param([_user("Hi #a1"), _user("more #a2 #b-3_x")], "Noted: #a1 #a2 #b-3_x", id="a burst, in order"),
        pytest.param([_user("#old"), _assistant("Noted: #old"), _user("#new")], "Noted: #new", id="only what waits"),
        pytest.param([_user("#a1 #a1")], "Noted: #a1 #a1", id="repeated"),
        pytest.param([_user([{"type": "input_text", "text": "Hi #a1"}])], "Noted: #a1", id="parts"),
        pytest.param([_user("#u"), {"role": "developer", "content": "#d"}], "Noted: #u", id="notes do not count"),
        pytest.param(
            [
                _user("#u"),
                {"type": "function_call", "call_id": "c", "name": "look", "arguments": "{}"},
                {"type": "function_call_output", "call_id": "c", "output": "#f"},
            ],
            "Noted: #u",
            id="nor do tools",
        ),
    ],
)
async def test_repeats_the_tokens_that_await_an_answer(sdk: openai.AsyncOpenAI, given: Any, ends: str) -> None:
    response = await sdk.responses.create(model="gpt-6-luna", instructions="Token #never.", input=given)
    assert response.output_text.startswith("[sandbox agent]")
    assert response.output_text.endswith(ends)
    assert receptionist.TOKEN.findall(response.output_text) == receptionist.TOKEN.findall(ends)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("Hello!", "welcome"),
        ("When are you open on Saturday?", "9:00 to 18:00"),
        ("How much is it?", "prices start"),
        ("I would like an appointment", "Which day"),
        ("Can I talk to a human", "colleague"),
        ("asdf", "opening hours"),
        ("Wann haben Sie geöffnet?", "9 bis 18 Uhr"),
        ("Ich möchte einen Termin buchen", "Welcher Tag"),
        ("Hola, ¿cuánto cuesta?", "precios"),
        ("Bonjour, je voudrais un rendez-vous", "Quel jour"),
    ],
)
def test_answers_in_the_customers_language(text: str, part: str) -> None:
    assert part in receptionist.answer([text])


async def test_the_answer_has_the_published_shape(sdk: openai.AsyncOpenAI) -> None:
    raw = await sdk.responses.with_raw_response.create(model="gpt-6-luna", input="Hello", metadata={"turn": "t1"})
    response = raw.parse()
    assert (raw.headers["x-request-id"][:4], response.id[:5], response.status) == ("req_", "resp_", "completed")
    (item,) = response.output
    assert item.type == "message"
    assert (item.role, item.status, item.phase, item.id[:4]) == ("assistant", "completed", "final_answer", "msg_")
    assert response.usage is not None
    assert response.usage.total_tokens == response.usage.input_tokens + response.usage.output_tokens > 2
    assert response.usage.input_tokens_details.cached_tokens == 0
    assert response.metadata == {"turn": "t1"}
    assert "gpt-6-luna" in [model.id async for model in sdk.models.list()]


async def test_a_stream_tells_everything_in_order(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    stream = await sdk.responses.create(model="gpt-6-luna", input="Hello #s1", stream=True)
    events = [event async for event in stream]
    assert [event.sequence_number for event in events] == list(range(len(events)))
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    kinds = [event.type for event in events if event.type != "response.output_text.delta"]
    assert kinds == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    last = events[-1]
    assert last.type == "response.completed"
    assert "".join(deltas) == last.response.output_text
    assert last.response.output_text.endswith("#s1")
    assert (await sandbox.calls("openai"))[0]["id"] == last.response.id


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({"input": "Hi"}, "model", id="no model"),
        pytest.param({"model": 1, "input": "Hi"}, "model", id="model as a number"),
        pytest.param({"model": "m"}, "input", id="no input"),
        pytest.param({"model": "m", "input": 1}, "input", id="input as a number"),
        pytest.param({"model": "m", "input": ["Hi"]}, "input[0]", id="item is no object"),
        pytest.param({"model": "m", "input": [{"role": "customer", "content": "Hi"}]}, "input[0].role", id="role"),
        pytest.param({"model": "m", "input": [{"role": []}]}, "input[0].role", id="role is a list"),
        pytest.param({"model": "m", "input": [{"role": "user"}]}, "input[0].content", id="no content"),
        pytest.param({"model": "m", "input": [_user([{"type": "poem"}])]}, "input[0].content[0].type", id="part"),
        pytest.param({"model": "m", "input": [{"type": "poem"}]}, "input[0].type", id="item type"),
        pytest.param({"model": "m", "input": "Hi", "instructions": []}, "instructions", id="instructions"),
        pytest.param({"model": "m", "input": "Hi", "temprature": 1}, "temprature", id="misspelt"),
        pytest.param({"model": "m", "input": "Hi", "stream": "yes"}, "stream", id="stream as text"),
        pytest.param({"model": "m", "input": "Hi", "tools": [{"name": "f"}]}, "tools[0].type", id="tool type"),
        pytest.param({"model": "m", "input": "Hi", "tools": [{"type": "function"}]}, "tools[0].name", id="tool name"),
        pytest.param({"model": "m", "input": "Hi", "max_output_tokens": 15}, "max_output_tokens", id="too few tokens"),
        pytest.param({"model": "m", "input": "Hi", "safety_identifier": "x" * 129}, "safety_identifier", id="too long"),
        pytest.param({"model": "m", "input": "Hi", "metadata": {"a": 1}}, "metadata", id="metadata"),
        pytest.param(
            {"model": "m", "input": "Hi", "previous_response_id": "r"}, "previous_response_id", id="no memory"
        ),
    ],
)
async def test_refuses(sandbox: Client, body: dict[str, Any], param: str) -> None:
    status, answer = await sandbox.ask("POST", "/v1/responses", json=body, headers={"Authorization": "Bearer sk-test"})
    assert (status, answer["error"]["type"], answer["error"]["param"]) == (400, "invalid_request_error", param)
    (call,) = await sandbox.calls("openai")
    assert (call["status"], call["id"]) == (400, None)


async def test_refuses_another_key(sandbox: Client) -> None:
    async with openai.AsyncOpenAI(api_key="sk-other", base_url=f"{sandbox.url}/v1", max_retries=0) as stranger:
        with pytest.raises(openai.AuthenticationError):
            await stranger.responses.create(model="m", input="Hi")


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        ("insufficient_quota", openai.RateLimitError, "insufficient_quota"),
        ("rate_limit", openai.RateLimitError, "rate_limit_exceeded"),
        ("server_error", openai.InternalServerError, None),
        ("html_502", openai.InternalServerError, None),
        ("bad_request", openai.BadRequestError, "invalid_prompt"),
        ("refuse", openai.BadRequestError, "invalid_prompt"),
        ("wrong_token", openai.AuthenticationError, "invalid_api_key"),
        ("drop_before_store", openai.APIConnectionError, None),
        ("drop_after_store", openai.APIConnectionError, None),
    ],
)
async def test_a_fault_becomes_the_sdks_error(
    sandbox: Client, sdk: openai.AsyncOpenAI, fault: str, error: type[openai.APIError], code: str | None
) -> None:
    await sandbox.fault(fault, provider="openai")
    with pytest.raises(error) as caught:
        await sdk.responses.create(model="m", input="Hi")
    assert caught.value.code == code
    assert (await sdk.responses.create(model="m", input="Hi")).status == "completed"
    spoilt, _ = await sandbox.calls("openai")
    assert (spoilt["fault"], spoilt["id"] is not None) == (fault, fault == "drop_after_store")


async def test_a_speed_limit_says_when_to_come_back(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("rate_limit", provider="openai", retry_after=7)
    with pytest.raises(openai.RateLimitError) as caught:
        await sdk.responses.create(model="m", input="Hi")
    assert caught.value.response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("fault", "status", "text"),
    [("failed", "failed", ""), ("empty", "completed", ""), ("refusal", "completed", "")],
)
async def test_a_fault_bends_the_answer(
    sandbox: Client, sdk: openai.AsyncOpenAI, fault: str, status: str, text: str
) -> None:
    await sandbox.fault(fault)
    response = await sdk.responses.create(model="m", input="Hi")
    assert (response.status, response.output_text) == (status, text)
    assert (response.error is not None) == (fault == "failed")


async def test_an_incomplete_answer_is_cut(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("incomplete")
    response = await sdk.responses.create(model="m", input="Hi")
    assert response.incomplete_details is not None
    assert response.incomplete_details.reason == "max_output_tokens"
    whole = await sdk.responses.create(model="m", input="Hi")
    assert whole.output_text.startswith(response.output_text)
    assert 0 < len(response.output_text) < len(whole.output_text)


async def test_commentary_comes_before_the_final_answer(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("commentary")
    response = await sdk.responses.create(model="m", input="Hi")
    assert [item.phase for item in response.output if item.type == "message"] == ["commentary", "final_answer"]
    (call,) = await sandbox.calls("openai")
    assert "look that up" not in call["text"]


@pytest.mark.parametrize(
    ("fault", "last"),
    [
        ("stream_cut", "response.output_text.delta"),
        ("stream_error", "error"),
        ("failed", "response.failed"),
        ("incomplete", "response.incomplete"),
        ("refusal", "response.completed"),
    ],
)
async def test_a_fault_ends_a_stream(sandbox: Client, sdk: openai.AsyncOpenAI, fault: str, last: str) -> None:
    await sandbox.fault(fault)
    stream = await sdk.responses.create(model="m", input="Hi", stream=True)
    events = [event async for event in stream]
    assert events[-1].type == last


async def test_slow_takes_its_time(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("slow", seconds=30)
    with pytest.raises(openai.APITimeoutError):
        await sdk.responses.create(model="m", input="Hi", timeout=0.1)


REPLY_FORMAT = {"format": {"type": "json_schema", "name": "reply", "strict": True, "schema": {"type": "object"}}}


@pytest.mark.parametrize(
    ("text", "action", "language"),
    [
        ("Are you open?", "none", "en"),
        ("I want a real person", "handoff", "en"),
        ("Hola, ¿una persona?", "handoff", "es"),
    ],
)
def test_a_reply_has_the_shape_that_was_asked_for(text: str, action: str, language: str) -> None:
    said = receptionist.respond([text])
    reply = json.loads(written(said, {"text": REPLY_FORMAT}))
    assert (reply["action"], reply["language"]) == (action, language)
    assert reply["messages"][0]["text"] == written(said, {})
