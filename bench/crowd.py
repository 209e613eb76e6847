"""Visitors with open webchat sockets, in one process: so many that are silent, and some in one room.

Speaks the protocol of `bench.load`: order, ready (all sockets are open), go, report.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import cast

import uvloop

AT_ONCE = 64
HELLO_SECONDS = 30.0


@dataclass(kw_only=True)
class Visit:
    """`tokens` are sessions of webchat, one socket each; the first writes `messages`, one after another."""

    port: int
    tokens: list[str]
    messages: int = 0


@dataclass(kw_only=True)
class Seen:
    """Frames with a message that arrived, and how long that took."""

    frames: int = 0
    seconds: float = 0.0


class Visitor(asyncio.Protocol):
    """One socket: RFC 6455, text frames of less than 64 kB, no fragments."""

    def __init__(self, token: str, ready: Callable[[], None], message: Callable[[], None]) -> None:
        self._token = token
        self._ready = ready
        self._message = message
        self._buffer = b""
        self._upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = wire = cast("asyncio.Transport", transport)
        key = base64.b64encode(os.urandom(16))
        wire.write(
            b"GET /webchat/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n\r\n" % key
        )

    def say(self, frame: dict[str, str]) -> None:
        """Sends one frame, masked as clients must; a mask of zeros leaves the bytes as they are."""
        data = json.dumps(frame).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        if self._transport:
            self._transport.write(b"\x81" + size + b"\0\0\0\0" + data)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                raise RuntimeError(f"no socket: {head[:60]!r}")
            self._upgraded, self._buffer = True, rest
            self.say({"type": "hello", "token": self._token})
        while (frame := self._next()) is not None:
            if frame.startswith(b'{"type":"message"'):
                self._message()
            elif frame.startswith(b'{"type":"ready"'):
                self._ready()

    def _next(self) -> bytes | None:
        if len(self._buffer) < 4:
            return None
        size, at = self._buffer[1] & 0x7F, 2
        if size == 126:
            size, at = int.from_bytes(self._buffer[2:4], "big"), 4
        if len(self._buffer) < at + size:
            return None
        frame, self._buffer = self._buffer[at : at + size], self._buffer[at + size :]
        return frame


class Crowd:
    """All sockets of a visit."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._visitors: list[Visitor] = []
        self._frames = 0
        self._wanted = 0
        self._arrived = asyncio.Event()

    async def arrive(self) -> None:
        """Opens the sockets, a few at once."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(token: str) -> None:
            async with gate:
                ready = asyncio.Event()
                _, visitor = await asyncio.get_running_loop().create_connection(
                    lambda: Visitor(token, ready.set, self._count), "127.0.0.1", self._visit.port
                )
                await asyncio.wait_for(ready.wait(), HELLO_SECONDS)
                self._visitors.append(visitor)

        await asyncio.gather(*(one(token) for token in self._visit.tokens))

    async def write(self) -> Seen:
        """One visitor writes; each message is waited for in every socket."""
        started = time.perf_counter()
        for number in range(self._visit.messages):
            self._arrived.clear()
            self._wanted = self._frames + len(self._visitors)
            self._visitors[0].say({"type": "message", "client_id": f"c{number}", "text": "Is somebody there? " * 9})
            await asyncio.wait_for(self._arrived.wait(), HELLO_SECONDS)
        return Seen(frames=self._frames, seconds=time.perf_counter() - started)

    def _count(self) -> None:
        self._frames += 1
        if self._frames >= self._wanted:
            self._arrived.set()


async def _main() -> Seen:
    crowd = Crowd(Visit(**json.loads(sys.stdin.readline())))
    await crowd.arrive()
    print("ready", flush=True)
    sys.stdin.readline()
    return await crowd.write()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        seen = loop.run(_main())
    print(json.dumps(asdict(seen)), flush=True)
