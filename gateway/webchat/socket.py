"""One webchat socket: every message of the visitor's conversation, once, in order, from wherever he left off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from pydantic_core import from_json, to_json

from gateway.bus import Bus
from gateway.errors import GatewayError, Invalid, StoreAway
from gateway.limits import Limiter
from gateway.observe import SOCKETS
from gateway.webchat.deltas import Deltas
from gateway.webchat.prechat import Unanswered
from gateway.webchat.room import Room

FRAME_LIMIT = 32 * 1024
HEARTBEAT_SECONDS = 40.0


class Socket:
    """Serves one connection until it closes. A wake-up makes it read on from the last number that it sent."""

    def __init__(
        self, ws: web.WebSocketResponse, bus: Bus, room: Room, limits: tuple[Limiter, Limiter], address: str
    ) -> None:
        self._ws = ws
        self._bus = bus
        self._room = room
        self._limits = limits
        self._address = address
        self._deltas = Deltas()
        self._seen = 0
        self._typed_at = 0.0
        self._conversation_id: str | None = None
        self._after = 0
        self._pump: asyncio.Task[None] | None = None
        self._again = False
        self._forget: list[Callable[[], None]] = []

    async def serve(self, conversation_id: str, after: int) -> None:
        """Greets, catches up, then answers frames until the connection ends."""
        SOCKETS.inc()
        try:
            current, last = await self._room.conversation()
            # Only now: a wake-up before the place to go on from is known would begin at the beginning.
            self._forget = [self._bus.listen(self._room.topic, self._wake)]
            self._follow(current)
            self._after = after if current == conversation_id else 0
            await self._send({"type": "ready", "conversation_id": current, "last_sequence_no": last})
            self._wake()
            async for frame in self._ws:
                if frame.type is not WSMsgType.TEXT:
                    break
                await self._answer(frame.data)
        finally:
            SOCKETS.dec()
            for forget in self._forget:
                forget()
            if self._pump:
                self._pump.cancel()

    def _follow(self, conversation_id: str | None) -> None:
        if conversation_id and conversation_id != self._conversation_id:
            self._conversation_id, self._after = conversation_id, 0
            for forget in self._forget[1:]:
                forget()
            self._forget[1:] = [
                self._bus.listen(f"conversation:{conversation_id}", self._wake),
                self._bus.listen(f"typing:{conversation_id}", self._typing),
                self._bus.listen(f"seen:{conversation_id}", self._show_seen),
                self._bus.listen(f"delta:{conversation_id}", self._show_delta),
            ]

    def _wake(self, _key: str = "") -> None:
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._catch_up())
        else:
            self._again = True

    def _typing(self, key: str) -> None:
        self._show({"type": "typing", "on": key == "on"})

    def _show_seen(self, key: str) -> None:
        """Our side has read the visitor's messages up to a number; an older word changes nothing."""
        if key.isdigit() and int(key) > self._seen:
            self._seen = int(key)
            self._show({"type": "seen", "sequence_no": self._seen})

    def _show_delta(self, key: str) -> None:
        if frame := self._deltas.frame(key):
            self._show(frame)

    def _show(self, frame: dict[str, Any]) -> None:
        """Sends what may be lost without harm."""
        if not self._ws.closed:
            task = asyncio.ensure_future(self._send(frame))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _catch_up(self) -> None:
        with suppress(ConnectionError, StoreAway):
            while True:
                self._again = False
                current, _ = await self._room.conversation()
                self._follow(current)
                if current:
                    await self._read_on(current)
                if not self._again:
                    return

    async def _read_on(self, conversation_id: str) -> None:
        while messages := await self._room.messages(conversation_id, self._after):
            for message in messages:
                await self._send({"type": "message", "conversation_id": conversation_id, "message": message})
                self._after = message["sequence_no"]

    async def _answer(self, text: str) -> None:
        frame: Any = None
        try:
            frame = from_json(text)
            kind = frame.get("type") if isinstance(frame, dict) else None
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "message":
                await self._write(frame)
            elif kind == "seen" and self._conversation_id and isinstance(frame.get("sequence_no"), int):
                await self._room.seen(self._conversation_id, min(frame["sequence_no"], self._after))
            elif kind == "typing":
                self._tell_typing(on=frame.get("on") is True)
            else:
                raise Invalid(f"Unknown frame type {str(kind)[:40]!r}.")
        except ValueError:
            await self._complain("invalid", "The frame is not JSON.")
        except GatewayError as error:
            detail = "Please try again." if isinstance(error, StoreAway) else str(error)
            await self._complain(_code(error), detail, frame)

    def _tell_typing(self, *, on: bool) -> None:
        """Says to whoever watches that the visitor writes, once a second at most; they take it for ten seconds."""
        now = time.monotonic()
        if self._conversation_id and (not on or now - self._typed_at >= 1.0):
            self._typed_at = now if on else 0.0
            self._bus.publish(f"visitor_typing:{self._conversation_id}", "on" if on else "off")

    async def _write(self, frame: dict[str, Any]) -> None:
        session, address = self._limits
        wait = session.wait(self._room.session.visitor) or address.wait(self._address)
        if wait:
            await self._complain("rate", f"Too fast: wait {wait:.0f} s.", frame)
            return
        written = await self._room.write(frame.get("client_id"), frame.get("text"), frame.get("uploads"))
        if not written.duplicate:
            self._follow(written.conversation_id)  # at once, so that what our side does with the first message is seen
        await self._send(
            {
                "type": "accepted",
                "client_id": frame["client_id"],
                "conversation_id": written.conversation_id,
                "message_id": written.message_id,
                "sequence_no": written.sequence_no,
                "duplicate": written.duplicate,
            }
        )
        self._bus.publish(self._room.topic)

    async def _complain(self, code: str, detail: str, frame: object = None) -> None:
        about = frame.get("client_id") if isinstance(frame, dict) else None
        told = {"client_id": about} if isinstance(about, str) else {}
        await self._send({"type": "error", "code": code, "detail": detail, **told})

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._ws.send_str(to_json(frame).decode())


def _code(error: GatewayError) -> str:
    if isinstance(error, StoreAway):
        return "away"
    if isinstance(error, Unanswered):
        return "prechat"
    return "too_large" if "longer" in str(error) else "invalid"
