"""Who somebody is, signed: the id_token that comes with openid. https://openid.net/specs/openid-connect-core-1_0.html"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from sandbox.google_grants import USERINFO, Scopes
from sandbox.google_store import Account

ISSUER: Final = "https://accounts.google.com"


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _packed(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@cache
def _key_id() -> str:
    return hashlib.sha256(str(_key().public_key().public_numbers().n).encode()).hexdigest()[:40]


def public_keys() -> dict[str, Any]:
    """The keys that an id_token is checked with."""
    numbers = _key().public_key().public_numbers()
    row = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": _key_id(), "n": _number(numbers.n)}
    return {"keys": [{**row, "e": _number(numbers.e)}]}


def certificates() -> dict[str, str]:
    """The same keys as certificates, for clients of the older address."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    now = datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, _key().public_key(), x509.random_serial_number())
    signed = built.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=14))
    certificate = signed.sign(_key(), hashes.SHA256())
    return {_key_id(): certificate.public_bytes(serialization.Encoding.PEM).decode()}


def claims(account: Account, scopes: Scopes) -> dict[str, Any]:
    """What these scopes tell of an account."""
    told: dict[str, Any] = {"sub": account.sub}
    if USERINFO + "email" in scopes:
        told |= {"email": account.email, "email_verified": True}
    if USERINFO + "profile" in scopes:
        given, _, family = account.name.partition(" ")
        told |= {"name": account.name, "given_name": given, **({"family_name": family} if family else {})}
    return told


def id_token(account: Account, scopes: Scopes, client_id: str, *, access: str, nonce: str, seconds: int) -> str:
    """The account's claims, signed for one app."""
    now = int(time.time())
    half = hashlib.sha256(access.encode()).digest()[:16]
    body = {"iss": ISSUER, "azp": client_id, "aud": client_id, **claims(account, scopes), "at_hash": _packed(half)}
    body |= {"iat": now, "exp": now + seconds} | ({"nonce": nonce} if nonce else {})
    return _signed(body)


def _signed(body: Mapping[str, Any]) -> str:
    head = {"alg": "RS256", "kid": _key_id(), "typ": "JWT"}
    text = f"{_packed(json.dumps(head).encode())}.{_packed(json.dumps(body).encode())}"
    return f"{text}.{_packed(_key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"
