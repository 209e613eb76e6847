"""The API of leads and contacts: every value with its proof, corrections that win, exports that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from agents.extraction import Asked
from gateway.api.keys import create_key
from gateway.api.lead_reports import cell, csv_rows
from gateway.app import BUS, running
from gateway.db import Pool
from gateway.settings import Settings
from tests.actor import say
from tests.business import KEY, Business
from tests.desk import Desk
from tests.gateway.api.test_api import Client
from tests.leads import latest, read_now, reading
from tests.providers import Providers

HELLO = "I am Anna, anna@berg.example. I want to book today, our budget is 500"
EVIL = "=cmd|'/c calc'!A1"


def anna(_: Asked) -> Any:
    return reading(
        name=("Anna", 1, "I am Anna"),
        email=("anna@berg.example", 1, "anna@berg.example"),
        intent_text=("A booking", 1, "want to book"),
        intent=("High", 1, "want to book today"),
        urgency=("High", 1, "book today"),
        budget=("Yes", 1, "our budget is 500"),
        fit=("Medium", 1, "want to book"),
        engagement=("Medium", 1, "I am Anna"),
    )


def cold(_: Asked) -> Any:
    return reading(company=(EVIL, 1, EVIL))


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    """A gateway that reads nothing by itself: the tests say when and what."""
    settings = Settings(database_url=dsn, state_dir=tmp_path, secret_keys=(KEY,))
    async with running(settings, "web") as app, TestServer(app) as server, ClientSession() as http:
        yield Desk(str(server.make_url("")).rstrip("/"), http, Providers(), pool, app[BUS], {})


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


async def two_leads(business: Business) -> None:
    await say(business, HELLO)
    await read_now(business, anna)
    chat = await business.add_number("webchat")
    await say(business, f"hello from {EVIL}", customer="visitor", number=chat)
    await read_now(business, cold, customer="visitor")


async def test_every_value_is_proved_in_one_call(api: Client, business: Business) -> None:
    await two_leads(business)
    status, page = await api("GET", "/v1/leads")
    assert (status, [one["name"] for one in page["data"]]) == (200, [None, "Anna"])
    lead = (await api("GET", f"/v1/leads/{page['data'][1]['extraction_id']}"))[1]
    assert lead == page["data"][1]
    said = {row[0]: row[2] for row in await business.transcript()}
    proved = (
        "name",
        "email",
        "intent",
        "intent_level",
        "urgency_level",
        "budget_constraint",
        "fit_alignment",
        "engagement_health",
    )
    for name in proved:
        assert lead[name], name
        (proof,) = lead["evidence"][name]
        assert proof["quote"] in said[proof["sequence_no"]]
    for name in ("company", "phone", "demo_book_datetime"):
        assert (lead[name], name in lead["evidence"]) == (None, False)
    assert (lead["total_score"], lead["lead_status_tag"], lead["channel"]) == (13, "Hot", "whatsapp")


FILTERS: list[tuple[str, int]] = [
    ("", 2),
    ("tag=Hot", 1),
    ("tag=Cold", 1),
    ("min_score=6", 1),
    ("min_budget=3&min_intent=3", 1),
    ("min_fit=3", 0),
    ("channel=webchat", 1),
    ("has_email=true", 1),
    ("has_email=false", 1),
    ("has_phone=true", 0),
    ("has_meeting=true", 0),
    ("since=2020-01-01T00:00:00Z&until=2021-01-01T00:00:00Z", 0),
    ("since=2020-01-01T00:00:00%2B02:00", 2),
    ("agent_id=agt_none", 0),
    ("limit=1", 1),
]


async def test_filters(api: Client, business: Business) -> None:
    await two_leads(business)
    for query, count in FILTERS:
        status, page = await api("GET", f"/v1/leads?{query}")
        assert (status, len(page["data"])) == (200, count), query
    for query in (f"agent_id={business.number.agent_id}", f"phone_number_id={business.number.id}"):
        assert [one["name"] for one in (await api("GET", f"/v1/leads?{query}"))[1]["data"]] == ["Anna"]
    assert (await api("GET", "/v1/leads?tag=hot"))[0] == 422
    assert (await api("GET", "/v1/leads?since=yesterday"))[0] == 422
    assert (await api("GET", "/v1/leads/no-uuid"))[0] == 404


async def test_lists_are_walked_and_history_is_kept(api: Client, business: Business) -> None:
    await two_leads(business)
    conversation = (await business.conversation())["conversation_id"]
    for level in ("Maybe", "No"):
        await api("PATCH", f"/v1/conversations/{conversation}/lead", {"budget_constraint": level})
    _, first = await api("GET", "/v1/leads?limit=1")
    _, second = await api("GET", f"/v1/leads?limit=1&cursor={first['next_cursor']}")
    assert second["next_cursor"] is None
    assert {one["data"][0]["is_latest"] for one in (first, second)} == {True}
    _, history = await api("GET", f"/v1/conversations/{conversation}/leads")
    assert [(one["total_score"], one["is_latest"], one["source"]) for one in history["data"]] == [
        (11, True, "human"),
        (12, False, "human"),
        (13, False, "model"),
    ]
    assert len((await api("GET", "/v1/leads?latest=false"))[1]["data"]) == 4


async def test_a_correction_wins_over_later_readings(api: Client, business: Business) -> None:
    await two_leads(business)
    conversation = (await business.conversation())["conversation_id"]
    path = f"/v1/conversations/{conversation}/lead"
    status, lead = await api("PATCH", path, {"by": "olle", "email": "Boss@Berg.example", "budget_constraint": "No"})
    assert (status, lead["email"], lead["total_score"], lead["source"]) == (200, "boss@berg.example", 11, "human")
    assert lead["evidence"]["email"][0]["by"] == lead["locked"]["email"]["by"] == "olle"
    await read_now(business, anna)
    assert (await latest(business))["email"] == "boss@berg.example"
    contact = (await api("GET", f"/v1/contacts/{lead['contact_id']}"))[1]
    assert (contact["email"], contact["locked"]["email"]["by"]) == ("boss@berg.example", "olle")
    status, free = await api("PATCH", path, {"email": None})
    assert "email" not in free["locked"]
    await read_now(business, anna)
    assert (await latest(business))["email"] == "anna@berg.example"
    for body in ({}, {"email": "no address"}, {"phone": "12"}, {"intent_level": "Max"}, {"total_score": 15}):
        assert (await api("PATCH", path, body))[0] == 422


async def test_a_correction_that_makes_a_lead_hot_is_told(api: Client, pool: Pool, business: Business) -> None:
    await two_leads(business)
    conversation = (await business.conversation("visitor"))["conversation_id"]
    levels = dict.fromkeys(("intent_level", "urgency_level", "fit_alignment", "engagement_health"), "High")
    status, lead = await api("PATCH", f"/v1/conversations/{conversation}/lead", levels)
    assert (status, lead["lead_status_tag"]) == (200, "Hot")
    hot = "select count(*) from events where type = 'lead.hot' and conversation_id = $1"
    assert await pool.fetchval(hot, conversation) == 1


async def test_a_reading_on_request(api: Client, pool: Pool, business: Business) -> None:
    await say(business, HELLO)
    conversation = (await business.conversation())["conversation_id"]
    path = f"/v1/conversations/{conversation}/reading"
    await pool.execute("delete from lead_readings")
    assert (await api("GET", path))[1]["state"] == "none"
    status, asked = await api("POST", path)
    assert (status, asked["state"], asked["reason"], asked["read_no"], asked["last_inbound_no"]) == (
        202,
        "due",
        "request",
        0,
        1,
    )
    await read_now(business, anna)
    assert (await api("GET", path))[1]["state"] == "read"
    await pool.execute("update lead_readings set state = 'failed', error = 'ModelUnusable: not_the_shape'")
    _, failed = await api("GET", "/v1/readings?state=failed")
    assert [(one["conversation_id"], one["error"]) for one in failed["data"]] == [
        (conversation, "ModelUnusable: not_the_shape")
    ]
    assert (await api("POST", "/v1/readings/retry"))[1] == {"readings": 1}
    assert (await api("GET", path))[1]["state"] == "due"


async def test_stats_add_up(api: Client, business: Business) -> None:
    await two_leads(business)
    _, stats = await api("GET", "/v1/leads/stats?by=channel")
    assert (stats["leads"], stats["hot"], stats["cold"], stats["average_score"]) == (2, 1, 1, 9.0)
    assert stats["distribution"] == {"5": 1, "13": 1}
    assert stats["averages"]["budget"] == 2.0
    groups = {one["key"]: (one["leads"], one["hot"], one["with_email"]) for one in stats["groups"]}
    assert groups == {"webchat": (1, 0, 0), "whatsapp": (1, 1, 1)}
    for by in ("day", "week", "month", "agent", "number", "tag"):
        _, found = await api("GET", f"/v1/leads/stats?by={by}")
        assert sum(one["leads"] for one in found["groups"]) == 2
    empty = (await api("GET", "/v1/leads/stats?min_score=15"))[1]
    assert (empty["leads"], empty["average_score"], empty["groups"], empty["averages"]) == (0, None, [], {})


async def test_days_are_those_of_the_business(api: Client, pool: Pool, business: Business) -> None:
    await two_leads(business)
    await pool.execute("update extractions set created_at = '2026-03-01T23:30Z'")
    assert (await api("GET", "/v1/leads/stats?by=day"))[1]["groups"][0]["key"] == "2026-03-01"
    await pool.execute("update users set zone = 'Europe/Stockholm'")
    assert (await api("GET", "/v1/leads/stats?by=day"))[1]["groups"][0]["key"] == "2026-03-02"
    assert (await api("GET", "/v1/leads/stats?by=month"))[1]["groups"][0]["key"] == "2026-03-01"


async def _export(open_desk: Desk, business: Business, query: str) -> tuple[int, str, bytes]:
    key = await create_key(business.pool, business.user_id, "export", ["leads:read"])
    async with open_desk.http.get(
        f"{open_desk.url}/v1/leads/export{query}", headers={"Authorization": f"Bearer {key}"}
    ) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.read()


async def test_exports_hold_every_lead_with_its_proof(open_desk: Desk, business: Business) -> None:
    await two_leads(business)
    status, kind, data = await _export(open_desk, business, "")
    assert (status, kind) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert [row["name"] for row in rows] == ["", "Anna"]
    assert rows[0]["company"] == "'" + EVIL
    assert json.loads(rows[1]["evidence"])["email"] == [{"sequence_no": 1, "quote": "anna@berg.example"}]
    status, kind, data = await _export(open_desk, business, "?format=json&tag=Hot")
    assert (status, kind) == (200, "application/x-ndjson")
    (one,) = [json.loads(line) for line in data.decode().splitlines()]
    assert (one["name"], one["evidence"]["name"][0]["quote"]) == ("Anna", "I am Anna")


async def test_an_export_of_many_streams(open_desk: Desk, pool: Pool, business: Business) -> None:
    await two_leads(business)
    await pool.execute(
        "insert into extractions (user_id, conversation_id, customer_phone, is_latest, smart_notification) "
        "select user_id, conversation_id, '4670', false, repeat('x', 500) from conversations, generate_series(1, 2000)"
    )
    status, _, data = await _export(open_desk, business, "?latest=false&format=json")
    assert (status, data.count(b"\n")) == (200, 4002)


CELLS = [
    ("=1+1", "'=1+1"),
    ("+46701740605", "'+46701740605"),
    ("-1", "'-1"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("  =1+1", "'  =1+1"),
    ("\t=1", "'\t=1"),
    ("\u200b=1", "'\u200b=1"),
    ("＝1+1", "'＝1+1"),
    ("a=1", "a=1"),
    ("Åsa", "Åsa"),
    ("", ""),
    (None, ""),
    (True, "Yes"),
    (12, "12"),
    (["=1"], '["=1"]'),
    ("a\0b", "ab"),
]


@pytest.mark.parametrize(("value", "shown"), CELLS)
def test_no_cell_is_a_formula(value: Any, shown: str) -> None:
    assert cell(value) == shown


def test_rows_are_quoted() -> None:
    assert csv_rows([["a,b", 'c"d', "e\nf"]]) == b'"a,b","c""d","e\nf"\r\n'


async def test_settings_are_checked_and_used(api: Client, business: Business) -> None:
    assert (await api("GET", "/v1/lead-settings"))[1] == {
        "hot": 12, "warm": 8, "rise": 2, "quiet_seconds": 300,
        "region": "", "criteria": "", "model": None, "buttons": {},
    }  # fmt: skip
    body = {"hot": 14, "region": "SE", "buttons": {"See prices": "pricing"}, "criteria": "Dentists in Sweden"}
    status, changed = await api("PATCH", "/v1/lead-settings", body)
    assert (status, changed["hot"], changed["warm"], changed["buttons"]) == (200, 14, 8, {"See prices": "pricing"})
    assert (await api("GET", "/v1/lead-settings"))[1] == changed
    for wrong in (
        {"hot": 8},
        {"warm": 14},
        {"hot": 16},
        {"region": "se"},
        {"buttons": {"a": "buy"}},
        {"quiet_seconds": 0},
    ):
        assert (await api("PATCH", "/v1/lead-settings", wrong))[0] == 422, wrong
    await say(business, HELLO)
    await read_now(business, anna)
    assert (await latest(business))["lead_status_tag"] == "Warm"


async def test_contacts_merge_and_come_apart(api: Client, business: Business) -> None:
    await two_leads(business)
    _, page = await api("GET", "/v1/contacts")
    visitor, person = page["data"]
    assert (person["name"], person["evidence"]["name"][0]["quote"]) == ("Anna", "I am Anna")
    assert [one["contact_id"] for one in (await api("GET", "/v1/contacts?q=BERG"))[1]["data"]] == [person["contact_id"]]
    status, merge = await api(
        "POST", f"/v1/contacts/{visitor['contact_id']}/merge", {"contact_id": person["contact_id"]}
    )
    assert (status, merge["kept"], merge["why"]) == (201, person["contact_id"], "human")
    _, one = await api("GET", f"/v1/contacts/{person['contact_id']}")
    assert (len(one["customers"]), [point["total_score"] for point in one["trend"]]) == (2, [13, 5])
    assert len((await api("GET", "/v1/contacts"))[1]["data"]) == 1
    assert (await api("POST", f"/v1/contact-merges/{merge['merge_id']}/undo"))[0] == 200
    assert (await api("POST", f"/v1/contact-merges/{merge['merge_id']}/undo"))[0] == 409
    assert len((await api("GET", "/v1/contacts"))[1]["data"]) == 2
    _, merges = await api("GET", f"/v1/contacts/{person['contact_id']}/merges")
    assert merges["data"][0]["undone_at"] is not None
    same = {"contact_id": person["contact_id"]}
    assert (await api("POST", f"/v1/contacts/{person['contact_id']}/merge", same))[0] == 422


async def test_what_a_person_set_on_a_contact_stays(api: Client, business: Business) -> None:
    await two_leads(business)
    person = (await api("GET", "/v1/contacts?q=anna"))[1]["data"][0]
    path = f"/v1/contacts/{person['contact_id']}"
    body = {
        "by": "olle",
        "name": "Anna Berg",
        "stage": "qualified",
        "tags": ["vip"],
        "owner": "olle",
        "next_step": "Call",
    }
    _, changed = await api("PATCH", path, body)
    assert (changed["name"], changed["stage"], changed["tags"], changed["locked"]["name"]["by"]) == (
        "Anna Berg", "qualified", ["vip"], "olle",
    )  # fmt: skip
    await business.pool.execute("update conversations set is_active = false")
    await say(business, "I am Anna")
    await read_now(business, lambda _: reading(name=("Anna", 1, "Anna")))
    assert (await api("GET", path))[1]["name"] == "Anna Berg"
    for query, count in (("stage=qualified", 1), ("tag=vip", 1), ("owner=olle", 1), ("stage=won", 0)):
        assert len((await api("GET", f"/v1/contacts?{query}"))[1]["data"]) == count
    for wrong in ({"stage": "gone"}, {"stage": None}, {"email": "x"}, {"tags": [""]}):
        assert (await api("PATCH", path, wrong))[0] == 422


async def test_a_lead_as_old_as_its_conversation_is_found_by_time(api: Client, business: Business) -> None:
    await two_leads(business)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    assert (await api("GET", f"/v1/leads?since={soon}"))[1]["data"] == []
