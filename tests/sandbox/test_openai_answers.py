"""What the model writes and calls: shapes that are asked for, tools, pictures and files, and faults of each."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import jsonschema
import openai
import pytest

from agents.claims import claimed
from agents.reply import format_of
from agents.types import Shape
from sandbox import receptionist
from sandbox.media import PIXEL
from sandbox.openai_schema import SchemaWrong, check_strict, least
from sandbox.openai_written import BOAST
from sandbox.scripts import SCRIPTS
from tests.sandbox.conftest import Client

REPLY: Any = dict(format_of(Shape(choices=3)))
PICTURE = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
PDF = "data:application/pdf;base64," + base64.b64encode(b"%PDF-1.7").decode()


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


def _tool(name: str, /, **properties: Any) -> dict[str, Any]:
    return {"type": "function", "name": name, "strict": True, "parameters": _object(**properties)}


SEARCH = _tool("search_knowledge", query={"type": "string"})
HANDOFF = _tool("handoff", reason={"type": "string", "enum": ["other", "asked_for_a_person"]}, note={"type": "string"})
LINK = _tool("send_link", name={"type": "string", "enum": ["demo", "pricing"]})
TOOLS = [SEARCH, HANDOFF, LINK]


@pytest.fixture
async def sdk(sandbox: Client) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{sandbox.url}/v1", max_retries=0) as client:
        yield client


async def _reply(sdk: openai.AsyncOpenAI, given: Any, **more: Any) -> dict[str, Any]:
    response = await sdk.responses.create(model="m", input=given, text=REPLY, **more)
    written = json.loads(response.output_text)
    jsonschema.validate(written, REPLY["format"]["schema"])
    return dict(written)


@pytest.mark.parametrize(
    ("text", "action", "language", "part"),
    [
        ("When are you open?", "none", "en", "9:00 to 18:00"),
        ("I want to speak to a human", "handoff", "en", "colleague"),
        ("agent please", "handoff", "en", "colleague"),
        ("Can I talk to a person about prices?", "handoff", "en", "colleague"),
        ("How much is it per person?", "none", "en", "prices start"),
        ("Kann ich mit einem Menschen sprechen?", "handoff", "de", "Kollegin"),
        ("Quiero hablar con una persona", "handoff", "es", "compañera"),
        ("Je voudrais parler à quelqu'un", "handoff", "fr", "collègue"),
        ("Quero falar com uma pessoa", "handoff", "pt", "colega"),
        ("Jag vill prata med en människa", "handoff", "sv", "kollega"),
        ("Mitarbeiter", "handoff", "de", "Kollegin"),
        ("Olá, quanto custa?", "none", "pt", "preços"),
        ("Hej, vad kostar det?", "none", "sv", "priserna"),
        ("Bom dia", "none", "pt", "bem-vindo"),
        ("När har ni öppet?", "none", "sv", "klockan 9"),
    ],
)
async def test_a_reply_fits_the_gateways_schema(
    sandbox: Client, sdk: openai.AsyncOpenAI, text: str, action: str, language: str, part: str
) -> None:
    reply = await _reply(sdk, f"{text} #r1")
    assert (reply["action"], reply["language"]) == (action, language)
    assert bool(reply["reason"]) == (action == "handoff")
    (message,) = reply["messages"]
    assert part in message["text"]
    assert message["text"].endswith("#r1")
    assert (await sandbox.calls("openai"))[0]["text"] == message["text"]


async def test_a_question_with_two_answers_offers_them(sdk: openai.AsyncOpenAI) -> None:
    (message,) = (await _reply(sdk, "I would like an appointment"))["messages"]
    assert message["choices"] == ["Morning", "Afternoon"]
    (message,) = (await _reply(sdk, message["choices"][0]))["messages"]
    assert "Which day" in message["text"]
    assert message["choices"] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.code)
def test_what_may_be_tapped_is_understood(script: Any) -> None:
    for choice in script.choices:
        assert (receptionist.respond([choice]).topic, receptionist.respond([choice]).language) == ("part", script.code)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.code)
def test_no_line_claims_that_something_was_done(script: Any) -> None:
    assert claimed(" ".join(script.lines.values())) == frozenset()
    assert claimed(f"{receptionist.LABEL} {BOAST}") == {"booked"}
    assert script.topics.keys() <= script.lines.keys()
    assert script.lines.keys() == SCRIPTS[0].lines.keys()


async def test_a_reply_comes_in_pieces(sdk: openai.AsyncOpenAI) -> None:
    stream = await sdk.responses.create(model="m", input="Hello #s", text=REPLY, stream=True)
    pieces = [event.delta async for event in stream if event.type == "response.output_text.delta"]
    assert len(pieces) > 5
    assert json.loads("".join(pieces))["messages"][0]["text"].endswith("Noted: #s")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (_object(a={"type": "string"}, b={"type": "integer"}, c={"type": "boolean"}), {"a": "", "b": 0, "c": False}),
        (_object(a={"type": ["string", "null"]}), {"a": None}),
        (_object(a={"anyOf": [{"type": "string"}, {"type": "null"}]}), {"a": None}),
        (_object(a={"anyOf": [_object(x={"type": "number"}), {"type": "string"}]}), {"a": {"x": 0}}),
        (_object(a={"type": "string", "enum": ["low", "high"]}), {"a": "low"}),
        (_object(a={"type": "array", "items": {"type": "string"}}), {"a": []}),
        (_object(a={"type": "array", "items": {"type": "integer", "minimum": 3}, "minItems": 2}), {"a": [3, 3]}),
        (_object(a={"type": "string", "minLength": 2}, b={"type": "integer", "maximum": -1}), {"a": "xx", "b": -1}),
        (_object(a={"$ref": "#/$defs/k"}) | {"$defs": {"k": {"type": "string", "const": "v"}}}, {"a": "v"}),
        (_object(next={"anyOf": [{"$ref": "#"}, {"type": "null"}]}), {"next": None}),
    ],
)
async def test_another_schema_gets_the_least_that_fits(sdk: openai.AsyncOpenAI, schema: Any, value: Any) -> None:
    text: Any = {"format": {"type": "json_schema", "name": "lead", "strict": True, "schema": schema}}
    response = await sdk.responses.create(model="m", input="Hello", text=text)
    assert json.loads(response.output_text) == value
    jsonschema.validate(value, schema)


_CONTEXT = "In context=('properties', 'a'), "
_REQUIRED = "'required' is required to be supplied and to be an array including every key in properties."


@pytest.mark.parametrize(
    ("schema", "says"),
    [
        ({"type": "array", "items": {}}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
        ({}, "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
        (
            {"type": "object", "properties": {}},
            "In context=(), 'additionalProperties' is required to be supplied and to be false.",
        ),
        (_object(a={"type": "string"}) | {"required": []}, f"In context=(), {_REQUIRED} Missing 'a'."),
        (_object() | {"required": ["a"]}, f"In context=(), {_REQUIRED} Extra required key 'a' supplied."),
        (_object(a={"type": "array"}), f"{_CONTEXT}array schema missing items."),
        (_object(a={}), f"{_CONTEXT}schema must have a 'type' key."),
        (_object(a={"type": "string", "default": ""}), f"{_CONTEXT}'default' is not permitted."),
        (_object(a={"allOf": [{"type": "string"}]}), f"{_CONTEXT}'allOf' is not permitted."),
        (
            _object(a={"type": "array", "items": {"type": "object"}}),
            "In context=('properties', 'a', 'items'), "
            "'additionalProperties' is required to be supplied and to be false.",
        ),
        (_object(a="string"), f"{_CONTEXT}schema must be an object."),
        ({"type": "object", "properties": []}, "In context=(), 'properties' must be an object."),
    ],
)
async def test_strict_mode_refuses(sdk: openai.AsyncOpenAI, schema: Any, says: str) -> None:
    text: Any = {"format": {"type": "json_schema", "name": "lead", "strict": True, "schema": schema}}
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input="Hello", text=text)
    assert (caught.value.code, caught.value.param) == ("invalid_json_schema", "text.format.schema")
    assert caught.value.body["message"] == f"Invalid schema for response_format 'lead': {says}"  # type: ignore[index]
    tool: Any = {"type": "function", "name": "look", "strict": True, "parameters": schema}
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input="Hello", tools=[tool])
    assert (caught.value.code, caught.value.param) == ("invalid_function_parameters", "tools[0].parameters")


def test_lengths_are_allowed_in_strict_schemas_and_depth_is_not() -> None:
    check_strict(_object(a={"type": "string", "minLength": 1, "pattern": "x"}))
    deep = _object()
    for _ in range(11):
        deep = _object(a=deep)
    with pytest.raises(SchemaWrong, match="nested deeper"):
        check_strict(deep)
    assert least({"type": "object", "properties": {"a": {"type": "string"}}}) == {}


@pytest.mark.parametrize(
    "body",
    [
        '{"model": "m", "input": ' + "[" * 5000 + "]" * 5000 + "}",
        '{"model": "m", "input": ' + '{"a":' * 400 + "1" + "}" * 401,
        '{"model": "m", "input": "Hi", "tools": [{"type": "function", "name": "f", "parameters": '
        + '{"type": "array", "items": ' * 300 + "{}" + "}" * 301 + "]}",
        '{"model": "m", "input": "Hi", "tools": [{"type": "function", "name": "f", "parameters": {"required": 5}}]}',
        '{"model": "m", "input": "Hi", "text": {"format": {"type": "json_schema", '
        ' "name": "x", "schema": {"items": 1}}}}',
    ],
)  # fmt: skip
async def test_what_is_no_request_is_refused_whatever_it_is(sandbox: Client, body: str) -> None:
    headers = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
    for path in ("/v1/responses", "/v1/conversations", "/v1/moderations"):
        assert (await sandbox.ask("POST", path, data=body, headers=headers))[0] == 400
    assert len(await sandbox.calls("openai")) == 3


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ({"format": "json"}, "text.format"),
        ({"format": {"type": "xml"}}, "text.format.type"),
        ({"format": {"type": "json_schema", "schema": {}}}, "text.format.name"),
        ({"format": {"type": "json_schema", "name": "a b", "schema": {}}}, "text.format.name"),
        ({"format": {"type": "json_schema", "name": "a"}}, "text.format.schema"),
    ],
)
async def test_refuses_a_format(sdk: openai.AsyncOpenAI, text: Any, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input="Hello", text=text)
    assert caught.value.param == param


def _answered(text: str, call: Any, output: str) -> list[Any]:
    called = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    return [
        {"role": "user", "content": text},
        called,
        {"type": "function_call_output", "call_id": call.call_id, "output": output},
    ]


@pytest.mark.parametrize(
    ("text", "name", "arguments", "output", "reply"),
    [
        pytest.param(
            "Is there parking? #t", "search_knowledge", {"query": "Is there parking?"},
            "[2] Parking?\nBehind the house.\n[3] Bus?\nLine 4.",
            {"text": "[sandbox agent] Here is what I found: Behind the house. Noted: #t", "cites": [2], "claims": []},
            id="search",
        ),
        pytest.param(
            "Is there parking?", "search_knowledge", {"query": "Is there parking?"},
            "Nothing was found. Do not make an answer up.",
            {"text": receptionist.answer(["?"]), "cites": [], "claims": []},
            id="nothing found",
        ),
        pytest.param(
            "A human please", "handoff", {"reason": "asked_for_a_person", "note": "A human please"},
            "The conversation goes to a person with your next message.",
            {"text": receptionist.answer(["human"]), "action": "none", "claims": ["transferred"]},
            id="handoff",
        ),
        pytest.param(
            "A human please", "handoff", {"reason": "asked_for_a_person", "note": "A human please"},
            '{"error": "no"}',
            {"text": receptionist.answer(["human"]), "action": "handoff", "claims": []},
            id="handoff fails",
        ),
        pytest.param(
            "How much is it?", "send_link", {"name": "pricing"}, '{"url": "https://x.example/l/1"}',
            {"text": "https://x.example/l/1", "claims": ["sent"]},
            id="price",
        ),
        pytest.param(
            "Can I see a demo?", "send_link", {"name": "demo"}, '{"error": "none left"}',
            {"text": receptionist.answer(["?"]), "claims": []},
            id="no link",
        ),
        pytest.param(
            "Hast du eine Website?", "send_link", {"name": "demo"}, '{"url": "https://x.example"}',
            {"text": "[sandbox agent] Hier ist der Link: https://x.example", "claims": ["sent"]},
            id="website",
        ),
    ],
)  # fmt: skip
async def test_a_tool_is_used_once_and_its_answer_told(
    sdk: openai.AsyncOpenAI, text: str, name: str, arguments: Any, output: str, reply: Mapping[str, Any]
) -> None:
    tools: Any = TOOLS
    response = await sdk.responses.create(model="m", input=text, tools=tools, text=REPLY)
    (call,) = response.output
    assert call.type == "function_call"
    assert (call.name, json.loads(call.arguments)) == (name, arguments)
    assert (call.call_id[:5], (call.id or "")[:3], response.output_text) == ("call_", "fc_", "")
    written = await _reply(sdk, _answered(text, call, output), tools=tools)
    (message,) = written.pop("messages")
    got = {**written, **message}
    assert reply["text"] in got.pop("text")
    assert {key: got[key] for key in reply if key != "text"} == {k: v for k, v in reply.items() if k != "text"}


@pytest.mark.parametrize(
    ("text", "choice", "name"),
    [
        ("Are you open?", "auto", None),
        ("Is there parking?", "none", None),
        ("Are you open?", "required", "search_knowledge"),
        ("A human!", "required", "handoff"),
        ("Hello", {"type": "function", "name": "send_link"}, "send_link"),
    ],
)
async def test_the_choice_of_tools_is_kept(sdk: openai.AsyncOpenAI, text: str, choice: Any, name: str | None) -> None:
    tools: Any = TOOLS
    response = await sdk.responses.create(model="m", input=text, tools=tools, tool_choice=choice)
    assert getattr(response.output[0], "name", None) == name


async def test_a_call_comes_in_pieces(sdk: openai.AsyncOpenAI) -> None:
    tools: Any = TOOLS
    stream = await sdk.responses.create(model="m", input="Is there parking for bikes?", tools=tools, stream=True)
    events = [event async for event in stream]
    deltas = [event.delta for event in events if event.type == "response.function_call_arguments.delta"]
    (done,) = [event for event in events if event.type == "response.function_call_arguments.done"]
    assert ("".join(deltas), done.name, len(deltas) > 1) == (done.arguments, "search_knowledge", True)
    assert [event.type for event in events if "delta" not in event.type] == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ]


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([{"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}],
         "No tool output found for function call call_1."),
        ([{"type": "function_call_output", "call_id": "call_2", "output": "x"}],
         "No tool call found for function call output with call_id call_2."),
    ],
)  # fmt: skip
async def test_calls_and_outputs_come_in_pairs(sdk: openai.AsyncOpenAI, items: Any, says: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input=[{"role": "user", "content": "Hi"}, *items])
    assert caught.value.body == {"message": says, "type": "invalid_request_error", "param": "input", "code": None}


async def test_an_answer_is_written_again_when_a_note_asks_for_it(sdk: openai.AsyncOpenAI) -> None:
    said: list[Any] = [
        {"role": "user", "content": "Are you open? #w"},
        {"role": "assistant", "content": "You are booked. #w"},
        {"role": "developer", "content": "Write it again."},
    ]
    assert (await sdk.responses.create(model="m", input=said)).output_text.endswith("14:00. Noted: #w")
    said.append({"role": "user", "content": "Thanks #x"})
    assert (await sdk.responses.create(model="m", input=said)).output_text.endswith("any time. Noted: #x")


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"type": "input_image", "image_url": PICTURE, "detail": "auto"}, "I can see the picture."),
        ({"type": "input_image", "image_url": "https://x.example/a.png"}, "I can see the picture."),
        ({"type": "input_file", "filename": "a.pdf", "file_data": PDF}, "I can read the file."),
        ({"type": "input_file", "file_url": "https://x.example/a.pdf"}, "I can read the file."),
    ],
)
async def test_sees_what_is_sent(sandbox: Client, sdk: openai.AsyncOpenAI, part: Any, says: str) -> None:
    alone = await sdk.responses.create(model="m", input=[{"role": "user", "content": [part]}])
    assert alone.output_text == f"[sandbox agent] {says}"
    both: Any = [{"role": "user", "content": [{"type": "input_text", "text": "Are you open? #p"}, part]}]
    assert says in (answer := (await sdk.responses.create(model="m", input=both)).output_text)
    assert answer.endswith("14:00. Noted: #p")
    assert all(len(json.dumps(call["request"])) < 400 for call in await sandbox.calls("openai"))


@pytest.mark.parametrize(
    ("part", "code", "param"),
    [
        ({"type": "input_text"}, "missing_required_parameter", "text"),
        ({"type": "input_image"}, "missing_required_parameter", "image_url"),
        ({"type": "input_image", "image_url": PICTURE, "detail": "fine"}, "invalid_value", "detail"),
        ({"type": "input_image", "image_url": "a.png"}, "invalid_image_url", "image_url"),
        ({"type": "input_image", "image_url": "data:image/png;base64,"}, "invalid_base64_image", "image_url"),
        ({"type": "input_image", "image_url": "data:image/png;base64,@@"}, "invalid_base64_image", "image_url"),
        ({"type": "input_image", "image_url": "data:image/tiff;base64,AAAA"}, "invalid_image_format", "image_url"),
        ({"type": "input_image", "image_url": "data:image/jpeg;base64,AAAA"}, "invalid_image", "image_url"),
        ({"type": "input_image", "file_id": "file-1"}, "image_file_not_found", "image_url"),
        ({"type": "input_file", "filename": "a.pdf"}, "missing_required_parameter", "file_data"),
        ({"type": "input_file", "file_data": PDF}, "missing_required_parameter", "filename"),
        ({"type": "input_file", "file_data": "JVBERi0=", "filename": "a.pdf"}, "invalid_value", "file_data"),
        ({"type": "output_text", "text": "I said"}, "invalid_value", "type"),
    ],
)
async def test_refuses_a_part(sdk: openai.AsyncOpenAI, part: Any, code: str, param: str) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input=[{"role": "user", "content": [part]}])
    assert (caught.value.code, caught.value.param) == (code, f"input[0].content[0].{param}")
