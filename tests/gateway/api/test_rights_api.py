"""Data rights over HTTP: a person exported, erased, and how long things are kept."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.api.keys import create_key
from gateway.blobs import Folder
from gateway.bus import Bus
from gateway.db import Pool
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.desk import Desk, desk
from tests.gateway.api.test_api import Client
from tests.gateway.rights.person import EMAIL, NAME, PICTURE, SECRET, Person, arrive, found
from tests.waiting import until

TABLES = """
contacts contact_merges customers customer_aliases consent_ledger opt_outs conversations messages message_parts media
handovers extractions offers meetings link_sends turns tool_calls model_calls events asides system_alerts
"""


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path) as one:
        yield one


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


@pytest.fixture
async def person(open_desk: Desk, business: Business, tmp_path: Path) -> Person:
    return await arrive(business, Folder(tmp_path / "blobs"))


async def exported(api: Client, open_desk: Desk, person: Person) -> tuple[dict[str, Any], zipfile.ZipFile]:
    path = f"/v1/contacts/{person.contact_id}/export"
    status, job = await api("POST", path)
    assert (status, job["state"]) == (202, "running")

    async def done() -> Any:
        _, job = await api("GET", path)
        return job if job["state"] != "running" else None

    job = await until(done)
    assert job["state"] == "done"
    url = job["url"].replace("https://desk.example.com", open_desk.url)
    async with open_desk.http.get(url) as answer:
        assert answer.status == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        return job, zipfile.ZipFile(io.BytesIO(await answer.read()))


async def test_everything_about_a_person_is_in_the_export(api: Client, open_desk: Desk, person: Person) -> None:
    pool = person.business.pool
    await pool.execute("update contacts set name = '<script>alert(1)</script>' where name = $1", NAME)
    job, archive = await exported(api, open_desk, person)
    held = {name[5:-5]: json.loads(archive.read(name)) for name in archive.namelist() if name.startswith("data/")}
    for name in TABLES.split():
        assert held[name], name
        assert job["counts"][name] == len(held[name])
    assert SECRET in json.dumps(held["messages"])
    assert "What do you charge?" not in json.dumps(held)
    (file,) = [name for name in archive.namelist() if name.startswith("files/")]
    assert archive.read(file) == PICTURE
    page = archive.read("index.html").decode()
    assert EMAIL in page
    assert "<script" not in page
    assert "&lt;script&gt;" in page


async def test_a_link_to_an_export_ends(api: Client, open_desk: Desk, person: Person) -> None:
    job, _ = await exported(api, open_desk, person)
    await person.business.pool.execute("update rights_jobs set expires_at = now() - interval '1 second'")
    _, job = await api("GET", f"/v1/contacts/{person.contact_id}/export")
    assert job["url"] is None


async def test_a_person_is_erased(api: Client, open_desk: Desk, person: Person, tmp_path: Path) -> None:
    pool = person.business.pool
    await exported(api, open_desk, person)
    path = f"/v1/contacts/{person.contact_id}/erase"
    status, problem = await api("POST", path, {})
    assert (status, problem["fields"][0]["field"]) == (422, "confirm")
    status, erasure = await api("POST", path, {"confirm": True, "calendar": "keep"})
    assert (status, erasure["state"], erasure["calendar"]) == (202, "running", "keep")
    _, again = await api("POST", path, {"confirm": True})
    assert again["erasure_id"] == erasure["erasure_id"]
    at = "select step in ('transcripts', 'done') from rights_jobs where kind = 'erase'"
    await until(lambda: pool.fetchval(at), 30)
    await pool.execute("delete from provider_orphans")
    key = f"/v1/erasures/{erasure['erasure_id']}"

    async def done() -> Any:
        _, found = await api("GET", key)
        return found if found["state"] == "done" else None

    erasure = await until(done, 30)
    assert erasure["erased_at"] is not None
    assert erasure["counts"]["messages"] >= 3
    assert (await api("GET", f"/v1/contacts/{person.contact_id}"))[0] == 404
    assert (await api("PATCH", key, {"calendar": "delete"}))[0] == 409
    _, page = await api("GET", "/v1/erasures")
    assert [one["erasure_id"] for one in page["data"]] == [erasure["erasure_id"]]
    assert await found(pool, tmp_path / "blobs") == []
    told = await pool.fetchval("select data::text from events where type = 'contact.erased'")
    assert json.loads(told) == {"erasure_id": erasure["erasure_id"], "contact_id": person.contact_id}


async def test_whoever_has_no_contact_yet_gets_one(api: Client, business: Business, person: Person) -> None:
    other = (await business.conversation("46709999000"))["conversation_id"]
    status, made = await api("POST", f"/v1/conversations/{other}/contact")
    assert status == 200
    assert (await api("POST", f"/v1/conversations/{other}/contact"))[1] == made
    assert (await api("GET", f"/v1/contacts/{made['contact_id']}"))[0] == 200


async def test_how_long_things_are_kept_is_said_and_tried(api: Client, person: Person) -> None:
    pool = person.business.pool
    _, usual = await api("GET", "/v1/privacy")
    assert usual == {
        "conversation_days": None, "media_days": None, "trace_days": 90, "event_days": 90, "envelope_days": 30
    }  # fmt: skip
    for body, field in (({"conversation_days": 0}, "conversation_days"), ({"event_days": 91}, "event_days"),
                        ({"days": 1}, "days")):  # fmt: skip
        status, problem = await api("PUT", "/v1/privacy", body)
        assert (status, problem["fields"][0]["field"]) == (422, field)
    await pool.execute("update conversations set last_message_at = now() - interval '40 days'")
    await pool.execute("update media set created_at = now() - interval '40 days'")
    _, would = await api("POST", "/v1/privacy/preview", {"conversation_days": 30, "media_days": 30})
    assert would == {"conversations": 2, "media": 1, "traces": 0, "events": 0}
    status, kept = await api("PUT", "/v1/privacy", {"conversation_days": 365, "trace_days": None})
    assert (status, kept["conversation_days"], kept["trace_days"], kept["event_days"]) == (200, 365, None, 90)
    assert (await api("GET", "/v1/privacy"))[1] == kept


async def test_a_relink_that_gets_in_the_way_of_a_message_begins_again(api: Client, business: Business) -> None:
    await Intake(business.pool, Bus()).accept(Envelope(events=(business.says("Hello"),)))
    _, agent = await api("POST", "/v1/agents", {"name": "Bo", "prompt_id": business.prompt_id})
    path, body = f"/v1/agents/{agent['agent_id']}/link", {"phone_number_id": business.number.id}
    async with business.pool.acquire() as db, db.transaction():
        await db.execute("select from conversations for update")
        relink = asyncio.create_task(api("POST", path, body))
        waits = (
            "select count(*) > 0 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        await until(lambda: business.pool.fetchval(waits))
        await db.execute("select from agents for key share")  # each waits for the other: PostgreSQL ends who came first
    status, linked = await relink
    assert (status, linked["archived_conversations_count"]) == (200, 1)


async def test_a_relink_is_taken_back_once(api: Client, business: Business) -> None:
    _, agent = await api("POST", "/v1/agents", {"name": "Bo", "prompt_id": business.prompt_id})
    path = f"/v1/agents/{agent['agent_id']}"
    assert (await api("POST", f"{path}/link", {"phone_number_id": business.number.id}))[0] == 200
    _, page = await api("GET", "/v1/archives")
    (archive,) = page["data"]
    assert archive["undone_at"] is None
    status, undone = await api("POST", f"/v1/archives/{archive['archive_id']}/undo")
    assert (status, undone["archive"]["undone_at"] is None) == (200, False)
    assert (await api("POST", f"/v1/archives/{archive['archive_id']}/undo"))[0] == 409
    assert (await api("GET", f"/v1/agents/{business.number.agent_id}"))[1]["phone_number_id"] == business.number.id
    status, gone = await api("POST", f"/v1/agents/{business.number.agent_id}/unlink", {})
    assert (status, gone["agent"]["phone_number_id"]) == (200, None)
