"""Scripted providers over real HTTP: Meta's Graph, Twilio's Messages and OpenAI's Responses, in one small server."""

from __future__ import annotations

import itertools
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.conversations import Conversations, refused


@dataclass
class Providers:
    """What came in, in order, and how each answer is made. `think` runs before the model answers, `on_send` when a
    message was taken and that was not answered yet."""

    url: str = ""
    sent: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    think: Callable[[], Awaitable[None]] | None = None
    on_send: Callable[[], Awaitable[None]] | None = None
    model_status: int = 200
    send_status: int = 200
    send_code: int = 131000
    files: dict[str, bytes] = field(default_factory=dict)
    file_status: int = 200
    fetched: list[tuple[str, str]] = field(default_factory=list)
    missed: list[dict[str, Any]] = field(default_factory=list)
    renewal: tuple[int, Any] = (404, {})
    signals: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[bytes] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], str | list[dict[str, Any]]] | None = None
    conversations: Conversations = field(default_factory=Conversations)
    refuses_images: bool = False
    gone_model: str = ""
    moderation: dict[str, Any] | None = None
    heard: list[bytes] = field(default_factory=list)
    templates: list[dict[str, Any]] = field(default_factory=list)
    transcript: str = "I want to come on Monday"
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    async def graph(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body.get("status") == "read" or "sender_action" in body:
            self.signals.append(body)
            return web.json_response({"success": True})
        if self.send_status != 200:
            return web.json_response({"error": {"message": "no", "code": self.send_code}}, status=self.send_status)
        self.sent.append({"account": request.match_info["account"], **body})
        if self.on_send:
            await self.on_send()
        wamid = f"wamid.out.{next(self._ids)}"
        if isinstance(body.get("recipient"), dict):
            return web.json_response({"recipient_id": body["recipient"]["id"], "message_id": wamid})
        return web.json_response({"messaging_product": "whatsapp", "messages": [{"id": wamid}]})

    async def listed_templates(self, _request: web.Request) -> web.Response:
        return web.json_response({"data": self.templates, "paging": {"cursors": {"after": "x"}}})

    async def upload(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        self.uploads.append(file.file.read())
        return web.json_response({"id": f"up-{len(self.uploads)}"})

    async def file(self, request: web.Request) -> web.Response:
        """A file of a customer: what Graph knows of it, or its bytes."""
        media_id = request.match_info["id"]
        self.fetched.append((request.headers.get("Authorization", ""), media_id))
        if self.file_status != 200 or media_id not in self.files:
            return web.json_response(
                {"error": {"code": 1}}, status=self.file_status if self.file_status != 200 else 404
            )
        if request.path.startswith("/bytes/"):
            return web.Response(body=self.files[media_id], content_type="image/png")
        return web.json_response({"url": f"{self.url}/bytes/{media_id}", "id": media_id})

    async def twilio(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.sent.append(form)
        if self.on_send:
            await self.on_send()
        return web.json_response({"sid": f"SM{next(self._ids):032}", "status": "queued"}, status=201)

    async def renewed(self, _request: web.Request) -> web.Response:
        return web.json_response(self.renewal[1], status=self.renewal[0])

    async def listed(self, _request: web.Request) -> web.Response:
        return web.json_response({"messages": self.missed, "next_page_uri": None})

    async def responses(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.asked.append(body)
        if self.think:
            await self.think()
        if self.model_status != 200:
            return web.json_response({"error": {"message": "no", "code": "x"}}, status=self.model_status)
        if refusal := self._refusal(body):
            return refusal
        found = self.answer(body) if self.answer else f"You said: {_last_words(body)}"
        text = found if isinstance(found, str) else ""
        output = [_message(found)] if isinstance(found, str) else found
        self.conversations.completed(body, output)
        usage = {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15}
        response = {
            "id": "resp_1", "object": "response", "status": "completed", "model": "m", "output": output, "usage": usage,
        }  # fmt: skip
        if self.moderation:
            response["moderation"] = self.moderation
        return await _streamed(request, text, response) if body.get("stream") else web.json_response(response)

    def _refusal(self, body: dict[str, Any]) -> web.Response | None:
        if self.refuses_images and "input_image" in json.dumps(body):
            return refused(400, "The image can't be read.", "invalid_image_format")
        if self.gone_model and body["model"] == self.gone_model:
            return refused(404, "The model does not exist.", "model_not_found")
        return self.conversations.refusal(body)

    async def transcriptions(self, request: web.Request) -> web.Response:
        form = await request.post()
        file = form["file"]
        assert isinstance(file, web.FileField)
        self.heard.append(file.file.read())
        usage = {"type": "duration", "seconds": 3}
        return web.json_response({"text": self.transcript, "usage": usage}, status=200 if self.transcript else 400)

    def texts(self) -> list[str]:
        """The texts that customers were sent, in order."""
        return [
            item["text"]["body"] if "text" in item else item["Body"] if "Body" in item else item["message"]["text"]
            for item in self.sent
        ]


def _last_words(body: dict[str, Any]) -> str:
    said = [item["content"] for item in body["input"] if item.get("role") == "user"]
    return said[-1] if isinstance(said[-1], str) else next(part["text"] for part in said[-1] if "text" in part)


def _message(text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": content}


def reply(text: str, **more: Any) -> str:
    """A reply in the shape that the model is asked for."""
    message = {"text": text, "choices": more.pop("choices", []), "cites": more.pop("cites", [])}
    whole = {"messages": [message], "action": "none", "reason": "", "claims": [], "language": "en"}
    return json.dumps(whole | more)


def function_call(name: str, /, **arguments: Any) -> dict[str, Any]:
    """The model asks for a tool."""
    number = uuid.uuid4().hex[:8]
    return {"type": "function_call", "id": f"fc_{number}", "call_id": f"call_{number}", "name": name,
            "arguments": json.dumps(arguments), "status": "completed"}  # fmt: skip


async def _streamed(request: web.Request, text: str, response: dict[str, Any]) -> web.StreamResponse:
    """The answer as the provider streams it: pieces of the text, then the whole."""
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await stream.prepare(request)
    half = len(text) // 2
    events: list[dict[str, Any]] = [
        {"type": "response.output_text.delta", "output_index": 0, "delta": piece}
        for piece in (text[:half], text[half:])
    ]
    for event in (*events, {"type": "response.completed", "response": response}):
        await stream.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
    return stream


@asynccontextmanager
async def providers() -> AsyncIterator[Providers]:
    """Serves the providers on a free port."""
    scripted = Providers()
    app = web.Application()
    app.router.add_post("/{version:v[0-9.]+}/{account}/messages", scripted.graph)
    app.router.add_post("/{version:v[0-9.]+}/{account}/media", scripted.upload)
    app.router.add_get("/{version:v[0-9.]+}/{account}/message_templates", scripted.listed_templates)
    app.router.add_get("/{version:v[0-9.]+}/{id}", scripted.file)
    app.router.add_get("/refresh_access_token", scripted.renewed)
    app.router.add_get("/bytes/{id}", scripted.file)
    app.router.add_get("/2010-04-01/Accounts/{account}/Messages.json", scripted.listed)
    app.router.add_post("/2010-04-01/Accounts/{account}/Messages.json", scripted.twilio)
    app.router.add_post("/v1/responses", scripted.responses)
    app.router.add_post("/v1/audio/transcriptions", scripted.transcriptions)
    app.router.add_routes(scripted.conversations.routes())
    async with TestServer(app) as server:
        scripted.url = str(server.make_url("")).rstrip("/")
        yield scripted


def now() -> str:
    """The provider's clock, as it writes it: what was written long ago can't be answered freely."""
    return str(int(time.time()))


def whatsapp(*changes: dict[str, Any]) -> bytes:
    """A webhook body with one entry for each change."""
    entries = [{"id": "waba", "changes": [{"field": "messages", "value": change}]} for change in changes]
    return json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()


def change(
    number: str, *, messages: Sequence[tuple[str, str, str]] = (), statuses: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """One change: messages are (id, from, text), statuses (id, status)."""
    return {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "1", "phone_number_id": number},
        "contacts": [{"wa_id": sender, "profile": {"name": "Kim"}} for _, sender, _ in messages],
        "messages": [
            {"id": wamid, "from": sender, "timestamp": now(), "type": "text", "text": {"body": text}}
            for wamid, sender, text in messages
        ],
        "statuses": [{"id": wamid, "status": state, "timestamp": now()} for wamid, state in statuses],
    }
