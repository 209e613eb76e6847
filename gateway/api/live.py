"""What happens, as it happens: server-sent events for whoever watches. https://html.spec.whatwg.org/#server-sent-events

Events are rows, so a watcher who comes back with Last-Event-ID misses none. `lead` says besides that a lead changed.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import asyncpg
from aiohttp import web

from gateway.db import queries, retry_clash
from gateway.errors import Forbidden, StoreAway, TooMany

if TYPE_CHECKING:
    from gateway.api import Api

SQL = queries(__file__)
SCOPE = "events:read"
LOOK_SECONDS = 2.0  # what another process says may be lost; what it stored is not
BEAT_SECONDS = 15.0
LATE = timedelta(seconds=60)  # an event bears the time at which its transaction began
WATCHERS = 200
WRITE_SECONDS = 20.0


class Live:
    """GET /v1/live. One watcher costs a small query every two seconds, and one when something happens."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._watchers = 0

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Streams the events of the key's business until the client goes. Raises Unauthorized, Forbidden, TooMany."""
        key = await self._api.keys.read(request.headers.get("Authorization", ""))
        if SCOPE not in key.scopes and "*" not in key.scopes:
            raise Forbidden(f"This key lacks the scope {SCOPE}.")
        if self._watchers >= WATCHERS:
            raise TooMany("Too many are watching this process.", retry_after=30)
        since = await self._since(key.user_id, request.headers.get("Last-Event-ID", ""))
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        self._watchers += 1
        try:
            await _Watcher(self._api, key.user_id, since, response).run()
        finally:
            self._watchers -= 1
        return response

    async def _since(self, user_id: str, last: str) -> datetime:
        pool = self._api.pool
        row = await retry_clash(lambda: pool.fetchrow(SQL["behind"], user_id, last[:50].replace("\0", "")))
        now: datetime = await retry_clash(lambda: pool.fetchval(SQL["now"]))
        return now if row is None else row["created_at"]


class _Watcher:
    """One open stream."""

    def __init__(self, api: Api, user_id: str, since: datetime, response: web.StreamResponse) -> None:
        self._api = api
        self._user_id = user_id
        self._since = since
        self._response = response
        self._woken = asyncio.Event()
        self._changes: dict[str, None] = {}
        self._told: dict[str, datetime] = {}

    async def run(self) -> None:
        bus = self._api.bus
        forget = [bus.listen("events", self._wake), bus.listen(f"live:{self._user_id}", self._changed)]
        await self._write(": watching\n\n")
        clock = asyncio.get_running_loop().time
        beat = clock() + BEAT_SECONDS
        try:
            while True:
                self._woken.clear()
                if await self._look() or clock() >= beat:
                    await self._write(": here\n\n")
                    beat = clock() + BEAT_SECONDS
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
        except (ConnectionError, TimeoutError):
            pass  # the client is gone, or reads nothing
        finally:
            for one in forget:
                one()

    def _wake(self, _key: str) -> None:
        self._woken.set()

    def _changed(self, key: str) -> None:
        self._changes[key] = None
        self._woken.set()

    async def _look(self) -> bool:
        """Tells what is new; whether there was anything."""
        changes, self._changes = self._changes, {}
        pieces = [f"event: lead\ndata: {one}\n\n" for one in changes if one]
        with suppress(StoreAway, asyncpg.PostgresError):
            rows = await retry_clash(lambda: self._api.pool.fetch(SQL["since"], self._user_id, self._since))
            pieces += [_event(row) for row in rows if row["event_id"] not in self._told]
            self._told |= {row["event_id"]: row["created_at"] for row in rows}
            if rows:
                self._since = max(self._since, rows[-1]["created_at"] - LATE)
            self._told = {one: at for one, at in self._told.items() if at >= self._since}
        if pieces:
            await self._write("".join(pieces))
        return bool(pieces)

    async def _write(self, text: str) -> None:
        async with asyncio.timeout(WRITE_SECONDS):
            await self._response.write(text.encode())


def _event(row: Any) -> str:
    told = {name: row[name] for name in ("event_id", "type", "conversation_id")}
    whole = {**told, "created_at": row["created_at"].isoformat(), "data": json.loads(row["data"])}
    return f"id: {row['event_id']}\nevent: {row['type']}\ndata: {json.dumps(whole, ensure_ascii=False)}\n\n"
