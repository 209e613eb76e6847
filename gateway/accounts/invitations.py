"""Invitations: a link that gives one address a place in a business, once, for seven days."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.accounts import audit, people
from gateway.accounts.audit import Deed
from gateway.accounts.callers import Caller
from gateway.accounts.people import Accounts, Arrival
from gateway.accounts.sessions import digest
from gateway.db import Connection, Pool, queries, retry_clash
from gateway.errors import Conflict, Forbidden, Invalid
from gateway.ids import new

SQL = queries(__file__)
PREFIX = "inv_"
MOST = 200  # open at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What somebody gives who accepts: nothing when he is signed in, else a password, and a name when he is new."""

    token: str
    name: str = ""
    password: str = ""
    person_id: str = ""  # who is signed in


async def invite(db: Connection, user_id: str, email: str, role: str, invited_by: str) -> tuple[str, str]:
    """Stores an invitation in the place of an open one to the same address; returns its id and its token, which is
    stored nowhere. Raises Conflict."""
    if await db.fetchval(SQL["is_member"], user_id, email) is not None:
        raise Conflict("This person is a member already.")
    await db.execute(SQL["replace"], user_id, email)
    if await db.fetchval(SQL["count"], user_id) >= MOST:
        raise Conflict(f"{MOST} invitations are open. Take one back first.")
    invitation, token = new("ivt"), f"{PREFIX}{user_id}_{secrets.token_hex(24)}"
    await db.execute(SQL["add"], user_id, invitation, email, role, invited_by or None, digest(token))
    return invitation, token


async def find(pool: Pool, token: str) -> dict[str, Any]:
    """An open invitation, and whether its address has an account. Raises Invalid."""
    user_id = token.removeprefix(PREFIX).rpartition("_")[0]
    row = await pool.fetchrow(SQL["find"], user_id[:50], digest(token)) if token.startswith(PREFIX) else None
    if row is None:
        raise _over()
    return dict(row)


async def accept(accounts: Accounts, answer: Answer, deed: Deed) -> tuple[str, str]:
    """Gives the invited a place; returns person and business. Raises Invalid, Forbidden, Conflict or TooMany."""
    found = await find(accounts.pool, answer.token)
    email: str = found["email"]
    if answer.person_id:
        person = await people.get(accounts.pool, answer.person_id)
        if person["email"] != email:
            raise Forbidden(f"This invitation is for {email}. Sign out first, or sign in with that address.")
        return await _join(accounts, found, person["person_id"], deed)
    if not answer.password:
        raise Invalid("Give a password.", [{"field": "password", "problem": "is missing"}])
    if found["has_account"]:
        known = await people.sign_in(accounts, email, answer.password, "", deed)
        return await _join(accounts, found, known["person_id"], deed)
    people.refuse_weak("password", answer.password, email, answer.name)
    hashed = await accounts.passwords.hash(answer.password)
    return await retry_clash(lambda: _arrive(accounts, found, answer, hashed, deed))


async def _arrive(
    accounts: Accounts, found: Mapping[str, Any], answer: Answer, hashed: str, deed: Deed
) -> tuple[str, str]:
    arrival = Arrival(
        email=found["email"], password="", name=answer.name, company_name="", language=found["language"]
    )  # fmt: skip
    async with accounts.pool.acquire() as db, db.transaction():
        if await db.fetchval(people.SQL["taken"], arrival.email) is not None:
            raise Conflict("This address has an account by now. Open the link again and sign in.")
        person = await people.add_person(db, arrival, hashed)
        return await _take(db, found, person, deed)


async def _join(accounts: Accounts, found: Mapping[str, Any], person_id: str, deed: Deed) -> tuple[str, str]:
    async with accounts.pool.acquire() as db, db.transaction():
        return await _take(db, found, person_id, deed)


async def _take(db: Connection, found: Mapping[str, Any], person_id: str, deed: Deed) -> tuple[str, str]:
    user_id: str = found["user_id"]
    taken = await db.fetchrow(SQL["take"], user_id, found["invitation_id"])
    if taken is None:
        raise _over()
    member = await people.add_member(db, user_id, person_id, taken["role"], taken["invited_by"])
    person = await people.get(db, person_id)
    name = person["name"] or person["email"]
    caller = Caller(user_id=user_id, scopes=frozenset(), kind="member", name=name, member_id=member)
    told = Deed(
        action=deed.action, target=[found["invitation_id"]], request_id=deed.request_id, address=deed.address
    )  # fmt: skip
    await audit.record(db, caller, told)
    return person_id, user_id


async def demand_admin(db: Connection, user_id: str, member_id: str) -> None:
    """Raises Conflict when a business would have no admin without this member. Others who ask wait for this one."""
    admins = await db.fetch(SQL["admins"], user_id)
    if [row["member_id"] for row in admins] == [member_id]:
        raise Conflict("This is the last admin of the business. Make somebody else one first.")


def _over() -> Invalid:
    problem = {"field": "token", "problem": "is not known, was used, taken back, or is older than seven days"}
    return Invalid("This invitation is not good any more. Ask for a new one.", [problem])
