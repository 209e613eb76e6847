"""Tokens of Instagram, renewed for another sixty days.

https://developers.facebook.com/docs/instagram-platform/reference/refresh_access_token
"""

from __future__ import annotations

import secrets
from typing import Final

from aiohttp import web

from sandbox import meta
from sandbox.calls import Course
from sandbox.config import Number
from sandbox.meta import GraphRefusal
from sandbox.record import Call
from sandbox.state import SANDBOX, Sandbox

LIFE_SECONDS: Final = 60 * 24 * 3600


async def renew(request: web.Request) -> web.Response:
    """GET /refresh_access_token: a new token. The old one goes on, as it does there until its own end."""
    sandbox, token = request.app[SANDBOX], request.query.get("access_token", "")
    asked = {name: value for name, value in request.query.items() if name != "access_token"}
    call = Call(provider="instagram", method="GET", path=request.path, request=asked)
    number = _owner(sandbox, token)
    names = number.names if number else ()
    words = {
        **meta.refusals(sandbox, speed_code=4, final_code=190),
        "wrong_token": lambda _: _bad_token().response(sandbox.ids.trace()),
    }
    course = Course(sandbox, request, call, names, words, event="action")
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        if request.query.get("grant_type") != "ig_refresh_token":
            raise meta.bad_parameter("Param grant_type must be ig_refresh_token")
        # A rule against tokens is meant for this call too, though it sends nothing.
        if sandbox.faults.take(("wrong_token",), "instagram", names):
            call.fault = "wrong_token"
            raise _bad_token()
        if number is None:
            raise _bad_token()
    except GraphRefusal as refusal:
        return course.answer(refusal.response(sandbox.ids.trace()), refusal.message)
    new = "IGAA" + secrets.token_urlsafe(32)
    sandbox.renewed[new] = sandbox.first_token(token)
    return course.answer(web.json_response({"access_token": new, "token_type": "bearer", "expires_in": LIFE_SECONDS}))


def _bad_token() -> GraphRefusal:
    """This address answers a token that it does not know with 400, not with 401."""
    return GraphRefusal(190, "Invalid OAuth access token - Cannot parse access token")


def _owner(sandbox: Sandbox, token: str) -> Number | None:
    """The Instagram account that a token is for."""
    first = sandbox.first_token(token)
    ours = [number for number in sandbox.config.lines if number.platform == "instagram"]
    return next((number for number in ours if token and number.access_token in ("", first)), None)
