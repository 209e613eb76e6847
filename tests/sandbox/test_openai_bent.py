"""Answers of the OpenAI stand-in that a fault bends: boasts, arguments and JSON that are none, pages, pictures."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from agents.claims import CLAIMS
from sandbox.openai_written import BOAST
from tests.sandbox.conftest import Client
from tests.sandbox.test_openai_answers import PICTURE, REPLY, TOOLS, _reply, sdk

__all__ = ["sdk"]


async def test_a_boast_claims_what_no_tool_did(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("boast")
    reply = await _reply(sdk, "Book me in #b")
    assert reply["messages"][0]["text"] == f"[sandbox agent] {BOAST} #b"
    assert (reply["claims"], reply["action"], "booked" in CLAIMS) == ([], "none", True)


async def test_arguments_that_are_no_json_wait_for_tools(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("bad_arguments")
    assert (await sdk.responses.create(model="m", input="Are you open?")).output_text
    tools: Any = TOOLS
    (call,) = (await sdk.responses.create(model="m", input="Are you open?", tools=tools)).output
    assert call.type == "function_call"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(call.arguments)


async def test_json_is_cut_though_it_is_completed(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("cut_json")
    response = await sdk.responses.create(model="m", input="Hello", text=REPLY)
    assert response.status == "completed"
    with pytest.raises(ValueError, match="Unterminated"):
        json.loads(response.output_text)


async def test_a_page_comes_instead_of_an_answer(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("html")
    with pytest.raises(openai.InternalServerError) as caught:
        await sdk.responses.create(model="m", input="Hello")
    assert caught.value.response.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("code", ["", "image_too_small"])
async def test_a_picture_is_refused_when_one_comes(sandbox: Client, sdk: openai.AsyncOpenAI, code: str) -> None:
    await sandbox.fault("bad_image", code=code)
    assert (await sdk.responses.create(model="m", input="Hello")).status == "completed"
    picture: Any = [{"role": "user", "content": [{"type": "input_image", "image_url": PICTURE}]}]
    with pytest.raises(openai.BadRequestError) as caught:
        await sdk.responses.create(model="m", input=picture)
    assert caught.value.code == (code or "invalid_image")
    assert (await sdk.responses.create(model="m", input=picture)).status == "completed"
