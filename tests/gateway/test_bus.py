"""Wake-ups between processes, over PostgreSQL and over Redis; losing either loses time alone."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from gateway.bus import NOTIFY_LIMIT, Bus, PostgresWire, RedisWire, Wire, pack
from gateway.db import Pool
from tests.waiting import until


@pytest.fixture
def redis_socket(tmp_path: Path) -> Iterator[Path]:
    """A Redis of this test's own, on a unix socket."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs redis-server on the PATH")
    socket = tmp_path / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        yield socket
        server.kill()


@pytest.fixture
async def redis(redis_socket: Path) -> AsyncIterator[Redis]:
    """A client of that Redis."""
    await until(lambda: _true(redis_socket.exists()))
    client = Redis.from_url(f"unix://{redis_socket}")
    yield client
    await client.aclose()


async def exchange(wire: Callable[[], Wire]) -> None:
    here, there = Bus(wire()), Bus(wire())
    heard: list[str] = []
    there.listen("turns", heard.append)
    async with here.running(), there.running():
        await until(lambda: _true(here.connected and there.connected))
        for key in ("a", "b", "b", "c"):
            here.publish("turns", key)
        await until(lambda: _true(set(heard) == {"a", "b", "c"}))
    assert len(heard) == 3


async def test_a_wake_up_reaches_another_process_over_postgresql(pool: Pool, dsn: str) -> None:
    await exchange(lambda: PostgresWire(pool, dsn))


async def test_a_wake_up_reaches_another_process_over_redis(redis: Redis) -> None:
    await exchange(lambda: RedisWire(redis))


async def test_a_lost_redis_is_said_and_wakes_within_the_process_go_on(redis: Redis) -> None:
    bus = Bus(RedisWire(redis))
    heard: list[str] = []
    bus.listen("turns", heard.append)
    async with bus.running():
        await until(lambda: _true(bus.connected))
        await redis.shutdown(nosave=True)
        await until(lambda: _true(not bus.connected))
        bus.publish("turns", "still")
        assert heard == ["still"]


async def test_its_own_wake_up_does_not_come_back(pool: Pool, dsn: str) -> None:
    bus, other = Bus(PostgresWire(pool, dsn)), Bus(PostgresWire(pool, dsn))
    heard: list[str] = []
    witness: list[str] = []
    bus.listen("turns", heard.append)
    other.listen("turns", witness.append)
    async with bus.running(), other.running():
        await until(lambda: _true(bus.connected and other.connected))
        bus.publish("turns", "once")
        await until(lambda: _true(witness))
        await asyncio.sleep(0)
    assert heard == ["once"]


def test_no_payload_is_larger_than_postgresql_takes() -> None:
    wakes = [("conversation:" + "x" * 36, str(n)) for n in range(1000)]
    payloads = pack("me", wakes)
    assert len(payloads) > 1
    assert max(map(len, payloads)) < NOTIFY_LIMIT + 500


def test_a_listener_that_left_hears_nothing() -> None:
    bus = Bus()
    heard: list[str] = []
    bus.listen("t", heard.append)()
    bus.publish("t", "x")
    assert heard == []


async def _true(value: object) -> bool:
    return bool(value)
