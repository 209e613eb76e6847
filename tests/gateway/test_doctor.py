"""What the doctor and /readyz say of Google, of the mail server and of the events that wait."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway import doctor
from gateway.app import running
from gateway.db import Pool
from gateway.settings import Settings
from tests.booking.scripted import scripted
from tests.business import KEY, Business
from tests.ports import free_port


@pytest.mark.parametrize(
    ("client", "state", "says"),
    [("client-1", "ok", "/oauth/google/callback"), ("client-2", "wrong", "invalid_client"), ("", "off", "no OAuth")],
)
async def test_google_knows_the_client_or_not(client: str, state: str, says: str) -> None:
    async with scripted() as google:
        finding = await doctor._google(replace(google.settings(), google_client_id=client))
    assert (finding.state, says in finding.detail) == (state, True), finding


async def test_a_google_that_does_not_answer_is_wrong() -> None:
    async with scripted() as google:
        google.faults["token"] = [(503, {})]
        finding = await doctor._google(google.settings())
    assert (finding.state, "does not answer" in finding.detail) == ("wrong", True)


@pytest.mark.parametrize(
    ("url", "state"), [("", "off"), ("smtp://127.0.0.1:{port}", "wrong"), ("smtp://mail.example/x", "wrong")]
)
async def test_a_mail_server_that_is_not_there(url: str, state: str) -> None:
    settings = Settings(smtp_url=url.format(port=free_port()), mail_from="desk@example.com")
    assert (await doctor._mail(settings)).state == state


async def test_events_that_wait_are_told(dsn: str, pool: Pool, business: Business, tmp_path: Path) -> None:
    settings = Settings(database_url=dsn, secret_keys=(KEY,), state_dir=tmp_path)
    assert (await doctor._events(settings)).state == "ok"
    async with running(settings, "web") as app, TestClient(TestServer(app)) as client:
        assert (await _ready(client))["events"] == {"status": "ok"}
        event_id = await pool.fetchval("select emit($1, 'meeting.booked', null, '{}')", business.user_id)
        await pool.execute(
            "insert into event_deliveries (user_id, delivery_id, event_id, address, next_attempt_at) "
            "values ($1, 'dlv_1', $2, 'a@b.example', now() - interval '1 hour')",
            business.user_id, event_id,
        )  # fmt: skip
        checks = await _ready(client)
    assert (checks["events"]["status"], checks["google"]["status"], checks["mail"]["status"]) == (
        "degraded",
        "off",
        "off",
    )
    assert (await doctor._events(settings)).state == "wrong"


async def _ready(client: TestClient[Any, Any]) -> Any:
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        return (await answer.json())["checks"]
