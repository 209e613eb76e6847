"""Another e-mail address for a person: asked for with all that he signs in with, told to the old address, and in force
once he opens the link that went to the new one."""

from __future__ import annotations

import asyncpg

from gateway.accounts import audit, people, tokens, tries
from gateway.accounts.audit import Deed
from gateway.accounts.people import Accounts
from gateway.accounts.sessions import end_all
from gateway.db import Pool, Row, queries, retry_clash
from gateway.errors import Invalid, NotFound

SQL = queries(__file__)


async def ask(accounts: Accounts, person_id: str, email: str, proof: tuple[str, str], deed: Deed) -> None:
    """Sends a link to the new address and word to the old one; `proof` is the password and a code of the app. All that
    is answered and stored is the same for an address that somebody has: then the letter alone differs.

    Raises Invalid or TooMany.
    """
    row, letters = await _proven(accounts, person_id, *proof), accounts.letters
    if email == row["email"]:
        raise Invalid("This is your address already.", [{"field": "email", "problem": "is your address already"}])
    letters.check(email)
    letters.check(f"moves of {person_id}")  # of its own, so that nobody uses up the letters to the old address first
    async with accounts.pool.acquire() as db, db.transaction():
        token = await tokens.give(db, person_id, "email", new_email=email)
        language = await db.fetchval(SQL["taken"], email, person_id)
        await audit.record_person(db, person_id, deed)
    if language:
        letters.send("email_taken", email, language, letters.link("sign-in"), counted=True)
    else:
        letters.send("email", email, row["language"], letters.link("email", token), counted=True)
    reset = letters.link("password-reset")
    letters.send("email_asked", row["email"], row["language"], reset, counted=True, address=email)


async def confirm(accounts: Accounts, person_id: str, token: str, deed: Deed) -> None:
    """Moves a person to the address that the token was sent to, and ends every session and every other letter of his.
    Nobody else's token will do, so that a letter that went astray opens nothing. Raises Invalid or EmailTaken."""
    try:
        before, email = await retry_clash(lambda: _move(accounts.pool, person_id, token, deed))
    except asyncpg.UniqueViolationError as error:
        raise people.EmailTaken("This address has an account by now.") from error
    accounts.letters.send("email_moved", before["email"], before["language"], "", counted=True, address=email)


async def _move(pool: Pool, person_id: str, token: str, deed: Deed) -> tuple[Row, str]:
    async with pool.acquire() as db, db.transaction():
        email = await tokens.take_email(db, token, person_id)
        for purpose in ("verify", "password"):
            await db.execute(tokens.SQL["void"], person_id, purpose)
        before = await db.fetchrow(SQL["move"], person_id, email)
        if before is None:
            raise NotFound("There is no such person.")
        await db.execute(SQL["move_business"], person_id, before["email"], email)
        await end_all(db, person_id)
        await audit.record_person(db, person_id, deed)
    return before, email


async def _proven(accounts: Accounts, person_id: str, password: str, code: str) -> Row:
    """The person, once the password was right and, where an app is in use, a code of it. Wrong ones are counted."""
    row = await people.get(accounts.pool, person_id)
    await tries.take(accounts.pool, row["email"])
    if not await accounts.passwords.check(row["password_hash"], password):
        raise Invalid("The password is wrong.", [{"field": "password", "problem": "is wrong"}])
    if row["totp_since"] is not None:
        if not code.strip():
            await tries.give_back(accounts.pool, row["email"])
            raise Invalid("Give the code of your app too.", [{"field": "code", "problem": "is missing"}])
        if not await people.take_code(accounts, row, code):
            raise Invalid("The code is wrong.", [{"field": "code", "problem": "is wrong, or was used already"}])
    await tries.forget(accounts.pool, row["email"])
    return row
