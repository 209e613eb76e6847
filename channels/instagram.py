"""Instagram messaging: reads an entry of Meta's webhook.

https://developers.facebook.com/docs/messenger-platform/instagram
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from channels.base import Alias, Event, Inbound, Media, Status, Unreadable
from channels.reading import object_of, objects_of, strays_in, text_of, time_of

MEDIA = {
    "image": "image", "video": "video", "audio": "audio", "file": "document", "story_mention": "image",
    "ig_story": "image", "ig_post": "image", "reel": "video", "ig_reel": "video", "share": "image",
}  # fmt: skip
OTHERS = (  # what is no message: its field, our kind, and its field that a person reads
    ("postback", "button", "title"),
    ("reaction", "reaction", "emoji"),
    ("message_edit", "edit", "text"),
    ("referral", "system", ""),
    ("optin", "system", ""),
)


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
    number, customer = (sender, recipient) if echo else (recipient, sender)
    number = number or account
    if read:
        return _read_status(number, read, item)
    if not customer or not number:
        return Unreadable(reason="an event without sender or recipient")
    if echo and not message.get("mid"):
        return Unreadable(reason="an echo without mid")
    kind, text, content = _meaning(item, message)
    if not kind:
        return Unreadable(reason=f"an event of unknown shape: {', '.join(sorted(item))[:100]}")
    return Inbound(
        platform="instagram",
        number=number,
        customer=customer,
        id=_id(item, customer),
        kind=kind,
        text=text,
        aliases=(Alias("igsid", customer),),
        content=content,
        media=_media(message),
        reply_to=_target(item, message),
        sent_at=time_of(item.get("timestamp")),
        echo=echo,
    )


def _target(item: Mapping[str, Any], message: Mapping[str, Any]) -> str:
    """The message that this one takes back, edits, reacts to or answers."""
    if message.get("is_deleted"):
        return text_of(message.get("mid"))
    for name in ("reaction", "message_edit"):
        if mid := text_of(object_of(item.get(name)).get("mid")):
            return mid
    return text_of(object_of(message.get("reply_to")).get("mid"))


def _read_status(number: str, read: Mapping[str, Any], item: Mapping[str, Any]) -> Event:
    """The customer has read what we sent. Instagram has no other receipts."""
    mid = text_of(read.get("mid"))
    if not mid or not number:
        return Unreadable(reason="a read event without mid or account")
    return Status(platform="instagram", number=number, id=mid, state="read", at=time_of(item.get("timestamp")))


def _meaning(item: Mapping[str, Any], message: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The kind, what a person reads, and the provider's own fields."""
    if message:
        return _meaning_of_message(item, message)
    for name, kind, said in OTHERS:
        if part := object_of(item.get(name)):
            content = {name: part}
            if name == "postback" and item.get("referral"):
                content["referral"] = object_of(item.get("referral"))
            return _meaning_of_other(kind, text_of(part.get(said)), part, content)
    return ("unsupported", "", {"raw": dict(item)}) if "message" in item else ("", "", {})


def _meaning_of_other(
    kind: str, text: str, part: Mapping[str, Any], content: Mapping[str, Any]
) -> tuple[str, str, Mapping[str, Any]]:
    if kind == "reaction":
        # One that is taken back says nothing, though the provider may repeat what it was.
        text = "" if part.get("action") == "unreact" else text or text_of(part.get("reaction"))
    if kind == "edit" and not text:
        return "system", "", content  # an edit that does not say to what must not blank what was said
    return kind, text, content


def _meaning_of_message(item: Mapping[str, Any], message: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    if message.get("is_deleted"):
        return "revoke", "", {"message": dict(message)}
    names = ("quick_reply", "reply_to", "referral", "attachments", "app_id", "is_unsupported")
    content = {name: message[name] for name in names if message.get(name)}
    if text := text_of(message.get("text")):
        return "button" if object_of(message.get("quick_reply")).get("payload") else "text", text, content
    attached = list(objects_of(message.get("attachments")))
    for family in (text_of(one.get("type")) for one in attached if _address(one) or one.get("type") == "like_heart"):
        if family == "like_heart":
            return "text", "❤️", content
        if family in MEDIA:
            return MEDIA[family], "", content
    return "unsupported", "", {**content, "raw": dict(item)}


def _address(attachment: Mapping[str, Any]) -> str:
    return text_of(object_of(attachment.get("payload")).get("url"))


def _media(message: Mapping[str, Any]) -> tuple[Media, ...]:
    return tuple(
        Media(kind=MEDIA.get(text_of(attachment.get("type")), "document"), url=url)
        for attachment in objects_of(message.get("attachments"))
        if (url := _address(attachment))
    )


def _id(item: Mapping[str, Any], sender: str) -> str:
    """The provider's id. A reaction names its target's and a few events have none: they are known by all they say,
    time included, so that one taken back and given again is three events and one delivered thrice is one."""
    for name in ("message", "postback"):
        part = object_of(item.get(name))
        if mid := text_of(part.get("mid")):
            return f"{mid}#deleted" if part.get("is_deleted") else mid
    said = json.dumps([sender, item], sort_keys=True).encode()
    return f"event-{hashlib.sha256(said).hexdigest()[:40]}"
