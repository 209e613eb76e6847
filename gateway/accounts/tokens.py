"""What a letter or the operator gives a person: good for one thing, once, for a time."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from gateway.accounts.sessions import digest
from gateway.db import Connection, Row, queries
from gateway.errors import Invalid

SQL = queries(__file__)
Purpose = Literal["verify", "password", "email"]
LASTS: Mapping[Purpose, timedelta] = {
    "verify": timedelta(days=3), "password": timedelta(hours=1), "email": timedelta(days=1),
}  # fmt: skip
OPERATORS = timedelta(days=3)


async def give(
    db: Connection,
    person_id: str,
    purpose: Purpose,
    *,
    by_mail: bool = True,
    lasts: timedelta | None = None,
    new_email: str | None = None,
) -> str:
    """Makes a token and returns its text, which is stored nowhere. Earlier ones for the same thing end. `new_email` is
    the address that one for "email" moves to."""
    token = secrets.token_urlsafe(32)
    await db.execute(SQL["lock"], person_id)
    await db.execute(SQL["void"], person_id, purpose)
    await db.execute(SQL["give"], digest(token), person_id, purpose, by_mail, lasts or LASTS[purpose], new_email)
    return token


async def take(db: Connection, token: str, purpose: Purpose) -> Row:
    """Uses a token up: whose it is, and whether it came by mail. Raises Invalid for one that is used, over or none."""
    row = await db.fetchrow(SQL["take"], digest(token), purpose)
    if row is None:
        raise _over()
    return row


async def take_email(db: Connection, token: str, person_id: str) -> str:
    """Uses up a person's own token for another address, and returns that address. Raises Invalid; then another's token
    is good for him still."""
    email: str | None = await db.fetchval(SQL["take_email"], digest(token), person_id)
    if email is None:
        raise _over()
    return email


def _over() -> Invalid:
    problem = {"field": "token", "problem": "is not known, was used already, or is too old: ask for a new letter"}
    return Invalid("This link is not good any more.", [problem])
