"""The authenticator app of a person: begun, confirmed by a code of it, ended by the password."""

from __future__ import annotations

import time

from gateway.accounts import audit, totp, tries
from gateway.accounts.audit import Deed
from gateway.accounts.people import SQL, Accounts, get, prove_password, totp_place
from gateway.errors import Conflict, Invalid


async def begin(accounts: Accounts, person_id: str, deed: Deed) -> tuple[str, str]:
    """Stores a new secret that is not asked for yet; returns it and its address. Raises Conflict when one is in use."""
    secret, row = totp.new_secret(), await get(accounts.pool, person_id)
    sealed = accounts.vault.seal(secret, totp_place(person_id))
    async with accounts.pool.acquire() as db, db.transaction():
        if await db.fetchval(SQL["begin_totp"], person_id, sealed) is None:
            raise Conflict("An authenticator app is in use. End it first: DELETE /v1/me/totp.")
        await audit.record_person(db, person_id, deed)
    return secret, totp.uri(secret, row["email"])


async def confirm(accounts: Accounts, person_id: str, code: str, deed: Deed) -> list[str]:
    """Asks for codes from now on; returns the codes for when the app is lost. Raises Conflict, Invalid or TooMany."""
    row = await get(accounts.pool, person_id)
    if row["totp_since"] is not None or row["totp_secret"] is None:
        raise Conflict("Begin first: POST /v1/me/totp.")
    await tries.take(accounts.pool, row["email"])
    secret = accounts.vault.open(row["totp_secret"], totp_place(person_id))
    step = totp.step_of(secret, "".join(code.split()), time.time())
    if step is None:
        raise Invalid(
            "The code is wrong.", [{"field": "code", "problem": "is wrong: is the clock of the phone right?"}]
        )
    codes = totp.recovery_codes()
    async with accounts.pool.acquire() as db, db.transaction():
        hashes = [totp.digest_of(one) for one in codes]
        if await db.fetchval(SQL["confirm_totp"], person_id, row["totp_secret"], step, hashes) is None:
            raise Conflict("Another app was begun meanwhile. Begin again.")
        await tries.forget(db, row["email"])
        await audit.record_person(db, person_id, deed)
    return codes


async def end(accounts: Accounts, person_id: str, password: str, deed: Deed) -> None:
    """Forgets the app and the codes. Raises Invalid, Conflict or TooMany."""
    await prove_password(accounts, person_id, password)
    async with accounts.pool.acquire() as db, db.transaction():
        if await db.fetchval(SQL["end_totp"], person_id) is None:
            raise Conflict("There is no authenticator app to end.")
        await audit.record_person(db, person_id, deed)
