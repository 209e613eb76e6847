"""The watcher: each minute it looks for what no single row says, such as a silence, and for what is over.

Whatever it asks is small in the number of messages: numbers, what is parked, what failed a moment ago.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.booking.rules import parse
from gateway.bus import Bus
from gateway.db import Connection, Pool, Row, queries
from gateway.observe import log

SQL = queries(__file__)
EVERY_SECONDS = 60.0
RULES_SECONDS = 3600.0  # between two readings of stored rules: an upgrade may make them unreadable
SILENT_HOURS = 3.0
CHANCE = 0.001  # of a silence: below it, it is told
# Each type that a query finds, and whether what it does not find is over.
FOUND = {
    "token_dying": True,
    "channel_silent": True,
    "webhook_signature_wrong": True,
    "model_down": False,
    "sends_failing": True,
    "number_paused": True,
    "booking_unknown": True,
    "media_failing": True,
}
OVER = ("over_model", "over_day", "over_conversation", "over_parked", "over_place")
WITH: dict[str, tuple[Any, ...]] = {"channel_silent": (SILENT_HOURS, CHANCE)}


class Watcher:
    """Raises and ends alerts. Any number of processes may watch: one looks at a time."""

    def __init__(self, pool: Pool, bus: Bus) -> None:
        self._pool = pool
        self._bus = bus
        self._rules_due = 0.0

    async def keep(self) -> None:
        """Looks once a minute, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await self.look()

    async def look(self) -> int:
        """Looks at everything once; returns how many alerts changed. What fails is looked at in the next minute."""
        changed = 0
        for name in (*FOUND, *OVER, "rules", "tell_late"):
            try:
                changed += await self._look(name)
            except Exception as error:  # the boundary of a worker loop: one look never costs the others
                log.warning("not_watched", what=name, error=type(error).__name__)
        if changed:
            self._bus.publish("events")
        return changed

    async def _look(self, name: str) -> int:
        async with self._pool.acquire() as db, db.transaction():
            if not await db.fetchval(SQL["leader"]):
                return 0
            if name == "tell_late":
                return int(await db.fetchval(SQL["tell_late"]))
            if name == "rules":
                return await self._rules(db)
            rows = await db.fetch(SQL[name], *WITH.get(name, ()))
            if name in FOUND:
                return int(await db.fetchval(SQL["keep"], name, *_columns(rows), FOUND[name]))
            for row in rows:
                await db.fetchval(SQL["ended"], row["user_id"], row["alert_type"], row["subject"])
            return len(rows)

    async def _rules(self, db: Connection) -> int:
        """Agents with booking rules that can't be read any more, whose fields are named."""
        if time.monotonic() < self._rules_due:
            return 0
        found = []
        async for row in db.cursor(SQL["rules"]):
            if problem := _unreadable(row["booking"]):
                detail = json.dumps({"problem": problem[:150]})
                found.append({**row, "detail": detail, "news": True})
        self._rules_due = time.monotonic() + RULES_SECONDS
        return int(await db.fetchval(SQL["keep"], "rules_unreadable", *_columns(found), True))


def _unreadable(rules: str) -> str:
    try:
        parse(json.loads(rules))
    except ValueError as error:
        return str(error)
    return ""


def _columns(rows: Sequence[Row | Mapping[str, Any]]) -> list[list[Any]]:
    return [[row[name] for row in rows] for name in ("user_id", "subject", "detail", "news")]
