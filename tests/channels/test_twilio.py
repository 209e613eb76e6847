"""Twilio beyond the case files: its error table, its lists, and whom it trusts with the credentials."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import urlencode

import pytest

from channels.base import Content, Hook, Media, Outbound, Sender
from channels.errors import Gone, Refused, SendFailed
from channels.twilio import TwilioMessages
from tests.channels.test_calls import listed, provider

SENDER = Sender(address="1065", token="TOKEN", settings={"account_sid": "AC1"})
MESSAGES = "/2010-04-01/Accounts/AC1/Messages"
SINCE = datetime(2025, 11, 20, 9, tzinfo=UTC)
CLASSES = {
    "Misconfigured": "20003 20404 21603 21606 21616 21660 21701 21703 30002 30034",
    "Throttled": "20429 21611 14107 63017 63018 30001 30022 30023",
    "OptedOut": "21610",
    "Refused": "21211 21214 21217 21604 21612 21614 21408 21608 21602 21617 21620 21623 30003 30004 30005 30006 30007 "
    "30008 30019 63016",
}


@pytest.mark.parametrize(("code", "name"), [(code, name) for name, codes in CLASSES.items() for code in codes.split()])
async def test_an_error_code_has_a_class(code: str, name: str) -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (400, {"code": int(code), "message": "no"})
        with pytest.raises(SendFailed) as caught:
            await channel.send(Outbound(sender=SENDER, customer="+46701", part="prt_1", text="Hello"))
        assert (type(caught.value).__name__, caught.value.code) == (name, code)


@pytest.mark.parametrize(
    ("status", "name"),
    [(400, "Refused"), (401, "Misconfigured"), (403, "Misconfigured"), (429, "Throttled"), (500, "Ambiguous"),
     (503, "Unavailable")],
)  # fmt: skip
async def test_a_code_that_nobody_knows_has_the_class_of_its_status(status: int, name: str) -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (status, {"code": 99999, "message": "?"})
        with pytest.raises(SendFailed) as caught:
            await channel.send(Outbound(sender=SENDER, customer="+46701", part="prt_1", text="Hello"))
        assert type(caught.value).__name__ == name


async def test_a_number_that_is_a_messaging_service_sends_as_one() -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (201, {"sid": "SM1"})
        pool = Sender(address="MG" + "a" * 32, token="TOKEN", settings={"account_sid": "AC1"})
        await channel.send(Outbound(sender=pool, customer="+46701", part="prt_1", text="Hello"))
        assert scripted.bodies == [b"To=%2B46701&MessagingServiceSid=MG" + b"a" * 32 + b"&Body=Hello"]


async def test_no_file_is_lost_between_its_words() -> None:
    async with provider("sms") as (_, channel):
        long = Content(kind="image", text="x" * 1700, data={"media_id": "med_1"})
        file, *words = channel.parts(long)
        assert (file.kind, file.text, file.data) == ("image", "", {"media_id": "med_1"})
        assert "".join(part.text for part in words) == "x" * 1700
        assert [part.data["segments"] for part in words] == [11, 1]
        with pytest.raises(Refused):
            channel.parts(Content(kind="image", text="Our menu", data={"id": "8801"}))


@pytest.mark.parametrize(
    "url",
    [
        "https://{host}/media/1",  # the provider of the test speaks http
        "http://{host}.evil.example/media/1",
        "http://{host}@evil.example/media/1",
        "http://user@{host}/media/1",
        "//{host}/media/1",
    ],
)
async def test_another_address_gets_no_credentials(url: str) -> None:
    async with provider("sms") as (scripted, channel):
        host = scripted.url.partition("//")[2]
        place = await channel.locate(SENDER, Media(kind="image", url=url.format(host=host)))
        assert place.headers == {}


async def test_an_address_that_is_none_is_gone() -> None:
    async with provider("sms") as (_, channel):
        with pytest.raises(Gone):
            await channel.locate(SENDER, Media(kind="image", url="https://[::1"))


def webhook(form: dict[str, str]) -> list[Any]:
    hook = Hook(method="POST", url="https://d/x", headers={}, query={}, body=urlencode(form).encode())
    return list(TwilioMessages().translate(hook))


@pytest.mark.parametrize(
    ("body", "service", "files"),
    [("hi", "", 0), ("", "", 1), ("look", "MG1", 2), (" Stop ", "MG1", 0), ("START", "", 0), ("help", "", 0),
     ("สวัสดี 👩‍👩‍👧", "", 0)],
)  # fmt: skip
async def test_a_poll_tells_what_the_webhook_would_have(body: str, service: str, files: int) -> None:
    async with provider("sms") as (scripted, channel):
        media = [{"content_type": "image/png", "uri": f"{MESSAGES}/SM1/Media/ME{n}.json"} for n in range(files)]
        message = listed("SM1", body=body, num_media=str(files), messaging_service_sid=service or None)
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": [message], "next_page_uri": None})
        scripted.answers[f"{MESSAGES}/SM1/Media.json"] = (200, {"media_list": media})
        form = {"ToCountry": "SE", "MessageSid": "SM1", "SmsSid": "SM1", "AccountSid": "AC1", "From": "+46701",
                "To": "1065", "Body": body, "NumMedia": str(files)}  # fmt: skip
        for n in range(files):
            form |= {f"MediaUrl{n}": f"{scripted.url}{MESSAGES}/SM1/Media/ME{n}", f"MediaContentType{n}": "image/png"}
        if service:
            form["MessagingServiceSid"] = service
        assert list(await channel.missed(SENDER, SINCE)) == webhook(form)


async def test_a_message_whose_files_were_deleted_keeps_its_words() -> None:
    async with provider("sms") as (scripted, channel):
        messages = [listed("SM2"), listed("SM1", num_media="1", body="my garden")]
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": messages})
        scripted.answers[f"{MESSAGES}/SM1/Media.json"] = (404, {"code": 20404, "message": "not found"})
        first, second = await channel.missed(SENDER, SINCE)
        assert (first.id, first.text, first.media, second.id) == ("SM1", "my garden", (), "SM2")  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", [(500, {}), (429, {"code": 20429, "message": "slower"})])
async def test_files_that_are_only_slow_are_asked_for_again(answer: tuple[int, Any]) -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": [listed("SM1", num_media="1")]})
        scripted.answers[f"{MESSAGES}/SM1/Media.json"] = answer
        with pytest.raises(SendFailed):
            await channel.missed(SENDER, SINCE)


async def test_the_day_asked_for_is_utcs_and_the_second_counts_whole() -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": [listed("SM1")]})
        late = datetime(2025, 11, 20, 10, 0, 0, 900_000, tzinfo=UTC)  # listed() is of 10:00:00
        there = late.astimezone(timezone(timedelta(hours=-11)))
        ours = Sender(address="+15550100104", token="TOKEN", settings={"account_sid": "AC1"})
        assert [event.id for event in await channel.missed(ours, there)] == ["SM1"]  # type: ignore[union-attr]
        assert scripted.asked[0][1] == f"{MESSAGES}.json?To=%2B15550100104&DateSent%3E=2025-11-20&PageSize=1000"


@pytest.mark.parametrize("following", ["@evil.example/2", "https://evil.example/2", ".evil.example/2", 7, None])
async def test_a_next_page_elsewhere_is_not_asked_for(following: Any) -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": [listed("SM1")], "next_page_uri": following})
        assert len(await channel.missed(SENDER, SINCE)) == 1
        assert len(scripted.asked) == 1


async def test_a_list_without_an_end_is_a_hundred_pages() -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": [], "next_page_uri": f"{MESSAGES}.json?Page=1"})
        assert await channel.missed(SENDER, SINCE) == []
        assert len(scripted.asked) == 100


@pytest.mark.parametrize("messages", [None, "x", [], ["x", 7, None], [{}], [listed("")], [listed("SM1", date_sent=9)]])
async def test_a_list_of_anything_raises_nothing(messages: Any) -> None:
    async with provider("sms") as (scripted, channel):
        scripted.answers[f"{MESSAGES}.json"] = (200, {"messages": messages, "next_page_uri": None})
        await channel.missed(SENDER, SINCE)
