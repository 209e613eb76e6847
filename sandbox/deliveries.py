"""Webhooks on their way to the gateway: in order for each customer, again and again until they are taken."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout
from yarl import URL

from sandbox.config import Behaviour
from sandbox.faults import Fault, Faults
from sandbox.record import Delivery, Record

GROWTH = 1.7
LOG = logging.getLogger("sandbox")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One HTTP request, ready to leave; `url` leaves exactly as it is written."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a webhook ended. `status` is the gateway's last answer, None when there was none; `attempts` counts."""

    taken: bool
    status: int | None
    attempts: int


Prepare = Callable[[Sequence["Webhook"]], Awaitable[Outgoing]]


@dataclass(slots=True, kw_only=True, eq=False)
class Webhook:
    """One event for the gateway.

    `lane` orders: two webhooks of one lane never overtake each other. `prepare` writes and signs the request afresh
    for each attempt, for all the webhooks that travel in one body. `family` says whose events may share a body
    ("" for none); `final` holds the answers after which trying again makes no sense.
    """

    provider: str
    event: str
    id: str
    number: str
    number_names: tuple[str, ...]
    customer: str
    lane: Hashable
    prepare: Prepare
    item: Any = None
    family: str = ""
    timeout: float = 10.0
    patience: float | None = None
    final: frozenset[int] = frozenset()
    answered: Callable[[int], None] | None = None
    first: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    done: asyncio.Future[Outcome] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Batch:
    """Webhooks from any lane that will share one body; `closed` once no more fit or its time is over."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.webhooks: list[Webhook] = []
        self.closed = asyncio.Event()
        self.sent = asyncio.Event()

    def add(self, webhook: Webhook) -> None:
        self.webhooks.append(webhook)
        if len(self.webhooks) >= self.size:
            self.closed.set()


class Lane:
    """The webhooks of one customer that wait for their turn, and the batch that takes them meanwhile."""

    def __init__(self) -> None:
        self.waiting: deque[Webhook] = deque()
        self.arrived = asyncio.Event()
        self.batch: Batch | None = None

    def add(self, webhook: Webhook) -> None:
        if self.batch is not None and not self.batch.closed.is_set():
            self.batch.add(webhook)
            return
        self.waiting.append(webhook)
        self.arrived.set()


class Deliveries:
    """Sends webhooks in the background. `close` ends every unfinished one."""

    def __init__(self, http: ClientSession, record: Record, faults: Faults, behaviour: Callable[[], Behaviour]) -> None:
        self._http = http
        self._record = record
        self._faults = faults
        self._behaviour = behaviour
        self._lanes: dict[Hashable, Lane] = {}
        self._batches: dict[str, Batch] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many lanes have a webhook that was not taken yet."""
        return len(self._lanes)

    def submit(self, webhook: Webhook) -> Webhook:
        lane = self._lanes.get(webhook.lane)
        if lane is None:
            lane = self._lanes[webhook.lane] = Lane()
            self.start(self._serve(webhook.lane, lane))
        lane.add(webhook)
        return webhook

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs `work` until it ends or the sandbox does."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            LOG.error("a background task of the sandbox failed", exc_info=task.exception())

    async def close(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, key: Hashable, lane: Lane) -> None:
        try:
            while lane.waiting:
                head = lane.waiting.popleft()
                await self._send_next(lane, head)
        finally:
            del self._lanes[key]

    async def _send_next(self, lane: Lane, head: Webhook) -> None:
        delay = self._take("webhook_delay", head)
        if delay is not None:
            await asyncio.sleep(delay.wait_seconds(2.0))
        swap = self._take("reorder", head)
        if swap is not None:
            later = await self._second(lane, swap)
            if later is not None:
                await self._deliver([later], "reorder")
                await self._deliver([head], "reorder")
                return
            self._faults.give_back(swap)
        if head.family and await self._shared(lane, head):
            return
        await self._deliver([head])

    def _take(self, kind: str, webhook: Webhook) -> Fault | None:
        return self._faults.take((kind,), webhook.provider, webhook.number_names, webhook.event)

    async def _second(self, lane: Lane, swap: Fault) -> Webhook | None:
        if not lane.waiting:
            lane.arrived.clear()
            try:
                await asyncio.wait_for(lane.arrived.wait(), swap.wait_seconds(1.0))
            except TimeoutError:
                return None
        return lane.waiting.popleft()

    async def _shared(self, lane: Lane, head: Webhook) -> bool:
        """Puts the webhook into a batch that is being gathered, or that a fault opens; false when there is none."""
        batch = self._batches.get(head.family)
        if batch is None or batch.closed.is_set():
            gather = self._take("batch", head)
            if gather is None:
                return False
            batch = self._batches[head.family] = Batch(gather.order.copies)
            self.start(self._flush(batch, gather.wait_seconds(0.3)))
        batch.add(head)
        while lane.waiting and not batch.closed.is_set():
            batch.add(lane.waiting.popleft())
        lane.batch = batch
        await batch.sent.wait()
        lane.batch = None
        return True

    async def _flush(self, batch: Batch, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(batch.closed.wait(), seconds)
        batch.closed.set()
        await self._deliver(batch.webhooks, "batch")
        batch.sent.set()

    async def _deliver(self, webhooks: Sequence[Webhook], fault: str = "") -> None:
        behaviour = self._behaviour()
        head = webhooks[0]
        began = time.monotonic()
        pause = behaviour.redelivery_first
        attempt = 1
        while True:
            twin = self._take("duplicate", head)
            if twin is None:
                status = await self._attempt(webhooks, attempt, fault)
            else:
                copies = (self._attempt(webhooks, attempt, "duplicate") for _ in range(twin.order.copies))
                status = _best(await asyncio.gather(*copies))
            outcome = Outcome(status is not None and 200 <= status < 300, status, attempt)
            _settle([webhook.first for webhook in webhooks], outcome)
            gone = head.patience is not None and time.monotonic() - began + pause > head.patience
            if outcome.taken or status in head.final or gone:
                break
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(pause * GROWTH, behaviour.redelivery_cap)
            attempt += 1
        _settle([webhook.done for webhook in webhooks], outcome)

    async def _attempt(self, webhooks: Sequence[Webhook], attempt: int, fault: str) -> int | None:
        """The gateway's status, or None when it gave none."""
        head = webhooks[0]
        delivery = Delivery(
            provider=head.provider,
            events=tuple(webhook.event for webhook in webhooks),
            ids=tuple(webhook.id for webhook in webhooks),
            number=head.number,
            customer=head.customer,
            url="",
            body=b"",
            attempt=attempt,
            fault=fault,
        )
        began = time.monotonic()
        try:
            outgoing = await head.prepare(webhooks)
            delivery.url, delivery.body = outgoing.url, outgoing.body
            self._record.delivery(delivery)
            delivery.status = await self._post(outgoing, head.timeout)
        except (ClientError, TimeoutError, OSError, ValueError) as error:
            delivery.error = f"{type(error).__name__}: {error}".rstrip(": ")
            if not delivery.n:
                self._record.delivery(delivery)
        delivery.seconds = round(time.monotonic() - began, 4)
        self._publish(delivery)
        if delivery.status is not None and head.answered is not None:
            head.answered(delivery.status)
        return delivery.status

    def _publish(self, delivery: Delivery) -> None:
        if self._record.feed.watched:
            shown = delivery.as_json()
            del shown["body"]
            self._record.feed.publish("delivery", shown)

    async def _post(self, outgoing: Outgoing, timeout_seconds: float) -> int:
        url = URL(outgoing.url, encoded=True)
        timeout = ClientTimeout(total=timeout_seconds)
        # Providers do not follow redirects.
        async with self._http.post(
            url, data=outgoing.body, headers=outgoing.headers, timeout=timeout, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status


def _best(statuses: Sequence[int | None]) -> int | None:
    """The status that counts of several copies: one that took it, else any answer."""
    answers = sorted(status for status in statuses if status is not None)
    return answers[0] if answers else None


def _settle(futures: Sequence[asyncio.Future[Outcome]], outcome: Outcome) -> None:
    for future in futures:
        if not future.done():
            future.set_result(outcome)
