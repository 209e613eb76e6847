"""Webchat sessions: a signed, expiring claim of who the visitor is, on one number."""

from __future__ import annotations

import base64
import binascii
import hashlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from pydantic_core import from_json, to_json

from channels.base import Alias
from gateway.errors import Invalid, Unauthorized
from gateway.ids import new
from gateway.vault import Vault
from gateway.webchat.identity import Identity

PURPOSE, UPLOAD = "webchat session", "webchat upload"
LIFE_SECONDS = 30 * 24 * 3600
UPLOAD_SECONDS = 3600
CLAIM_LIMIT = 6000  # bytes; as a token it must fit into a header of 8,190


@dataclass(frozen=True, slots=True)
class Session:
    """A visitor on a number (its public key), until a Unix time.

    `user` is the website's id of a visitor who is signed in there, `facts` the name, email and phone that it vouches
    for; `fields` what he answered before he wrote, None until he was asked; `consent` what he agreed to, and when.
    """

    number: str
    visitor: str
    expires: int
    user: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] | None = None
    consent: Mapping[str, str] | None = None

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """The names of the customer."""
        names = [Alias("visitor", self.visitor)]
        return (*names, Alias("user", self.user)) if self.user else tuple(names)

    @property
    def answers(self) -> dict[str, str]:
        """What is known of him: his answers, and above them what the website vouches for."""
        return {**(self.fields or {}), **self.facts}


@dataclass(frozen=True, slots=True)
class Upload:
    """A stored file that one visitor may attach to a message, for an hour."""

    visitor: str
    sha256: str
    mime_type: str
    filename: str
    size: int
    expires: int


def visitor_of(number: str, identity: Identity) -> str:
    """The visitor that a signed-in person is, on whatever device."""
    return "vis_" + hashlib.sha256(f"{number}/{identity.sub}".encode()).hexdigest()[:32]


class Sessions:
    """Issues and reads session tokens, and tokens of uploads."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(
        self,
        number: str,
        former: Session | None = None,
        identity: Identity | None = None,
        answers: Mapping[str, str] | None = None,
        consent: Mapping[str, str] | None = None,
    ) -> tuple[str, Session]:
        """A new token: for who has signed in, else for the visitor of a former session, else for a new visitor.

        What the former one's visitor answered stays, unless somebody else has signed in since. A renewal without a
        claim makes a signed-in visitor's session no longer. Raises Invalid when there is too much to remember.
        """
        if identity and former and former.user not in ("", identity.sub):
            former = None
        visitor, user, facts = former.visitor if former else new("vis"), "", dict[str, str]()
        expires = int(time.time()) + LIFE_SECONDS
        if identity:
            visitor, user = visitor_of(number, identity), identity.sub
            facts = {name: value for name in ("name", "email", "phone") if (value := getattr(identity, name))}
        elif former and former.user:
            user, facts, expires = former.user, dict(former.facts), former.expires
        if answers is None and former:
            answers = former.fields
        if consent is None and former:
            consent = former.consent
        session = Session(number, visitor, expires, user, facts, answers, consent)
        claim = to_json({name: value for name, value in asdict(session).items() if value is not None})
        if len(claim) > CLAIM_LIMIT:
            raise Invalid("The answers are too long together.")
        return self._seal(PURPOSE, claim), session

    def read(self, token: str) -> Session:
        """The session of a token. Raises Unauthorized when it is forged or over."""
        claim = from_json(self._open(PURPOSE, token))
        # A token lives longer than the program that wrote it: what this one does not know is left out.
        session = Session(*claim[:3]) if isinstance(claim, list) else Session(**_known(claim))
        if session.expires < time.time():
            raise Unauthorized("This chat session is over. Start a new one.")
        return session

    def issue_upload(self, visitor: str, sha256: str, mime_type: str, filename: str, size: int) -> str:
        """A token by which a visitor attaches what he uploaded."""
        upload = Upload(visitor, sha256, mime_type, filename, size, int(time.time()) + UPLOAD_SECONDS)
        return self._seal(UPLOAD, to_json(asdict(upload)))

    def read_upload(self, token: str, visitor: str) -> Upload:
        """The upload of a token. Raises Invalid when it is forged, over, or somebody else's."""
        try:
            upload = Upload(**from_json(self._open(UPLOAD, token)))
        except Unauthorized as error:
            raise Invalid("This upload is not valid. Upload the file again.") from error
        if upload.visitor != visitor or upload.expires < time.time():
            raise Invalid("This upload is over. Upload the file again.")
        return upload

    def _seal(self, purpose: str, claim: bytes) -> str:
        return f"{_b64(claim)}.{_b64(self._vault.sign(purpose, claim))}"

    def _open(self, purpose: str, token: str) -> bytes:
        try:
            text, _, signature = token.partition(".")
            claim = _raw(text)
            if not self._vault.signed(purpose, claim, _raw(signature)):
                raise Unauthorized("This chat session is not valid. Start a new one.")
        except (ValueError, binascii.Error) as error:
            raise Unauthorized("This chat session is not valid. Start a new one.") from error
        return claim


def _known(claim: Mapping[str, Any]) -> dict[str, Any]:
    return {one.name: claim[one.name] for one in fields(Session) if one.name in claim}


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
