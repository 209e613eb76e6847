"""The /_sandbox interface: its shapes, its refusals, and webhooks written by hand."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.faults import KINDS
from sandbox.signatures import sign_meta, sign_twilio
from tests.sandbox.conftest import Client, config_for, whatsapp_text

NUMBER_KEYS = {"id", "platform", "meta_phone_number_id", "address", "display_name"}


async def test_the_configuration_has_the_promised_shape(sandbox: Client) -> None:
    status, config = await sandbox.ask("GET", "/_sandbox/config")
    assert status == 200
    given = config_for(sandbox.gateway.url)
    for key in ("gateway", "api_key", "meta", "twilio", "openai", "numbers"):
        assert config[key] == given[key]
    assert all(set(number) >= NUMBER_KEYS for number in config["numbers"])
    assert [number["platform"] for number in config["numbers"]].count("whatsapp") == 2
    assert config["urls"]["openai"] == f"{sandbox.url}/v1"


async def test_the_configuration_is_replaced_whole(sandbox: Client) -> None:
    changed = {**config_for("http://127.0.0.1:1"), "api_key": "other", "note": "kept"}
    status, config = await sandbox.ask("PUT", "/_sandbox/config", json=changed)
    assert (status, config["gateway"], config["api_key"], config["note"]) == (
        200,
        "http://127.0.0.1:1",
        "other",
        "kept",
    )
    assert (await sandbox.ask("GET", "/_sandbox/config"))[1] == config


async def test_a_configuration_that_cannot_work_changes_nothing(sandbox: Client) -> None:
    _, before = await sandbox.ask("GET", "/_sandbox/config")
    for wrong in ({"gateway": "ftp://x"}, {"numbers": [{"id": "a"}]}, {"behaviour": {"speed": 9}}):
        status, problem = await sandbox.ask("PUT", "/_sandbox/config", json=wrong)
        assert (status, problem["status"]) == (422, 422)
        assert next(iter(wrong)) in problem["detail"]
    assert (await sandbox.ask("GET", "/_sandbox/config"))[1] == before


async def test_a_strangers_page_cannot_reach_in(sandbox: Client) -> None:
    status, _ = await sandbox.ask("GET", "/_sandbox/config", headers={"Host": "evil.example"})
    assert status == 403
    status, _ = await sandbox.ask("POST", "/_sandbox/faults", data='{"kind": "delay"}')
    assert status == 415


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        pytest.param({"channel": "whatsapp", "number": "no"}, "no number", id="unknown number"),
        pytest.param({"channel": "sms", "number": "wa1"}, "no number", id="number of another channel"),
        pytest.param({"channel": "fax"}, "no number", id="unknown channel"),
        pytest.param({"channel": "whatsapp", "from": "Ada"}, "phone number", id="no phone"),
        pytest.param({"channel": "sms", "from": "12"}, "E.164", id="no E.164"),
        pytest.param({"channel": "whatsapp", "from": ""}, "from", id="nobody"),
        pytest.param({"channel": "whatsapp", "colour": "red"}, "colour", id="unknown field"),
        pytest.param({"channel": "whatsapp", "media": {"kind": "smell"}}, "media", id="unknown media"),
        pytest.param({"channel": "whatsapp", "at": "noon"}, "at", id="unreadable time"),
    ],
)
async def test_refuses_what_no_customer_can_write(sandbox: Client, message: dict[str, Any], detail: str) -> None:
    status, problem = await sandbox.ask(
        "POST", "/_sandbox/messages", json={"from": "15550109999", "text": "Hi", **message}
    )
    assert status == 422
    assert detail in problem["detail"]


async def test_an_unknown_fault_is_answered_with_the_known_ones(sandbox: Client) -> None:
    status, problem = await sandbox.ask("POST", "/_sandbox/faults", json={"kind": "flood"})
    assert (status, problem["kinds"]) == (422, list(KINDS))
    status, _ = await sandbox.ask("POST", "/_sandbox/faults", json={"kind": "delay", "provider": "fax"})
    assert status == 422


async def test_faults_are_listed_and_cleared(sandbox: Client) -> None:
    await sandbox.fault("duplicate", count=3, provider="meta")
    _, listed = await sandbox.ask("GET", "/_sandbox/faults")
    assert [(fault["kind"], fault["left"], fault["provider"]) for fault in listed["faults"]] == [
        ("duplicate", 3, "meta")
    ]
    assert set(listed["kinds"]) == set(KINDS)
    _, cleared = await sandbox.ask("DELETE", "/_sandbox/faults")
    assert cleared["faults"] == []


async def test_calls_come_in_pages(sandbox: Client) -> None:
    for n in range(5):
        await sandbox.graph(whatsapp_text(str(n)))
    _, first = await sandbox.ask("GET", "/_sandbox/calls?provider=meta&limit=3")
    _, second = await sandbox.ask("GET", f"/_sandbox/calls?provider=whatsapp&after={first['calls'][-1]['n']}")
    assert [call["text"] for call in first["calls"] + second["calls"]] == ["0", "1", "2", "3", "4"]
    assert (await sandbox.ask("GET", "/_sandbox/calls?after=x"))[0] == 400


META_BODY = {"object": "instagram", "entry": []}


@pytest.mark.parametrize("signature", ["good", "bad", "none"])
async def test_a_webhook_by_hand_for_meta(sandbox: Client, signature: str) -> None:
    sandbox.gateway.answers("/webhooks/meta", 403)
    wish = {"provider": "meta", "body": META_BODY, "signature": signature}
    status, answer = await sandbox.ask("POST", "/_sandbox/webhooks", json=wish)
    assert (status, answer["status"]) == (200, 403)
    (hook,) = sandbox.gateway.on("/webhooks/meta")
    assert hook.json == META_BODY
    given = hook.headers.get("X-Hub-Signature-256")
    assert (given is None) == (signature == "none")
    assert (given == sign_meta("app-secret", hook.body)) == (signature == "good")


async def test_a_webhook_by_hand_for_twilio(sandbox: Client) -> None:
    wish = {"provider": "twilio", "body": {"Body": "a b&c", "To": "+1"}, "path": "/webhooks/twilio/messages?x=1"}
    status, _ = await sandbox.ask("POST", "/_sandbox/webhooks", json=wish)
    assert status == 200
    (hook,) = sandbox.gateway.on("/webhooks/twilio/messages")
    url = f"{sandbox.gateway.url}/webhooks/twilio/messages?x=1"
    assert hook.form == wish["body"]
    assert hook.headers["X-Twilio-Signature"] == sign_twilio("12345", url, hook.form.items())


async def test_meta_asks_who_is_there(sandbox: Client) -> None:
    wish = {"provider": "meta", "verify": True}
    assert (await sandbox.ask("POST", "/_sandbox/webhooks", json=wish))[0] == 200
    (hook,) = sandbox.gateway.on("/webhooks/meta")
    assert "hub.verify_token=verify" in hook.raw_path
    assert "hub.mode=subscribe" in hook.raw_path


async def test_a_gateway_that_is_away_is_said_to_be(sandbox: Client) -> None:
    await sandbox.ask("PUT", "/_sandbox/config", json=config_for("http://127.0.0.1:9"))
    status, problem = await sandbox.ask("POST", "/_sandbox/webhooks", json={"provider": "meta", "body": {}})
    assert (status, problem["status"]) == (502, 502)


async def test_numbers_describe_themselves(sandbox: Client) -> None:
    headers = {"Authorization": "Bearer token-wa1"}
    status, card = await sandbox.ask("GET", "/v23.0/100000000000001", headers=headers)
    assert (status, card["display_phone_number"]) == (200, "+15550100001")
    assert await sandbox.ask("GET", "/healthz") == (200, {"status": "ok"})


async def test_a_spare_number_works_like_any_other(sandbox: Client) -> None:
    spare = {
        "id": "spare",
        "platform": "whatsapp",
        "meta_phone_number_id": "100000000000077",
        "address": "+15550100077",
        "access_token": "t",
    }
    changed = {**config_for(sandbox.gateway.url), "spares": [spare]}
    assert (await sandbox.ask("PUT", "/_sandbox/config", json=changed))[0] == 200
    status, card = await sandbox.ask("GET", "/v23.0/100000000000077", headers={"Authorization": "Bearer t"})
    assert (status, card["display_phone_number"]) == (200, "+15550100077")
    written = {"number": "spare", "from": "4670111", "text": "Is it open?"}
    assert (await sandbox.ask("POST", "/_sandbox/messages", json=written))[0] == 202
    (hook,) = await sandbox.gateway.received(1)
    assert hook.json["entry"][0]["changes"][0]["value"]["metadata"]["phone_number_id"] == "100000000000077"
    # Whoever names no number writes to one that the business has.
    assert (
        await sandbox.ask("POST", "/_sandbox/messages", json={"channel": "whatsapp", "from": "4670112", "text": "x"})
    )[0] == 202
    assert (await sandbox.gateway.received(2))[1].json["entry"][0]["changes"][0]["value"]["metadata"][
        "phone_number_id"
    ] != "100000000000077"
