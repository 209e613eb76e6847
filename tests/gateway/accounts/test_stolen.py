"""What somebody else set, knew or asked before the owner of an address came does not stay with him."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.accounts.sessions import open_session
from gateway.db import Pool
from gateway.errors import Unauthorized
from tests.business import Business
from tests.desk import Desk
from tests.gateway.accounts.mailing import letters, mailing_desk
from tests.gateway.test_mail import Post
from tests.people import HASH, PASSWORD, Browser, add_member, add_person, browser_of


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


@pytest.mark.parametrize("proven", [False, True])
async def test_an_app_that_was_there_before_the_address_was_proven_ends(
    mailing: Desk, office: Post, business: Business, proven: bool
) -> None:
    person, _ = await add_member(mailing.pool, business.user_id, "viewer", "pat@example.com")
    app = "update people set totp_secret = 'x', totp_since = now(), recovery_codes = array['x'::bytea]"
    await mailing.pool.execute(app)
    if proven:
        await mailing.pool.execute("update people set email_verified_at = now()")
    await Browser(mailing)("POST", "/v1/password-reset", {"email": "pat@example.com"})
    ((_, _, token),) = await letters(office, 1)
    body = {"token": token, "password": "a whole new one"}
    assert (await Browser(mailing)("POST", "/v1/password", body))[0] == 204
    row = await mailing.pool.fetchrow("select * from people where person_id = $1", person)
    assert row is not None
    assert (row["totp_since"] is not None, len(row["recovery_codes"])) == (proven, int(proven))
    assert (await Browser(mailing).sign_in("pat@example.com", "a whole new one"))[0] == (401 if proven else 200)


async def test_a_limit_of_letters_says_nothing_about_who_has_an_account(mailing: Desk) -> None:
    await add_person(mailing.pool, "pat@example.com")
    told = {}
    for email in ("pat@example.com", "nobody@example.com"):
        asked = [(await Browser(mailing)("POST", "/v1/password-reset", {"email": email}))[0] for _ in range(6)]
        again, _ = await Browser(mailing)("POST", "/v1/verify-email/letter", {"email": email})
        told[email] = (*asked, again)
    assert told["pat@example.com"] == told["nobody@example.com"] == (202, 202, 202, 202, 202, 429, 429)


async def test_a_password_that_was_replaced_meanwhile_opens_nothing(pool: Pool) -> None:
    person = await add_person(pool, "pat@example.com")
    async with pool.acquire() as db:
        assert await open_session(db, person, user_agent="", address="", proven=HASH)
        await db.execute("update people set password_hash = 'another'")
        with pytest.raises(Unauthorized):
            await open_session(db, person, user_agent="", address="", proven=HASH)
        await db.execute("update people set password_hash = $1, locked_at = now()", HASH)
        with pytest.raises(Unauthorized):
            await open_session(db, person, user_agent="", address="", proven=HASH)


async def test_each_invitation_that_is_said_to_be_mailed_is(mailing: Desk, office: Post, business: Business) -> None:
    admin = await browser_of(mailing, business.user_id, "admin", "boss@example.com")
    await mailing.pool.execute("update people set email_verified_at = now()")
    body = {"email": "sam@example.com", "role": "viewer"}
    answers = [await admin("POST", "/v1/invitations", body) for _ in range(6)]
    assert [status for status, _ in answers] == [201] * 5 + [429]
    assert [to for to, _, _ in await letters(office, 5)] == ["sam@example.com"] * 5


async def test_who_accepts_is_in_the_record_of_that_business_alone(
    open_desk: Desk, business: Business, pool: Pool
) -> None:
    other = await Business.create(pool)
    person, _ = await add_member(pool, other.user_id, "admin", "sam@example.com")
    admin = await browser_of(open_desk, business.user_id, "admin")
    _, made = await admin("POST", "/v1/invitations", {"email": "sam@example.com", "role": "viewer"})
    token = made["link"].partition("token=")[2]
    accepted = await Browser(open_desk)("POST", "/v1/invitations/accept", {"token": token, "password": PASSWORD})
    assert accepted[0] == 200
    rows = await pool.fetch("select user_id, target from audit_log where action = 'accept_invitation'")
    assert [(row["user_id"], row["target"]) for row in rows] == [(business.user_id, [made["invitation_id"]])]
    assert person == accepted[1]["person"]["person_id"]
