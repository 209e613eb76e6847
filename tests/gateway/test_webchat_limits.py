"""How much a visitor and an address may do, and what is shown beside the messages."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSServerHandshakeError

from gateway.bus import Bus
from gateway.webchat.allowance import address_of
from gateway.webchat.deltas import Deltas
from gateway.webchat.socket import MOST_UNSENT
from gateway.webchat.writing import Writing
from tests.business import Business
from tests.desk import Desk
from tests.gateway.test_files import PNG
from tests.gateway.test_webchat import connect, frames
from tests.gateway.test_webchat_visitors import upload, visit
from tests.waiting import until


@pytest.fixture
async def chatting(open_desk: Desk, business: Business) -> tuple[ClientWebSocketResponse, str]:
    """A visitor's socket after his first message and its answer, and the conversation."""
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c0", "text": "Hello"})
    messages = await frames(ws, "message", 2)
    return ws, messages[0]["conversation_id"]


async def until_pong(ws: ClientWebSocketResponse) -> list[dict[str, Any]]:
    """What the socket says before it answers a ping."""
    await ws.send_json({"type": "ping"})
    found: list[dict[str, Any]] = []
    while (frame := await ws.receive_json(timeout=10))["type"] != "pong":
        found.append(frame)
    return found


async def test_an_address_opens_so_many_sessions_whatever_it_says_of_itself(
    open_desk: Desk, business: Business
) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, mine = await visit(open_desk)
    statuses = []
    for n in range(70):
        headers = {"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"}
        body = {"number": "wc_bloom"}
        async with open_desk.http.post(f"{open_desk.url}/webchat/sessions", json=body, headers=headers) as answer:
            statuses.append(answer.status)
            wait = answer.headers.get("Retry-After", "")
    assert statuses[:59] == [201] * 59
    assert (statuses[-1], int(wait) > 0) == (429, True)
    assert (await visit(open_desk, token=mine["token"]))[0] == 201


async def test_an_address_holds_fifty_sockets_greeted_or_not(open_desk: Desk, business: Business) -> None:
    sockets = [await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws") for _ in range(50)]
    with pytest.raises(WSServerHandshakeError) as refused:
        await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws", headers={"X-Forwarded-For": "203.0.113.9"})
    assert (refused.value.status, refused.value.headers and refused.value.headers["Retry-After"]) == (429, "10")
    await sockets.pop().close()

    async def room() -> bool:
        try:
            sockets.append(await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws"))
        except WSServerHandshakeError:
            return False
        return True

    await until(room)
    await asyncio.gather(*(ws.close() for ws in sockets))


async def test_a_visitor_who_writes_too_fast_is_told_which_message_waits(
    chatting: tuple[ClientWebSocketResponse, str],
) -> None:
    ws, _ = chatting
    for n in range(1, 31):
        await ws.send_json({"type": "message", "client_id": f"c{n}", "text": "again"})
    error = (await frames(ws, "error", 1))[0]
    assert (error["code"], error["client_id"][0]) == ("rate", "c")
    await ws.close()


async def test_a_visitor_uploads_ten_files_at_once_and_no_more(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    statuses = [(await upload(open_desk, opened["token"], PNG))[0] for _ in range(12)]
    assert (statuses[:10], statuses[-1]) == ([201] * 10, 429)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        (None, "", True),
        ("unix", "192.0.2.1", False),
    ],
)
def test_one_address_is_what_one_customer_has(one: str | None, other: str, same: bool) -> None:
    assert (address_of(one) == address_of(other)) is same


async def test_typing_is_told_once_a_second_and_ends(
    open_desk: Desk, chatting: tuple[ClientWebSocketResponse, str]
) -> None:
    ws, conversation = chatting
    told: list[str] = []
    open_desk.bus.listen(f"visitor_typing:{conversation}", told.append)
    started = time.monotonic()
    for _ in range(5):
        for on in (True, True, False, False):
            await ws.send_json({"type": "typing", "on": on})
    await until_pong(ws)
    assert told[0] == "on"
    assert told[-1] == "off"
    assert told.count("on") <= 1 + time.monotonic() - started
    await ws.close()


@pytest.mark.parametrize("leaves", [True, False])
async def test_who_leaves_or_sends_writes_no_more(
    open_desk: Desk, chatting: tuple[ClientWebSocketResponse, str], leaves: bool
) -> None:
    ws, conversation = chatting
    told: list[str] = []
    open_desk.bus.listen(f"visitor_typing:{conversation}", told.append)
    await ws.send_json({"type": "typing", "on": True})
    if leaves:
        await ws.close()
    else:
        await ws.send_json({"type": "message", "client_id": "c1", "text": "there"})

    async def over() -> bool:
        return told == ["on", "off"]

    await until(over)
    await ws.close()


async def test_typing_is_over_when_nothing_more_is_said() -> None:
    bus, told = Bus(), list[str]()
    bus.listen("visitor_typing:con_1", told.append)
    writing = Writing(bus, lasts=0.01)
    writing.begin("con_1")

    async def over() -> bool:
        return told == ["on", "off"]

    await until(over)
    writing.end()
    assert told == ["on", "off"]


@pytest.mark.parametrize("sequence_no", [-(10**30), 10**30, -1, 0, True, "1", None, 1.5, [1]])
async def test_any_number_may_be_seen(chatting: tuple[ClientWebSocketResponse, str], sequence_no: Any) -> None:
    ws, _ = chatting
    await ws.send_json({"type": "seen", "sequence_no": sequence_no})
    assert {frame["type"] for frame in await until_pong(ws)} <= {"error", "delta_end"}
    await ws.close()


async def test_what_our_side_has_seen_only_grows_and_begins_again_with_a_conversation(
    open_desk: Desk, business: Business, chatting: tuple[ClientWebSocketResponse, str]
) -> None:
    ws, conversation = chatting
    for key in ("5", "3", "x", "", "²", "5", "7"):
        open_desk.bus.publish(f"seen:{conversation}", key)
    assert [frame["sequence_no"] for frame in await until_pong(ws) if frame["type"] == "seen"] == [5, 7]
    number = await business.pool.fetchval("select id from phone_numbers where platform = 'webchat'")
    successor = await business.add_agent(None)
    await business.pool.fetchval(
        "select link_agent($1, $2, $3, 'arc_1', 'Agent relinked')", business.user_id, successor, number
    )
    await ws.send_json({"type": "message", "client_id": "c1", "text": "two"})
    assert (await frames(ws, "seen", 1))[0]["sequence_no"] == 1
    await ws.close()


async def test_pieces_for_a_slow_client_are_dropped_and_the_message_is_not(
    open_desk: Desk, chatting: tuple[ClientWebSocketResponse, str]
) -> None:
    ws, conversation = chatting
    await until_pong(ws)
    for n in range(MOST_UNSENT + 36):
        open_desk.bus.publish(f"delta:{conversation}", json.dumps({"turn": "t", "n": n, "text": "x" * 1000}))
    open_desk.bus.publish(f"delta:{conversation}", json.dumps({"turn": "t", "end": True}))
    shown = await until_pong(ws)
    assert [frame["n"] for frame in shown] == list(range(MOST_UNSENT))
    await ws.send_json({"type": "message", "client_id": "c1", "text": "two"})
    assert [frame["message"]["sequence_no"] for frame in await frames(ws, "message", 2)] == [3, 4]
    await ws.close()


def test_nothing_is_shown_of_a_turn_whose_message_is_here() -> None:
    deltas = Deltas()
    assert deltas.frame('{"turn": "t", "n": 0, "text": "x"}')
    deltas.forget()
    assert deltas.frame('{"turn": "t", "n": 1, "text": "y"}') is None
    assert deltas.frame('{"turn": "t", "end": true}') is None
    assert deltas.frame('{"turn": "", "end": true}') is None


async def test_the_longest_message_fits_a_frame(chatting: tuple[ClientWebSocketResponse, str]) -> None:
    ws, _ = chatting
    text = "😀" * 4000
    await ws.send_json({"type": "message", "client_id": "c1", "text": text})
    assert (await frames(ws, "message", 1))[0]["message"]["text"] == text
    await ws.close()
