"""Instagram beyond the case files: what fits its buttons, both flavours' signs of life, and tokens that stay secret."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from aiohttp import ClientSession

from channels import Urls, build_channels
from channels.base import Content, Media, Sender
from channels.errors import Refused, SendFailed
from channels.split import utf8_bytes
from tests.channels.test_calls import provider

SENDER = Sender(address="1065", token="SECRET TOKEN&x", settings={})
PAGE = Sender(address="1065", token="SECRET", settings={"flavour": "page"})
LINK = {"url": "https://e.example/book", "title": "Book"}


def options(*titles: str, **more: str) -> dict[str, Any]:
    return {"options": [{"id": f"o{n}", "title": title, **more} for n, title in enumerate(titles)]}


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (Content(kind="choices", text="When?", data=options(*["x" * 20] * 13)), "choices"),
        (Content(kind="choices", text="When?", data=options(*["x"] * 14)), "text"),
        (Content(kind="choices", text="When?", data=options("x" * 21)), "text"),
        (Content(kind="choices", text="When?", data=options("x", description="with a view")), "text"),
        (Content(kind="choices", text="ส" * 333, data=options("x")), "choices"),
        (Content(kind="choices", text="ส" * 334, data=options("x")), "text"),
        (Content(kind="choices", text="", data=options("x")), "text"),
        (Content(kind="link", text="x" * 640, data=LINK), "link"),
        (Content(kind="link", text="x" * 641, data=LINK), "text"),
        (Content(kind="link", text="Here", data=LINK | {"title": "x" * 20}), "link"),
        (Content(kind="link", text="Here", data=LINK | {"title": "x" * 21}), "text"),
        (Content(kind="link", text="", data=LINK), "text"),
        (Content(kind="sticker", data={"url": "https://cdn.example/s.webp"}), "text"),
        (Content(kind="location_request", text="Where are you?"), "text"),
        (Content(kind="template", text="Your table is ready", data={"name": "t", "language": "en"}), "text"),
    ],
)
async def test_what_does_not_fit_is_said_whole(content: Content, kind: str) -> None:
    async with provider("instagram") as (_, channel):
        parts = channel.parts(content)
        assert {part.kind for part in parts} == {kind}
        if kind == "text":
            said = "\n".join(part.text for part in parts)
            for option in content.data.get("options", ()):
                assert option["title"] in said
                assert option.get("description", "") in said
            assert content.data.get("url", "") in said


async def test_a_caption_follows_its_file_in_parts_of_bytes() -> None:
    async with provider("instagram") as (_, channel):
        caption = "สวัสดี " * 100
        file, *words = channel.parts(Content(kind="video", text=caption, data={"media_id": "med_1"}))
        assert (file.kind, file.text, file.data) == ("video", "", {"media_id": "med_1"})
        assert len(words) == 2
        assert all(utf8_bytes(part.text) <= 1000 for part in words)
        assert " ".join(part.text for part in words) == caption.strip()


async def test_what_has_no_words_is_refused() -> None:
    async with provider("instagram") as (_, channel):
        with pytest.raises(Refused):
            channel.parts(Content(kind="sticker", data={"id": "1"}))


@pytest.mark.parametrize(
    ("sender", "path"), [(SENDER, "/v23.0/1065/messages"), (PAGE, "/v23.0/me/messages")], ids=["direct", "page"]
)
async def test_signs_of_life_go_the_way_of_messages(sender: Sender, path: str) -> None:
    async with provider("instagram") as (scripted, channel):
        scripted.answers[path] = (200, {"recipient_id": "77"})
        await channel.signal(sender, "77", "read", "m1")
        await channel.signal(sender, "77", "typing", "m1")
        assert scripted.bodies == [
            b'{"recipient": {"id": "77"}, "sender_action": "mark_seen"}',
            b'{"recipient": {"id": "77"}, "sender_action": "typing_on"}',
        ]


async def test_a_sign_of_life_that_is_refused_has_a_class() -> None:
    async with provider("instagram") as (_, channel):
        with pytest.raises(SendFailed):
            await channel.signal(SENDER, "77", "typing", "m1")


async def test_a_file_is_where_the_provider_said() -> None:
    async with provider("instagram") as (scripted, channel):
        url = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=1&signature=x%2By"
        assert (await channel.locate(SENDER, Media(kind="image", url=url))).url == url
        assert scripted.asked == []


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({"access_token": "NEW", "expires_in": 5183944}, 5183944.0),
        ({"access_token": "NEW", "expires_in": "5183944"}, 5183944.0),
        ({"access_token": "NEW"}, 5184000.0),
        ({"access_token": "NEW", "expires_in": -1}, 5184000.0),
        ({"access_token": "NEW", "expires_in": [1]}, 5184000.0),
    ],
)
async def test_a_token_is_asked_for_once_and_never_shown(body: Any, seconds: float) -> None:
    async with provider("instagram") as (scripted, channel):
        scripted.answers["/refresh_access_token"] = (200, body)
        fresh = await channel.renew(SENDER)
        assert fresh is not None
        assert (fresh.value, fresh.seconds) == ("NEW", seconds)
        assert "NEW" not in repr(fresh)
        query = "grant_type=ig_refresh_token&access_token=SECRET%20TOKEN%26x"
        assert [(method, path) for method, path, _ in scripted.asked] == [("GET", f"/refresh_access_token?{query}")]


@pytest.mark.parametrize(
    ("status", "body", "name"),
    [
        (200, {}, "Unavailable"),
        (200, {"access_token": ["x"]}, "Unavailable"),
        (400, {"error": {"code": 190, "message": "Session has expired"}}, "Misconfigured"),
        (400, {"error": {"code": 100, "message": "This token is younger than a day"}}, "Refused"),
        (429, {}, "Throttled"),
        (503, {}, "Unavailable"),
    ],
)
async def test_a_renewal_that_fails_has_a_class(status: int, body: Any, name: str) -> None:
    async with provider("instagram") as (scripted, channel):
        scripted.answers["/refresh_access_token"] = (status, body)
        with pytest.raises(SendFailed) as caught:
            await channel.renew(SENDER)
        assert type(caught.value).__name__ == name
        assert "SECRET" not in f"{caught.value}"


async def test_a_renewal_that_reaches_nobody_shows_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with ClientSession() as http:
        nobody = "http://127.0.0.1:9"
        channel = build_channels(http, Urls(graph=nobody, instagram=nobody, twilio=nobody))["instagram"]
        with pytest.raises(SendFailed) as caught:
            await channel.renew(SENDER)
    assert "SECRET" not in f"{caught.value} {caught.value.__cause__} {caplog.text}"
