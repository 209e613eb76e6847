"""How a request is let in: by the key in its Authorization header, else by the session in its cookie."""

from __future__ import annotations

import math

from aiohttp import web

from gateway.accounts.callers import Caller
from gateway.accounts.roles import allows
from gateway.accounts.sessions import Sessions
from gateway.api.keys import Keys
from gateway.api.rates import note
from gateway.errors import Forbidden, TooMany
from gateway.limits import Limiter
from gateway.webchat.allowance import address_of

SAFE = frozenset({"GET", "HEAD"})


class Doors:
    """Says who calls. Whatever a cookie opens, another site can't make a browser do."""

    def __init__(self, keys: Keys, sessions: Sessions) -> None:
        self._keys = keys
        self._sessions = sessions
        self._people = Limiter(rate=100.0, burst=400.0)
        self._addresses = Limiter(rate=0.5, burst=60.0)

    async def caller(self, request: web.Request, scope: str) -> Caller:
        """Whoever calls, if he may do what needs `scope`; a person in a session where it is "".

        Raises Unauthorized, Forbidden or TooMany.
        """
        if "Authorization" in request.headers or not self._sessions.token_of(request):
            caller = await self._keys.read(request.headers.get("Authorization", ""))
            self._count(request, self._keys.limiter, caller.key_id, "This key calls too often.")
        else:
            if request.method not in SAFE:
                self._sessions.check_origin(request)
            caller = await self._sessions.read(self._sessions.token_of(request))
            self._count(request, self._people, caller.person_id, "You call too often.")
        if not scope:
            if caller.kind == "key":
                raise Forbidden("This is for a person who is signed in; a key can't do it.")
        elif caller.barred:
            raise Forbidden(caller.barred)
        elif not allows(caller.scopes, scope):
            what = "This key lacks" if caller.kind == "key" else f"The role {caller.role} lacks"
            raise Forbidden(f"{what} the scope {scope}.")
        return caller

    def stranger(self, request: web.Request) -> None:
        """Lets in whoever need not say who he is. Raises Forbidden or TooMany."""
        if request.method not in SAFE:
            self._sessions.check_origin(request)
        self._count(request, self._addresses, address_of(request.remote), "Too many tries from this address.")

    def _count(self, request: web.Request, limiter: Limiter, key: str, told: str) -> None:
        wait = limiter.wait(key)
        note(request, limiter, key)
        if wait:
            raise TooMany(told, retry_after=math.ceil(wait))

    async def lasts(self, caller: Caller) -> bool:
        """Whether a caller who was let in would still be."""
        return await (self._keys if caller.kind == "key" else self._sessions).lasts(caller)
