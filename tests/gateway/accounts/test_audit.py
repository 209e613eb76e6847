"""The record: each change stands in it, no secret does, and nobody writes it anew."""

from __future__ import annotations

import io
import json

import asyncpg
import pytest

from gateway.api.keys import create_key
from gateway.db import tenant
from gateway.observe import log
from tests.business import Business
from tests.desk import Desk
from tests.people import PASSWORD, Browser, add_member, browser_of


async def test_each_change_names_who_what_and_whereto(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    _, prompt = await admin("POST", "/v1/prompts", {"name": "Secret plan", "instructions": "Never told."})
    path = f"/v1/prompts/{prompt['prompt_id']}"
    await admin("PATCH", path, {"name": "Other"}, X_Request_Id="request-4711")
    key = f"Bearer {await create_key(business.pool, business.user_id, 'till', ['*'])}"
    await Browser(open_desk)("PATCH", "/v1/business", {"zone": "Europe/Madrid", "company_name": "B"}, Authorization=key)
    assert (await admin("PATCH", "/v1/business", {"zone": "Nowhere"}))[0] == 422
    await admin("GET", "/v1/prompts")
    _, page = await admin("GET", "/v1/audit")
    found = [(one["actor_kind"], one["actor_name"], one["action"], one["target"], one["changed"], one["changes"])
             for one in page["data"]]  # fmt: skip
    assert found == [
        ("key", "till", "change_business", [], ["company_name", "zone"], {"zone": "Europe/Madrid"}),
        ("member", "Pat", "change_prompt", [prompt["prompt_id"]], ["name"], {}),
        ("member", "Pat", "create_prompt", [], ["instructions", "name"], {}),
    ]
    assert page["data"][1]["request_id"] == "request-4711"
    _, me = await admin("GET", "/v1/me")
    for query, count in (
        (f"actor={me['member']['member_id']}", 2), ("actor=key", 1), ("action=create_prompt", 1), ("action=none", 0),
        (f"target={prompt['prompt_id']}", 1), ("since=2020-01-01T00:00:00Z", 3), ("since=2120-01-01T00:00:00Z", 0),
    ):  # fmt: skip
        assert len((await admin("GET", f"/v1/audit?{query}"))[1]["data"]) == count, query
    seen, cursor = [], ""
    for _ in range(5):
        _, page = await admin("GET", f"/v1/audit?limit=1{cursor}")
        seen += [one["action"] for one in page["data"]]
        if not page["next_cursor"]:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ["change_business", "change_prompt", "create_prompt"]


async def test_a_change_that_did_not_happen_is_not_in_it(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    for method, path, body in (
        ("DELETE", "/v1/keys/key_none", None), ("POST", "/v1/agents", {"name": "A", "prompt_id": "prm_none"}),
        ("POST", "/v1/prompts", {"name": ""}),
    ):  # fmt: skip
        assert (await admin(method, path, body))[0] in (404, 422)
    assert await open_desk.pool.fetchval("select count(*) from audit_log") == 0


async def test_no_secret_is_in_the_record_nor_in_a_log(
    open_desk: Desk, business: Business, logged: io.StringIO
) -> None:
    await add_member(open_desk.pool, business.user_id, "admin", "pat@example.com")
    browser, secrets = Browser(open_desk), [PASSWORD, "guessed wrongly", "a whole new one", "EAAG-secret"]
    await browser.sign_in("pat@example.com", "guessed wrongly")
    await browser.sign_in("pat@example.com")
    secrets.append(browser.token)
    _, made = await browser("POST", "/v1/keys", {"name": "k", "scopes": ["*"]})
    secrets.append(made["key"])
    _, made = await browser("POST", "/v1/invitations", {"email": "sam@example.com", "role": "viewer"})
    secrets.append(made["link"].rpartition("_")[2])
    _, made = await browser("POST", "/v1/me/totp")
    secrets.append(made["secret"])
    number = {"platform": "whatsapp", "meta_phone_number_id": "4711", "access_token": "EAAG-secret"}
    assert (await browser("POST", "/v1/numbers", number))[0] == 201
    await browser("PATCH", "/v1/me", {"password": PASSWORD, "new_password": "a whole new one"})
    secrets.append(browser.token)
    rows = [dict(row) for row in await open_desk.pool.fetch("select * from audit_log order by at")]
    actions = [
        "sign_in_failed",
        "sign_in",
        "create_api_key",
        "create_invitation",
        "begin_totp",
        "create_number",
        "change_me",
    ]
    assert [row["action"] for row in rows] == actions
    log.warning("the_end")
    assert "the_end" in logged.getvalue()
    told = json.dumps(rows, default=str) + logged.getvalue()
    assert [one for one in secrets if one in told] == []
    # and what the store itself holds of them is of no use
    kept = str(await open_desk.pool.fetch("select * from people")) + str(
        await open_desk.pool.fetch("select * from sessions")
    )
    kept += str(await open_desk.pool.fetch("select * from api_keys")) + str(
        await open_desk.pool.fetch("select * from invitations")
    )
    assert [one for one in secrets if one in kept] == []


async def test_nobody_writes_it_anew(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    await admin("PATCH", "/v1/business", {"zone": "UTC"})
    with pytest.raises(asyncpg.RestrictViolationError):
        await open_desk.pool.execute("update audit_log set actor_name = 'somebody else'")
    for statement in ("delete from audit_log", "update audit_log set action = 'x'"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant(open_desk.pool, business.user_id) as db:
                await db.execute(statement)


async def test_a_business_sees_its_own_people_and_no_password(open_desk: Desk, business: Business) -> None:
    other = await Business.create(business.pool)
    await add_member(open_desk.pool, business.user_id, "admin", "ours@example.com")
    await add_member(open_desk.pool, other.user_id, "admin", "theirs@example.com")
    async with tenant(open_desk.pool, business.user_id) as db:
        assert [row["email"] for row in await db.fetch("select email from people")] == ["ours@example.com"]
    for statement in ("select password_hash from people", "select * from sessions", "select * from person_tokens",
                      "update people set name = 'x'", "select * from sign_in_tries"):  # fmt: skip
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with tenant(open_desk.pool, business.user_id) as db:
                await db.fetch(statement)
