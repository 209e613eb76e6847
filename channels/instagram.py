"""Instagram messaging: reads an entry of Meta's webhook, sends text.

https://developers.facebook.com/docs/messenger-platform/instagram
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import aiohttp

from channels import graph
from channels.base import Alias, Channel, Delivery, Event, Inbound, Media, Outbound, Status, Unreadable
from channels.http import post
from channels.reading import object_of, objects_of, strays_in, text_of, time_of
from channels.split import split, utf8_bytes

TEXT_LIMIT_BYTES = 1000
MEDIA = {"image": "image", "video": "video", "audio": "audio", "file": "document"}


def read_entry(entry: Mapping[str, Any]) -> Iterator[Event]:
    """Every event of one entry, in any of the three shapes: messaging, standby, and the test console's changes."""
    account = text_of(entry.get("id"))
    items = list(objects_of(entry.get("messaging")))
    items += [object_of(change.get("value")) for change in objects_of(entry.get("changes"))]
    others = list(objects_of(entry.get("standby")))
    if not items and not others:
        yield Unreadable(reason="an entry without messaging")
    if any(strays_in(entry.get(shape)) for shape in ("messaging", "changes", "standby")):
        yield Unreadable(reason="an event that is no object")
    for item in items:
        yield _read(account, item)
    for item in others:
        event = _read(account, item)
        # Another app speaks with this customer at the moment, so it is kept and not answered.
        yield replace(event, kind="standby") if isinstance(event, Inbound) else event


def _read(account: str, item: Mapping[str, Any]) -> Event:
    sender = text_of(object_of(item.get("sender")).get("id"))
    recipient = text_of(object_of(item.get("recipient")).get("id"))
    message, read = object_of(item.get("message")), object_of(item.get("read"))
    echo = bool(message.get("is_echo"))
    number = (sender if echo else recipient) or account
    if echo or read:
        return _status(number, "sent" if echo else "read", message if echo else read, item)
    if not sender or not number:
        return Unreadable(reason="an event without sender or recipient")
    kind, text, content = _meaning(item, message)
    if not kind:
        return Unreadable(reason=f"an event of unknown shape: {', '.join(sorted(item))[:100]}")
    return Inbound(
        platform="instagram",
        number=number,
        customer=sender,
        id=_id(item, sender),
        kind=kind,
        text=text,
        aliases=(Alias("igsid", sender),),
        content=content,
        media=_media(message),
        reply_to=text_of(object_of(message.get("reply_to")).get("mid")),
        sent_at=time_of(item.get("timestamp")),
    )


def _status(number: str, state: Delivery, part: Mapping[str, Any], item: Mapping[str, Any]) -> Event:
    """What we sent was taken (its echo) or read. Instagram has no other receipts."""
    mid = text_of(part.get("mid"))
    if not mid or not number:
        return Unreadable(reason=f"a {state} event without mid or account")
    return Status(platform="instagram", number=number, id=mid, state=state, at=time_of(item.get("timestamp")))


def _meaning(item: Mapping[str, Any], message: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    content = {
        name: message[name] for name in ("quick_reply", "reply_to", "referral", "attachments") if message.get(name)
    }
    if message.get("is_deleted"):
        return "revoke", "", {"message": message}
    text, attached = text_of(message.get("text")), next(objects_of(message.get("attachments")), {})
    if message and (message.get("is_unsupported") or not (text or attached)):
        return "unsupported", text, {"raw": dict(item)}
    if message:
        kind = "text" if text else MEDIA.get(text_of(attached.get("type")), "unsupported")
        return kind, text, content
    if postback := object_of(item.get("postback")):
        return "button", text_of(postback.get("title")), {"postback": postback}
    if reaction := object_of(item.get("reaction")):
        return "reaction", text_of(reaction.get("emoji")), {"reaction": reaction}
    if referral := object_of(item.get("referral")):
        return "system", "", {"referral": referral}
    return "", "", {}


def _id(item: Mapping[str, Any], sender: str) -> str:
    """The provider's id. A reaction names its target's and a few events have none: they are known by all they say,
    time included, so that one taken back and given again is three events and one delivered thrice is one."""
    for name in ("message", "postback"):
        part = object_of(item.get(name))
        if mid := text_of(part.get("mid")):
            return f"{mid}#deleted" if part.get("is_deleted") else mid
    said = json.dumps([sender, item], sort_keys=True).encode()
    return f"event-{hashlib.sha256(said).hexdigest()[:40]}"


def _media(message: Mapping[str, Any]) -> tuple[Media, ...]:
    found = []
    for attachment in objects_of(message.get("attachments")):
        url = text_of(object_of(attachment.get("payload")).get("url"))
        if url:
            found.append(Media(kind=MEDIA.get(text_of(attachment.get("type")), "document"), url=url))
    return tuple(found)


class Instagram(Channel):
    """Sends through either flavour of the API: with Instagram's own log-in, or through the linked page."""

    platform = "instagram"

    def __init__(
        self, http: aiohttp.ClientSession, graph_url: str, instagram_url: str, version: str = graph.VERSION
    ) -> None:
        self._http = http
        self._page = f"{graph_url}/{version}/me/messages"
        self._direct = f"{instagram_url}/{version}"

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT_BYTES, utf8_bytes)

    async def send(self, part: Outbound) -> str:
        by_page = part.sender.settings.get("flavour") == "page"
        url = self._page if by_page else f"{self._direct}/{part.sender.address}/messages"
        body = {"recipient": {"id": part.customer}, "messaging_type": "RESPONSE", "message": {"text": part.text}}
        answer = await post(self._http, url, json=body, headers={"Authorization": f"Bearer {part.sender.token}"})
        if answer.status >= 300:
            graph.raise_for(answer)
        return graph.accepted_id(answer, text_of(answer.body.get("message_id")))
