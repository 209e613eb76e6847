"""OpenAI Responses: answers with the scripted receptionist, whole or as a stream of events.

https://platform.openai.com/docs/api-reference/responses
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any, Final

from aiohttp import web

from sandbox import openai_moderation
from sandbox.calls import HTML_502
from sandbox.faults import CONVERSATION_KINDS, OPENAI_KINDS, Fault
from sandbox.openai_checks import check_request
from sandbox.openai_conversations import CONVERSATIONS, Conversation, locked
from sandbox.openai_course import Exchange, bad_image, bad_request, check_key, no_quota
from sandbox.openai_errors import ApiRefusal
from sandbox.openai_items import check_calls, has_images, items_of
from sandbox.openai_output import compose, spoken
from sandbox.openai_stream import events
from sandbox.openai_written import offered
from sandbox.state import SANDBOX

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


async def respond(request: web.Request) -> web.StreamResponse:
    """POST /v1/responses."""
    try:
        given: Any = json.loads(await request.read())
    except (ValueError, RecursionError):
        given = None
    exchange = Exchange(request, given)

    async def work() -> web.StreamResponse:
        return await _respond(exchange, check_request(given))

    # What goes into a conversation is completed, and the conversation held, though the client hangs up.
    kept = isinstance(given, dict) and given.get("conversation") is not None
    return await (asyncio.shield(exchange.run(work)) if kept else exchange.run(work))


async def _respond(exchange: Exchange, body: Mapping[str, Any]) -> web.StreamResponse:
    named = body.get("conversation")
    kept = exchange.request.app[CONVERSATIONS]
    conversation = kept.find(named["id"] if isinstance(named, dict) else named) if named is not None else None
    shape = ""
    with conversation.held() if conversation else nullcontext():
        fault = _fault(exchange, body, conversation)
        if fault is not None:
            shape = exchange.call.fault = fault.kind
            if conversation and fault.kind in CONVERSATION_KINDS:
                _disturb(exchange, conversation, fault)
            if fault.kind == "html":
                return exchange.course.answer(web.Response(status=502, text=HTML_502, content_type="text/html"))
            await _refuse_or_wait(fault)
        news = items_of(body["input"])
        items = [*conversation.all(), *news] if conversation else news
        check_calls(items)
        response = compose(exchange.sandbox.ids, body, items, shape)
        exchange.call.text = spoken(response)
        low, high = exchange.sandbox.behaviour.answer_delay_ms
        if high:
            await asyncio.sleep(random.uniform(low, high) / 1000)
        if conversation and response["status"] == "completed" and shape != "stream_error":
            kept.add(conversation, [*news, *response["output"]])
    if body.get("stream"):
        return await _stream(exchange, response, shape)
    return await exchange.store(response["id"], response)


def _fault(exchange: Exchange, body: Mapping[str, Any], conversation: Conversation | None) -> Fault | None:
    """The rule that strikes this request; some kinds wait for a request that they can strike."""
    kinds = set(OPENAI_KINDS)
    if conversation is None:
        kinds -= CONVERSATION_KINDS
    if not has_images(items_of(body["input"])):
        kinds.discard("bad_image")
    if not offered(body):
        kinds.discard("bad_arguments")
    return exchange.sandbox.faults.take(kinds, "openai", (conversation.id,) if conversation else ())


def _disturb(exchange: Exchange, conversation: Conversation, fault: Fault) -> None:
    kept = exchange.request.app[CONVERSATIONS]
    if fault.kind == "conversation_locked":
        raise locked()
    if fault.kind == "conversation_poisoned":
        kept.poison(conversation)
    else:
        kept.delete(conversation.id)
        kept.find(conversation.id)


async def _refuse_or_wait(fault: Fault) -> None:
    if fault.kind == "insufficient_quota":
        raise no_quota(fault)
    if fault.kind == "bad_request":
        raise bad_request(fault)
    if fault.kind == "bad_image":
        raise bad_image(fault)
    if fault.kind == "slow":
        await asyncio.sleep(fault.wait_seconds(2.0))


async def _stream(exchange: Exchange, response: dict[str, Any], shape: str) -> web.StreamResponse:
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", **exchange.headers})
    cut = await exchange.course.late(response["id"])
    if cut is not None:
        return cut
    exchange.call.status = stream.status
    with suppress(ConnectionResetError):
        await stream.prepare(exchange.request)
        for event in events(response, shape):
            await stream.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
        await stream.write_eof()
    return stream


async def models(request: web.Request) -> web.Response:
    """GET /v1/models."""
    request_id = "req_" + secrets.token_hex(16)
    try:
        check_key(request.app[SANDBOX], request)
    except ApiRefusal as refusal:
        return refusal.response(request_id)
    listed = [
        {"id": name, "object": "model", "created": 1_780_000_000, "owned_by": "sandbox", "shutdown_date": None}
        for name in MODELS
    ]
    return web.json_response({"object": "list", "data": listed}, headers={"x-request-id": request_id})


def routes() -> list[web.RouteDef]:
    return [
        web.post("/v1/responses", respond),
        web.get("/v1/models", models),
        web.post("/v1/moderations", openai_moderation.moderate),
    ]
