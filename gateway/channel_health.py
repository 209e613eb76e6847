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
DOUBTED, DOUBTED_BYTES = 20, 16 * 1024  # what is kept of webhooks that did not prove themselves, for whom they name


def fingerprint(secret: str) -> str:
    """Names a secret without showing it: the first eight digits of its SHA-256."""
    return hashlib.sha256(secret.encode()).hexdigest()[:8]


class ChannelHealth:
    """Notes what happens on numbers; `keep` writes it down."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._heard: dict[tuple[str, str], datetime] = {}
        self._inbound: dict[tuple[str, str], datetime] = {}
        self._sent: dict[tuple[str, str], tuple[datetime, int]] = {}
        self._auth: dict[tuple[str, str], str] = {}
        self._refused: set[tuple[str, str]] = set()
        self._rejected: dict[tuple[str, str, str, str], int] = {}
        self._doubted: dict[tuple[str, bytes], tuple[str, str]] = {}
        self._challenges: dict[str, str] = {}
        self._pages: dict[tuple[str, str, bool], str] = {}

    def heard(self, platform: str, address: str, *, inbound: bool = False) -> None:
        """A webhook for a number came, with something that a customer did or not."""
        now = datetime.now(UTC)
        self._heard[platform, address] = now
        if inbound:
            self._inbound[platform, address] = now

    def sent(self, user_id: str, phone_number_id: str) -> None:
        """The provider took a message of a number."""
        number = (user_id, phone_number_id)
        self._sent[number] = (datetime.now(UTC), self._sent.get(number, (None, 0))[1] + 1)
        if number in self._refused:
            self._refused.discard(number)
            self._auth[number] = ""

    def refused(self, user_id: str, phone_number_id: str, error: str) -> None:
        """The provider refused the credentials of a number."""
        self._refused.add((user_id, phone_number_id))
        self._auth[user_id, phone_number_id] = error[:500]

    def rejected(self, endpoint: str, url: str, secrets: Sequence[str], reason: str, body: bytes = b"") -> None:
        """A webhook did not prove itself: where it came to, the fingerprints of the secrets that were tried, and its
        body, which is only looked through for the numbers that it names."""
        tried = " ".join(fingerprint(secret) for secret in secrets)[:200]
        key = (endpoint, url[:500], tried, reason[:300])
        self._rejected[key] = self._rejected.get(key, 0) + 1
        if body and len(self._doubted) < DOUBTED:
            self._doubted[endpoint, body[:DOUBTED_BYTES]] = (url[:500], reason[:300])

    def challenged(self, endpoint: str, reason: str = "") -> None:
        """Somebody asked an endpoint to prove that it is ours, and was refused for a reason."""
        self._challenges[endpoint] = reason[:300]

    def page(self, user_id: str, phone_number_id: str, origin: str, *, allowed: bool) -> None:
        """A website loaded the chat of a number."""
        self._pages[user_id, phone_number_id, allowed] = origin[:255]

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
        inbound, self._inbound = self._inbound, {}
        sent, self._sent = self._sent, {}
        auth, self._auth = self._auth, {}
        rejected, self._rejected = self._rejected, {}
        doubted, self._doubted = self._doubted, {}
        challenges, self._challenges = self._challenges, {}
        pages, self._pages = self._pages, {}
        if heard:
            keys = sorted(heard)
            await self._write("heard", [k[0] for k in keys], [k[1] for k in keys], [heard[k] for k in keys])
        if inbound:
            keys = sorted(inbound)
            await self._write("inbound", [k[0] for k in keys], [k[1] for k in keys], [inbound[k] for k in keys])
        if sent:
            keys = sorted(sent)
            times, counts = [sent[k][0] for k in keys], [sent[k][1] for k in keys]
            await self._write("sent", [k[0] for k in keys], [k[1] for k in keys], times, counts)
        if auth:
            keys = sorted(auth)
            await self._write("auth", [k[0] for k in keys], [k[1] for k in keys], [auth[k] for k in keys])
        for (endpoint, url, tried, reason), count in sorted(rejected.items()):
            await self._write("rejected", endpoint, url, tried, reason, count)
        for (endpoint, body), (url, reason) in sorted(doubted.items()):
            await self._write("doubted", endpoint, body, url, reason)
        for endpoint, reason in sorted(challenges.items()):
            await self._write("challenged", endpoint, reason)
        for (user_id, number, allowed), origin in sorted(pages.items()):
            await self._write("page", user_id, number, origin, allowed)

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
