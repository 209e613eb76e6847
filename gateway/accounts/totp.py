"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds), and the codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT = 1  # steps that a phone's clock may be off
RECOVERY_CODES = 10


def new_secret() -> str:
    """160 random bits, as authenticator apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code_at(secret: str, counter: int, digits: int = DIGITS) -> str:
    """The code of one step."""
    mac = hmac.digest(base64.b32decode(secret), counter.to_bytes(8, "big"), "sha1")
    at = mac[-1] & 15
    number = int.from_bytes(mac[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}d}"


def step_of(secret: str, code: str, now: float) -> int | None:
    """The step that a code belongs to, of those around `now` (Unix seconds); None when it is wrong."""
    here, found = int(now) // STEP_SECONDS, None
    for counter in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, counter).encode(), code.encode("utf-8", "replace")):
            found = counter
    return found


def uri(secret: str, email: str) -> str:
    """What the QR code says."""
    return f"otpauth://totp/{quote(f'Frontdesk:{email}')}?{urlencode({'secret': secret, 'issuer': 'Frontdesk'})}"


def recovery_codes() -> list[str]:
    """New codes of 80 bits, each good for one sign-in without the app."""
    made = (base64.b32encode(secrets.token_bytes(10)).decode().lower() for _ in range(RECOVERY_CODES))
    return ["-".join(one[n : n + 4] for n in range(0, 16, 4)) for one in made]


def digest_of(code: str) -> bytes:
    """What is stored of a recovery code; hyphens, blanks and capitals don't count."""
    return hashlib.sha256("".join(code.split()).replace("-", "").lower().encode("utf-8", "replace")).digest()
