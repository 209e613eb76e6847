"""How much a caller may still do, in the words of draft-ietf-httpapi-ratelimit-headers."""

from __future__ import annotations

import math

from aiohttp import web

from gateway.limits import Limiter

RATE: web.RequestKey[tuple[int, int]] = web.RequestKey("rate", tuple)
POLICY: web.RequestKey[str] = web.RequestKey("policy", str)


def note(request: web.Request, limiter: Limiter, key: str) -> None:
    """Remembers, for the answer, what is left of a caller's bucket."""
    left = max(0.0, limiter.left(key))
    request[POLICY] = f'"default";q={int(limiter.burst)};w={math.ceil(limiter.burst / limiter.rate)}'
    request[RATE] = int(left), math.ceil((limiter.burst - left) / limiter.rate)


async def tell(request: web.Request, response: web.StreamResponse) -> None:
    """Writes it on an answer: what is left, and in how many seconds all of it is there again."""
    if policy := request.get(POLICY):
        left, whole = request[RATE]
        response.headers["RateLimit-Policy"] = policy
        response.headers["RateLimit"] = f'"default";r={left};t={whole}'
