"""Channel accounts as the hooks need them: whose secret signs a request, and who a webchat key belongs to."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import asyncpg

from channels.base import Sender
from gateway.db import Pool, queries, retry_clash
from gateway.vault import Vault
from gateway.webchat.prechat import Consent, Question, consent, questions

SQL = queries(__file__)
FRESH_SECONDS = 30.0


def token_place(user_id: str, phone_number_id: str) -> str:
    """The place that a number's secret is bound to."""
    return f"{user_id}/phone_numbers.access_token/{phone_number_id}"


def settings_of(text: str) -> dict[str, str]:
    """A number's provider settings, as a channel wants them."""
    return {str(name): str(value) for name, value in json.loads(text).items()}


def sender_of(vault: Vault, row: asyncpg.Record) -> Sender:
    """Our side of a call; the row has user_id, phone_number_id, address, access_token, settings. Raises Misset."""
    token = vault.open(row["access_token"], token_place(row["user_id"], row["phone_number_id"]))
    return Sender(address=row["address"], token=token, settings=settings_of(row["settings"]))


@dataclass(frozen=True, slots=True)
class Webchat:
    """A webchat number: whose it is, its name, and the origins that may embed it."""

    user_id: str
    phone_number_id: str
    key: str
    display_name: str
    allowed_origins: tuple[str, ...]
    identity_required: bool = False
    prechat: tuple[Question, ...] = ()
    consent: Consent | None = None


class Numbers:
    """Reads numbers and remembers what it read for half a minute; a change elsewhere drops it at once."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault
        self._signers: dict[str, tuple[float, tuple[str, ...]]] = {}
        self._webchats: dict[str, tuple[float, Webchat | None]] = {}

    def forget(self, _key: str = "") -> None:
        """Drops what was remembered."""
        self._signers.clear()
        self._webchats.clear()

    async def secrets(self, account_sid: str, *, fresh: bool = False) -> tuple[str, ...]:
        """The auth tokens that may have signed for a Twilio account; empty when nobody has it. Raises StoreAway."""
        known = self._signers.get(account_sid)
        if known and not fresh and known[0] > time.monotonic():
            return known[1]
        rows = await retry_clash(lambda: self._pool.fetch(SQL["signers"], account_sid))
        tokens = {self._vault.open(row["access_token"], token_place(row["user_id"], row["id"])) for row in rows}
        found = tuple(sorted(tokens))
        if found:
            self._signers[account_sid] = (time.monotonic() + FRESH_SECONDS, found)
        return found

    async def webchat(self, key: str) -> Webchat | None:
        """The webchat number of a public key, or None. Raises StoreAway."""
        known = self._webchats.get(key)
        if known and known[0] > time.monotonic():
            return known[1]
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["webchat"], key))
        found = _webchat(key, row) if row else None
        if found:
            self._webchats[key] = (time.monotonic() + FRESH_SECONDS, found)
        return found


def _webchat(key: str, row: asyncpg.Record) -> Webchat:
    settings = json.loads(row["settings"])
    origins = settings.get("allowed_origins") or ()
    required = bool((settings.get("identity") or {}).get("required"))
    name = row["display_name"] or row["company_name"] or "Chat"
    return Webchat(
        row["user_id"],
        row["id"],
        key,
        name,
        tuple(str(origin).rstrip("/") for origin in origins),
        required,
        questions(settings.get("prechat")),
        consent(settings.get("consent")),
    )
