"""The address of a person: the letter that proves it, asked for again, and another one that takes its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts import totp
from gateway.accounts.people import totp_place
from gateway.db import Pool
from tests.business import VAULT, Business
from tests.desk import Desk
from tests.gateway.accounts.mailing import letters, mailing_desk
from tests.gateway.test_mail import Post, read
from tests.people import PASSWORD, Browser, add_member, add_person, browser_of, session_of
from tests.waiting import until

KIM = {"email": "kim@example.com", "password": PASSWORD, "name": "Kim Ek", "company_name": "Bloom"}
AGAIN = "/v1/verify-email/letter"
CHECK = (202, {"status": "check_mail"})


@pytest.fixture
async def post_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[tuple[Desk, Post]]:
    async with mailing_desk(dsn, pool, tmp_path) as both:
        yield both


@pytest.fixture
def mailing(post_desk: tuple[Desk, Post]) -> Desk:
    return post_desk[0]


@pytest.fixture
def office(post_desk: tuple[Desk, Post]) -> Post:
    return post_desk[1]


async def pat_of(mailing: Desk, business: Business, role: str = "viewer") -> Browser:
    return await browser_of(mailing, business.user_id, role, "pat@example.com")


async def test_whoever_did_not_get_the_letter_asks_for_another(mailing: Desk, office: Post, business: Business) -> None:
    await add_person(mailing.pool, "sure@example.com")
    await mailing.pool.execute("update people set email_verified_at = now()")
    assert await Browser(mailing)("POST", "/v1/sign-up", KIM) == CHECK
    ((_, _, first),) = await letters(office, 1)
    for email in ("nobody@example.com", "sure@example.com", "KIM@example.com"):
        assert await Browser(mailing)("POST", AGAIN, {"email": email}) == CHECK
    (_, (to, subject, second)) = await letters(office, 2)
    assert (to, subject) == ("kim@example.com", "Your address at Frontdesk")
    assert (await Browser(mailing)("POST", "/v1/verify-email", {"token": first}))[0] == 422
    assert (await Browser(mailing).sign_in("kim@example.com"))[0] == 401
    assert (await Browser(mailing)("POST", "/v1/verify-email", {"token": second}))[0] == 200
    assert (await Browser(mailing).sign_in("kim@example.com"))[0] == 200
    assert [to for to, _, _ in await letters(office, 2)] == ["kim@example.com"] * 2


async def test_a_refused_sign_in_offers_the_letter_to_everybody(mailing: Desk, open_desk: Desk) -> None:
    await Browser(mailing)("POST", "/v1/sign-up", KIM)
    told = [await Browser(mailing).sign_in(email) for email in ("kim@example.com", "nobody@example.com")]
    assert [(status, body["verify_letter"]) for status, body in told] == [(401, True)] * 2
    assert told[0][1]["detail"] == told[1][1]["detail"]
    # Where no letters are sent, none is offered.
    status, body = await Browser(open_desk).sign_in("nobody@example.com")
    assert (status, "verify_letter" in body) == (401, False)
    assert await Browser(open_desk)("POST", AGAIN, {"email": "kim@example.com"}) == (202, {"status": "no_mail"})


async def test_too_many_letters_are_refused_and_the_last_one_stays_good(mailing: Desk, office: Post) -> None:
    await Browser(mailing)("POST", "/v1/sign-up", KIM)
    for email, most in (("kim@example.com", 4), ("nobody@example.com", 5)):
        answers = [await Browser(mailing)("POST", AGAIN, {"email": email}) for _ in range(most + 2)]
        assert [status for status, _ in answers] == [202] * most + [429] * 2
    sent = await letters(office, 5)
    results = [(await Browser(mailing)("POST", "/v1/verify-email", {"token": token}))[0] for _, _, token in sent]
    assert sorted(results) == [200, 422, 422, 422, 422]


async def test_an_address_is_changed_once_the_link_is_opened(mailing: Desk, office: Post, business: Business) -> None:
    pool, pat = mailing.pool, await pat_of(mailing, business, "admin")
    await pool.execute("update users set email = 'pat@example.com'")
    person = await pool.fetchval("select person_id from people")
    elsewhere = Browser(mailing, await session_of(pool, person, business.user_id))
    body = {"email": "New@Example.com", "password": PASSWORD}
    assert await pat("POST", "/v1/me/email", body) == CHECK
    told = await letters(office, 2)
    assert [(to, subject) for to, subject, _ in told] == [
        ("new@example.com", "Your new address at Frontdesk"),
        ("pat@example.com", "Your account is to get another address"),
    ]
    assert (told[0][2] != "", told[1][2]) == (True, "")
    assert (await pat("GET", "/v1/me"))[1]["person"]["email"] == "pat@example.com"
    assert (await Browser(mailing).sign_in("new@example.com"))[0] == 401
    status, me = await pat("POST", "/v1/me/email/confirm", {"token": told[0][2]})
    assert (status, me["person"]["email"], me["person"]["email_verified"]) == (200, "new@example.com", True)
    assert me["business"]["user_id"] == business.user_id
    assert me["business"]["email"] == "new@example.com"
    assert [(await one("GET", "/v1/me"))[0] for one in (pat, elsewhere)] == [200, 401]
    assert (await Browser(mailing).sign_in("pat@example.com"))[0] == 401
    assert (await Browser(mailing).sign_in("new@example.com"))[0] == 200
    assert (await pat("POST", "/v1/me/email/confirm", {"token": told[0][2]}))[0] == 422
    assert ("pat@example.com", "Your account has another address", "") in await letters(office, 3)
    _, page = await pat("GET", "/v1/audit")
    assert [row["action"] for row in page["data"]] == ["sign_in", "confirm_email", "ask_for_email"]
    assert "example.com" not in str([row["changes"] for row in page["data"]])


async def test_the_old_address_hears_of_it_whatever_went_there_before(
    mailing: Desk, office: Post, business: Business
) -> None:
    pat = await pat_of(mailing, business, "admin")
    while (await Browser(mailing)("POST", AGAIN, {"email": "pat@example.com"}))[0] == 202:
        pass
    assert await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD}) == CHECK

    async def told(subject: str) -> bool:
        return ("pat@example.com", subject) in [(to, str(read(raw)["Subject"])) for to, raw in office.taken]

    await until(lambda: told("Your account is to get another address"))
    (token,) = [token for to, _, token in await letters(office, 2) if to == "new@example.com"]
    assert (await pat("POST", "/v1/me/email/confirm", {"token": token}))[0] == 200
    await until(lambda: told("Your account has another address"))
    # Not without end: who asks again and again does not flood it either.
    asked = [await pat("POST", "/v1/me/email", {"email": f"n{n}@example.com", "password": PASSWORD}) for n in range(6)]
    assert asked[-1][0] == 429


async def test_of_many_who_open_one_link_at_once_it_moves_once(mailing: Desk, office: Post, business: Business) -> None:
    pat = await pat_of(mailing, business)
    await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD})
    token = (await letters(office, 2))[0][2]
    tabs = [Browser(mailing, pat.token) for _ in range(4)]
    answers = await asyncio.gather(*(tab("POST", "/v1/me/email/confirm", {"token": token}) for tab in tabs))
    assert sorted(status for status, _ in answers)[0] == 200
    assert {status for status, _ in answers} <= {200, 401, 422}
    assert [status for status, _ in answers].count(200) == 1


async def test_an_address_that_somebody_has_is_told_to_him_alone(
    mailing: Desk, office: Post, business: Business
) -> None:
    pat = await pat_of(mailing, business)
    await add_person(mailing.pool, "sam@example.com")
    answers = [await pat("POST", "/v1/me/email", {"email": email, "password": PASSWORD})
               for email in ("sam@example.com", "free@example.com")]  # fmt: skip
    assert answers == [CHECK, CHECK]
    told = {to: (subject, token) for to, subject, token in await letters(office, 4)}
    assert told["sam@example.com"] == ("This address has an account already", "")
    assert told["free@example.com"][0] == "Your new address at Frontdesk"
    assert [to for to, _, _ in await letters(office, 4)].count("pat@example.com") == 2


async def test_an_address_that_somebody_took_meanwhile_is_his(mailing: Desk, office: Post, business: Business) -> None:
    pat = await pat_of(mailing, business)
    await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD})
    token = (await letters(office, 2))[0][2]
    await add_person(mailing.pool, "new@example.com")
    status, problem = await pat("POST", "/v1/me/email/confirm", {"token": token})
    assert (status, problem["fields"][0]["field"]) == (409, "email")
    assert (await pat("GET", "/v1/me"))[1]["person"]["email"] == "pat@example.com"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"email": "new"}, "email"), ({"email": "pat@example.com"}, "email"), ({"password": "not this one"}, "password"),
    ({"password": ""}, "password"), ({"token": "x"}, "token"),
]  # fmt: skip


async def test_what_is_wrong_with_another_address_is_named(mailing: Desk, office: Post, business: Business) -> None:
    pat = await pat_of(mailing, business)
    for change, field in WRONG:
        body = {"email": "new@example.com", "password": PASSWORD, **change}
        status, problem = await pat("POST", "/v1/me/email", body)
        assert (status, [one["field"] for one in problem["fields"]]) == (422, [field]), change
    assert await mailing.pool.fetchval("select count(*) from person_tokens") == 0
    for n in range(9):
        await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": f"guess {n}"})
    body = {"email": "new@example.com", "password": PASSWORD}
    assert (await pat("POST", "/v1/me/email", body))[0] == 429
    assert office.taken == []


async def test_a_code_of_the_app_is_asked_for_too(mailing: Desk, office: Post, business: Business) -> None:
    person, _ = await add_member(mailing.pool, business.user_id, "viewer", "pat@example.com")
    secret, body = totp.new_secret(), {"email": "new@example.com", "password": PASSWORD}
    armed = "update people set totp_secret = $2, totp_since = now() where person_id = $1"
    await mailing.pool.execute(armed, person, VAULT.seal(secret, totp_place(person)))
    pat = Browser(mailing, await session_of(mailing.pool, person, business.user_id))
    code = totp.code_at(secret, int(time.time()) // totp.STEP_SECONDS)
    for given in ("", f"{(int(code) + 1) % 1_000_000:06d}"):
        status, problem = await pat("POST", "/v1/me/email", {**body, "code": given})
        assert (status, problem["fields"][0]["field"]) == (422, "code")
    assert await pat("POST", "/v1/me/email", {**body, "code": code}) == CHECK
    assert (await pat("POST", "/v1/me/email", {**body, "code": code}))[0] == 422  # each code works once
    assert len(await letters(office, 2)) == 2


ENDS = {
    "too old": "update person_tokens set expires_at = now()",
    "another letter": "ask",
    "a new password": "password",
    "somebody else": "stranger",
}


@pytest.mark.parametrize("why", list(ENDS))
async def test_a_link_that_is_over_or_anothers_moves_nobody(
    mailing: Desk, office: Post, business: Business, why: str
) -> None:
    pat = await pat_of(mailing, business)
    await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD})
    token, who = (await letters(office, 2))[0][2], pat
    if why == "another letter":
        await pat("POST", "/v1/me/email", {"email": "newer@example.com", "password": PASSWORD})
    elif why == "a new password":
        assert (await pat("PATCH", "/v1/me", {"password": PASSWORD, "new_password": "a whole new one"}))[0] == 200
    elif why == "somebody else":
        who = await browser_of(mailing, business.user_id, "admin", "eve@example.com")
    else:
        await mailing.pool.execute(ENDS[why])
    assert (await who("POST", "/v1/me/email/confirm", {"token": token}))[0] == 422
    assert await mailing.pool.fetchval("select count(*) from people where email = 'new@example.com'") == 0
    # A stranger who opens a letter that went astray does not spoil it for its owner.
    assert (await pat("POST", "/v1/me/email/confirm", {"token": token}))[0] == (200 if who is not pat else 422)


async def test_a_letter_to_the_old_address_sets_no_password_any_more(
    mailing: Desk, office: Post, business: Business
) -> None:
    pat = await pat_of(mailing, business)
    await Browser(mailing)("POST", "/v1/password-reset", {"email": "pat@example.com"})
    ((_, _, reset),) = await letters(office, 1)
    await pat("POST", "/v1/me/email", {"email": "new@example.com", "password": PASSWORD})
    token = (await letters(office, 3))[0][2]
    assert (await pat("POST", "/v1/me/email/confirm", {"token": token}))[0] == 200
    assert (await Browser(mailing)("POST", "/v1/password", {"token": reset, "password": "a whole new one"}))[0] == 422


async def test_without_letters_an_address_stays(open_desk: Desk, business: Business) -> None:
    pat = await browser_of(open_desk, business.user_id, "viewer", "pat@example.com")
    body = {"email": "new@example.com", "password": PASSWORD}
    assert await pat("POST", "/v1/me/email", body) == (202, {"status": "no_mail"})
