"""A provider that answers what a test scripted, in order, over real HTTP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.agents.conversations import Conversations


@dataclass(frozen=True, kw_only=True)
class Says:
    """One scripted answer: JSON, raw text, or a stream of events; `hang` never answers, `drop` closes instead. With
    `done` such a response is completed at the provider all the same: these are the items that it says."""

    status: int = 200
    body: Any = None
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    events: Sequence[dict[str, Any]] | None = None
    ending: Literal["end", "abort", "hang"] = "end"
    hang: bool = False
    drop: bool = False
    done: Sequence[dict[str, Any]] = ()

    @property
    def output(self) -> Sequence[dict[str, Any]]:
        """What a conversation has of it."""
        whole = self.events[-1].get("response") if self.events else self.body
        completed = isinstance(whole, dict) and whole.get("status") == "completed"
        return whole["output"] if completed else self.done


@dataclass
class Scripted:
    """What is still to be said, and what was asked of the model; `paths` are all requests."""

    answers: list[Says]
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    conversations: Conversations = field(default_factory=Conversations)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.content_type == "application/json" else dict(await request.post())
        self.requests.append(body)
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if refusal := self.conversations.refusal(body):
            return refusal
        if not self.answers:
            return web.json_response({"error": {"message": "nothing scripted", "code": "unscripted"}}, status=418)
        says = self.answers.pop(0)
        self.asked.set()
        if says.output:
            self.conversations.completed(body, says.output)
        if says.hang:
            return await self._hang()
        if says.events is not None:
            return await self._stream(request, says.events, says.ending)
        if says.drop:
            assert request.transport is not None
            request.transport.abort()
        text = says.text if says.text is not None else json.dumps(says.body)
        headers = {"x-request-id": f"req_{len(self.requests)}"} | says.headers
        return web.Response(status=says.status, text=text, headers=headers, content_type=says.content_type)

    async def _stream(self, request: web.Request, events: Sequence[dict[str, Any]], ending: str) -> web.StreamResponse:
        head = {"content-type": "text/event-stream; charset=utf-8", "x-request-id": f"req_{len(self.requests)}"}
        stream = web.StreamResponse(headers=head)
        await stream.prepare(request)
        written = "".join(
            f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n" for event in events
        ).encode()
        # Cut in the middle of a character and of a line: a reader may count on neither.
        for start in range(0, len(written), 61):
            await stream.write(written[start : start + 61])
        if ending == "hang":
            return await self._hang()
        if ending == "abort":
            assert request.transport is not None
            request.transport.abort()
        return stream

    async def _hang(self) -> web.StreamResponse:
        try:
            await asyncio.Event().wait()
        finally:
            self.gone.set()
        raise AssertionError


@asynccontextmanager
async def serving(answers: Sequence[Says]) -> AsyncIterator[Scripted]:
    """Serve the script on loopback; an answer that nobody asked for fails the test."""
    script = Scripted(list(answers))

    @web.middleware
    async def noted(request: web.Request, handler: Handler) -> web.StreamResponse:
        script.paths.append(f"{request.method} {request.path}")
        return await handler(request)

    app = web.Application(middlewares=[noted], client_max_size=64 * 1024 * 1024)
    app.router.add_routes(script.conversations.routes())
    app.router.add_route("*", "/{path:.*}", script.answer)
    # A customer of ours who hangs up must end the handler, so that a test can see it.
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    script.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield script
    finally:
        await runner.cleanup()
    assert not script.answers, f"{len(script.answers)} scripted answers were never asked for"


def usage(into: int, out: int, *, cached: int = 0, written: int = 0, reasoning: int = 0) -> dict[str, Any]:
    return {
        "input_tokens": into,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": into + out,
    }


def message(text: str, *, phase: str | None = None, kind: str = "output_text") -> dict[str, Any]:
    part = {"type": kind, "refusal": text} if kind == "refusal" else {"type": kind, "text": text, "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [part]}
    return item | ({"phase": phase} if phase else {})


def call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {
        "type": "function_call",
        "id": f"fc_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }


def response(*output: dict[str, Any], status: str = "completed", **more: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "model": "gpt-6-luna-2026-10-14",
        "output": list(output),
        "error": None,
        "incomplete_details": None,
        "usage": usage(100, 10),
    }
    return whole | more


def answers(*output: dict[str, Any], **more: Any) -> Says:
    return Says(body=response(*output, **more))


def refuses(status: int, code: str | None, *, kind: str = "invalid_request_error", **headers: str) -> Says:
    error = {"message": "The provider's sentence.", "type": kind, "param": None, "code": code}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Says(status=status, body={"error": error}, headers=named)
