"""Parked envelopes run again: after a number was linked, or a build that reads more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from channels.base import Endpoint, Hook, Status, Unreadable
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import StoreAway
from gateway.intake import Envelope, Intake
from gateway.observe import log

SQL = queries(__file__)
EVERY_SECONDS = 60.0


@dataclass(slots=True)
class Replayed:
    """How many envelopes were read again, and how many of them are settled now."""

    read: int = 0
    settled: int = 0


class Replay:
    """Reads parked envelopes again. Doing it twice changes nothing: every event has its place once."""

    def __init__(self, pool: Pool, bus: Bus, intake: Intake, endpoints: Sequence[Endpoint]) -> None:
        self._pool = pool
        self._bus = bus
        self._intake = intake
        self._endpoints: Mapping[str, Endpoint] = {endpoint.path: endpoint for endpoint in endpoints}
        self._woken = asyncio.Event()

    async def once(self) -> Replayed:
        """Reads every parked envelope once. Raises StoreAway."""
        done, last = Replayed(), 0
        while rows := await retry_clash(partial(self._pool.fetch, SQL["parked"], last)):
            for row in rows:
                last = row["envelope_id"]
                problem = await self._again(row["endpoint"], row["url"], bytes(row["body"]))
                await self._pool.execute(SQL["settle"], last, problem)
                done.read += 1
                done.settled += not problem
        return done

    async def run(self) -> None:
        """Replays when a number or an agent was linked, and now and then."""
        forget = self._bus.listen("replay", lambda _key: self._woken.set())
        try:
            while True:
                try:
                    await self.once()
                except StoreAway:
                    pass
                except Exception:  # the boundary of a worker loop: the envelopes stay parked
                    log.exception("replay_failed")
                with suppress(TimeoutError):
                    async with asyncio.timeout(EVERY_SECONDS):
                        await self._woken.wait()
                self._woken.clear()
        finally:
            forget()

    async def _again(self, path: str, url: str, body: bytes) -> str:
        endpoint = self._endpoints.get(path)
        if endpoint is None:
            return "unknown_endpoint"
        events = endpoint.translate(Hook(method="POST", url=url, headers={}, query={}, body=body))
        placed = [event for event in events if not isinstance(event, Unreadable)]
        fates = await self._intake.accept(Envelope(events=placed))
        problem = next((event.reason for event in events if isinstance(event, Unreadable)), "")
        lost = next((fate.outcome for fate in fates if fate.conversation_id is None), "")
        return problem or lost or await self._homeless(placed)

    async def _homeless(self, events: Sequence[object]) -> str:
        for event in events:
            if isinstance(event, Status) and not await self._pool.fetchval(
                "select exists (select 1 from routes where platform = $1 and address = $2)",
                event.platform,
                event.number,
            ):
                return "unknown_number"
        return ""
