"""From a customer's message to what the business is told, over real HTTP on all sides: read, proved, scored, signed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from standardwebhooks import Webhook

from gateway.api.keys import create_key
from gateway.app import BUS, running
from gateway.db import Pool
from gateway.settings import Settings
from tests.business import KEY, Business
from tests.desk import SECRET, Desk
from tests.leads import reading
from tests.providers import Providers, change, providers, reply, whatsapp
from tests.waiting import until

HELLO = "I am Anna, anna@berg.example. I want to book today, our budget is 500"


def answers(body: dict[str, Any]) -> str:
    """A model that reads leads, and says hello to everybody."""
    if body["text"]["format"]["name"] != "lead":
        return reply("Hello!")
    first = json.loads(body["input"][-1]["content"])[0]["no"]
    return reading(
        name=("Anna", first, "I am Anna"),
        email=("anna@berg.example", first, "anna@berg.example"),
        intent=("High", first, "want to book today"),
        urgency=("High", first, "book today"),
        budget=("Yes", first, "our budget is 500"),
        fit=("High", first, "want to book"),
        engagement=("High", first, "I am Anna"),
    ).model_dump_json()


@asynccontextmanager
async def gateway(dsn: str, pool: Pool, folder: Path, scripted: Providers, trusted: str) -> AsyncIterator[Desk]:
    settings = Settings(
        database_url=dsn, state_dir=folder, secret_keys=(KEY,), openai_api_key="sk-test",
        openai_base_url=f"{scripted.url}/v1", meta_app_secrets=(SECRET,), meta_graph_url=scripted.url,
        tool_origins=(trusted,),
    )  # fmt: skip
    async with running(settings, "all") as app, TestServer(app) as server, ClientSession() as http:
        yield Desk(str(server.make_url("")).rstrip("/"), http, scripted, pool, app[BUS], {})


async def test_a_message_with_an_address_becomes_a_lead_that_the_business_hears_of(
    dsn: str, pool: Pool, business: Business, tmp_path: Path
) -> None:
    heard: list[tuple[bytes, dict[str, str]]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((await request.read(), {name.lower(): value for name, value in request.headers.items()}))
        return web.Response(status=204)

    receiver = web.Application()
    receiver.router.add_post("/crm", hear)
    async with providers() as scripted, TestServer(receiver) as crm:
        scripted.answer = answers
        origin = str(crm.make_url("")).rstrip("/")
        async with gateway(dsn, pool, tmp_path, scripted, origin) as desk:
            key = await create_key(pool, business.user_id, "test", ["*"])
            headers = {"Authorization": f"Bearer {key}"}
            async with desk.http.post(
                f"{desk.url}/v1/webhooks", json={"url": f"{origin}/crm"}, headers=headers
            ) as answer:
                assert answer.status == 201
                secret = (await answer.json())["secret"]
            live = asyncio.create_task(_watch(desk, headers, "lead.hot"))
            await desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670111", HELLO)])))
            await until(lambda: _true(heard), 30)
            told = json.loads(await live)
            async with desk.http.get(f"{desk.url}/v1/leads", headers=headers) as answer:
                (lead,) = (await answer.json())["data"]
    event = Webhook(secret).verify(heard[0][0].decode(), heard[0][1])
    assert (event["type"], event["data"]["total_score"], event["data"]["email"]) == (
        "lead.hot",
        15,
        "anna@berg.example",
    )
    assert event["data"]["evidence"]["email"] == lead["evidence"]["email"]
    assert lead["evidence"]["email"] == [{"sequence_no": 1, "quote": "anna@berg.example"}]
    assert (told["type"], told["data"]["extraction_id"]) == ("lead.hot", lead["extraction_id"])
    kinds = await pool.fetch("select kind, count(*)::int as n from model_calls group by kind order by kind")
    assert dict(kinds)["extraction"] >= 1
    assert await pool.fetchval("select count(*) from events where type like 'lead.%'") == 1


async def _watch(
    desk: Desk, headers: dict[str, str], wanted: str, last: str = "", watching: asyncio.Event | None = None
) -> str:
    """The data of the first live event of a type."""
    more = {"Last-Event-ID": last} if last else {}
    async with desk.http.get(f"{desk.url}/v1/live", headers=headers | more) as answer:
        assert (answer.status, answer.content_type) == (200, "text/event-stream")
        kind = ""
        async for line in answer.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if value == "watching" and watching:
                watching.set()
            kind = value if name == "event" else kind
            if name == "data" and kind == wanted:
                return value
    raise AssertionError("the stream ended")


@pytest.fixture
async def watched(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    settings = Settings(database_url=dsn, state_dir=tmp_path, secret_keys=(KEY,))
    async with running(settings, "web") as app, TestServer(app) as server, ClientSession() as http:
        yield Desk(str(server.make_url("")).rstrip("/"), http, Providers(), pool, app[BUS], {})


async def emit(pool: Pool, business: Business, n: int) -> str:
    event: str = await pool.fetchval(
        "select emit($1, 'lead.hot', null, $2::jsonb)", business.user_id, json.dumps({"n": n})
    )
    return event


async def test_whoever_watches_again_misses_nothing_and_sees_nobody_elses(
    watched: Desk, pool: Pool, business: Business
) -> None:
    other = await Business.create(pool)
    headers = {"Authorization": f"Bearer {await create_key(pool, business.user_id, 'k', ['events:read'])}"}
    first = await emit(pool, business, 1)
    await emit(pool, other, 2)
    third = await emit(pool, business, 3)
    told = [json.loads(await _watch(watched, headers, "lead.hot", last=one))["event_id"] for one in (first, first)]
    assert set(told) <= {first, third}
    watching = asyncio.Event()
    waiting = asyncio.create_task(_watch(watched, headers, "lead.hot", watching=watching))
    await watching.wait()
    await emit(pool, other, 4)
    await emit(pool, business, 5)
    watched.bus.publish("events")
    assert json.loads(await waiting)["data"] == {"n": 5}


async def test_only_keys_with_the_scope_watch(watched: Desk, pool: Pool, business: Business) -> None:
    narrow = await create_key(pool, business.user_id, "k", ["leads:read"])
    for key, status in ((narrow, 403), ("", 401)):
        async with watched.http.get(f"{watched.url}/v1/live", headers={"Authorization": f"Bearer {key}"}) as answer:
            assert answer.status == status


async def test_a_lead_that_changed_is_said_live(watched: Desk, pool: Pool, business: Business) -> None:
    headers = {"Authorization": f"Bearer {await create_key(pool, business.user_id, 'k', ['events:read'])}"}
    watching = asyncio.Event()
    waiting = asyncio.create_task(_watch(watched, headers, "lead", watching=watching))
    await watching.wait()
    watched.bus.publish(f"live:{business.user_id}", '{"type": "lead", "conversation_id": "cnv_1"}')
    assert json.loads(await waiting)["conversation_id"] == "cnv_1"


async def _true(what: object) -> bool:
    return bool(what)
