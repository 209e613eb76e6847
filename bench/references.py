"""What the gateway is compared with, on the same machine, server, database and moment.

R1 is the handler that everyone writes: check the signature, INSERT, 200. R3 does by hand, statement after statement in
one transaction, what the gateway does for a message.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import sys
from uuid import uuid4

import asyncpg
import uvloop
from aiohttp import web

SECRET = b"bench"
POOL = 16
SCHEMA = """
create schema if not exists reference;
create table if not exists reference.raw (id bigint generated always as identity primary key, body text not null,
    received_at timestamptz not null default now());
create table if not exists reference.conversations (id text primary key, number text not null, customer text not null,
    last_no integer not null default 0, last_at timestamptz not null default now(), unique (number, customer));
create table if not exists reference.messages (id text primary key, conversation_id text not null references
    reference.conversations, number text not null, provider_id text not null, no integer not null, body text not null,
    at timestamptz not null default now(), unique (conversation_id, no), unique (number, provider_id));
create table if not exists reference.turns (conversation_id text primary key, due_at timestamptz not null);
"""


def signed(request: web.Request, body: bytes) -> bool:
    """Whether the body bears our signature."""
    given = request.headers.get("X-Hub-Signature-256", "")
    return hmac.compare_digest(given, "sha256=" + hmac.new(SECRET, body, "sha256").hexdigest())


class References:
    """Both references over one pool."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record]) -> None:
        self._pool = pool

    async def r1(self, request: web.Request) -> web.Response:
        """Signature, parse, one INSERT."""
        body = await request.read()
        if not signed(request, body):
            return web.Response(status=403)
        json.loads(body)
        await self._pool.execute("insert into reference.raw (body) values ($1)", body.decode())
        return web.Response(text="ok")

    async def r3(self, request: web.Request) -> web.Response:
        """Signature, parse, one transaction of six statements for each message."""
        body = await request.read()
        if not signed(request, body):
            return web.Response(status=403)
        for entry in json.loads(body)["entry"]:
            for change in entry["changes"]:
                number = change["value"]["metadata"]["phone_number_id"]
                for message in change["value"].get("messages", ()):
                    await self._store(number, message, body.decode())
        return web.Response(text="ok")

    async def _store(self, number: str, message: dict[str, str], body: str) -> None:
        async with self._pool.acquire() as connection, connection.transaction():
            known = await connection.fetchval(
                "select 1 from reference.messages where number = $1 and provider_id = $2", number, message["id"]
            )
            if known:
                return
            await connection.execute(
                "insert into reference.conversations (id, number, customer) values ($1, $2, $3) on conflict do nothing",
                uuid4().hex, number, message["from"],
            )  # fmt: skip
            row = await connection.fetchrow(
                "update reference.conversations set last_no = last_no + 1, last_at = now() "
                "where number = $1 and customer = $2 returning id, last_no",
                number, message["from"],
            )  # fmt: skip
            conversation, count = (row["id"], row["last_no"]) if row else ("", 0)
            await connection.execute(
                "insert into reference.messages (id, conversation_id, number, provider_id, no, body) "
                "values ($1, $2, $3, $4, $5, $6)",
                uuid4().hex, conversation, number, message["id"], count, message["text"]["body"],  # type: ignore[index]
            )  # fmt: skip
            await connection.execute(
                "insert into reference.turns values ($1, now() + interval '1 second') "
                "on conflict (conversation_id) do update set due_at = excluded.due_at",
                conversation,
            )
            await connection.execute("insert into reference.raw (body) values ($1)", body)


async def main(dsn: str, port: int) -> None:
    """Serves both on one port until killed."""
    pool = await asyncpg.create_pool(dsn, min_size=POOL, max_size=POOL)
    await pool.execute(SCHEMA)
    references = References(pool)
    app = web.Application()
    app.router.add_post("/r1", references.r1)
    app.router.add_post("/r3", references.r3)

    async def ready(_request: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/healthz", ready)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=1024).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        loop.run(main(sys.argv[1], int(sys.argv[2])))
