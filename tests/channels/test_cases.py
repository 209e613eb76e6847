"""Every case of every channel: a provider's bytes in, events out; a part in, one HTTP call out.

Inputs are written by hand. `RECORD=1` writes what came out beside them, to be read before it is committed.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from channels import ENDPOINTS, Urls, build_channels
from channels.base import Hook, Outbound, Sender
from channels.errors import HookRejected, SendFailed
from channels.meta import Meta
from channels.twilio import signature

ECHO_NO = ("echo", False)
CASES = Path(__file__).parent / "cases"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(CASES.glob("*.json"))}
RECEIVES = [(name, case) for name, file in FILES.items() for case in file["receives"]]
SENDS = [(name, case) for name, file in FILES.items() for case in file["sends"]]


def label(value: Any) -> str:
    return value["label"] if isinstance(value, dict) else str(value)


def plain(value: Any) -> Any:
    """Events as JSON, without what is empty."""
    if isinstance(value, dict):
        empty = ("", None, (), [], {})
        return {name: plain(inner) for name, inner in value.items() if inner not in empty and (name, inner) != ECHO_NO}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, datetime) else value


def settle(name: str, case: dict[str, Any], got: Any) -> None:
    """Compares with what was recorded, or records it."""
    if os.environ.get("RECORD"):
        case["then"] = got
        text = json.dumps(FILES[name], indent=1, ensure_ascii=False) + "\n"
        (CASES / f"{name}.json").write_bytes(text.encode("utf-8", "backslashreplace"))  # an escape for half an emoji
    assert got == case["then"]


@pytest.mark.parametrize(("name", "case"), RECEIVES, ids=label)
def test_what_a_provider_says_is_understood(name: str, case: dict[str, Any]) -> None:
    (endpoint,) = [one for one in ENDPOINTS if one.path == case.get("path", FILES[name]["path"])]
    body = (
        case["latin1"].encode("latin-1") if "latin1" in case else case.get("raw", json.dumps(case.get("body"))).encode()
    )
    url = case.get("url", f"https://desk.example.com/webhooks/{endpoint.path}{case.get('query', '')}")
    hook = Hook(method="POST", url=url, headers=case.get("headers", {}), query={}, body=body)
    if "secrets" in case:
        try:
            endpoint.authenticate(hook, case["secrets"])
        except HookRejected as error:
            return settle(name, case, {"rejected": str(error)})
    events = endpoint.translate(hook)
    return settle(name, case, [{"event": type(event).__name__, **plain(asdict(event))} for event in events])


@pytest.mark.parametrize(("name", "case"), SENDS, ids=label)
async def test_a_part_is_one_call_whose_failure_has_a_class(name: str, case: dict[str, Any]) -> None:
    calls: list[dict[str, Any]] = []

    async def provider(request: web.Request) -> web.StreamResponse:
        text = await request.text()
        calls.append({"path": request.path, "auth": request.headers.get("Authorization", ""), "body": text})
        if case["answer"] == "cut":
            assert request.transport
            request.transport.close()
        answer = case["answer"] if isinstance(case["answer"], dict) else {}
        headers = answer.get("headers", {})
        if "text" in answer:
            return web.Response(text=answer["text"], status=answer.get("status", 200), headers=headers)
        return web.json_response(answer.get("json", {}), status=answer.get("status", 200), headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider)
    async with TestServer(app) as server, ClientSession() as http:
        url = str(server.make_url("")).rstrip("/")
        if case["answer"] == "refused":
            url = "http://127.0.0.1:9"
        channel = build_channels(http, Urls(graph=url, instagram=url, twilio=url))[FILES[name]["platform"]]
        sender = Sender(**FILES[name]["sender"] | case.get("sender", {}))
        fields = {"customer": "46701", "text": "Hello", "part": "prt_1", "status_url": "https://d.example/s"}
        try:
            got: dict[str, Any] = {
                "id": await channel.send(Outbound(sender=sender, **{**fields, **case.get("part", {})}))
            }
        except SendFailed as error:
            got = {"raises": type(error).__name__, "code": error.code}
            if hasattr(error, "retry_after"):
                got["retry_after"] = error.retry_after
    settle(name, case, {"calls": calls, **got})


def test_each_channel_has_a_case_file() -> None:
    platforms = set(build_channels(cast("ClientSession", None), Urls(graph="", instagram="", twilio="")))
    # Webchat's other side is ours: tests/gateway/test_webchat.py
    assert {file["platform"] for file in FILES.values()} == platforms - {"webchat"}
    used = {case.get("path", FILES[name]["path"]) for name, case in RECEIVES}
    assert used == {endpoint.path for endpoint in ENDPOINTS}


# printf %s "$BODY" | openssl dgst -sha256 -hmac app-secret
BODY = b'{"object":"whatsapp_business_account","entry":[]}'
SIGNATURE = "d3e4f9da0ce6c71ab3dba55929b8eeeee2455349e534924ead19f98d143e904f"


@pytest.mark.parametrize(
    ("header", "secrets", "accepted"),
    [
        (f"sha256={SIGNATURE}", ["app-secret"], True),
        (f"sha256={SIGNATURE}", ["new-secret", "app-secret"], True),
        (f"sha256={SIGNATURE.upper()}", ["app-secret"], True),
        (f"sha256={SIGNATURE}", ["other"], False),
        (f"sha256={SIGNATURE}", [], False),
        (f"sha1={SIGNATURE}", ["app-secret"], False),
        ("sha256=", ["app-secret"], False),
        ("", ["app-secret"], False),
        ("sha256=é", ["app-secret"], False),
    ],
)
def test_metas_signature_is_checked_on_the_bytes(header: str, secrets: list[str], accepted: bool) -> None:
    headers = {"x-hub-signature-256": header}
    for body, good in ((BODY, accepted), (BODY.replace(b":", b": "), False)):
        hook = Hook(method="POST", url="", headers=headers, query={}, body=body)
        if good:
            Meta().authenticate(hook, secrets)
        else:
            with pytest.raises(HookRejected) as caught:
                Meta().authenticate(hook, secrets)
            assert SIGNATURE not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "form", "expected"),
    [
        (
            "https://mycompany.com/myapp.php?foo=1&bar=2",
            {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675309", "Digits": "1234", "From": "+14158675309",
             "To": "+18005551212"},
            "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        ),
        (
            "https://mycompany.com/myapp",
            {"CallSid": "CA1234567890ABCDE", "Caller": "+12349013030", "Digits": "1234", "From": "+12349013030",
             "To": "+18005551212"},
            "3KI2uRuYyAdhZIJXcpU0izDUzWI=",
        ),
    ],
)  # fmt: skip
def test_twilios_own_signatures_are_ours(url: str, form: dict[str, str], expected: str) -> None:
    assert signature(url, {name: [value] for name, value in form.items()}, "12345") == expected
