"""Corners of the providers' protocols through the whole gateway."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from gateway.api.keys import create_key
from gateway.channel_health import ChannelHealth
from gateway.numbers import token_place
from gateway.tokens import Tokens
from tests.business import VAULT, Business, Number
from tests.desk import Desk
from tests.providers import change, now, whatsapp
from tests.waiting import until


def entry(number: Number, **value: Any) -> bytes:
    metadata = {"metadata": {"phone_number_id": number.address}}
    return whatsapp({**metadata, **value})


def field(number: Number, name: str, **value: Any) -> bytes:
    body = json.loads(entry(number, **value))
    body["entry"][0]["changes"][0]["field"] = name
    return json.dumps(body).encode()


def message(kind: str, wamid: str, sender: str = "4670", **part: Any) -> dict[str, Any]:
    return {"id": wamid, "from": sender, "timestamp": now(), "type": kind, kind: part}


async def test_the_owner_answers_on_his_phone_and_the_agent_rests(open_desk: Desk, business: Business) -> None:
    number = business.number
    await open_desk.hook(whatsapp(change(number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    echo = {"from": "1555", "to": "4670", "id": "w2", "timestamp": now(), "type": "text", "text": {"body": "Me here"}}
    assert await open_desk.hook(field(number, "smb_message_echoes", message_echoes=[echo])) == 200
    await open_desk.hook(whatsapp(change(number.address, messages=[("w3", "4670", "Oh, hello")])))
    conversation = await business.conversation("4670")
    assert (conversation["owner"], conversation["due_at"]) == ("human", None)
    status = {"id": "w2", "status": "read", "timestamp": now()}
    await open_desk.hook(entry(number, statuses=[status]))
    delivery = "select delivery from message_parts where platform_message_id = 'w2'"
    assert await business.pool.fetchval(delivery) == "read"
    assert len(open_desk.providers.sent) == 1


async def test_a_changed_number_is_answered_where_it_is_now(open_desk: Desk, business: Business) -> None:
    number = business.number
    await open_desk.hook(whatsapp(change(number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    system = message("system", "w2", type="user_changed_number", body="changed", wa_id="4671")
    assert await open_desk.hook(entry(number, messages=[system])) == 200
    await open_desk.hook(whatsapp(change(number.address, messages=[("w3", "4671", "still me")])))
    sent = await open_desk.sent(2)
    assert [one["to"] for one in sent] == ["4670", "4671"]
    assert await business.pool.fetchval("select count(*) from conversations") == 1


async def test_a_rotated_id_goes_on_in_its_conversation(open_desk: Desk, business: Business) -> None:
    number = business.number
    first = {**message("text", "w1", body="hi"), "from_user_id": "SE.OLD"}
    del first["from"]
    await open_desk.hook(entry(number, messages=[first]))
    await open_desk.sent(1)
    system = message("system", "w2", type="user_changed_user_id", previous_user_id="SE.OLD", user_id="SE.NEW")
    del system["from"]
    await open_desk.hook(entry(number, messages=[{**system, "from_user_id": "SE.NEW"}]))
    later = {**message("text", "w3", body="still me"), "from_user_id": "SE.NEW"}
    del later["from"]
    await open_desk.hook(entry(number, messages=[later]))
    sent = await open_desk.sent(2)
    assert [one["recipient"] for one in sent] == ["SE.OLD", "SE.NEW"]
    assert await business.pool.fetchval("select count(*) from conversations") == 1


async def test_stop_by_sms_is_final_until_start(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("sms", "+15550100", account_sid="AC1")
    token = "token-" + number.id

    async def says(text: str, sid: str) -> None:
        assert await open_desk.sms(number.address, MessageSid=sid, From="+4670", Body=text, token=token) == 200

    await says("hi", "SM1")
    await open_desk.sent(1)
    await says("STOP", "SM2")
    await says("are you there?", "SM3")
    await until(lambda: business.pool.fetchval("select held_for = 'opted_out' from conversations"))
    key = await create_key(business.pool, business.user_id, "k", ["*"])
    conversation = (await business.conversation("+4670"))["conversation_id"]
    url = f"{open_desk.url}/v1/conversations/{conversation}/messages"
    headers = {"Authorization": f"Bearer {key}"}
    async with open_desk.http.post(url, json={"text": "Buy now"}, headers=headers) as answer:
        assert answer.status == 409
    assert len(open_desk.providers.sent) == 1
    await says("START", "SM4")
    sent = await open_desk.sent(2)
    assert sent[1]["Body"] == "You said: START"


async def test_what_twilio_never_delivered_is_asked_for(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("sms", "+15550100", account_sid="AC1")
    await business.pool.execute("update phone_numbers set created_at = now() - interval '1 day'")
    listed = {"from": "+4670", "to": number.address, "direction": "inbound", "num_media": "0"}
    at = "Mon, 01 Jan 2035 00:00:00 +0000"
    open_desk.providers.missed = [
        {**listed, "sid": "SM2", "body": "lost", "date_sent": at},
        {**listed, "sid": "SM1", "body": "known", "date_sent": at},
    ]
    await open_desk.sms(number.address, MessageSid="SM1", From="+4670", Body="known", token="token-" + number.id)
    await open_desk.sent(1)
    open_desk.bus.publish("catchup")
    await until(lambda: business.pool.fetchval("select count(*) = 2 from messages where sender = 'user'"))
    await open_desk.sent(2)
    rows = await business.pool.fetch("select text from messages where sender = 'user' order by sequence_no")
    assert [row["text"] for row in rows] == ["known", "lost"]


async def test_a_token_is_renewed_before_it_ends(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("instagram")
    await business.pool.execute("alter table phone_numbers disable trigger touch")
    await business.pool.execute("update phone_numbers set updated_at = now() - interval '2 days'")
    open_desk.providers.renewal = (200, {"access_token": "FRESH", "expires_in": 5184000})
    health = ChannelHealth(business.pool)
    tokens = Tokens(business.pool, open_desk.bus, VAULT, open_desk.channels, health)
    await tokens.renew()  # unless the gateway itself was quicker

    async def fresh() -> bool:
        sealed = await business.pool.fetchval("select access_token from phone_numbers where id = $1", number.id)
        return VAULT.open(sealed, token_place(business.user_id, number.id)) == "FRESH"

    await until(fresh)
    assert await tokens.renew() == 0
    days = "select extract(day from token_expires_at - now()) from channel_health where phone_number_id = $1"
    assert await business.pool.fetchval(days, number.id) in (59, 60)


async def test_a_token_that_cannot_be_renewed_is_told(open_desk: Desk, business: Business) -> None:
    number = await business.add_number("instagram")
    await business.pool.execute("alter table phone_numbers disable trigger touch")
    await business.pool.execute("update phone_numbers set updated_at = now() - interval '2 days'")
    open_desk.providers.renewal = (400, {"error": {"code": 190, "message": "expired"}})
    health = ChannelHealth(business.pool)
    assert await Tokens(business.pool, open_desk.bus, VAULT, open_desk.channels, health).renew() == 0
    await health.flush()
    said = "select auth_error like '%not renewed%' from channel_health where phone_number_id = $1"
    await until(lambda: business.pool.fetchval(said, number.id))
    item = {"sender": {"id": "77"}, "recipient": {"id": number.address}, "timestamp": int(now()) * 1000,
            "message": {"mid": "m1", "text": "hi"}}  # fmt: skip
    body = json.dumps({"object": "instagram", "entry": [{"id": number.address, "messaging": [item]}]})
    assert await open_desk.hook(body.encode()) == 200  # what comes in does not depend on it
    await open_desk.sent(1)


@pytest.mark.parametrize("size", [10 * 1024 * 1024])
async def test_ten_megabytes_are_kept_whole_and_shown_cut(open_desk: Desk, business: Business, size: int) -> None:
    body = whatsapp(change(business.number.address, messages=[("w1", "4670", "a" * size)]))
    assert len(body) > size
    assert await open_desk.hook(body) == 200
    assert await business.pool.fetchval("select length(body) from envelopes") == len(body)
    assert await business.pool.fetchval("select length(text) from messages where sender = 'user'") == 100_000


async def test_a_slow_answer_is_announced(open_desk: Desk, business: Business) -> None:
    go_on = asyncio.Event()
    open_desk.providers.think = go_on.wait  # type: ignore[assignment]
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))

    async def announced() -> bool:
        return bool(open_desk.providers.signals)

    await until(announced)
    assert open_desk.providers.signals[0]["typing_indicator"] == {"type": "text"}
    assert open_desk.providers.signals[0]["message_id"] == "w1"
    go_on.set()
    await open_desk.sent(1)
