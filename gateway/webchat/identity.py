"""Who a visitor is, by the word of the website that embeds the chat: a signed claim that ends soon.

The claim is a JSON Web Token (RFC 7519) signed with HS256 and the number's own secret. Nothing else of that standard is
taken: no other algorithm, no keys named by the token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from gateway.errors import Unauthorized
from gateway.vault import Vault

PURPOSE = "webchat identity"
LONGEST_SECONDS = 24 * 3600
LEEWAY_SECONDS = 60
SUB_LIMIT, TEXT_LIMIT = 200, 255


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in visitor: the website's own id for him, and what it says of him."""

    sub: str
    name: str = ""
    email: str = ""
    phone: str = ""


def identity_secrets(vault: Vault, number: str) -> tuple[str, ...]:
    """The secrets that may sign for a number (its public key), the one to use first."""
    return tuple(one.hex() for one in vault.derived(PURPOSE, number.encode()))


def read_identity(token: str, secrets: Sequence[str], now: float) -> Identity:
    """The identity in a claim. Raises Unauthorized with what is wrong with it, never with what would be right."""
    try:
        head, body, signature = token.split(".")
        header, claim, given = from_json(_raw(head)), from_json(_raw(body)), _raw(signature)
    except (ValueError, binascii.Error) as error:
        raise Unauthorized("The identity is no signed claim.") from error
    if not isinstance(header, dict) or header.get("alg") != "HS256" or not isinstance(claim, dict):
        raise Unauthorized("The identity must be signed with HS256.")
    signed = f"{head}.{body}".encode()
    good = [hmac.compare_digest(hmac.digest(secret.encode(), signed, "sha256"), given) for secret in secrets]
    if not any(good):
        raise Unauthorized("The identity is not signed with this number's secret.")
    sub, exp = claim.get("sub"), claim.get("exp")
    if not isinstance(sub, str) or not 0 < len(sub) <= SUB_LIMIT:
        raise Unauthorized(f"The identity needs sub, a text of at most {SUB_LIMIT} characters.")
    # Asked so that NaN, which compares with nothing, is refused.
    if isinstance(exp, bool) or not isinstance(exp, int | float) or not exp <= now + LONGEST_SECONDS:
        raise Unauthorized("The identity needs exp, at most a day ahead.")
    if exp < now - LEEWAY_SECONDS:
        raise Unauthorized("The identity is over.")
    return Identity(sub, *(_text(claim.get(name)) for name in ("name", "email", "phone")))


def _text(value: object) -> str:
    return value.strip()[:TEXT_LIMIT] if isinstance(value, str) else ""


def _raw(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
