"""Coming in: who is let in, who is not, how often one may guess, and what an answer tells about somebody else."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from gateway.accounts import totp, tries
from gateway.accounts.people import totp_place
from gateway.db import Pool
from gateway.settings import Settings
from tests.business import VAULT, Business
from tests.desk import Desk
from tests.people import PASSWORD, Browser, add_member, browser_of, session_of
from tests.waiting import until

KIM = {"email": "kim@example.com", "password": PASSWORD, "name": "Kim Ek", "company_name": "Bloom"}


async def test_somebody_signs_up_and_is_in_at_once(open_desk: Desk) -> None:
    kim = Browser(open_desk)
    status, me = await kim("POST", "/v1/sign-up", {**KIM, "email": " Kim@Example.COM ", "language": "sv"})
    assert status == 201
    assert (me["person"]["email"], me["person"]["name"], me["person"]["language"]) == (
        "kim@example.com",
        "Kim Ek",
        "sv",
    )
    assert (me["member"]["role"], me["business"]["company_name"]) == ("admin", "Bloom")
    assert (me["business"]["onboarding_step"], me["business"]["onboarding_completed"]) == (1, False)
    assert (me["mail"], me["person"]["email_verified"]) == (False, False)
    assert (await kim("GET", "/v1/me"))[1] == me
    assert (await kim("GET", "/v1/credits"))[1]["remaining_credits"] == Settings().sign_up_credits
    assert (await kim("POST", "/v1/prompts", {"name": "Desk", "instructions": "Be kind."}))[0] == 201


SIGN_UPS: list[tuple[dict[str, Any], int, str]] = [
    ({"email": "kim"}, 422, "email"), ({"email": "a@b"}, 422, "email"), ({"email": "a b@example.com"}, 422, "email"),
    ({"password": "short"}, 422, "password"), ({"password": "kim@example.com"}, 422, "password"),
    ({"password": "1234567890"}, 422, "password"), ({"password": "x" * 300}, 422, "password"),
    ({"name": " "}, 422, "name"), ({"company_name": ""}, 422, "company_name"), ({"language": "xx-"}, 422, "language"),
    ({"role": "admin"}, 422, "role"),
]  # fmt: skip


async def test_what_is_wrong_with_a_sign_up_is_named_and_not_repeated(open_desk: Desk) -> None:
    for change, status, field in SIGN_UPS:
        answered, problem = await Browser(open_desk)("POST", "/v1/sign-up", {**KIM, **change})
        assert (answered, [one["field"] for one in problem["fields"]]) == (status, [field]), change
        assert PASSWORD not in str(problem)
    assert await open_desk.pool.fetchval("select count(*) from people") == 0


async def test_of_many_who_sign_up_with_one_address_one_comes_in(open_desk: Desk) -> None:
    answers = await asyncio.gather(*(Browser(open_desk)("POST", "/v1/sign-up", KIM) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [201, 409, 409, 409, 409]
    problem = next(body for status, body in answers if status == 409)
    assert problem["fields"][0]["field"] == "email"
    counts = [await open_desk.pool.fetchval(f"select count(*) from {one}") for one in ("people", "users", "members")]  # noqa: S608
    assert counts == [1, 1, 1]


async def test_a_business_that_the_operator_made_is_not_taken_by_its_address(
    open_desk: Desk, business: Business
) -> None:
    email = await open_desk.pool.fetchval("select email from users")
    assert (await Browser(open_desk)("POST", "/v1/sign-up", {**KIM, "email": email}))[0] == 409


async def test_the_right_password_lets_in_and_the_wrong_one_tells_nothing(open_desk: Desk, business: Business) -> None:
    await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    status, me = await Browser(open_desk).sign_in("PAT@example.com")
    assert (status, me["business"]["user_id"]) == (200, business.user_id)
    wrong = [await Browser(open_desk).sign_in("pat@example.com", "wrong password"),
             await Browser(open_desk).sign_in("nobody@example.com"),
             await Browser(open_desk).sign_in("no address")]  # fmt: skip
    told = [(status, {**body, "request_id": ""}) for status, body in wrong]
    assert told[0] == told[1] == told[2]
    assert told[0][0] == 401


async def test_an_unknown_address_costs_a_hash_too(open_desk: Desk, business: Business) -> None:
    await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    spent = {}
    for email in ("nobody@example.com", "someone@example.com"):
        begin = time.process_time()
        await Browser(open_desk).sign_in(email, "wrong password")
        spent[email] = time.process_time() - begin
    assert min(spent.values()) > 0.008, spent  # argon2id takes 20 ms and more of a core; a look-up takes 2


async def test_ten_wrong_tries_close_the_door_for_a_quarter_of_an_hour(open_desk: Desk, business: Business) -> None:
    await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    for email in ("pat@example.com", "nobody@example.com"):
        answers = await asyncio.gather(*(Browser(open_desk).sign_in(email, f"wrong {n}") for n in range(14)))
        assert sorted(status for status, _ in answers) == [401] * 10 + [429] * 4
    status, problem = await Browser(open_desk).sign_in("pat@example.com")
    assert (status, "Wait 15 minutes" in problem["detail"]) == (429, True)
    await open_desk.pool.execute("update sign_in_tries set closed_until = now() - interval '1 second'")
    assert (await Browser(open_desk).sign_in("pat@example.com", "wrong again"))[0] == 401
    assert (await Browser(open_desk).sign_in("pat@example.com"))[0] == 200
    assert await open_desk.pool.fetchval("select count(*) from sign_in_tries") == 1


async def test_tries_of_long_ago_do_not_count(pool: Pool) -> None:
    for _ in range(9):
        await tries.take(pool, "a@example.com")
    await pool.execute("update sign_in_tries set since = now() - interval '16 minutes'")
    for _ in range(9):
        await tries.take(pool, "a@example.com")
    assert await pool.fetchval("select tries from sign_in_tries") == 9
    await pool.execute("update sign_in_tries set since = now() - interval '2 days'")
    await tries.clean(pool)
    assert await pool.fetchval("select count(*) from sign_in_tries") == 0


async def with_app(browser: Browser) -> tuple[str, list[str], int]:
    """Turns an authenticator app on; its secret, the recovery codes, and the step of the code that was used."""
    _, made = await browser("POST", "/v1/me/totp")
    step = int(time.time()) // 30
    status, told = await browser("POST", "/v1/me/totp/confirm", {"code": totp.code_at(made["secret"], step)})
    assert status == 200, told
    return made["secret"], told["recovery_codes"], step


async def test_an_app_is_asked_for_and_each_code_works_once(open_desk: Desk, business: Business) -> None:
    browser = await browser_of(open_desk, business.user_id, "viewer", "pat@example.com")
    secret, recovery, step = await with_app(browser)
    sealed = await open_desk.pool.fetchrow("select person_id, totp_secret from people")
    assert sealed is not None
    assert secret not in sealed["totp_secret"]
    assert VAULT.open(sealed["totp_secret"], totp_place(sealed["person_id"])) == secret
    status, problem = await Browser(open_desk).sign_in("pat@example.com")
    assert (status, problem["totp_required"]) == (401, True)
    status, problem = await Browser(open_desk).sign_in(
        "pat@example.com", "wrong password", totp.code_at(secret, step + 1)
    )
    assert (status, "totp_required" in problem) == (401, False)
    used = totp.code_at(secret, step)
    assert (await Browser(open_desk).sign_in("pat@example.com", code=used))[0] == 401
    fresh = totp.code_at(secret, step + 1)
    both = await asyncio.gather(*(Browser(open_desk).sign_in("pat@example.com", code=fresh) for _ in range(3)))
    assert sorted(status for status, _ in both) == [200, 401, 401]
    assert (await Browser(open_desk).sign_in("pat@example.com", code=used))[0] == 401
    lost = await asyncio.gather(*(Browser(open_desk).sign_in("pat@example.com", code=recovery[0]) for _ in range(3)))
    assert sorted(status for status, _ in lost) == [200, 401, 401]
    assert (await browser("GET", "/v1/me"))[1]["person"]["recovery_codes_left"] == 9
    assert (await browser("POST", "/v1/me/totp"))[0] == 409
    assert (await browser("DELETE", "/v1/me/totp", {"password": "wrong"}))[0] == 422
    assert (await browser("DELETE", "/v1/me/totp", {"password": PASSWORD}))[0] == 204
    assert (await Browser(open_desk).sign_in("pat@example.com"))[0] == 200


async def test_codes_are_guesses_too(open_desk: Desk, business: Business) -> None:
    browser = await browser_of(open_desk, business.user_id, "viewer", "pat@example.com")
    secret, _, step = await with_app(browser)
    for _ in range(5):
        assert (await Browser(open_desk).sign_in("pat@example.com"))[0] == 401  # no code is no guess
    right = {totp.code_at(secret, step + n) for n in range(-3, 5)}
    guesses = [code for code in (f"{n:06d}" for n in range(30)) if code not in right][:12]
    answers = [await Browser(open_desk).sign_in("pat@example.com", code=code) for code in guesses]
    assert [status for status, _ in answers] == [401] * 10 + [429] * 2
    assert (await Browser(open_desk).sign_in("pat@example.com", code=totp.code_at(secret, step + 1)))[0] == 429


async def test_a_cookie_that_somebody_else_set_is_not_kept(open_desk: Desk, business: Business) -> None:
    person, _ = await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    planted = await session_of(open_desk.pool, person)
    for token in (planted, "chosen by the attacker"):
        victim = Browser(open_desk, token)
        assert (await victim.sign_in("pat@example.com"))[0] == 200
        assert victim.token != token
        assert (await Browser(open_desk, token)("GET", "/v1/me"))[0] == 401


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("update sessions set expires_at = now()", 401),
        ("update sessions set last_seen_at = now() - interval '7 days'", 401),
        ("update sessions set last_seen_at = now() - interval '6 days 23 hours'", 200),
        ("delete from sessions", 401),
        ("update people set locked_at = now()", 403),
    ],
)
async def test_a_session_ends(open_desk: Desk, business: Business, statement: str, status: int) -> None:
    browser = await browser_of(open_desk, business.user_id, "viewer")
    async with open_desk.http.get(
        f"{open_desk.url}/v1/live", headers={"Cookie": f"__Host-frontdesk={browser.token}"}
    ) as stream:
        assert stream.status == 200
        assert (await stream.content.readline()) == b": watching\n"
        await open_desk.pool.execute(statement)
        assert (await browser("GET", "/v1/me"))[0] == status
        if status != 200:
            async with asyncio.timeout(15):
                await stream.content.read()  # ends by itself
        else:
            seen = "select last_seen_at > now() - interval '1 minute' from sessions"
            assert await until(lambda: open_desk.pool.fetchval(seen))


async def test_a_role_that_may_not_watch_gets_no_stream_and_loses_the_one_it_has(
    open_desk: Desk, business: Business
) -> None:
    browser = await browser_of(open_desk, business.user_id, "viewer")
    headers = {"Cookie": f"__Host-frontdesk={browser.token}"}
    async with open_desk.http.get(f"{open_desk.url}/v1/live", headers=headers) as stream:
        await stream.content.readline()
        await open_desk.pool.execute("update members set role = 'marketing'")
        async with asyncio.timeout(15):
            await stream.content.read()
    assert (await browser("GET", "/v1/live"))[0] == 403


async def test_sessions_are_listed_and_ended(open_desk: Desk, business: Business) -> None:
    person, _ = await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    stranger = await browser_of(open_desk, business.user_id, "admin")
    here, there = [Browser(open_desk, await session_of(open_desk.pool, person)) for _ in range(2)]
    _, page = await here("GET", "/v1/me/sessions")
    assert sorted(one["current"] for one in page["data"]) == [False, True]
    other = next(one["session_id"] for one in page["data"] if not one["current"])
    assert (await stranger("DELETE", f"/v1/me/sessions/{other}"))[0] == 404
    assert (await there("GET", "/v1/me"))[0] == 200
    assert (await here("DELETE", f"/v1/me/sessions/{other}"))[0] == 204
    assert (await here("DELETE", f"/v1/me/sessions/{other}"))[0] == 404
    assert [(await one("GET", "/v1/me"))[0] for one in (here, there, stranger)] == [200, 401, 200]
    token = here.token
    assert (await here("POST", "/v1/sign-out"))[0] == 204
    assert here.token == ""
    assert (await Browser(open_desk, token)("GET", "/v1/me"))[0] == 401
    assert token not in str(await open_desk.pool.fetch("select * from sessions"))


async def test_a_new_password_ends_every_other_session(open_desk: Desk, business: Business) -> None:
    person, _ = await add_member(open_desk.pool, business.user_id, "viewer", "pat@example.com")
    here, there = [Browser(open_desk, await session_of(open_desk.pool, person)) for _ in range(2)]
    before = here.token
    for body, field in (
        ({"new_password": "a whole new one"}, "password"),
        ({"new_password": "a whole new one", "password": "wrong"}, "password"),
        ({"new_password": "short", "password": PASSWORD}, "new_password"),
    ):
        status, problem = await here("PATCH", "/v1/me", body)
        assert (status, problem["fields"][0]["field"]) == (422, field)
    assert (await here("PATCH", "/v1/me", {"new_password": "a whole new one", "password": PASSWORD}))[0] == 200
    assert here.token != before
    assert (await Browser(open_desk, before)("GET", "/v1/me"))[0] == 401
    assert [(await one("GET", "/v1/me"))[0] for one in (here, there)] == [200, 401]
    assert (await Browser(open_desk).sign_in("pat@example.com"))[0] == 401
    assert (await Browser(open_desk).sign_in("pat@example.com", "a whole new one"))[0] == 200


async def test_preferences_are_kept_one_by_one(open_desk: Desk, business: Business) -> None:
    browser = await browser_of(open_desk, business.user_id, "viewer")
    for given, kept in (
        ({"theme": "dark"}, {"theme": "dark"}), ({"zone": "UTC"}, {"theme": "dark", "zone": "UTC"}),
        ({"theme": None}, {"zone": "UTC"}),
    ):  # fmt: skip
        status, me = await browser("PATCH", "/v1/me", {"preferences": given, "name": "Pat B"})
        assert (status, me["person"]["preferences"], me["person"]["name"]) == (200, kept, "Pat B")
    assert (await browser("PATCH", "/v1/me", {"preferences": {"x": "y" * 9000}}))[0] == 422
