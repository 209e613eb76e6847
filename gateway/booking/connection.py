"""A business's connection to Google: its tokens, sealed, and fresh access when the old one ends.

Who refreshes holds the row. So one of many asks Google, whatever the number of processes, and what a disconnect or a
new connection wrote in the meantime is never written over.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from gateway import observe
from gateway.booking.calendars import CalendarEntry, Connection, NotConnected, Refused
from gateway.booking.grants import Grant, Grants
from gateway.db import AWAY, Pool, Row, queries, retry_clash
from gateway.db import Connection as Db
from gateway.errors import Misset, StoreAway
from gateway.settings import Settings
from gateway.vault import Vault

SQL = queries(__file__)
REFRESHES = 3  # at once: each keeps a connection of the pool while Google thinks


class Unfinished(Exception):
    """Google gave no refresh token, and there is none: the connection would end within the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A token for calls, and what is known to be wrong with the connection."""

    token: str = field(repr=False)
    problem: str


class Connections:
    """The rows of `google_calendar_tokens`."""

    def __init__(self, pool: Pool, vault: Vault, settings: Settings) -> None:
        self.grants = Grants(settings)
        self._pool = pool
        self._vault = vault
        self._refreshing: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._few = asyncio.Semaphore(REFRESHES)

    async def find(self, user_id: str) -> Connection | None:
        """The connection of a business. Raises StoreAway."""
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["find"], user_id))
        return connection_of(row) if row is not None else None

    async def access(self, user_id: str, *, refused: str = "") -> Access:
        """A token that lasts for some minutes and is not the one that was `refused`.

        Raises NotConnected, Refused, Throttled or Away as Grants.refresh does, or StoreAway.
        """
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["access"], user_id))
        return self._usable(user_id, row, refused) or await self._refreshed(user_id, refused)

    def _usable(self, user_id: str, row: Row | None, refused: str) -> Access | None:
        if row is None:
            raise NotConnected("none")
        if row["state"] != "connected":
            raise NotConnected(row["problem"] or "revoked")
        if row["stale"]:
            return None
        token = self._opened(row["access_token"], user_id, "access_token")
        return Access(token=token, problem=row["problem"]) if token != refused else None

    async def _refreshed(self, user_id: str, refused: str) -> Access:
        lock = self._refreshing.setdefault(user_id, asyncio.Lock())
        async with lock, self._few:
            try:
                async with self._pool.acquire() as db, db.transaction():
                    access = await self._refresh(db, user_id, refused)
            except AWAY as error:
                raise StoreAway(str(error) or type(error).__name__) from error
        if isinstance(access, NotConnected):  # told now that it is committed
            raise access
        return access

    async def _refresh(self, db: Db, user_id: str, refused: str) -> Access | NotConnected:
        row = await db.fetchrow(SQL["lock"], user_id)
        access = self._usable(user_id, row, refused)
        if access is not None or row is None:
            return access or NotConnected("none")
        try:
            grant = await self.grants.refresh(self._opened(row["refresh_token"], user_id, "refresh_token"))
        except NotConnected as error:
            if await db.fetchval(SQL["revoked"], user_id, row["generation"], error.code):
                await db.fetchval(SQL["notify"], user_id, json.dumps({"problem": error.code}))
            observe.log.warning("google_revoked", user=user_id, code=error.code)
            return error
        except Refused as error:  # our client, not theirs: every business would be told of what it can't mend
            observe.log.error("google_client_refused", code=error.code)
            raise
        sealed = [self._sealed(grant.access_token, user_id, "access_token"), self._renewed(user_id, grant)]
        await db.execute(SQL["refreshed"], user_id, row["generation"], sealed[0], float(grant.seconds), sealed[1])
        return Access(token=grant.access_token, problem=row["problem"])

    async def connect(self, user_id: str, grant: Grant, entries: Sequence[CalendarEntry]) -> None:
        """Keeps a grant that was tried: `entries` are the calendars that it opened. What was chosen stays, if it is
        still to be had; access to another account that was there is given back.

        Raises Unfinished or StoreAway.
        """
        former = await self._keep(user_id, grant, entries)
        if former and not await self.grants.revoke(former):
            observe.log.warning("google_not_revoked", user=user_id)

    async def _keep(self, user_id: str, grant: Grant, entries: Sequence[CalendarEntry]) -> str:
        """Returns the refresh token that serves nobody any more."""
        primary = next(one for one in entries if one.primary)
        account = grant.account or primary.id
        try:
            async with self._pool.acquire() as db, db.transaction():
                row = await db.fetchrow(SQL["lock"], user_id)
                same = row is not None and row["account"] == account
                if not grant.refresh_token and not (same and row is not None and row["state"] == "connected"):
                    raise Unfinished
                write, check = _chosen(row if same else None, entries, primary)
                await db.execute(
                    SQL["connect"], user_id, self._sealed(grant.access_token, user_id, "access_token"),
                    self._renewed(user_id, grant), float(grant.seconds), grant.scope, account, write.id, check,
                    write.zone,
                )  # fmt: skip
                await db.fetchval(SQL["resolve"], user_id)
                return "" if same else await self._unused(db, user_id, row)
        except AWAY as error:
            raise StoreAway(str(error) or type(error).__name__) from error

    async def _unused(self, db: Db, user_id: str, row: Row | None) -> str:
        """The refresh token of a row that no other business stands on; Google ends all of an account's at once."""
        if row is None or row["state"] != "connected" or await db.fetchval(SQL["shared"], user_id, row["account"]):
            return ""
        try:
            return self._opened(row["refresh_token"], user_id, "refresh_token")
        except Refused:  # can't be read any more
            return ""

    async def trouble(self, user_id: str, problem: str) -> None:
        """Notes what the owner has to mend, and tells him once; "" when it works again."""

        async def note() -> None:
            async with self._pool.acquire() as db, db.transaction():
                if await db.fetchval(SQL["trouble"], user_id, problem[:200]) and problem:
                    await db.fetchval(SQL["notify"], user_id, json.dumps({"problem": problem[:200]}))
                elif not problem:
                    await db.fetchval(SQL["resolve"], user_id)

        await retry_clash(note)

    async def end(self, db: Db, user_id: str) -> bool | None:
        """Ends a connection at Google and forgets it; false when Google is not known to have ended it, None when
        there was none. A refresh under way is waited for."""
        row = await db.fetchrow(SQL["lock"], user_id)
        if row is None:
            return None
        # Not by `db`, which sees one business alone.
        async with self._pool.acquire() as all_of_them:
            token = await self._unused(all_of_them, user_id, row)
        ended = await self.grants.revoke(token) if token else row["state"] == "revoked"
        await db.execute(SQL["forget"], user_id)
        await db.fetchval(SQL["resolve"], user_id)
        return ended

    def _renewed(self, user_id: str, grant: Grant) -> str | None:
        return self._sealed(grant.refresh_token, user_id, "refresh_token") if grant.refresh_token else None

    def _sealed(self, token: str, user_id: str, column: str) -> str:
        return self._vault.seal(token, token_place(user_id, column))

    def _opened(self, sealed: str, user_id: str, column: str) -> str:
        try:
            return self._vault.open(sealed, token_place(user_id, column))
        except Misset as error:
            observe.log.error("google_token_unreadable", user=user_id, error=str(error))
            raise Refused("unreadable_token") from None


def token_place(user_id: str, column: str) -> str:
    """The place that a token is bound to."""
    return f"{user_id}/google_calendar_tokens.{column}"


def connection_of(row: Row) -> Connection:
    """A stored connection."""
    return Connection(
        state=row["state"], account=row["account"], write_calendar=row["write_calendar"],
        check_calendars=tuple(row["check_calendars"]), zone=row["zone"],
    )  # fmt: skip


def _chosen(
    row: Row | None, entries: Sequence[CalendarEntry], primary: CalendarEntry
) -> tuple[CalendarEntry, list[str]]:
    known = {one.id: one for one in entries}
    if row is None or row["write_calendar"] not in known:
        return primary, [primary.id]
    write = known[row["write_calendar"]]
    return write, [one for one in row["check_calendars"] if one in known] or [write.id]
