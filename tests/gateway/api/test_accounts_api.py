"""Every operation against every role, every cookie that another site sends, and every business that is another's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.accounts.roles import ALL, ALLOWED, ROLES, SCOPES, allows, covers, scopes_of, spelled
from gateway.api import OPERATIONS
from gateway.api.doors import SAFE
from gateway.api.keys import create_key
from gateway.api.operations import Operation
from tests.business import Business
from tests.desk import Desk
from tests.people import Browser, browser_of

# Said once more, by hand: what each role is for. A changed table has to change this too.
MAY: Mapping[str, tuple[str, ...]] = {
    "list_conversations": ("admin", "manager", "sales_rep", "viewer"),
    "create_message": ("admin", "manager", "sales_rep"),
    "change_conversation": ("admin", "manager", "sales_rep"),
    "correct_lead": ("admin", "manager", "sales_rep"),
    "list_leads": ("admin", "manager", "sales_rep", "marketing", "viewer"),
    "change_contact": ("admin", "manager", "sales_rep"),
    "create_link": ("admin", "manager", "marketing"),
    "create_entry": ("admin", "manager", "marketing"),
    "create_agent": ("admin", "manager"),
    "create_number": ("admin", "manager"),
    "change_business": ("admin", "manager"),
    "list_audit": ("admin", "manager"),
    "list_members": ("admin", "manager", "sales_rep", "marketing", "viewer"),
    "change_member": ("admin",),
    "create_invitation": ("admin",),
    "list_keys": ("admin",),
    "create_api_key": ("admin",),
    "delete_api_key": ("admin",),
}


FEW = ("/v1/business", "/v1/sign-in", "/v1/me", "/v1/keys")


def path_of(operation: Operation) -> str:
    return re.sub(r"{\w+}", "x", operation.path)


def test_each_operation_needs_something_that_stands_in_the_table() -> None:
    needed = {one.scope for one in OPERATIONS if one.scope}
    assert needed <= set(ALLOWED)
    assert all(one.scope or one.open or one.path.startswith("/v1/me") for one in OPERATIONS)
    assert not [one.id for one in OPERATIONS if one.scope and one.open]
    writing = {one.id for one in OPERATIONS if one.method not in SAFE and one.scope.endswith(":read")}
    assert writing <= {"mark_read"}  # what somebody has seen is his own, and not recorded


def test_the_roles_are_those_that_were_meant() -> None:
    found = {one.id: tuple(r for r in ROLES if allows(scopes_of(r), one.scope)) for one in OPERATIONS if one.id in MAY}
    assert found == MAY
    assert not [scope for scope in scopes_of("viewer") if not scope.endswith(":read")]
    assert scopes_of("viewer") < scopes_of("sales_rep") < scopes_of("manager")
    assert scopes_of("marketing") < scopes_of("manager")
    assert scopes_of("owner") == scopes_of("") == frozenset()
    assert spelled(scopes_of("admin")) == list(SCOPES)


@pytest.mark.parametrize(
    ("scopes", "others", "covered"),
    [
        ({ALL}, {ALL}, True), ({ALL}, {"keys:write"}, True), ({"keys:write"}, {"keys:write"}, True),
        ({"keys:write"}, {ALL}, False), ({"keys:write"}, {"leads:read"}, False), (set(), set(), True),
        (set(), {ALL}, False),
    ],
)  # fmt: skip
def test_nobody_gives_more_than_he_has(scopes: set[str], others: set[str], covered: bool) -> None:
    assert covers(frozenset(scopes), others) is covered


@pytest.mark.parametrize("role", ROLES)
async def test_each_operation_asks_for_the_role(open_desk: Desk, business: Business, role: str) -> None:
    browser = await browser_of(open_desk, business.user_id, role)
    for operation in [one for one in OPERATIONS if one.scope]:
        status, answer = await browser(operation.method, path_of(operation))
        lacks = status == 403 and f"The role {role} lacks the scope {operation.scope}." == answer["detail"]
        assert lacks is not allows(scopes_of(role), operation.scope), (operation.id, status, answer)
        assert status not in (401, 500), (operation.id, answer)
    _, me = await browser("GET", "/v1/me")
    assert (me["member"]["role"], me["scopes"]) == (role, spelled(scopes_of(role)))


async def test_nobody_makes_a_browser_write_from_another_site(open_desk: Desk, business: Business) -> None:
    browser = await browser_of(open_desk, business.user_id, "admin")
    before = await open_desk.pool.fetchval("select count(*) from audit_log")
    elsewhere: list[tuple[str | None, dict[str, str]]] = [
        ("https://evil.example", {}), (None, {}), ("null", {}), ("http://desk.example.com", {}),
        ("https://desk.example.com.evil.example", {}), ("https://desk.example.com:444", {}),
        (None, {"Sec_Fetch_Site": "cross-site"}), (None, {"Sec_Fetch_Site": "same-site"}),
        ("https://evil.example", {"Sec_Fetch_Site": "same-origin"}),
    ]  # fmt: skip
    for operation in [one for one in OPERATIONS if one.method not in SAFE]:
        for origin, headers in elsewhere if operation.path in FEW else elsewhere[:2]:
            status, answer = await browser(operation.method, path_of(operation), origin=origin, **headers)
            assert status == 403, (operation.id, origin, status)
            assert "site" in answer["detail"]
    assert await open_desk.pool.fetchval("select count(*) from audit_log") == before
    status, _ = await browser("PATCH", "/v1/business", {"zone": "UTC"}, origin=None, Sec_Fetch_Site="same-origin")
    assert status == 200


async def test_a_person_is_let_in_to_nothing_of_a_business_that_is_closed(open_desk: Desk, business: Business) -> None:
    browser = await browser_of(open_desk, business.user_id, "admin")
    pool, scoped = open_desk.pool, [one for one in OPERATIONS if one.scope]
    closed = {
        "update users set suspended_at = now()": "suspended",
        "update users set suspended_at = null": "",
        "update members set suspended_at = now()": "membership",
        "delete from members": "any more",
    }
    for statement, why in closed.items():
        await pool.execute(statement)
        if not why:
            assert (await browser("GET", "/v1/business"))[0] == 200
            continue
        for operation in scoped:
            status, answer = await browser(operation.method, path_of(operation))
            assert status == 403, operation.id
            assert why in answer["detail"]
        status, me = await browser("GET", "/v1/me")
        assert (status, me["business"], me["member"], me["scopes"], me["businesses"]) == (200, None, None, [], [])
    await pool.execute("update people set locked_at = now()")
    for operation in [one for one in OPERATIONS if not one.open]:
        assert (await browser(operation.method, path_of(operation)))[0] == 403, operation.id


async def test_an_open_operation_needs_nobody_and_says_so(open_desk: Desk) -> None:
    for operation in [one for one in OPERATIONS if one.open]:
        status, _ = await Browser(open_desk)(operation.method, path_of(operation))
        assert status in (200, 204, 422), operation.id
    for operation in [one for one in OPERATIONS if not one.open]:
        assert (await Browser(open_desk)(operation.method, path_of(operation)))[0] == 401, operation.id


async def test_a_key_is_no_person(open_desk: Desk, business: Business) -> None:
    key = f"Bearer {await create_key(business.pool, business.user_id, 'k', [ALL])}"
    browser = await browser_of(open_desk, business.user_id, "admin")
    for operation in [one for one in OPERATIONS if not one.scope and not one.open]:
        status, answer = await browser(operation.method, path_of(operation), Authorization=key)
        assert (status, "a key can't" in answer["detail"]) == (403, True), operation.id
    # What the header says counts, not the cookie beside it.
    assert (await browser("GET", "/v1/leads", Authorization="Bearer fdk_x_y"))[0] == 401


async def test_a_session_is_of_one_business_at_a_time(open_desk: Desk, business: Business) -> None:
    other = await Business.create(business.pool)
    browser = await browser_of(open_desk, business.user_id, "admin", "both@example.com")
    _, me = await browser("GET", "/v1/me")
    person = me["person"]["person_id"]
    assert (await browser("POST", "/v1/me/business", {"user_id": other.user_id}))[0] == 404
    insert = "insert into members (user_id, member_id, person_id, role) values ($1, 'mbr_2', $2, 'viewer')"
    await business.pool.execute(insert, other.user_id, person)
    theirs, ours = f"/v1/numbers/{other.number.id}", f"/v1/numbers/{business.number.id}"
    assert [(await browser("GET", path))[0] for path in (theirs, ours)] == [404, 200]
    status, me = await browser("POST", "/v1/me/business", {"user_id": other.user_id})
    assert (status, me["business"]["user_id"], me["member"]["role"]) == (200, other.user_id, "viewer")
    assert [(await browser("GET", path))[0] for path in (theirs, ours)] == [200, 404]
    assert (await browser("PATCH", theirs, {"display_name": "mine"}))[0] == 403
    assert {one["user_id"] for one in me["businesses"]} == {business.user_id, other.user_id}


async def test_a_key_can_do_no_more_than_whoever_makes_it(open_desk: Desk, business: Business) -> None:
    maker = await create_key(business.pool, business.user_id, "maker", ["keys:write", "keys:read", "members:write"])
    browser, header = Browser(open_desk), {"Authorization": f"Bearer {maker}"}
    for scopes, status in ((["*"], 403), (["leads:read"], 403), (["keys:read"], 201), (["nonsense"], 422), ([], 422)):
        assert (await browser("POST", "/v1/keys", {"name": "k", "scopes": scopes}, **header))[0] == status, scopes
    for role in ROLES:
        body = {"email": "new@example.com", "role": role}
        assert (await browser("POST", "/v1/invitations", body, **header))[0] == 403, role
    admin = await browser_of(open_desk, business.user_id, "admin")
    _, page = await admin("GET", "/v1/members")
    path = f"/v1/members/{page['data'][0]['member_id']}"
    assert (await browser("PATCH", path, {"role": "viewer"}, **header))[0] == 403
    assert (await browser("DELETE", path, **header))[0] == 403


async def test_keys_are_made_listed_and_ended(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    status, made = await admin("POST", "/v1/keys", {"name": "till", "scopes": ["leads:read", "leads:read"]})
    assert (status, made["scopes"], made["created_by"]) == (201, ["leads:read"], "Pat")
    header = {"Authorization": f"Bearer {made['key']}"}
    assert (await Browser(open_desk)("GET", "/v1/leads", **header))[0] == 200
    assert (await Browser(open_desk)("GET", "/v1/contacts", **header))[0] == 403
    _, page = await admin("GET", "/v1/keys")
    assert [one["key_id"] for one in page["data"]] == [made["key_id"]]
    assert made["key"] not in str(page)
    path = f"/v1/keys/{made['key_id']}"
    assert sorted([one for one, _ in await asyncio.gather(*(admin("DELETE", path) for _ in range(3)))]) == [
        204,
        404,
        404,
    ]
    assert (await Browser(open_desk)("GET", "/v1/leads", **header))[0] == 401


BUSINESS: list[tuple[dict[str, Any], int, str]] = [
    ({"company_name": "Bloom & Sons", "industry": "dental", "team_size": "2-10"}, 200, ""),
    ({"website": "https://bloom.example", "business_email": "desk@bloom.example"}, 200, ""),
    ({"website": None, "business_email": None}, 200, ""),
    ({"onboarding_step": 5, "onboarding_completed": True}, 200, ""),
    ({"company_name": ""}, 422, "company_name"), ({"company_name": None}, 422, "company_name"),
    ({"zone": "Mars/Olympus"}, 422, "zone"), ({"zone": None}, 422, "zone"),
    ({"website": "javascript:alert(1)"}, 422, "website"), ({"business_email": "no"}, 422, "business_email"),
    ({"onboarding_step": 6}, 422, "onboarding_step"), ({"language": "English"}, 422, "language"),
    ({"suspended_at": None}, 422, "suspended_at"),
]  # fmt: skip


async def test_a_business_says_what_it_is(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    for body, status, field in BUSINESS:
        answered, answer = await admin("PATCH", "/v1/business", body)
        assert answered == status, (body, answer)
        if field:
            assert [one["field"] for one in answer["fields"]] == [field]
        else:
            assert body.items() <= answer.items()
            assert (await admin("GET", "/v1/business"))[1] == answer
