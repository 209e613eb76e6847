"""Everybody else of a turn in one light process: customers, Meta's Graph and a model that answers at once.

Each customer writes, waits for the reply to reach him, and writes again; or customers write at a fixed rate. The text
of a message is the moment it was sent; the model repeats it, so its arrival at the provider tells the whole latency.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import re
import sys
import time
from dataclasses import asdict, dataclass

import uvloop

STAMP = re.compile(rb"@(\d+)@")
SECRET = b"bench"
NUMBER = "1"


@dataclass(kw_only=True)
class Task:
    """How to load: `rate` 0 means that each customer waits for his reply. `think` is the model's time in seconds."""

    port: int
    gateway: int
    customers: int = 64
    seconds: float = 8.0
    rate: float = 0.0
    think: float = 0.0
    warm_seconds: float = 2.0


@dataclass(kw_only=True)
class Outcome:
    """What was seen in the measured time. Latencies in seconds, from webhook sent to reply received."""

    replies: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    written: int = 0
    unanswered: int = 0


class World:
    """Customers on one side, providers on the other."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.latencies: list[float] = []
        self.measuring = False
        self.written = self.replied = 0
        self._count = 0
        self._tag = f"{random.randrange(10**9):09}"
        self._writers: list[Writer] = []

    async def run(self) -> Outcome:
        """Serves and writes until the time is over."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Provider(self), "127.0.0.1", self.task.port)
        for _ in range(64):
            _, writer = await loop.create_connection(Writer, "127.0.0.1", self.task.gateway)
            self._writers.append(writer)
        print("ready", flush=True)
        await loop.run_in_executor(None, sys.stdin.readline)
        pace = asyncio.create_task(self._pace()) if self.task.rate else None
        if not pace:
            for customer in range(self.task.customers):
                self.write(customer)
        await asyncio.sleep(self.task.warm_seconds)
        self.measuring, started = True, time.perf_counter()
        await asyncio.sleep(self.task.seconds)
        self.measuring, seconds = False, time.perf_counter() - started
        if pace:
            pace.cancel()
        ordered = sorted(self.latencies) or [0.0]
        server.close()
        return Outcome(
            replies=len(self.latencies),
            seconds=seconds,
            p50=ordered[len(ordered) // 2],
            p99=ordered[int(len(ordered) * 0.99)],
            written=self.written,
            unanswered=self.written - self.replied,
        )

    async def _pace(self) -> None:
        started, sent = time.perf_counter(), 0
        while True:
            due = int((time.perf_counter() - started) * self.task.rate)
            for _ in range(due - sent):
                self.write(sent % self.task.customers)
                sent += 1
            await asyncio.sleep(0.001)

    def write(self, customer: int) -> None:
        """A customer writes."""
        self._count += 1
        self.written += 1
        who, name = f"4670{customer:07}", f"wamid.{self._tag}.{self._count}"
        body = (
            '{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{'
            f'"messaging_product":"whatsapp","metadata":{{"phone_number_id":"{NUMBER}"}},"contacts":[{{"wa_id":"{who}"}}],'
            f'"messages":[{{"from":"{who}","id":"{name}","timestamp":"1763600000","type":"text",'
            f'"text":{{"body":"Do you have time next week? @{time.perf_counter_ns()}@"}}}}]}}}}]}}]}}'
        ).encode()
        sign = hmac.digest(SECRET, body, "sha256").hex()
        head = (
            f"POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: sha256={sign}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._writers[self._count % len(self._writers)].post(head.encode() + body)

    def arrived(self, body: bytes) -> None:
        """A reply reached its customer."""
        self.replied += 1
        found = STAMP.search(body)
        if found and self.measuring:
            self.latencies.append((time.perf_counter_ns() - int(found.group(1))) / 1e9)
        if not self.task.rate:
            self.write(int(re.search(rb'"to": ?"4670(\d{7})"', body).group(1)))  # type: ignore[union-attr]


class Writer(asyncio.Protocol):
    """A connection of customers to the gateway; answers are only counted off."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._queue: list[bytes] = []
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def post(self, request: bytes) -> None:
        """Sends a request, one at a time."""
        if self._busy or not self._transport:
            self._queue.append(request)
        else:
            self._busy = True
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if not data.startswith(b"HTTP/1.1 200"):
            print(data[:200], file=sys.stderr)
        self._busy = False
        if self._queue:
            self.post(self._queue.pop(0))


class Provider(asyncio.Protocol):
    """A connection of the gateway to the model or to the Graph."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body, path = self._buffer[end + 4 : end + 4 + length], head.split(b" ", 2)[1]
            self._buffer = self._buffer[end + 4 + length :]
            if path.endswith(b"/responses"):
                self._think(body)
            else:
                self._answer(b'{"messages":[{"id":"wamid.%d"}]}' % time.perf_counter_ns())
                self._world.arrived(body)

    def _think(self, body: bytes) -> None:
        stamps = STAMP.findall(body)
        text = json.dumps(f"Yes, on Tuesday at five. @{stamps[-1].decode()}@" if stamps else "Yes.").encode()
        answer = (
            b'{"id":"resp_1","object":"response","status":"completed","model":"stub","output":[{"type":"message","id":"msg_1",'
            b'"role":"assistant","status":"completed","phase":"final_answer","content":[{"type":"output_text","text":'
            + text
            + b',"annotations":[]}]}],"usage":{"input_tokens":500,"output_tokens":20,"total_tokens":520}}'
        )
        if self._world.task.think:
            asyncio.get_running_loop().call_later(self._world.task.think, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, body: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head + body)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        outcome = loop.run(World(Task(**json.loads(sys.argv[1]))).run())
    print(json.dumps(asdict(outcome)), flush=True)
