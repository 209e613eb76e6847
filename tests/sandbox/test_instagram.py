"""Instagram: what is taken and refused, echoes and reads, how customers' messages look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client

IG = "17840000000000001"


def _message(message: Any, **more: Any) -> dict[str, Any]:
    return {"recipient": {"id": "900"}, "message": message, **more}


@pytest.mark.parametrize("number", [IG, "me"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_message({"text": "Hello"}), id="text"),
        pytest.param(_message({"text": "é" * 500}), id="longest text in bytes"),
        pytest.param(_message({"text": "Hello"}, messaging_type="RESPONSE"), id="response"),
        pytest.param(_message({"text": "Hello"}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT"), id="human"),
        pytest.param(
            _message({"attachment": {"type": "image", "payload": {"url": "https://example.com/a"}}}), id="image"
        ),
    ],
)
async def test_takes_then_echoes_then_reads(sandbox: Client, number: str, body: dict[str, Any]) -> None:
    status, answer = await sandbox.graph(body, number, "token-ig1")
    assert (status, answer["recipient_id"]) == (200, "900")
    echo, read = [hook.json["entry"][0] for hook in await sandbox.gateway.received(2)]
    assert (echo["id"], read["id"]) == (IG, IG)
    echoed, seen = echo["messaging"][0], read["messaging"][0]
    assert (echoed["sender"]["id"], echoed["recipient"]["id"]) == (IG, "900")
    assert (echoed["message"]["is_echo"], echoed["message"]["mid"]) == (True, answer["message_id"])
    assert (seen["sender"]["id"], seen["read"]) == ("900", {"mid": answer["message_id"]})
    (call,) = await sandbox.calls("instagram")
    assert (call["id"], call["to"], call["from"]) == (answer["message_id"], "900", IG)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"message": {"text": "Hello"}}, id="no recipient"),
        pytest.param({"recipient": {"id": 900}, "message": {"text": "Hello"}}, id="recipient as a number"),
        pytest.param({"recipient": {"id": "900"}}, id="nothing to do"),
        pytest.param(_message({"text": "Hello"}, sender_action="typing_on"), id="two things to do"),
        pytest.param(_message({"text": "é" * 501}), id="1002 bytes"),
        pytest.param(_message({"text": ""}), id="empty"),
        pytest.param(_message({"text": "a", "attachment": {}}), id="text and attachment"),
        pytest.param(_message({"attachment": {"type": "poem"}}), id="unknown attachment"),
        pytest.param(_message("Hello"), id="message is no object"),
        pytest.param(_message({"text": "Hello"}, messaging_type="MESSAGE_TAG"), id="no tag"),
        pytest.param(_message({"text": "Hello"}, tag="HUMAN_AGENT"), id="tag alone"),
        pytest.param({"recipient": {"id": "900"}, "sender_action": "wave"}, id="unknown action"),
    ],
)
async def test_refuses(sandbox: Client, body: dict[str, Any]) -> None:
    status, answer = await sandbox.graph(body, IG, "token-ig1")
    assert (status, answer["error"]["code"], answer["error"]["type"]) == (400, 100, "OAuthException")


@pytest.mark.parametrize("number", [IG, "me"])
async def test_checks_the_token(sandbox: Client, number: str) -> None:
    status, answer = await sandbox.graph(_message({"text": "Hello"}), number, "token-wa1")
    assert (status, answer["error"]["code"]) == (401, 190)


async def test_typing_is_answered(sandbox: Client) -> None:
    action = {"recipient": {"id": "900"}, "sender_action": "typing_on"}
    assert await sandbox.graph(action, "me", "token-ig1") == (200, {"recipient_id": "900"})


async def test_a_customers_message_looks_like_metas(sandbox: Client) -> None:
    written = await sandbox.write(channel="instagram", number="@shop", **{"from": "900"}, text="Hi", at=1_700_000_000)
    (hook,) = await sandbox.gateway.received(1)
    (entry,) = hook.json["entry"]
    assert (hook.json["object"], entry["id"]) == ("instagram", IG)
    assert entry["messaging"] == [
        {
            "sender": {"id": "900"},
            "recipient": {"id": IG},
            "timestamp": 1_700_000_000_000,
            "message": {"mid": written["id"], "text": "Hi"},
        }
    ]


async def test_a_raw_event_takes_the_messages_place(sandbox: Client) -> None:
    reaction = {"reaction": {"mid": "m1", "action": "react", "emoji": "❤"}}
    await sandbox.write(channel="instagram", number="ig1", **{"from": "900"}, raw=reaction)
    (hook,) = await sandbox.gateway.received(1)
    (event,) = hook.json["entry"][0]["messaging"]
    assert event["reaction"] == reaction["reaction"]
    assert "message" not in event
