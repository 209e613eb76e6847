"""Everybody else of a turn in one light process: customers, Meta's Graph, and a model that answers at once.

Closed loop: so many messages are on their way at once; each reply that arrives lets the next customer write. Open
loop: customers write at a fixed rate. The text of a message is the moment that it was due; the model repeats it, so
the reply that reaches the Graph tells the whole latency. Speaks the protocol of `bench.load`: order, ready, go, report.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import random
import re
import sys
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import uvloop

from agents.extraction import DIMENSIONS, Level, Reading, Said, Value
from bench.clock import every
from bench.load import quantile

# When a message was written, in letters: digits or an @ would look like an address, which is read as a lead at once.
STAMP = re.compile(rb"~([a-j]+)~")
LETTERS, DIGITS = str.maketrans("0123456789", "abcdefghij"), bytes.maketrans(b"abcdefghij", b"0123456789")
PART = re.compile(rb'"biz_opaque_callback_data": ?"([^"]+)"')
SECRET = b"bench"
NOW = int(time.time())
CONNECTIONS = 64
SETTLE_SECONDS = 10.0


@dataclass(kw_only=True)
class Task:
    """How to load: `rate` 0 is a closed loop of `at_once`. `think` is the model's time in seconds.

    Customers take turns in a ring of `customers`, so that no history grows much.
    """

    port: int
    gateway: int
    customers: int = 4000
    at_once: int = 64
    seconds: float = 6.0
    rate: float = 0.0
    think: float = 0.0
    warm_seconds: float = 2.0


@dataclass(kw_only=True)
class Outcome:
    """What was seen. Latencies in seconds, from the webhook being due to the reply at the provider.

    `replies`, `seconds`, the latencies and `cpu` are of the measured time. Over the whole run, `stored` counts 200s,
    `refused` other answers, `sent` parts at the provider and `sent_twice` those that came more than once.
    """

    replies: int = 0
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    stored: int = 0
    refused: int = 0
    sent: int = 0
    sent_twice: int = 0
    cpu: float = 0.0


class World:
    """Customers on one side, providers on the other."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.stored = self.refused = 0
        self._latencies: list[float] = []
        self._parts: set[bytes] = set()
        self._count = self._sent = self._sent_twice = 0
        self._measuring, self._writing = False, True
        self._tag = f"{random.randrange(10**9):09}"
        self._writers: list[Writer] = []

    async def prepare(self) -> None:
        """Opens the doors."""
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: Provider(self), "127.0.0.1", self.task.port, backlog=4096)
        for _ in range(CONNECTIONS):
            _, writer = await loop.create_connection(lambda: Writer(self), "127.0.0.1", self.task.gateway)
            self._writers.append(writer)
        gc.disable()

    async def run(self) -> Outcome:
        """Loads for the warm and the measured time, says "warm" and "measured" after each, and waits for the rest."""
        stop = self._pace() if self.task.rate else None
        if stop is None:
            for _ in range(self.task.at_once):
                self._write(time.perf_counter_ns())
        await asyncio.sleep(self.task.warm_seconds)
        print("warm", flush=True)
        cpu, started = time.process_time(), time.perf_counter()
        self._measuring = True
        await asyncio.sleep(self.task.seconds)
        self._measuring = self._writing = False
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print("measured", flush=True)
        if stop:
            stop()
        await self._settled()
        return Outcome(
            replies=len(self._latencies),
            seconds=seconds,
            p50=quantile(self._latencies, 0.5),
            p99=quantile(self._latencies, 0.99),
            stored=self.stored,
            refused=self.refused,
            sent=self._sent,
            sent_twice=self._sent_twice,
            cpu=cpu,
        )

    async def _settled(self) -> None:
        """Waits until nothing has arrived for half a second, the model's time apart."""
        quiet, seen, until = 0.0, -1, time.perf_counter() + SETTLE_SECONDS + self.task.think
        while quiet < 0.5 + self.task.think and time.perf_counter() < until:
            await asyncio.sleep(0.1)
            quiet, seen = (quiet + 0.1, seen) if self._sent == seen else (0.0, self._sent)

    def _pace(self) -> Any:
        started, sent = time.perf_counter_ns(), 0

        def send_due() -> None:
            nonlocal sent
            due = int((time.perf_counter_ns() - started) * self.task.rate / 1e9)
            for number in range(sent, due):
                self._write(started + int(number / self.task.rate * 1e9))
            sent = max(sent, due)

        return every(1 / self.task.rate, send_due)

    def _write(self, due: int) -> None:
        customer = self._count % self.task.customers
        self._count += 1
        body = (
            '{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{'
            '"messaging_product":"whatsapp","metadata":{"phone_number_id":"1"},'
            f'"contacts":[{{"profile":{{"name":"Kim"}},"wa_id":"4670{customer:07}"}}],'
            f'"messages":[{{"from":"4670{customer:07}","id":"wamid.{self._tag}.{self._count}",'
            f'"timestamp":"{NOW}","type":"text",'
            f'"text":{{"body":"Do you have time next week? ~{str(due).translate(LETTERS)}~"}}}}]}}}}]}}]}}'
        ).encode()
        sign = hmac.digest(SECRET, body, "sha256").hex().encode()
        self._writers[self._count % CONNECTIONS].post(
            b"POST /webhooks/meta HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"X-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n%s" % (sign, len(body), body)
        )

    def arrived(self, body: bytes) -> None:
        """A reply reached the provider; a sign that one is being written is none."""
        now = time.perf_counter_ns()
        part = PART.search(body)
        if part is None:
            return
        self._sent += 1
        self._sent_twice += part[1] in self._parts
        self._parts.add(part[1])
        stamp = STAMP.search(body)
        if stamp and self._measuring:
            self._latencies.append((now - int(stamp[1].translate(DIGITS))) / 1e9)
        if self._writing and not self.task.rate:
            self._write(now)


class Writer(asyncio.Protocol):
    """A connection of customers to the gateway, with one request on its way."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._transport: asyncio.Transport | None = None
        self._queue: deque[bytes] = deque()
        self._busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def post(self, request: bytes) -> None:
        """Sends a request when the one before it is answered."""
        if self._busy or not self._transport:
            self._queue.append(request)
        else:
            self._busy = True
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 200"):
            self._world.stored += 1
        else:
            self._world.refused += 1
        self._busy = False
        if self._queue:
            self.post(self._queue.popleft())


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
                self._answer(TAKEN % time.perf_counter_ns())
                self._world.arrived(body)

    def _think(self, body: bytes) -> None:
        at = body.rfind(b"~", 0, body.rfind(b"~"))
        stamp = STAMP.match(body, at) if at >= 0 else None
        answer = LEAD if LEAD_ASKED in body else ANSWER % _reply(stamp[0] if stamp else b"")
        if self._world.task.think:
            asyncio.get_running_loop().call_later(self._world.task.think, self._answer, answer)
        else:
            self._answer(answer)

    def _answer(self, body: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
            self._transport.write(head + body)


TAKEN = b'{"messaging_product":"whatsapp","messages":[{"id":"wamid.%d"}]}'
ANSWER = (
    b'{"id":"resp_1","object":"response","status":"completed","model":"stub","output":[{"type":"message","id":"msg_1",'
    b'"role":"assistant","status":"completed","phase":"final_answer","content":[{"type":"output_text","text":%s,'
    b'"annotations":[]}]}],"usage":{"input_tokens":500,"output_tokens":20,"total_tokens":520}}'
)
LEAD_ASKED = b'"name":"lead"'


def _reply(stamp: bytes) -> bytes:
    # In the shape that a reply has, as the model writes it: JSON in a string.
    return (
        rb'"{\"messages\":[{\"text\":\"Yes, on Tuesday at five. %s\",\"choices\":[],\"cites\":[]}],'
        rb'\"action\":\"none\",\"reason\":\"\",\"claims\":[],\"language\":\"en\"}"' % stamp
    )


def _lead() -> bytes:
    """What a model answers that is asked to read a conversation as a lead, and finds nothing in it."""
    no_value, no_words = Value(value="", evidence=[]), Said(text="", evidence=[])
    levels = {name: Level(level=of[0], reasoning="", evidence=[]) for name, of in DIMENSIONS.items()}
    nothing = Reading(
        name=no_value, email=no_value, company=no_value, phone=no_value, intent_text=no_words, **levels, next_step="",
        summary="", notes="",
    )  # fmt: skip
    return json.dumps(nothing.model_dump_json()).encode()


LEAD = ANSWER % _lead()


async def _main() -> Outcome:
    order: Mapping[str, Any] = json.loads(sys.stdin.readline())
    world = World(Task(**order))
    await world.prepare()
    print("ready", flush=True)
    sys.stdin.readline()
    return await world.run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        outcome = loop.run(_main())
    print(json.dumps(asdict(outcome)), flush=True)
