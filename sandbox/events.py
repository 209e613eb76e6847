"""What customers do besides writing, by name: reactions, edits, deletions, taps, new numbers, and what they allow.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/
https://developers.facebook.com/docs/messenger-platform/instagram/features/webhook
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.errors import Unwritable

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


Make = Callable[[Event, str], dict[str, Any]]

# The fields of a WhatsApp message, under a new message id.
_WHATSAPP: Mapping[str, Make] = {
    "reaction": lambda e, _: {"type": "reaction", "reaction": {"message_id": e.message_id, "emoji": e.emoji}},
    "unreact": lambda e, _: {"type": "reaction", "reaction": {"message_id": e.message_id}},
    "edit": lambda e, _: {
        "type": "edit",
        "edit": {"original_message_id": e.message_id, "message": {"type": "text", "text": {"body": e.text}}},
    },
    "revoke": lambda e, _: {"type": "revoke", "revoke": {"original_message_id": e.message_id}},
    "change_number": lambda e, _: {
        "type": "system",
        "system": {"type": "user_changed_number", "wa_id": e.to, "body": f"The customer's number is now {e.to}"},
    },
    "button": lambda e, _: {
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": e.id, "title": e.title}},
    },
    "list": lambda e, _: {
        "type": "interactive",
        "interactive": {"type": "list_reply", "list_reply": {"id": e.id, "title": e.title}},
    },
    "unsupported": lambda _, __: {
        "type": "unsupported",
        "errors": [{"code": 131051, "title": "Message type unknown", "message": "Message type unknown"}],
    },
}

# The fields of an Instagram event, beside sender, recipient and time.
_INSTAGRAM: Mapping[str, Make] = {
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

MAKERS: Mapping[str, Mapping[str, Make]] = {"whatsapp": _WHATSAPP, "instagram": _INSTAGRAM}


def raw_of(platform: str, event: Event, id_: str) -> dict[str, Any]:
    """The provider's own fields of an event. Raises Unwritable where the channel knows no such thing."""
    make = MAKERS.get(platform, {}).get(event.kind)
    if make is None:
        known = ", ".join(sorted({*MAKERS.get(platform, {}), *(FIELDS if platform == "whatsapp" else ())}))
        raise Unwritable(f"{platform} has no event {event.kind!r}" + (f"; it has: {known}" if known else ""))
    return make(event, id_)


def field_of(event: Event, wa_id: str, user_id: str) -> tuple[str, dict[str, Any]] | None:
    """The webhook field and its item, for events of WhatsApp that are no message; None for the others."""
    if event.kind == "rotate_id":
        return "user_id_update", {"wa_id": wa_id, "user_id": {"previous": user_id, "current": event.to}}
    if event.kind in ("marketing_stop", "marketing_resume"):
        value = event.kind.removeprefix("marketing_")
        item = {"wa_id": wa_id, "user_id": user_id, "category": "marketing_messages", "value": value}
        return "user_preferences", item | {"detail": f"User requested to {value} marketing messages"}
    return None


# The fields of a WhatsApp webhook that are no messages, and where in the value their items stand.
FIELDS: Mapping[str, str] = {
    "smb_message_echoes": "message_echoes",
    "user_id_update": "user_id_update",
    "user_preferences": "user_preferences",
}
