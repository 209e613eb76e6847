"""OpenAI Responses: answers with the scripted receptionist, whole or as a stream of events.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiohttp import web

from sandbox import receptionist
from sandbox.calls import Course, Refusal
from sandbox.faults import OPENAI_KINDS, Fault
from sandbox.openai_checks import ApiRefusal, check_request
from sandbox.openai_stream import events
from sandbox.record import Call
from sandbox.signatures import bearer_token, same
from sandbox.state import SANDBOX, Sandbox

MODELS: Final = (
    "gpt-6-astra",
    "gpt-6.1-sol",
    "gpt-6.1-terra",
    "gpt-6-sol",
    "gpt-6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "gpt-5.6-luna",
)
_SHAPING: Final = frozenset(OPENAI_KINDS) - {"insufficient_quota", "bad_request", "slow"}


def speed_limit(fault: Fault) -> ApiRefusal:
    seconds = fault.order.retry_after
    return ApiRefusal(
        f"Rate limit reached. Please try again in {seconds:g}s.",
        status=429,
        kind="rate_limit_error",
        code=fault.order.code or "rate_limit_exceeded",
        headers={"Retry-After": f"{seconds:g}"},
    )


def no_quota(fault: Fault) -> ApiRefusal:
    return ApiRefusal(
        "You exceeded your current quota, please check your plan and billing details.",
        status=429,
        kind="insufficient_quota",
        code=fault.order.code or "insufficient_quota",
    )


def broken(fault: Fault) -> ApiRefusal:
    overloaded = fault.order.status == 503
    return ApiRefusal(
        "The server is overloaded." if overloaded else "The server had an error while processing your request.",
        status=fault.order.status,
        kind="server_error",
        code="server_is_overloaded" if overloaded else None,
    )


def bad_key() -> ApiRefusal:
    return ApiRefusal("Incorrect API key provided.", status=401, code="invalid_api_key")


def bad_request(fault: Fault) -> ApiRefusal:
    return ApiRefusal("The request was refused by the sandbox.", code=fault.order.code or "invalid_prompt")


def _refusals(request_id: str) -> Mapping[str, Refusal]:
    return {
        "rate_limit": lambda fault: speed_limit(fault).response(request_id),
        "server_error": lambda fault: broken(fault).response(request_id),
        "wrong_token": lambda _: bad_key().response(request_id),
        "refuse": lambda fault: bad_request(fault).response(request_id),
    }


def check_key(sandbox: Sandbox, request: web.Request) -> None:
    """Raises ApiRefusal unless the request carries the configured key (any key when none is configured)."""
    token = bearer_token(request.headers)
    if not token:
        raise ApiRefusal("You didn't provide an API key.", status=401)
    right = sandbox.config.openai.api_key
    if right and not same(right, token):
        raise bad_key()


async def respond(request: web.Request) -> web.StreamResponse:
    """POST /v1/responses."""
    sandbox = request.app[SANDBOX]
    request_id = "req_" + secrets.token_hex(16)
    try:
        given: Any = json.loads(await request.read())
    except ValueError:
        given = None
    call = Call(provider="openai", method="POST", path=request.path, request=given)
    course = Course(sandbox, request, call, (), _refusals(request_id))
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        check_key(sandbox, request)
        body = check_request(given)
        fault = sandbox.faults.take(OPENAI_KINDS, "openai")
        if fault is not None:
            call.fault = fault.kind
            await _refuse_or_wait(fault)
    except ApiRefusal as refusal:
        return course.answer(refusal.response(request_id), refusal.message)
    shape = fault.kind if fault is not None and fault.kind in _SHAPING else ""
    response = compose(sandbox, body, shape)
    call.text = spoken(response)
    low, high = sandbox.behaviour.answer_delay_ms
    if high:
        await asyncio.sleep(random.uniform(low, high) / 1000)
    headers = {"x-request-id": request_id, "openai-version": "2020-10-01", "openai-processing-ms": "1"}
    if body.get("stream"):
        return await _stream(request, course, response, (shape, headers))
    return await course.store(response["id"], web.json_response(response, headers=headers))


async def _refuse_or_wait(fault: Fault) -> None:
    if fault.kind == "insufficient_quota":
        raise no_quota(fault)
    if fault.kind == "bad_request":
        raise bad_request(fault)
    if fault.kind == "slow":
        await asyncio.sleep(fault.wait_seconds(2.0))


def spoken(response: Mapping[str, Any]) -> str:
    """What a customer may see of a response: the text of its final answers."""
    return "".join(
        part["text"]
        for item in response["output"]
        if item["type"] == "message" and item["phase"] == "final_answer"
        for part in item["content"]
        if part["type"] == "output_text"
    )


def compose(sandbox: Sandbox, body: Mapping[str, Any], shape: str) -> dict[str, Any]:
    """A whole response object; `shape` is the fault that bends it, "" for none."""
    reply = receptionist.answer(receptionist.waiting_messages(body["input"]))
    output = _output(sandbox, reply, shape)
    status = {"failed": "failed", "incomplete": "incomplete"}.get(shape, "completed")
    now = int(time.time())
    return {
        "id": sandbox.ids.openai("resp"),
        "object": "response",
        "created_at": now,
        "status": status,
        "completed_at": now if status == "completed" else None,
        "background": False,
        "error": {"code": "server_error", "message": "The model failed to generate a response."}
        if shape == "failed"
        else None,
        "incomplete_details": {"reason": "max_output_tokens"} if shape == "incomplete" else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "output": output,
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "usage": _usage(body, output),
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def _output(sandbox: Sandbox, reply: str, shape: str) -> list[dict[str, Any]]:
    if shape in ("empty", "failed"):
        return []
    if shape == "refusal":
        return [_message(sandbox, {"type": "refusal", "refusal": "I can't help with that."})]
    if shape == "incomplete":
        cut = _message(sandbox, _text_part(reply[: max(1, len(reply) // 2)]))
        return [{**cut, "status": "incomplete"}]
    final = _message(sandbox, _text_part(reply))
    if shape == "commentary":
        return [{**_message(sandbox, _text_part("Let me look that up.")), "phase": "commentary"}, final]
    return [final]


def _message(sandbox: Sandbox, part: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": sandbox.ids.openai("msg"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "phase": "final_answer",
        "content": [part],
    }


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(body: Mapping[str, Any], output: list[dict[str, Any]]) -> dict[str, Any]:
    """Counted as four characters a token, which is near enough for a meter to have something to count."""
    given = len(str(body["input"])) + len(body.get("instructions") or "")
    said = sum(len(part.get("text", "")) + len(part.get("refusal", "")) for item in output for part in item["content"])
    input_tokens, output_tokens = given // 4 + 1, (said + 3) // 4
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }


async def _stream(
    request: web.Request, course: Course, response: dict[str, Any], manner: tuple[str, dict[str, str]]
) -> web.StreamResponse:
    shape, headers = manner
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", **headers})
    cut = await course.late(response["id"])
    if cut is not None:
        return cut
    course.call.status = stream.status
    with suppress(ConnectionResetError):
        await stream.prepare(request)
        for event in events(response, shape):
            await stream.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await stream.write_eof()
    return stream


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    sandbox = request.app[SANDBOX]
    request_id = "req_" + secrets.token_hex(16)
    try:
        check_key(sandbox, request)
    except ApiRefusal as refusal:
        return refusal.response(request_id)
    listed = [
        {"id": name, "object": "model", "created": 1_780_000_000, "owned_by": "sandbox", "shutdown_date": None}
        for name in MODELS
    ]
    return web.json_response({"object": "list", "data": listed}, headers={"x-request-id": request_id})
