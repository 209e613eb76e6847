"""Shows a customer that he was read and that somebody writes, while a turn takes its time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from channels.base import Channel
from channels.errors import SendFailed
from gateway.db import Pool, queries
from gateway.errors import Misset
from gateway.numbers import sender_of
from gateway.observe import log
from gateway.vault import Vault

SQL = queries(__file__)


class Signals:
    """Sends signs of life. They are a courtesy: a failure is logged and forgotten."""

    def __init__(self, pool: Pool, vault: Vault, channels: Mapping[str, Channel]) -> None:
        self._pool = pool
        self._vault = vault
        self._channels = channels

    async def show(self, user_id: str, conversation_id: str, what: Literal["read", "typing"]) -> bool:
        """Shows one; False when there is nothing to show it on, or the provider did not take it."""
        row = await self._pool.fetchrow(SQL["last"], user_id, conversation_id)
        if row is None:
            return False
        try:
            sender = sender_of(self._vault, row)
            channel = self._channels[row["platform"]]
            await channel.signal(sender, row["customer_phone"], what, row["platform_message_id"])
        except (SendFailed, Misset) as error:
            log.info("signal_not_shown", conversation=conversation_id, error=type(error).__name__)
            return False
        return True
