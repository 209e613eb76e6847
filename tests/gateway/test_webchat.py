"""The webchat over real sockets: every message once, in order, from wherever the visitor left off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from gateway.db import Pool
from tests.business import Business, Number
from tests.desk import Desk, desk


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path) as one:
        yield one


@pytest.fixture
async def chat(business: Business) -> Number:
    return await business.add_number("webchat", "wc_bloom", allowed_origins=["https://bloom.example"])


async def session(open_desk: Desk, number: str = "wc_bloom", token: str | None = None) -> dict[str, Any]:
    async with open_desk.http.post(
        f"{open_desk.url}/webchat/sessions", json={"number": number, "token": token}
    ) as answer:
        assert answer.status == 201
        return dict(await answer.json())


async def connect(
    open_desk: Desk, token: str, after: int = 0, conversation: str = ""
) -> tuple[ClientWebSocketResponse, dict[str, Any]]:
    ws = await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws?after={after}&conversation_id={conversation}")
    await ws.send_json({"type": "hello", "token": token})
    return ws, await ws.receive_json(timeout=10)


async def frames(ws: ClientWebSocketResponse, kind: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while len(found) < count:
        frame = await ws.receive_json(timeout=10)
        if frame["type"] == kind:
            found.append(frame)
    return found


async def test_a_visitor_writes_and_is_answered(open_desk: Desk, chat: Number, business: Business) -> None:
    opened = await session(open_desk)
    ws, ready = await connect(open_desk, opened["token"])
    assert ready == {"type": "ready", "conversation_id": None, "last_sequence_no": 0}
    await ws.send_json({"type": "message", "client_id": "c1", "text": "Hello"})
    first, second = await frames(ws, "message", 2)
    assert (first["message"]["sequence_no"], first["message"]["client_id"], first["message"]["text"]) == (
        1,
        "c1",
        "Hello",
    )
    assert (second["message"]["sequence_no"], second["message"]["author"]) == (2, "ai")
    await ws.send_json({"type": "seen", "sequence_no": 2})
    await ws.send_json({"type": "ping"})
    await frames(ws, "pong", 1)
    assert await business.pool.fetchval("select status from message_delivery_status") == "read"
    await ws.close()


async def test_the_same_client_id_never_makes_a_second_message(
    open_desk: Desk, chat: Number, business: Business
) -> None:
    opened = await session(open_desk)
    headers = {"Authorization": f"Bearer {opened['token']}"}
    ws, _ = await connect(open_desk, opened["token"])
    for _ in range(2):
        await ws.send_json({"type": "message", "client_id": "c1", "text": "Hello"})
    accepted = await frames(ws, "accepted", 2)
    assert [frame["duplicate"] for frame in accepted] == [False, True]
    body = {"client_id": "c1", "text": "Hello"}
    async with open_desk.http.post(f"{open_desk.url}/webchat/messages", json=body, headers=headers) as answer:
        assert (answer.status, (await answer.json())["duplicate"]) == (202, True)
    assert await business.pool.fetchval("select count(*) from messages where sender = 'user'") == 1
    await ws.close()


async def test_what_was_missed_arrives_once_and_in_order(open_desk: Desk, chat: Number) -> None:
    opened = await session(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c1", "text": "one"})
    seen = await frames(ws, "message", 2)
    conversation = seen[0]["conversation_id"]
    await ws.close()
    headers = {"Authorization": f"Bearer {opened['token']}"}
    body = {"client_id": "c2", "text": "two"}
    async with open_desk.http.post(f"{open_desk.url}/webchat/messages", json=body, headers=headers) as answer:
        assert answer.status == 202
    ws, ready = await connect(open_desk, opened["token"], after=2, conversation=conversation)
    assert ready["conversation_id"] == conversation
    missed = await frames(ws, "message", 2)
    assert [frame["message"]["sequence_no"] for frame in missed] == [3, 4]
    await ws.close()


async def test_a_relink_starts_the_numbers_again(open_desk: Desk, chat: Number, business: Business) -> None:
    opened = await session(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c1", "text": "one"})
    before = await frames(ws, "message", 2)
    successor = await business.add_agent(None)
    link = "select link_agent($1, $2, $3, 'arc_1', 'Agent relinked')"
    await business.pool.fetchval(link, business.user_id, successor, chat.id)
    await ws.send_json({"type": "message", "client_id": "c2", "text": "two"})
    after = await frames(ws, "message", 2)
    assert [frame["message"]["sequence_no"] for frame in after] == [1, 2]
    assert after[0]["conversation_id"] != before[0]["conversation_id"]
    await ws.close()


async def test_without_a_socket_the_answer_is_polled(open_desk: Desk, chat: Number) -> None:
    opened = await session(open_desk)
    headers = {"Authorization": f"Bearer {opened['token']}"}
    body = {"client_id": "c1", "text": "one"}
    async with open_desk.http.post(f"{open_desk.url}/webchat/messages", json=body, headers=headers) as answer:
        conversation = (await answer.json())["conversation_id"]
    query = {"after": "1", "conversation_id": conversation, "wait": "10"}
    async with open_desk.http.get(f"{open_desk.url}/webchat/messages", params=query, headers=headers) as answer:
        page = await answer.json()
    assert [(m["sequence_no"], m["author"]) for m in page["data"]] == [(2, "ai")]


async def test_a_visitor_comes_back_as_himself(open_desk: Desk, chat: Number) -> None:
    opened = await session(open_desk)
    again = await session(open_desk, token=opened["token"])
    stranger = await session(open_desk)
    assert again["visitor"] == opened["visitor"] != stranger["visitor"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://bloom.example", 201), ("https://desk.example.com", 201), ("https://evil.example", 403), ("null", 403)],
)
async def test_only_allowed_websites_may_embed_it(open_desk: Desk, chat: Number, origin: str, status: int) -> None:
    async with open_desk.http.post(
        f"{open_desk.url}/webchat/sessions", json={"number": "wc_bloom"}, headers={"Origin": origin}
    ) as answer:
        assert answer.status == status
    opened = await session(open_desk)
    ws = await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws", headers={"Origin": origin})
    await ws.send_json({"type": "hello", "token": opened["token"]})
    frame = await ws.receive(timeout=10)
    assert (frame.type is WSMsgType.TEXT) == (status == 201)
    await ws.close()


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "message", "client_id": "", "text": "x"},
        {"type": "message", "client_id": 5, "text": "x"},
        {"type": "message", "client_id": "c", "text": "   "},
        {"type": "message", "client_id": "c", "text": "x" * 4001},
        {"type": "dance"},
        ["not", "an", "object"],
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_stays(open_desk: Desk, chat: Number, frame: Any) -> None:
    opened = await session(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json(frame)
    (error,) = await frames(ws, "error", 1)
    assert error["detail"]
    await ws.send_json({"type": "ping"})
    await frames(ws, "pong", 1)
    await ws.close()


@pytest.mark.parametrize("token", ["", "x", "e30.e30", "WyJ3Y19ibG9vbSIsInZpc18xIiw5OTk5OTk5OTk5XQ.AAAA"])
async def test_a_forged_session_is_refused(open_desk: Desk, chat: Number, token: str) -> None:
    ws = await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws")
    await ws.send_json({"type": "hello", "token": token})
    frame = await ws.receive(timeout=10)
    assert (frame.type, ws.close_code) == (WSMsgType.CLOSE, 4401)
    async with open_desk.http.get(
        f"{open_desk.url}/webchat/messages", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        assert answer.status == 401


async def test_a_script_in_a_name_is_shown_as_text(open_desk: Desk, chat: Number, business: Business) -> None:
    await business.pool.execute(
        "update phone_numbers set display_name = $1 where id = $2", '"><script>alert(1)', chat.id
    )
    async with open_desk.http.get(f"{open_desk.url}/webchat/page/wc_bloom") as answer:
        page = await answer.text()
        assert answer.status == 200
        assert "<script>alert" not in page
        assert "frame-ancestors 'self' https://bloom.example" in answer.headers["Content-Security-Policy"]


async def test_a_socket_that_opens_while_messages_come_repeats_none(open_desk: Desk, chat: Number) -> None:
    opened = await session(open_desk)
    headers = {"Authorization": f"Bearer {opened['token']}"}
    last, conversation = 0, ""

    async def post(n: int) -> None:
        body = {"client_id": f"c{n}", "text": f"{n}"}
        async with open_desk.http.post(f"{open_desk.url}/webchat/messages", json=body, headers=headers) as answer:
            assert answer.status == 202

    for n in range(9):
        (ws, _), _, _ = await asyncio.gather(
            connect(open_desk, opened["token"], after=last, conversation=conversation), post(2 * n), post(2 * n + 1)
        )
        for frame in await frames(ws, "message", 2):
            assert frame["message"]["sequence_no"] == last + 1
            last, conversation = last + 1, frame["conversation_id"]
        await ws.close()
