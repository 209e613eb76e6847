"""Invitations and members: who comes in, as what, and that somebody stays to turn the key."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.business import Business
from tests.desk import Desk
from tests.people import PASSWORD, Browser, add_member, add_person, browser_of, session_of


async def invited(admin: Browser, email: str = "sam@example.com", role: str = "sales_rep") -> str:
    """The token of an invitation."""
    status, made = await admin("POST", "/v1/invitations", {"email": email, "role": role})
    assert (status, made["mailed"]) == (201, False), made
    assert made["link"].startswith("https://desk.example.com/console/")
    (token,) = parse_qs(urlsplit(made["link"]).query)["token"]
    return token


async def test_somebody_new_comes_in_by_a_link_once(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    token = await invited(admin)
    status, told = await Browser(open_desk)("GET", f"/v1/invitations/lookup?token={token}")
    assert (status, told["company_name"], told["role"], told["has_account"]) == (
        200,
        "Bloom Dental",
        "sales_rep",
        False,
    )
    for body, field in (
        ({}, "name"),
        ({"name": "Sam"}, "password"),
        ({"name": "Sam", "password": "short"}, "password"),
    ):
        status, problem = await Browser(open_desk)("POST", "/v1/invitations/accept", {"token": token, **body})
        assert (status, problem["fields"][0]["field"]) == (422, field)
    body = {"token": token, "name": "Sam", "password": PASSWORD}
    answers = await asyncio.gather(*(Browser(open_desk)("POST", "/v1/invitations/accept", body) for _ in range(4)))
    assert sorted(status for status, _ in answers)[0] == 200
    assert all(status in (409, 422) for status in sorted(status for status, _ in answers)[1:])
    me = next(answer for status, answer in answers if status == 200)
    assert (me["person"]["email"], me["member"]["role"]) == ("sam@example.com", "sales_rep")
    assert me["person"]["email_verified"] is False  # whoever made the link had it too
    assert (await Browser(open_desk)("GET", f"/v1/invitations/lookup?token={token}"))[0] == 422
    _, page = await admin("GET", "/v1/members")
    assert sorted(one["role"] for one in page["data"]) == ["admin", "sales_rep"]
    stored = str(await open_desk.pool.fetch("select * from invitations"))
    assert token.rpartition("_")[2] not in stored


async def test_somebody_known_proves_who_he_is(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    person = await add_person(open_desk.pool, "sam@example.com")
    token = await invited(admin)
    accept = "/v1/invitations/accept"
    assert (await Browser(open_desk)("POST", accept, {"token": token, "password": "not that one"}))[0] == 401
    status, problem = await admin("POST", accept, {"token": token})
    assert (status, "sam@example.com" in problem["detail"]) == (403, True)
    sam = Browser(open_desk, await session_of(open_desk.pool, person))
    status, me = await sam("POST", accept, {"token": token})
    assert (status, me["business"]["user_id"], me["member"]["role"]) == (200, business.user_id, "sales_rep")
    assert (await admin("POST", "/v1/invitations", {"email": "SAM@example.com", "role": "viewer"}))[0] == 409


async def test_a_link_that_is_over_opens_nothing(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    first = await invited(admin)
    second = await invited(admin, role="viewer")  # takes the place of the first
    _, page = await admin("GET", "/v1/invitations")
    (shown,) = page["data"]
    assert (shown["email"], shown["role"]) == ("sam@example.com", "viewer")
    assert (await Browser(open_desk)("GET", f"/v1/invitations/lookup?token={first}"))[0] == 422
    assert (await admin("DELETE", f"/v1/invitations/{shown['invitation_id']}"))[0] == 204
    assert (await admin("DELETE", f"/v1/invitations/{shown['invitation_id']}"))[0] == 404
    third = await invited(admin)
    await open_desk.pool.execute("update invitations set expires_at = now() where revoked_at is null")
    body = {"name": "Sam", "password": PASSWORD}
    for token in (first, second, third, "inv_x_y", "inv_", "x", "\0"):
        status, _ = await Browser(open_desk)("POST", "/v1/invitations/accept", {"token": token, **body})
        assert status == 422, token
    assert await open_desk.pool.fetchval("select count(*) from members") == 1


async def test_what_somebody_invited_others_to_ends_with_him(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    other = await browser_of(open_desk, business.user_id, "admin", "other@example.com")
    token = await invited(other, "third@example.com", "admin")
    _, me = await other("GET", "/v1/me")
    assert (await admin("PATCH", f"/v1/members/{me['member']['member_id']}", {"role": "viewer"}))[0] == 200
    assert (await Browser(open_desk)("GET", f"/v1/invitations/lookup?token={token}"))[0] == 422
    assert (await other("GET", "/v1/keys"))[0] == 403  # at once, in the session that was open


@pytest.mark.parametrize("body", [{"role": "viewer"}, {"suspended": True}, None], ids=["role", "suspended", "removed"])
async def test_the_last_admin_stays_whoever_is_quickest(open_desk: Desk, business: Business, body: object) -> None:
    people = [await add_member(open_desk.pool, business.user_id, "admin") for _ in range(3)]
    browsers = [Browser(open_desk, await session_of(open_desk.pool, person)) for person, _ in people]
    method = "PATCH" if body else "DELETE"

    async def out(browser: Browser, member: str) -> int:
        return (await browser(method, f"/v1/members/{member}", body))[0]

    # Each ends the next one, and himself.
    ends = [(browsers[n], people[m][1]) for n in range(3) for m in (n, (n + 1) % 3)]
    await asyncio.gather(*(out(*one) for one in ends))
    admins = "select count(*) from members where role = 'admin' and suspended_at is null"
    assert await open_desk.pool.fetchval(admins) == 1
    last = await open_desk.pool.fetchrow(f"select member_id, person_id {admins[15:]}")
    assert last is not None
    browser = Browser(open_desk, await session_of(open_desk.pool, last["person_id"]))
    status, problem = await browser(method, f"/v1/members/{last['member_id']}", body)
    assert (status, "last admin" in problem["detail"]) == (409, True)


async def test_a_member_is_suspended_and_comes_back(open_desk: Desk, business: Business) -> None:
    admin = await browser_of(open_desk, business.user_id, "admin")
    sam = await browser_of(open_desk, business.user_id, "sales_rep", "sam@example.com")
    _, me = await sam("GET", "/v1/me")
    path = f"/v1/members/{me['member']['member_id']}"
    for suspended, status in ((True, 403), (False, 200)):
        _, member = await admin("PATCH", path, {"suspended": suspended})
        assert (member["suspended_at"] is not None, member["role"]) == (suspended, "sales_rep")
        assert (await sam("GET", "/v1/leads"))[0] == status
    assert (await admin("PATCH", path, {"role": "owner"}))[0] == 422
    assert (await admin("DELETE", path))[0] == 204
    assert (await sam("GET", "/v1/leads"))[0] == 403
    assert (await Browser(open_desk).sign_in("sam@example.com"))[1]["business"] is None
