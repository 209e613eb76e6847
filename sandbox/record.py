"""What happened, in order: calls that the gateway made, webhooks that we sent, and a live feed of both."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, Generic, Protocol, TypeVar

KEPT_ROWS = 100_000
KEPT_TRANSCRIPTS = 5_000
FEED_BACKLOG = 1_000


class Row(Protocol):
    """Something numbered by the ledger that keeps it."""

    n: int


@dataclass(slots=True, kw_only=True)
class Call:
    """One request of the gateway to a provider.

    `id` is set when the provider took the message, whatever became of the answer; `status` is the HTTP status that we
    answered, None while we have not (or never) answered; `fault` names the fault that changed the course.
    """

    provider: str
    method: str
    path: str
    request: Any
    n: int = 0
    at: float = 0.0
    status: int | None = None
    id: str | None = None
    to: str = ""
    sender: str = ""
    text: str | None = None
    part: str = ""
    fault: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["from"] = shown.pop("sender")
        return shown


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One attempt to hand a webhook to the gateway. `status` is its answer; None with `error` when there was none."""

    provider: str
    events: tuple[str, ...]
    ids: tuple[str, ...]
    number: str
    customer: str
    url: str
    body: bytes
    attempt: int
    n: int = 0
    at: float = 0.0
    status: int | None = None
    error: str = ""
    seconds: float = 0.0
    fault: str = ""

    def as_json(self) -> dict[str, Any]:
        shown = {field.name: getattr(self, field.name) for field in fields(self)}
        shown["body"] = self.body.decode(errors="replace")
        return shown


RowT = TypeVar("RowT", bound=Row)


class Ledger(Generic[RowT]):
    """Numbered rows, oldest first; the oldest fall out past `KEPT_ROWS`, and `dropped` counts them."""

    def __init__(self) -> None:
        self._rows: deque[RowT] = deque()
        self.last = 0
        self.dropped = 0

    def add(self, row: RowT) -> RowT:
        self.last += 1
        row.n = self.last
        self._rows.append(row)
        if len(self._rows) > KEPT_ROWS:
            self._rows.popleft()
            self.dropped += 1
        return row

    def after(self, n: int) -> Iterator[RowT]:
        """Rows numbered above `n`."""
        skip = max(0, n - self.dropped)
        return (row for index, row in enumerate(self._rows) if index >= skip)


class Feed:
    """Live events for the page. A reader that falls too far behind loses its oldest and is told so."""

    def __init__(self) -> None:
        self._readers: set[asyncio.Queue[dict[str, Any]]] = set()

    def publish(self, event: str, data: dict[str, Any]) -> None:
        for reader in self._readers:
            if reader.full():
                reader.get_nowait()
                reader.get_nowait()
                reader.put_nowait({"event": "gap", "data": {}})
            reader.put_nowait({"event": event, "data": data})

    @property
    def watched(self) -> bool:
        return bool(self._readers)

    @contextmanager
    def reader(self) -> Iterator[asyncio.Queue[dict[str, Any]]]:
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(FEED_BACKLOG)
        self._readers.add(queue)
        try:
            yield queue
        finally:
            self._readers.discard(queue)


class Record:
    """The ledgers and the feed together; stamps every row with the wall clock."""

    def __init__(self) -> None:
        self.calls: Ledger[Call] = Ledger()
        self.deliveries: Ledger[Delivery] = Ledger()
        self.feed = Feed()
        self._bulky: deque[Call] = deque()

    def call(self, call: Call) -> Call:
        call.at = time.time()
        if call.provider == "openai":
            # Each carries a whole transcript: of the older ones only the row itself is kept.
            self._bulky.append(call)
            if len(self._bulky) > KEPT_TRANSCRIPTS:
                self._bulky.popleft().request = None
        return self.calls.add(call)

    def delivery(self, delivery: Delivery) -> Delivery:
        delivery.at = time.time()
        self.deliveries.add(delivery)
        return delivery
