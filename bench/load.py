"""The load: signed WhatsApp webhooks over keep-alive connections, from a process of its own.

Reads one JSON order on standard input, writes one JSON report on standard output. A closed loop sends the next request
when the last was answered; an open loop sends at a fixed rate and counts each latency from the moment that was due.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import random
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field

import uvloop


@dataclass(kw_only=True)
class Order:
    """What to send: `kind` is spread, hot or statuses; `rate` 0 is a closed loop; a webhook carries `batch` events."""

    port: int
    path: str = "/webhooks/meta"
    secret: str = "bench"  # noqa: S105
    number: str = "1"
    kind: str = "spread"
    connections: int = 128
    seconds: float = 4.0
    rate: float = 0.0
    batch: int = 1
    customers: int = 10_000
    tag: str = "a"


@dataclass(kw_only=True)
class Report:
    """What came back. Latencies in seconds; `cpu` is this process's own, so that it can be seen to be no limit."""

    requests: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0
    late: int = 0
    cpu: float = 0.0


class Webhooks:
    """Makes request after request; every id in them is new."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._secret = order.secret.encode()
        self._count = 0
        self._random = random.Random(order.tag)
        head = f"POST {order.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self._head = head.encode() + b"X-Hub-Signature-256: sha256="

    def next(self) -> bytes:
        """The bytes of one signed request."""
        events = ",".join(self._event() for _ in range(self._order.batch))
        kind = "statuses" if self._order.kind == "statuses" else "messages"
        contacts = "" if kind == "statuses" else '"contacts":[{"profile":{"name":"Kim"},"wa_id":"4670000000"}],'
        body = (
            '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":'
            '{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"'
            f'{self._order.number}"}},{contacts}"{kind}":[{events}]}},"field":"messages"}}]}}]}}'
        ).encode()
        sign = hmac.digest(self._secret, body, "sha256").hex().encode()
        return self._head + sign + b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body

    def _event(self) -> str:
        self._count += 1
        name = f"wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1QjA4RjM1{self._order.tag}{self._count:010}"
        if self._order.kind == "statuses":
            state = ("sent", "delivered", "read")[self._count % 3]
            who = self._random.randrange(self._order.customers)
            return f'{{"id":"out.{who}","status":"{state}","timestamp":"1763600000","recipient_id":"4670000000"}}'
        who = 0 if self._order.kind == "hot" else self._random.randrange(self._order.customers)
        return (
            f'{{"from":"4670{who:07}","id":"{name}","timestamp":"1763600000","type":"text",'
            '"text":{"body":"Do you have time for a cleaning next week, maybe on Tuesday after five?"}}'
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self.due = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._load.free(self)

    def send(self, due: float) -> None:
        """Sends the next request; its latency counts from `due`."""
        self.due = due
        if self.transport:
            self.transport.write(self._load.webhooks.next())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + 4 + length:
            return
        status = self._buffer[9:12].decode()
        self._buffer = self._buffer[end + 4 + length :]
        self._load.answered(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost(self)


class Load:
    """Runs one order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.webhooks = Webhooks(order)
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self._idle: list[Connection] = []
        self._overdue: list[float] = []
        self._ends = 0.0
        self._on_their_way = 0
        self._finished = asyncio.Event()

    async def run(self) -> Report:
        """Sends until the time is over and the last answer is in."""
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        self._ends = started + self.order.seconds
        for _ in range(self.order.connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.order.port)
        cpu, started = time.process_time(), time.perf_counter()
        self._ends = started + self.order.seconds
        if self.order.rate:
            await self._pace(started)
        else:
            idle, self._idle = self._idle, []
            for connection in idle:
                self._send(connection, time.perf_counter())
            await asyncio.sleep(self.order.seconds)
        try:
            await asyncio.wait_for(self._finished.wait(), 20)
        except TimeoutError:
            self.statuses["unanswered"] = self._on_their_way
        return self._report(time.perf_counter() - started, time.process_time() - cpu)

    def free(self, connection: Connection) -> None:
        """A connection may send."""
        if self._overdue:
            self._send(connection, self._overdue.pop(0))
        else:
            self._idle.append(connection)

    def answered(self, connection: Connection, status: str) -> None:
        """An answer came."""
        now = time.perf_counter()
        self.latencies.append(now - connection.due)
        self.statuses[status] += 1
        self._on_their_way -= 1
        if self.order.rate:
            self.free(connection)
        elif now < self._ends:
            self._send(connection, now)
        self._check()

    def lost(self, connection: Connection) -> None:
        """A connection broke."""
        self.statuses["lost"] += 1
        if connection in self._idle:
            self._idle.remove(connection)

    def _send(self, connection: Connection, due: float) -> None:
        self._on_their_way += 1
        connection.send(due)

    async def _pace(self, started: float) -> None:
        sent, total = 0, int(self.order.rate * self.order.seconds)
        while sent < total:
            due = min(total, int((time.perf_counter() - started) * self.order.rate) + 1)
            while sent < due:
                at = started + sent / self.order.rate
                if self._idle:
                    self._send(self._idle.pop(), at)
                else:
                    self._overdue.append(at)
                sent += 1
            await asyncio.sleep(0.0005)
        self._ends = 0.0
        self._check()

    def _check(self) -> None:
        if time.perf_counter() >= self._ends and not self._on_their_way and not self._overdue:
            self._finished.set()

    def _report(self, seconds: float, cpu: float) -> Report:
        ordered = sorted(self.latencies) or [0.0]
        return Report(
            requests=len(self.latencies),
            statuses=dict(self.statuses),
            seconds=seconds,
            p50=ordered[len(ordered) // 2],
            p99=ordered[int(len(ordered) * 0.99)],
            worst=ordered[-1],
            cpu=cpu,
        )


def main() -> None:
    """Runs the order on standard input."""
    order = Order(**json.load(sys.stdin))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(Load(order).run())
    print(json.dumps(asdict(report)))


if __name__ == "__main__":
    main()
