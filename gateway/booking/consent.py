"""The visit to Google's consent page: from a ticket over a state to a connection.

A program asks for a ticket with its key. Whoever opens the ticket's address sees which business it is for; only when he
goes on, the ticket turns into a state, once, that is worth something in that browser alone. So nobody attaches a
calendar to a business whose ticket he does not have, and nobody lends his own calendar to a business unseen.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from gateway import observe
from gateway.booking.calendars import Away, CalendarError, NotConnected, Refused, Throttled
from gateway.booking.connection import Unfinished
from gateway.booking.google import Calendars
from gateway.booking.grants import Grant
from gateway.db import Connection, Pool, queries, tenant
from gateway.errors import Misset, StoreAway
from gateway.settings import Settings
from gateway.vault import Vault

SQL = queries(__file__)
SCOPE = "https://www.googleapis.com/auth/"
ASKED = (
    "openid", "email", f"{SCOPE}calendar.events.owned", f"{SCOPE}calendar.freebusy",
    f"{SCOPE}calendar.calendarlist.readonly",
)  # fmt: skip
ASKING = 3  # calls of the API at once that wait for Google, each with a connection of the pool
# Each must be covered by one of its scopes; a person may untick any of those that we ask for.
NEEDED: Mapping[str, frozenset[str]] = {
    "events": frozenset({"calendar", "calendar.events", "calendar.events.owned"}),
    "free times": frozenset({"calendar", "calendar.readonly", "calendar.freebusy", "calendar.events.freebusy"}),
    "calendars": frozenset(
        {"calendar", "calendar.readonly", "calendar.calendarlist", "calendar.calendarlist.readonly"}
    ),
}
_KEPT = re.compile(r"([A-Za-z0-9_-]{1,50})\.([A-Za-z0-9_-]{43})")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")

Result = Literal["connected", "denied", "unknown", "incomplete", "unfinished", "expired", "refused", "away"]


class Incomplete(Exception):
    """A permission was unticked. The text says which."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended, and where to go on."""

    result: Result
    back_to: str = ""


class Consent:
    """Begins visits and takes what they bring. `calendars` tries a grant before it is kept."""

    def __init__(self, pool: Pool, vault: Vault, settings: Settings, calendars: Calendars) -> None:
        self._pool = pool
        self._vault = vault
        self._settings = settings
        self.calendars = calendars
        self.asking = asyncio.Semaphore(ASKING)

    @property
    def possible(self) -> bool:
        """Whether the operator has made an OAuth client."""
        return bool(self._settings.google_client_id and self._settings.google_client_secret)

    async def begin(self, db: Connection, user_id: str, back_to: str) -> str:
        """The address that the owner has to open in a browser within ten minutes."""
        ticket = f"{user_id}.{secrets.token_urlsafe(32)}"
        public = self._settings.public_url
        await db.execute(SQL["sweep"], user_id)
        await db.execute(SQL["begin"], user_id, _hash(ticket), f"{public}/oauth/google/callback", back_to)
        return f"{public}/oauth/google/start?{urlencode({'ticket': ticket})}"

    async def asked(self, ticket: str) -> str | None:
        """The name of the business that a ticket is for; None when it is no good. Raises StoreAway."""
        if not (match := _KEPT.fullmatch(ticket)):
            return None
        async with tenant(self._pool, match[1]) as db:
            row = await db.fetchrow(SQL["asked"], match[1], _hash(ticket))
        return (row["company_name"] or "your business") if row is not None else None

    def proof(self, ticket: str, session: str) -> str:
        """What the form of a page carries, so that no other site can send it."""
        return self._vault.sign("google-start", f"{session} {ticket}".encode()).hex()

    async def start(self, ticket: str, session: str, proof: str) -> str | None:
        """Turns a ticket into a visit of this browser; returns Google's address, or None when the ticket is no good.

        Raises StoreAway.
        """
        match = _KEPT.fullmatch(ticket)
        if not match or not _SESSION.fullmatch(session) or not self._proven(ticket, session, proof):
            return None
        user_id = match[1]
        state, verifier = f"{user_id}.{secrets.token_urlsafe(32)}", secrets.token_urlsafe(64)
        sealed = self._vault.seal(verifier, f"{user_id}/oauth_states.verifier/{_hash(state).hex()}")
        async with tenant(self._pool, user_id) as db:
            values = (user_id, _hash(ticket), _hash(state), _hash(session), sealed)
            redirect_uri = await db.fetchval(SQL["start"], *values)
        return self._address(redirect_uri, state, verifier) if redirect_uri is not None else None

    def _proven(self, ticket: str, session: str, proof: str) -> bool:
        try:
            given = bytes.fromhex(proof)
        except ValueError:
            return False
        return self._vault.signed("google-start", f"{session} {ticket}".encode(), given)

    def _address(self, redirect_uri: str, state: str, verifier: str) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        # Google gives a refresh token at the first consent alone, unless it is to ask again.
        query = {
            "response_type": "code", "client_id": self._settings.google_client_id, "redirect_uri": redirect_uri,
            "scope": " ".join(ASKED), "state": state, "code_challenge": challenge, "code_challenge_method": "S256",
            "access_type": "offline", "prompt": "consent",
        }  # fmt: skip
        return f"{self._settings.google_auth_url}?{urlencode(query)}"

    async def finish(self, query: Mapping[str, str], session: str) -> Outcome:
        """Takes what Google sent a browser back with. Raises StoreAway when that can't be looked up."""
        match = _KEPT.fullmatch(query.get("state", ""))
        if not match or not _SESSION.fullmatch(session):
            return Outcome("unknown")
        user_id, state = match[1], _hash(match[0])
        async with tenant(self._pool, user_id) as db:
            visit = await db.fetchrow(SQL["use"], user_id, state, _hash(session))
        if visit is None:
            return Outcome("unknown")
        if "code" not in query:
            return Outcome("denied" if query.get("error") == "access_denied" else "refused", visit["back_to"])
        try:
            verifier = self._vault.open(visit["verifier"], f"{user_id}/oauth_states.verifier/{state.hex()}")
        except Misset:  # the key went while the owner was at Google
            return Outcome("expired", visit["back_to"])
        result = await self._taken(user_id, query["code"], verifier, visit["redirect_uri"])
        return Outcome(result, visit["back_to"])

    async def _taken(self, user_id: str, code: str, verifier: str, redirect_uri: str) -> Result:
        try:
            grant = await self.calendars.connections.grants.exchange(code, verifier, redirect_uri)
            await self._kept(user_id, grant)
        except (Incomplete, Unfinished, CalendarError) as error:
            why = getattr(error, "code", "") or str(error)
            observe.log.warning("google_not_connected", user=user_id, error=type(error).__name__, code=why)
            return _result(error)
        except StoreAway:  # the code is spent all the same
            return "away"
        observe.log.info("google_connected", user=user_id)
        return "connected"

    async def _kept(self, user_id: str, grant: Grant) -> None:
        """Keeps a grant that gives all that is needed, and that was seen to open the calendars."""
        if lacking := missing(grant.scope):
            raise Incomplete(", ".join(lacking))
        entries = await self.calendars.opened_by(grant.access_token)
        if not any(one.primary for one in entries):
            raise Refused("no_primary_calendar")
        await self.calendars.connections.connect(user_id, grant, entries)


def missing(scope: str) -> list[str]:
    """What a granted scope does not allow."""
    granted = {one.removeprefix(SCOPE) for one in scope.split()}
    return [name for name, any_of in NEEDED.items() if not granted & any_of]


def session_of(cookie: str) -> str:
    """What a browser is known by for the time of a visit: what it has already, or something new."""
    return cookie if _SESSION.fullmatch(cookie) else secrets.token_urlsafe(32)


def _result(error: Exception) -> Result:
    if isinstance(error, Incomplete):
        return "incomplete"
    if isinstance(error, Unfinished):
        return "unfinished"
    if isinstance(error, NotConnected):
        return "expired"
    return "away" if isinstance(error, Away | Throttled) else "refused"


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
