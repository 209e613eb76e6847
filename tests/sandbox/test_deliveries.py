"""Webhooks: again until taken, in order for each customer, and each fault on their way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.sandbox.conftest import Client, Hook, Start, whatsapp_text
from tests.waiting import until

ADA, BO = "15550109991", "15550109992"


async def _write(sandbox: Client, text: str, sender: str = ADA, number: str = "wa1") -> dict[str, Any]:
    return await sandbox.write(number=number, text=text, **{"from": sender})


def _texts(hooks: list[Hook]) -> list[str]:
    values = [change["value"] for hook in hooks for entry in hook.json["entry"] for change in entry["changes"]]
    return [message["text"]["body"] for value in values for message in value.get("messages", [])]


def _statuses(hooks: list[Hook]) -> list[str]:
    values = [change["value"] for hook in hooks for entry in hook.json["entry"] for change in entry["changes"]]
    return [status["status"] for value in values for status in value.get("statuses", [])]


async def test_meta_delivers_again_until_it_is_taken(sandbox: Client) -> None:
    sandbox.gateway.answers("/webhooks/meta", 503, 500, 403, 302)
    await _write(sandbox, "Hi")
    hooks = await sandbox.gateway.received(5)
    assert len({hook.body for hook in hooks}) == 1

    async def taken() -> bool:
        return str((await sandbox.bubbles())[0]["state"]) == "delivered"

    assert await until(taken)
    _, answer = await sandbox.ask("GET", "/_sandbox/deliveries?after=0")
    assert [(row["attempt"], row["status"]) for row in answer["deliveries"]] == [
        (1, 503), (2, 500), (3, 403), (4, 302), (5, 200)
    ]  # fmt: skip
    assert answer["waiting"] == 0


async def test_a_gateway_that_is_away_gets_everything_when_it_is_back(start: Start) -> None:
    sandbox = await start("http://127.0.0.1:9")
    for text in ("1", "2", "3"):
        await _write(sandbox, text)
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    await sandbox.ask("PUT", "/_sandbox/config", json={**config, "gateway": sandbox.gateway.url})
    assert _texts(await sandbox.gateway.received(3)) == ["1", "2", "3"]
    _, answer = await sandbox.ask("GET", "/_sandbox/deliveries")
    assert answer["deliveries"][0]["error"]


async def test_a_customers_messages_wait_for_each_other_and_for_nobody_else(sandbox: Client) -> None:
    hold = asyncio.Event()
    sandbox.gateway.answers("/webhooks/meta", hold)
    await _write(sandbox, "a1")
    await sandbox.gateway.received(1)
    await _write(sandbox, "a2")
    await _write(sandbox, "b1", BO)
    assert _texts(await sandbox.gateway.received(2)) == ["a1", "b1"]
    hold.set()
    assert _texts(await sandbox.gateway.received(3)) == ["a1", "b1", "a2"]


async def test_twilio_gives_up_after_its_patience(sandbox: Client) -> None:
    sandbox.gateway.answers("/webhooks/twilio/messages", *[500] * 100)
    await sandbox.write(channel="sms", text="Hi", **{"from": "+15550109999"})

    async def failed() -> bool:
        return str((await sandbox.bubbles())[0]["state"]) == "failed"

    assert await until(failed)
    assert len(sandbox.gateway.on("/webhooks/twilio/messages")) > 1


async def test_a_duplicate_is_sent_as_often_as_wished(sandbox: Client) -> None:
    await sandbox.fault("duplicate", copies=5)
    await _write(sandbox, "Hi")
    await _write(sandbox, "Bye")
    hooks = await sandbox.gateway.received(6)
    assert _texts(hooks) == ["Hi"] * 5 + ["Bye"]


async def test_two_are_swapped(sandbox: Client) -> None:
    await sandbox.fault("reorder")
    for text in ("1", "2", "3"):
        await _write(sandbox, text)
    assert _texts(await sandbox.gateway.received(3)) == ["2", "1", "3"]


async def test_statuses_are_swapped(sandbox: Client) -> None:
    await sandbox.fault("reorder", event="status")
    await sandbox.graph(whatsapp_text())
    assert _statuses(await sandbox.gateway.received(3)) == ["delivered", "sent", "read"]


async def test_a_lone_webhook_is_not_swapped_and_the_fault_stays(sandbox: Client) -> None:
    await sandbox.fault("reorder", seconds=0)
    await _write(sandbox, "1")
    await sandbox.gateway.received(1)
    _, answer = await sandbox.ask("GET", "/_sandbox/faults")
    assert [(rule["kind"], rule["left"], rule["hits"]) for rule in answer["faults"]] == [("reorder", 1, 0)]


async def test_a_batch_has_entries_changes_and_messages(sandbox: Client) -> None:
    await sandbox.fault("batch", copies=4, seconds=5)
    await _write(sandbox, "a1")
    await _write(sandbox, "a2", BO)
    await _write(sandbox, "b1", number="wa2")
    await sandbox.graph(whatsapp_text(), "100000000000002", "token-wa2")
    (hook, *_) = await sandbox.gateway.received(1)
    entries = hook.json["entry"]
    assert [len(entry["changes"]) for entry in entries] == [1, 2]
    assert [entry["changes"][0]["value"]["metadata"]["phone_number_id"] for entry in entries] == [
        "100000000000001", "100000000000002"
    ]  # fmt: skip
    assert (_texts([hook]), _statuses([hook])) == (["a1", "a2", "b1"], ["sent"])
    assert [contact["wa_id"] for contact in entries[0]["changes"][0]["value"]["contacts"]] == [ADA, BO]


async def test_a_batch_leaves_when_its_time_is_over(sandbox: Client) -> None:
    await sandbox.fault("batch", copies=10, seconds=1)
    await _write(sandbox, "a1")
    await _write(sandbox, "a2")
    (hook,) = await sandbox.gateway.received(1)
    assert _texts([hook]) == ["a1", "a2"]


async def test_a_late_webhook_is_late(sandbox: Client) -> None:
    await sandbox.fault("webhook_delay", seconds=2)
    await _write(sandbox, "late")
    await _write(sandbox, "early", BO)
    assert _texts(await sandbox.gateway.received(2)) == ["early", "late"]


async def test_no_status_is_reported(sandbox: Client) -> None:
    await sandbox.fault("no_status")
    await sandbox.graph(whatsapp_text("silent"))
    _, second = await sandbox.graph(whatsapp_text("loud"))
    hooks = await sandbox.gateway.received(3)
    ids = {hook.json["entry"][0]["changes"][0]["value"]["statuses"][0]["id"] for hook in hooks}
    assert ids == {second["messages"][0]["id"]}


async def test_a_message_fails_later(sandbox: Client) -> None:
    await sandbox.fault("fail_later", code=131047)
    await sandbox.graph(whatsapp_text())
    (hook,) = await sandbox.gateway.received(1)
    status = hook.json["entry"][0]["changes"][0]["value"]["statuses"][0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)


async def test_the_first_answer_is_told_to_who_waits(sandbox: Client) -> None:
    sandbox.gateway.answers("/webhooks/meta", 403)
    answer = await sandbox.write(number="wa1", text="Hi", wait=True, **{"from": ADA})
    assert (answer["status"], answer["taken"]) == (403, False)


@pytest.mark.parametrize("copies", [200])
async def test_many_customers_at_once_lose_nothing(sandbox: Client, copies: int) -> None:
    await asyncio.gather(*(_write(sandbox, str(n), f"1555{n % 40:07}") for n in range(copies)))
    hooks = await sandbox.gateway.received(copies)
    assert sorted(_texts(hooks), key=int) == [str(n) for n in range(copies)]
