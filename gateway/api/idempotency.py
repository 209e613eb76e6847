"""A request that is sent again does nothing again: with an Idempotency-Key it is answered what it was answered first.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

from __future__ import annotations

import hashlib

from aiohttp import web

from gateway.db import Connection, queries
from gateway.errors import Invalid
from gateway.vault import Vault

SQL = queries(__file__)
HEADER, REPLAYED = "Idempotency-Key", "Idempotency-Replayed"
KEY_LIMIT = 200
PLACE = "api_answers.answer"


class Once:
    """One POST of a business with a key of the client's. Only what succeeded is kept: the answer stands or falls with
    the transaction that did the work."""

    def __init__(self, db: Connection, vault: Vault, user_id: str, request: web.Request, sent: bytes) -> None:
        self._db = db
        self._vault = vault
        self._user_id = user_id
        key = request.headers[HEADER]
        if not 0 < len(key) <= KEY_LIMIT or not (key.isascii() and key.isprintable()):
            problem = f"must have 1 to {KEY_LIMIT} characters of ASCII"
            raise Invalid(f"{HEADER} {problem}.", [{"field": HEADER, "problem": problem}])
        self._name = hashlib.sha256(f"{request.path}\0{key}".encode("utf-8", "surrogateescape")).digest()
        self._sent = hashlib.sha256(request.query_string.encode("utf-8", "surrogateescape") + b"\0" + sent).digest()

    @property
    def _place(self) -> str:
        return f"{self._user_id}/{PLACE}/{self._name.hex()}"

    async def replayed(self) -> web.Response | None:
        """The answer of the first time, or None for the first. Raises Invalid when something else was sent then."""
        await self._db.execute(SQL["lock"], self._place)
        row = await self._db.fetchrow(SQL["find"], self._user_id, self._name)
        if row is None:
            return None
        if row["body_hash"] != self._sent:
            problem = {"field": HEADER, "problem": "was used for another request"}
            raise Invalid(f"This {HEADER} was used for another request.", [problem])
        text = self._vault.open(row["answer"], self._place)
        return web.Response(
            text=text or None, status=row["status"], content_type="application/json", headers={REPLAYED: "true"}
        )

    async def keep(self, status: int, text: str) -> None:
        """Keeps the answer for a day, sealed: there may be a secret in it."""
        sealed = self._vault.seal(text, self._place)
        await self._db.execute(SQL["keep"], self._user_id, self._name, self._sent, status, sealed)
