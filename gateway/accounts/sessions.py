"""Sessions: a random token in a cookie, its hash in a row. Whoever has it is the person, until the row is gone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from aiohttp import web

from gateway.accounts.callers import Caller
from gateway.accounts.roles import scopes_of
from gateway.db import Connection, Pool, Row, queries, retry_clash
from gateway.errors import Forbidden, NotFound, Unauthorized
from gateway.ids import new

SQL = queries(__file__)
LIFETIME = timedelta(days=30)
MOST = 50  # of one person; the oldest ends for a new one


class Sessions:
    """The sessions of an installation at one public address."""

    def __init__(self, pool: Pool, public_url: str) -> None:
        parts = urlsplit(public_url)
        self._pool = pool
        self._secure = parts.scheme == "https"
        self.cookie = "__Host-frontdesk" if self._secure else "frontdesk"
        self.origin = f"{parts.scheme}://{parts.netloc}".lower()

    def token_of(self, request: web.Request) -> str:
        """The token that a request brings; "" for none."""
        return request.cookies.get(self.cookie, "")

    def give(self, response: web.StreamResponse, token: str) -> None:
        """Lets a browser keep a token."""
        response.set_cookie(
            self.cookie, token, max_age=int(LIFETIME.total_seconds()), path="/", secure=self._secure, httponly=True,
            samesite="Lax",
        )  # fmt: skip

    def take(self, response: web.StreamResponse) -> None:
        """Lets a browser forget its token."""
        response.del_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")

    def check_origin(self, request: web.Request) -> None:
        """Refuses what another site makes a browser send. Raises Forbidden."""
        origin = request.headers.get("Origin")
        if origin is None:
            if request.headers.get("Sec-Fetch-Site") == "same-origin":
                return
            raise Forbidden("The request does not say from which site it comes: send the header Origin, or use a key.")
        if origin.lower() != self.origin:
            raise Forbidden(f"The request comes from another site. Open Frontdesk at {self.origin}, and there alone.")

    async def read(self, token: str) -> Caller:
        """Whoever the token is of. Raises Unauthorized, and Forbidden for somebody whom the operator locked out."""
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["find"], digest(token))) if token else None
        if row is None:
            raise Unauthorized("You are not signed in, or not any more.")
        if row["locked_at"] is not None:
            raise Forbidden("This account was locked by the operator.")
        if row["stale"]:
            await self._pool.execute(SQL["touch"], digest(token))
        barred = _barred(row)
        return Caller(
            user_id=row["user_id"] or "", scopes=frozenset() if barred else scopes_of(row["role"]), kind="member",
            name=row["name"] or row["email"], member_id=row["member_id"] or "", person_id=row["person_id"],
            role=row["role"] or "", session_id=row["session_id"], barred=barred,
        )  # fmt: skip

    async def lasts(self, caller: Caller) -> bool:
        """Whether a session may still do what it could when it was read."""
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["again"], caller.session_id))
        return (
            row is not None
            and row["locked_at"] is None
            and not _barred(row)
            and (row["user_id"], row["role"]) == (caller.user_id, caller.role)
        )


async def open_session(
    db: Connection, person_id: str, *, user_agent: str, address: str, acts_for: str = "", proven: str | None = None
) -> str:
    """Begins a session and returns its token, which is stored nowhere. `acts_for` is the business to look at; the one
    of the last session without it. `proven` is the hash of a password that was right: Raises Unauthorized when another
    one was set meanwhile."""
    token = secrets.token_urlsafe(32)
    about = _told(user_agent, 300), address[:60]
    values = (digest(token), new("ses"), person_id, acts_for or None, LIFETIME, *about, proven)
    if await db.fetchval(SQL["open"], *values) is None:
        raise Unauthorized("The password was changed in this moment. Sign in again.")
    await db.execute(SQL["trim"], person_id, MOST)
    return token


async def end_session(db: Connection, person_id: str, session_id: str) -> None:
    """Ends one session of a person. Raises NotFound."""
    if await db.fetchval(SQL["end"], person_id, session_id) is None:
        raise NotFound("There is no such session; it may have ended.")


async def end_token(db: Connection, token: str) -> Row | None:
    """Ends the session of a token; whose it was, and nothing for one that is none."""
    return await db.fetchrow(SQL["end_token"], digest(token)) if token else None


async def end_all(db: Connection, person_id: str) -> None:
    """Ends every session of a person."""
    await db.execute(SQL["end_all"], person_id)


def digest(token: str) -> bytes:
    """What is stored of a token. It holds 256 random bits, so a plain hash can't be guessed back."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def _barred(row: Row) -> str:
    if row["role"] is None:
        return "You do not belong to this business any more. Choose another one, or ask its admin for an invitation."
    if row["suspended_at"] is not None:
        return "This business is suspended."
    if row["member_suspended_at"] is not None:
        return "Your membership of this business is suspended. Ask its admin."
    return ""


def _told(text: str, most: int) -> str:
    return "".join(one for one in text if one.isprintable())[:most]
