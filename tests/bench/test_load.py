"""The load tool says what happened: whole requests, every answer counted, latencies from the moment that was due."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

import pytest

from bench.ceiling import ANSWER, Ok
from bench.clock import every
from bench.load import STATES, Load, Order, Report, Webhooks, answer_length, quantile
from channels.base import Hook, Inbound, Status
from channels.meta import Meta
from tests.waiting import until

BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nbad"


class Scripted(asyncio.Protocol):
    """Answers each request as it is told to; None ends the connection."""

    def __init__(self, answer: Callable[[], bytes | None], after_seconds: float = 0.0) -> None:
        self._answer = answer
        self._after_seconds = after_seconds

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        asyncio.get_running_loop().call_later(self._after_seconds, self._reply)

    def _reply(self) -> None:
        answer = self._answer()
        if answer is None:
            self._transport.close()
        else:
            self._transport.write(answer)


async def loaded(protocol: Callable[[], asyncio.Protocol], **order: object) -> Report:
    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        load = Load(Order(port=port, connections=4, **order))  # type: ignore[arg-type]
        await load.prepare()
        report = await load.run()
        await until(lambda: asyncio.sleep(0, load.closed))
        return report


def read(request: bytes) -> list[object]:
    """The events of a request, its signature proved, as the gateway reads them."""
    head, body = request.split(b"\r\n\r\n", 1)
    lines = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    assert int(lines["content-length"]) == len(body)
    hook = Hook(method="POST", url="", headers=lines, query={}, body=body)
    Meta().authenticate(hook, ["bench"])
    return list(Meta().translate(hook))


@pytest.mark.parametrize(("kind", "customers"), [("spread", 40), ("hot", 1)])
def test_every_request_is_one_new_message(kind: str, customers: int) -> None:
    webhooks = Webhooks(Order(port=0, kind=kind, customers=40))
    webhooks.prepare(300)
    events = [event for _ in range(400) for event in read(webhooks.next())]
    assert all(isinstance(event, Inbound) and event.text and event.number == "1" for event in events)
    assert len({event.id for event in events if isinstance(event, Inbound)}) == 400
    assert len({event.customer for event in events if isinstance(event, Inbound)}) == customers


def test_two_orders_share_no_message() -> None:
    sent = [read(Webhooks(Order(port=0, tag=tag)).next())[0] for tag in ("g1", "g2")]
    assert len({event.id for event in sent if isinstance(event, Inbound)}) == 2


def test_the_statuses_of_a_part_come_in_their_order() -> None:
    webhooks = Webhooks(Order(port=0, kind="statuses", batch=50, first=1000))
    states = defaultdict(list)
    for _ in range(100):
        events = read(webhooks.next())
        assert len(events) == 50
        for event in events:
            assert isinstance(event, Status)
            assert event.part == event.id.replace("out.", "p")
            states[event.part].append(event.state)
    assert min(int(part[1:]) for part in states) == 1000
    assert tuple(states["p1100"]) == STATES


@pytest.mark.parametrize(
    ("data", "length"),
    [
        (ANSWER, len(ANSWER)),
        (ANSWER[:20], 0),
        (ANSWER[:-1], len(ANSWER)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 27),
    ],
    ids=["whole", "half a head", "half a body", "no body"],
)
def test_the_length_of_an_answer(data: bytes, length: int) -> None:
    assert answer_length(data) == length


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.5, 0.0), ([3.0], 0.99, 3.0), ([2.0, 1.0, 3.0], 0.5, 2.0), ([float(n) for n in range(100)], 0.99, 99.0)],
)
def test_a_quantile(values: list[float], share: float, expected: float) -> None:
    assert quantile(values, share) == expected


async def test_a_closed_loop_keeps_every_connection_busy() -> None:
    report = await loaded(Ok, seconds=0.2)
    assert set(report.statuses) == {"200"}
    assert report.statuses["200"] == report.requests > 40
    assert 0 < report.p50 <= report.p99 <= report.worst
    assert report.seconds >= 0.2


async def test_each_answer_is_counted_as_what_it_is() -> None:
    answers = iter([ANSWER, BUSY] * 100_000)
    report = await loaded(lambda: Scripted(lambda: next(answers)), seconds=0.1)
    assert set(report.statuses) == {"200", "503"}
    assert abs(report.statuses["200"] - report.statuses["503"]) <= 1
    assert sum(report.statuses.values()) == report.requests


async def test_a_broken_connection_is_counted_and_ends_the_load() -> None:
    report = await loaded(lambda: Scripted(lambda: None), seconds=0.1)
    assert report.statuses == {"lost": 4}
    assert report.requests == 0


async def test_an_open_loop_sends_at_its_rate() -> None:
    report = await loaded(Ok, seconds=0.3, rate=400)
    assert report.requests == 120
    assert report.p50 < 1


async def test_a_latency_counts_from_the_moment_that_was_due() -> None:
    # Four connections of 20 ms each carry 200/s at most: at 400/s half of the requests are due long before they leave.
    report = await loaded(lambda: Scripted(lambda: ANSWER, after_seconds=0.02), seconds=0.4, rate=400)
    assert report.requests == 160
    assert report.worst > 0.2
    assert report.p50 > 0.08


async def test_a_clock_finer_than_a_millisecond() -> None:
    loop = asyncio.get_running_loop()
    enough = asyncio.Event()
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1
        if calls == 200:
            enough.set()

    began = loop.time()
    stop = every(0.0005, count)
    await asyncio.wait_for(enough.wait(), 10)
    stop()
    assert loop.time() - began >= 0.09
