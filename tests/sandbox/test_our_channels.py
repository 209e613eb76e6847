"""The channels and the sandbox agree: what the one sends the other takes, and what the sandbox says is understood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels import ENDPOINTS, Urls, build_channels
from channels.base import Channel, Consent, Content, Event, Inbound, Moved, Outbound, Sender, Status, Unreadable
from channels.base import Hook as Request
from channels.errors import Misconfigured
from channels.instagram_send import Instagram
from channels.twilio_send import Twilio
from channels.whatsapp_send import WhatsApp
from sandbox.media import PIXEL
from tests.sandbox.conftest import Client, Gateway, Hook, Start

SID = "AC" + "1" * 32
SENDERS = {
    "whatsapp": Sender(address="100000000000001", token="token-wa1"),
    "instagram": Sender(address="17840000000000001", token="token-ig1"),
    "sms": Sender(address="+15550100003", token="12345", settings={"account_sid": SID}),
}
CUSTOMERS = {"whatsapp": "15550109999", "instagram": "900", "sms": "+15550109999"}
URL = {"url": "https://example.com/a.png"}
SAID: dict[str, Content] = {
    "text": Content(text="Hello https://example.com"),
    "long text": Content(text="Hello " * 900),
    "image": Content(kind="image", text="Look", data=URL),
    "document": Content(kind="document", text="Read", data={**URL, "filename": "a.pdf"}),
    "audio": Content(kind="audio", text="Listen", data=URL),
    "video": Content(kind="video", data=URL),
    "sticker": Content(kind="sticker", data=URL),
    "two choices": Content(
        kind="choices", text="Well?", data={"options": [{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]}
    ),
    "ten choices": Content(
        kind="choices",
        text="When?",
        data={"options": [{"id": f"o{n}", "title": f"At {n} o'clock", "description": "Free"} for n in range(10)]},
    ),
    "link": Content(kind="link", text="Here", data={"url": "https://example.com/book", "title": "Book a meeting"}),
    "location": Content(kind="location", data={"latitude": 52.5, "longitude": 13.4, "name": "Here"}),
    "location request": Content(kind="location_request", text="Where are you?"),
    "reaction": Content(kind="reaction", data={"message_id": "wamid.1", "emoji": "❤"}),
    "reaction taken back": Content(kind="reaction", data={"message_id": "wamid.1", "emoji": ""}),
    "template": Content(
        kind="template",
        text="Ada, see you",
        data={
            "name": "visit",
            "language": "en",
            "components": [{"type": "body", "parameters": [{"type": "text", "text": "Ada"}]}],
        },
    ),
}


def channel_of(sandbox: Client, platform: str) -> Channel:
    return build_channels(sandbox.http, Urls(graph=sandbox.url, instagram=sandbox.url, twilio=sandbox.url))[platform]


def part(platform: str, content: Content, **more: Any) -> Outbound:
    return Outbound(
        sender=SENDERS[platform],
        customer=CUSTOMERS[platform],
        part="prt_1",
        kind=content.kind,
        text=content.text,
        data=content.data,
        **more,
    )


@pytest.mark.parametrize(
    ("platform", "said"),
    [(each.platform, name) for each in (WhatsApp, Instagram, Twilio) for name in SAID if SAID[name].kind in each.sends],
)
async def test_what_a_channel_sends_is_taken(sandbox: Client, platform: str, said: str) -> None:
    channel = channel_of(sandbox, platform)
    parts = channel.parts(SAID[said])
    for each in parts:
        assert await channel.send(part(platform, each, status_url=f"{sandbox.gateway.url}/webhooks/twilio/status"))
    calls = await sandbox.calls("twilio" if platform == "sms" else platform)
    assert [(call["status"] < 300, call["error"]) for call in calls] == [(True, "")] * len(parts)


async def test_a_file_of_ours_is_uploaded_and_sent(sandbox: Client) -> None:
    content = Content(kind="image", text="Look", data={"media_id": "med_1", "mime_type": "image/png"})
    assert await channel_of(sandbox, "whatsapp").send(part("whatsapp", content, file=PIXEL))
    assert [call["path"].rsplit("/", 1)[-1] for call in await sandbox.calls("whatsapp")] == ["media", "messages"]


async def test_a_person_may_write_late_on_instagram(sandbox: Client) -> None:
    order = {"number": "ig1", "customer": "900", "hours_ago": 30}
    await sandbox.ask("POST", "/_sandbox/clock", json=order)
    channel, content = channel_of(sandbox, "instagram"), Content(text="Hello")
    assert await channel.send(part("instagram", content, by_human=True, late=True))


async def test_a_token_is_renewed_and_used(sandbox: Client) -> None:
    channel = channel_of(sandbox, "instagram")
    fresh = await channel.renew(SENDERS["instagram"])
    assert fresh is not None
    assert (fresh.seconds, fresh.value) != (0, "token-ig1")
    await sandbox.fault("wrong_token")
    with pytest.raises(Misconfigured):
        await channel.renew(SENDERS["instagram"])


def read(gateway: Gateway, hook: Hook) -> list[Event]:
    """The events of a webhook, authenticated with the sandbox's own secrets."""
    endpoint = next(each for each in ENDPOINTS if hook.path == f"/webhooks/{each.path}")
    headers = {name.lower(): value for name, value in hook.headers.items()}
    request = Request(method="POST", url=gateway.url + hook.raw_path, headers=headers, query={}, body=hook.body)
    endpoint.authenticate(request, ["12345" if "twilio" in hook.path else "app-secret"])
    return list(endpoint.translate(request))


def did(kind: str, **more: str) -> dict[str, Any]:
    return {"event": {"kind": kind, **more}}


@pytest.mark.parametrize(
    ("channel", "order", "expected"),
    [
        *((channel, {"text": "Hi"}, (Inbound, "text")) for channel in ("whatsapp", "instagram", "sms")),
        *((channel, {"media": {}}, (Inbound, "image")) for channel in ("whatsapp", "instagram", "sms")),
        *(
            (channel, order, (Inbound, kind))
            for channel in ("whatsapp", "instagram")
            for order, kind in (
                (did("reaction", message_id="m"), "reaction"),
                (did("unreact", message_id="m"), "reaction"),
                (did("edit", message_id="m", text="x"), "edit"),
                (did("revoke", message_id="m"), "revoke"),
                (did("button", id="a", title="Yes"), "button"),
                (did("unsupported"), "unsupported"),
            )
        ),
        ("whatsapp", did("list", id="a", title="Yes"), (Inbound, "button")),
        ("whatsapp", did("change_number", to="46701"), (Moved, "46701")),
        ("whatsapp", did("rotate_id", to="SE.1"), (Moved, "")),
        ("whatsapp", {"from": "US.1", **did("rotate_id", to="SE.1")}, (Moved, "SE.1")),
        ("whatsapp", did("marketing_stop"), (Consent, "")),
        ("whatsapp", did("marketing_resume"), (Consent, "")),
        ("instagram", did("postback", id="a", title="Yes"), (Inbound, "button")),
        ("instagram", did("story_reply", text="x"), (Inbound, "text")),
        ("instagram", did("story_mention"), (Inbound, "")),
        ("instagram", did("referral", id="ad"), (Inbound, "")),
        ("instagram", did("seen", message_id="m"), (Status, "")),
        ("sms", {"text": "STOP"}, (Consent, "")),
    ],
)
async def test_what_the_sandbox_says_is_understood(
    sandbox: Client, gateway: Gateway, channel: str, order: dict[str, Any], expected: tuple[type[Event], str]
) -> None:
    await sandbox.write(**{"channel": channel, "from": CUSTOMERS[channel], **order})
    (hook,) = await gateway.received(1, "/webhooks/twilio/messages" if channel == "sms" else "/webhooks/meta")
    events = read(gateway, hook)
    assert not [event for event in events if isinstance(event, Unreadable)]
    kinds = {(type(event), getattr(event, "kind", getattr(event, "customer", ""))) for event in events}
    assert expected[0] in {kind for kind, _ in kinds}
    assert not expected[1] or expected in kinds


@pytest.mark.parametrize("channel", ["whatsapp", "instagram"])
async def test_the_owner_is_heard_as_our_side(sandbox: Client, gateway: Gateway, channel: str) -> None:
    await sandbox.write(**{"channel": channel, "from": CUSTOMERS[channel], "text": "Me", "side": "business"})
    (hook,) = await gateway.received(1)
    (event,) = read(gateway, hook)
    assert isinstance(event, Inbound)
    assert (event.echo, event.customer, event.text) == (True, CUSTOMERS[channel], "Me")


async def test_what_was_missed_is_found_by_asking(start: Start) -> None:
    sandbox = await start("http://127.0.0.1:9", twilio_patience=0)
    await sandbox.write(channel="sms", **{"from": CUSTOMERS["sms"]}, text="Look", media={})
    since = datetime.now(UTC) - timedelta(hours=1)
    (event,) = await channel_of(sandbox, "sms").missed(SENDERS["sms"], since)
    assert isinstance(event, Inbound)
    assert (event.text, event.customer, len(event.media)) == ("Look", CUSTOMERS["sms"], 1)
    place = await channel_of(sandbox, "sms").locate(SENDERS["sms"], event.media[0])
    async with sandbox.http.get(place.url, headers=place.headers) as answer:
        assert (answer.status, await answer.read()) == (200, PIXEL)
