"""Webchat sessions: a signed, expiring claim of who the visitor is, on one number."""

from __future__ import annotations

import base64
import binascii
import time
from dataclasses import dataclass

from pydantic_core import from_json, to_json

from gateway.errors import Unauthorized
from gateway.ids import new
from gateway.vault import Vault

PURPOSE = "webchat session"
LIFE_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor on a number (its public key), until a Unix time."""

    number: str
    visitor: str
    expires: int


class Sessions:
    """Issues and reads session tokens."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, number: str, visitor: str = "") -> tuple[str, Session]:
        """A new token, for a known visitor or a new one."""
        session = Session(number, visitor or new("vis"), int(time.time()) + LIFE_SECONDS)
        claim = to_json([session.number, session.visitor, session.expires])
        return f"{_b64(claim)}.{_b64(self._vault.sign(PURPOSE, claim))}", session

    def read(self, token: str) -> Session:
        """The session of a token. Raises Unauthorized when it is forged or over."""
        try:
            text, _, signature = token.partition(".")
            claim = _raw(text)
            if not self._vault.signed(PURPOSE, claim, _raw(signature)):
                raise Unauthorized("This chat session is not valid. Start a new one.")
        except (ValueError, binascii.Error) as error:
            raise Unauthorized("This chat session is not valid. Start a new one.") from error
        session = Session(*from_json(claim))
        if session.expires < time.time():
            raise Unauthorized("This chat session is over. Start a new one.")
        return session


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
