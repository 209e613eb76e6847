"""Wake-ups between parts and processes. Best effort: every listener also polls, so a lost one only costs time.

Within a process a wake-up is a function call. To the other processes it travels over Redis pub/sub when there is one,
else over PostgreSQL's NOTIFY, many in one statement, because a commit that notifies takes a lock of the whole database.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from gateway.db import AWAY
from gateway.ids import uuid7
from gateway.observe import log

if TYPE_CHECKING:
    from redis.asyncio import Redis

CHANNEL = "frontdesk"
GATHER_SECONDS = 0.02
RETRY_SECONDS = 2.0
NOTIFY_LIMIT = 7000  # bytes; PostgreSQL takes 8000

Listener = Callable[[str], None]


class Wire(Protocol):
    """How wake-ups reach other processes."""

    async def send(self, payload: str) -> None:
        """Hands one payload to every process, this one included."""

    def receive(self) -> AsyncIterator[str]:
        """Yields payloads until the connection breaks."""


class Bus:
    """`publish` wakes the listeners of a topic, here at once and elsewhere soon."""

    def __init__(self, wire: Wire | None = None) -> None:
        self._wire = wire
        self._me = uuid7()
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._outgoing: dict[tuple[str, str], None] = {}
        self._filled = asyncio.Event()
        self.connected = wire is None

    def publish(self, topic: str, key: str = "") -> None:
        """Wakes the listeners of a topic. Never waits, never raises."""
        self._deliver(topic, key)
        if self._wire is not None:
            self._outgoing[topic, key] = None
            self._filled.set()

    def listen(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Adds a listener, which must not wait; returns how to remove it."""
        self._listeners[topic].add(listener)

        def forget() -> None:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

        return forget

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Carries wake-ups to and from other processes while the block runs."""
        loops = []
        if self._wire is not None:
            loops = [asyncio.create_task(loop(self._wire)) for loop in (self._send_loop, self._receive_loop)]
        try:
            yield
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    def _deliver(self, topic: str, key: str) -> None:
        for listener in tuple(self._listeners.get(topic, ())):
            listener(key)

    async def _send_loop(self, wire: Wire) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            outgoing, self._outgoing = list(self._outgoing), {}
            for payload in pack(self._me, outgoing):
                try:
                    await wire.send(payload)
                except (*AWAY, ConnectionError):
                    await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(GATHER_SECONDS)

    async def _receive_loop(self, wire: Wire) -> None:
        while True:
            try:
                async for payload in wire.receive():
                    self.connected = True
                    sender, wakes = json.loads(payload) if payload else (self._me, [])
                    if sender != self._me:
                        for topic, key in wakes:
                            self._deliver(topic, key)
            except (*AWAY, ConnectionError) as error:
                log.warning("bus_lost", error=type(error).__name__)
            self.connected = False
            await asyncio.sleep(RETRY_SECONDS)


def pack(sender: str, wakes: list[tuple[str, str]]) -> list[str]:
    """Writes wake-ups into as few payloads as PostgreSQL's limit allows."""
    payloads, size, group = [], 0, list[tuple[str, str]]()
    for topic, key in wakes:
        length = len(topic) + len(key) + 8
        if group and size + length > NOTIFY_LIMIT:
            payloads.append(json.dumps([sender, group]))
            size, group = 0, []
        group.append((topic, key))
        size += length
    return [*payloads, json.dumps([sender, group])] if group else payloads


class PostgresWire:
    """LISTEN/NOTIFY on a connection of its own. An empty payload says that the connection stands."""

    def __init__(self, pool: Any, dsn: str) -> None:
        self._pool = pool
        self._dsn = dsn.replace("?pgbouncer=true", "")

    async def send(self, payload: str) -> None:
        await self._pool.execute("select pg_notify($1, $2)", CHANNEL, payload)

    async def receive(self) -> AsyncIterator[str]:
        arrived: asyncio.Queue[str | None] = asyncio.Queue()
        connection = await asyncpg.connect(self._dsn, timeout=10)
        try:
            connection.add_termination_listener(lambda *_: arrived.put_nowait(None))
            await connection.add_listener(CHANNEL, lambda _c, _p, _ch, payload: arrived.put_nowait(str(payload)))
            yield ""
            while (payload := await arrived.get()) is not None:
                yield payload
        finally:
            await connection.close(timeout=2)


class RedisWire:
    """Pub/sub on Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def send(self, payload: str) -> None:
        from redis.exceptions import RedisError

        try:
            await self._redis.publish(CHANNEL, payload)
        except RedisError as error:
            raise ConnectionError(str(error)) from error

    async def receive(self) -> AsyncIterator[str]:
        from redis.exceptions import RedisError

        try:
            async with self._redis.pubsub() as pubsub:
                await pubsub.subscribe(CHANNEL)
                yield ""
                async for message in pubsub.listen():
                    if message["type"] == "message":
                        yield message["data"].decode()
        except RedisError as error:
            raise ConnectionError(str(error)) from error
