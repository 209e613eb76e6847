"""Faults on the gateway's own calls, and the rules' bookkeeping."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientError, ClientTimeout, encode_basic_auth

from sandbox.faults import FaultOrder, Faults
from tests.sandbox.conftest import Client, whatsapp_text

TWILIO = "/2010-04-01/Accounts/AC" + "1" * 32 + "/Messages.json"
TWILIO_FORM = {"To": "+15550109999", "From": "+15550100003", "Body": "Hello"}


async def _send(sandbox: Client, provider: str) -> tuple[int, Any]:
    if provider == "whatsapp":
        return await sandbox.graph(whatsapp_text())
    if provider == "instagram":
        body = {"recipient": {"id": "900"}, "message": {"text": "Hello"}}
        return await sandbox.graph(body, "me", "token-ig1")
    headers = {"Authorization": encode_basic_auth("AC" + "1" * 32, "12345")}
    return await sandbox.ask("POST", TWILIO, data=TWILIO_FORM, headers=headers)


@pytest.mark.parametrize(
    ("provider", "order", "status", "code"),
    [
        ("whatsapp", {"kind": "rate_limit"}, 429, 130429),
        ("whatsapp", {"kind": "rate_limit", "code": 131056}, 429, 131056),
        ("whatsapp", {"kind": "server_error", "status": 503}, 503, 2),
        ("whatsapp", {"kind": "wrong_token"}, 401, 190),
        ("whatsapp", {"kind": "refuse"}, 400, 131026),
        ("whatsapp", {"kind": "refuse", "code": "131030"}, 400, 131030),
        ("instagram", {"kind": "rate_limit"}, 429, 4),
        ("instagram", {"kind": "refuse", "code": 10}, 400, 10),
        ("instagram", {"kind": "wrong_token"}, 401, 190),
        ("twilio", {"kind": "rate_limit"}, 429, 20429),
        ("twilio", {"kind": "server_error"}, 500, 20500),
        ("twilio", {"kind": "wrong_token"}, 401, 20003),
        ("twilio", {"kind": "refuse", "code": 21610}, 400, 21610),
    ],
)
async def test_a_refusal_in_the_providers_words(
    sandbox: Client, provider: str, order: dict[str, Any], status: int, code: int
) -> None:
    await sandbox.fault(provider=provider, **order)
    got, answer = await _send(sandbox, provider)
    assert (got, answer.get("error", answer)["code"]) == (status, code)
    assert (await _send(sandbox, provider))[0] in (200, 201)
    first, second = await sandbox.calls(provider)
    assert (first["status"], first["id"], first["fault"]) == (status, None, order["kind"])
    assert (second["id"] is not None, second["fault"]) == (True, "")


@pytest.mark.parametrize("provider", ["whatsapp", "instagram", "twilio"])
async def test_a_proxy_answers_in_html(sandbox: Client, provider: str) -> None:
    await sandbox.fault("html_502")
    with pytest.raises(ValueError, match="Expecting value"):
        await _send(sandbox, provider)


@pytest.mark.parametrize("provider", ["whatsapp", "instagram", "twilio"])
@pytest.mark.parametrize(("kind", "stored"), [("drop_before_store", False), ("drop_after_store", True)])
async def test_a_cut_connection(sandbox: Client, provider: str, kind: str, stored: bool) -> None:
    await sandbox.fault(kind)
    with pytest.raises(ClientError):
        await _send(sandbox, provider)
    (call,) = await sandbox.calls(provider)
    assert (call["id"] is not None, call["status"], call["fault"]) == (stored, None, kind)
    assert len(await sandbox.bubbles()) == stored


async def test_a_lost_answer_is_stored_and_reported(sandbox: Client) -> None:
    await sandbox.fault("answer_lost")
    with pytest.raises(TimeoutError):
        await sandbox.ask(
            "POST",
            "/v23.0/100000000000001/messages",
            json=whatsapp_text(biz_opaque_callback_data="p"),
            headers={"Authorization": "Bearer token-wa1"},
            timeout=ClientTimeout(total=0.2),
        )
    hooks = await sandbox.gateway.received(3)
    (call,) = await sandbox.calls("meta")
    told = hooks[0].json["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert (call["status"], told["id"], told["biz_opaque_callback_data"]) == (None, call["id"], "p")


async def test_a_fault_for_a_message_passes_by_reading_and_typing(sandbox: Client) -> None:
    await sandbox.fault("rate_limit")
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}
    assert (await sandbox.graph(read))[0] == 200
    assert (await sandbox.graph(whatsapp_text()))[0] == 429
    await sandbox.fault("rate_limit", event="action")
    assert (await sandbox.graph(whatsapp_text()))[0] == 200
    assert (await sandbox.graph(read))[0] == 429


async def test_a_fault_of_media_is_not_spent_on_a_message(sandbox: Client) -> None:
    await sandbox.fault("expired_media")
    await sandbox.graph(whatsapp_text())
    _, answer = await sandbox.ask("GET", "/_sandbox/faults")
    assert [(rule["kind"], rule["left"]) for rule in answer["faults"]] == [("expired_media", 1)]


@pytest.mark.parametrize("provider", ["whatsapp", "instagram", "twilio"])
@pytest.mark.parametrize("order", [{"kind": "drop_after_store"}, {"kind": "answer_lost", "seconds": 0}])
async def test_a_fault_that_names_messages_strikes_after_the_store(
    sandbox: Client, provider: str, order: dict[str, Any]
) -> None:
    await sandbox.fault(provider=provider, event="action", **order)
    await sandbox.fault(provider=provider, event="message", **order)
    with pytest.raises(ClientError):
        await _send(sandbox, provider)
    assert (await _send(sandbox, provider))[0] in (200, 201)
    first, second = await sandbox.calls(provider)
    assert (first["id"] is not None, first["status"], first["fault"]) == (True, None, order["kind"])
    assert second["fault"] == ""


@pytest.mark.parametrize(("provider", "status"), [("whatsapp", 404), ("instagram", 403), ("twilio", 404)])
async def test_a_customers_file_expires(sandbox: Client, provider: str, status: int) -> None:
    channel, customer = ("sms", "+15550109999") if provider == "twilio" else (provider, "15550109999")
    await sandbox.write(**{"channel": channel, "from": customer, "media": {}})
    path = "/webhooks/twilio/messages" if provider == "twilio" else "/webhooks/meta"
    (hook,) = await sandbox.gateway.received(1, path)
    headers = {"Authorization": encode_basic_auth("AC" + "1" * 32, "12345")}
    if provider == "twilio":
        url = hook.form["MediaUrl0"]
    elif provider == "instagram":
        url = hook.json["entry"][0]["messaging"][0]["message"]["attachments"][0]["payload"]["url"]
    else:
        headers = {"Authorization": "Bearer token-wa1"}
        media_id = hook.json["entry"][0]["changes"][0]["value"]["messages"][0]["image"]["id"]
        url = (await sandbox.ask("GET", f"/v23.0/{media_id}", headers=headers))[1]["url"]
    await sandbox.fault("expired_media", provider=provider)
    for expected in (status, 200):
        async with sandbox.http.get(url, headers=headers) as answer:
            assert answer.status == expected


async def test_a_delayed_answer_comes(sandbox: Client) -> None:
    await sandbox.fault("delay", seconds=0.05)
    status, _ = await sandbox.graph(whatsapp_text())
    (call,) = await sandbox.calls()
    assert (status, call["fault"], call["status"]) == (200, "delay", 200)


async def test_a_fault_keeps_to_its_number(sandbox: Client) -> None:
    await sandbox.fault("refuse", number="wa2")
    assert (await sandbox.graph(whatsapp_text()))[0] == 200
    assert (await sandbox.graph(whatsapp_text(), "100000000000002", "token-wa2"))[0] == 400


@pytest.mark.parametrize(
    ("order", "takes"),
    [
        pytest.param({}, [True, False], id="once"),
        pytest.param({"count": 2}, [True, True, False], id="twice"),
        pytest.param({"probability": 1.0}, [True] * 5, id="always"),
        pytest.param({"probability": 0.0}, [False] * 5, id="never"),
        pytest.param({"probability": 1.0, "count": 1}, [True, False], id="likely, once"),
        pytest.param({"seconds": 60}, [True] * 5, id="for a minute"),
        pytest.param({"seconds": 0}, [False], id="for no time"),
        pytest.param({"provider": "meta"}, [True, False], id="for the family"),
        pytest.param({"provider": "instagram"}, [False], id="for another provider"),
        pytest.param({"number": "n2"}, [False], id="for another number"),
    ],
)
def test_a_rule_strikes_as_often_as_it_says(order: dict[str, Any], takes: list[bool]) -> None:
    faults = Faults()
    faults.add(FaultOrder(kind="rate_limit", **order))
    assert [bool(faults.take(("rate_limit",), "whatsapp", ("n1",))) for _ in takes] == takes


def test_a_seed_repeats_the_choices() -> None:
    def run() -> list[bool]:
        faults = Faults()
        faults.seed(7)
        faults.add(FaultOrder(kind="rate_limit", probability=0.5))
        return [bool(faults.take(("rate_limit",), "openai")) for _ in range(50)]

    first = run()
    assert first == run()
    assert 10 < sum(first) < 40
