"""Refusals that the script of a website may read. They say nothing that is anybody's, so every origin may."""

from __future__ import annotations

from aiohttp import web

from gateway.errors import GatewayError, Invalid, StoreAway, TooMany
from gateway.web import REQUEST_ID, Handler, problem


def readable(handler: Handler) -> Handler:
    """A handler whose refusals reach a script on another origin, not as a failed connection but as what they are."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except GatewayError as error:
            origin = request.headers.get("Origin")
            if not origin or isinstance(error, StoreAway):
                raise
            more = {"fields": error.fields} if isinstance(error, Invalid) and error.fields else {}
            refusal = problem(error.status, error.title, str(error), request[REQUEST_ID], **more)
            refusal.headers.update(
                {
                    "Access-Control-Allow-Origin": origin,
                    "Access-Control-Expose-Headers": "Retry-After, X-Request-Id",
                    "Vary": "Origin",
                }
            )
            if isinstance(error, TooMany):
                refusal.headers["Retry-After"] = str(error.retry_after)
            return refusal

    return answer
