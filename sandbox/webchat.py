"""Visitors of the web chat: each is a browser of its own, with a session, a socket that stays open, and a memory.

The protocol is docs/webchat_protocol.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import ClientError, ClientTimeout, ClientWebSocketResponse, WSMsgType, web

from sandbox.config import Number
from sandbox.customers import Customer
from sandbox.deliveries import Outgoing, Webhook
from sandbox.phones import Bubble, Phone
from sandbox.record import Call
from sandbox.state import Sandbox

CALM_SECONDS: Final = 15.0
# Answers after which the same message will never be taken.
FINAL: Final = frozenset({400, 403, 413, 422})
_SESSION_TIMEOUT: Final = ClientTimeout(total=10)


class Visitor:
    """One browser on one number. `token` is empty until a session was opened, and after the gateway refused it."""

    def __init__(self, sandbox: Sandbox, number: Number, name: str) -> None:
        self._sandbox = sandbox
        self._number = number
        self._phone: Phone = sandbox.phone(number, name)
        self._opening = asyncio.Lock()
        self._spent_token: str | None = None
        self._conversation = ""
        self._seen = 0
        self._wrote: dict[str, Bubble] = {}
        self._received: set[str] = set()
        self.name = name
        self.token = ""

    async def session(self) -> str:
        """The session's token, opened or renewed when there is none. Raises ClientError."""
        async with self._opening:
            if not self.token:
                config = self._sandbox.config
                wish = {"number": self._number.meta_phone_number_id, "token": self._spent_token}
                url = f"{config.gateway}/webchat/sessions"
                async with self._sandbox.http.post(url, json=wish, timeout=_SESSION_TIMEOUT) as answer:
                    answer.raise_for_status()
                    opened = _object(await answer.json(content_type=None))
                self.token = str(opened.get("token") or "")
                if not self.token:
                    raise ClientError("the session has no token")
            return self.token

    def forget_session(self) -> None:
        """The gateway refused the token: the next session renews it."""
        self._spent_token, self.token = self.token or self._spent_token, ""

    def wrote(self, bubble: Bubble) -> None:
        self._wrote[bubble.id] = bubble

    async def listen(self) -> None:
        """Keeps a socket open for as long as the sandbox runs; after each break it resumes where it was."""
        pause = self._sandbox.behaviour.redelivery_first
        while True:
            try:
                token = await self.session()
                url = f"{self._sandbox.config.gateway}/webchat/ws"
                resume = {"after": str(self._seen), "conversation_id": self._conversation}
                async with self._sandbox.http.ws_connect(url, params=resume, heartbeat=CALM_SECONDS, compress=0) as ws:
                    await ws.send_json({"type": "hello", "token": token})
                    if await self._read(ws):
                        pause = self._sandbox.behaviour.redelivery_first
                    if ws.close_code == 4401:
                        self.forget_session()
            except (ClientError, OSError, TimeoutError, ValueError):
                pass
            await asyncio.sleep(pause)
            pause = min(pause * 1.7, self._sandbox.behaviour.redelivery_cap)

    async def _read(self, ws: ClientWebSocketResponse) -> bool:
        """Reads until the socket closes; true when the gateway had greeted."""
        greeted = False
        async for frame in ws:
            if frame.type is not WSMsgType.TEXT:
                break
            try:
                told = _object(json.loads(frame.data))
            except ValueError:
                continue
            greeted = greeted or told.get("type") == "ready"
            self._hear(told)
        return greeted

    def _hear(self, told: Mapping[str, Any]) -> None:
        kind = told.get("type")
        if kind == "ready":
            self._enter(str(told.get("conversation_id") or ""))
        elif kind == "message":
            self._enter(str(told.get("conversation_id") or ""))
            self._take(_object(told.get("message")))
        elif kind == "typing":
            self._sandbox.phones.typing(self._phone, on=bool(told.get("on")))

    def _enter(self, conversation: str) -> None:
        if conversation != self._conversation:
            self._conversation, self._seen = conversation, 0

    def _take(self, message: Mapping[str, Any]) -> None:
        sequence_no = message.get("sequence_no")
        if isinstance(sequence_no, int):
            self._seen = max(self._seen, sequence_no)
        if message.get("sender") == "user":
            bubble = self._wrote.pop(str(message.get("client_id")), None)
            if bubble is not None:
                self._sandbox.phones.advance(self._phone, bubble, "delivered")
            return
        id_, text = str(message.get("message_id")), str(message.get("text", ""))
        self._sandbox.record.call(
            Call(
                provider="webchat",
                method="WS",
                path="/webchat/ws",
                request={"conversation_id": self._conversation, "message": message},
                status=200,
                id=id_,
                to=self.name,
                sender=self._number.meta_phone_number_id,
                text=text,
            )
        )
        if id_ not in self._received:
            self._received.add(id_)
            self._sandbox.phones.typing(self._phone, on=False)
            shown = "\n".join((text, *_offered(message)))
            self._sandbox.phones.add(self._phone, Bubble(id=id_, side="business", text=shown, state="delivered"))


class Visitors:
    """Every visitor who ever wrote, one for each number and name."""

    def __init__(self) -> None:
        self._visitors: dict[tuple[str, str], Visitor] = {}

    def visitor(self, sandbox: Sandbox, number: Number, name: str) -> Visitor:
        visitor = self._visitors.get((number.id, name))
        if visitor is None:
            visitor = self._visitors[number.id, name] = Visitor(sandbox, number, name)
            sandbox.deliveries.start(visitor.listen())
        return visitor


def write(sandbox: Sandbox, visitors: Visitors, number: Number, customer: Customer) -> Webhook:
    """A visitor's message as a request, not sent yet; the same client id goes with every attempt."""
    visitor = visitors.visitor(sandbox, number, customer.sender)
    client_id = customer.id or sandbox.ids.hex32()
    body = json.dumps({"client_id": client_id, "text": customer.text, **customer.raw}).encode()

    async def prepare(_: Sequence[Webhook]) -> Outgoing:
        headers = {"Authorization": f"Bearer {await visitor.session()}", "Content-Type": "application/json"}
        return Outgoing(f"{sandbox.config.gateway}/webchat/messages", headers, body)

    def answered(status: int) -> None:
        if status == 401:
            visitor.forget_session()

    return Webhook(
        provider="webchat",
        event="message",
        id=client_id,
        number=number.id,
        number_names=number.names,
        customer=customer.sender,
        lane=(number.id, customer.sender),
        prepare=prepare,
        final=FINAL,
        answered=answered,
    )


def _offered(message: Mapping[str, Any]) -> list[str]:
    """The choices of a message as lines with numbers: a widget shows buttons, which write their title when tapped."""
    options = _object(message.get("content")).get("options")
    titles = [_object(one).get("title") for one in options] if isinstance(options, list) else []
    return [f"{place}. {title}" for place, title in enumerate(titles, 1)]


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


VISITORS: web.AppKey[Visitors] = web.AppKey("visitors", Visitors)
