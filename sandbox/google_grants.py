"""Who allowed what: consents, codes, refresh tokens and access tokens.

https://developers.google.com/identity/protocols/oauth2#expiration
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.google_config import GoogleConfig
from sandbox.google_errors import OAuthRefusal
from sandbox.signatures import same

CODE_SECONDS: Final = 600.0
MOST_REFRESH_TOKENS: Final = 100
KEPT_TOKENS: Final = 20_000
KEPT_CODES: Final = 5_000
USERINFO: Final = "https://www.googleapis.com/auth/userinfo."
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")

Scopes = tuple[str, ...]


def full_scopes(scopes: Iterable[str]) -> Scopes:
    """As Google names them in its answers: email and profile get their long names. No scope stands twice."""
    return tuple(dict.fromkeys(USERINFO + each if each in ("email", "profile") else each for each in scopes))


@dataclass(slots=True)
class Grant:
    """What one account allowed one app."""

    email: str
    client_id: str
    scopes: Scopes = ()
    refresh_tokens: list[str] = field(default_factory=list)
    given_offline: bool = False


@dataclass(slots=True, kw_only=True)
class Code:
    """A code on its way through a browser. `refresh`: its exchange gives a refresh token."""

    grant: Grant
    scopes: Scopes
    redirect_uri: str
    challenge: str
    plain: bool
    refresh: bool
    offline: bool
    nonce: str
    ends: float
    used: bool = False


@dataclass(slots=True)
class Access:
    """An access token."""

    grant: Grant
    scopes: Scopes
    ends: float
    offline: bool

    def allows(self, wanted: Iterable[str]) -> set[str]:
        """Those of these scopes of Calendar (by the word after /auth/) that the token has."""
        return {scope.rpartition("/auth/")[2] for scope in self.scopes} & set(wanted)

    @property
    def left(self) -> int:
        return max(0, int(self.ends - time.time()))


class Grants:
    """All consents and tokens, in memory."""

    def __init__(self) -> None:
        self._grants: dict[tuple[str, str], Grant] = {}
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Access] = {}
        self._refresh: dict[str, tuple[Grant, Scopes]] = {}
        self._dead: set[str] = set()

    def granted(self, email: str, client_id: str) -> Grant | None:
        return self._grants.get((email, client_id))

    def of(self, email: str) -> list[Grant]:
        """The consents of one account, or of all for ""."""
        return [grant for grant in self._grants.values() if not email or grant.email == email]

    def allow(self, email: str, client_id: str, scopes: Scopes) -> Grant:
        """The account's consent, these scopes added to those that it gave before."""
        grant = self._grants.setdefault((email, client_id), Grant(email, client_id))
        grant.scopes = tuple(dict.fromkeys((*grant.scopes, *scopes)))
        return grant

    def add_code(self, code: Code) -> str:
        name = f"4/0A{secrets.token_urlsafe(42)}"
        self._codes[name] = code
        if len(self._codes) > KEPT_CODES:
            del self._codes[next(iter(self._codes))]
        return name

    def redeem(self, name: str, client_id: str, redirect_uri: str, verifier: str) -> Code:
        """The code, which is spent by this. Raises OAuthRefusal."""
        code = self._codes.get(name)
        if code is None:
            raise OAuthRefusal("invalid_grant", "Malformed auth code.")
        if code.used or time.time() > code.ends or code.grant.client_id != client_id:
            raise OAuthRefusal("invalid_grant", "Bad Request")
        if code.redirect_uri != redirect_uri:
            raise OAuthRefusal("redirect_uri_mismatch", "Bad Request")
        if code.challenge and not verifier:
            raise OAuthRefusal("invalid_grant", "Missing code verifier.")
        if verifier and not (code.challenge and _proves(code, verifier)):
            raise OAuthRefusal("invalid_grant", "Invalid code verifier.")
        if self._grants.get((code.grant.email, client_id)) is not code.grant:
            raise OAuthRefusal("invalid_grant", "Bad Request")  # revoked while the code was on its way
        code.used = True
        return code

    def new_refresh(self, grant: Grant, scopes: Scopes) -> str:
        """A refresh token; the oldest of more than a hundred stops working without a word."""
        token = f"1//0{secrets.token_urlsafe(64)}"
        self._refresh[token] = (grant, scopes)
        grant.refresh_tokens.append(token)
        grant.given_offline = True
        while len(grant.refresh_tokens) > MOST_REFRESH_TOKENS:
            self.drop_refresh(grant.refresh_tokens[0])
        return token

    def drop_refresh(self, token: str) -> None:
        grant, _ = self._refresh.pop(token)
        grant.refresh_tokens.remove(token)
        self._dead.add(token)

    def find_refresh(self, token: str, client_id: str) -> tuple[Grant, Scopes]:
        """Whose refresh token this is. Raises OAuthRefusal."""
        found = self._refresh.get(token)
        if found is None:
            raise OAuthRefusal("invalid_grant", _dead_or_never(token in self._dead))
        if found[0].client_id != client_id:
            raise OAuthRefusal("unauthorized_client", "Unauthorized", 401)
        return found

    def new_access(self, grant: Grant, scopes: Scopes, config: GoogleConfig, *, offline: bool) -> str:
        token = f"ya29.a0{secrets.token_urlsafe(96)}"
        self._access[token] = Access(grant, scopes, time.time() + config.access_seconds, offline)
        if len(self._access) > KEPT_TOKENS:
            del self._access[next(iter(self._access))]
        return token

    def find_access(self, token: str) -> Access | None:
        """The token while it works."""
        found = self._access.get(token)
        return found if found is not None and found.ends > time.time() else None

    def expire(self, email: str) -> int:
        """Ends the access tokens of an account; refresh tokens go on. Returns how many."""
        found = [each for each in self._access.values() if each.grant.email == email and each.ends > time.time()]
        for each in found:
            each.ends = 0.0
        return len(found)

    def revoke(self, grant: Grant) -> None:
        """Takes a consent back: none of its tokens works any more."""
        for token in tuple(grant.refresh_tokens):
            self.drop_refresh(token)
        for name in [name for name, each in self._access.items() if each.grant is grant]:
            del self._access[name]
        self._grants.pop((grant.email, grant.client_id), None)

    def revoke_by_token(self, token: str) -> None:
        """Takes back the consent that a token of either kind stands for. Raises OAuthRefusal."""
        access = self.find_access(token)
        refresh = self._refresh.get(token)
        if access is None and refresh is None:
            raise OAuthRefusal("invalid_token", "Token expired or revoked")
        self.revoke(refresh[0] if refresh else access.grant if access else Grant("", ""))

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "account": grant.email,
                "client_id": grant.client_id,
                "scopes": list(grant.scopes),
                "refresh_tokens": len(grant.refresh_tokens),
                "access_tokens": sum(e.grant is grant and e.ends > time.time() for e in self._access.values()),
            }
            for grant in self._grants.values()
        ]


def _proves(code: Code, verifier: str) -> bool:
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    return same(verifier if code.plain else digest, code.challenge)


def _dead_or_never(dead: bool) -> str:
    return "Token has been expired or revoked." if dead else "Bad Request"
