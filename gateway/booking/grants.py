"""What Google's OAuth endpoints are asked: a code or a refresh token for access, and the end of it.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from gateway.booking.calendars import Away, NotConnected, Refused, Throttled
from gateway.settings import Settings

THROTTLED_SECONDS = 5.0
SECONDS = 8.0  # a refresh holds a row and a connection of the pool for as long
# The owner, or the administrator of his domain, ended it or forbids it. Everything else is about our client.
ENDED = frozenset({"invalid_grant", "admin_policy_enforced", "access_denied"})
_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What Google gave: `refresh_token` and `account` are "" when it named none."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    seconds: int
    scope: str
    account: str


class Grants:
    """Asks the token and the revocation endpoint. One request each: whoever asks decides whether to ask again."""

    def __init__(self, settings: Settings) -> None:
        self._client = {"client_id": settings.google_client_id, "client_secret": settings.google_client_secret}
        self._token_url = settings.google_token_url
        self._revoke_url = settings.google_revoke_url
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Grant:
        """The grant behind a code. Raises NotConnected (the code is no good), Refused, Throttled or Away."""
        form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
        return _grant(await self._post(self._token_url, {**form, "redirect_uri": redirect_uri, **self._client}))

    async def refresh(self, refresh_token: str) -> Grant:
        """Fresh access. Raises NotConnected (it is over), Refused (our client is), Throttled or Away."""
        # No scope: what was granted is kept, and asking for more than was granted would be refused.
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return _grant(await self._post(self._token_url, {**form, **self._client}))

    async def revoke(self, token: str) -> bool:
        """Ends a grant at Google; false when it is not known to have ended."""
        try:
            await self._post(self._revoke_url, {"token": token})
        except Refused as error:
            return error.code == "invalid_token"  # it had ended before
        except (NotConnected, Throttled, Away):
            return False
        return True

    async def _post(self, url: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        if not self._client["client_id"]:
            raise Refused("no_client")
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with asyncio.timeout(SECONDS), self._session.post(url, data=form, allow_redirects=False) as answer:
                status, raw = answer.status, await answer.read()
        except TimeoutError:
            raise Away("timeout") from None
        except (aiohttp.ClientError, OSError) as error:  # never its text: it may quote what was sent
            raise Away(type(error).__name__) from None
        return _read(status, raw)


def _read(status: int, raw: bytes) -> Mapping[str, Any]:
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        body = None
    if status == 200 and isinstance(body, dict):
        return body
    if status == 429:
        throttled = Throttled("throttled", status=status)
        throttled.retry_after = THROTTLED_SECONDS
        raise throttled
    code = body.get("error") if isinstance(body, dict) else None
    if not 400 <= status < 500 or status == 408 or not isinstance(code, str) or not _CODE.fullmatch(code):
        raise Away("token_endpoint", status=status)
    raise (NotConnected if code in ENDED else Refused)(code, status=status)


def _grant(body: Mapping[str, Any]) -> Grant:
    token, seconds = body.get("access_token"), body.get("expires_in")
    if not isinstance(token, str) or not token.isprintable() or not token or not isinstance(seconds, int | float):
        raise Away("no_token")
    return Grant(
        access_token=token, refresh_token=str(body.get("refresh_token") or ""), seconds=max(0, int(seconds)),
        scope=str(body.get("scope") or ""), account=_account(body.get("id_token")),
    )  # fmt: skip


def _account(id_token: object) -> str:
    """The address in an ID token. It came from the token endpoint itself, so its signature need not be checked."""
    try:
        text = str(id_token).split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))["email"])[:255]
    except (IndexError, KeyError, TypeError, ValueError):
        return ""
