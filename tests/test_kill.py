"""The gateway dies between the provider's acceptance and our record of it: nothing is sent twice."""

from __future__ import annotations

import asyncio
import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession

from channels.twilio import signature
from gateway.db import Pool
from gateway.processes import Process, answers
from tests.business import KEY, Business, Number
from tests.ports import free_port
from tests.providers import Providers, change, now, providers, whatsapp
from tests.waiting import until

SECRET = "app-secret"


@dataclass
class Victim:
    """A gateway in a process of its own, and whoever calls it."""

    url: str
    process: Process
    http: ClientSession
    scripted: Providers

    async def start(self) -> None:
        self.process.start()
        await answers(f"{self.url}/readyz", self.process)

    async def meta(self, body: bytes) -> int:
        sign = hmac.new(SECRET.encode(), body, "sha256").hexdigest()
        headers = {"X-Hub-Signature-256": f"sha256={sign}"}
        async with self.http.post(f"{self.url}/webhooks/meta", data=body, headers=headers) as answer:
            return answer.status

    async def twilio(self, path: str, token: str, **form: str) -> int:
        form = {"AccountSid": "AC1", **form}
        url = f"{self.url}/webhooks/twilio/{path}"
        headers = {"X-Twilio-Signature": signature(url, {name: [value] for name, value in form.items()}, token)}
        async with self.http.post(url, data=form, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def victim(dsn: str, folder: Path) -> AsyncIterator[Victim]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with providers() as scripted, ClientSession() as http:
        env = {
            "PATH": os.environ["PATH"], "DATABASE_URL": dsn, "STATE_DIR": str(folder), "SECRET_KEYS": KEY,
            "PORT": str(port), "PUBLIC_URL": url, "META_APP_SECRET": SECRET, "META_GRAPH_URL": scripted.url,
            "INSTAGRAM_GRAPH_URL": scripted.url, "TWILIO_API_URL": scripted.url, "OPENAI_API_KEY": "sk-test",
            "OPENAI_BASE_URL": f"{scripted.url}/v1",
        }  # fmt: skip
        one = Victim(url, Process("gateway", ["gateway", "serve"], env, folder / "log"), http, scripted)
        try:
            await one.start()
            yield one
        finally:
            one.process.kill()


async def by_whatsapp(one: Victim, number: Number) -> Callable[[], Awaitable[int]]:
    assert await one.meta(whatsapp(change(number.address, messages=[("w1", "46701", "hi")]))) == 200

    async def evidence() -> int:
        status = {"id": "wamid.lost", "status": "delivered", "timestamp": now(), "recipient_id": "46701",
                  "biz_opaque_callback_data": one.scripted.sent[0]["biz_opaque_callback_data"]}  # fmt: skip
        value = {"metadata": {"phone_number_id": number.address}, "statuses": [status]}
        return await one.meta(whatsapp(value))

    return evidence


async def by_instagram(one: Victim, number: Number) -> Callable[[], Awaitable[int]]:
    def body(sender: str, recipient: str, message: dict[str, Any]) -> bytes:
        item = {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": int(now()) * 1000}
        entry = {"id": number.address, "messaging": [{**item, "message": message}]}
        return json.dumps({"object": "instagram", "entry": [entry]}).encode()

    assert await one.meta(body("77", number.address, {"mid": "m1", "text": "hi"})) == 200

    async def evidence() -> int:
        text = one.scripted.sent[0]["message"]["text"]
        return await one.meta(body(number.address, "77", {"mid": "mid.lost", "text": text, "is_echo": True}))

    return evidence


async def by_sms(one: Victim, number: Number) -> Callable[[], Awaitable[int]]:
    token = "token-" + number.id
    form = {"MessageSid": "SM1", "From": "+46701", "To": number.address, "Body": "hi", "NumMedia": "0"}
    assert await one.twilio("messages", token, **form) == 200

    async def evidence() -> int:
        callback = urlsplit(one.scripted.sent[0]["StatusCallback"])
        form = {"MessageSid": "SMlost", "MessageStatus": "delivered", "From": number.address, "To": "+46701"}
        return await one.twilio(f"status?{callback.query}", token, **form)

    return evidence


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("platform", "address", "begin", "delivery"),
    [
        ("whatsapp", "", by_whatsapp, "delivered"),
        ("instagram", "", by_instagram, "sent"),
        ("sms", "+15550100", by_sms, "delivered"),
    ],
)
@pytest.mark.parametrize("early", [True, False], ids=["evidence while we are down", "evidence afterwards"])
async def test_what_was_taken_before_the_crash_is_not_sent_again(
    dsn: str, pool: Pool, business: Business, tmp_path: Path,
    platform: Any, address: str, begin: Any, delivery: str, early: bool,
) -> None:  # fmt: skip
    number = await business.add_number(platform, address, account_sid="AC1")
    async with victim(dsn, tmp_path) as one:
        died = asyncio.Event()

        async def die() -> None:
            one.process.kill()  # at once: the request whose answer this is ends with the process
            died.set()

        one.scripted.on_send = die
        evidence = await begin(one, number)
        async with asyncio.timeout(20):
            await died.wait()
        one.scripted.on_send = None
        assert await pool.fetchval("select state from message_parts") == "sending"
        await one.start()
        if early:
            # The provider told us while we were down and tries again the moment that we are back.
            assert await evidence() == 200
        await until(lambda: pool.fetchval("select state in ('unknown', 'sent') from message_parts"))
        if not early:
            assert await pool.fetchval("select state from message_parts") == "unknown"
            assert await evidence() == 200
        await until(lambda: pool.fetchval("select state = 'sent' from message_parts"))
        row = await pool.fetchrow("select delivery, platform_message_id from message_parts")
        assert row["delivery"] == delivery
        assert row["platform_message_id"].endswith("lost")
        assert await pool.fetchval("select status from messages where sender = 'agent'") == "sent"
        assert await pool.fetchval("select count(*) from messages") == 2  # and the echo is nobody's third message
        assert len(one.scripted.sent) == 1


@pytest.mark.timeout(120)
async def test_a_visitor_gets_a_reply_once_although_we_died_before_his_socket_had_it(
    dsn: str, pool: Pool, business: Business, tmp_path: Path
) -> None:
    await business.add_number("webchat", "wc_kill")
    async with victim(dsn, tmp_path) as one:

        async def think() -> None:
            thinking.set()
            await go_on.wait()

        thinking, go_on = asyncio.Event(), asyncio.Event()
        one.scripted.think = think
        async with one.http.post(f"{one.url}/webchat/sessions", json={"number": "wc_kill"}) as answer:
            token = (await answer.json())["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        message = {"client_id": "c1", "text": "hi"}
        async with one.http.post(f"{one.url}/webchat/messages", json=message, headers=bearer) as answer:
            assert answer.status == 202
        await thinking.wait()
        await asyncio.to_thread(one.process.kill)
        one.scripted.think = None
        go_on.set()
        await one.start()
        # A client that does not know whether it was heard says it again.
        async with one.http.post(f"{one.url}/webchat/messages", json=message, headers=bearer) as answer:
            assert (await answer.json())["duplicate"] is True
        await until(lambda: pool.fetchval("select count(*) = 1 from messages where sender = 'agent'"), 30)
        async with one.http.get(f"{one.url}/webchat/messages?after=0", headers=bearer) as answer:
            told = await answer.json()
        assert [message["sequence_no"] for message in told["data"]] == [1, 2]
