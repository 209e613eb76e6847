"""The contract between the gateway and a provider: what comes in, what goes out.

A channel keeps no state and imports nothing of ours. Reading a webhook is a pure function from bytes to events;
sending a part is one HTTP call whose failure is a class of `channels.errors`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Literal, NamedTuple

from channels.errors import Gone, Refused

Platform = Literal["whatsapp", "instagram", "webchat", "sms"]
Delivery = Literal["sent", "delivered", "read", "failed"]
FILES = ("image", "audio", "video", "document", "sticker")


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
    """One name of a customer: kind is phone (E.164), wa_id, bsuid, parent_bsuid, username, igsid, visitor or user."""

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
    """Something a customer did. `number` is our address (a row of phone_numbers, `meta_phone_number_id`); where nobody
    has it, `fallback` is tried (the messaging service of a pool's number).

    `customer` is the address a reply goes to; `id` the provider's id, unique for ever on this number. `kind` is text,
    image, audio, video, document, sticker, location, contacts, button, reaction, edit, revoke, order, system, group (a
    group's, not ours to answer), standby (another app answers) or unsupported. `text` is what a person would read (a
    caption, a button's title; "[image]" is never made up here); `content` keeps the provider's own fields of the kind.
    `reply_to` is the provider's id of the message that this one quotes, edits, revokes or reacts to. `sent_at` is the
    provider's clock. With `echo` it is not the customer who spoke but our side, from elsewhere: the owner's phone,
    another program, or we ourselves, told by the provider what we sent.
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
    fallback: str = ""
    echo: bool = False


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
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A customer has new names: a changed phone number, a rotated user id. `customer` is the address from now on."""

    platform: Platform
    number: str
    before: tuple[Alias, ...]
    after: tuple[Alias, ...]
    customer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A customer forbids or allows us to write: everything ("all"), or what he did not ask for ("marketing").

    `source` is where it came from: keyword, provider or preference.
    """

    platform: Platform
    number: str
    customer: str
    granted: bool
    scope: Literal["all", "marketing"] = "all"
    source: str = "keyword"
    aliases: tuple[Alias, ...] = ()
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """The provider's word on the number itself: its quality, its limits, a review. `detail` is the provider's own."""

    platform: Platform
    number: str
    topic: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A piece of an authentic request that could not be translated. Its envelope is kept and can be replayed."""

    reason: str


Event = Inbound | Status | Moved | Consent | Notice | Unreadable


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
class Content:
    """What is to be said, whatever the channel; `data` by kind.

    text               {}
    image, audio, video, document, sticker
                       {"url"} a public address, {"id"} the provider's own, or {"media_id"} a file of ours, and
                       "mime_type", "filename"; `text` is the caption
    choices            {"options": [{"id", "title", "description"?}], "button"?: the list's label}; `text` asks
    link               {"url", "title"}; `text` introduces it
    location           {"latitude", "longitude", "name"?, "address"?}
    location_request   {}; `text` asks
    template           {"name", "language", "components"?}; `text` is what it says, for people who read the transcript
    reaction           {"message_id": the provider's id, "emoji": "" takes it back}
    """

    kind: str = "text"
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One part of a reply. `part` is our id for it, handed to the provider wherever it gives it back.

    `file` holds the bytes when `data` names a file of ours; `late` says that the customer last wrote longer ago than
    the provider's ordinary window.
    """

    sender: Sender
    customer: str
    part: str
    text: str = ""
    kind: str = "text"
    data: Mapping[str, Any] = field(default_factory=dict)
    customer_kind: str = ""
    status_url: str = ""
    by_human: bool = False
    late: bool = False
    file: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """Where the bytes of a customer's file are, and the headers to ask with; they never follow a redirect."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A fresh access token and how long it lives, in seconds."""

    value: str = field(repr=False)
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a number stands at its provider. `hooked` says whether its webhooks come to us, None where nobody can tell;
    `trouble` is what the provider says against the number, "" for nothing."""

    name: str = ""
    hooked: bool | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A template of the provider, which may be sent at any time once `status` is APPROVED. Places stand as {{1}} or
    {{name}} in its texts. `needs` is what cannot be filled in with words: a file, a button, cards; "" for nothing."""

    name: str
    language: str
    status: str
    category: str
    header: str = ""
    body: str = ""
    footer: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a provider allows without having been asked: hours since the customer last wrote, 0 for no limit.

    `human_hours` is for text that a person wrote, where that is longer; `template` says that an approved template may
    be sent at any time.
    """

    hours: float = 0.0
    human_hours: float = 0.0
    template: bool = False


class Channel(ABC):
    """How parts leave on one platform. Built whole: an HTTP session and the provider's base URL.

    `reads` and `sends` say what the channel can, by kind; a kind that is not in `sends` is said in words. `rate` is how
    many messages a second a number may handle (`counts_inbound`: in both directions), `pair_rate` how many may go to
    one customer, after a burst of `pair_burst`; 0 is no limit. `uploads` says that files go as bytes, not by address.
    """

    platform: ClassVar[Platform]
    reads: ClassVar[tuple[str, ...]] = ("text",)
    sends: ClassVar[tuple[str, ...]] = ("text",)
    most_options: ClassVar[int] = 0
    window: ClassVar[Window] = Window()
    rate: ClassVar[float] = 0.0
    counts_inbound: ClassVar[bool] = False
    pair_rate: ClassVar[float] = 0.0
    pair_burst: ClassVar[float] = 1.0
    uploads: ClassVar[bool] = False

    @abstractmethod
    def split(self, text: str) -> list[str]:
        """Cuts a text into parts that the provider takes, in its own unit, never inside a grapheme."""

    def parts(self, content: Content) -> list[Content]:
        """Turns one content into what this channel can send, in order. What it can't show is said in words."""
        if content.kind == "text":
            return [Content(text=text) for text in self.split(content.text)]
        if content.kind in self.sends and self.fits(content):
            return [content]
        return [Content(text=text) for text in self.split(in_words(content))]

    def fits(self, content: Content) -> bool:
        """Whether a content of a kind that this channel sends keeps the provider's limits."""
        if content.kind == "choices":
            return 0 < len(content.data.get("options", ())) <= self.most_options
        return True

    @abstractmethod
    async def send(self, part: Outbound) -> str:
        """Sends one part and returns the provider's id. Raises a subclass of SendFailed."""

    async def signal(self, sender: Sender, customer: str, what: Literal["read", "typing"], message_id: str) -> None:  # noqa: B027
        """Shows the customer that his message was read, or that an answer is being written. Raises SendFailed."""

    async def locate(self, sender: Sender, media: Media) -> Download:
        """Finds where a customer's file can be fetched. Raises Gone when it is no longer there, else SendFailed."""
        raise Gone("this channel keeps no files")

    async def renew(self, sender: Sender) -> Token | None:
        """Asks for a token that lives longer; None where tokens do not age. Raises SendFailed."""
        return None

    async def standing(self, sender: Sender, hook_url: str) -> Standing | None:
        """How the number stands at the provider, whose webhooks should come to `hook_url`; None where there is no
        provider. Raises SendFailed."""
        return None

    async def connect(self, sender: Sender, hook_url: str) -> None:
        """Has the provider send the number's webhooks to `hook_url`. Raises Refused where only a person can, else
        SendFailed."""
        raise Refused("this has to be done by hand", code="unsupported")

    async def templates(self, sender: Sender) -> Sequence[Template]:
        """The templates of a number, where its provider has such. Raises SendFailed."""
        return ()

    async def missed(self, sender: Sender, since: datetime) -> Sequence[Event]:
        """What customers wrote since a time, for a provider that does not deliver twice. Raises SendFailed."""
        return ()


def in_words(content: Content) -> str:
    """What a content says where nothing but text can be sent. Raises Refused when it says nothing."""
    data = content.data
    lines = [content.text.strip()]
    if content.kind == "choices":
        lines += [
            f"{n}. {option['title']}" + (f" ({option['description']})" if option.get("description") else "")
            for n, option in enumerate(data.get("options", ()), 1)
        ]
    elif content.kind == "link":
        lines.append(f"{data.get('title', '')}: {data.get('url', '')}".lstrip(": "))
    elif content.kind == "location":
        place = ", ".join(str(data[name]) for name in ("name", "address") if data.get(name))
        lines += [place, f"https://maps.google.com/?q={data.get('latitude')},{data.get('longitude')}"]
    elif content.kind in FILES:
        if not data.get("url"):
            raise Refused(f"this channel can't send a {content.kind}", code="unsupported")
        lines.append(str(data["url"]))
    words = "\n".join(line for line in lines if line)
    if not words or content.kind == "reaction":
        raise Refused(f"this channel can't send a {content.kind}", code="unsupported")
    return words


def without_caption(content: Content) -> list[Content]:
    """A file and its caption as two contents, for a provider whose files carry no text."""
    bare = replace(content, text="")
    return [bare, Content(text=content.text)] if content.text.strip() else [bare]
