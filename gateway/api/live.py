"""What happens, as it happens: server-sent events for whoever watches. https://html.spec.whatwg.org/#server-sent-events

A watcher who comes back with Last-Event-ID misses no event, conversation, meeting or alert; he may be told one twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import asyncpg
from aiohttp import web

from gateway.accounts.callers import Caller
from gateway.api.feed import SQL, Feed, Reading, Watcher, position
from gateway.db import retry_clash
from gateway.errors import StoreAway, TooMany

if TYPE_CHECKING:
    from gateway.api import Api

SCOPE = "events:read"
BEAT_SECONDS = 15.0
LOOK_SECONDS = 2.0  # between two looks at whether a watcher may still watch
WATCHERS = 500
PAGES = 200  # that somebody who comes back is told at once; older news are lists
WRITE_SECONDS = 20.0


class Live:
    """GET /v1/live. The watchers of a business share a small look every two seconds, and one when something happens."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._watchers = 0
        self._feeds: dict[str, Feed] = {}

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Streams the changes of a business until the client goes, or may watch no longer.

        Raises Unauthorized, Forbidden or TooMany.
        """
        caller = await self._api.doors.caller(request, SCOPE)
        if self._watchers >= WATCHERS:
            raise TooMany("Too many are watching this process.", retry_after=30)
        since = await self._since(caller.user_id, request.headers.get("Last-Event-ID", ""))
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        self._watchers += 1
        watcher = Watcher()
        feed = self._joined(caller.user_id, watcher)
        guard = asyncio.create_task(self._guard(caller, watcher))
        try:
            await response.prepare(request)
            await _stream(self._api, caller.user_id, feed, watcher, since, response)
        except (ConnectionError, TimeoutError, StoreAway):
            pass  # the client is gone, or reads nothing, or comes back when the store does
        finally:
            guard.cancel()
            self._watchers -= 1
            await self._left(caller.user_id, watcher)
        return response

    async def _guard(self, caller: Caller, watcher: Watcher) -> None:
        """Ends a stream whose session or key is over, or may do less or more than when it began."""
        lasts = True
        while lasts:
            await asyncio.sleep(LOOK_SECONDS)
            with suppress(StoreAway, asyncpg.PostgresError):
                lasts = await self._api.doors.lasts(caller)
        watcher.lost = True
        watcher.woken.set()

    def _joined(self, user_id: str, watcher: Watcher) -> Feed:
        feed = self._feeds.get(user_id)
        if feed is None:
            feed = self._feeds[user_id] = Feed(self._api.pool, self._api.bus, user_id)
            feed.start()
        feed.watchers.add(watcher)
        return feed

    async def _left(self, user_id: str, watcher: Watcher) -> None:
        feed = self._feeds[user_id]
        feed.watchers.discard(watcher)
        if not feed.watchers:
            del self._feeds[user_id]
            await feed.stop()

    async def _since(self, user_id: str, last: str) -> datetime | None:
        """The moment behind which a watcher begins; None is now."""
        with suppress(ValueError, OverflowError, OSError):
            return datetime.fromtimestamp(int(last.removeprefix("at_")[:18]) / 1_000_000, UTC)
        pool = self._api.pool
        row = await retry_clash(lambda: pool.fetchrow(SQL["behind"], user_id, last[:50].replace("\0", "")))
        return None if row is None else row["created_at"]


async def _stream(
    api: Api, user_id: str, feed: Feed, watcher: Watcher, since: datetime | None, response: web.StreamResponse
) -> None:
    async def write(text: str) -> None:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(text.encode())

    await asyncio.shield(feed.ready)
    await write(": watching\n\n")
    if since:
        await _catch_up(Reading(api.pool, user_id), since, write)
    while not watcher.lost:
        pieces, watcher.pieces = watcher.pieces, []
        if pieces:
            await write("".join(pieces))
        watcher.woken.clear()
        try:
            async with asyncio.timeout(BEAT_SECONDS):
                await watcher.woken.wait()
        except TimeoutError:
            await write(": here\n\n")


async def _catch_up(reading: Reading, since: datetime, write: Callable[[str], Awaitable[None]]) -> None:
    """What happened since a moment, page by page; the feed goes on from where it stood before."""
    await reading.begin(since)
    for _ in range(PAGES):
        pieces = await reading.look()
        if not pieces:
            return
        await write("".join(pieces) + position(reading.safe))
