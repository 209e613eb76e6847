"""What customers do besides writing, by name: reactions, edits, deletions, taps, new numbers, and what they allow.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/
https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.errors import Unwritable
from sandbox.ids import business_scoped_id
from sandbox.people import digits_of, is_phone, is_scoped

STORY = {"id": "17900000000000001", "url": "https://cdn.example/story.jpg"}


class Event(BaseModel):
    """`message_id` is the message it speaks of; `to` a new number or user id; `id` and `title` what was tapped."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "reaction", "unreact", "edit", "revoke", "change_number", "rotate_id", "marketing_stop", "marketing_resume",
        "button", "list", "story_reply", "story_mention", "postback", "referral", "seen", "unsupported",
    ]  # fmt: skip
    message_id: str = ""
    emoji: str = "👍"
    text: str = ""
    id: str = ""
    title: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who does it on WhatsApp: phone (empty when unknown to us), user id, name."""

    digits: str
    user_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Act:
    """What a webhook of WhatsApp carries: fields of a message, or an item of another webhook `field`."""

    item: dict[str, Any]
    field: str = ""


# The fields of a WhatsApp webhook that are no messages, and where in the value their items stand.
FIELDS: Mapping[str, str] = {
    "smb_message_echoes": "message_echoes",
    "user_id_update": "user_id_update",
    "user_preferences": "user_preferences",
}
# What must be told of an event, besides its kind.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "reaction": ("message_id", "emoji"),
    "unreact": ("message_id",),
    "edit": ("message_id", "text"),
    "revoke": ("message_id",),
    "change_number": ("to",),
    "rotate_id": ("to",),
    "button": ("id", "title"),
    "list": ("id", "title"),
    "postback": ("id", "title"),
    "story_reply": ("text",),
    "seen": ("message_id",),
}
# After these the provider's window for free answers is no wider than before.
SILENT = frozenset({
    "seen", "edit", "revoke", "change_number", "rotate_id", "marketing_stop", "marketing_resume",
})  # fmt: skip


def _reply(kind: str) -> Callable[[Event, Person], Act]:
    def make(event: Event, _: Person) -> Act:
        reply = {"id": event.id, "title": event.title, **({"description": event.text} if event.text else {})}
        return Act({"type": "interactive", "interactive": {"type": kind, kind: reply}})

    return make


def _reaction(event: Event, _: Person) -> Act:
    emoji = {"emoji": event.emoji} if event.kind == "reaction" else {}
    return Act({"type": "reaction", "reaction": {"message_id": event.message_id, **emoji}})


def _edit(event: Event, _: Person) -> Act:
    new = {"type": "text", "text": {"body": event.text}}
    return Act({"type": "edit", "edit": {"original_message_id": event.message_id, "message": new}})


def _revoke(event: Event, _: Person) -> Act:
    return Act({"type": "revoke", "revoke": {"original_message_id": event.message_id}})


def _change_number(event: Event, person: Person) -> Act:
    """A new number has a new user id; both old and new are told."""
    new = digits_of(event.to)
    if not is_phone(new):
        raise Unwritable("to must be the new phone number in digits")
    system = {
        "type": "user_changed_number",
        "body": f"User {person.name} changed from {person.digits or person.user_id} to {new}",
        "wa_id": new,
        "user_id": business_scoped_id(new),
        "previous_user_id": person.user_id,
    }
    return Act({"type": "system", "system": system})


def _rotate_id(event: Event, person: Person) -> Act:
    """With a phone it is told in the field user_id_update; without one by a system message, as Meta has it since August
    2026. https://developers.facebook.com/documentation/business-messaging/whatsapp/changelog/"""
    if not is_scoped(event.to):
        raise Unwritable("to must be the new business-scoped user id, as in US.13491208655302741918")
    if person.digits:
        ids = {"previous": person.user_id, "current": event.to}
        return Act({"wa_id": person.digits, "user_id": ids}, "user_id_update")
    system = {
        "type": "user_changed_user_id",
        "body": f"User {person.name} has a new user id",
        "user_id": event.to,
        "previous_user_id": person.user_id,
    }
    return Act({"type": "system", "system": system})


def _preference(event: Event, person: Person) -> Act:
    value = event.kind.removeprefix("marketing_")
    item = {"category": "marketing_messages", "value": value, "detail": f"User requested to {value} marketing messages"}
    wa_id = {"wa_id": person.digits} if person.digits else {}
    return Act({**wa_id, "user_id": person.user_id, **item}, "user_preferences")


def _unsupported(_: Event, __: Person) -> Act:
    error = {
        "code": 131051, "title": "Message type unknown", "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }  # fmt: skip
    return Act({"type": "unsupported", "errors": [error]})


_WHATSAPP: Mapping[str, Callable[[Event, Person], Act]] = {
    "reaction": _reaction,
    "unreact": _reaction,
    "edit": _edit,
    "revoke": _revoke,
    "change_number": _change_number,
    "rotate_id": _rotate_id,
    "marketing_stop": _preference,
    "marketing_resume": _preference,
    "button": _reply("button_reply"),
    "list": _reply("list_reply"),
    "unsupported": _unsupported,
}

# The fields of an Instagram event, beside sender, recipient and time; the second argument is a new message id.
_INSTAGRAM: Mapping[str, Callable[[Event, str], dict[str, Any]]] = {
    "reaction": lambda e, _: {
        "reaction": {"mid": e.message_id, "action": "react", "reaction": "other", "emoji": e.emoji}
    },
    "unreact": lambda e, _: {"reaction": {"mid": e.message_id, "action": "unreact"}},
    "edit": lambda e, _: {"message_edit": {"mid": e.message_id, "text": e.text, "num_edit": 1}},
    "revoke": lambda e, _: {"message": {"mid": e.message_id, "is_deleted": True}},
    "button": lambda e, mid: {"message": {"mid": mid, "text": e.title, "quick_reply": {"payload": e.id}}},
    "postback": lambda e, mid: {"postback": {"mid": mid, "title": e.title, "payload": e.id}},
    "referral": lambda e, _: {"referral": {"ref": e.id, "source": "SHORTLINKS", "type": "OPEN_THREAD"}},
    "seen": lambda e, _: {"read": {"mid": e.message_id}},
    "story_reply": lambda e, mid: {"message": {"mid": mid, "text": e.text, "reply_to": {"story": STORY}}},
    "story_mention": lambda _, mid: {
        "message": {"mid": mid, "attachments": [{"type": "story_mention", "payload": {"url": STORY["url"]}}]}
    },
    "unsupported": lambda _, mid: {"message": {"mid": mid, "is_unsupported": True}},
}
_KINDS: Mapping[str, Collection[str]] = {"whatsapp": _WHATSAPP, "instagram": _INSTAGRAM}


def check(platform: str, event: Event) -> None:
    """Raises Unwritable where the channel knows no such thing, or something about it was not told."""
    known = _KINDS.get(platform, ())
    if event.kind not in known:
        has = f"it has: {', '.join(sorted(known))}" if known else "customers only write there"
        raise Unwritable(f"{platform} has no event {event.kind!r}; {has}")
    untold = [name for name in _NEEDS.get(event.kind, ()) if not getattr(event, name).strip()]
    if untold:
        raise Unwritable(f"event {event.kind} needs {' and '.join(untold)}")


def act(event: Event, person: Person) -> Act:
    """The event on WhatsApp, checked before. Raises Unwritable."""
    return _WHATSAPP[event.kind](event, person)


def raw_of(event: Event, id_: str) -> dict[str, Any]:
    """The event on Instagram, checked before, under a new message id."""
    return _INSTAGRAM[event.kind](event, id_)
