"""Letters of an account, over a real mail server: what they bring, once, and to whom nothing is told."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk
from tests.gateway.test_mail import FROM, Post, post, read, words
from tests.people import PASSWORD, Browser, add_member, browser_of, session_of
from tests.waiting import until

KIM = {"email": "kim@example.com", "password": PASSWORD, "name": "Kim Ek", "company_name": "Bloom"}


@pytest.fixture
async def office() -> AsyncIterator[Post]:
    async with post() as one:
        yield one


@pytest.fixture
async def mailing(dsn: str, pool: Pool, tmp_path: Path, office: Post) -> AsyncIterator[Desk]:
    """A gateway that sends letters."""
    async with desk(dsn, pool, tmp_path, smtp_url=f"smtp://127.0.0.1:{office.port}", mail_from=FROM) as one:
        yield one


async def letters(office: Post, count: int) -> list[tuple[str, str, str]]:
    """(to, subject, token) of so many letters."""

    async def enough() -> bool:
        return len(office.taken) >= count

    await until(enough, 30)
    found = []
    for to, raw in office.taken:
        message = read(raw)
        token = re.search(r"token=(\S+)", words(message))
        assert "https://desk.example.com/console/" in words(message)
        found.append((to, str(message["Subject"]), token[1] if token else ""))
    return found


async def test_a_sign_up_tells_nobody_who_has_an_account(mailing: Desk, office: Post, business: Business) -> None:
    await add_member(mailing.pool, business.user_id, "viewer", "pat@example.com")
    answers = [await Browser(mailing)("POST", "/v1/sign-up", {**KIM, "email": email})
               for email in ("pat@example.com", "kim@example.com")]  # fmt: skip
    assert answers[0] == answers[1] == (202, {"status": "check_mail"})
    sent = {to: (subject, token) for to, subject, token in await letters(office, 2)}
    assert sent["pat@example.com"] == ("You have an account already", "")
    before = await Browser(mailing).sign_in("kim@example.com")
    unknown = await Browser(mailing).sign_in("nobody@example.com")
    assert before[0] == unknown[0] == 401
    assert before[1]["detail"] == unknown[1]["detail"]  # or a sign-up and a sign-in would tell together
    token = sent["kim@example.com"][1]
    answers = await asyncio.gather(*(Browser(mailing)("POST", "/v1/verify-email", {"token": token}) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [200, 422, 422]
    status, me = await Browser(mailing).sign_in("kim@example.com")
    assert (status, me["person"]["email_verified"], me["mail"]) == (200, True, True)


async def test_whoever_signs_up_again_before_the_letter_has_his_last_words(mailing: Desk, office: Post) -> None:
    for password in ("the first password", "the second password"):
        assert (await Browser(mailing)("POST", "/v1/sign-up", {**KIM, "password": password}))[0] == 202
    sent = await letters(office, 2)
    results = {(await Browser(mailing)("POST", "/v1/verify-email", {"token": token}))[0] for _, _, token in sent}
    assert results == {200, 422}
    assert (await Browser(mailing).sign_in("kim@example.com", "the first password"))[0] == 401
    assert (await Browser(mailing).sign_in("kim@example.com", "the second password"))[0] == 200
    assert await mailing.pool.fetchval("select count(*) from users") == 1


async def test_a_forgotten_password_is_set_by_a_letter_once(mailing: Desk, office: Post, business: Business) -> None:
    person, _ = await add_member(mailing.pool, business.user_id, "viewer", "pat@example.com")
    session = await session_of(mailing.pool, person)
    for email in ("nobody@example.com", "pat@example.com"):
        answer = await Browser(mailing)("POST", "/v1/password-reset", {"email": email})
        assert answer == (202, {"status": "check_mail"})
    ((to, _, token),) = await letters(office, 1)
    assert to == "pat@example.com"
    for _ in range(10):
        await Browser(mailing).sign_in("pat@example.com", "guess")
    assert (await Browser(mailing)("POST", "/v1/password", {"token": token, "password": "pat@example.com"}))[0] == 422
    body = {"token": token, "password": "a whole new one"}
    answers = await asyncio.gather(*(Browser(mailing)("POST", "/v1/password", body) for _ in range(3)))
    assert sorted(status for status, _ in answers) == [204, 422, 422]
    assert (await Browser(mailing, session)("GET", "/v1/me"))[0] == 401
    status, me = await Browser(mailing).sign_in("pat@example.com", "a whole new one")
    assert (status, me["person"]["email_verified"]) == (200, True)
    assert (await Browser(mailing)("POST", "/v1/verify-email", {"token": token}))[0] == 422
    assert (await letters(office, 2))[1][1] == "Your password was changed"


async def test_an_older_letter_and_an_old_one_are_good_for_nothing(
    mailing: Desk, office: Post, business: Business
) -> None:
    await add_member(mailing.pool, business.user_id, "viewer", "pat@example.com")
    for n in (1, 2):
        await Browser(mailing)("POST", "/v1/password-reset", {"email": "pat@example.com"})
        await letters(office, n)
    (_, _, older), (_, _, newer) = await letters(office, 2)
    body = {"password": "a whole new one"}
    assert (await Browser(mailing)("POST", "/v1/password", {"token": older, **body}))[0] == 422
    await mailing.pool.execute("update person_tokens set expires_at = now()")
    assert (await Browser(mailing)("POST", "/v1/password", {"token": newer, **body}))[0] == 422
    assert (await Browser(mailing).sign_in("pat@example.com"))[0] == 200


async def test_only_a_proven_address_writes_to_others(mailing: Desk, office: Post, business: Business) -> None:
    admin = await browser_of(mailing, business.user_id, "admin", "boss@example.com")
    await mailing.pool.execute(
        "update users set company_name = 'Bloom\r\nBcc: all@example.com <b>http://evil.example</b>'"
    )
    body = {"email": "sam@example.com", "role": "viewer"}
    assert (await admin("POST", "/v1/invitations", body))[1]["mailed"] is False
    await mailing.pool.execute("update people set email_verified_at = now()")
    assert (await admin("POST", "/v1/invitations", body))[1]["mailed"] is True
    ((to, subject, token),) = await letters(office, 1)
    assert (to, "Bloom Bcc: all@example.com" in subject, token[:4]) == ("sam@example.com", True, "inv_")
    raw = office.taken[0][1]
    assert b"\nBcc:" not in raw
    assert "<b>" not in words(read(raw), "html")
    assert "http://evil" not in words(read(raw))
    for _ in range(4):
        await admin("POST", "/v1/invitations", body)
    assert (await admin("POST", "/v1/invitations", body))[0] == 429


async def test_a_letter_that_the_server_puts_off_goes_later(mailing: Desk, office: Post) -> None:
    office.says["RCPT"].append("450 busy")
    assert (await Browser(mailing)("POST", "/v1/sign-up", KIM))[0] == 202
    assert (await letters(office, 1))[0][0] == "kim@example.com"


async def test_without_a_mail_server_that_is_said(open_desk: Desk) -> None:
    assert await Browser(open_desk)("POST", "/v1/password-reset", {"email": "a@example.com"}) == (
        202,
        {"status": "no_mail"},
    )
