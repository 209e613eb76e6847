"""Twilio: what is taken and refused, status callbacks, the list, opt-out, how customers' texts look."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from aiohttp import encode_basic_auth

from sandbox.signatures import sign_twilio
from sandbox.twilio_store import segments
from tests.sandbox.conftest import Client

SID = "AC" + "1" * 32
OURS, THEIRS = "+15550100003", "+15550109999"
ACCOUNT = encode_basic_auth(SID, "12345")
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages.json"


async def _send(sandbox: Client, auth: str | None = ACCOUNT, path: str = MESSAGES, **fields: str) -> Any:
    headers = {"Authorization": auth} if auth else {}
    return await sandbox.ask(
        "POST", path, data={"To": THEIRS, "From": OURS, "Body": "Hello", **fields}, headers=headers
    )


async def _get(sandbox: Client, path: str, **query: str) -> Any:
    return await sandbox.ask("GET", path, params=query, headers={"Authorization": ACCOUNT})


async def test_takes_and_reports(sandbox: Client) -> None:
    callback = f"{sandbox.gateway.url}/webhooks/twilio/status?part=p%201&b=2"
    status, message = await _send(sandbox, StatusCallback=callback)
    assert status == 201
    assert (message["status"], message["direction"], message["num_segments"]) == ("queued", "outbound-api", "1")
    assert (message["to"], message["from"], message["sid"][:2]) == (THEIRS, OURS, "SM")
    assert parsedate_to_datetime(message["date_created"]).tzinfo
    hooks = await sandbox.gateway.received(2, "/webhooks/twilio/status")
    assert [hook.form["MessageStatus"] for hook in hooks] == ["sent", "delivered"]
    for hook in hooks:
        assert hook.raw_path == "/webhooks/twilio/status?part=p%201&b=2"
        assert hook.headers["X-Twilio-Signature"] == sign_twilio("12345", callback, hook.form.items())
        assert hook.form["MessageSid"] == message["sid"]
    (call,) = await sandbox.calls("twilio")
    assert (call["id"], call["part"], call["text"]) == (message["sid"], "p 1", "Hello")
    _, fetched = await _get(sandbox, MESSAGES.replace(".json", f"/{message['sid']}.json"))
    assert fetched["status"] == "delivered"


async def test_a_messaging_service_chooses_later(sandbox: Client) -> None:
    _, message = await _send(sandbox, From="", MessagingServiceSid="MG" + "0" * 32)
    assert (message["status"], message["from"], message["num_segments"]) == ("accepted", None, "0")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        pytest.param({"To": ""}, 21604, id="no recipient"),
        pytest.param({"From": ""}, 21603, id="no sender"),
        pytest.param({"Body": ""}, 21602, id="no body"),
        pytest.param({"To": "15550109999"}, 21211, id="no plus"),
        pytest.param({"To": "Ada"}, 21211, id="no phone"),
        pytest.param({"From": "+15550100009"}, 21606, id="not our sender"),
        pytest.param({"To": OURS}, 21266, id="to ourselves"),
        pytest.param({"Body": "x" * 1601}, 21617, id="too long"),
        pytest.param({"From": "", "MessagingServiceSid": "MG1"}, 21701, id="no such service"),
        pytest.param({"StatusCallback": "callback"}, 21609, id="callback is no address"),
    ],
)
async def test_refuses(sandbox: Client, fields: dict[str, str], code: int) -> None:
    status, error = await _send(sandbox, **fields)
    assert (status, error["code"], error["status"]) == (400, code, 400)
    assert error["more_info"].endswith(str(code))


@pytest.mark.parametrize(
    ("auth", "path", "expected"),
    [
        pytest.param(None, MESSAGES, (401, 20003), id="nobody"),
        pytest.param(encode_basic_auth(SID, "wrong"), MESSAGES, (401, 20003), id="wrong token"),
        pytest.param(ACCOUNT, MESSAGES.replace(SID, "AC" + "2" * 32), (404, 20404), id="another account"),
    ],
)
async def test_checks_the_account(sandbox: Client, auth: str | None, path: str, expected: tuple[int, int]) -> None:
    status, error = await _send(sandbox, auth, path)
    assert (status, error["code"]) == expected


async def test_a_customers_text_looks_like_twilios(sandbox: Client) -> None:
    written = await sandbox.write(channel="sms", number=OURS, **{"from": THEIRS}, text="Hi & bye")
    (hook,) = await sandbox.gateway.received(1, "/webhooks/twilio/messages")
    url = f"{sandbox.gateway.url}/webhooks/twilio/messages"
    assert hook.headers["X-Twilio-Signature"] == sign_twilio("12345", url, hook.form.items())
    expected = {"MessageSid": written["id"], "From": THEIRS, "To": OURS, "Body": "Hi & bye", "NumMedia": "0"}
    assert expected.items() <= hook.form.items()
    assert hook.form["AccountSid"] == SID


async def test_the_list_has_both_directions_newest_first_in_pages(sandbox: Client) -> None:
    for n in range(3):
        await sandbox.write(channel="sms", **{"from": THEIRS}, text=f"in {n}", at=1_700_000_000 + n * 86_400)
    await _send(sandbox, Body="out")
    _, page = await _get(sandbox, MESSAGES, PageSize="2")
    _, rest = await _get(sandbox, page["next_page_uri"])
    assert [m["body"] for m in page["messages"] + rest["messages"]] == ["out", "in 2", "in 1", "in 0"]
    assert rest["next_page_uri"] is None
    assert {m["direction"] for m in rest["messages"]} == {"inbound"}
    _, since = await _get(sandbox, MESSAGES, **{"To": OURS, "DateSent>": "2023-11-15"})
    assert [m["body"] for m in since["messages"]] == ["in 2", "in 1"]
    _, day = await _get(sandbox, MESSAGES, DateSent="2023-11-14")
    assert [m["body"] for m in day["messages"]] == ["in 0"]
    status, error = await _get(sandbox, MESSAGES, DateSent="yesterday")
    assert (status, error["code"]) == (400, 20001)


async def test_stop_is_obeyed_until_start(sandbox: Client) -> None:
    await sandbox.write(channel="sms", **{"from": THEIRS}, text=" stop ")
    status, error = await _send(sandbox)
    assert (status, error["code"]) == (400, 21610)
    await sandbox.write(channel="sms", **{"from": THEIRS}, text="START")
    assert (await _send(sandbox))[0] == 201
    notices = [bubble for bubble in await sandbox.bubbles() if bubble["side"] == "notice"]
    assert len(notices) == 2


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("😀" * 36, 2),
    ],
)
def test_counts_segments(text: str, count: int) -> None:
    assert segments(text) == count
