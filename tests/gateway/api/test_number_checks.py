"""The guide of a number, against the sandbox: from nothing to all green, and what each mistake says."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from channels.errors import Misconfigured, Refused, SendFailed, Throttled, Unreachable
from gateway.api.keys import create_key
from gateway.app import running
from gateway.db import Pool
from gateway.guides import SENTENCES, refusal_of
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from tests.business import KEY, Business
from tests.ports import free_port
from tests.sandbox.conftest import Client, Gateway, config_for
from tests.waiting import until

LOCALE = Path(__file__).parent.parent.parent.parent / "frontend" / "console" / "locale"
SID = "AC" + "1" * 32
WABA = "9100000000000001"
NUMBERS: dict[str, dict[str, Any]] = {
    "whatsapp": {"meta_phone_number_id": "100000000000001", "access_token": "token-wa1", "settings": {"waba_id": WABA}},
    "instagram": {"meta_phone_number_id": "17840000000000001", "access_token": "token-ig1"},
    "sms": {"meta_phone_number_id": "+15550100003", "access_token": "12345", "settings": {"account_sid": SID}},
    "webchat": {"meta_phone_number_id": "wc_test", "settings": {"allowed_origins": ["https://shop.example.com"]}},
}
CUSTOMERS = {"whatsapp": "15550109999", "instagram": "900123", "sms": "+15550109999"}
NEEDED = {
    "whatsapp": ["challenge", "signature", "token", "subscription", "message", "reply"],
    "instagram": ["challenge", "signature", "token", "subscription", "message", "reply"],
    "sms": ["signature", "token", "subscription", "message", "reply"],
    "webchat": ["page", "message", "reply"],
}


@dataclass
class Counter:
    """A gateway, the providers' stand-in behind it, and an owner with a key."""

    http: ClientSession
    url: str
    key: str
    sandbox: Client

    async def api(self, method: str, path: str, body: Any = None, key: str = "") -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key or self.key}"}
        async with self.http.request(method, self.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def link(self, platform: str, **more: Any) -> str:
        """Links a number with an agent; returns its id."""
        status, number = await self.api("POST", "/v1/numbers", {"platform": platform, **NUMBERS[platform], **more})
        assert status == 201, number
        _, prompt = await self.api("POST", "/v1/prompts", {"name": "Desk", "instructions": "Be kind."})
        agent = {"name": "Ada", "prompt_id": prompt["prompt_id"], "phone_number_id": number["id"], "quiet_ms": 0}
        assert (await self.api("POST", "/v1/agents", agent))[0] == 201
        return str(number["id"])

    async def checks(self, number_id: str) -> dict[str, tuple[str, str]]:
        """(state, sentence) of each check."""
        status, setup = await self.api("GET", f"/v1/numbers/{number_id}/setup")
        assert status == 200, setup
        return {one["name"]: (one["state"], one["sentence"]) for one in setup["checks"]}

    async def becomes(self, number_id: str, name: str, state: str) -> str:
        """Waits until a check is in a state; returns its sentence."""

        async def so() -> str:
            found, sentence = (await self.checks(number_id))[name]
            return sentence if found == state else ""

        return await until(so)

    async def challenge(self, token: str) -> int:
        query = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "42"}
        async with self.http.get(f"{self.url}/webhooks/meta", params=query) as answer:
            return answer.status

    async def chat(self, origin: str) -> int:
        """A visitor opens the chat of wc_test on a website, and writes."""
        headers = {"Origin": origin}
        async with self.http.post(
            f"{self.url}/webchat/sessions", json={"number": "wc_test"}, headers=headers
        ) as opened:
            if opened.status != 201:
                return opened.status
            token = (await opened.json())["token"]
        said = {"client_id": "c1", "text": "Hello"}
        headers["Authorization"] = f"Bearer {token}"
        async with self.http.post(f"{self.url}/webchat/messages", json=said, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def counter(dsn: str, business: Business, tmp_path: Path) -> AsyncIterator[Counter]:
    port, far = free_port(), free_port()
    url, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{far}"
    settings = Settings(
        database_url=dsn, state_dir=tmp_path, secret_keys=(KEY,), public_url=url, openai_api_key="sk-test",
        openai_base_url=f"{sandbox}/v1", meta_app_secrets=("app-secret",), meta_verify_token="verify",
        meta_graph_url=sandbox, instagram_graph_url=sandbox, twilio_api_url=sandbox,
    )  # fmt: skip
    stand_in = make_app(Config.model_validate(config_for(url)), sandbox)
    async with (
        TestServer(stand_in, port=far), running(settings, "all") as app, TestServer(app, port=port),
        ClientSession() as http,
    ):  # fmt: skip
        key = await create_key(business.pool, business.user_id, "owner", ["*"])
        yield Counter(http, url, key, Client(http, sandbox, Gateway()))


@pytest.mark.parametrize("platform", NUMBERS)
async def test_from_nothing_to_all_green(counter: Counter, platform: str) -> None:
    number = await counter.link(platform)
    before = await counter.checks(number)
    assert [name for name, (state, _) in before.items() if state == "waiting"] == NEEDED[platform]
    assert {state for state, _ in before.values()} <= {"waiting", "not_needed"}
    if platform == "webchat":
        assert await counter.chat("https://shop.example.com") == 202
    else:
        assert "challenge" not in NEEDED[platform] or await counter.challenge("verify") == 200
        status, setup = await counter.api("POST", f"/v1/numbers/{number}/connect")
        assert (status, setup["ready"]) == (200, False)
        by_name = {one["name"]: one["state"] for one in setup["checks"]}
        assert (by_name["token"], by_name["subscription"]) == ("ok", "ok")
        address = NUMBERS[platform]["meta_phone_number_id"]
        await counter.sandbox.write(channel=platform, number=address, **{"from": CUSTOMERS[platform]}, text="Hello")

    async def ready() -> bool:
        _, setup = await counter.api("GET", f"/v1/numbers/{number}/setup")
        return bool(setup["ready"])

    await until(ready, 30)
    after = await counter.checks(number)
    assert [name for name, (state, _) in after.items() if state == "ok"] == NEEDED[platform]


@pytest.mark.parametrize(
    ("platform", "wrong", "name", "said"),
    [
        ("whatsapp", {"access_token": "wrong"}, "token", "does not take the token"),
        ("whatsapp", {"meta_phone_number_id": "100000000000999"}, "token", "knows no such number"),
        ("whatsapp", {}, "subscription", "does not send this number's webhooks here"),
        ("instagram", {"access_token": "wrong"}, "token", "does not take the token"),
        ("instagram", {}, "subscription", "does not send this number's webhooks here"),
        ("sms", {"access_token": "wrong"}, "token", "does not take the account's sid and token"),
        ("sms", {"settings": {"account_sid": "AC" + "2" * 32}}, "token", "sid and token"),
        ("sms", {"meta_phone_number_id": "+15550100999"}, "token", "does not have this number"),
        ("sms", {}, "subscription", "does not send this number's webhooks here"),
    ],
)  # fmt: skip
async def test_what_the_provider_says_of_a_mistake(
    counter: Counter, platform: str, wrong: dict[str, Any], name: str, said: str
) -> None:
    number = await counter.link(platform, **wrong)
    assert (await counter.api("POST", f"/v1/numbers/{number}/check"))[0] == 200
    state, sentence = (await counter.checks(number))[name]
    assert state == "failed"
    assert said in sentence


async def test_a_wrong_verify_token_is_named_until_it_is_right(counter: Counter) -> None:
    number = await counter.link("whatsapp")
    assert await counter.challenge("another") == 403
    assert "another verify token" in await counter.becomes(number, "challenge", "failed")
    assert await counter.challenge("verify") == 200
    await counter.becomes(number, "challenge", "ok")


async def test_a_wrong_signature_is_named_for_the_number_that_it_names(counter: Counter) -> None:
    number, other = await counter.link("whatsapp"), await counter.link("instagram")
    body = b'{"entry": [{"changes": [{"value": {"metadata": {"phone_number_id": "100000000000001"}}}]}]}'
    headers = {"X-Hub-Signature-256": "sha256=" + "0" * 64}
    async with counter.http.post(f"{counter.url}/webhooks/meta", data=body, headers=headers) as answer:
        assert answer.status == 403
    assert "META_APP_SECRET" in await counter.becomes(number, "signature", "failed")
    assert (await counter.checks(other))["signature"][0] == "waiting"
    sms = await counter.link("sms")
    form = {"To": "+15550100003", "From": "+4670", "AccountSid": SID, "Body": "hi"}
    async with counter.http.post(f"{counter.url}/webhooks/twilio/messages", data=form) as answer:
        assert answer.status == 403
    assert "PUBLIC_URL" in await counter.becomes(sms, "signature", "failed")


async def test_a_website_that_may_not_is_named_until_it_may(counter: Counter) -> None:
    number = await counter.link("webchat")
    assert await counter.chat("https://evil.example.com") == 403
    sentence = await counter.becomes(number, "page", "failed")
    assert "https://evil.example.com, which may not embed it" in sentence
    assert await counter.chat("https://shop.example.com") == 202
    await counter.becomes(number, "page", "ok")


@pytest.mark.parametrize(
    ("platform", "more", "said"),
    [
        ("whatsapp", {"settings": {}}, "waba_id"),
        ("whatsapp", {"access_token": "wrong"}, "does not take the token"),
        ("sms", {"settings": {"account_sid": SID, "messaging_service_sid": "MG" + "1" * 32}}, "messaging service"),
        ("webchat", {}, "has no provider"),
    ],
)
async def test_what_cant_be_connected_says_why(
    counter: Counter, platform: str, more: dict[str, Any], said: str
) -> None:
    number = await counter.link(platform, **more)
    status, problem = await counter.api("POST", f"/v1/numbers/{number}/connect")
    assert status == 409
    assert said in problem["detail"]


async def test_the_verify_token_is_for_those_who_set_up_numbers(counter: Counter, business: Business) -> None:
    number = await counter.link("whatsapp")
    looks = await create_key(business.pool, business.user_id, "looks", ["numbers:read"])
    _, whole = await counter.api("GET", f"/v1/numbers/{number}/setup")
    _, shown = await counter.api("GET", f"/v1/numbers/{number}/setup", key=looks)
    assert [one["name"] for one in whole["values"]] == ["webhook_url", "verify_token"]
    assert [one["name"] for one in shown["values"]] == ["webhook_url"]
    assert whole["values"][1]["value"] == "verify"
    assert "messages" in shown["fields"]
    assert (await counter.api("POST", f"/v1/numbers/{number}/check", key=looks))[0] == 403


async def test_the_script_names_its_number(counter: Counter) -> None:
    number = await counter.link("webchat")
    _, setup = await counter.api("GET", f"/v1/numbers/{number}/setup")
    values = {one["name"]: one["value"] for one in setup["values"]}
    assert values["snippet"] == f'<script src="{counter.url}/webchat/widget.js" data-number="wc_test" async></script>'


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Misconfigured("x", code="10"), "lacks a permission (10)"),
        (Throttled("x", code="4"), "asks us to wait"),
        (Unreachable("x"), "did not answer"),
        (Refused("<script>", code="77"), "did not answer"),
    ],
)
def test_each_class_of_refusal_has_a_sentence(error: SendFailed, said: str) -> None:
    assert said in refusal_of(error).sentence
    assert "<script>" not in refusal_of(error).sentence


def test_the_console_words_every_sentence_with_what_it_names() -> None:
    english = {code: set(re.findall(r"{\w+}", text)) for code, text in SENTENCES.items() if code != "not_needed"}
    for language in ("en", "es", "pt", "fr", "de", "ar"):
        words = json.loads((LOCALE / language / "guide.json").read_text())
        found = {key.removeprefix("code."): text for key, text in words.items() if key.startswith("code.")}
        assert {code: set(re.findall(r"{\w+}", text)) for code, text in found.items()} == english, language


async def test_a_check_says_its_code_and_what_it_names(counter: Counter, pool: Pool) -> None:
    number = await counter.link("webchat")
    assert await counter.chat("https://evil.example.com") == 403
    await counter.becomes(number, "page", "failed")
    _, setup = await counter.api("GET", f"/v1/numbers/{number}/setup")
    page = next(one for one in setup["checks"] if one["name"] == "page")
    assert (page["code"], page["values"]) == ("page_refused", {"origin": "https://evil.example.com"})
    number = await counter.link("whatsapp", settings={})
    _, problem = await counter.api("POST", f"/v1/numbers/{number}/connect")
    assert (problem["code"], problem["values"]) == ("waba_missing", {})
    _, problem = await counter.api("GET", f"/v1/numbers/{number}/templates")
    assert (problem["code"], "templates" in problem["detail"]) == ("waba_missing", True)
    kept = {"token": {"state": "failed", "at": "2026-01-01T00:00:00+00:00", "sentence": "An old sentence."}}
    await pool.execute("update channel_health set checks = $1::jsonb", json.dumps(kept))
    await pool.execute(
        "insert into channel_health (user_id, phone_number_id, checks) select user_id, id, $1::jsonb "
        "from phone_numbers on conflict do nothing", json.dumps(kept),
    )  # fmt: skip
    _, setup = await counter.api("GET", f"/v1/numbers/{number}/setup")
    token = next(one for one in setup["checks"] if one["name"] == "token")
    assert (token["code"], token["sentence"]) == ("", "An old sentence.")


async def test_another_business_has_no_such_number(counter: Counter, pool: Pool) -> None:
    number = await counter.link("whatsapp")
    other = await Business.create(pool)
    key = await create_key(pool, other.user_id, "other", ["*"])
    for method, what in (("GET", "setup"), ("POST", "check"), ("POST", "connect")):
        assert (await counter.api(method, f"/v1/numbers/{number}/{what}", key=key))[0] == 404
