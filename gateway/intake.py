"""What a provider told us becomes rows: one commit for many requests, duplicates dropped, numbers given."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from channels.base import Alias, Consent, Event, Inbound, Moved, Notice, Status, Unreadable
from gateway import observe
from gateway.batch import Batch
from gateway.bus import Bus
from gateway.db import Pool, jsonb, queries, retry_clash
from gateway.errors import StoreAway
from gateway.ids import new

SQL = queries(__file__)
COUNTERS = {"accepted": observe.ACCEPTED, "duplicate": observe.DUPLICATES, "status": observe.STATUSES}
MEDIA, ECHO, WANTS_ANSWER = 9, 14, 16  # the columns of messages that say so
SILENT_KINDS = frozenset({"reaction", "edit", "revoke", "system", "group", "standby"})
TEXT_LIMIT = 100_000
ID_LIMIT = 255
CUSTOMER_LIMIT = 200
Aside = Moved | Consent | Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One authenticated webhook request and the events in it. Without an endpoint only the events are stored."""

    endpoint: str = ""
    url: str = ""
    body: bytes = b""
    events: Sequence[Event] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of one customer message: accepted, duplicate, unknown_number or no_agent."""

    outcome: str
    user_id: str | None
    phone_number_id: str | None
    conversation_id: str | None
    message_id: str | None
    sequence_no: int | None
    due_at: datetime | None


@dataclass(slots=True)
class _Columns:
    """The arguments of one call of `intake`, column by column."""

    envelopes: tuple[list[object], ...] = field(default_factory=lambda: tuple([] for _ in range(4)))
    messages: tuple[list[object], ...] = field(default_factory=lambda: tuple([] for _ in range(19)))
    statuses: tuple[list[object], ...] = field(default_factory=lambda: tuple([] for _ in range(9)))
    asides: tuple[list[object], ...] = field(default_factory=lambda: tuple([] for _ in range(5)))

    def add(self, envelope: Envelope, *, told: bool) -> int:
        """Adds an envelope with its events; returns how many messages there are now."""
        number = 0
        if envelope.endpoint:
            problem = next((why for event in envelope.events if (why := _misfit(event))), "")
            _append(self.envelopes, (envelope.endpoint, clean(envelope.url), envelope.body, clean(problem)[:500]))
            number = len(self.envelopes[0])
        for event in envelope.events:
            if _misfit(event):
                continue
            if isinstance(event, Inbound):
                _append(self.messages, (number, *_message(event), told))
            elif isinstance(event, Status):
                _append(self.statuses, (number, *_status(event)))
            elif not isinstance(event, Unreadable):
                _append(self.asides, (number, *_aside(event)))
        return len(self.messages[0])


class Intake:
    """The only way into a conversation for what a customer does."""

    def __init__(self, pool: Pool, bus: Bus, *, in_flight: int = 1) -> None:
        self._pool = pool
        self._bus = bus
        self._batch: Batch[tuple[Envelope, bool], list[asyncpg.Record]] = Batch(
            self._flush, limit=200, in_flight=in_flight
        )

    async def store(self, envelope: Envelope) -> None:
        """Commits an envelope and its events. Raises StoreAway."""
        await self._batch.add((envelope, False))

    async def accept(self, envelope: Envelope) -> list[Accepted]:
        """Commits like `store`, and returns the fate of the messages in order. Raises StoreAway."""
        rows = await self._batch.add((envelope, True))
        return [Accepted(**dict(list(row.items())[1:])) for row in rows]

    async def close(self) -> None:
        """Waits for what is being committed."""
        await self._batch.close()

    async def _flush(self, items: Sequence[tuple[Envelope, bool]]) -> list[list[asyncpg.Record]]:
        columns = _Columns()
        ends = [columns.add(envelope, told=told) for envelope, told in items]
        started = time.perf_counter()
        rows = await retry_clash(
            lambda: self._pool.fetch(
                SQL["intake"], *columns.envelopes, *columns.messages, *columns.statuses, *columns.asides
            )
        )
        observe.COMMIT_SECONDS.observe(time.perf_counter() - started)
        observe.BATCH_SIZE.observe(len(items))
        self._count(rows, columns)
        self._wake(rows, columns)
        if columns.asides[0]:
            await settle_asides(self._pool)
        fates = {row["ordinal"]: row for row in rows}
        starts = [0, *ends]
        return [
            [fates[n] for n in range(start + 1, end + 1)] if told else []
            for (_, told), start, end in zip(items, starts, ends, strict=False)
        ]

    def _count(self, rows: Sequence[asyncpg.Record], columns: _Columns) -> None:
        counted = Counter(("accepted", str(platform)) for platform in columns.messages[1])
        counted += Counter(("status", str(platform)) for platform in columns.statuses[1])
        for row in rows:
            ordinal, outcome = row["ordinal"], row["outcome"]
            if ordinal > 0 and outcome != "accepted":
                platform = str(columns.messages[1][ordinal - 1])
                counted["accepted", platform] -= 1
                counted[outcome, platform] += 1
        for (outcome, platform), count in counted.items():
            if counter := COUNTERS.get(outcome):
                counter.labels(platform).inc(count)
            else:
                observe.PARKED.labels(platform).inc(count)
                observe.log.warning("parked", reason=outcome, platform=platform, messages=count)

    def _wake(self, rows: Sequence[asyncpg.Record], columns: _Columns) -> None:
        for row in rows:
            if row["outcome"] == "accepted" and columns.messages[1][row["ordinal"] - 1] == "webchat":
                self._bus.publish(f"conversation:{row['conversation_id']}")
        if any(columns.messages[WANTS_ANSWER]):
            self._bus.publish("turns")
        if any(columns.messages[MEDIA]):
            self._bus.publish("files")
        if columns.statuses[0] or any(columns.messages[ECHO]):
            self._bus.publish("outbox")


async def settle_asides(pool: Pool) -> None:
    """Does what webhooks said beside conversations, each in a transaction of its own. What fails now stays queued."""
    try:
        while await retry_clash(lambda: pool.fetchval(SQL["settle_aside"])):
            pass
    except (StoreAway, asyncpg.PostgresError) as error:
        observe.log.warning("asides_wait", error=type(error).__name__)


def _misfit(event: Event) -> str:
    """Why an event can't be stored, or ""."""
    if isinstance(event, Unreadable):
        return event.reason
    if not isinstance(event, Inbound | Status):
        return "" if 0 < len(event.number) <= 100 else "a number is missing or too long"
    if not event.id or len(event.id) > ID_LIMIT or len(event.number) > 100:
        return "an id is missing or too long"
    if isinstance(event, Inbound) and not 0 < len(event.customer) <= CUSTOMER_LIMIT:
        return "the customer's address is missing or too long"
    return ""


def clean(text: str) -> str:
    """A text that PostgreSQL can hold: no NUL, no lone surrogate, no more than TEXT_LIMIT characters."""
    if "\x00" in text:
        text = text.replace("\x00", "�")
    return text[:TEXT_LIMIT].encode("utf-8", "replace").decode()


def _append(columns: tuple[list[object], ...], row: tuple[object, ...]) -> None:
    for column, value in zip(columns, row, strict=True):
        column.append(value)


def _json(value: object) -> str:
    return jsonb(value, nul="�")


def _names(aliases: Sequence[Alias], customer: str) -> list[list[str]]:
    return [[alias.kind, alias.value[:ID_LIMIT]] for alias in aliases] or [["address", customer]]


def _message(event: Inbound) -> tuple[object, ...]:
    answerable = event.kind not in SILENT_KINDS and not event.echo
    media = [
        {
            "media_id": new("med"), "kind": m.kind, "id": m.id, "url": m.url, "mime_type": m.mime_type,
            "filename": m.filename,
        }
        for m in event.media
    ]  # fmt: skip
    return (
        event.platform,
        event.number,
        event.fallback,
        clean(event.customer),
        clean(event.id),
        event.kind,
        clean(event.text),
        _json(event.content) if event.content else None,
        _json(media) if media else None,
        clean(event.customer_name)[:255],
        _json(_names(event.aliases, event.customer)),
        clean(event.reply_to)[:255],
        event.sent_at,
        event.echo,
        answerable,
        answerable,
        new("msg"),
    )


def _status(event: Status) -> tuple[object, ...]:
    return (
        event.platform,
        event.number,
        event.fallback,
        clean(event.id),
        clean(event.part),
        event.state,
        clean(event.error_code)[:50],
        clean(event.error_text)[:1000],
    )


def _aside(event: Aside) -> tuple[object, ...]:
    what: dict[str, object]
    match event:
        case Moved():
            before, after = (_names(names, "") for names in (event.before, event.after))
            what = {"is": "moved", "before": before, "after": after, "customer": event.customer[:CUSTOMER_LIMIT]}
        case Consent():
            names = _names(event.aliases, event.customer)
            what = {
                "is": "consent", "aliases": names, "scope": event.scope, "granted": event.granted,
                "source": event.source,
            }  # fmt: skip
        case Notice():
            what = {"is": "notice", "topic": event.topic[:100], "detail": event.detail}
    return (event.platform, event.number, getattr(event, "fallback", ""), _json(what))
