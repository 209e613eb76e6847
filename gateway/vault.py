"""Secrets at rest: AES-256-GCM with a key id, bound to the row that they stand in.

A sealed secret is `v1.<key id>.<base64url of nonce and ciphertext>`. The newest key seals, every key opens.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.errors import Misset

KEY_BYTES = 32
PREFIX_DIGITS = 40


class Vault:
    """Seals and opens secrets. `keys` are base64 texts of 32 bytes, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._ciphers: dict[str, AESGCM] = {}
        self._signing: list[bytes] = []
        for text in keys:
            key = _decode(text)
            self._ciphers[hashlib.sha256(key).hexdigest()[:8]] = AESGCM(key)
            self._signing.append(hmac.digest(key, b"frontdesk signing key", "sha256"))
        if not self._ciphers:
            raise Misset("SECRET_KEYS is empty: give at least one base64 text of 32 random bytes.")
        self._newest = next(iter(self._ciphers))

    def seal(self, secret: str, place: str) -> str:
        """Encrypts a secret for one place, such as `usr_1/phone_numbers.access_token/num_2`."""
        nonce = os.urandom(12)
        sealed = nonce + self._ciphers[self._newest].encrypt(nonce, secret.encode(), place.encode())
        return f"v1.{self._newest}.{base64.urlsafe_b64encode(sealed).decode()}"

    def open(self, sealed: str, place: str) -> str:
        """Decrypts. Raises Misset when the key is gone or the text was moved from another place."""
        try:
            version, key_id, text = sealed.split(".")
            raw = base64.urlsafe_b64decode(text)
            cipher = self._ciphers[key_id]
        except (ValueError, KeyError, binascii.Error) as error:
            raise Misset(
                "A stored secret was sealed with a key that SECRET_KEYS lacks. Add the former key behind the new one."
            ) from error
        if version != "v1":
            raise Misset(f"A stored secret has the unknown format {version}.")
        try:
            return cipher.decrypt(raw[:12], raw[12:], place.encode()).decode()
        except InvalidTag as error:
            raise Misset("A stored secret does not belong to the row that it stands in.") from error

    def sign(self, purpose: str, data: bytes) -> bytes:
        """A 32-byte HMAC of data for one purpose, by the newest key."""
        return hmac.digest(self._signing[0], purpose.encode() + b"\0" + data, "sha256")

    def derived(self, purpose: str, data: bytes) -> tuple[bytes, ...]:
        """A secret for one purpose and one thing by each key, newest first: to be given to whoever owns the thing."""
        return tuple(hmac.digest(key, purpose.encode() + b"\0" + data, "sha256") for key in self._signing)

    def signed(self, purpose: str, data: bytes, signature: bytes) -> bool:
        """Says whether one of the keys signed data for this purpose, in constant time for each key."""
        text = purpose.encode() + b"\0" + data
        return sum(hmac.compare_digest(hmac.digest(key, text, "sha256"), signature) for key in self._signing) > 0

    def signed_prefix(self, purpose: str, data: bytes, prefix: str) -> bool:
        """Like `signed`, for a signature cut to at least 40 hex digits."""
        text = purpose.encode() + b"\0" + data
        given = prefix.encode("utf-8", "replace")
        whole = [hmac.digest(key, text, "sha256").hex()[: len(prefix)].encode() for key in self._signing]
        return len(prefix) >= PREFIX_DIGITS and sum(hmac.compare_digest(one, given) for one in whole) > 0

    def is_newest(self, sealed: str) -> bool:
        """Says whether a secret was sealed with the newest key; the others wait for rotation."""
        return sealed.startswith(f"v1.{self._newest}.")


def _decode(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise Misset("SECRET_KEYS holds a key that is not base64. Make one with: openssl rand -base64 32") from error
    if len(key) != KEY_BYTES:
        raise Misset(
            f"SECRET_KEYS holds a key of {len(key)} bytes, not {KEY_BYTES}. Make one with: openssl rand -base64 32"
        )
    return key


def own_keys(state_dir: Path) -> list[str]:
    """The keys of an installation that was given none: made once, kept in the state folder, readable by us alone."""
    path = state_dir / "secret_keys"
    if not path.exists():
        state_dir.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().split()
