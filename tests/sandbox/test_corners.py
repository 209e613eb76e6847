"""What customers do besides writing, the owner's own app, silence, uploads, renewals and lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.conftest import TOKEN, Client, Gateway, whatsapp_text

WHATSAPP, INSTAGRAM = "100000000000001", "17840000000000001"


@pytest.mark.parametrize(
    ("channel", "event", "path", "told"),
    [
        ("whatsapp", {"kind": "reaction", "message_id": "wamid.1"}, "messages.0.reaction.emoji", "👍"),
        ("whatsapp", {"kind": "unreact", "message_id": "wamid.1"}, "messages.0.reaction.message_id", "wamid.1"),
        ("whatsapp", {"kind": "edit", "message_id": "w", "text": "x"}, "messages.0.edit.message.text.body", "x"),
        ("whatsapp", {"kind": "revoke", "message_id": "w"}, "messages.0.revoke.original_message_id", "w"),
        ("whatsapp", {"kind": "change_number", "to": "4671"}, "messages.0.system.wa_id", "4671"),
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
        {"channel": "sms", "from": "+15550109999", "text": "x", "side": "business"},
    ],
)
async def test_what_a_channel_cannot_do_is_said(sandbox: Client, message: dict[str, Any]) -> None:
    status, problem = await sandbox.ask("POST", "/_sandbox/messages", json=message)
    assert status == 422
    assert problem["detail"]


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


async def silence(sandbox: Client, number: str, customer: str, hours: float) -> None:
    order = {"number": number, "customer": customer, "hours_ago": hours}
    assert (await sandbox.ask("POST", "/_sandbox/clock", json=order))[0] == 200


async def test_after_a_day_only_a_template_passes(sandbox: Client) -> None:
    await silence(sandbox, WHATSAPP, "15550109999", 25)
    status, answer = await sandbox.graph(whatsapp_text())
    assert (status, answer["error"]["code"]) == (400, 131047)
    template = whatsapp_text(type="template", template={"name": "visit", "language": {"code": "en"}})
    assert (await sandbox.graph(template))[0] == 200
    await sandbox.write(**{"channel": "whatsapp", "from": "15550109999", "text": "I am back"})
    assert (await sandbox.graph(whatsapp_text()))[0] == 200


@pytest.mark.parametrize(("hours", "tag", "status"), [(23, {}, 200), (25, {}, 400), (25, True, 200), (169, True, 400)])
async def test_on_instagram_a_human_has_a_week(sandbox: Client, hours: float, tag: Any, status: int) -> None:
    await silence(sandbox, INSTAGRAM, "77", hours)
    tagged = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if tag else {}
    body = {"recipient": {"id": "77"}, "message": {"text": "x"}, **tagged}
    got, answer = await sandbox.graph(body, INSTAGRAM, "token-ig1")
    assert got == status
    if status == 400:
        assert (answer["error"]["code"], answer["error"]["error_subcode"]) == (10, 2534022)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"grant_type=ig_refresh_token&access_token={TOKEN}", 200),
        (f"grant_type=x&access_token={TOKEN}", 400),
        ("grant_type=ig_refresh_token&access_token=", 401),
    ],
)
async def test_a_token_is_renewed(sandbox: Client, query: str, status: int) -> None:
    got, answer = await sandbox.ask("GET", f"/refresh_access_token?{query}")
    assert got == status
    if status == 200:
        assert answer["expires_in"] == 5184000
