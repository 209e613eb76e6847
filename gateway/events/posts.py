"""One POST to an address that a business chose, within the guard that its tools have."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from gateway.fetch import Fetcher, FetchFailed, _forbidden, _url

MOST_RETRY_AFTER = 24 * 3600.0
RESOLVERS = 32


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver said, and for how many seconds it asked to be left alone."""

    status: int
    retry_after: float = 0.0


class OwnThreads(AbstractResolver):
    """Asks the system for names in threads of its own: a name server that keeps silent holds up nobody's files."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(RESOLVERS, "resolve")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _addresses, host, port, family)
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=kind, proto=socket.IPPROTO_TCP,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, address in found
        ]  # fmt: skip

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int, family: int) -> list[tuple[int, str]]:
    found = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [(kind, str(address[0])) for kind, _, _, _, address in found]


class Poster(Fetcher):
    """Posts to public addresses and `allowed` origins. The answer's status and headers are all that is read."""

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self._names = OwnThreads()
        super().__init__(allowed, resolver=self._names)

    async def close(self) -> None:
        """Closes the connections."""
        await super().close()
        await self._names.close()

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
