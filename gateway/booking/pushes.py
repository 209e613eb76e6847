"""Channels under which Google says that a calendar changed: opened, renewed before they end, stopped when nobody needs
them. They only make the next look come sooner. https://developers.google.com/workspace/calendar/api/guides/push
"""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import secrets
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

from gateway import observe
from gateway.booking.calendars import Away, CalendarError, Throttled
from gateway.db import Pool, Row, queries, retry_clash
from gateway.ids import uuid7

SQL = queries(__file__)
LOOK_SECONDS = 60.0
TRY_SECONDS = 600.0  # until a calendar that got no answer is tried again
REFUSED_SECONDS = 86_400.0
LASTS_SECONDS = 7 * 86_400.0
EARLY_SECONDS = 86_400.0  # there is no renewal: the next one is opened a day before the end
MOST = 20


class Pushing(Protocol):
    """A calendar that can say by itself that it changed. Every call raises CalendarError."""

    async def watch(
        self, user_id: str, calendar: str, channel: str, *, token: str, address: str, seconds: float
    ) -> tuple[str, datetime]: ...
    async def stop(self, user_id: str, channel: str, resource: str) -> None: ...


def push_address(public_url: str) -> str:
    """Where Google can call; "" for an address that it can't reach or does not take."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    try:
        reachable = ipaddress.ip_address(host).is_global
    except ValueError:
        reachable = "." in host and not host.endswith((".local", ".internal", ".localhost"))
    return f"{public_url}/google/push" if parts.scheme == "https" and reachable else ""


class Pushes:
    """Keeps a channel for each calendar that is looked at. `address` is where Google calls; "" opens none."""

    def __init__(self, pool: Pool, calendars: Pushing, *, address: str) -> None:
        self._pool = pool
        self._calendars = calendars
        self._address = address

    async def keep(self) -> None:
        """Opens, renews and stops channels until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # the boundary of a loop: the next round does the same
                observe.log.warning("channels_failed", error=type(error).__name__)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One round. Raises StoreAway."""
        if self._address:
            for row in await retry_clash(lambda: self._pool.fetch(SQL["due"], TRY_SECONDS, MOST)):
                await self._open(row["user_id"], row["calendar_id"])
        for row in await retry_clash(lambda: self._pool.fetch(SQL["over"], MOST)):
            await self._stop(row)

    async def _open(self, user_id: str, calendar: str) -> None:
        channel, token = uuid7(), secrets.token_urlsafe(32)
        digest = hashlib.sha256(token.encode()).digest()
        await self._run("opening", user_id, channel, calendar, digest, LASTS_SECONDS)
        try:
            resource, ends = await self._calendars.watch(
                user_id, calendar, channel, token=token, address=self._address, seconds=LASTS_SECONDS
            )
        except (Away, Throttled) as error:  # it may be open: the row stays until it would have ended
            observe.log.info("channel_not_opened", user=user_id, code=error.code)
        except CalendarError as error:
            observe.log.warning("channel_refused", user=user_id, code=error.code)
            await self._run("forget", user_id, channel)
            await self._run("rest", user_id, calendar, REFUSED_SECONDS)
        else:
            await self._run("opened", user_id, channel, calendar, resource, ends, EARLY_SECONDS)

    async def _stop(self, row: Row) -> None:
        await stop_channel(self._calendars, row)
        await self._run("forget", row["user_id"], row["channel_id"])

    async def _run(self, name: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[name], *values))


async def stop_channel(calendars: Pushing, row: Row) -> None:
    """Asks Google to end a channel. What it does not hear ends by itself, and is not known here any more."""
    if row["resource_id"] and row["live"]:
        try:
            await calendars.stop(row["user_id"], row["channel_id"], row["resource_id"])
        except CalendarError as error:
            observe.log.info("channel_not_stopped", user=row["user_id"], code=error.code)


async def stop_all(pool: Pool, calendars: Pushing, user_id: str) -> None:
    """Ends every channel of a business whose connection is about to end. Raises StoreAway."""
    for row in await retry_clash(lambda: pool.fetch(SQL["all"], user_id)):
        await stop_channel(calendars, row)
        channel = row["channel_id"]
        await retry_clash(lambda channel=channel: pool.execute(SQL["forget"], user_id, channel))  # type: ignore[misc]
