"""The demo's WhatsApp numbers have templates: what may be sent when a customer was silent for a day, and is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from gateway.app import running
from gateway.db import Pool
from gateway.demo import LINES, furnish, plan
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from sandbox.template_texts import filled
from tests.business import KEY
from tests.desk import served
from tests.ports import free_port
from tests.sandbox.conftest import Client, Gateway
from tests.waiting import until

CUSTOMER = "15550109999"
BODY = {"type": "body", "parameters": [{"type": "text", "text": "Kim"}, {"type": "text", "text": "Monday"}]}


async def test_a_template_reaches_a_customer_who_was_silent(dsn: str, pool: Pool, tmp_path: Path) -> None:
    port, far = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    base = Settings(database_url=dsn, secret_keys=(KEY,), public_url=url, state_dir=tmp_path)
    the_plan = plan(base, far, tmp_path / "demo")
    key = await furnish(the_plan, quiet_ms=0)
    config, secrets, stand_ins = the_plan.sandbox_config(key), the_plan.secrets, the_plan.sandbox_url
    settings = replace(
        the_plan.settings, meta_app_secrets=(secrets["meta_app"],), meta_verify_token=secrets["meta_verify"],
        meta_graph_url=stand_ins, instagram_graph_url=stand_ins, twilio_api_url=stand_ins,
        openai_api_key=secrets["openai"], openai_base_url=f"{stand_ins}/v1",
    )  # fmt: skip
    stand_in = make_app(Config.model_validate(config), stand_ins)
    async with (
        served(stand_in, far), running(settings, "all") as app, served(app, port), ClientSession() as http,
    ):  # fmt: skip
        sandbox = Client(http, stand_ins, Gateway())

        async def api(method: str, path: str, body: Any = None) -> tuple[int, Any]:
            headers = {"Authorization": f"Bearer {key}"}
            async with http.request(method, url + path, json=body, headers=headers) as answer:
                return answer.status, await answer.json()

        for line in LINES[:2]:
            status, found = await api("GET", f"/v1/numbers/{line.id}/templates")
            usable = [one["name"] for one in found["data"] if one["status"] == "APPROVED"]
            assert (status, usable) == (200, ["appointment_reminder", "we_are_back"])
        await sandbox.write(**{"channel": "whatsapp", "number": LINES[0].address, "from": CUSTOMER, "text": "Hello"})
        answered = "select conversation_id from conversations where answered_no > 0 and last_sequence_no > 1"
        conversation = await until(lambda: pool.fetchval(answered))
        await pool.execute("update conversations set last_inbound_at = now() - interval '2 days'")
        _, window = await api("GET", f"/v1/conversations/{conversation}/window")
        assert (window["human"]["allowed"], window["template"]["allowed"]) == (False, True)
        data = {"name": "appointment_reminder", "language": "en", "components": [BODY]}
        sent = {"kind": "template", "text": "Hello Kim, we expect you on Monday. Can you come?", "data": data}
        assert (await api("POST", f"/v1/conversations/{conversation}/messages", sent))[0] == 201

        async def read() -> bool:
            told = await sandbox.bubbles(channel="whatsapp", number=LINES[0].id)
            return any(one["text"] == sent["text"] for one in told)

        await until(read)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ({"name": "appointment_reminder", "components": [BODY]}, "Hello Kim, we expect you on Monday. Can you come?"),
        ({"name": "we_are_back"}, "Hello {{1}}, you wrote to us. We can answer now: shall we go on?"),
        ({"name": "another", "components": [BODY]}, "[template another]"),
    ],
)  # fmt: skip
def test_what_a_customer_reads_of_a_template(template: dict[str, Any], text: str) -> None:
    assert filled(template) == text
