"""What customers do besides writing, and what the owner writes in the provider's own app."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.ids import business_scoped_id
from tests.sandbox.conftest import Client, Gateway, whatsapp_text

INSTAGRAM, PHONE = "17840000000000001", "15550109999"


@pytest.mark.parametrize(
    ("channel", "event", "path", "told"),
    [
        ("whatsapp", {"kind": "reaction", "message_id": "wamid.1"}, "messages.0.reaction.emoji", "👍"),
        ("whatsapp", {"kind": "unreact", "message_id": "wamid.1"}, "messages.0.reaction.message_id", "wamid.1"),
        ("whatsapp", {"kind": "edit", "message_id": "w", "text": "x"}, "messages.0.edit.message.text.body", "x"),
        ("whatsapp", {"kind": "revoke", "message_id": "w"}, "messages.0.revoke.original_message_id", "w"),
        ("whatsapp", {"kind": "change_number", "to": "46701"}, "messages.0.system.wa_id", "46701"),
        ("whatsapp", {"kind": "button", "id": "a", "title": "Yes"}, "messages.0.interactive.button_reply.id", "a"),
        ("whatsapp", {"kind": "list", "id": "a", "title": "Yes"}, "messages.0.interactive.list_reply.title", "Yes"),
        ("whatsapp", {"kind": "unsupported"}, "messages.0.errors.0.code", 131051),
        ("whatsapp", {"kind": "rotate_id", "to": "SE.NEW"}, "user_id_update.0.user_id.current", "SE.NEW"),
        ("whatsapp", {"kind": "marketing_stop"}, "user_preferences.0.value", "stop"),
        ("whatsapp", {"kind": "marketing_resume"}, "user_preferences.0.value", "resume"),
        ("instagram", {"kind": "reaction", "message_id": "m"}, "reaction.action", "react"),
        ("instagram", {"kind": "unreact", "message_id": "m"}, "reaction.action", "unreact"),
        ("instagram", {"kind": "edit", "message_id": "m", "text": "x"}, "message_edit.text", "x"),
        ("instagram", {"kind": "revoke", "message_id": "m"}, "message.is_deleted", True),
        ("instagram", {"kind": "button", "id": "a", "title": "Yes"}, "message.quick_reply.payload", "a"),
        ("instagram", {"kind": "postback", "id": "a", "title": "Yes"}, "postback.payload", "a"),
        ("instagram", {"kind": "referral", "id": "ad"}, "referral.ref", "ad"),
        ("instagram", {"kind": "seen", "message_id": "m"}, "read.mid", "m"),
        ("instagram", {"kind": "story_reply", "text": "x"}, "message.reply_to.story.id", "17900000000000001"),
        ("instagram", {"kind": "story_mention"}, "message.attachments.0.type", "story_mention"),
        ("instagram", {"kind": "unsupported"}, "message.is_unsupported", True),
    ],
)
async def test_a_customer_does(
    sandbox: Client, gateway: Gateway, channel: str, event: dict[str, Any], path: str, told: Any
) -> None:
    await sandbox.write(**{"channel": channel, "from": "15550109999", "event": event})
    (hook,) = await gateway.received(1)
    entry = hook.json["entry"][0]
    found: Any = entry["messaging"][0] if channel == "instagram" else entry["changes"][0]["value"]
    for step in path.split("."):
        found = found[int(step)] if step.isdigit() else found[step]
    assert found == told
    if channel == "whatsapp" and "messages" not in path:
        assert entry["changes"][0]["field"] == path.split(".", maxsplit=1)[0]


@pytest.mark.parametrize(
    "message",
    [
        {"channel": "sms", "from": "+15550109999", "event": {"kind": "reaction"}},
        {"channel": "webchat", "from": "v", "event": {"kind": "reaction"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "postback"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "dance"}},
        {"channel": "instagram", "from": "77", "event": {"kind": "marketing_stop"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "reaction"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "reaction", "message_id": "w", "emoji": ""}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "edit", "message_id": "w"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "button", "id": "a"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "change_number", "to": "new"}},
        {"channel": "whatsapp", "from": "15550109999", "event": {"kind": "rotate_id", "to": "new"}},
        {"channel": "whatsapp", "from": "nobody", "event": {"kind": "marketing_stop"}},
        {"channel": "instagram", "from": "77", "event": {"kind": "seen"}},
        {"channel": "instagram", "from": "77", "event": {"kind": "change_number", "to": "46701"}},
        {"channel": "sms", "from": "+15550109999", "text": "x", "side": "business"},
        {"channel": "webchat", "from": "v", "text": "x", "side": "business"},
        {"channel": "whatsapp", "from": "nobody", "text": "x", "side": "business"},
        {"channel": "whatsapp", "from": "15550109999", "side": "business", "event": {"kind": "unsupported"}},
    ],
)
async def test_what_a_channel_cannot_do_is_said(sandbox: Client, message: dict[str, Any]) -> None:
    status, problem = await sandbox.ask("POST", "/_sandbox/messages", json=message)
    assert status == 422
    assert problem["detail"]


async def the_change(gateway: Gateway, count: int = 1) -> dict[str, Any]:
    hooks = await gateway.received(count)
    change: dict[str, Any] = hooks[-1].json["entry"][0]["changes"][0]
    return change


@pytest.mark.parametrize(("kind", "value"), [("marketing_stop", "stop"), ("marketing_resume", "resume")])
async def test_a_preference_looks_like_metas(sandbox: Client, gateway: Gateway, kind: str, value: str) -> None:
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "at": 1_700_000_000, "event": {"kind": kind}})
    change = await the_change(gateway)
    user_id = business_scoped_id(PHONE)
    assert change["field"] == "user_preferences"
    assert change["value"]["contacts"] == [{"profile": {"name": PHONE}, "wa_id": PHONE, "user_id": user_id}]
    assert change["value"]["user_preferences"] == [
        {
            "wa_id": PHONE,
            "user_id": user_id,
            "category": "marketing_messages",
            "value": value,
            "detail": f"User requested to {value} marketing messages",
            "timestamp": 1_700_000_000,
        }
    ]
    assert "messages" not in change["value"]


async def test_a_new_number_comes_with_both_user_ids_and_no_contact(sandbox: Client, gateway: Gateway) -> None:
    await sandbox.write(
        **{"channel": "whatsapp", "from": PHONE, "name": "Ada", "event": {"kind": "change_number", "to": "+46 701"}}
    )
    value = (await the_change(gateway))["value"]
    assert "contacts" not in value
    assert value["messages"][0]["system"] == {
        "type": "user_changed_number",
        "body": f"User Ada changed from {PHONE} to 46701",
        "wa_id": "46701",
        "user_id": business_scoped_id("46701"),
        "previous_user_id": business_scoped_id(PHONE),
    }


async def test_a_new_user_id_is_the_customers_from_then_on(sandbox: Client, gateway: Gateway) -> None:
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "event": {"kind": "rotate_id", "to": "SE.1"}})
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "text": "Hi"})
    value = (await the_change(gateway, 2))["value"]
    assert (value["messages"][0]["from_user_id"], value["contacts"][0]["user_id"]) == ("SE.1", "SE.1")
    _, answer = await sandbox.graph(whatsapp_text())
    assert answer["contacts"][0]["user_id"] == "SE.1"


async def test_without_a_phone_a_new_user_id_is_a_system_message(sandbox: Client, gateway: Gateway) -> None:
    await sandbox.write(**{"channel": "whatsapp", "from": "SE.1", "event": {"kind": "rotate_id", "to": "SE.2"}})
    change = await the_change(gateway)
    (message,) = change["value"]["messages"]
    assert (change["field"], message["from_user_id"], "from" in message) == ("messages", "SE.1", False)
    told = {"type": "user_changed_user_id", "user_id": "SE.2", "previous_user_id": "SE.1"}
    assert told.items() <= message["system"].items()


@pytest.mark.parametrize(
    ("customer", "to"), [(PHONE, {"to": PHONE}), ("US.1", {"to_user_id": "US.1"})], ids=["by phone", "by user id"]
)
async def test_the_owner_sends_a_picture(sandbox: Client, gateway: Gateway, customer: str, to: dict[str, str]) -> None:
    order = {"channel": "whatsapp", "from": customer, "text": "Look", "side": "business", "media": {}}
    written = await sandbox.write(**order)
    value = (await the_change(gateway))["value"]
    (message,) = value["message_echoes"]
    assert "contacts" not in value
    assert (message["type"], message["image"]["caption"]) == ("image", "Look")
    assert {"id": written["id"], **to}.items() <= message.items()
    (bubble,) = await sandbox.bubbles()
    assert (bubble["side"], bubble["kind"]) == ("business", "image")


async def test_the_owner_sends_a_picture_on_instagram(sandbox: Client, gateway: Gateway) -> None:
    order = {"channel": "instagram", "from": "77", "text": "Look", "side": "business", "media": {}}
    written = await sandbox.write(**order)
    (hook,) = await gateway.received(1)
    message = hook.json["entry"][0]["messaging"][0]["message"]
    assert (message["mid"], message["text"], message["is_echo"]) == (written["id"], "Look", True)
    assert message["attachments"][0]["type"] == "image"


async def test_the_owner_writes_on_his_phone(sandbox: Client, gateway: Gateway) -> None:
    await sandbox.write(**{"channel": "whatsapp", "from": "15550109999", "text": "Me", "side": "business"})
    await sandbox.write(**{"channel": "instagram", "from": "77", "text": "Me", "side": "business"})
    bodies = [hook.json for hook in await gateway.received(2)]
    by_object = {body["object"]: body["entry"][0] for body in bodies}
    change = by_object["whatsapp_business_account"]["changes"][0]
    assert change["field"] == "smb_message_echoes"
    assert change["value"]["message_echoes"][0] | {"id": "", "timestamp": ""} == {
        "from": "15550100001", "to": "15550109999", "id": "", "timestamp": "", "type": "text", "text": {"body": "Me"},
    }  # fmt: skip
    item = by_object["instagram"]["messaging"][0]
    assert (item["sender"]["id"], item["recipient"]["id"]) == (INSTAGRAM, "77")
    assert item["message"]["is_echo"] is True
