"""The API: what each operation does, whom it refuses, and what it never shows."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from gateway.api import OPERATIONS
from gateway.api.keys import create_key
from gateway.api.openapi import document
from gateway.db import Pool
from gateway.ids import new
from tests.business import Business
from tests.desk import Desk, desk
from tests.people import browser_of
from tests.providers import change, whatsapp
from tests.waiting import until

SNAPSHOT = Path(__file__).parent.parent.parent.parent / "docs" / "openapi.json"


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path) as one:
        yield one


class Client:
    """A program with a key."""

    def __init__(self, open_desk: Desk, key: str) -> None:
        self._desk = open_desk
        self._key = key

    async def __call__(
        self, method: str, path: str, body: Any = None, *, raw: bytes | None = None, **headers: str
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self._key}", **{name.replace("_", "-"): v for name, v in headers.items()}}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        async with self._desk.http.request(method, self._desk.url + path, data=data, headers=headers) as answer:
            text = await answer.text()
            assert "Traceback" not in text
            return answer.status, json.loads(text) if text else None


@pytest.fixture
async def api(open_desk: Desk, business: Business) -> Client:
    return Client(open_desk, await create_key(business.pool, business.user_id, "test", ["*"]))


def test_the_document_is_valid_and_the_snapshot_is_up_to_date() -> None:
    described = document(OPERATIONS)
    validate(described)
    text = json.dumps(described, indent=1, sort_keys=True) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(text)
    assert SNAPSHOT.read_text() == text, "run the tests once with UPDATE_SNAPSHOTS=1 and read the difference"


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [operation.id for operation in OPERATIONS]
    assert len(names) == len(set(names))


async def test_a_business_is_set_up_from_nothing(api: Client, open_desk: Desk) -> None:
    status, prompt = await api("POST", "/v1/prompts", {"name": "Desk", "instructions": "Be kind."})
    assert (status, prompt["active_version"]) == (201, 1)
    number = {
        "platform": "whatsapp",
        "meta_phone_number_id": "4711",
        "access_token": "EAAG-secret",
        "display_name": "B",
    }
    status, number = await api("POST", "/v1/numbers", number)
    assert status == 201
    assert "EAAG-secret" not in json.dumps(number)
    agent = {"name": "Ada", "prompt_id": prompt["prompt_id"], "phone_number_id": number["id"], "quiet_ms": 0}
    status, agent = await api("POST", "/v1/agents", agent)
    assert (status, agent["phone_number_id"]) == (201, number["id"])
    assert await open_desk.hook(whatsapp(change("4711", messages=[("w1", "4670", "hi")]))) == 200
    (sent,) = await open_desk.sent(1)
    assert sent["text"]["body"] == "You said: hi"
    status, page = await api("GET", f"/v1/conversations?phone_number_id={number['id']}&customer_phone=4670")
    (conversation,) = page["data"]
    status, page = await api("GET", f"/v1/conversations/{conversation['conversation_id']}/messages?after=1")
    assert [(m["sequence_no"], m["author"], m["text"]) for m in page["data"]] == [(2, "ai", "You said: hi")]


async def test_a_human_replies_and_hands_back(api: Client, open_desk: Desk, business: Business) -> None:
    number = business.number.address
    await open_desk.hook(whatsapp(change(number, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    _, page = await api("GET", "/v1/conversations")
    path = f"/v1/conversations/{page['data'][0]['conversation_id']}"
    assert (await api("POST", f"{path}/messages", {"text": "A person here"}))[0] == 201
    assert (await open_desk.sent(2))[1]["text"]["body"] == "A person here"
    assert (await api("GET", path))[1]["owner"] == "human"
    await open_desk.hook(whatsapp(change(number, messages=[("w2", "4670", "thanks, and?")])))
    status, conversation = await api("PATCH", path, {"owner": "agent"})
    assert (status, conversation["owner"]) == (200, "agent")
    assert (await open_desk.sent(3))[2]["text"]["body"] == "You said: thanks, and?"
    _, page = await api("GET", f"{path}/messages")
    assert [m["author"] for m in page["data"]] == ["customer", "ai", "human", "customer", "ai"]


async def test_the_same_idempotency_key_writes_once(api: Client, open_desk: Desk, business: Business) -> None:
    await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    conversation = (await business.conversation("4670"))["conversation_id"]
    path = f"/v1/conversations/{conversation}/messages"
    answers = await asyncio.gather(*(api("POST", path, {"text": "Once"}, Idempotency_Key="k1") for _ in range(5)))
    assert {status for status, _ in answers} == {201}
    assert len({body["message_id"] for _, body in answers}) == 1
    assert (await api("POST", path, {"text": "Other"}, Idempotency_Key="k1"))[0] == 422
    assert await business.pool.fetchval("select count(*) from messages where author = 'human'") == 1


async def test_lists_are_walked_by_cursor(api: Client, business: Business) -> None:
    for n in range(5):
        await api("POST", "/v1/prompts", {"name": f"P{n}", "instructions": "x"})
    seen, cursor = [], ""
    for _ in range(10):
        _, page = await api("GET", f"/v1/prompts?limit=2{cursor}")
        seen += [prompt["name"] for prompt in page["data"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["P4", "P3", "P2", "P1", "P0", "Front desk"]


async def test_relinking_archives_and_answers_how_many(api: Client, open_desk: Desk, business: Business) -> None:
    await open_desk.hook(
        whatsapp(change(business.number.address, messages=[("w1", "4670", "hi"), ("w2", "4671", "ho")]))
    )
    await open_desk.sent(2)
    _, agent = await api("POST", "/v1/agents", {"name": "Bo", "prompt_id": business.prompt_id})
    taken = {"name": "Cy", "prompt_id": business.prompt_id, "phone_number_id": business.number.id}
    assert (await api("POST", "/v1/agents", taken))[0] == 409
    path = f"/v1/agents/{agent['agent_id']}/link"
    answers = await asyncio.gather(*(api("POST", path, {"phone_number_id": business.number.id}) for _ in range(3)))
    assert sorted(body["archived_conversations_count"] for _, body in answers) == [0, 0, 2]
    _, page = await api("GET", "/v1/archives")
    assert [(a["archived_conversations_count"], a["new_agent_id"]) for a in page["data"]] == [(2, agent["agent_id"])]
    _, page = await api("GET", "/v1/conversations?is_active=false")
    assert len(page["data"]) == 2


SMS = {
    "platform": "sms", "meta_phone_number_id": "+15550100104", "access_token": "t", "settings": {"account_sid": "AC1"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "field"),
    [
        ("POST", "/v1/numbers", {"platform": "fax"}, 422, "platform"),
        ("POST", "/v1/numbers", {"platform": "whatsapp"}, 422, "meta_phone_number_id"),
        ("POST", "/v1/numbers", {"platform": "whatsapp", "meta_phone_number_id": "1"}, 422, "access_token"),
        ("POST", "/v1/numbers", {**SMS, "meta_phone_number_id": "12"}, 422, "meta_phone_number_id"),
        ("POST", "/v1/numbers", {**SMS, "settings": {}}, 422, "settings.account_sid"),
        ("POST", "/v1/numbers", {"platform": "webchat", "colour": "red"}, 422, "colour"),
        ("POST", "/v1/agents", {"name": "A", "prompt_id": "pmpt_123"}, 422, "prompt_id"),
        ("POST", "/v1/agents", {"name": "A", "prompt_id": "prm_none"}, 422, "prompt_id"),
        ("POST", "/v1/prompts", {"name": "", "instructions": "x"}, 422, "name"),
        ("GET", "/v1/conversations?limit=0", None, 422, "limit"),
        ("GET", "/v1/conversations?cursor=rubbish", None, 422, "cursor"),
        ("GET", "/v1/conversations?limit=many", None, 422, "limit"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(api: Client, method: str, path: str, body: Any, status: int, field: str) -> None:
    answered, problem = await api(method, path, body)
    assert (answered, problem["status"]) == (status, status)
    assert field in [one["field"] for one in problem["fields"]]


@pytest.mark.parametrize("raw", [b"{", b"[]", b"\xff\xfe", b'"x"', b"null"])
async def test_a_body_that_is_no_object_is_refused(api: Client, raw: bytes) -> None:
    assert (await api("POST", "/v1/prompts", raw=raw))[0] == 422


async def test_a_legacy_prompt_is_told_what_to_do(api: Client) -> None:
    _, problem = await api("POST", "/v1/agents", {"name": "A", "prompt_id": "pmpt_123"})
    assert "30 November 2026" in problem["detail"]
    assert "POST /v1/prompts" in problem["detail"]


async def test_a_number_belongs_to_one_business_alone(api: Client, business: Business) -> None:
    other = await Business.create(business.pool)
    body = {"platform": "whatsapp", "meta_phone_number_id": other.number.address, "access_token": "t"}
    assert (await api("POST", "/v1/numbers", body))[0] == 409


async def test_nobody_gets_in_without_the_right_key(open_desk: Desk, business: Business) -> None:
    narrow = await create_key(business.pool, business.user_id, "narrow", ["nothing"])
    revoked = await create_key(business.pool, business.user_id, "revoked", ["*"])
    await business.pool.execute("update api_keys set revoked_at = now() where name = 'revoked'")
    keys = {narrow: 403, revoked: 401, narrow[:-1] + "x": 401, "": 401, "fdk_usr_1_x": 401}
    guarded = [(one, re.sub(r"{\w+}", "x", one.path)) for one in OPERATIONS if not one.open]
    wrong = []
    for operation, path in guarded:
        for key, status in keys.items():
            if (found := (await Client(open_desk, key)(operation.method, path))[0]) != status:
                wrong.append((operation.id, key, found))
    await business.pool.execute("update users set suspended_at = now()")
    for operation, path in guarded:
        if (found := (await Client(open_desk, narrow)(operation.method, path))[0]) != 403:
            wrong.append((operation.id, "suspended", found))
    assert wrong == []


BODIES = {
    "change_number": {"display_name": "mine"},
    "change_agent": {"name": "mine"},
    "link_agent": {"phone_number_id": "x"},
    "change_prompt": {"name": "mine"},
    "create_prompt_version": {"instructions": "mine"},
    "create_rehearsal": {"version": 1},
    "change_conversation": {"owner": "human"},
    "create_message": {"text": "mine"},
    "mark_read": {"sequence_no": 1},
    "change_entry": {"text": "mine"},
    "change_link": {"name": "mine"},
    "change_tool": {"name": "mine"},
    "correct_lead": {"name": "mine"},
    "change_contact": {"name": "mine"},
    "move_meeting": {"starts_at": "2040-01-01T09:00:00Z"},
    "merge_contacts": {"contact_id": "cnt_2"},
    "erase_contact": {"confirm": True},
    "change_erasure": {"calendar": "keep"},
    "change_webhook": {"description": "mine"},
    "replay_webhook": {"since": "2026-01-01T00:00:00Z"},
}


async def _theirs(open_desk: Desk, business: Business) -> dict[str, str]:
    """Something of another business for each kind of thing that the API knows, by the paths' first word."""
    other = await Business.create(business.pool)
    await create_key(business.pool, other.user_id, "theirs", ["*"])
    await open_desk.hook(whatsapp(change(other.number.address, messages=[("w1", "4670", "hi")])))
    await open_desk.sent(1)
    return {
        "numbers": other.number.id,
        "agents": other.number.agent_id,
        "prompts": other.prompt_id,
        "conversations": (await other.conversation("4670"))["conversation_id"],
        "inbox": (await other.conversation("4670"))["conversation_id"],
        "media": await other.add_file("a" * 64),
        "turns": await business.pool.fetchval("select turn_id from turns limit 1"),
        "knowledge": await other.add_knowledge("Parking", "Behind the house."),
        "links": await other.add_link("prices", "https://example.com/prices"),
        "tools": await business.pool.fetchval(
            "insert into http_tools (user_id, tool_id, name, description, method, url, parameters) "
            "values ($1, 'tol_1', 't', 'd', 'GET', 'https://example.com', '[]') returning tool_id",
            other.user_id,
        ),
        "webhooks": await business.pool.fetchval(
            "insert into webhook_endpoints (user_id, endpoint_id, url, secret) "
            "values ($1, 'whk_1', 'https://example.com', '') returning endpoint_id",
            other.user_id,
        ),
        "mail-recipients": await business.pool.fetchval(
            "insert into mail_recipients (user_id, address) values ($1, 'boss@example.com') returning address",
            other.user_id,
        ),
        "leads": await business.pool.fetchval(
            "insert into extractions (user_id, conversation_id, customer_phone) "
            "select user_id, conversation_id, '4670' from conversations where user_id = $1 "
            "returning extraction_id::text",
            other.user_id,
        ),
        "archives": await business.pool.fetchval(
            "insert into conversation_archives (user_id, archive_id, old_agent_id, phone_number_id) "
            "values ($1, 'arc_1', $2, $3) returning archive_id",
            other.user_id,
            other.number.agent_id,
            other.number.id,
        ),
        "erasures": await business.pool.fetchval(
            "insert into rights_jobs (user_id, job_id, kind, contact_id, due_at) "
            "values ($1, 'era_1', 'erase', 'cnt_9', null) returning job_id",
            other.user_id,
        ),
        "contacts": await business.pool.fetchval(
            "insert into contacts (user_id, contact_id) values ($1, 'cnt_1'), ($1, 'cnt_2') returning contact_id",
            other.user_id,
        ),
        "contact-merges": await business.pool.fetchval(
            "insert into contact_merges (user_id, merge_id, kept, gone, why, customers, before) "
            "values ($1, 'mrg_1', 'cnt_1', 'cnt_2', 'human', '{}', '{}') returning merge_id",
            other.user_id,
        ),
        "meetings": await business.pool.fetchval(
            "insert into meetings (user_id, meeting_id, conversation_id, google_event_id, title, meeting_time, status) "
            "select user_id, 'mtg_1', conversation_id, 'm1', 't', now(), 'scheduled' from conversations "
            "where user_id = $1 returning meeting_id",
            other.user_id,
        ),
        "rehearsals": await business.pool.fetchval(
            "insert into rehearsals (user_id, rehearsal_id, prompt_id, version) values ($1, 'rhl_1', $2, 1) "
            "returning rehearsal_id",
            other.user_id,
            other.prompt_id,
        ),
        "keys": await business.pool.fetchval("select key_id from api_keys where user_id = $1", other.user_id),
        "members": await business.pool.fetchval(
            "with p as (insert into people (person_id, email) values ('psn_1', 'x@example.com') returning person_id) "
            "insert into members (user_id, member_id, person_id, role) select $1, 'mbr_1', person_id, 'admin' from p "
            "returning member_id",
            other.user_id,
        ),
        "invitations": await business.pool.fetchval(
            "insert into invitations (user_id, invitation_id, email, role, token_hash) "
            "values ($1, 'ivt_1', 'y@example.com', 'viewer', 'x') returning invitation_id",
            other.user_id,
        ),
        "alerts": await business.pool.fetchval(
            "insert into system_alerts (user_id, id, alert_type) values ($1, 'alr_1', 'loop') returning id",
            other.user_id,
        ),
    }


@pytest.mark.parametrize("by", ["key", "session"])
async def test_what_belongs_to_another_business_is_not_there(
    api: Client, open_desk: Desk, business: Business, by: str
) -> None:
    theirs = await _theirs(open_desk, business)
    somebody = api if by == "key" else await browser_of(open_desk, business.user_id, "admin")
    wrong = []
    for operation in [one for one in OPERATIONS if "{" in one.path and one.scope]:
        path = re.sub(r"{\w+}", theirs[operation.path.split("/")[2]], operation.path)
        status, problem = await somebody(operation.method, path, BODIES.get(operation.id))
        if (status, problem["title"]) != (404, "Not found"):
            wrong.append((operation.id, status, problem))
    assert wrong == []


async def test_keys_are_stored_as_hashes_alone(business: Business) -> None:
    key = await create_key(business.pool, business.user_id, "k", ["*"])
    stored = await business.pool.fetchval("select row_to_json(k)::text from api_keys k")
    assert key.rpartition("_")[2] not in stored


async def test_tokens_are_sealed(api: Client, business: Business) -> None:
    body = {"platform": "whatsapp", "meta_phone_number_id": new("n"), "access_token": "EAAG-secret"}
    await api("POST", "/v1/numbers", body)
    stored = await business.pool.fetch("select access_token from phone_numbers")
    assert all(row["access_token"].startswith("v1.") and "EAAG" not in row["access_token"] for row in stored)


async def test_a_number_made_later_wakes_what_was_parked(api: Client, open_desk: Desk, business: Business) -> None:
    await open_desk.hook(whatsapp(change("4711", messages=[("w1", "4670", "early")])))
    body = {"platform": "whatsapp", "meta_phone_number_id": "4711", "access_token": "t"}
    _, number = await api("POST", "/v1/numbers", body)
    agent = {"name": "Ada", "prompt_id": business.prompt_id, "phone_number_id": number["id"], "quiet_ms": 0}
    assert (await api("POST", "/v1/agents", agent))[0] == 201
    await open_desk.sent(1)
    await until(lambda: business.pool.fetchval("select state = 'done' from envelopes"))
