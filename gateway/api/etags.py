"""Names for what a record says at the moment, so that nobody overwrites what he has not seen (RFC 9110, 8.8 and 13)."""

from __future__ import annotations

import hashlib
import re

from gateway.db import Connection, queries
from gateway.errors import Stale

SQL = queries(__file__)
_TAG = re.compile(r'(?:W/)?("[^"]*")')


def etag(text: str) -> str:
    """The ETag of a record's representation."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def named(header: str, tag: str, *, weak: bool) -> bool:
    """Whether If-Match or If-None-Match names a tag, or any with *. Only a `weak` comparison takes weak tags."""
    if header.strip() == "*":
        return True
    return any(match[1] == tag and (weak or not match[0].startswith("W/")) for match in _TAG.finditer(header))


async def lock(db: Connection, user_id: str, path: str) -> None:
    """Lets nobody else change this path until the transaction ends."""
    await db.execute(SQL["lock"], f"{user_id} {path}")


def check(header: str, text: str | None) -> None:
    """Raises Stale unless If-Match names what the record says now; `text` is None for what has no representation."""
    if text is None or not named(header, etag(text), weak=False):
        raise Stale("It has changed since you read it. Read it again, and decide anew.")
