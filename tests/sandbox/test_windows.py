"""The windows for free answers: a day on WhatsApp, a day on Instagram and a week for humans there."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.sandbox.conftest import Client, Start, whatsapp_text

WHATSAPP, INSTAGRAM, PHONE = "100000000000001", "17840000000000001", "15550109999"
TEMPLATE = whatsapp_text(type="template", template={"name": "visit", "language": {"code": "en"}})
del TEMPLATE["text"]
HUMAN = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}


async def _silence(sandbox: Client, number: str, customer: str, hours: float) -> None:
    order = {"number": number, "customer": customer, "hours_ago": hours}
    assert (await sandbox.ask("POST", "/_sandbox/clock", json=order))[0] == 200


async def _free(sandbox: Client, **more: Any) -> int:
    status, answer = await sandbox.graph({**whatsapp_text(), **more})
    assert status == 200 or answer["error"]["code"] == 131047
    return status


@pytest.mark.parametrize(("number", "customer"), [(WHATSAPP, PHONE), ("wa1", PHONE), ("wa1", "+1 555 010-9999")])
async def test_after_a_day_only_a_template_passes(sandbox: Client, number: str, customer: str) -> None:
    await _silence(sandbox, number, customer, 25)
    assert await _free(sandbox) == 400
    assert (await sandbox.graph(TEMPLATE))[0] == 200
    assert await _free(sandbox, to="15550108888") == 200
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "text": "I am back"})
    assert await _free(sandbox) == 200


async def test_a_refused_message_is_not_on_the_phone(sandbox: Client) -> None:
    await _silence(sandbox, WHATSAPP, PHONE, 25)
    await _free(sandbox)
    (call,) = await sandbox.calls("whatsapp")
    assert (call["status"], call["id"], await sandbox.bubbles()) == (400, None, [])


async def test_a_person_is_the_same_by_phone_and_by_user_id(sandbox: Client) -> None:
    _, answer = await sandbox.graph(whatsapp_text())
    user_id = answer["contacts"][0]["user_id"]
    await _silence(sandbox, WHATSAPP, PHONE, 25)
    body = {**whatsapp_text(), "recipient": user_id}
    del body["to"]
    status, refusal = await sandbox.graph(body)
    assert (status, refusal["error"]["code"]) == (400, 131047)


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"kind": "reaction", "message_id": "w"}, 200),
        ({"kind": "button", "id": "a", "title": "Yes"}, 200),
        ({"kind": "edit", "message_id": "w", "text": "x"}, 400),
        ({"kind": "revoke", "message_id": "w"}, 400),
        ({"kind": "marketing_resume"}, 400),
        ({"kind": "rotate_id", "to": "US.7"}, 400),
    ],
)
async def test_not_everything_opens_the_window(sandbox: Client, event: dict[str, Any], status: int) -> None:
    await _silence(sandbox, WHATSAPP, PHONE, 25)
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "event": event})
    assert await _free(sandbox) == status


async def test_what_the_owner_writes_opens_nothing(sandbox: Client) -> None:
    await _silence(sandbox, WHATSAPP, PHONE, 25)
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "text": "Hello?", "side": "business"})
    assert await _free(sandbox) == 400


async def test_with_windows_on_the_first_word_is_the_customers(start: Start) -> None:
    sandbox = await start(window=True)
    assert await _free(sandbox) == 400
    assert (await sandbox.graph(TEMPLATE))[0] == 200
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "text": "Hi"})
    assert await _free(sandbox) == 200
    await sandbox.write(**{"channel": "whatsapp", "from": "15550108888", "text": "Hi", "at": time.time() - 25 * 3600})
    assert await _free(sandbox, to="15550108888") == 400


async def test_windows_are_off_unless_wanted(sandbox: Client) -> None:
    await sandbox.write(**{"channel": "whatsapp", "from": PHONE, "text": "Hi", "at": time.time() - 25 * 3600})
    assert await _free(sandbox) == 200


@pytest.mark.parametrize(
    ("hours", "tag", "status"),
    [(23, {}, 200), (25, {}, 400), (25, HUMAN, 200), (167, HUMAN, 200), (169, HUMAN, 400)],
)
async def test_on_instagram_a_human_has_a_week(sandbox: Client, hours: float, tag: dict[str, str], status: int) -> None:
    await _silence(sandbox, INSTAGRAM, "77", hours)
    got, answer = await sandbox.graph(
        {"recipient": {"id": "77"}, "message": {"text": "x"}, **tag}, INSTAGRAM, "token-ig1"
    )
    assert got == status
    if status == 400:
        assert (answer["error"]["code"], answer["error"]["error_subcode"]) == (10, 2534022)


async def test_a_read_on_instagram_opens_nothing(sandbox: Client) -> None:
    await _silence(sandbox, INSTAGRAM, "77", 25)
    body = {"recipient": {"id": "77"}, "message": {"text": "x"}}
    await sandbox.write(**{"channel": "instagram", "from": "77", "event": {"kind": "seen", "message_id": "m"}})
    assert (await sandbox.graph(body, INSTAGRAM, "token-ig1"))[0] == 400
    await sandbox.write(
        **{"channel": "instagram", "from": "77", "event": {"kind": "postback", "id": "a", "title": "b"}}
    )
    assert (await sandbox.graph(body, INSTAGRAM, "token-ig1"))[0] == 200


@pytest.mark.parametrize(
    "order",
    [
        {"number": "nobody", "customer": PHONE, "hours_ago": 25},
        {"number": "sms1", "customer": "+15550109999", "hours_ago": 25},
        {"number": "web1", "customer": "v", "hours_ago": 25},
        {"number": "wa1", "customer": PHONE, "hours_ago": -1},
        {"number": "wa1", "customer": PHONE},
        {"number": "wa1", "customer": "", "hours_ago": 25},
    ],
)
async def test_a_clock_that_is_none_is_refused(sandbox: Client, order: dict[str, Any]) -> None:
    status, problem = await sandbox.ask("POST", "/_sandbox/clock", json=order)
    assert (status, bool(problem["detail"])) == (422, True)
