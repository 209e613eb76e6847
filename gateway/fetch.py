"""Fetches a file from an address that somebody else chose, without reaching anything that is not public.

Addresses are judged after the name was resolved, and the connection goes to the very address that was judged, so a name
that answers differently the second time gains nothing. Origins that the operator configured are trusted.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from yarl import URL

MOST_REDIRECTS = 3
MOST_BYTES = 100 * 1024 * 1024
SECONDS = 30.0
CREDENTIALS = frozenset({"authorization", "cookie"})
NAT64 = ipaddress.ip_network("64:ff9b::/96")
_NAME = re.compile(r"filename\*=(?:UTF-8'[^']*')([^;]+)|filename=\"?([^\";]+)", re.IGNORECASE)


class FetchError(Exception):
    """A file could not be fetched."""


class FetchFailed(FetchError):
    """It may work later: no connection, too slow, or the server has trouble."""


class FetchGone(FetchError):
    """The file is not there any more."""


class FetchRefused(FetchError):
    """The server does not give it to us."""


class FetchForbidden(FetchError):
    """The address leads to a place that is not public."""


class TooLarge(FetchError):
    """The file is larger than we take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file as it came, with what the server said of it."""

    data: bytes
    mime_type: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The answer to a request, whatever it says; `data` is cut at what the fetcher reads at most."""

    status: int
    data: bytes
    mime_type: str


class Guarded(AbstractResolver):
    """Resolves names, and refuses a name of which any address is not public."""

    def __init__(self, inner: AbstractResolver, trusted: frozenset[str]) -> None:
        self._inner = inner
        self._trusted = trusted

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if f"{host}:{port}" not in self._trusted and not all(is_public(one["host"]) for one in found):
            raise FetchForbidden(f"{host} is not a public address")
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_public(address: str) -> bool:
    """Whether an IP address is one that anybody on the internet could reach, however it is written or wrapped."""
    try:
        ip: Any = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if ip.version == 6:
        if ip in NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if wrapped := ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]):
            return is_public(str(wrapped))
    return bool(ip.is_global and not ip.is_multicast)


class Fetcher:
    """Fetches with bounds: so many bytes, so many seconds, public addresses only, but for the `allowed` origins."""

    def __init__(
        self,
        allowed: Sequence[str] = (),
        *,
        most_bytes: int = MOST_BYTES,
        seconds: float = SECONDS,
        resolver: AbstractResolver | None = None,
    ) -> None:
        self._allowed = frozenset(str(URL(origin).origin()) for origin in allowed)
        self._most_bytes = most_bytes
        self._seconds = seconds
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, url: str, headers: Mapping[str, str]) -> Fetched:
        """Fetches one file. `headers` go to the first origin; credentials among them never follow to another.

        Raises FetchFailed (later perhaps), FetchGone, FetchRefused, FetchForbidden or TooLarge.
        """
        try:
            async with asyncio.timeout(self._seconds):
                return await self._follow(_url(url), dict(headers))
        except TimeoutError as error:
            raise FetchFailed("it takes too long") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _forbidden(error) or FetchFailed(f"no answer: {type(error).__name__}") from error

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, seconds: float
    ) -> Answered:
        """Makes one request, whatever its status; redirects are not followed, and a long answer is cut.

        Raises FetchFailed (the request may have been read) or FetchForbidden (nothing was sent).
        """
        try:
            async with asyncio.timeout(seconds):
                whole = _url(url)
                self._check(whole)
                async with self._open().request(
                    method, whole, headers=headers, data=body, allow_redirects=False, middlewares=(_once,)
                ) as answer:
                    data = await self._begun(answer)
                    mime_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                    return Answered(status=answer.status, data=data, mime_type=mime_type)
        except TimeoutError as error:
            raise FetchFailed("it takes too long") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _forbidden(error) or FetchFailed(f"no answer: {type(error).__name__}") from error

    async def _follow(self, url: URL, headers: dict[str, str]) -> Fetched:
        first = url.origin()
        for _ in range(MOST_REDIRECTS + 1):
            self._check(url)
            sent = headers if url.origin() == first else _without_credentials(headers)
            async with self._open().get(url, headers=sent, allow_redirects=False) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    url = url.join(_url(answer.headers.get("Location", ""), relative=True))
                    continue
                return await self._read(answer)
        raise FetchRefused("it leads from one address to another without end")

    def _check(self, url: URL) -> None:
        """What can be judged before a connection; names are judged by the resolver."""
        if url.scheme not in ("http", "https") or not url.host:
            raise FetchForbidden("the address is not one of the web")
        if str(url.origin()) in self._allowed:
            return
        if url.port not in (80, 443):
            raise FetchForbidden(f"port {url.port} is not one of the web")
        host = url.host.strip("[]")
        try:
            socket.inet_aton(host)
        except OSError:
            literal = ":" in host
        else:
            literal = True
        if literal and not is_public(host):
            raise FetchForbidden(f"{host} is not a public address")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trusted = frozenset(f"{URL(origin).host}:{URL(origin).port}" for origin in self._allowed)
            resolver = Guarded(self._resolver or ThreadedResolver(), trusted)
            connector = aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False, limit=32)
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=15),
            )
        return self._session

    async def _begun(self, answer: aiohttp.ClientResponse) -> bytes:
        """As much of an answer as is taken, in however many pieces it comes."""
        pieces, left = [], self._most_bytes
        while left > 0 and (piece := await answer.content.read(left)):
            pieces.append(piece)
            left -= len(piece)
        return b"".join(pieces)

    async def _read(self, answer: aiohttp.ClientResponse) -> Fetched:
        if answer.status in (404, 410):
            raise FetchGone("it is no longer there")
        if answer.status == 429 or answer.status >= 500:
            raise FetchFailed(f"HTTP {answer.status}")
        if answer.status != 200:
            raise FetchRefused(f"HTTP {answer.status}")
        if (answer.content_length or 0) > self._most_bytes:
            raise TooLarge(f"{answer.content_length} bytes")
        pieces, size = [], 0
        async for piece in answer.content.iter_chunked(256 * 1024):
            size += len(piece)
            if size > self._most_bytes:
                raise TooLarge(f"more than {self._most_bytes} bytes")
            pieces.append(piece)
        return Fetched(
            data=b"".join(pieces),
            mime_type=answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(),
            filename=_filename(answer.headers.get("Content-Disposition", "")),
        )


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a GET, PUT or DELETE again by itself when the connection breaks."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(type(error).__name__) from error


def _forbidden(error: BaseException) -> FetchForbidden | None:
    """The refusal of the resolver, which comes wrapped in errors of the connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, FetchForbidden):
            return cause
        cause = cause.__cause__ or getattr(cause, "os_error", None)
    return None


def _url(text: str, *, relative: bool = False) -> URL:
    try:
        url = URL(text, encoded=relative)
        port = url.port
    except ValueError as error:
        raise FetchForbidden("the address is none") from error
    if not relative and (not url.is_absolute() or port is None):
        raise FetchForbidden("the address is not one of the web")
    return url


def _without_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in CREDENTIALS}


def _filename(header: str) -> str:
    found = _NAME.search(header)
    name = unquote(found[1]) if found and found[1] else found[2] if found else ""
    return re.sub(r"[\x00-\x1f/\\]", "_", name.strip())[:240]
