"""The load: signed WhatsApp webhooks over keep-alive connections, from a process of its own.

Reads an order, a JSON line, on standard input; makes the requests, says "ready", and sends them after the next line.
Ends with a JSON report. A closed loop sends the next request when the last was answered; an open loop sends at a fixed
rate, whatever the answers do, and counts each latency from the moment that the request was due.
"""

from __future__ import annotations

import asyncio
import gc
import hmac
import json
import random
import sys
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field

import uvloop

from bench.clock import every

PREPARED_PER_SECOND = 12_000  # what comes after those is made on the way, and shows in the tool's own CPU
ANSWER_SECONDS = 20.0
OK = b"HTTP/1.1 200 "
STATES = ("sent", "delivered", "read")
NOW = int(time.time())  # the provider's clock: what was written long ago is not answered freely
STATUS_LAG = 500  # parts between one state of a message and the next, as a busy number sees them


@dataclass(kw_only=True)
class Order:
    """What to send.

    `kind` is spread, hot or statuses; `rate` is requests a second, 0 for a closed loop; a request carries `batch`
    events. Customers stand so many numbers `apart`. Statuses speak of the parts from `first` on. `tag` keeps the ids of
    two orders apart.
    """

    port: int
    path: str = "/webhooks/meta"
    secret: str = "bench"  # noqa: S105
    number: str = "1"
    kind: str = "spread"
    connections: int = 128
    seconds: float = 2.0
    rate: float = 0.0
    batch: int = 1
    customers: int = 10_000
    apart: int = 1
    first: int = 0
    tag: str = "a"


@dataclass(kw_only=True)
class Report:
    """What came back: answers by status, latencies in seconds, the tool's own CPU seconds."""

    requests: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    worst: float = 0.0
    cpu: float = 0.0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds if self.seconds else 0.0


class Webhooks:
    """Makes request after request; every message id in them is new."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._secret = order.secret.encode()
        self._count = 0
        self._random = random.Random(order.tag)
        head = f"POST {order.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        self._head = head.encode() + b"X-Hub-Signature-256: sha256="
        self._prepared: deque[bytes] = deque()

    def prepare(self, count: int) -> None:
        """Makes requests in advance."""
        self._prepared.extend(self._made() for _ in range(count))

    def next(self) -> bytes:
        """The bytes of one signed request."""
        return self._prepared.popleft() if self._prepared else self._made()

    def _made(self) -> bytes:
        statuses = self._order.kind == "statuses"
        events = ",".join((self._status if statuses else self._message)() for _ in range(self._order.batch))
        kind = "statuses" if statuses else "messages"
        contacts = "" if statuses else '"contacts":[{"profile":{"name":"Kim"},"wa_id":"4670000000"}],'
        body = (
            '{"object":"whatsapp_business_account","entry":[{"id":"102290129340398","changes":[{"value":'
            '{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550783881","phone_number_id":"'
            f'{self._order.number}"}},{contacts}"{kind}":[{events}]}},"field":"messages"}}]}}]}}'
        ).encode()
        sign = hmac.digest(self._secret, body, "sha256").hex().encode()
        return b"%s%s\r\nContent-Length: %d\r\n\r\n%s" % (self._head, sign, len(body), body)

    def _message(self) -> str:
        self._count += 1
        who = 0 if self._order.kind == "hot" else self._random.randrange(self._order.customers) * self._order.apart
        return (
            f'{{"from":"4670{who:07}","id":"wamid.HBgLMTY0NjcwNDM1OTUVAgARGBI1QjA4RjM1{self._order.tag}{self._count:08}",'
            f'"timestamp":"{NOW}","type":"text",'
            '"text":{"body":"Do you have time for a cleaning next week, maybe on Tuesday after five?"}}'
        )

    def _status(self) -> str:
        step = self._count % len(STATES)
        part = self._order.first + max(0, self._count // len(STATES) - step * STATUS_LAG)
        self._count += 1
        return (
            f'{{"id":"out.{part}","status":"{STATES[step]}","timestamp":"{NOW}","recipient_id":"4670000000",'
            f'"biz_opaque_callback_data":"p{part}"}}'
        )


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request on its way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self.due = 0.0
        self.busy = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._load.free(self)

    def send(self, due: float) -> None:
        """Sends the next request; its latency counts from `due`."""
        self.due = due
        self.busy = True
        if self.transport:
            self.transport.write(self._load.webhooks.next())

    def close(self) -> None:
        """Ends it."""
        if self.transport:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if not self._buffer and len(data) == self._load.usual_length and data.startswith(OK):
            self._load.answered(self, "200")
            return
        self._buffer += data
        length = answer_length(self._buffer)
        if length and len(self._buffer) >= length:
            status, self._buffer = self._buffer[9:12].decode(), self._buffer[length:]
            if status == "200":
                self._load.usual_length = length
            self._load.answered(self, status)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._load.lost(self)


def answer_length(data: bytes) -> int:
    """The length of the HTTP answer that data begins with; 0 while its head is not complete."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return 0
    head = data[:end].lower()
    at = head.find(b"content-length:")
    return end + 4 + (int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)


class Load:
    """Runs one order: `prepare`, then `run`."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.webhooks = Webhooks(order)
        self.usual_length = 0
        self._latencies: list[float] = []
        self._statuses: Counter[str] = Counter()
        self._connections: list[Connection] = []
        self._idle: list[Connection] = []
        self._overdue: deque[float] = deque()
        self._on_their_way = 0
        self._sending = True
        self._finished = asyncio.Event()

    async def prepare(self) -> None:
        """Makes the requests and opens the connections."""
        rate = self.order.rate or PREPARED_PER_SECOND / self.order.batch
        self.webhooks.prepare(int(rate * self.order.seconds) + self.order.connections)
        loop = asyncio.get_running_loop()
        for _ in range(self.order.connections):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", self.order.port)
            self._connections.append(connection)

    async def run(self) -> Report:
        """Sends until the time is over and the last answer is in."""
        cpu, started = time.process_time(), time.perf_counter()
        if self.order.rate:
            await self._pace(started)
        else:
            idle, self._idle = self._idle, []
            for connection in idle:
                self._send(connection, time.perf_counter())
            await asyncio.sleep(self.order.seconds)
        self._sending = False
        if self._on_their_way or self._overdue:
            try:
                await asyncio.wait_for(self._finished.wait(), ANSWER_SECONDS)
            except TimeoutError:
                self._statuses["unanswered"] = self._on_their_way + len(self._overdue)
        report = self._report(time.perf_counter() - started, time.process_time() - cpu)
        for connection in self._connections:
            connection.close()
        return report

    @property
    def closed(self) -> bool:
        """Whether every connection is gone."""
        return not any(connection.transport for connection in self._connections)

    def free(self, connection: Connection) -> None:
        """A connection may send."""
        if self._overdue:
            self._send(connection, self._overdue.popleft())
        else:
            self._idle.append(connection)

    def answered(self, connection: Connection, status: str) -> None:
        """An answer came."""
        now = time.perf_counter()
        self._latencies.append(now - connection.due)
        self._statuses[status] += 1
        self._on_their_way -= 1
        connection.busy = False
        if self.order.rate:
            self.free(connection)
        elif self._sending:
            self._send(connection, now)
        self._check()

    def lost(self, connection: Connection) -> None:
        """A connection broke."""
        self._statuses["lost"] += 1
        if connection.busy:
            self._on_their_way -= 1
        elif connection in self._idle:
            self._idle.remove(connection)
        self._check()

    def _send(self, connection: Connection, due: float) -> None:
        self._on_their_way += 1
        connection.send(due)

    async def _pace(self, started: float) -> None:
        rate, total, sent = self.order.rate, int(self.order.rate * self.order.seconds), 0
        all_sent = asyncio.Event()

        def send_due() -> None:
            nonlocal sent
            due = min(total, int((time.perf_counter() - started) * rate) + 1)
            for number in range(sent, due):
                at = started + number / rate
                if self._idle:
                    self._send(self._idle.pop(), at)
                else:
                    self._overdue.append(at)
            sent = max(sent, due)
            if sent == total:
                all_sent.set()

        stop = every(1 / rate, send_due)
        await all_sent.wait()
        stop()

    def _check(self) -> None:
        if not self._sending and not self._on_their_way and not self._overdue:
            self._finished.set()

    def _report(self, seconds: float, cpu: float) -> Report:
        return Report(
            requests=len(self._latencies),
            statuses=dict(self._statuses),
            seconds=seconds,
            p50=quantile(self._latencies, 0.5),
            p99=quantile(self._latencies, 0.99),
            worst=max(self._latencies, default=0.0),
            cpu=cpu,
        )


def quantile(values: list[float], share: float) -> float:
    """The value that a share of all values does not exceed; 0 without values."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


async def _main() -> Report:
    load = Load(Order(**json.loads(sys.stdin.readline())))
    await load.prepare()
    gc.collect()
    gc.disable()
    print("ready", flush=True)
    sys.stdin.readline()
    return await load.run()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        report = runner.run(_main())
    print(json.dumps(asdict(report)), flush=True)
