"""WhatsApp: what is taken and refused, what is reported, how customers' messages look."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

import pytest

from tests.sandbox.conftest import Client, Start, whatsapp_text
from tests.waiting import until


def _buttons(count: int, title: str = "") -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": f"b{n}", "title": title or f"Yes {n}"}} for n in range(count)]
    interactive = {"type": "button", "body": {"text": "Well?"}, "action": {"buttons": buttons}}
    return whatsapp_text(type="interactive", interactive=interactive)


def _list(rows: int) -> dict[str, Any]:
    section = {"title": "Times", "rows": [{"id": f"r{n}", "title": f"{n} o'clock"} for n in range(rows)]}
    interactive = {"type": "list", "body": {"text": "When?"}, "action": {"button": "Times", "sections": [section]}}
    return whatsapp_text(type="interactive", interactive=interactive)


def _without(body: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != key}


def _image(image: dict[str, Any]) -> dict[str, Any]:
    return whatsapp_text(type="image", image=image)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(whatsapp_text(), id="text"),
        pytest.param(whatsapp_text("x" * 4096), id="longest text"),
        pytest.param(whatsapp_text(to="+15550109999"), id="with plus"),
        pytest.param(_without(whatsapp_text(recipient="US.13491208655302741918"), "to"), id="business-scoped id"),
        pytest.param(whatsapp_text(recipient_type="individual"), id="recipient type"),
        pytest.param(whatsapp_text(biz_opaque_callback_data="p" * 512), id="longest tracker"),
        pytest.param(whatsapp_text(context={"message_id": "wamid.x"}), id="reply"),
        pytest.param(_image({"link": "https://example.com/a.png", "caption": "A"}), id="image by link"),
        pytest.param(_buttons(3), id="three buttons"),
        pytest.param(_list(10), id="ten rows"),
        pytest.param(
            whatsapp_text(type="template", template={"name": "hello", "language": {"code": "en"}}), id="template"
        ),
    ],
)
async def test_takes(sandbox: Client, body: dict[str, Any]) -> None:
    status, answer = await sandbox.graph(body)
    assert status == 200
    given = body.get("to") or body["recipient"]
    assert answer["messaging_product"] == "whatsapp"
    assert answer["contacts"][0]["input"] == given
    assert answer["messages"][0]["message_status"] == "accepted"
    (call,) = await sandbox.calls("meta")
    assert (call["provider"], call["status"], call["id"]) == ("whatsapp", 200, answer["messages"][0]["id"])
    assert (call["to"], call["from"], call["request"]) == (given, "100000000000001", body)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(_without(whatsapp_text(), "messaging_product"), 100, id="no product"),
        pytest.param(whatsapp_text(messaging_product="telegram"), 100, id="other product"),
        pytest.param(_without(whatsapp_text(), "to"), 100, id="no recipient"),
        pytest.param(whatsapp_text(recipient="US.1"), 100, id="two recipients"),
        pytest.param(whatsapp_text(to="nobody"), 131009, id="no phone"),
        pytest.param({**whatsapp_text(), "to": 15550109999}, 131009, id="phone as a number"),
        pytest.param(whatsapp_text("x" * 4097), 100, id="text too long"),
        pytest.param(whatsapp_text(""), 100, id="empty text"),
        pytest.param(_without(whatsapp_text(), "text"), 131008, id="no text"),
        pytest.param({**whatsapp_text(), "text": {}}, 131008, id="no body"),
        pytest.param({**whatsapp_text(), "text": "Hello"}, 100, id="text is no object"),
        pytest.param(whatsapp_text(type="poem"), 100, id="unknown type"),
        pytest.param(whatsapp_text(recipient_type="group"), 100, id="group"),
        pytest.param(whatsapp_text(biz_opaque_callback_data="p" * 513), 100, id="tracker too long"),
        pytest.param(_buttons(4), 100, id="four buttons"),
        pytest.param(_buttons(1, "x" * 21), 100, id="button title too long"),
        pytest.param(_list(11), 100, id="eleven rows"),
        pytest.param(_image({"link": "https://example.com/a.png", "id": "1"}), 100, id="image by link and id"),
        pytest.param(whatsapp_text(type="audio", audio={"id": "1", "caption": "A"}), 100, id="caption on a voice note"),
        pytest.param([], 100, id="no object"),
        pytest.param({"messaging_product": "whatsapp", "status": "read", "message_id": "x"}, 100, id="read of nothing"),
    ],
)
async def test_refuses(sandbox: Client, body: Any, code: int) -> None:
    status, answer = await sandbox.graph(body)
    assert (status, answer["error"]["code"]) == (400, code)
    assert {"message", "type", "code", "fbtrace_id"} <= set(answer["error"])
    assert (await sandbox.calls("meta"))[0]["id"] is None
    assert await sandbox.bubbles() == []


@pytest.mark.parametrize(
    ("number", "token", "expected"),
    [
        pytest.param("100000000000001", "wrong", (401, 190), id="wrong token"),
        pytest.param("100000000000001", "token-wa2", (401, 190), id="token of another number"),
        pytest.param("100000000000009", "token-wa1", (400, 100), id="unknown number"),
        pytest.param("100000000000009", "wrong", (401, 190), id="unknown number and token"),
        pytest.param("100000000000001", "", (401, 190), id="no token"),
    ],
)
async def test_checks_the_token(sandbox: Client, number: str, token: str, expected: tuple[int, int]) -> None:
    status, answer = await sandbox.graph(whatsapp_text(), number, token)
    assert (status, answer["error"]["code"]) == expected


async def test_reports_each_message_in_order_with_the_tracker(sandbox: Client) -> None:
    _, answer = await sandbox.graph(whatsapp_text(biz_opaque_callback_data="part-1"))
    hooks = await sandbox.gateway.received(3)
    values = [hook.json["entry"][0]["changes"][0]["value"] for hook in hooks]
    statuses = [value["statuses"][0] for value in values]
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    assert {status["id"] for status in statuses} == {answer["messages"][0]["id"]}
    assert {status["biz_opaque_callback_data"] for status in statuses} == {"part-1"}
    assert {status["recipient_id"] for status in statuses} == {"15550109999"}
    assert values[0]["metadata"] == {"display_phone_number": "15550100001", "phone_number_id": "100000000000001"}
    for hook in hooks:
        right = hmac.new(b"app-secret", hook.body, hashlib.sha256).hexdigest()
        assert hook.headers["X-Hub-Signature-256"] == f"sha256={right}"


async def test_a_customers_message_looks_like_metas(sandbox: Client) -> None:
    written = await sandbox.write(
        channel="whatsapp",
        number="100000000000002",
        text="Grüße",
        name="Ada",
        at=1_700_000_000,
        **{"from": "+46 700-1"},
    )
    (hook,) = await sandbox.gateway.received(1)
    assert written == {"id": written["id"], "channel": "whatsapp", "number": "wa2", "from": "467001"}
    assert b"Gr\\u00fc\\u00dfe" in hook.body
    value = hook.json["entry"][0]["changes"][0]["value"]
    contact, message = value["contacts"][0], value["messages"][0]
    assert hook.json["object"] == "whatsapp_business_account"
    assert value["metadata"]["phone_number_id"] == "100000000000002"
    assert (contact["profile"]["name"], contact["wa_id"]) == ("Ada", "467001")
    assert contact["user_id"] == message["from_user_id"]
    assert message == {
        "from": "467001",
        "from_user_id": message["from_user_id"],
        "id": written["id"],
        "timestamp": "1700000000",
        "text": {"body": "Grüße"},
        "type": "text",
    }


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        pytest.param(
            {"raw": {"type": "reaction", "reaction": {"emoji": "👍"}}}, {"reaction": {"emoji": "👍"}}, id="raw"
        ),
        pytest.param({"id": "wamid.mine"}, {"id": "wamid.mine"}, id="own id"),
        pytest.param({"from": "US.1349120865"}, {"from_user_id": "US.1349120865"}, id="no phone"),
        pytest.param({"at": "2026-11-20T12:00:00+00:00"}, {"timestamp": "1795176000"}, id="ISO time"),
    ],
)
async def test_a_script_shapes_the_message(sandbox: Client, extra: dict[str, Any], expected: dict[str, Any]) -> None:
    await sandbox.write(**{"channel": "whatsapp", "number": "wa1", "from": "15550109999", "text": "Hi", **extra})
    (hook,) = await sandbox.gateway.received(1)
    message = hook.json["entry"][0]["changes"][0]["value"]["messages"][0]
    assert expected.items() <= message.items()
    assert ("from" in message) == ("from_user_id" not in expected)


async def test_reading_and_typing_reach_the_phone(start: Start) -> None:
    sandbox = await start()
    written = await sandbox.write(channel="whatsapp", number="wa1", **{"from": "15550109999"}, text="Hi", wait=True)
    assert (written["status"], written["taken"]) == (200, True)
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": written["id"]}
    async with sandbox.http.get(sandbox.url + "/_sandbox/events") as stream:
        await stream.content.readuntil(b"\n\n")
        assert await sandbox.graph({**read, "typing_indicator": {"type": "text"}}) == (200, {"success": True})
        shown = [await stream.content.readuntil(b"\n\n") for _ in range(2)]
    assert [event.split(b"\n")[0] for event in shown] == [b"event: state", b"event: typing"]
    assert [bubble["state"] for bubble in await sandbox.bubbles(channel="whatsapp")] == ["read"]


async def test_media_is_fetched_in_two_steps(sandbox: Client) -> None:
    await sandbox.write(channel="whatsapp", number="wa1", **{"from": "15550109999"}, text="Look", media={})
    (hook,) = await sandbox.gateway.received(1)
    message = hook.json["entry"][0]["changes"][0]["value"]["messages"][0]
    assert (message["type"], message["image"]["caption"]) == ("image", "Look")
    headers = {"Authorization": "Bearer token-wa1"}
    status, shown = await sandbox.ask("GET", f"/v23.0/{message['image']['id']}", headers=headers)
    assert (status, shown["sha256"]) == (200, message["image"]["sha256"])
    for given, expected in (({}, 401), (headers, 200)):
        async with sandbox.http.get(shown["url"], headers=given) as answer:
            assert answer.status == expected
    await sandbox.fault("expired_media")
    async with sandbox.http.get(shown["url"], headers=headers) as answer:
        assert answer.status == 404


async def test_the_phone_shows_both_sides_with_ticks(sandbox: Client) -> None:
    await sandbox.write(channel="whatsapp", number="wa1", **{"from": "15550109999"}, text="Hi", wait=True)
    await sandbox.graph(whatsapp_text("Welcome"))

    async def both() -> bool:
        bubbles = await sandbox.bubbles(number="wa1", customer="15550109999")
        shown = [(bubble["side"], bubble["text"], bubble["state"]) for bubble in bubbles]
        return shown == [("customer", "Hi", "delivered"), ("business", "Welcome", "read")]

    assert await until(both)
