"""One webchat socket: every message of the visitor's conversation, once, in order, from wherever he left off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from pydantic_core import from_json, to_json

from gateway.bus import Bus
from gateway.errors import GatewayError, Invalid, StoreAway, TooMany
from gateway.observe import SOCKETS
from gateway.webchat.deltas import Deltas
from gateway.webchat.prechat import Unanswered
from gateway.webchat.room import Place, Room, TooLong
from gateway.webchat.writing import Writing

FRAME_LIMIT = 96 * 1024  # bytes; the longest message, each character escaped, with ten uploads
HEARTBEAT_SECONDS = 40.0
MOST_UNSENT = 64  # frames that may be lost, waiting for a slow client


class Socket:
    """Serves one connection until it closes. A wake-up makes it read on from the last number that it sent."""

    def __init__(self, ws: web.WebSocketResponse, bus: Bus, room: Room, allow: Callable[[], None]) -> None:
        self._ws = ws
        self._bus = bus
        self._room = room
        self._allow = allow
        self._deltas = Deltas()
        self._writing = Writing(bus)
        self._seen_by_us = self._seen_by_him = 0
        self._owner = ("agent", "")
        self._unsent: set[asyncio.Task[None]] = set()
        self._conversation_id: str | None = None
        self._after = 0
        self._pump: asyncio.Task[None] | None = None
        self._again = False
        self._forget: list[Callable[[], None]] = []

    async def serve(self, conversation_id: str, after: int) -> None:
        """Greets, catches up, then answers frames until the connection ends."""
        SOCKETS.inc()
        try:
            place = await self._room.place()
            # Only now: a wake-up before the place to go on from is known would begin at the beginning.
            self._forget = [self._bus.listen(self._room.topic, self._wake)]
            self._follow(place.conversation_id)
            self._after = after if place.conversation_id == conversation_id else 0
            await self._send(
                {"type": "ready", "conversation_id": place.conversation_id, "last_sequence_no": place.last}
            )
            await self._tell_owner(place)
            self._wake()
            async for frame in self._ws:
                if frame.type is not WSMsgType.TEXT:
                    break
                await self._answer(frame.data)
        finally:
            SOCKETS.dec()
            for forget in self._forget:
                forget()
            self._writing.end()
            for task in (*self._unsent, *((self._pump,) if self._pump else ())):
                task.cancel()

    def _follow(self, conversation_id: str | None) -> None:
        if conversation_id and conversation_id != self._conversation_id:
            self._conversation_id, self._after = conversation_id, 0
            self._seen_by_us = self._seen_by_him = 0
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

    async def _tell_owner(self, place: Place) -> None:
        """Says who speaks for the business when that has changed; at first it is the agent."""
        owner = (place.owner, place.name if place.owner == "human" else "")
        if owner != self._owner:
            self._owner = owner
            await self._send({"type": "owner", "owner": owner[0], "name": owner[1]})

    def _typing(self, key: str) -> None:
        self._show({"type": "typing", "on": key == "on"})

    def _show_seen(self, key: str) -> None:
        """Our side has read the visitor's messages up to a number; an older word changes nothing."""
        if key.isdecimal() and int(key) > self._seen_by_us and self._show({"type": "seen", "sequence_no": int(key)}):
            self._seen_by_us = int(key)

    def _show_delta(self, key: str) -> None:
        if (frame := self._deltas.frame(key)) and not self._show(frame):
            self._deltas.forget()

    def _show(self, frame: dict[str, Any]) -> bool:
        """Sends what may be lost without harm, unless too much of it waits already."""
        if self._ws.closed or len(self._unsent) >= MOST_UNSENT:
            return False
        task = asyncio.create_task(self._send(frame))
        self._unsent.add(task)
        task.add_done_callback(self._forget_sent)
        return True

    def _forget_sent(self, task: asyncio.Task[None]) -> None:
        self._unsent.discard(task)
        if not task.cancelled():
            task.exception()

    async def _catch_up(self) -> None:
        with suppress(ConnectionError, StoreAway):
            while True:
                self._again = False
                place = await self._room.place()
                self._follow(place.conversation_id)
                await self._tell_owner(place)
                if place.conversation_id:
                    await self._read_on(place.conversation_id)
                if not self._again:
                    return

    async def _read_on(self, conversation_id: str) -> None:
        while messages := await self._room.messages(conversation_id, self._after):
            for message in messages:
                await self._send({"type": "message", "conversation_id": conversation_id, "message": message})
                self._after = message["sequence_no"]
                if message["sender"] == "agent":
                    self._deltas.forget()

    async def _answer(self, text: str) -> None:
        frame: Any = None
        try:
            frame = from_json(text)
            kind = frame.get("type") if isinstance(frame, dict) else None
            if kind == "ping":
                await self._send({"type": "pong"})
            elif kind == "message":
                await self._write(frame)
            elif kind == "seen" and isinstance(frame.get("sequence_no"), int):
                await self._mark_seen(min(frame["sequence_no"], self._after))
            elif kind == "typing" and frame.get("on") is not True:
                self._writing.end()
            elif kind == "typing":
                if self._conversation_id:
                    self._writing.begin(self._conversation_id)
            else:
                raise Invalid(f"Unknown frame type {str(kind)[:40]!r}.")
        except ValueError:
            await self._complain("invalid", "The frame is not JSON.")
        except GatewayError as error:
            detail = "Please try again." if isinstance(error, StoreAway) else str(error)
            await self._complain(_code(error), detail, frame)

    async def _mark_seen(self, sequence_no: int) -> None:
        """Stores how far the visitor has seen; the same word again costs nothing."""
        if self._conversation_id and sequence_no > self._seen_by_him:
            await self._room.seen(self._conversation_id, sequence_no)
            self._seen_by_him = sequence_no

    async def _write(self, frame: dict[str, Any]) -> None:
        self._allow()
        written = await self._room.write(frame.get("client_id"), frame.get("text"), frame.get("uploads"))
        if not written.duplicate:
            self._follow(written.conversation_id)  # at once, so that what our side does with the first message is seen
        self._writing.end()
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
    if isinstance(error, TooMany):
        return "rate"
    if isinstance(error, Unanswered):
        return "prechat"
    return "too_large" if isinstance(error, TooLong) else "invalid"
