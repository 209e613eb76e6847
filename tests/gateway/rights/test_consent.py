"""What a customer is told about his data, on each channel, once for each version, and how that is recorded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk
from tests.providers import change, whatsapp

TEXT = {"text": "We keep what you write.", "url": "https://bloom.example/privacy", "required": True}


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path) as one:
        yield one


async def demand(business: Business, number_id: str, **more: Any) -> None:
    await business.pool.execute(
        "update phone_numbers set settings = settings || jsonb_build_object('consent', $2::jsonb) where id = $1",
        number_id, json.dumps(TEXT | more),
    )  # fmt: skip


async def ledger(business: Business) -> list[tuple[Any, ...]]:
    rows = await business.pool.fetch("select platform, scope, granted, source, version from consent_ledger order by 5")
    return [tuple(row) for row in rows]


async def test_it_is_the_first_line_once_for_each_version(open_desk: Desk, business: Business) -> None:
    await demand(business, business.number.id)
    address, line = business.number.address, f"{TEXT['text']} {TEXT['url']}"
    await open_desk.hook(whatsapp(change(address, messages=[("w1", "4670", "hi")])))
    assert [one["text"]["body"] for one in await open_desk.sent(2)] == [line, "You said: hi"]
    await open_desk.hook(whatsapp(change(address, messages=[("w2", "4670", "more")])))
    assert [one["text"]["body"] for one in await open_desk.sent(3)][2] == "You said: more"
    await demand(business, business.number.id, text="We keep less.")
    await open_desk.hook(whatsapp(change(address, messages=[("w3", "4670", "now?")])))
    sent = [one["text"]["body"] for one in await open_desk.sent(5)]
    assert sent[3:] == [f"We keep less. {TEXT['url']}", "You said: now?"]
    told = await ledger(business)
    assert [one[:4] for one in told] == [("whatsapp", "notice", True, "first_line")] * 2
    assert len({version for *_, version in told}) == 2


async def test_a_visitor_says_that_he_has_read_it_before_he_writes(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("webchat")
    await demand(business, number.id)

    async def post(path: str, body: Any, token: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with open_desk.http.post(f"{open_desk.url}/webchat/{path}", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    _, session = await post("sessions", {"number": number.address})
    assert session["consent"] == TEXT
    status, _ = await post("messages", {"client_id": "c1", "text": "hello"}, session["token"])
    assert status == 422
    read = {"number": number.address, "token": session["token"], "consent": True}
    _, session = await post("sessions", read)
    status, _ = await post("messages", {"client_id": "c1", "text": "hello"}, session["token"])
    assert status == 202
    assert [one[:4] for one in await ledger(business)] == [("webchat", "notice", True, "prechat")]
