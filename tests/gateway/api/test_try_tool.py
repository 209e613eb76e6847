"""A tool that is tried by a person: one request with the limits of a turn, and what came of it in plain words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.api.keys import create_key
from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk

NUMBER = {"name": "number", "description": "of the order"}


@dataclass
class Crm:
    """A server of the business."""

    url: str = ""
    seen: list[dict[str, Any]] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body, headers = await request.text(), dict(request.headers)
        self.seen.append({"method": request.method, "url": request.raw_path, "headers": headers, "body": body})
        match request.path.split("/")[1]:
            case "error":
                return web.Response(status=500, text="E" * 2000)
            case "inside":
                return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"})
            case "slow":
                await self.over.wait()
            case "cut":
                assert request.transport is not None
                request.transport.abort()
            case "huge":
                return web.Response(text="x" * 400_000)
            case "pieces":
                return await _in_pieces(request)
        return web.json_response({"state": "shipped", "key": headers.get("Authorization", "")})


async def _in_pieces(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for piece in ("one ", "two ", "three"):
        await answer.write(piece.encode())
        await asyncio.sleep(0)
    return answer


@dataclass
class Bench:
    """A gateway whose operator trusts the business's server, and a program with a key."""

    desk: Desk
    crm: Crm
    business: Business
    key: str

    async def __call__(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}"} | {name.replace("_", "-"): v for name, v in headers.items()}
        async with self.desk.http.post(self.desk.url + path, json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read())

    async def tool(self, url: str, **more: Any) -> str:
        """Stores a tool; returns the path on which it is tried."""
        tool = {"name": "order", "description": "An order.", "url": url, "parameters": [NUMBER], "seconds": 1} | more
        status, made = await self("/v1/tools", tool)
        assert status == 201, made
        return f"/v1/tools/{made['tool_id']}/test"


@asynccontextmanager
async def _bench(dsn: str, pool: Pool, business: Business, folder: Path) -> AsyncIterator[Bench]:
    crm = Crm()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", crm.take)
    async with TestServer(app) as server:
        crm.url = str(server.make_url("")).rstrip("/")
        async with desk(dsn, pool, folder, tool_origins=(crm.url,)) as one:
            yield Bench(one, crm, business, await create_key(pool, business.user_id, "k", ["tools:write"]))
            crm.over.set()


@pytest.fixture
async def bench(dsn: str, pool: Pool, business: Business, tmp_path: Path) -> AsyncIterator[Bench]:
    async with _bench(dsn, pool, business, tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "more", "outcome", "status", "body", "sentence"),
    [
        ("/orders/{number}", {}, "done", 200, '"shipped"', "It worked."),
        ("/error", {}, "refused", 500, "E" * 500, "answered 500"),
        ("/inside", {}, "refused", 302, "", "answered 302"),
        ("/slow", {}, "slow", None, "", "in the time"),
        ("/cut", {}, "no_answer", None, "", "broke off"),
        ("/huge", {}, "done", 200, "x" * 8000, "It worked."),
        ("/pieces", {}, "done", 200, "one two three", "It worked."),
        ("/error", {"method": "POST", "effect": "write"}, "refused", 500, "E", "not known whether it was done"),
        ("/slow", {"method": "POST", "effect": "write"}, "slow", None, "", "not known whether it was done"),
        ("/cut", {"method": "PUT", "effect": "write"}, "no_answer", None, "", "not known whether it was done"),
    ],
)
async def test_what_came_of_it_is_said(
    bench: Bench, path: str, more: Any, outcome: str, status: int | None, body: str, sentence: str
) -> None:
    tried = await bench.tool(bench.crm.url + path, **more)
    answered, made = await bench(tried, {"arguments": {"number": "7"}})
    assert (answered, made["outcome"], made["status"]) == (200, outcome, status)
    assert (body in made["body"], sentence in made["sentence"]) == (True, True)
    assert (len(made["body"]) <= 8000, made["shortened"]) == (True, path in ("/error", "/huge"))
    assert made["unknown"] is ("effect" in more)
    assert [one["method"] for one in bench.crm.seen] == [more.get("method", "GET")]
    assert (made["milliseconds"] >= 1000) is (outcome == "slow")


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://10.0.0.1/", "http://[::1]/", "http://localhost/", "http://2130706433/"]
)  # fmt: skip
async def test_what_is_not_public_is_not_reached(bench: Bench, url: str) -> None:
    _, made = await bench(await bench.tool(url), {"arguments": {"number": "7"}})
    assert (made["outcome"], made["status"], "nothing was sent" in made["sentence"]) == ("forbidden", None, True)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, ["arguments.number"]),
        ({"number": 7}, ["arguments.number"]),
        ({"number": "7", "amount": "much", "paid": "yes"}, ["arguments.amount", "arguments.paid"]),
        ({"number": "7", "state": "lost"}, ["arguments.state"]),
        ({"number": "7", "colour": "red"}, ["arguments.colour"]),
        ({"number": ["7"]}, None),
        ("7", None),
    ],
)
async def test_wrong_arguments_are_named_and_nothing_is_sent(bench: Bench, arguments: Any, wrong: Any) -> None:
    parameters = [
        NUMBER, {"name": "amount", "type": "number", "required": False},
        {"name": "paid", "type": "boolean", "required": False},
        {"name": "state", "required": False, "enum": ["open", "closed"]},
    ]  # fmt: skip
    tried = await bench.tool(bench.crm.url, parameters=parameters)
    status, problem = await bench(tried, {"arguments": arguments})
    fields = [one["field"] for one in problem["fields"]]
    assert (status, bench.crm.seen) == (422, [])
    assert fields == wrong or (wrong is None and fields[0].startswith("arguments"))


async def test_it_is_the_request_of_a_turn_and_only_the_record_keeps_it(bench: Bench, pool: Pool) -> None:
    secret = "Bearer top-secret-7"
    tried = await bench.tool(
        f"{bench.crm.url}/orders/{{number}}?who={{customer_name}}", method="POST", effect="write", receipt="noted",
        headers={"Authorization": secret}, enabled=False,
    )  # fmt: skip
    body = {"arguments": {"number": "7/../8"}, "facts": {"customer_name": "Kim Å"}}
    status, made = await bench(tried, body, Idempotency_Key="once")
    assert (status, made["outcome"], "top-secret" in made["body"]) == (200, "done", False)
    assert await bench(tried, body, Idempotency_Key="once") == (status, made)
    (seen,) = bench.crm.seen
    assert (seen["method"], seen["url"]) == ("POST", "/orders/7%2F..%2F8?who=Kim%20%C3%85")
    assert (seen["headers"]["Authorization"], seen["headers"]["Idempotency-Key"]) == (secret, "test:once")
    record = await pool.fetchrow("select * from audit_log where action = 'try_tool'")
    assert record is not None
    assert ("7/../8" in str(dict(record)), "Kim" in str(dict(record))) == (False, False)
    for table in ("turns", "tool_calls", "events", "messages", "credit_ledger"):
        if await pool.fetchval("select to_regclass($1)", table) is not None:
            count = await pool.fetchval(f"select count(*) from {table}")  # noqa: S608
            assert count == (1 if table == "credit_ledger" else 0), table


async def test_who_may_only_read_tries_nothing(bench: Bench, pool: Pool) -> None:
    tried = await bench.tool(bench.crm.url)
    bench.key = await create_key(pool, bench.business.user_id, "r", ["tools:read"])
    assert (await bench(tried, {"arguments": {"number": "7"}}))[0] == 403
    assert bench.crm.seen == []
