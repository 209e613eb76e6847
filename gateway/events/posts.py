"""One POST to an address that a business chose, within the guard that its tools have."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp

from gateway.fetch import Fetcher, FetchFailed, _forbidden, _url

MOST_RETRY_AFTER = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said, and for how many seconds it asked to be left alone."""

    status: int
    retry_after: float = 0.0


class Poster(Fetcher):
    """Posts to public addresses and `allowed` origins. The answer's status and headers are all that is read."""

    async def post(self, url: str, headers: Mapping[str, str], body: bytes, *, seconds: float) -> Answer:
        """Posts once; redirects are not followed.

        Raises FetchFailed (it may have been read) or FetchForbidden (nothing was sent).
        """
        try:
            async with asyncio.timeout(seconds):
                whole = _url(url)
                self._check(whole)
                async with self._open().post(whole, headers=headers, data=body, allow_redirects=False) as answer:
                    return Answer(answer.status, wanted_pause(answer.headers.get("Retry-After", "")))
        except TimeoutError as error:
            raise FetchFailed(f"no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _forbidden(error) or FetchFailed(f"no answer: {type(error).__name__}") from error


def wanted_pause(header: str) -> float:
    """The seconds of a Retry-After, which is a number or a date; 0 when it says nothing."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), MOST_RETRY_AFTER)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), MOST_RETRY_AFTER)
