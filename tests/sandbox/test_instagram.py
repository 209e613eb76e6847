"""Instagram: what is taken and refused, echoes and reads, how customers' messages look."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import Client

IG = "17840000000000001"


URL = {"type": "web_url", "url": "https://example.com", "title": "Open"}
TAP = {"type": "postback", "payload": "p", "title": "Tap"}
REPLY = {"content_type": "text", "title": "Yes", "payload": "y"}


def _message(message: Any, **more: Any) -> dict[str, Any]:
    return {"recipient": {"id": "900"}, "message": message, **more}


def _file(kind: str, **payload: Any) -> dict[str, Any]:
    return _message({"attachment": {"type": kind, "payload": payload}})


def _buttons(*buttons: Any, text: Any = "Well?") -> dict[str, Any]:
    return _file("template", template_type="button", text=text, buttons=list(buttons))


def _cards(*elements: Any) -> dict[str, Any]:
    return _file("template", template_type="generic", elements=list(elements))


def _replies(*replies: Any) -> dict[str, Any]:
    return _message({"text": "Well?", "quick_replies": list(replies)})


def _act(action: str, **payload: str) -> dict[str, Any]:
    return {"recipient": {"id": "900"}, "sender_action": action, "payload": payload}


@pytest.mark.parametrize("number", [IG, "me"])
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_message({"text": "Hello"}), id="text"),
        pytest.param(_message({"text": "é" * 500}), id="longest text in bytes"),
        pytest.param(_message({"text": "Hello"}, messaging_type="RESPONSE"), id="response"),
        pytest.param(_message({"text": "Hello"}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT"), id="human"),
        pytest.param(_file("image", url="https://example.com/a"), id="image"),
        pytest.param(_file("file", attachment_id="1"), id="file uploaded before"),
        pytest.param(_message({"attachment": {"type": "like_heart"}}), id="heart"),
        pytest.param(_replies(*[REPLY] * 13), id="quick replies"),
        pytest.param(_replies({"content_type": "user_email"}), id="asks for the address"),
        pytest.param(_buttons(URL, TAP, TAP), id="buttons"),
        pytest.param(_cards({"title": "A", "image_url": "https://example.com/a.png", "buttons": [URL]}), id="cards"),
        pytest.param(_message({"text": "Hello"}, reply_to={"mid": "m1"}), id="reply"),
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
        pytest.param(_act("react", reaction="love"), id="reaction to nothing"),
        pytest.param(_act("react", message_id="m"), id="reaction of nothing"),
        pytest.param(_act("unreact"), id="taken back from nothing"),
        pytest.param(_message({"text": "Hello"}, messaging_type="SUBSCRIPTION"), id="unknown messaging type"),
        pytest.param(_message({"text": "Hello"}, tag="POST_PURCHASE_UPDATE"), id="another tag"),
        pytest.param(_message({"text": "Hello"}, reply_to="m1"), id="reply to a word"),
        pytest.param(_replies(*[REPLY] * 14), id="fourteen quick replies"),
        pytest.param(_replies({**REPLY, "content_type": "location"}), id="quick reply of no kind"),
        pytest.param(_replies({**REPLY, "title": "x" * 21}), id="quick reply too long"),
        pytest.param(_replies({**REPLY, "payload": "x" * 1001}), id="quick reply's payload too long"),
        pytest.param(_replies({"content_type": "text", "title": "Yes"}), id="quick reply without payload"),
        pytest.param(_replies("Yes"), id="quick reply that is a word"),
        pytest.param(_file("image"), id="no address"),
        pytest.param(_file("image", url="a.png"), id="address that is none"),
        pytest.param(_file("image", url="https://example.com/a", attachment_id="1"), id="file twice"),
        pytest.param(_file("image", attachment_id=1), id="file by a number"),
        pytest.param(_message({"attachment": {"type": "image"}}), id="no payload"),
        pytest.param(_file("template", template_type="poem"), id="unknown template"),
        pytest.param(_buttons(), id="no buttons"),
        pytest.param(_buttons(URL, URL, URL, URL), id="four buttons"),
        pytest.param(_buttons(URL, text="x" * 641), id="template's text too long"),
        pytest.param(_buttons(URL, text=None), id="template without text"),
        pytest.param(_buttons({**URL, "url": "example"}), id="button to nowhere"),
        pytest.param(_buttons({**URL, "title": "x" * 21}), id="button too long"),
        pytest.param(_buttons({"type": "postback", "title": "Tap"}), id="postback without payload"),
        pytest.param(_buttons({**URL, "type": "phone_number"}), id="button of no kind"),
        pytest.param(_buttons("Open"), id="button that is a word"),
        pytest.param(_cards(), id="no cards"),
        pytest.param(_cards(*[{"title": "A"}] * 11), id="eleven cards"),
        pytest.param(_cards("A"), id="card that is a word"),
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


@pytest.mark.parametrize("action", [_act("react", message_id="m", reaction="love"), _act("unreact", message_id="m")])
async def test_a_reaction_is_answered(sandbox: Client, action: dict[str, Any]) -> None:
    assert await sandbox.graph(action, "me", "token-ig1") == (200, {"recipient_id": "900"})


async def test_a_template_reads_on_the_phone(sandbox: Client) -> None:
    await sandbox.graph(_buttons(URL), IG, "token-ig1")
    (bubble,) = await sandbox.bubbles()
    assert (bubble["text"], bubble["choices"]) == ("Well?", [])


@pytest.mark.parametrize(
    ("body", "choice"),
    [
        (_replies(REPLY), {"kind": "button", "id": "y", "title": "Yes"}),
        (_buttons(URL, TAP), {"kind": "postback", "id": "p", "title": "Tap"}),
    ],
)
async def test_what_can_be_tapped_is_told(sandbox: Client, body: dict[str, Any], choice: dict[str, str]) -> None:
    await sandbox.graph(body, IG, "token-ig1")
    (bubble,) = await sandbox.bubbles()
    assert bubble["choices"] == [choice]
    await sandbox.write(channel="instagram", **{"from": "900"}, event=choice)
    assert [each["text"] for each in await sandbox.bubbles()] == ["Well?", choice["title"]]
