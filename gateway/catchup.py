"""Asks a provider that does not deliver twice for what we may have missed: after a start, after an outage, and now and
then. What was there already is known by its id, so asking costs nothing but the asking.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import asyncpg

from channels.base import Channel
from channels.errors import SendFailed
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import GatewayError
from gateway.intake import Envelope, Intake
from gateway.numbers import sender_of
from gateway.observe import log
from gateway.vault import Vault

SQL = queries(__file__)
EVERY_SECONDS = 300.0
# A process that has just begun may follow one that died with a webhook in its hands: it asks sooner.
YOUNG_SECONDS, YOUNG_EVERY_SECONDS = 150.0, 60.0
LOOK_SECONDS = 20.0
MARGIN = timedelta(minutes=15)  # clocks differ, and a provider may list a message late
LONGEST = timedelta(days=7)


class Catchup:
    """Polls the numbers of such providers. Two processes may ask for the same: nothing is stored twice."""

    def __init__(self, pool: Pool, bus: Bus, vault: Vault, channels: Mapping[str, Channel], intake: Intake) -> None:
        self._pool = pool
        self._bus = bus
        self._vault = vault
        self._channels = channels
        self._intake = intake
        self._woken = asyncio.Event()

    async def keep(self) -> None:
        """Polls each number every few minutes, sooner after a start, at once when woken, until cancelled."""
        forget = self._bus.listen("catchup", lambda _key: self._woken.set())
        old_at = time.monotonic() + YOUNG_SECONDS
        try:
            while True:
                every = EVERY_SECONDS if time.monotonic() > old_at else YOUNG_EVERY_SECONDS
                every = 0.0 if self._woken.is_set() else every
                self._woken.clear()
                try:
                    await self.once(every)
                except Exception as error:  # the boundary of a worker loop: the next round asks for the same time
                    log.warning("catchup_failed", error=type(error).__name__)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._woken.wait()
        finally:
            forget()

    async def once(self, seconds: float = 0.0) -> int:
        """Polls every number that was not polled for so long; returns how many messages were new to us."""
        found = 0
        for number in await retry_clash(lambda: self._pool.fetch(SQL["due"], seconds)):
            try:
                found += await self._poll(number)
            except (SendFailed, GatewayError) as error:
                log.warning("catchup_failed", number=number["phone_number_id"], error=type(error).__name__)
        return found

    async def _poll(self, number: asyncpg.Record) -> int:
        sender = sender_of(self._vault, number)
        since = max(number["since"] - MARGIN, datetime.now(UTC) - LONGEST, number["created_at"])
        events = await self._channels[number["platform"]].missed(sender, since)
        fates = await self._intake.accept(Envelope(events=events)) if events else []
        key = (number["user_id"], number["phone_number_id"], number["asked_at"])
        await retry_clash(lambda: self._pool.execute(SQL["done"], *key))
        new = sum(fate.outcome == "accepted" for fate in fates)
        if new:
            log.warning("caught_up", number=number["phone_number_id"], messages=new)
        return new
