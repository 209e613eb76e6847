"""What channels ask of their providers besides sending: files, signs of life, tokens, and what was missed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from channels import Urls, build_channels
from channels.base import Channel, Consent, Content, Inbound, Media, Outbound, Sender
from channels.errors import Gone, Misconfigured, SendFailed, Unavailable
from channels.twilio import read_message

SENDER = Sender(address="1065", token="TOKEN", settings={"account_sid": "AC1"})


@dataclass
class Provider:
    """Answers by path; keeps what it was asked."""

    url: str = ""
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path_qs, request.headers.get("Authorization", "")))
        self.bodies.append(await request.read())
        status, body = self.answers.get(request.path, (404, {}))
        return web.json_response(body, status=status)


@asynccontextmanager
async def provider(platform: str) -> AsyncIterator[tuple[Provider, Channel]]:
    scripted = Provider()
    app = web.Application(client_max_size=2**24)
    app.router.add_route("*", "/{path:.*}", scripted.answer)
    async with TestServer(app) as server, ClientSession() as http:
        scripted.url = str(server.make_url("")).rstrip("/")
        urls = Urls(graph=scripted.url, instagram=scripted.url, twilio=scripted.url)
        yield scripted, build_channels(http, urls)[platform]


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (200, {"url": "https://lookaside.example/1", "mime_type": "image/png"}, "https://lookaside.example/1"),
        (200, {}, Unavailable),
        (404, {}, Gone),
        (400, {"error": {"code": 100, "message": "Object with ID '77' does not exist"}}, Gone),
        (401, {"error": {"code": 190, "message": "expired"}}, Misconfigured),
        (500, {"error": {"code": 1, "message": "?"}}, Unavailable),
    ],
)
async def test_whatsapp_finds_a_file_by_its_id(status: int, body: Any, outcome: str | type[SendFailed]) -> None:
    async with provider("whatsapp") as (scripted, channel):
        scripted.answers["/v23.0/77"] = (status, body)
        media = Media(kind="image", id="77")
        if isinstance(outcome, str):
            place = await channel.locate(SENDER, media)
            assert (place.url, place.headers) == (outcome, {"Authorization": "Bearer TOKEN"})
        else:
            with pytest.raises(outcome):
                await channel.locate(SENDER, media)


@pytest.mark.parametrize("platform", ["whatsapp", "instagram", "sms", "webchat"])
async def test_a_file_that_nobody_names_is_gone(platform: str) -> None:
    async with provider(platform) as (_, channel):
        with pytest.raises(Gone):
            await channel.locate(SENDER, Media(kind="image"))


async def test_twilio_gives_its_credentials_to_twilio_alone() -> None:
    async with provider("sms") as (scripted, channel):
        ours = await channel.locate(SENDER, Media(kind="image", url=f"{scripted.url}/media/1"))
        theirs = await channel.locate(SENDER, Media(kind="image", url="https://api.twilio.com.evil.example/1"))
        assert ours.headers["Authorization"].startswith("Basic ")
        assert theirs.headers == {}


async def test_instagram_gives_its_token_to_no_content_network() -> None:
    async with provider("instagram") as (_, channel):
        assert (await channel.locate(SENDER, Media(kind="image", url="https://cdn.example/1"))).headers == {}


@pytest.mark.parametrize(
    ("platform", "what", "path", "body"),
    [
        ("whatsapp", "read", "/v23.0/1065/messages", b'"status": "read", "message_id": "wamid.1"}'),
        ("whatsapp", "typing", "/v23.0/1065/messages", b'"typing_indicator": {"type": "text"}}'),
        ("instagram", "read", "/v23.0/1065/messages", b'"sender_action": "mark_seen"}'),
        ("instagram", "typing", "/v23.0/1065/messages", b'"sender_action": "typing_on"}'),
    ],
)
async def test_signs_of_life(platform: str, what: Any, path: str, body: bytes) -> None:
    async with provider(platform) as (scripted, channel):
        scripted.answers[path] = (200, {"success": True})
        await channel.signal(SENDER, "46701", what, "wamid.1")
        assert scripted.bodies[0].endswith(body)


async def test_a_file_of_ours_is_handed_to_whatsapp_and_sent_by_its_id() -> None:
    async with provider("whatsapp") as (scripted, channel):
        scripted.answers["/v23.0/1065/media"] = (200, {"id": "8801"})
        scripted.answers["/v23.0/1065/messages"] = (200, {"messages": [{"id": "wamid.9"}]})
        data = {"media_id": "med_1", "mime_type": "application/pdf", "filename": "offer.pdf"}
        part = Outbound(sender=SENDER, customer="46701", part="prt_1", kind="document", data=data, file=b"%PDF-1")
        assert await channel.send(part) == "wamid.9"
        assert b"%PDF-1" in scripted.bodies[0]
        assert b'"document": {"id": "8801", "filename": "offer.pdf"}' in scripted.bodies[1]


@pytest.mark.parametrize("answer", [(500, {}), (200, {}), (429, {"error": {"code": 4}})])
async def test_a_file_that_is_not_taken_is_no_unknown_send(answer: tuple[int, Any]) -> None:
    async with provider("whatsapp") as (scripted, channel):
        scripted.answers["/v23.0/1065/media"] = answer
        part = Outbound(sender=SENDER, customer="46701", part="prt_1", kind="image", data={}, file=b"x")
        with pytest.raises(SendFailed) as caught:
            await channel.send(part)
        assert type(caught.value).__name__ in ("Unavailable", "Throttled")
        assert len(scripted.asked) == 1


async def test_an_instagram_token_is_renewed() -> None:
    async with provider("instagram") as (scripted, channel):
        scripted.answers["/refresh_access_token"] = (200, {"access_token": "NEW", "expires_in": 5184000})
        fresh = await channel.renew(SENDER)
        assert fresh is not None
        assert (fresh.value, fresh.seconds, "NEW" in repr(fresh)) == ("NEW", 5184000.0, False)
        page = Sender(address="1065", token="T", settings={"flavour": "page"})
        assert await channel.renew(page) is None
        scripted.answers["/refresh_access_token"] = (400, {"error": {"code": 190, "message": "expired"}})
        with pytest.raises(Misconfigured):
            await channel.renew(SENDER)


def listed(sid: str, **more: Any) -> dict[str, Any]:
    base = {"sid": sid, "from": "+46701", "to": "1065", "body": "hi", "direction": "inbound", "num_media": "0",
            "date_sent": "Thu, 20 Nov 2025 10:00:00 +0000"}  # fmt: skip
    return {**base, **more}


async def test_what_twilio_did_not_deliver_is_listed_as_its_webhook_would_have_said() -> None:
    path = "/2010-04-01/Accounts/AC1/Messages"
    async with provider("sms") as (scripted, channel):
        old = {"date_sent": "Thu, 20 Nov 2025 08:00:00 +0000"}
        picture = {"num_media": "1", "messaging_service_sid": "MG1"}
        first = [listed("SM4", body="STOP"), listed("SM3", **picture), listed("SM2", direction="outbound-api")]
        scripted.answers[f"{path}.json"] = (200, {"messages": first, "next_page_uri": "/page2"})
        scripted.answers["/page2"] = (200, {"messages": [listed("SM1"), listed("SM0", **old)], "next_page_uri": None})
        media = [{"content_type": "image/png", "uri": f"{path}/SM3/Media/ME1.json"}]
        scripted.answers[f"{path}/SM3/Media.json"] = (200, {"media_list": media})
        events = await channel.missed(SENDER, datetime(2025, 11, 20, 9, tzinfo=UTC))
        told = [event.id if isinstance(event, Inbound) else type(event) for event in events]
        assert told == ["SM1", "SM3", "SM4", Consent]
        form = {"MessageSid": "SM3", "From": "+46701", "To": "1065", "Body": "hi", "NumMedia": "1",
                "MediaContentType0": "image/png", "MediaUrl0": f"{scripted.url}{path}/SM3/Media/ME1",
                "MessagingServiceSid": "MG1"}  # fmt: skip
        assert [events[1]] == list(read_message(form))


async def test_a_list_that_is_refused_is_a_failure_with_a_class() -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers["/2010-04-01/Accounts/AC1/Messages.json"] = (401, {"code": 20003, "message": "no"})
        with pytest.raises(Misconfigured):
            await channel.missed(SENDER, datetime.now(UTC))


OPTIONS = [{"id": f"o{n}", "title": f"Slot {n}"} for n in range(12)]
FILE = {"url": "https://cdn.example/a"}


@pytest.mark.parametrize(
    ("platform", "content", "kinds"),
    [
        ("whatsapp", Content(kind="choices", text="When?", data={"options": OPTIONS[:10]}), ["choices"]),
        ("whatsapp", Content(kind="choices", text="When?", data={"options": OPTIONS}), ["text"]),
        ("whatsapp", Content(kind="choices", text="x" * 2000, data={"options": OPTIONS[:2]}), ["text"]),
        ("whatsapp", Content(kind="image", text="caption", data=FILE), ["image"]),
        ("whatsapp", Content(kind="audio", text="caption", data=FILE), ["audio", "text"]),
        ("whatsapp", Content(kind="image", text="x" * 5000, data=FILE), ["image", "text", "text"]),
        ("instagram", Content(kind="choices", text="When?", data={"options": OPTIONS}), ["choices"]),
        ("instagram", Content(kind="choices", text="?", data={"options": [{"id": "a", "title": "x" * 21}]}), ["text"]),
        ("instagram", Content(kind="image", text="caption", data=FILE), ["image", "text"]),
        ("instagram", Content(kind="link", text="Book", data={"url": "https://e.example", "title": "x"}), ["link"]),
        ("instagram", Content(kind="link", text="x" * 700, data={"url": "https://e.example", "title": "x"}), ["text"]),
        ("instagram", Content(kind="location", data={"latitude": 1, "longitude": 2}), ["text"]),
        ("sms", Content(kind="choices", text="When?", data={"options": OPTIONS[:2]}), ["text"]),
        ("sms", Content(kind="image", text="caption", data=FILE), ["image"]),
        ("sms", Content(kind="sticker", data=FILE), ["text"]),
        ("sms", Content(text="x" * 2000), ["text", "text"]),
        ("webchat", Content(kind="link", text="Book", data={"url": "https://e.example", "title": "x"}), ["link"]),
    ],
)
async def test_what_a_channel_cannot_show_is_said(platform: str, content: Content, kinds: list[str]) -> None:
    async with provider(platform) as (_, channel):
        parts = channel.parts(content)
        assert [part.kind for part in parts] == kinds
        if kinds == ["text"] and content.kind == "choices":
            assert "1. " in parts[0].text


async def test_an_sms_knows_what_it_takes() -> None:
    async with provider("sms") as (_, channel):
        (part,) = channel.parts(Content(text="я" * 71))
        assert part.data == {"encoding": "UCS-2", "units": 71, "segments": 2}
