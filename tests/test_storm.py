"""Ten thousand generated webhooks, eight at a time: no 500, nothing lost, nothing twice, no gap in the numbers."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from yarl import URL

from gateway.app import running
from gateway.db import Pool
from gateway.settings import Settings
from tests.business import KEY, Business
from tests.webhooks import Generator

REQUESTS = int(os.environ.get("STORM", "10000"))


@pytest.mark.timeout(300)
async def test_a_storm_loses_nothing(dsn: str, pool: Pool, business: Business, tmp_path: Path) -> None:
    seed = int(os.environ.get("SEED", str(random.randrange(10**6))))
    sys.stdout.write(f"SEED={seed}\n")  # shown when the test fails
    settings = Settings(
        database_url=dsn, state_dir=tmp_path, secret_keys=(KEY,), public_url="https://desk.example.com",
        meta_app_secrets=("app-secret",), meta_graph_url="http://127.0.0.1:9", twilio_api_url="http://127.0.0.1:9",
    )  # fmt: skip
    whatsapp = [business.number, await business.add_number("whatsapp"), await business.add_number("whatsapp")]
    instagram = [await business.add_number("instagram") for _ in range(2)]
    sms = await business.add_number("sms", "+15550100", account_sid="AC1")
    generator = Generator(
        seed=seed, whatsapp=[one.address for one in whatsapp], instagram=[one.address for one in instagram],
        sms=sms.address, secret="app-secret", token="token-" + sms.id, public_url="https://desk.example.com",
    )  # fmt: skip
    requests = generator.requests(REQUESTS)
    answers: list[int] = []
    async with running(settings, "web") as app, TestServer(app) as server, ClientSession() as http:

        async def deliver() -> None:
            for request in requests:
                url = URL(str(server.make_url(request.path)), encoded=True)
                async with http.post(url, data=request.body, headers=request.headers) as answer:
                    answers.append(answer.status)

        await asyncio.gather(*(deliver() for _ in range(8)))
    assert set(answers) == {200}
    assert len(answers) == REQUESTS
    await _check(pool, generator)


async def _check(pool: Pool, generator: Generator) -> None:
    rows = await pool.fetch(
        "select n.meta_phone_number_id, m.platform_message_id, count(*) from messages m join phone_numbers n "
        "on n.id = m.phone_number_id where m.sender = 'user' group by 1, 2"
    )
    stored = {(row[0], row[1]): row[2] for row in rows}
    assert len(generator.messages) > REQUESTS
    assert generator.messages - set(stored) == set()
    assert max(stored.values()) == 1
    parked = await pool.fetch("select platform_message_id, state from parked_statuses")
    assert generator.statuses - {tuple(row) for row in parked} == set()
    gaps = await pool.fetch(
        "select conversation_id from messages group by conversation_id "
        "having count(*) <> max(sequence_no) or min(sequence_no) <> 1 or count(distinct sequence_no) <> count(*)"
    )
    assert gaps == []
    behind = "select count(*) from conversations c where last_sequence_no <> (select count(*) from messages m where m.conversation_id = c.conversation_id)"  # noqa: E501
    assert await pool.fetchval(behind) == 0
    assert await pool.fetchval("select count(*) from asides") == 0
    assert await pool.fetchval("select count(*) from envelopes") == REQUESTS
