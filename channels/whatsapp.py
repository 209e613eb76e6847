"""WhatsApp Cloud API: reads an entry of Meta's webhook.

https://developers.facebook.com/docs/whatsapp/cloud-api
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from channels.base import Alias, Consent, Delivery, Event, Inbound, Media, Moved, Notice, Status, Unreadable
from channels.reading import object_of, objects_of, strays_in, text_of, time_of

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


OPTED_OUT = "131050"
MOVED = ("user_changed_number", "customer_changed_number", "user_changed_user_id")
NOTICES = (
    "phone_number_quality_update", "phone_number_name_update", "account_update", "account_alerts",
    "business_capability_update", "message_template_status_update", "message_template_quality_update",
)  # fmt: skip


def read_entry(entry: Mapping[str, Any]) -> Iterator[Event]:
    """Every event of one entry. A change that is not understood costs its siblings nothing."""
    changes = list(objects_of(entry.get("changes")))
    if not changes or strays_in(entry.get("changes")):
        yield Unreadable(reason="an entry without changes")
    for change in changes:
        yield from _read_change(text_of(change.get("field")), object_of(change.get("value")))


def _read_change(field: str, value: Mapping[str, Any]) -> Iterator[Event]:
    number = text_of(object_of(value.get("metadata")).get("phone_number_id"))
    if field in NOTICES:
        # Some of these speak of the whole account and name no number of it: they stay with their envelope.
        if number:
            yield Notice(platform="whatsapp", number=number, topic=field, detail=dict(value))
    elif field not in FIELDS:
        yield Unreadable(reason=f"field {field[:40]!r} is not handled yet")
    elif not number:
        yield Unreadable(reason="a change without phone_number_id")
    else:
        yield from FIELDS[field](number, value)


def phone_of(wa_id: str) -> str:
    """The E.164 number behind a wa_id, which leaves out a 9 in Brazil and Argentina and puts in a 1 in Mexico."""
    if not wa_id.isascii() or not wa_id.isdecimal():
        return ""
    if wa_id.startswith("55") and len(wa_id) == 12 and wa_id[4] in "6789":
        return f"+{wa_id[:4]}9{wa_id[4:]}"
    if wa_id.startswith("54") and len(wa_id) == 12 and wa_id[2] != "9":
        return f"+549{wa_id[2:]}"
    if wa_id.startswith("521") and len(wa_id) == 13:
        return f"+52{wa_id[3:]}"
    return f"+{wa_id}"


def _aliases(wa_id: str, bsuid: str, parent: str = "", username: str = "") -> tuple[Alias, ...]:
    names = [Alias("wa_id", wa_id)] if wa_id else []
    if phone := phone_of(wa_id):
        names.append(Alias("phone", phone))
    names += [
        Alias(kind, value)
        for kind, value in (("bsuid", bsuid), ("parent_bsuid", parent), ("username", username))
        if value
    ]
    return tuple(names)


def _read_echoes(number: str, value: Mapping[str, Any]) -> Iterator[Event]:
    """What the owner wrote in the business app. Coexistence, field smb_message_echoes."""
    echoes = list(objects_of(value.get("message_echoes")))
    if not echoes or strays_in(value.get("message_echoes")):
        yield Unreadable(reason="a change without message_echoes")
    for message in echoes:
        wa_id, bsuid = text_of(message.get("to")), text_of(message.get("to_user_id"))
        if not text_of(message.get("id")) or not (wa_id or bsuid):
            yield Unreadable(reason="an echo without id or recipient")
        else:
            yield _inbound(number, message, wa_id or bsuid, _aliases(wa_id, bsuid), echo=True)


def _read_preferences(number: str, value: Mapping[str, Any]) -> Iterator[Event]:
    """A customer stops or resumes marketing messages. Field user_preferences."""
    found = list(objects_of(value.get("user_preferences")))
    if not found or strays_in(value.get("user_preferences")):
        yield Unreadable(reason="a change without user_preferences")
    for one in found:
        wa_id, bsuid, word = text_of(one.get("wa_id")), text_of(one.get("user_id")), text_of(one.get("value"))
        if word not in ("stop", "resume") or not (wa_id or bsuid):
            yield Unreadable(reason=f"unknown preference {word[:40]!r}")
            continue
        yield Consent(
            platform="whatsapp", number=number, customer=wa_id or bsuid, granted=word == "resume", scope="marketing",
            source="preference", aliases=_aliases(wa_id, bsuid),
        )  # fmt: skip


def _read_rotations(number: str, value: Mapping[str, Any]) -> Iterator[Event]:
    """A customer has a new business-scoped user id. Field user_id_update."""
    found = list(objects_of(value.get("user_id_update")))
    if not found or strays_in(value.get("user_id_update")):
        yield Unreadable(reason="a change without user_id_update")
    for one in found:
        before, after = [], []
        for kind, field in (("bsuid", "user_id"), ("parent_bsuid", "parent_user_id")):
            pair = object_of(one.get(field))
            old, new = text_of(pair.get("previous")), text_of(pair.get("current"))
            if old and new:
                before.append(Alias(kind, old))
                after.append(Alias(kind, new))
        wa_id = text_of(one.get("wa_id"))
        if not before:
            yield Unreadable(reason="a user id that is not named before and after")
            continue
        yield Moved(
            platform="whatsapp", number=number, before=(*_aliases(wa_id, ""), *before), after=tuple(after),
            customer="" if wa_id else after[0].value,
        )  # fmt: skip


def _read_value(number: str, value: Mapping[str, Any]) -> Iterator[Event]:
    contacts = list(objects_of(value.get("contacts")))
    for message in objects_of(value.get("messages")):
        yield _read_message(number, message, contacts)
        yield from _move(number, message)
    for status in objects_of(value.get("statuses")):
        yield _read_status(number, status)
        yield from _forbidden(number, status)
    if strays_in(value.get("messages")) or strays_in(value.get("statuses")):
        yield Unreadable(reason="a message or status that is no object")
    for error in objects_of(value.get("errors")):
        yield Unreadable(reason=f"error {text_of(error.get('code'))} {text_of(error.get('title'))}"[:200])
    if not any(value.get(name) for name in ("messages", "statuses", "errors")):
        yield Unreadable(reason="a change without messages and statuses")


def _read_message(number: str, message: Mapping[str, Any], contacts: list[dict[str, Any]]) -> Event:
    sender, user_id = text_of(message.get("from")), text_of(message.get("from_user_id"))
    contact = _contact(contacts, sender, user_id)
    # A rotated id is told under the new one; it belongs where the former one spoke.
    former = text_of(object_of(message.get("system")).get("previous_user_id"))
    user_id = former or user_id or text_of(contact.get("user_id"))
    customer = sender or text_of(contact.get("wa_id")) or user_id
    message_id = text_of(message.get("id"))
    if not message_id or not customer:
        return Unreadable(reason="a message without id or sender")
    profile = object_of(contact.get("profile"))
    parent = text_of(contact.get("parent_user_id")) or text_of(message.get("from_parent_user_id"))
    aliases = _aliases(sender or text_of(contact.get("wa_id")), user_id, parent, text_of(profile.get("username")))
    return _inbound(number, message, customer, aliases, name=text_of(profile.get("name")))


def _inbound(
    number: str,
    message: Mapping[str, Any],
    customer: str,
    aliases: tuple[Alias, ...],
    *,
    name: str = "",
    echo: bool = False,
) -> Inbound:
    """What a message says, whoever wrote it."""
    kind = text_of(message.get("type"))
    return Inbound(
        platform="whatsapp",
        number=number,
        customer=customer,
        id=text_of(message.get("id")),
        kind=_kind(kind, message),
        text=_text(kind, message),
        content=_content(kind, message),
        media=_media(kind, message),
        aliases=aliases,
        customer_name=name,
        reply_to=_target(kind, message),
        sent_at=time_of(message.get("timestamp")),
        echo=echo,
    )


def _target(kind: str, message: Mapping[str, Any]) -> str:
    """The message that this one edits, deletes, reacts to or quotes."""
    part = object_of(message.get(kind))
    if kind in ("edit", "revoke"):
        return text_of(part.get("original_message_id"))
    if kind == "reaction":
        return text_of(part.get("message_id"))
    return text_of(object_of(message.get("context")).get("id"))


def _move(number: str, message: Mapping[str, Any]) -> Iterator[Event]:
    system = object_of(message.get("system"))
    if message.get("type") != "system" or text_of(system.get("type")) not in MOVED:
        return
    wa_id = text_of(system.get("wa_id")) or text_of(system.get("new_wa_id"))
    bsuid = text_of(system.get("user_id")) or text_of(system.get("new_user_id"))
    before = _aliases(
        text_of(message.get("from")) or text_of(system.get("customer")),
        text_of(system.get("previous_user_id")) or text_of(message.get("from_user_id")),
    )
    after = _aliases(wa_id, bsuid)
    if before and after and before != after:
        yield Moved(platform="whatsapp", number=number, before=before, after=after, customer=wa_id or bsuid)


def _forbidden(number: str, status: Mapping[str, Any]) -> Iterator[Event]:
    codes = [text_of(error.get("code")) for error in objects_of(status.get("errors"))]
    wa_id, bsuid = text_of(status.get("recipient_id")), text_of(status.get("recipient_user_id"))
    if OPTED_OUT in codes and (wa_id or bsuid):
        yield Consent(
            platform="whatsapp", number=number, customer=wa_id or bsuid, granted=False, scope="marketing",
            source="provider", aliases=_aliases(wa_id, bsuid),
        )  # fmt: skip


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
    if kind == "edit" and not object_of(object_of(message.get(kind)).get("message")):
        return False
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


FIELDS: Mapping[str, Callable[[str, Mapping[str, Any]], Iterator[Event]]] = {
    "messages": _read_value,
    "smb_message_echoes": _read_echoes,
    "user_preferences": _read_preferences,
    "user_id_update": _read_rotations,
}
