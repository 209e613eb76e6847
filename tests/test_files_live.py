"""Files through the whole gateway: a customer's picture in, a business's document out."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aiohttp import web

from gateway.api.keys import create_key
from tests.business import Business
from tests.desk import Desk
from tests.gateway.test_files import PNG, serving
from tests.providers import now, whatsapp
from tests.waiting import until


def picture(number: str, wamid: str = "wamid.1", media_id: str = "7700") -> bytes:
    message = {
        "id": wamid, "from": "4670", "timestamp": now(), "type": "image",
        "image": {"id": media_id, "mime_type": "image/png", "caption": "This one"},
    }  # fmt: skip
    value = {"metadata": {"phone_number_id": number}, "contacts": [{"wa_id": "4670"}], "messages": [message]}
    return whatsapp(value)


async def key(business: Business) -> dict[str, str]:
    return {"Authorization": f"Bearer {await create_key(business.pool, business.user_id, 'k', ['*'])}"}


async def get(desk: Desk, path: str, headers: dict[str, str]) -> tuple[int, Any]:
    async with desk.http.get(f"{desk.url}{path}", headers=headers) as answer:
        return answer.status, await answer.json()


async def test_a_picture_is_fetched_and_can_be_had(open_desk: Desk, business: Business) -> None:
    open_desk.providers.files["7700"] = PNG
    assert await open_desk.hook(picture(business.number.address)) == 200
    await until(lambda: business.pool.fetchval("select state = 'ready' from media"))
    headers = await key(business)
    conversation = (await business.conversation("4670"))["conversation_id"]
    _, page = await get(open_desk, f"/v1/conversations/{conversation}/messages", headers)
    (file,) = page["data"][0]["media"]
    assert (file["state"], file["mime_type"], file["size_bytes"]) == ("ready", "image/png", len(PNG))
    async with open_desk.http.get(f"{open_desk.url}/v1/media/{file['media_id']}", headers=headers) as answer:
        assert await answer.read() == PNG
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert open_desk.providers.fetched == [("Bearer token-" + business.number.id, "7700")] * 2


async def test_a_picture_that_is_gone_is_said_to_be(open_desk: Desk, business: Business) -> None:
    assert await open_desk.hook(picture(business.number.address)) == 200
    await until(lambda: business.pool.fetchval("select state = 'expired' from media"))
    await open_desk.sent(1)  # and the message was answered all the same


async def test_a_picture_is_tried_again_until_it_is_there(open_desk: Desk, business: Business) -> None:
    open_desk.providers.file_status = 500
    open_desk.providers.files["7700"] = PNG
    assert await open_desk.hook(picture(business.number.address)) == 200
    await until(lambda: business.pool.fetchval("select attempts > 0 and lease_until is null from media"))
    open_desk.providers.file_status = 200
    await business.pool.execute("update media set next_attempt_at = now()")
    await until(lambda: business.pool.fetchval("select state = 'ready' from media"))


async def test_an_address_inside_is_never_fetched(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("instagram")
    asked: list[str] = []

    async def inside(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(body=b"secret")

    async with serving(inside) as url:
        attachment = {"type": "image", "payload": {"url": f"{url}/metadata"}}
        item = {"sender": {"id": "77"}, "recipient": {"id": number.address}, "timestamp": int(now()) * 1000,
                "message": {"mid": "m1", "attachments": [attachment]}}  # fmt: skip
        body = json.dumps({"object": "instagram", "entry": [{"id": number.address, "messaging": [item]}]})
        assert await open_desk.hook(body.encode()) == 200
        await until(lambda: business.pool.fetchval("select state = 'failed' from media"))
    assert asked == []
    assert "not" in await business.pool.fetchval("select problem from media")


async def test_a_document_of_the_business_reaches_each_kind_of_provider(open_desk: Desk, business: Business) -> None:
    headers = {**await key(business), "Content-Type": "application/pdf", "X-Filename": "offer%20%C3%A4.pdf"}
    async with open_desk.http.post(f"{open_desk.url}/v1/media", data=b"%PDF-1.7 offer", headers=headers) as answer:
        assert answer.status == 201
        file = await answer.json()
    assert (file["kind"], file["mime_type"], file["filename"]) == ("document", "application/pdf", "offer ä.pdf")
    sms = await business.add_number("sms", "+15550100", account_sid="AC1")
    await open_desk.hook(picture(business.number.address))
    await open_desk.sms(sms.address, MessageSid="SM1", From="+46701", Body="hi", token="token-" + sms.id)
    await open_desk.sent(2)
    body = {"kind": "document", "text": "Our offer", "data": {"media_id": file["media_id"]}}
    for customer in ("4670", "+46701"):
        conversation = (await business.conversation(customer))["conversation_id"]
        url = f"{open_desk.url}/v1/conversations/{conversation}/messages"
        async with open_desk.http.post(url, json=body, headers=await key(business)) as answer:
            assert answer.status == 201, await answer.text()
    sent = await open_desk.sent(4)
    by_whatsapp = next(one for one in sent if one.get("type") == "document")
    assert by_whatsapp["document"] == {"id": "up-1", "caption": "Our offer", "filename": "offer ä.pdf"}
    assert open_desk.providers.uploads == [b"%PDF-1.7 offer"]
    link = next(one["MediaUrl"] for one in sent if "MediaUrl" in one)
    path = link.removeprefix("https://desk.example.com")
    async with open_desk.http.get(f"{open_desk.url}{path}") as answer:
        assert await answer.read() == b"%PDF-1.7 offer"
        assert answer.headers["Content-Disposition"].startswith("attachment")
    for forged in (path[:-1] + ("0" if path[-1] != "0" else "1"), path.replace(file["media_id"], "med_x"), path[:-8]):
        async with open_desk.http.get(f"{open_desk.url}{forged}") as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "image", "data": {}}, "data"),
        ({"kind": "image", "data": {"url": "ftp://x"}}, "data.url"),
        ({"kind": "image", "data": {"media_id": "med_nobody"}}, "data.media_id"),
        ({"kind": "choices", "text": "?", "data": {"options": []}}, "data.options"),
        ({"kind": "choices", "data": {"options": [{"id": "a", "title": "b"}]}}, "text"),
        ({"kind": "choices", "text": "?", "data": {"options": [{"id": "a", "title": "b"}] * 2}}, "data"),
        ({"kind": "text", "text": "x", "data": {"url": "http://x.example"}}, "data.url"),
        ({"kind": "reaction", "data": {"message_id": "nobody", "emoji": "x"}}, "reply_to"),
        ({"kind": "text", "text": "x", "reply_to": "nobody"}, "reply_to"),
        ({"kind": "text", "text": "  "}, "text"),
    ],
)
async def test_a_content_that_cannot_work_says_where(
    open_desk: Desk, business: Business, body: dict[str, Any], field: str
) -> None:
    await open_desk.hook(picture(business.number.address))
    await open_desk.sent(1)
    conversation = (await business.conversation("4670"))["conversation_id"]
    url = f"{open_desk.url}/v1/conversations/{conversation}/messages"
    async with open_desk.http.post(url, json=body, headers=await key(business)) as answer:
        problem = await answer.json()
        assert (answer.status, problem["fields"][0]["field"]) == (422, field)


async def test_choices_quotes_and_reactions_leave_in_the_providers_form(open_desk: Desk, business: Business) -> None:
    await open_desk.hook(picture(business.number.address))
    await open_desk.sent(1)
    conversation = (await business.conversation("4670"))["conversation_id"]
    url = f"{open_desk.url}/v1/conversations/{conversation}/messages"
    first = await business.pool.fetchval("select message_id from messages where sender = 'user'")
    options = [{"id": "a", "title": "Today"}, {"id": "b", "title": "Tomorrow"}]
    bodies: list[dict[str, Any]] = [
        {"kind": "choices", "text": "When?", "data": {"options": options}, "reply_to": first},
        {"kind": "reaction", "data": {"message_id": first, "emoji": "👍"}},
    ]
    for body in bodies:
        async with open_desk.http.post(url, json=body, headers=await key(business)) as answer:
            assert answer.status == 201, await answer.text()
    choices, reaction = (await open_desk.sent(3))[1:]
    assert choices["interactive"]["action"]["buttons"][1]["reply"] == {"id": "b", "title": "Tomorrow"}
    assert choices["context"] == {"message_id": "wamid.1"}
    assert reaction["reaction"] == {"message_id": "wamid.1", "emoji": "👍"}


async def test_too_late_is_said_with_what_may_be_sent(open_desk: Desk, business: Business) -> None:
    await open_desk.hook(picture(business.number.address))
    await open_desk.sent(1)
    await business.pool.execute("update conversations set last_inbound_at = now() - interval '25 hours'")
    conversation = (await business.conversation("4670"))["conversation_id"]
    headers, path = await key(business), f"/v1/conversations/{conversation}"
    _, window = await get(open_desk, f"{path}/window", headers)
    assert window["agent"] | {"closes_at": ""} == {
        "allowed": False, "reason": "window_closed", "closes_at": "", "instead": ["template", "other_channel"],
    }  # fmt: skip
    assert window["template"]["allowed"] is True
    async with open_desk.http.post(
        f"{open_desk.url}{path}/messages", json={"text": "Hello again"}, headers=headers
    ) as answer:
        assert answer.status == 409
    template = {"kind": "template", "text": "See you tomorrow", "data": {"name": "visit", "language": "en"}}
    async with open_desk.http.post(f"{open_desk.url}{path}/messages", json=template, headers=headers) as answer:
        assert answer.status == 201
    assert (await open_desk.sent(2))[1]["template"]["name"] == "visit"


async def test_a_number_tells_how_it_is(open_desk: Desk, business: Business) -> None:
    headers, path = await key(business), f"/v1/numbers/{business.number.id}/health"
    await open_desk.hook(picture(business.number.address))
    await open_desk.hook(picture(business.number.address, "wamid.2"), secret="wrong")
    await open_desk.sent(1)

    async def noted() -> Any:
        _, health = await get(open_desk, path, headers)
        return health if health["last_webhook_at"] and health["last_sent_at"] and health["rejected"] else None

    health = await until(noted)
    (rejected,) = health["rejected"]
    assert rejected["url"] == "https://desk.example.com/webhooks/meta"
    assert len(rejected["secrets"]) == 2
    assert all(len(one) == 8 for one in rejected["secrets"])
    assert "app-secret" not in json.dumps(health)
    assert health["auth_error"] is None
