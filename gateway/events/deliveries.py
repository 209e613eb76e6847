"""The worker that delivers events: each to every place that wants it, at least once, in the order of its conversation.

What was sent and not yet recorded when a process dies is sent again, with the same webhook-id.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from gateway import observe
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import Misset, StoreAway
from gateway.events.letters import letter
from gateway.events.mail import Mailer, MailFailed
from gateway.events.posts import Poster
from gateway.events.signing import body_of, secret_place, signed
from gateway.fetch import FetchError, FetchForbidden
from gateway.vault import Vault
from gateway.worker import Worker

SQL = queries(__file__)
SECONDS = 15.0
LEASE_SECONDS = 60.0  # longer than any attempt
SCHEDULE = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0)  # seconds; the last one again and again
GIVE_UP = timedelta(days=3)
JITTER = 0.2
TIRED = 3  # failures in a row, from which on an endpoint rests
REST_SECONDS = 60.0
EACH = 4
MAILS = 4
KEEP_DAYS = 90
PRUNE_SECONDS = 3600.0
NO_MAIL = "SMTP_URL is not set"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of an attempt: sent, retry, failed or gone. `pause` is what the receiver asked for, in seconds."""

    state: str
    status: int | None = None
    error: str = ""
    pause: float = 0.0


class Deliveries(Worker):
    """Delivers by HTTP and, with a mailer, by e-mail."""

    topic = "events"

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        vault: Vault,
        poster: Poster,
        mailer: Mailer | None = None,
        *,
        owner: str,
        schedule: Sequence[float] = SCHEDULE,
        capacity: int = 32,
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._vault = vault
        self._poster = poster
        self._mailer = mailer
        self._owner = owner
        self._schedule = schedule
        self._mails = 0
        self._no_mail_until = 0.0

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        mails = 0 if time.monotonic() < self._no_mail_until else MAILS - self._mails
        claims = await retry_clash(
            lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit, EACH, max(mails, 0))
        )
        self._mails += sum(1 for claim in claims if claim["address"])
        return claims

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Removes what is old. A lease is longer than an attempt, so it needs no renewal."""
        while True:
            try:
                gone = await self._pool.fetch(SQL["prune"], KEEP_DAYS, 1000)
            except Exception as error:  # the boundary of a worker loop: the next hour does it
                observe.log.warning("prune_failed", error=type(error).__name__)
                gone = []
            await asyncio.sleep(0.1 if gone else PRUNE_SECONDS)

    async def work(self, claim: asyncpg.Record) -> None:
        began = time.monotonic()
        if claim["endpoint_id"]:
            outcome = await self._post(claim)
        else:
            try:
                outcome = await self._mail(claim)
            finally:
                self._mails -= 1
        milliseconds = round((time.monotonic() - began) * 1000)
        observe.log.info(
            "event_delivery", delivery=claim["delivery_id"], kind=claim["type"], outcome=outcome.state,
            status=outcome.status, attempt=claim["attempts"], milliseconds=milliseconds,
        )  # fmt: skip
        await self._settle(claim, outcome, milliseconds)

    async def _post(self, claim: asyncpg.Record) -> _Outcome:
        body = body_of(claim["event_id"], claim["type"], claim["emitted_at"], _data(claim))
        try:
            headers = signed(self._secrets(claim), claim["event_id"], int(time.time()), body)
            headers |= {"Content-Type": "application/json", "User-Agent": "Frontdesk"}
            answer = await self._poster.post(claim["url"], headers, body, seconds=SECONDS)
        except Misset:
            observe.log.error("secret_unreadable", endpoint=claim["endpoint_id"])
            return _Outcome(state="retry", error="its secret can't be opened with SECRET_KEYS")
        except FetchForbidden:
            return _Outcome(state="retry", error="the address leads to a place that is not public")
        except FetchError as error:
            return _Outcome(state="retry", error=str(error))
        if 200 <= answer.status < 300:
            return _Outcome(state="sent", status=answer.status)
        if answer.status == 410:
            return _Outcome(state="gone", status=410, error="410 Gone")
        note = ", and redirects are not followed" if 300 <= answer.status < 400 else ""
        return _Outcome(
            state="retry", status=answer.status, error=f"HTTP {answer.status}{note}", pause=answer.retry_after
        )

    def _secrets(self, claim: asyncpg.Record) -> list[str]:
        key = (claim["user_id"], claim["endpoint_id"])
        found = [self._vault.open(claim["secret"], secret_place(*key))]
        if claim["previous_secret"]:
            found.append(self._vault.open(claim["previous_secret"], secret_place(*key, previous=True)))
        return found

    async def _mail(self, claim: asyncpg.Record) -> _Outcome:
        if self._mailer is None:
            return _Outcome(state="failed", error=NO_MAIL)
        try:
            await self._mailer.send(letter(claim, _data(claim), self._mailer.sender))
        except MailFailed as error:
            if error.everyone:
                # The server itself is away: the others need not find that out one by one.
                self._no_mail_until = time.monotonic() + min(self._schedule[0], REST_SECONDS)
            return _Outcome(state="retry" if error.later else "failed", status=error.code or None, error=str(error))
        return _Outcome(state="sent", status=250)

    async def _settle(self, claim: asyncpg.Record, outcome: _Outcome, milliseconds: int) -> None:
        state, error, delay = outcome.state, outcome.error, max(self._backoff(claim["attempts"]), outcome.pause)
        if state == "retry" and datetime.now(UTC) + timedelta(seconds=delay) > claim["created_at"] + GIVE_UP:
            state, error = "failed", f"{error}; given up after {GIVE_UP.days} days"
        values = (
            claim["user_id"], claim["delivery_id"], claim["fence"], state, delay, self._rest(claim, outcome),
            outcome.status, error, milliseconds,
        )  # fmt: skip
        while True:
            try:
                await retry_clash(lambda: self._pool.fetchval(SQL["settle"], *values))
                break
            except StoreAway:
                # Nobody else knows what was answered, so it is said until it is stored.
                await asyncio.sleep(0.25)
        self.wake()

    def _backoff(self, attempts: int) -> float:
        return self._schedule[min(attempts, len(self._schedule)) - 1] * random.uniform(1 - JITTER, 1 + JITTER)

    def _rest(self, claim: asyncpg.Record, outcome: _Outcome) -> float:
        """How long the whole endpoint is left alone: as it asked, or longer with each failure in a row."""
        if outcome.state == "sent" or claim["failures"] + 1 < TIRED:
            return outcome.pause
        doubled: float = self._schedule[0] / 5 * 2.0 ** min(claim["failures"] + 1 - TIRED, 10)
        return max(outcome.pause, min(doubled, REST_SECONDS))


def _data(claim: asyncpg.Record) -> dict[str, Any]:
    """The data of an event, with the conversation that it is about."""
    data: dict[str, Any] = json.loads(claim["data"])
    if claim["conversation_id"]:
        data.setdefault("conversation_id", claim["conversation_id"])
    return data
