"""How each number is: when it was last heard and last spoke, whether its token is refused, what its provider says.

Noted in memory and written every few seconds, so that a message costs nothing for it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import observe
from gateway.db import Pool, queries, retry_clash

SQL = queries(__file__)
FLUSH_SECONDS = 2.0
SOON = timedelta(days=7)


def fingerprint(secret: str) -> str:
    """Names a secret without showing it: the first eight digits of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


class ChannelHealth:
    """Notes what happens on numbers; `keep` writes it down."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._heard: dict[tuple[str, str], datetime] = {}
        self._sent: dict[tuple[str, str], datetime] = {}
        self._auth: dict[tuple[str, str], str] = {}
        self._refused: set[tuple[str, str]] = set()
        self._rejected: dict[tuple[str, str, str, str], int] = {}

    def heard(self, platform: str, address: str) -> None:
        """A webhook for a number came."""
        self._heard[platform, address] = datetime.now(UTC)

    def sent(self, user_id: str, phone_number_id: str) -> None:
        """The provider took a message of a number."""
        number = (user_id, phone_number_id)
        self._sent[number] = datetime.now(UTC)
        if number in self._refused:
            self._refused.discard(number)
            self._auth[number] = ""

    def refused(self, user_id: str, phone_number_id: str, error: str) -> None:
        """The provider refused the credentials of a number."""
        self._refused.add((user_id, phone_number_id))
        self._auth[user_id, phone_number_id] = error[:500]

    def rejected(self, endpoint: str, url: str, secrets: Sequence[str], reason: str) -> None:
        """A webhook did not prove itself: where it came to, and the fingerprints of the secrets that were tried."""
        tried = " ".join(fingerprint(secret) for secret in secrets)[:200]
        key = (endpoint, url[:500], tried, reason[:300])
        self._rejected[key] = self._rejected.get(key, 0) + 1

    async def keep(self) -> None:
        """Writes down what was noted, every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                await self.flush()
            except Exception as error:  # the boundary of a worker loop: the next round writes newer times
                observe.log.warning("health_not_written", error=type(error).__name__)

    async def flush(self) -> None:
        """Writes down what was noted. Raises StoreAway."""
        heard, self._heard = self._heard, {}
        sent, self._sent = self._sent, {}
        auth, self._auth = self._auth, {}
        rejected, self._rejected = self._rejected, {}
        if heard:
            keys = sorted(heard)
            await self._write("heard", [k[0] for k in keys], [k[1] for k in keys], [heard[k] for k in keys])
        if sent:
            keys = sorted(sent)
            await self._write("sent", [k[0] for k in keys], [k[1] for k in keys], [sent[k] for k in keys])
        if auth:
            keys = sorted(auth)
            await self._write("auth", [k[0] for k in keys], [k[1] for k in keys], [auth[k] for k in keys])
        for (endpoint, url, tried, reason), count in sorted(rejected.items()):
            await self._write("rejected", endpoint, url, tried, reason, count)

    async def _write(self, name: str, *values: object) -> None:
        await retry_clash(lambda: self._pool.execute(SQL[name], *values))


def problems_of(row: Mapping[str, Any], rejected_at: Sequence[datetime], now: datetime) -> list[str]:
    """What is wrong with a number, each with its remedy. `row` is a row of the query `health` of the API."""
    problems = []
    if row["auth_error"]:
        problems.append(
            f"The provider refuses the access token ({row['auth_error']}). Replies wait; give the number a new token. "
            "What customers write still arrives."
        )
    expires = row["token_expires_at"]
    if expires and expires < now + SOON:
        when = "has expired" if expires < now else f"expires on {expires:%Y-%m-%d}"
        problems.append(f"The access token {when} and could not be renewed. Connect the account again.")
    if row["paused_until"]:
        problems.append(f"Sending pauses until {row['paused_until']:%H:%M:%S} UTC: {row['pause_reason']}.")
    heard = row["last_webhook_at"]
    if any(heard is None or at > heard for at in rejected_at):
        problems.append(
            "Webhooks come in whose signature does not match. Check that the secret is the one whose fingerprint is "
            "shown, and that PUBLIC_URL is the address that the provider calls."
        )
    return problems
