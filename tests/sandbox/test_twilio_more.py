"""Twilio's schema, files both ways, senders that are words, what is found by asking, and Advanced Opt-Out."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import encode_basic_auth

from sandbox.media import PIXEL
from sandbox.signatures import sign_twilio
from tests.sandbox.conftest import Client, Start
from tests.waiting import until

SID = "AC" + "1" * 32
OURS, THEIRS = "+15550100003", "+15550109999"
ACCOUNT = {"Authorization": encode_basic_auth(SID, "12345")}
MESSAGES = f"/2010-04-01/Accounts/{SID}/Messages"
PICTURE = "https://example.com/a.png"


async def _send(sandbox: Client, *more: tuple[str, str], **fields: str) -> tuple[int, Any]:
    form = {"To": THEIRS, "From": OURS, "Body": "Hello", **fields}
    return await sandbox.ask("POST", f"{MESSAGES}.json", data=[*form.items(), *more], headers=ACCOUNT)


async def _get(sandbox: Client, path: str, **query: str) -> Any:
    status, answer = await sandbox.ask("GET", path, params=query, headers=ACCOUNT)
    assert status == 200, answer
    return answer


@pytest.mark.parametrize(
    "fields",
    [
        {"ValidityPeriod": "36000"},
        {"SmartEncoded": "true", "ProvideFeedback": "false", "RiskCheck": "disable"},
        {"MessagingServiceSid": "MG" + "0" * 32, "ScheduleType": "fixed", "SendAt": "2026-12-01T10:00:00Z"},
        {"Body": "", "ContentSid": "HX" + "0" * 32, "ContentVariables": '{"1":"Ada"}'},
        {"MaxPrice": "0.05", "Attempt": "2", "ContentRetention": "retain", "AddressRetention": "obfuscate"},
    ],
)
async def test_takes_what_the_schema_names(sandbox: Client, fields: dict[str, str]) -> None:
    assert (await _send(sandbox, **fields))[0] == 201


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Colour": "red"}, 20001),
        ({"ValidityPeriod": "0"}, 21621),
        ({"ValidityPeriod": "36001"}, 21621),
        ({"ValidityPeriod": "soon"}, 21621),
        ({"SmartEncoded": "yes"}, 20001),
        ({"ScheduleType": "later"}, 20001),
        ({"SendAt": "tomorrow"}, 20001),
        ({"MaxPrice": "cheap"}, 20001),
        ({"Attempt": "-1"}, 20001),
        ({"ContentRetention": "keep"}, 20001),
        ({"AddressRetention": "keep"}, 20001),
        ({"TrafficType": "paid"}, 20001),
        ({"RiskCheck": "on"}, 20001),
        ({"ContentSid": "HX1"}, 20001),
        ({"ApplicationSid": "AP1"}, 20001),
        ({"MediaUrl": "ftp://example.com/a"}, 21620),
        ({"MediaUrl": "/a.png"}, 21620),
        ({"From": "TwelveLetter"}, 21212),
        ({"From": "Front-desk"}, 21212),
        ({"From": "Somebody"}, 21606),
    ],
)
async def test_refuses_what_the_schema_does_not_name(sandbox: Client, fields: dict[str, str], code: int) -> None:
    status, refusal = await _send(sandbox, **fields)
    assert (status, refusal["code"]) == (400, code)


@pytest.mark.parametrize(("count", "status"), [(10, 201), (11, 400)])
async def test_ten_files_are_the_most(sandbox: Client, count: int, status: int) -> None:
    got, answer = await _send(sandbox, *(("MediaUrl", f"{PICTURE}?{n}") for n in range(count)))
    assert got == status
    if status == 201:
        assert (answer["num_media"], answer["sid"][:2]) == ("10", "MM")
    else:
        assert answer["code"] == 21623


async def test_a_field_stands_once(sandbox: Client) -> None:
    status, refusal = await _send(sandbox, ("Body", "again"))
    assert (status, refusal["code"]) == (400, 20001)


@pytest.mark.parametrize(("body", "shown"), [("Look", f"Look\n[media] {PICTURE}"), ("", f"[media] {PICTURE}")])
async def test_a_file_stands_on_the_phone(sandbox: Client, body: str, shown: str) -> None:
    assert (await _send(sandbox, Body=body, MediaUrl=PICTURE))[0] == 201
    (bubble,) = await sandbox.bubbles()
    assert (bubble["side"], bubble["text"], bubble["kind"]) == ("business", shown, "media")


async def test_a_word_may_send_and_nobody_can_answer_it(sandbox: Client) -> None:
    _, config = await sandbox.ask("GET", "/_sandbox/config")
    word = {"id": "sms2", "platform": "sms", "meta_phone_number_id": "Front Desk", "address": "Front Desk"}
    config["numbers"].append(word)
    assert (await sandbox.ask("PUT", "/_sandbox/config", json=config))[0] == 200
    status, message = await _send(sandbox, From="Front Desk")
    assert (status, message["from"]) == (201, "Front Desk")
    order = {"channel": "sms", "number": "sms2", "from": THEIRS, "text": "Hi"}
    status, problem = await sandbox.ask("POST", "/_sandbox/messages", json=order)
    assert (status, problem["detail"]) == (422, "Front Desk is a name; nobody can write to it")


async def test_what_the_gateway_never_heard_is_in_the_list_with_its_files(start: Start) -> None:
    sandbox = await start("http://127.0.0.1:9", twilio_patience=0)
    await sandbox.write(channel="sms", **{"from": THEIRS}, text="Look", media={})

    async def given_up() -> bool:
        return [bubble["state"] for bubble in await sandbox.bubbles()] == ["failed"]

    assert await until(given_up)
    page = await _get(sandbox, f"{MESSAGES}.json", To=OURS, PageSize="10")
    (message,) = page["messages"]
    assert (message["direction"], message["num_media"], message["from"]) == ("inbound", "1", THEIRS)
    (file,) = (await _get(sandbox, message["subresource_uris"]["media"]))["media_list"]
    assert (file["content_type"], file["parent_sid"]) == ("image/png", message["sid"])
    path = file["uri"].removesuffix(".json")
    async with sandbox.http.get(sandbox.url + path, headers=ACCOUNT) as answer:
        assert (answer.status, await answer.read()) == (200, PIXEL)


async def test_a_file_is_for_the_account_and_expires(sandbox: Client) -> None:
    await sandbox.write(channel="sms", **{"from": THEIRS}, media={})
    other = await sandbox.write(channel="sms", **{"from": THEIRS}, text="no file")
    (hook, _) = await sandbox.gateway.received(2, "/webhooks/twilio/messages")
    (file,) = (await _get(sandbox, f"{MESSAGES}/{hook.form['MessageSid']}/Media.json"))["media_list"]
    path = file["uri"].removesuffix(".json")
    listed = sandbox.url + path
    for url in (listed, hook.form["MediaUrl0"]):
        async with sandbox.http.get(url) as answer:
            assert answer.status == 401
    async with sandbox.http.get(listed.replace(hook.form["MessageSid"], other["id"]), headers=ACCOUNT) as answer:
        assert answer.status == 404
    await sandbox.fault("expired_media", provider="twilio", count=2)
    for url in (listed, hook.form["MediaUrl0"]):
        async with sandbox.http.get(url, headers=ACCOUNT) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ({}, ["out", "in 2", "in 1"]),
        ({"To": OURS}, ["in 2", "in 1"]),
        ({"From": THEIRS}, ["in 2", "in 1"]),
        ({"From": OURS}, ["out"]),
        ({"To": OURS, "DateSent>": "2023-11-15"}, ["in 2"]),
        ({"To": OURS, "DateSent<": "2023-11-14"}, ["in 1"]),
        ({"DateSent": "2023-11-15"}, ["in 2"]),
        ({"To": "+15550100009"}, []),
    ],
)
async def test_the_list_is_narrowed(sandbox: Client, query: dict[str, str], bodies: list[str]) -> None:
    for n in (1, 2):
        at = 1_700_000_000 + (n - 1) * 86_400
        await sandbox.write(channel="sms", **{"from": THEIRS}, text=f"in {n}", at=at)
    await _send(sandbox, Body="out")
    assert [message["body"] for message in (await _get(sandbox, f"{MESSAGES}.json", **query))["messages"]] == bodies


@pytest.mark.parametrize(
    ("texts", "told"),
    [(["stop"], "STOP"), (["STOPALL"], "STOP"), (["stop", "Start"], "START"), (["HELP"], "HELP"), (["hi"], None)],
)
@pytest.mark.parametrize("advanced", [True, False])
async def test_the_webhook_tells_what_twilio_obeyed(
    start: Start, texts: list[str], told: str | None, advanced: bool
) -> None:
    sandbox = await start(advanced_opt_out=advanced)
    for text in texts:
        await sandbox.write(channel="sms", **{"from": THEIRS}, text=text, wait=True)
    hook = (await sandbox.gateway.received(len(texts), "/webhooks/twilio/messages"))[-1]
    assert hook.form.get("OptOutType") == (told if advanced else None)
    url = f"{sandbox.gateway.url}/webhooks/twilio/messages"
    assert hook.headers["X-Twilio-Signature"] == sign_twilio("12345", url, hook.form.items())
    notices = [bubble for bubble in await sandbox.bubbles() if bubble["side"] == "notice"]
    assert len(notices) == (len(texts) if told else 0)
