"""Ids in each provider's own form. A random prefix keeps them apart across restarts."""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets


class Ids:
    """Mints ids that no earlier or later run of the sandbox mints again."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(6)
        self._next = itertools.count(1)

    def hex32(self) -> str:
        return f"{self._run}{next(self._next):020x}"

    def wamid(self) -> str:
        return "wamid.HBg" + base64.b64encode(self.hex32().encode()).decode()

    def mid(self) -> str:
        return "aWdfZAG1faXRlbTox" + base64.urlsafe_b64encode(self.hex32().encode()).decode().rstrip("=")

    def sid(self, prefix: str = "SM") -> str:
        return prefix + self.hex32()

    def openai(self, prefix: str) -> str:
        return f"{prefix}_{self.hex32()}{secrets.token_hex(9)}"

    def trace(self) -> str:
        return "A" + secrets.token_urlsafe(16)


_COUNTRIES = {"1": "US", "44": "GB", "49": "DE", "33": "FR", "34": "ES", "52": "MX", "54": "AR", "55": "BR", "91": "IN"}


def business_scoped_id(phone_digits: str) -> str:
    """The BSUID of a phone: the same for the same phone, in every run.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/business-scoped-user-ids
    """
    country = next((name for code, name in _COUNTRIES.items() if phone_digits.startswith(code)), "US")
    return f"{country}.{int(hashlib.sha256(phone_digits.encode()).hexdigest()[:16], 16)}"
