"""Whoever sends slowly, many times at once or in odd bytes gets in nobody's way."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from gateway.api.etags import lock
from gateway.api.keys import create_key
from gateway.db import Pool, tenant
from tests.business import Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.waiting import until

MANY = 20  # more than the pool has connections


class Sender:
    """A connection whose bytes are sent one by one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self, method: str, path: str, key: bytes, length: int, *more: bytes) -> None:
        lines = [f"{method} {path} HTTP/1.1".encode(), b"Host: desk", b"Authorization: Bearer " + key, *more]
        lines += [b"Content-Type: application/json", f"Content-Length: {length}".encode(), b"", b""]
        await self.send(b"\r\n".join(lines))

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def status(self) -> int:
        line = await asyncio.wait_for(self._reader.readline(), 20)
        return int(line.split()[1])

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def senders(desk: Desk, count: int) -> AsyncIterator[list[Sender]]:
    place = urlsplit(desk.url)
    them = [Sender(*await asyncio.open_connection(place.hostname, place.port)) for _ in range(count)]
    try:
        yield them
    finally:
        for one in them:
            await one.close()


@pytest.fixture
async def key(pool: Pool, business: Business) -> str:
    return await create_key(pool, business.user_id, "test", ["*"])


async def reads(desk: Desk, key: str) -> bool:
    """Whether the API answers somebody else at once."""
    status, _ = await asyncio.wait_for(Client(desk, key)("GET", "/v1/agents"), 10)
    return bool(status == 200)


async def test_bodies_that_do_not_come_keep_nobody_waiting(open_desk: Desk, key: str) -> None:
    async with senders(open_desk, MANY) as slow:
        for n, one in enumerate(slow):
            await one.head("POST", "/v1/readings/retry", key.encode(), 10, f"Idempotency-Key: k{n}".encode())
        assert await reads(open_desk, key)


@pytest.mark.parametrize("method", ["PATCH", "POST"])
async def test_many_who_wait_for_one_another_keep_nobody_waiting(
    open_desk: Desk, pool: Pool, business: Business, key: str, method: str
) -> None:
    path = f"/v1/agents/{business.number.agent_id}" + ("/unlink" if method == "POST" else "")
    body, once = (b"{}", [b"Idempotency-Key: k1"]) if method == "POST" else (b'{"name": "Bo"}', [])
    async with senders(open_desk, MANY) as many:
        async with tenant(pool, business.user_id) as db:
            if method == "PATCH":
                await lock(db, business.user_id, path)
            else:
                await db.execute("select from agents for update")
            for one in many:
                await one.head(method, path, key.encode(), len(body), *once)
                await one.send(body)
            assert await reads(open_desk, key)
        assert [await one.status() for one in many] == [200] * MANY


@pytest.mark.parametrize("by", ["key", "session"])
async def test_who_is_out_when_his_body_arrives_does_nothing(
    open_desk: Desk, pool: Pool, business: Business, key: str, by: str
) -> None:
    body = json.dumps({"name": "mine", "scopes": ["*"]}).encode()
    async with senders(open_desk, 1) as (one,):
        await one.head("POST", "/v1/keys", key.encode(), len(body))
        await one.send(body[:1])
        begun = time.monotonic()

        async def later() -> bool:
            return time.monotonic() - begun > 1.5

        await until(later)
        if by == "key":
            await pool.execute("update api_keys set revoked_at = now()")
        else:
            await pool.execute("update users set suspended_at = now()")
        await one.send(body[1:])
        assert await one.status() in (401, 403)
    assert await pool.fetchval("select count(*) from api_keys") == 1


def cursor(at: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([at, "x"]).encode()).decode().rstrip("=")


ODD: list[tuple[str, str, list[bytes], Any, int]] = [
    ("GET", f"/v1/agents?cursor={cursor('0001-01-01T00:00:00+05:00')}", [], None, 422),
    ("GET", f"/v1/agents?cursor={cursor('9999-12-31T23:59:59-05:00')}", [], None, 422),
    ("POST", "/v1/agents", [b"Idempotency-Key: k\xff"], {"name": "Bo", "prompt_id": "prm_x"}, 422),
    ("POST", "/v1/media", [b"X-Filename: Pr\xfcfung.txt"], "file", 201),
    ("PATCH", "/v1/prompts/{prompt}", [], {"active_version": 3_000_000_000}, 422),
]


@pytest.mark.parametrize(("method", "path", "more", "given", "status"), ODD, ids=[str(one[1][:14]) for one in ODD])
async def test_odd_bytes_are_answered(
    open_desk: Desk, business: Business, key: str, method: str, path: str, more: list[bytes], given: Any, status: int
) -> None:  # fmt: skip
    body = b"" if given is None else json.dumps(given).encode()
    async with senders(open_desk, 1) as (one,):
        await one.head(method, path.replace("{prompt}", business.prompt_id), key.encode(), len(body), *more)
        await one.send(body)
        assert await one.status() == status


async def test_a_key_of_odd_bytes_is_none(open_desk: Desk) -> None:
    async with senders(open_desk, 1) as (one,):
        await one.head("GET", "/v1/agents", b"fdk_usr_\xff", 0)
        assert await one.status() == 401
