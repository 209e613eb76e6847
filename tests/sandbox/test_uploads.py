"""Files that the gateway uploads to WhatsApp, sends by their id, and asks for again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from aiohttp import FormData

from sandbox.media import PIXEL
from tests.sandbox.conftest import TOKEN, Client, whatsapp_text

NUMBER = "100000000000001"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


async def _upload(
    sandbox: Client, file: bytes | None = PIXEL, kind: str = "image/png", *, number: str = NUMBER, **fields: str
) -> tuple[int, Any]:
    form = FormData()
    for name, value in {"messaging_product": "whatsapp", "type": kind, **fields}.items():
        form.add_field(name, value)
    if file is not None:
        form.add_field("file", io.BytesIO(file), filename="a.png", content_type=kind or "image/png")
    headers = BEARER if number == NUMBER else {"Authorization": "Bearer token-ig1"}
    return await sandbox.ask("POST", f"/v23.0/{number}/media", data=form, headers=headers)


@pytest.mark.parametrize(
    ("kind", "mime_type"),
    [
        ("image", "image/png"),
        ("audio", "audio/ogg; codecs=opus"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ],
)
async def test_an_uploaded_file_is_sent_by_its_id(sandbox: Client, kind: str, mime_type: str) -> None:
    status, answer = await _upload(sandbox, kind=mime_type)
    assert (status, set(answer)) == (200, {"id"})
    assert (await sandbox.graph({**whatsapp_text(type=kind), kind: {"id": answer["id"]}}))[0] == 200
    uploaded, sent = await sandbox.calls("whatsapp")
    assert (uploaded["path"].endswith("/media"), uploaded["status"], uploaded["id"]) == (True, 200, None)
    assert sent["id"]


async def test_an_uploaded_file_can_be_fetched(sandbox: Client) -> None:
    _, answer = await _upload(sandbox)
    status, shown = await sandbox.ask("GET", f"/v23.0/{answer['id']}", headers=BEARER)
    assert (status, shown["mime_type"], shown["file_size"]) == (200, "image/png", len(PIXEL))
    async with sandbox.http.get(shown["url"], headers=BEARER) as file:
        assert (file.status, await file.read()) == (200, PIXEL)


@pytest.mark.parametrize("body", [{"id": "1" * 15}, {"id": "no number"}])
async def test_a_file_that_nobody_uploaded_is_refused(sandbox: Client, body: dict[str, str]) -> None:
    status, refusal = await sandbox.graph(whatsapp_text(type="image", image=body))
    assert (status, refusal["error"]["code"]) == (400, 100)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"file": None}, id="no file"),
        pytest.param({"messaging_product": "telegram"}, id="other product"),
        pytest.param({"file": b""}, id="empty"),
        pytest.param({"file": b"<html>", "kind": "text/html"}, id="type that WhatsApp has not"),
        pytest.param({"file": b"x", "kind": "application/octet-stream"}, id="no type"),
        pytest.param({"file": b"x" * (5 * 1024 * 1024 + 1)}, id="picture too large"),
        pytest.param({"file": b"x" * (16 * 1024 * 1024 + 1), "kind": "application/pdf"}, id="larger than the shelf"),
        pytest.param({"number": "17840000000000001"}, id="Instagram has no such thing"),
    ],
)
async def test_an_upload_that_is_none_is_refused(sandbox: Client, fields: dict[str, Any]) -> None:
    status, refusal = await _upload(sandbox, **fields)
    assert (status, refusal["error"]["code"]) == (400, 100)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_body_that_is_no_form_is_refused(sandbox: Client, content_type: str) -> None:
    headers = {**BEARER, "Content-Type": content_type}
    status, refusal = await sandbox.ask("POST", f"/v23.0/{NUMBER}/media", data=b"nothing", headers=headers)
    assert (status, refusal["error"]["code"]) == (400, 100)


async def test_an_upload_needs_the_numbers_token(sandbox: Client) -> None:
    status, refusal = await sandbox.ask("POST", f"/v23.0/{NUMBER}/media", data=b"")
    assert (status, refusal["error"]["code"]) == (401, 190)


async def test_a_fault_that_names_actions_meets_an_upload(sandbox: Client) -> None:
    await sandbox.fault("server_error", status=503)
    assert (await _upload(sandbox))[0] == 200
    await sandbox.ask("DELETE", "/_sandbox/faults")
    await sandbox.fault("server_error", status=503, event="action")
    assert (await _upload(sandbox))[0] == 503


async def test_an_expired_file_is_gone_at_both_addresses(sandbox: Client) -> None:
    _, answer = await _upload(sandbox)
    _, shown = await sandbox.ask("GET", f"/v23.0/{answer['id']}", headers=BEARER)
    await sandbox.fault("expired_media", provider="whatsapp", count=2)
    async with sandbox.http.get(shown["url"], headers=BEARER) as file:
        assert file.status == 404
    status, refusal = await sandbox.ask("GET", f"/v23.0/{answer['id']}", headers=BEARER)
    assert (status, refusal["error"]["code"], refusal["error"]["error_subcode"]) == (400, 100, 33)
