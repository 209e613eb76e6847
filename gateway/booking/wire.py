"""Google's own client, one request at a time. Importing this costs memory and 90 ms: only the first call does it.

The client and its connections are not made for several threads, so each request has a connection of its own; a shared
one was seen to give one caller another's answer.
"""

from __future__ import annotations

import http.client
import json
import logging
from collections.abc import Callable
from typing import Any

import google_auth_httplib2  # type: ignore[import-untyped]
import httplib2  # type: ignore[import-untyped]
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError

from gateway.booking.calendars import Away, CalendarError, Exists, Gone, Refused, Stale, Throttled

SOCKET_SECONDS = 10.0
MOST_BYTES = 16 * 1024 * 1024  # of an answer: 2,500 events, each with its guests
PIECE_BYTES = 256 * 1024
READ_TRIES = 2  # beyond the first; writes are sent once
THROTTLES = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
THROTTLED_SECONDS = 5.0
# Its warnings hold whole addresses, with the names of calendars and tokens of lists in them.
logging.getLogger("googleapiclient").setLevel(logging.ERROR)


class Unauthorized(CalendarError):
    """The token is not taken; nothing was done."""


class _Once:
    """A connection that connects once. httplib2 would open it again and send a POST twice when the answer is lost."""

    _spent = False

    def connect(self) -> None:
        """Raises ConnectionError the second time."""
        if self._spent:
            raise ConnectionResetError("no answer came")
        self._spent = True
        super().connect()  # type: ignore[misc]


class _Bounded(http.client.HTTPResponse):
    """An answer that ends: httplib2 reads to the end whatever comes."""

    def read(self, amt: int | None = None) -> bytes:
        """Raises HTTPException when there is more than MOST_BYTES."""
        if amt is not None:
            return super().read(amt)
        found = bytearray()
        while piece := super().read(PIECE_BYTES):
            found += piece
            if len(found) > MOST_BYTES:
                raise http.client.HTTPException("too much")
        return bytes(found)


class _PlainHttp(httplib2.HTTPConnectionWithTimeout):  # type: ignore[misc]
    response_class = _Bounded


class _PlainHttps(httplib2.HTTPSConnectionWithTimeout):  # type: ignore[misc]
    response_class = _Bounded


class _OnceHttp(_Once, _PlainHttp):
    pass


class _OnceHttps(_Once, _PlainHttps):
    pass


class _Http(httplib2.Http):  # type: ignore[misc]
    """Follows no redirect, so that a token goes where it was meant to go; sends once if it is to; reads with an end."""

    def __init__(self, *, once: bool) -> None:
        super().__init__(timeout=SOCKET_SECONDS)
        self.follow_redirects = False
        self._once = once

    def request(self, uri: str, *args: Any, **kwargs: Any) -> Any:
        """One exchange."""
        kinds = (_OnceHttp, _OnceHttps) if self._once else (_PlainHttp, _PlainHttps)
        kwargs["connection_type"] = kinds[uri.startswith("https:")]
        return super().request(uri, *args, **kwargs)


class Wire:
    """The calendar API at an address such as https://www.googleapis.com. Blocks: run it in threads."""

    def __init__(self, api_url: str) -> None:
        endpoint = f"{api_url.rstrip('/')}/calendar/v3/"
        self._service = build(
            "calendar", "v3", http=_Http(once=False), client_options={"api_endpoint": endpoint},
            static_discovery=True, cache_discovery=False,
        )  # fmt: skip

    def run(self, make: Callable[[Any], Any], token: str, *, once: bool) -> Any:
        """Makes a request and returns its answer; `once`: it changes something. Raises CalendarError."""
        plain = _Http(once=once)
        # No refresh token goes along: access is renewed in one place, under a lock, and 401 is told.
        authorized = google_auth_httplib2.AuthorizedHttp(Credentials(token), http=plain, max_refresh_attempts=0)  # type: ignore[no-untyped-call]
        try:
            return make(self._service).execute(http=authorized, num_retries=0 if once else READ_TRIES)
        except HttpError as error:
            raise failure_of(error.status_code, error.content, error.resp.get("retry-after", "")) from None
        except (OSError, httplib2.HttpLib2Error, http.client.HTTPException, GoogleAuthError) as error:
            raise Away(type(error).__name__) from None
        except (ValueError, RecursionError):  # an answer that can't be read
            raise Away("unreadable") from None
        finally:
            plain.close()


def failure_of(status: int, content: bytes, retry_after: str = "") -> CalendarError:
    """What an answer means. https://developers.google.com/workspace/calendar/api/guides/errors"""
    reason = _reason(content)
    if status == 429 or (status == 403 and reason in THROTTLES):
        throttled = Throttled(reason or "throttled", status=status)
        throttled.retry_after = float(retry_after) if retry_after.isdigit() else THROTTLED_SECONDS
        return throttled
    if status >= 500 or status in (408, 425) or status < 400:
        return Away(reason or "server", status=status)
    kinds: dict[int, type[CalendarError]] = {401: Unauthorized, 404: Gone, 409: Exists, 410: Gone, 412: Stale}
    return kinds.get(status, Refused)(reason or "refused", status=status)


def _reason(content: bytes) -> str:
    try:
        reason = json.loads(content)["error"]["errors"][0]["reason"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return ""
    return reason if isinstance(reason, str) and reason.isalnum() and len(reason) <= 60 else ""
