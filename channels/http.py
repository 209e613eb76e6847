"""One POST to a provider, and what its failure means before the provider's own codes are looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from pydantic_core import from_json

from channels.errors import Ambiguous, Misconfigured, Throttled, Unavailable, Unreachable

MOST_SECONDS = 3600.0
TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the provider answered: `body` is its JSON object, or empty when it was none."""

    status: int
    body: Mapping[str, Any]
    retry_after: float


async def get(http: aiohttp.ClientSession, url: str, **request: Any) -> Answer:
    """Asks once; nothing is changed by it, so a lost answer is Unavailable. Raises as `post` does otherwise."""
    try:
        return await _request(http, "GET", url, **request)
    except Ambiguous as error:
        raise Unavailable(error.detail, code=error.code) from error


async def post(http: aiohttp.ClientSession, url: str, **request: Any) -> Answer:
    """Posts once, follows no redirect (the credentials would go with it).

    Raises Unreachable when nothing left this machine, Misconfigured when nothing ever can (a token with a line break
    in it, an address that makes no URL), Ambiguous when it left and no answer says what became of it.
    """
    return await _request(http, "POST", url, **request)


async def _request(http: aiohttp.ClientSession, method: str, url: str, **request: Any) -> Answer:
    try:
        async with http.request(method, url, timeout=TIMEOUT, allow_redirects=False, **request) as response:
            raw = await response.read()
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unreachable(f"no connection: {type(error).__name__}") from error
    except ValueError as error:
        raise Misconfigured(f"no request can be made: {type(error).__name__}", code="request") from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Ambiguous(f"no answer: {type(error).__name__}") from error
    return Answer(response.status, _object(raw), _seconds(response.headers.get("Retry-After", "")))


def raise_for_wordless(answer: Answer) -> None:
    """Raises for an answer whose body says nothing: a proxy in between, or a provider in trouble."""
    if answer.status == 429:
        raise Throttled("429", code="429", retry_after=answer.retry_after or 1.0)
    if answer.status == 503:
        raise Unavailable("503", code="503")
    raise Ambiguous(f"HTTP {answer.status} without a word", code=str(answer.status))


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        body = from_json(raw)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _seconds(text: str) -> float:
    """Retry-After as seconds; its other form, a date, is left to the back-off."""
    return min(float(text), MOST_SECONDS) if text.isascii() and text.isdecimal() else 0.0
