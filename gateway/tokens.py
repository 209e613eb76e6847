"""Renews access tokens that age, long before they end. What can't be renewed is shown by the number's health."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import asyncpg

from channels.base import Channel
from channels.errors import SendFailed
from gateway.bus import Bus
from gateway.channel_health import ChannelHealth
from gateway.db import Pool, queries
from gateway.errors import Misset
from gateway.numbers import sender_of, token_place
from gateway.observe import log
from gateway.vault import Vault

SQL = queries(__file__)
EVERY_SECONDS = 3600.0


class Tokens:
    """Asks the channel of each aging token for a fresh one; one process does it for a number at a time."""

    def __init__(
        self, pool: Pool, bus: Bus, vault: Vault, channels: Mapping[str, Channel], health: ChannelHealth
    ) -> None:
        self._pool = pool
        self._bus = bus
        self._vault = vault
        self._channels = channels
        self._health = health

    async def keep(self) -> None:
        """Renews what is due once an hour, until cancelled."""
        while True:
            try:
                await self.renew()
            except Exception as error:  # the boundary of a worker loop: a token lives for weeks after this
                log.warning("tokens_not_renewed", error=type(error).__name__)
            await asyncio.sleep(EVERY_SECONDS)

    async def renew(self) -> int:
        """Renews every token that is due; returns how many were."""
        count = 0
        for row in await self._pool.fetch(SQL["due"]):
            async with self._pool.acquire() as connection, connection.transaction():
                number = await connection.fetchrow(SQL["lock"], row["user_id"], row["id"])
                if number is not None:
                    count += await self._renew(connection, number)
        if count:
            self._bus.publish("numbers")
        return count

    async def _renew(
        self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], number: asyncpg.Record
    ) -> bool:
        user_id, number_id = number["user_id"], number["phone_number_id"]
        try:
            fresh = await self._channels[number["platform"]].renew(sender_of(self._vault, number))
        except (SendFailed, Misset) as error:
            log.warning("token_not_renewed", number=number_id, error=type(error).__name__)
            self._health.refused(user_id, number_id, f"not renewed: {error}"[:300])
            return False
        if fresh is None:
            return False
        sealed = self._vault.seal(fresh.value, token_place(user_id, number_id))
        await connection.execute(SQL["renewed"], user_id, number_id, sealed, fresh.seconds)
        return True
