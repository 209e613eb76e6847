"""People: how they come in, prove who they are, and change what is theirs. Nobody learns here who has an account."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import asyncpg

from gateway.accounts import audit, tokens, totp, tries
from gateway.accounts.audit import Deed
from gateway.accounts.letters import Letters
from gateway.accounts.passwords import Passwords, weakness
from gateway.accounts.sessions import Sessions, digest, end_all
from gateway.db import Connection, Pool, Row, queries, retry_clash
from gateway.errors import Conflict, Forbidden, Invalid, NotFound, Unauthorized
from gateway.events.mail import Mailer
from gateway.ids import new
from gateway.settings import Settings
from gateway.vault import Vault

SQL = queries(__file__)
WRONG = "The e-mail or the password is wrong."
WRONG_OR_NEW = f"{WRONG} If you have just signed up, open the link in our letter first."


class CodeNeeded(Unauthorized):
    """The password is right, and a code of the authenticator app is missing or wrong."""

    @property
    def more(self) -> Mapping[str, object]:
        """What a program reads."""
        return {"totp_required": True, "fields": [{"field": "code", "problem": str(self)}]}


class LetterOffered(Unauthorized):
    """Nobody is let in, and whoever has just signed up may ask for his letter once more. It says nothing about the
    address: everybody is told so."""

    @property
    def more(self) -> Mapping[str, object]:
        """What a program reads."""
        return {"verify_letter": True}


class EmailTaken(Conflict):
    """The address has an account."""

    @property
    def more(self) -> Mapping[str, object]:
        """What a program reads."""
        return {"fields": [{"field": "email", "problem": str(self)}]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """What everything about accounts is made of. `credits` is what a new business begins with."""

    pool: Pool
    vault: Vault
    sessions: Sessions
    passwords: Passwords
    letters: Letters
    open_to_all: bool = True
    credits: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who signs up."""

    email: str
    password: str
    name: str
    company_name: str
    language: str


def open_accounts(settings: Settings, pool: Pool, vault: Vault) -> Accounts:
    """The accounts of an installation. Raises Misset."""
    return Accounts(
        pool=pool, vault=vault, sessions=Sessions(pool, settings.public_url), passwords=Passwords(),
        letters=Letters(Mailer.of(settings.smtp_url, settings.mail_from), settings.public_url),
        open_to_all=settings.sign_up == "open", credits=settings.sign_up_credits,
    )  # fmt: skip


async def sign_up(accounts: Accounts, arrival: Arrival, deed: Deed) -> str | None:
    """Stores a person, his business and his place in it, and returns the person. None: a letter says how to go on,
    whoever the address belongs to. Raises Invalid, and without letters EmailTaken."""
    if not accounts.open_to_all:
        raise Forbidden("Nobody can sign up here by himself. Ask the operator for an account.")
    refuse_weak("password", arrival.password, arrival.email, arrival.name)
    hashed = await accounts.passwords.hash(arrival.password)
    return await retry_clash(lambda: _sign_up(accounts, arrival, hashed, deed))


async def _sign_up(accounts: Accounts, arrival: Arrival, hashed: str, deed: Deed) -> str | None:
    mail = accounts.letters.on
    async with accounts.pool.acquire() as db, db.transaction():
        known = await db.fetchrow(SQL["by_email"], arrival.email)
        if known is None and await db.fetchval(SQL["business_with"], arrival.email) is None:
            person = await add_person(db, arrival, hashed, waiting=mail)
            await add_business(db, person, arrival, accounts.credits)
            await audit.record_person(db, person, deed)
            if not mail:
                return person
        elif not mail:
            raise EmailTaken("This address has an account already. Sign in.")
        elif known is not None and known["waiting"]:
            # Nobody has used it: whoever answers the letter is to find his own words, not those of an earlier try.
            person = known["person_id"]
            await db.execute(SQL["sign_up_again"], person, hashed, arrival.name, arrival.language)
            await db.execute(SQL["company"], arrival.email, arrival.company_name)
        else:
            accounts.letters.send("known", arrival.email, arrival.language, accounts.letters.link("sign-in"))
            return None
        token = await tokens.give(db, person, "verify")
    accounts.letters.send("verify", arrival.email, arrival.language, accounts.letters.link("verify", token))
    return None


async def add_person(db: Connection, arrival: Arrival, hashed: str | None, *, waiting: bool = False) -> str:
    """Stores a person. Raises asyncpg.UniqueViolationError when the address is taken."""
    person = new("psn")
    await db.execute(SQL["add"], person, arrival.email, hashed, arrival.name, arrival.language, waiting)
    return person


async def add_business(db: Connection, person_id: str, arrival: Arrival, given: int) -> str:
    """Stores a business with its first admin."""
    user_id = new("usr")
    await db.execute(SQL["add_business"], user_id, arrival.email, arrival.company_name, arrival.language)
    await add_member(db, user_id, person_id, "admin")
    if given:
        await db.execute(SQL["credit"], user_id, new("ent"), given)
    return user_id


async def add_member(db: Connection, user_id: str, person_id: str, role: str, invited_by: str | None = None) -> str:
    """Gives a person a place in a business. Raises Conflict when he has one."""
    member = new("mbr")
    try:
        async with db.transaction():
            await db.execute(SQL["add_member"], user_id, member, person_id, role, invited_by)
    except asyncpg.UniqueViolationError as error:
        raise Conflict("This person is a member of this business already.") from error
    return member


async def sign_in(accounts: Accounts, email: str, password: str, code: str, deed: Deed) -> Row:
    """The person whom the address and the password belong to. Raises Unauthorized, CodeNeeded, Forbidden or TooMany."""
    pool = accounts.pool
    await tries.take(pool, email)
    row = await pool.fetchrow(SQL["by_email"], email)
    if not await accounts.passwords.check(row["password_hash"] if row else None, password) or row is None:
        if row is not None:
            await audit.record_person(pool, row["person_id"], Deed(**_failed(deed, "password")))
        raise _refusal(accounts)
    if row["waiting"]:
        raise _refusal(accounts)
    if row["locked_at"] is not None:
        raise Forbidden("This account was locked by the operator.")
    if row["totp_since"] is not None:
        if not code.strip():
            await tries.give_back(pool, email)
            raise CodeNeeded("Give the code of your authenticator app.")
        if not await take_code(accounts, row, code):
            await audit.record_person(pool, row["person_id"], Deed(**_failed(deed, "code")))
            raise CodeNeeded("The code is wrong, or was used already.")
    await tries.forget(pool, email)
    return row


def _refusal(accounts: Accounts) -> Unauthorized:
    return LetterOffered(WRONG_OR_NEW) if accounts.letters.on else Unauthorized(WRONG)


def _failed(deed: Deed, what: str) -> dict[str, Any]:
    return {
        "action": "sign_in_failed", "changes": {"wrong": what}, "request_id": deed.request_id, "address": deed.address,
    }  # fmt: skip


async def take_code(accounts: Accounts, row: Row, code: str) -> bool:
    """Uses a code up, of the app or of the list for when it is lost. False for a wrong one and for a used one."""
    person, plain = row["person_id"], "".join(code.split())
    if plain.isdigit() and len(plain) == totp.DIGITS:
        step = totp.step_of(accounts.vault.open(row["totp_secret"], totp_place(person)), plain, time.time())
        return step is not None and await accounts.pool.fetchval(SQL["use_step"], person, step) is not None
    return await accounts.pool.fetchval(SQL["use_recovery"], person, totp.digest_of(plain)) is not None


def totp_place(person_id: str) -> str:
    """Where the secret of an app is sealed to."""
    return f"{person_id}/people.totp_secret"


async def prove_password(accounts: Accounts, person_id: str, password: str) -> Row:
    """The person, once his password was right. Raises Invalid or TooMany."""
    row = await get(accounts.pool, person_id)
    await tries.take(accounts.pool, row["email"])
    if not await accounts.passwords.check(row["password_hash"], password):
        raise Invalid("The password is wrong.", [{"field": "password", "problem": "is wrong"}])
    await tries.forget(accounts.pool, row["email"])
    return row


async def get(db: Pool | Connection, person_id: str) -> Row:
    """A person. Raises NotFound."""
    row = await db.fetchrow(SQL["get"], person_id)
    if row is None:
        raise NotFound("There is no such person.")
    return row


async def verify(accounts: Accounts, token: str, deed: Deed) -> str:
    """Uses up the token of a letter: the address is the person's. Returns the address. Raises Invalid."""
    async with accounts.pool.acquire() as db, db.transaction():
        taken = await tokens.take(db, token, "verify")
        email: str = await db.fetchval(SQL["verified"], taken["person_id"])
        await audit.record_person(db, taken["person_id"], deed)
    return email


async def ask_for_password(accounts: Accounts, email: str) -> None:
    """Sends a letter with which a new password can be set, if somebody has the address. The caller has counted it."""
    async with accounts.pool.acquire() as db, db.transaction():
        row = await db.fetchrow(SQL["by_email"], email)
        if row is None:
            return
        token = await tokens.give(db, row["person_id"], "password")
    accounts.letters.send("password", email, row["language"], accounts.letters.link("password", token), counted=True)


async def reset_password(accounts: Accounts, token: str, password: str, deed: Deed) -> None:
    """Sets a password by the token of a letter; every session ends. Raises Invalid."""
    row = await accounts.pool.fetchrow(SQL["by_token"], digest(token))
    refuse_weak("password", password, *((row["email"], row["name"]) if row else ()))
    hashed = await accounts.passwords.hash(password)
    async with accounts.pool.acquire() as db, db.transaction():
        taken = await tokens.take(db, token, "password")
        person = taken["person_id"]
        await set_password(db, person, hashed)
        if taken["by_mail"]:
            await db.execute(SQL["proven"], person)
        email = await db.fetchval(SQL["email"], person)
        await tries.forget(db, email)
        await audit.record_person(db, person, deed)
    told = await get(accounts.pool, person)
    accounts.letters.send("changed", told["email"], told["language"], accounts.letters.link("password-reset"))


async def set_password(db: Connection, person_id: str, hashed: str) -> None:
    """Stores a password, and ends every session and every letter that could set another one or move the account."""
    await db.execute(SQL["set_password"], person_id, hashed)
    for purpose in ("password", "email"):
        await db.execute(tokens.SQL["void"], person_id, purpose)
    await end_all(db, person_id)


async def change(db: Connection, person_id: str, name: str, language: str, preferences: Mapping[str, Any]) -> None:
    """Stores what a person says about himself."""
    await db.execute(SQL["change"], person_id, name, language, json.dumps(dict(preferences)))


def refuse_weak(field: str, password: str, *own: str) -> None:
    """Raises Invalid with the reason why a password won't do."""
    if problem := weakness(password, *own):
        raise Invalid(f"The password {problem}.", [{"field": field, "problem": problem}])


async def ask_again(accounts: Accounts, email: str) -> None:
    """Sends the letter that proves an address once more, if somebody has yet to prove it. The caller has counted it."""
    async with accounts.pool.acquire() as db, db.transaction():
        row = await db.fetchrow(SQL["by_email"], email)
        if row is None or row["email_verified_at"] is not None:
            return
        token = await tokens.give(db, row["person_id"], "verify")
    accounts.letters.send("verify", email, row["language"], accounts.letters.link("verify", token), counted=True)


async def ask_to_verify(accounts: Accounts, person_id: str) -> None:
    """Sends a letter that proves the address; nothing where no letters are sent."""
    if not accounts.letters.on:
        return
    async with accounts.pool.acquire() as db, db.transaction():
        row = await get(db, person_id)
        token = await tokens.give(db, person_id, "verify")
    accounts.letters.send("verify", row["email"], row["language"], accounts.letters.link("verify", token))
