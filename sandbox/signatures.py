"""How Meta and Twilio sign their webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping


def sign_meta(app_secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256: HMAC-SHA256 of the raw body under the app's secret.

    https://developers.facebook.com/docs/graph-api/webhooks/getting-started#validate-payloads
    """
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def sign_twilio(auth_token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """The value of X-Twilio-Signature: HMAC-SHA1 of the URL and the sorted fields under the account's auth token.

    A name that comes several times gives each different value once. https://www.twilio.com/docs/usage/security
    """
    values: dict[str, set[str]] = {}
    for name, value in fields:
        values.setdefault(name, set()).add(value)
    signed = url + "".join(name + value for name in sorted(values) for value in sorted(values[name]))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def same(given: str, right: str) -> bool:
    """Compares two secrets in constant time."""
    return hmac.compare_digest(given.encode(), right.encode())


def basic_credentials(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """User and password of an HTTP Basic header, None when it has none or is not readable."""
    scheme, _, encoded = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return None
    return user, password


def bearer_token(headers: Mapping[str, str]) -> str:
    """The token of an HTTP Bearer header, "" when it has none."""
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
