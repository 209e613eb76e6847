"""The least that a server can do: answer 200 to whatever comes. Shows how much the load tool itself can send."""

from __future__ import annotations

import asyncio
import sys

import uvloop

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class Ok(asyncio.Protocol):
    """One connection. The load tool never has two requests on one, so every piece with a head is a request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if b"\r\n\r\n" in data:
            self._transport.write(ANSWER)


async def main(port: int) -> None:
    """Serves until killed."""
    await asyncio.get_running_loop().create_server(Ok, "127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(int(sys.argv[1])))
