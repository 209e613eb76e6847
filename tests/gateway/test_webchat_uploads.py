"""What becomes of a visitor's files when something is wrong, and who may read that it is."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic_core import to_json

from gateway.bus import Bus
from gateway.db import Pool
from gateway.errors import Invalid
from gateway.intake import Intake
from gateway.numbers import Numbers
from gateway.settings import Settings
from gateway.web import problems
from gateway.webchat.routes import WebchatRoutes
from gateway.webchat.sessions import UPLOAD, Sessions
from tests.business import KEY, VAULT, Business
from tests.desk import Desk
from tests.gateway.test_files import PNG
from tests.gateway.test_webchat import connect, frames
from tests.gateway.test_webchat_visitors import FORM, say, upload, visit

SITE = "https://bloom.example"


async def test_a_file_with_words_is_a_file_with_a_caption(open_desk: Desk, business: Business) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    _, picture = await upload(open_desk, opened["token"], PNG)
    _, paper = await upload(open_desk, opened["token"], b"%PDF-1.7")
    ws, _ = await connect(open_desk, opened["token"])
    uploads = [paper["upload"], picture["upload"]]
    await ws.send_json({"type": "message", "client_id": "c1", "text": "The bill", "uploads": uploads})
    message = (await frames(ws, "message", 1))[0]["message"]
    assert (message["kind"], message["text"]) == ("document", "The bill")
    assert [file["kind"] for file in message["media"]] == ["document", "image"]
    await ws.close()


@pytest.mark.parametrize("uploads", ["x", {"0": "x"}, 7, ["x"], [None], [[]], True])
async def test_what_is_no_upload_is_refused(open_desk: Desk, business: Business, uploads: Any) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    ws, _ = await connect(open_desk, opened["token"])
    await ws.send_json({"type": "message", "client_id": "c1", "text": "Hello", "uploads": uploads})
    (error,) = await frames(ws, "error", 1)
    assert (error["code"], error["client_id"]) == ("invalid", "c1")
    await ws.close()


def test_an_upload_ends_and_is_its_visitors() -> None:
    sessions = Sessions(VAULT)
    token = sessions.issue_upload("vis_1", "a" * 64, "image/png", "a.png", 4)
    file = sessions.read_upload(token, "vis_1")
    over = sessions._seal(UPLOAD, to_json(asdict(replace(file, expires=int(time.time()) - 1))))
    session, _ = sessions.issue("wc_bloom")
    for bad, visitor in ((token, "vis_2"), (over, "vis_1"), (session, "vis_1"), ("", "vis_1"), ("é.é", "vis_1")):
        with pytest.raises(Invalid, match="Upload the file again"):
            sessions.read_upload(bad, visitor)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("a%0D%0Ab.png", "ab.png"), ("cat%E2%80%AEgnp.exe", "catgnp.exe"), ("C%3A%5Ccats%5Ccat.png", "cat.png"),
        ("%FF.png", "�.png"), ("%00", ""), ("x" * 300, "x" * 240), ("", ""), ("%F0%9F%90%88.png", "🐈.png"),
    ],
)  # fmt: skip
async def test_a_file_keeps_the_harmless_part_of_its_name(
    open_desk: Desk, business: Business, header: str, name: str
) -> None:
    await business.add_number("webchat", "wc_bloom")
    _, opened = await visit(open_desk)
    status, file = await upload(open_desk, opened["token"], PNG, X_Filename=header)
    assert (status, file["filename"]) == (201, name)


async def test_files_that_cannot_be_stored_are_refused_and_the_chat_goes_on(
    open_desk: Desk, business: Business, tmp_path: Path
) -> None:
    await business.add_number("webchat", "wc_bloom")
    (tmp_path / "blobs").write_text("a file where the folder should be")
    _, opened = await visit(open_desk)
    status, problem = await upload(open_desk, opened["token"], PNG)
    assert (status, str(tmp_path) in str(problem)) == (503, False)
    assert (await say(open_desk, opened["token"]))[0] == 202


async def test_a_gateway_without_files_says_so(pool: Pool, business: Business, tmp_path: Path) -> None:
    await business.add_number("webchat", "wc_bloom")
    bus, settings = Bus(), Settings(state_dir=tmp_path, secret_keys=(KEY,))
    intake = Intake(pool, bus)
    routes = WebchatRoutes(settings, pool, bus, Numbers(pool, VAULT), intake, VAULT)
    app = web.Application(middlewares=[problems])
    app.add_routes(routes.routes())
    async with TestClient(TestServer(app)) as client:
        async with client.post("/webchat/sessions", json={"number": "wc_bloom"}) as answer:
            headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}
        async with client.post("/webchat/uploads", data=PNG, headers=headers) as answer:
            assert (answer.status, (await answer.json())["title"]) == (503, "Files unavailable")
    await intake.close()


@pytest.mark.parametrize(
    ("origin", "path", "body", "status"),
    [
        (SITE, "sessions", {"number": "wc_bloom", "fields": {}}, 422),
        (SITE, "sessions", {"number": "wc_bloom", "identity": "x"}, 401),
        (SITE, "sessions", {"number": "wc_none"}, 404),
        ("https://evil.example", "sessions", {"number": "wc_bloom"}, 403),
        (SITE, "messages", {"client_id": "c1", "text": "Hello"}, 401),
        (SITE, "uploads", {}, 401),
    ],
)
async def test_a_website_reads_why_it_was_refused(
    open_desk: Desk, business: Business, origin: str, path: str, body: dict[str, Any], status: int
) -> None:
    await business.add_number("webchat", "wc_bloom", prechat=FORM, allowed_origins=[SITE])
    async with open_desk.http.post(f"{open_desk.url}/webchat/{path}", json=body, headers={"Origin": origin}) as answer:
        problem = await answer.json()
        assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (status, origin)
    assert (problem["status"], bool(problem["request_id"])) == (status, True)
    assert ("fields" in problem) == (status == 422)
