"""The contract between the gateway and a provider: what comes in, what goes out.

A channel keeps no state and imports nothing of ours. Reading a webhook is a pure function from bytes to events;
sending a part is one HTTP call whose failure is a class of `channels.errors`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple

Platform = Literal["whatsapp", "instagram", "webchat", "sms"]
Delivery = Literal["sent", "delivered", "read", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """One webhook request. `url` is PUBLIC_URL plus the raw path and query, exactly as the provider called it.

    `headers` answers to lower-case names. `body` is the raw bytes, because signatures are over bytes.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes


class Alias(NamedTuple):
    """One name of a customer: kind is phone, wa_id, bsuid, parent_bsuid, username, igsid or visitor."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file the customer sent, still at the provider: by `id` or by `url`."""

    kind: str
    id: str = ""
    url: str = ""
    mime_type: str = ""
    sha256: str = ""
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """Something a customer did. `number` is our address (a row of phone_numbers, `meta_phone_number_id`).

    `customer` is the address a reply goes to; `id` the provider's id, unique for ever on this number. `kind` is text,
    image, audio, video, document, sticker, location, contacts, button, reaction, edit, revoke, order, system, group (a
    group's, not ours to answer), standby (another app answers) or unsupported. `text` is what a person would read (a
    caption, a button's title; "[image]" is never made up here); `content` keeps the provider's own fields of the kind.
    `sent_at` is the provider's clock.
    """

    platform: Platform
    number: str
    customer: str
    id: str
    kind: str = "text"
    text: str = ""
    aliases: tuple[Alias, ...] = ()
    customer_name: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)
    media: tuple[Media, ...] = ()
    reply_to: str = ""
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The provider's word on a part that we sent. `id` is the provider's id; `part` our own, where it came back."""

    platform: Platform
    number: str
    id: str
    state: Delivery
    part: str = ""
    at: datetime | None = None
    error_code: str = ""
    error_text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A piece of an authentic request that could not be translated. Its envelope is kept and can be replayed."""

    reason: str


Event = Inbound | Status | Unreadable


class Endpoint(ABC):
    """One webhook URL of a provider: prove where a request comes from, then translate it. Pure."""

    path: ClassVar[str]  # below /webhooks/
    reply: ClassVar[tuple[str, str]] = ("ok", "text/plain")  # what an accepted request is answered: text, content type

    def handshake(self, hook: Hook, verify_token: str) -> str:
        """Answers the request that only proves the URL: the text to echo. Raises HookRejected."""
        raise NotImplementedError

    def signer(self, hook: Hook) -> str:
        """Names whose secret signs this request, read from the unproved body; "" is the app's own."""
        return ""

    @abstractmethod
    def authenticate(self, hook: Hook, secrets: Sequence[str]) -> None:
        """Checks the signature on the raw bytes against each secret in constant time. Raises HookRejected."""

    @abstractmethod
    def translate(self, hook: Hook) -> Sequence[Event]:
        """Reads every event of an authenticated request; never raises: what can't be read is an Unreadable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Our side of a send: the number's address, its secret and its provider settings."""

    address: str
    token: str = field(repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One part of a reply. `part` is our id for it, handed to the provider wherever it gives it back."""

    sender: Sender
    customer: str
    text: str
    part: str
    customer_kind: str = ""
    status_url: str = ""
    by_human: bool = False


class Channel(ABC):
    """How parts leave on one platform. Built whole: an HTTP session and the provider's base URL."""

    platform: ClassVar[Platform]

    @abstractmethod
    def split(self, text: str) -> list[str]:
        """Cuts a text into parts that the provider takes, in its own unit, never inside a grapheme."""

    @abstractmethod
    async def send(self, part: Outbound) -> str:
        """Sends one part and returns the provider's id. Raises a subclass of SendFailed."""
