"""A sandbox and a gateway that is only a script, both on real sockets."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import ClientSession, WSMsgType, web
from aiohttp.test_utils import TestServer

from sandbox.app import make_app
from sandbox.config import Config
from tests.ports import free_port
from tests.waiting import until

NUMBERS = [
    ("wa1", "whatsapp", "100000000000001", "+15550100001", "token-wa1"),
    ("wa2", "whatsapp", "100000000000002", "+15550100002", "token-wa2"),
    ("ig1", "instagram", "17840000000000001", "@shop", "token-ig1"),
    ("sms1", "sms", "+15550100003", "+15550100003", "secret"),
    ("web1", "webchat", "wc_test", "wc_test", ""),
]
TOKEN = "token-wa1"
FAST = {"status_delay_ms": [0, 2], "redelivery_first": 0.01, "redelivery_cap": 0.03, "twilio_patience": 0.2}


@dataclass(frozen=True)
class Hook:
    """One request that reached the gateway."""

    path: str
    raw_path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Gateway:
    """Answers what the test scripted for a path, else 200; keeps every request, and serves one webchat."""

    hooks: list[Hook] = field(default_factory=list)
    script: dict[str, deque[int | asyncio.Event]] = field(default_factory=lambda: defaultdict(deque))
    url: str = ""
    said: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[Any] = field(default_factory=list)
    resumes: list[Mapping[str, str]] = field(default_factory=list)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)

    def answers(self, path: str, *statuses: int | asyncio.Event) -> None:
        self.script[path].extend(statuses)

    def on(self, path: str) -> list[Hook]:
        return [hook for hook in self.hooks if hook.path == path]

    async def received(self, count: int, path: str = "/webhooks/meta") -> list[Hook]:
        async def enough() -> list[Hook]:
            hooks = self.on(path)
            return hooks if len(hooks) >= count else []

        return await until(enough, 20)

    async def hook(self, request: web.Request) -> web.Response:
        self.hooks.append(Hook(request.path, request.raw_path, request.headers.copy(), await request.read()))
        scripted = self.script[request.path]
        answer = scripted.popleft() if scripted else 200
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = 200
        return web.Response(status=answer)

    async def session(self, request: web.Request) -> web.Response:
        self.sessions.append(await request.json())
        return web.json_response(
            {"token": f"t{len(self.sessions)}", "visitor": "v", "conversation_id": None}, status=201
        )

    async def post(self, request: web.Request) -> web.Response:
        scripted = self.script[request.path]
        status = scripted.popleft() if scripted else 202
        assert isinstance(status, int)
        body = await request.json()
        self.hooks.append(Hook(request.path, request.raw_path, request.headers.copy(), await request.read()))
        if status == 202:
            await self.say("user", body["text"], client_id=body["client_id"])
        return web.json_response({}, status=status)

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        hello = await ws.receive_json()
        assert hello["type"] == "hello"
        self.resumes.append({**request.query, "token": hello["token"]})
        await ws.send_json({"type": "ready", "conversation_id": "c1", "last_sequence_no": len(self.said)})
        for message in self.said[int(request.query["after"]) :]:
            await ws.send_json({"type": "message", "conversation_id": "c1", "message": message})
        self.sockets.append(ws)
        async for frame in ws:
            assert frame.type is WSMsgType.TEXT
        return ws

    async def say(self, sender: str, text: str, client_id: str | None = None) -> None:
        number = len(self.said) + 1
        message = {
            "message_id": f"m{number}",
            "sequence_no": number,
            "sender": sender,
            "text": text,
            "client_id": client_id,
        }
        self.said.append(message)
        for ws in self.sockets:
            if not ws.closed:
                await ws.send_json({"type": "message", "conversation_id": "c1", "message": message})

    async def hang_up(self) -> None:
        sockets, self.sockets = self.sockets, []
        for ws in sockets:
            await ws.close()


@dataclass
class Client:
    """Speaks to the sandbox as the gateway and as a script."""

    http: ClientSession
    url: str
    gateway: Gateway

    async def ask(self, method: str, path: str, **request: Any) -> tuple[int, Any]:
        async with self.http.request(method, self.url + path, **request) as answer:
            return answer.status, await answer.json(content_type=None)

    async def write(self, **message: Any) -> dict[str, Any]:
        status, answer = await self.ask("POST", "/_sandbox/messages", json=message)
        assert status == 202, answer
        return dict(answer)

    async def fault(self, kind: str, **order: Any) -> dict[str, Any]:
        status, answer = await self.ask("POST", "/_sandbox/faults", json={"kind": kind, **order})
        assert status == 201, answer
        return dict(answer)

    async def graph(self, body: Any, number: str = "100000000000001", token: str = TOKEN) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"}
        return await self.ask("POST", f"/v23.0/{number}/messages", json=body, headers=headers)

    async def calls(self, provider: str = "") -> list[dict[str, Any]]:
        _, answer = await self.ask("GET", f"/_sandbox/calls?provider={provider}")
        return list(answer["calls"])

    async def bubbles(self, **query: str) -> list[dict[str, Any]]:
        _, answer = await self.ask("GET", "/_sandbox/messages", params=query)
        return list(answer["messages"])


def whatsapp_text(text: str = "Hello", to: str = "15550109999", **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": text}, **more}


def config_for(gateway_url: str, **behaviour: Any) -> dict[str, Any]:
    return {
        "gateway": gateway_url,
        "api_key": "key",
        "meta": {"app_secret": "app-secret", "verify_token": "verify"},
        "twilio": {"account_sid": "AC" + "1" * 32, "auth_token": "12345"},
        "openai": {"api_key": "sk-test"},
        "numbers": [
            {
                "id": id_,
                "platform": platform,
                "meta_phone_number_id": meta,
                "address": address,
                "display_name": f"Shop {id_}",
                "access_token": token,
            }
            for id_, platform, meta, address, token in NUMBERS
        ],
        "behaviour": {**FAST, **behaviour},
    }


@pytest.fixture
async def gateway() -> AsyncIterator[Gateway]:
    gateway = Gateway()
    app = web.Application()
    app.add_routes(
        [
            web.post("/webchat/sessions", gateway.session),
            web.post("/webchat/messages", gateway.post),
            web.get("/webchat/ws", gateway.socket),
            web.route("*", "/{path:.*}", gateway.hook),
        ]
    )
    server = TestServer(app)
    await server.start_server()
    gateway.url = str(server.make_url("")).rstrip("/")
    yield gateway
    await gateway.hang_up()
    await server.close()


Start = Callable[..., Awaitable[Client]]


@pytest.fixture
async def start(gateway: Gateway) -> AsyncIterator[Start]:
    """Starts a sandbox with these changes to its behaviour."""
    running: list[tuple[TestServer, ClientSession]] = []

    async def begin(gateway_url: str = "", **behaviour: Any) -> Client:
        config = Config.model_validate(config_for(gateway_url or gateway.url, **behaviour))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        server = TestServer(make_app(config, url), port=port)
        await server.start_server()
        http = ClientSession()
        running.append((server, http))
        return Client(http, url, gateway)

    yield begin
    for server, http in running:
        await http.close()
        await server.close()


@pytest.fixture
async def sandbox(start: Start) -> Client:
    return await start()
