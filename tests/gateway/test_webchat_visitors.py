"""Who a visitor is, what he is asked, what he may upload, what he sees come, and how much he may do."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from io import BytesIO
from typing import Any

import pytest

from gateway.webchat.deltas import Deltas
from gateway.webchat.identity import identity_secrets
from tests.business import VAULT, Business
from tests.desk import Desk
from tests.gateway.test_files import PNG
from tests.gateway.test_webchat import connect, frames
from tests.waiting import until

SECRET = identity_secrets(VAULT, "wc_bloom")[0]


def b64(value: Any) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def claim(secret: str = SECRET, alg: str = "HS256", **fields: Any) -> str:
    """A claim as a website's server makes it."""
    body = {"sub": "u-1", "exp": int(time.time()) + 600, **fields}
    text = f"{b64({'alg': alg, 'typ': 'JWT'})}.{b64({k: v for k, v in body.items() if v is not None})}"
    return f"{text}.{b64(hmac.digest(secret.encode(), text.encode(), 'sha256'))}"


async def visit(desk: Desk, **body: Any) -> tuple[int, dict[str, Any]]:
    async with desk.http.post(f"{desk.url}/webchat/sessions", json={"number": "wc_bloom", **body}) as answer:
        return answer.status, await answer.json()


async def say(desk: Desk, token: str, **message: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}"}
    body = {"client_id": "c1", "text": "Hello", **message}
    async with desk.http.post(f"{desk.url}/webchat/messages", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_signed_in_person_is_one_visitor_on_two_devices(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, phone = await visit(open_desk, identity=claim(name="Kim", email="kim@example.com"))
    _, desk = await visit(open_desk, identity=claim())
    assert phone["visitor"] == desk["visitor"]
    assert (await say(open_desk, phone["token"]))[0] == 202
    aliases = await business.pool.fetch("select kind, value from customer_aliases order by kind")
    assert [tuple(row) for row in aliases] == [("user", "u-1"), ("visitor", phone["visitor"])]
    assert await business.pool.fetchval("select name from customers") == "Kim"
    _, renewed = await visit(open_desk, token=phone["token"])
    assert renewed["visitor"] == phone["visitor"]
    _, other = await visit(open_desk, identity=claim(sub="u-2"), token=phone["token"])
    assert other["visitor"] != phone["visitor"]


@pytest.mark.parametrize(
    "bad",
    [
        claim(secret="guessed"), claim(alg="none"), claim(alg="HS512"), claim(sub=None), claim(sub=""), claim(sub=7),
        claim(sub="x" * 201), claim(exp=None), claim(exp=int(time.time()) - 100), claim(exp=int(time.time()) + 200_000),
        claim(exp="tomorrow"), claim(exp=True), claim(exp=float("nan")), "",
        "a.b", "a.b.c", claim()[:-2], claim() + ".x", "é.é.é", f"{b64([])}.{b64([])}.{b64(b'x')}",
    ],
)  # fmt: skip
async def test_a_claim_that_proves_nothing_opens_nothing(open_desk: Desk, business: Business, bad: str) -> None:
    await business.add_number("webchat", "wc_bloom")
    status, problem = await visit(open_desk, identity=bad)
    assert (status, problem["title"]) == (401, "Unauthorized")
    assert SECRET not in json.dumps(problem)


async def test_a_chat_may_be_for_those_who_are_signed_in(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", identity={"required": True})
    assert (await visit(open_desk))[0] == 401
    status, opened = await visit(open_desk, identity=claim())
    assert status == 201
    assert (await visit(open_desk, token=opened["token"]))[0] == 201


FORM = [
    {"name": "name", "label": "Your name", "required": True},
    {"name": "mail", "label": "E-mail", "type": "email"},
    {"name": "tel", "label": "Phone", "type": "phone"},
    {"name": "topic", "label": "About", "type": "select", "options": ["Visit", "Bill"]},
]


async def test_questions_come_before_the_chat(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", prechat=FORM)
    _, opened = await visit(open_desk)
    assert [one["name"] for one in opened["prechat"]] == ["name", "mail", "tel", "topic"]
    assert (await say(open_desk, opened["token"]))[0] == 422
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c0", "text": "Hi"})
    (error,) = await frames(ws, "error", 1)
    assert (error["code"], error["client_id"]) == ("prechat", "c0")
    await ws.close()
    fields = {"name": "Kim", "mail": "kim@example.com", "topic": "Bill", "unknown": "x"}
    status, answered = await visit(open_desk, token=opened["token"], fields=fields)
    assert (status, answered["prechat"], answered["visitor"]) == (201, [], opened["visitor"])
    assert (await say(open_desk, answered["token"]))[0] == 202
    content = json.loads(await business.pool.fetchval("select content from messages where sequence_no = 1"))
    assert content == {"prechat": {"name": "Kim", "mail": "kim@example.com", "topic": "Bill"}}
    assert await business.pool.fetchval("select name from customers") == "Kim"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, ["name"]), ("text", ["name"]), ({"name": " "}, ["name"]), ({"name": 7}, ["name"]),
        ({"name": "K", "mail": "kim"}, ["mail"]),
        ({"name": "K", "mail": "a@b@c.de", "tel": "call me"}, ["mail", "tel"]),
        ({"name": "K", "topic": "Else"}, ["topic"]), ({"name": "K" * 501}, ["name"]),
    ],
)  # fmt: skip
async def test_a_wrong_answer_is_named(open_desk: Desk, business: Business, fields: Any, wrong: list[str]) -> None:
    await business.add_number("webchat", "wc_bloom", prechat=FORM)
    status, problem = await visit(open_desk, fields=fields)
    assert (status, [one["field"] for one in problem["fields"]]) == (422, wrong)
    assert "call me" not in json.dumps(problem)


async def upload(desk: Desk, token: str, data: bytes, **headers: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with desk.http.post(f"{desk.url}/webchat/uploads", data=BytesIO(data), headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_file_is_uploaded_attached_and_seen(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    token = opened["token"]
    status, file = await upload(
        open_desk, token, PNG, Content_Type="text/html", X_Filename="..%2F..%2Fcat%20%F0%9F%90%88.png"
    )
    assert (status, file["mime_type"], file["filename"]) == (201, "image/png", "cat 🐈.png")
    assert (await say(open_desk, token, text=None, uploads=[file["upload"]]))[0] == 202
    async with open_desk.http.get(
        f"{open_desk.url}/webchat/messages", headers={"Authorization": f"Bearer {token}"}
    ) as answer:
        message = (await answer.json())["data"][0]
    assert (message["kind"], message["media"][0]["filename"]) == ("image", "cat 🐈.png")
    path = message["media"][0]["url"].removeprefix("https://desk.example.com")
    async with open_desk.http.get(open_desk.url + path) as answer:
        assert await answer.read() == PNG
    await open_desk_answers(business)


async def open_desk_answers(business: Business) -> None:
    await until(lambda: business.pool.fetchval("select count(*) = 2 from messages"))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422), (b"<script>alert(1)</script>", 415), (b'<svg onload="x">', 415), (b"PK\x03\x04zip", 415),
        (b"\x00\x01\x02", 415), (b"%PDF-1.7", 201), (b"plain words", 201),
    ],
)  # fmt: skip
async def test_only_harmless_files_are_taken(open_desk: Desk, business: Business, data: bytes, status: int) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    assert (await upload(open_desk, opened["token"], data, Content_Type="image/png"))[0] == status


async def test_a_file_that_is_too_large_is_refused(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    assert (await upload(open_desk, opened["token"], b"x" * (16 * 1024 * 1024 + 1)))[0] == 413


async def test_nobody_attaches_what_somebody_else_uploaded(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    (_, mine), (_, theirs) = await visit(open_desk), await visit(open_desk)
    _, file = await upload(open_desk, theirs["token"], PNG)
    for token in (file["upload"], file["upload"][:-2] + "xx", mine["token"], "x"):
        assert (await say(open_desk, mine["token"], uploads=[token]))[0] == 422
    assert (await say(open_desk, mine["token"], uploads=[file["upload"]] * 11))[0] == 422


async def test_a_visitor_sees_that_he_was_read_and_the_answer_come(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom", quiet_ms=300)  # time to follow a conversation that is new
    _, opened = await visit(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c1", "text": "I am here. Are you? Say something, please."})
    seen: dict[str, list[dict[str, Any]]] = {}
    while "delta_end" not in seen or len(seen.get("message", ())) < 2:
        frame = await ws.receive_json(timeout=10)
        seen.setdefault(frame["type"], []).append(frame)
    assert seen["seen"][0]["sequence_no"] == 1
    shown = "".join(frame["text"] for frame in seen["delta"])
    assert seen["message"][1]["message"]["text"].startswith(shown)
    assert shown


async def test_whoever_watches_sees_the_visitor_write(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "typing", "on": True})  # before there is a conversation: nobody to tell
    await ws.send_json({"type": "message", "client_id": "c1", "text": "Hello"})
    await frames(ws, "message", 2)
    await ws.send_json({"type": "typing", "on": True})
    await ws.send_json({"type": "typing", "on": "yes"})
    await ws.send_json({"type": "ping"})
    await frames(ws, "pong", 1)


async def test_one_visitor_holds_ten_sockets_and_no_more(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    sockets = [(await connect(open_desk, opened["token"]))[0] for _ in range(10)]
    extra = await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws")
    await extra.send_json({"type": "hello", "token": opened["token"]})
    await extra.receive(timeout=10)
    assert extra.close_code == 4429
    await sockets.pop().close()

    async def room() -> bool:
        ws = await open_desk.http.ws_connect(f"{open_desk.url}/webchat/ws")
        await ws.send_json({"type": "hello", "token": opened["token"]})
        frame = await ws.receive(timeout=10)
        await ws.close()
        return frame.type.name == "TEXT"

    await until(room)
    await asyncio.gather(*(ws.close() for ws in sockets))


async def test_one_address_writes_so_much_and_no_more(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    tokens = [(await visit(open_desk))[1]["token"] for _ in range(8)]
    statuses: list[int] = []
    for n in range(20):  # each visitor stays below his own limit
        if 429 in statuses:
            break
        statuses += [(await say(open_desk, token, client_id=f"c{n}"))[0] for token in tokens]
    assert statuses[:60] == [202] * 60
    assert 429 in statuses[60:]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([("t", 0), ("t", 1), ("t", None)], ["delta", "delta", "delta_end"]),
        ([("t", 1), ("t", 2), ("t", None)], []),
        ([("t", 0), ("t", 2), ("t", None)], ["delta", "delta_end"]),
        ([("t", 0), ("u", 0), ("t", 1), ("u", 1)], ["delta", "delta", "delta"]),
        ([("t", None)], []),
    ],
)
def test_an_answer_is_shown_from_its_beginning_or_not_at_all(words: list[tuple[str, Any]], shown: list[str]) -> None:
    deltas = Deltas()
    keys = [{"turn": turn, "end": True} if n is None else {"turn": turn, "n": n, "text": "x"} for turn, n in words]
    found = [deltas.frame(json.dumps(key)) for key in keys]
    assert [frame["type"] for frame in found if frame] == shown


@pytest.mark.parametrize("key", ["", "x", "[]", "{}", '{"turn": null}', "1"])
def test_a_word_that_is_none_shows_nothing(key: str) -> None:
    assert Deltas().frame(key) is None
