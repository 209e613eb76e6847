"""The life of a message, through real sockets: a provider's webhook in, the provider's send call out."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from gateway import postgres
from gateway.db import connect_pool
from gateway.migrate import migrate
from tests.business import Business
from tests.desk import SECRET, Desk, desk
from tests.providers import change, now, whatsapp
from tests.waiting import until


async def test_a_message_is_answered(open_desk: Desk, business: Business) -> None:
    number = business.number.address
    assert await open_desk.hook(whatsapp(change(number, messages=[("wamid.1", "4670", "Are you open?")]))) == 200
    (sent,) = await open_desk.sent(1)
    assert (sent["account"], sent["to"], sent["text"]["body"]) == (number, "4670", "You said: Are you open?")
    part = sent["biz_opaque_callback_data"]
    assert await open_desk.hook(whatsapp(change(number, statuses=[("wamid.out.0", "delivered")]))) == 200
    await until(
        lambda: business.pool.fetchval("select delivery = 'delivered' from message_parts where part_id = $1", part)
    )
    (asked,) = open_desk.providers.asked
    assert asked["store"] is False
    assert "Be brief." in asked["instructions"]


async def test_one_webhook_of_two_entries_for_two_numbers_gives_exactly_that(
    open_desk: Desk, business: Business
) -> None:
    second = await business.add_number("whatsapp")
    await business.pool.execute("update agents set quiet_ms = 200, max_wait_ms = 5000")
    body = whatsapp(
        change(business.number.address, messages=[("wamid.1", "4670", "one"), ("wamid.2", "4670", "two")]),
        change(second.address, messages=[("wamid.3", "4671", "three")], statuses=[("x.1", "sent"), ("x.2", "read")]),
    )
    statuses = await asyncio.gather(*(open_desk.hook(body) for _ in range(50)))
    assert statuses == [200] * 50
    sent = await open_desk.sent(2)
    assert await business.transcript("4670") == [
        (1, "customer", "one"),
        (2, "customer", "two"),
        (3, "ai", "You said: two"),
    ]
    assert await business.transcript("4671") == [(1, "customer", "three"), (2, "ai", "You said: three")]
    assert await business.pool.fetchval("select count(*) from parked_statuses") == 2
    assert await business.pool.fetchval("select count(*) from envelopes") == 50
    assert sorted((s["account"], s["to"]) for s in sent) == sorted(
        [(business.number.address, "4670"), (second.address, "4671")]
    )


async def test_instagram_and_sms_are_answered_too(open_desk: Desk, business: Business) -> None:
    instagram = await business.add_number("instagram", "17840")
    sms = await business.add_number("sms", "+15550001", account_sid="AC1")
    body = {
        "object": "instagram",
        "entry": [
            {
                "id": "17840",
                "time": 1,
                "messaging": [
                    {"sender": {"id": "77"}, "recipient": {"id": "17840"}, "timestamp": int(now()) * 1000,
                     "message": {"mid": "m1", "text": "hej"}}
                ],
            }
        ],
    }  # fmt: skip
    assert await open_desk.hook(json.dumps(body).encode()) == 200
    (first,) = await open_desk.sent(1)
    assert (first["account"], first["recipient"], first["message"]) == (
        "17840",
        {"id": "77"},
        {"text": "You said: hej"},
    )
    token = "token-" + sms.id
    assert await open_desk.sms(sms.address, MessageSid="SM1", From="+4670", Body="hola", token=token) == 200
    second = (await open_desk.sent(2))[1]
    assert (second["From"], second["To"], second["Body"]) == ("+15550001", "+4670", "You said: hola")
    assert second["StatusCallback"].startswith("https://desk.example.com/webhooks/twilio/status?part=prt_")
    assert instagram.id != sms.id


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [
        (b"{}", "wrong", 403),
        (b"{}", SECRET, 200),
        (b"{}", "older-secret", 200),
        (b"not json", SECRET, 200),
        (b'{"object": "page", "entry": []}', SECRET, 200),
        (b'{"object": "whatsapp_business_account", "entry": [null, 3, {"changes": "x"}]}', SECRET, 200),
        (whatsapp(change("999", messages=[("w", "1", "to nobody")])), SECRET, 200),
        (b"x" * (16 * 1024 * 1024 + 1), SECRET, 413),
    ],
    ids=["forged", "empty", "former secret", "not json", "unknown object", "odd shapes", "unknown number", "too large"],
)
async def test_what_is_wrong_is_refused_or_kept(
    open_desk: Desk, business: Business, body: bytes, secret: str, status: int
) -> None:
    assert await open_desk.hook(body, secret=secret) == status
    kept = await business.pool.fetch("select state from envelopes")
    assert [row["state"] for row in kept] == (["parked"] if status == 200 else [])


async def test_a_forged_sms_is_refused(open_desk: Desk, business: Business) -> None:
    sms = await business.add_number("sms", "+15550001", account_sid="AC1")
    assert await open_desk.sms(sms.address, MessageSid="SM1", From="+4670", Body="hola", token="guess") == 403
    assert await open_desk.sms(sms.address, MessageSid="SM1", From="+4670", Body="hola", AccountSid="AC9") == 403
    assert await business.pool.fetchval("select count(*) from envelopes") == 0


async def test_the_url_is_proved_to_meta(open_desk: Desk) -> None:
    query = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "<b>42</b>"}
    async with open_desk.http.get(f"{open_desk.url}/webhooks/meta", params=query) as answer:
        assert (answer.status, answer.content_type, await answer.text()) == (200, "text/plain", "<b>42</b>")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    async with open_desk.http.get(
        f"{open_desk.url}/webhooks/meta", params={**query, "hub.verify_token": "x"}
    ) as answer:
        assert answer.status == 403


async def test_the_store_away_is_a_503_and_the_redelivery_lands(tmp_path: Path) -> None:
    server = await postgres.start(tmp_path / "db", fsync=False)
    await migrate(server.dsn)
    pool = await connect_pool(server.dsn, size=2)
    business = await Business.create(pool)
    body = whatsapp(change(business.number.address, messages=[("wamid.1", "4670", "hello")]))
    async with desk(server.dsn, pool, tmp_path) as open_desk:
        await server.stop()
        assert await open_desk.hook(body) == 503
        async with open_desk.http.get(f"{open_desk.url}/readyz") as answer:
            assert answer.status == 503
        async with open_desk.http.get(f"{open_desk.url}/healthz") as answer:
            assert answer.status == 200
        server = await postgres.start(tmp_path / "db", fsync=False)
        assert await open_desk.hook(body) == 200
        await open_desk.sent(1)
    pool.terminate()
    await server.stop()
    shutil.rmtree((tmp_path / "db" / "postgres").resolve())


async def test_a_number_linked_later_gets_what_was_parked(open_desk: Desk, business: Business) -> None:
    assert await open_desk.hook(whatsapp(change("555", messages=[("wamid.1", "4670", "early")]))) == 200
    await business.add_number("whatsapp", "555")

    async def listens() -> bool:
        async with open_desk.http.get(f"{open_desk.url}/readyz") as answer:
            return bool((await answer.json())["checks"]["wake_ups"]["status"] == "ok")

    await until(listens)
    async with open_desk.http.get(f"{open_desk.url}/metrics") as answer:
        assert 'frontdesk_queue_length{queue="parked"} 1.0' in await answer.text()
    await business.pool.execute('select pg_notify(\'frontdesk\', \'["elsewhere", [["replay", ""]]]\')')
    await open_desk.sent(1)
    assert await business.transcript("4670") == [(1, "customer", "early"), (2, "ai", "You said: early")]
    await until(lambda: business.pool.fetchval("select state = 'done' from envelopes"))


async def test_no_error_shows_our_inside(open_desk: Desk) -> None:
    async with open_desk.http.get(f"{open_desk.url}/nowhere") as answer:
        body = await answer.json()
        assert (answer.status, answer.content_type) == (404, "application/problem+json")
        assert set(body) == {"type", "title", "status", "detail", "request_id"}
        assert answer.headers["X-Request-Id"] == body["request_id"]
