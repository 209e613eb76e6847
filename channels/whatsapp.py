"""WhatsApp Cloud API: reads an entry of Meta's webhook, sends text.

https://developers.facebook.com/docs/whatsapp/cloud-api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import aiohttp

from channels import graph
from channels.base import Alias, Channel, Delivery, Event, Inbound, Media, Outbound, Status, Unreadable
from channels.http import post
from channels.reading import object_of, objects_of, strays_in, text_of, time_of
from channels.split import split

TEXT_LIMIT = 4096
DELIVERIES: Mapping[str, Delivery] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
MEDIA = ("image", "audio", "voice", "video", "document", "sticker")
WORDS = {"text": "body", "button": "text", "reaction": "emoji", "system": "body", "order": "text"}  # else the caption
KNOWN = (
    "text",
    *MEDIA,
    "location",
    "contacts",
    "interactive",
    "button",
    "reaction",
    "order",
    "system",
    "edit",
    "revoke",
)


def read_entry(entry: Mapping[str, Any]) -> Iterator[Event]:
    """Every event of one entry. A change that is not understood costs its siblings nothing."""
    changes = list(objects_of(entry.get("changes")))
    if not changes or strays_in(entry.get("changes")):
        yield Unreadable(reason="an entry without changes")
    for change in changes:
        field, value = text_of(change.get("field")), object_of(change.get("value"))
        if field != "messages":
            yield Unreadable(reason=f"field {field[:40]!r} is not handled yet")
            continue
        yield from _read_value(value)


def _read_value(value: Mapping[str, Any]) -> Iterator[Event]:
    number = text_of(object_of(value.get("metadata")).get("phone_number_id"))
    if not number:
        yield Unreadable(reason="a change without phone_number_id")
        return
    contacts = list(objects_of(value.get("contacts")))
    for message in objects_of(value.get("messages")):
        yield _read_message(number, message, contacts)
    for status in objects_of(value.get("statuses")):
        yield _read_status(number, status)
    if strays_in(value.get("messages")) or strays_in(value.get("statuses")):
        yield Unreadable(reason="a message or status that is no object")
    for error in objects_of(value.get("errors")):
        yield Unreadable(reason=f"error {text_of(error.get('code'))} {text_of(error.get('title'))}"[:200])
    if not any(value.get(name) for name in ("messages", "statuses", "errors")):
        yield Unreadable(reason="a change without messages and statuses")


def _read_message(number: str, message: Mapping[str, Any], contacts: list[dict[str, Any]]) -> Event:
    sender, user_id = text_of(message.get("from")), text_of(message.get("from_user_id"))
    contact = _contact(contacts, sender, user_id)
    user_id = user_id or text_of(contact.get("user_id"))
    customer = sender or text_of(contact.get("wa_id")) or user_id
    message_id = text_of(message.get("id"))
    if not message_id or not customer:
        return Unreadable(reason="a message without id or sender")
    kind = text_of(message.get("type"))
    profile = object_of(contact.get("profile"))
    aliases = (
        Alias("wa_id", sender or text_of(contact.get("wa_id"))),
        Alias("bsuid", user_id),
        Alias("parent_bsuid", text_of(contact.get("parent_user_id")) or text_of(message.get("from_parent_user_id"))),
        Alias("username", text_of(profile.get("username"))),
    )
    return Inbound(
        platform="whatsapp",
        number=number,
        customer=customer,
        id=message_id,
        kind=_kind(kind, message),
        text=_text(kind, message),
        aliases=tuple(alias for alias in aliases if alias.value),
        customer_name=text_of(profile.get("name")),
        content=_content(kind, message),
        media=_media(kind, message),
        reply_to=text_of(object_of(message.get("context")).get("id")),
        sent_at=time_of(message.get("timestamp")),
    )


def _contact(contacts: list[dict[str, Any]], sender: str, user_id: str) -> Mapping[str, Any]:
    """The sender's own contact. Somebody else's would join two customers for ever, so it is never a guess.

    A lone contact is taken only where there is nothing to contradict it: the message or the contact names nobody.
    """
    ours = {sender, user_id} - {""}
    for contact in contacts:
        if ours & _names(contact):
            return contact
    return contacts[0] if len(contacts) == 1 and not (ours and _names(contacts[0])) else {}


def _names(contact: Mapping[str, Any]) -> set[str]:
    return {text_of(contact.get("wa_id")), text_of(contact.get("user_id"))} - {""}


def _kind(kind: str, message: Mapping[str, Any]) -> str:
    if message.get("group_id"):
        return "group"
    if not _is_whole(kind, message):
        return "unsupported"
    return {"voice": "audio", "interactive": "button"}.get(kind, kind)


def _is_whole(kind: str, message: Mapping[str, Any]) -> bool:
    """Whether the kind is known and its own part is there: Meta sends some messages with an error in its place."""
    return kind in KNOWN and isinstance(message.get(kind), dict | list)


def _text(kind: str, message: Mapping[str, Any]) -> str:
    part = object_of(message.get(kind))
    if kind == "interactive":
        reply = object_of(part.get(text_of(part.get("type"))))
        return text_of(reply.get("title")) or text_of(reply.get("body"))
    if kind == "location":
        return " ".join(filter(None, (text_of(part.get("name")), text_of(part.get("address")))))
    if kind == "edit":
        new = object_of(part.get("message"))
        return _text(text_of(new.get("type")), new) if new.get("type") != "edit" else ""
    return text_of(part.get(WORDS.get(kind, "caption")))


def _content(kind: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
    if message.get("group_id") or not _is_whole(kind, message):
        return {"raw": dict(message)}
    content = {} if kind == "text" else {kind: message.get(kind)}
    for name in ("referral", "context"):
        if message.get(name):
            content[name] = message[name]
    return content


def _media(kind: str, message: Mapping[str, Any]) -> tuple[Media, ...]:
    part = object_of(message.get(kind))
    if kind not in MEDIA or not part:
        return ()
    return (
        Media(
            kind="audio" if kind == "voice" else kind,
            id=text_of(part.get("id")),
            url=text_of(part.get("url")),
            mime_type=text_of(part.get("mime_type")),
            sha256=text_of(part.get("sha256")),
            filename=text_of(part.get("filename")),
        ),
    )


def _read_status(number: str, status: Mapping[str, Any]) -> Event:
    state, message_id = DELIVERIES.get(text_of(status.get("status"))), text_of(status.get("id"))
    if not state or not message_id:
        return Unreadable(reason=f"unknown status {text_of(status.get('status'))[:40]!r}")
    error = next(objects_of(status.get("errors")), {})
    detail = text_of(object_of(error.get("error_data")).get("details")) or text_of(error.get("title"))
    return Status(
        platform="whatsapp",
        number=number,
        id=message_id,
        state=state,
        part=text_of(status.get("biz_opaque_callback_data")),
        at=time_of(status.get("timestamp")),
        error_code=text_of(error.get("code")),
        error_text=detail or text_of(error.get("message")),
    )


class WhatsApp(Channel):
    """Sends through the Graph API; our part id travels as biz_opaque_callback_data and comes back in each status."""

    platform = "whatsapp"

    def __init__(self, http: aiohttp.ClientSession, graph_url: str, version: str = graph.VERSION) -> None:
        self._http = http
        self._base = f"{graph_url}/{version}"

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT)

    async def send(self, part: Outbound) -> str:
        body = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            **({"recipient": part.customer} if part.customer_kind == "bsuid" else {"to": part.customer}),
            "type": "text",
            "text": {"body": part.text, "preview_url": "http://" in part.text or "https://" in part.text},
            "biz_opaque_callback_data": part.part,
        }
        headers = {"Authorization": f"Bearer {part.sender.token}"}
        answer = await post(self._http, f"{self._base}/{part.sender.address}/messages", json=body, headers=headers)
        if answer.status >= 300:
            graph.raise_for(answer)
        message = next(objects_of(answer.body.get("messages")), {})
        return graph.accepted_id(answer, text_of(message.get("id")))
