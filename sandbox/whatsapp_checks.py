"""What the WhatsApp Cloud API takes as an outgoing message, and how it refuses the rest.

By the schemas of Meta's OpenAPI file (facebook/openapi, business-messaging-api_v23.0.yaml): BaseMessageProperties,
Message, MessageContext, TextMessage, MediaObject_1, LocationMessage, ReactionMessage, StickerMessage, ContactsMessage.
They know no `recipient`, `biz_opaque_callback_data`, `filename` and `voice`, which the documentation has.
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from sandbox.meta import bad_parameter
from sandbox.shapes import Fields, invalid, link, list_, object_, one_of, text_
from sandbox.whatsapp_interactive import check_interactive
from sandbox.whatsapp_template import check_template

_PHONE: Final = re.compile(r"\+?[0-9]{5,20}")
_BUSINESS_SCOPED: Final = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")
_ENVELOPE: Final = frozenset({
    "messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data",
})  # fmt: skip


def check_message(body: Fields) -> None:
    """Checks a message whole. Raises GraphRefusal."""
    check_product(body)
    if unknown := sorted(set(body) - _ENVELOPE - set(_KINDS)):
        raise bad_parameter(f"Unexpected key {unknown[0]!r} on param.")
    if body.get("recipient_type", "individual") != "individual":
        raise bad_parameter("Param recipient_type must be one of {INDIVIDUAL} - got something else.")
    _check_recipient(body)
    tracker = body.get("biz_opaque_callback_data")
    if tracker is not None and (not isinstance(tracker, str) or len(tracker) > 512):
        raise bad_parameter("Param biz_opaque_callback_data must be a string of at most 512 characters.")
    if body.get("context") is not None:
        text_(object_(body["context"], "context", ("message_id",)), "message_id", "context")
    kind = body.get("type", "text")
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise bad_parameter(f'Param type must be one of {{{", ".join(sorted(_KINDS)).upper()}}} - got "{kind}".')
    check(object_(body.get(kind), kind) if kind != "contacts" else body)


def check_product(body: Fields) -> None:
    if "messaging_product" not in body:
        raise bad_parameter("The parameter messaging_product is required.")
    if body["messaging_product"] != "whatsapp":
        raise bad_parameter("Param messaging_product must be one of {WHATSAPP}.")


def _check_recipient(body: Fields) -> None:
    to, scoped = body.get("to"), body.get("recipient")
    if (to is None) == (scoped is None):
        raise bad_parameter("Exactly one of the parameters to and recipient is required.")
    if to is not None and not (isinstance(to, str) and _PHONE.fullmatch(to)):
        raise invalid("The phone number in to is not valid")
    if scoped is not None and not (isinstance(scoped, str) and _BUSINESS_SCOPED.fullmatch(scoped)):
        raise invalid("The id in recipient is not valid")


def _check_text(text: Fields) -> None:
    object_(text, "text", ("body", "preview_url"))
    text_(text, "body", "text")
    if not isinstance(text.get("preview_url", False), bool):
        raise bad_parameter("Param text['preview_url'] must be a boolean.")


def _media(kind: str, *more: str) -> Callable[[Fields], None]:
    def check(media: Fields) -> None:
        object_(media, kind, ("id", "link", *more))
        if ("id" in media) == ("link" in media):
            raise bad_parameter(f"Exactly one of {kind}['id'] and {kind}['link'] is required.")
        if "id" in media:
            text_(media, "id", kind)
        else:
            link(media, "link", kind)
        text_(media, "caption", kind, 1024, required=False)
        text_(media, "filename", kind, required=False)
        if not isinstance(media.get("voice", False), bool):
            raise bad_parameter(f"Param {kind}['voice'] must be a boolean.")

    return check


def _check_location(location: Fields) -> None:
    object_(location, "location", ("latitude", "longitude", "name", "address"))
    for key, most in (("latitude", 90.0), ("longitude", 180.0)):
        try:
            value = float(location[key])
        except (KeyError, TypeError, ValueError):
            raise bad_parameter(f"Param location['{key}'] must be a number.") from None
        if not math.isfinite(value) or abs(value) > most:
            raise bad_parameter(f"Param location['{key}'] must lie between -{most:g} and {most:g}.")
    text_(location, "name", "location", required=False)
    text_(location, "address", "location", required=False)


def _check_reaction(reaction: Fields) -> None:
    object_(reaction, "reaction", ("message_id", "emoji"))
    text_(reaction, "message_id", "reaction")
    if not isinstance(reaction.get("emoji"), str):
        raise bad_parameter("Param reaction['emoji'] must be a string.")


# Of ContactObject: what a list's items must have (PhoneObject, EmailObject, UrlObject, AddressObject), and may have.
_CONTACT_LISTS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "phones": ("phone", ("phone", "type", "wa_id")),
    "emails": ("email", ("email", "type")),
    "urls": ("url", ("url", "type")),
    "addresses": ("", ("city", "country", "country_code", "state", "street", "type", "zip")),
}
_NAME: Final = ("formatted_name", "first_name", "last_name", "middle_name", "prefix", "suffix")


def _check_contacts(body: Fields) -> None:
    for contact in list_(body, "contacts", 1, 5):
        object_(contact, "contact", ("name", "org", "birthday", *_CONTACT_LISTS))
        text_(object_(contact.get("name"), "contact['name']", _NAME), "formatted_name", "name")
        if "org" in contact:
            object_(contact["org"], "contact['org']", ("company", "department", "title"))
        for key, (needed, known) in _CONTACT_LISTS.items():
            for item in list_(contact, key, 0, 100) if key in contact else ():
                object_(item, key, known)
                if needed:
                    text_(item, needed, key)
                if "type" in item:
                    one_of({"type": str(item["type"]).upper()}, "type", key, ("HOME", "WORK", "CELL", "MAIN", "IPHONE"))


_KINDS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "text": _check_text,
    "image": _media("image", "caption"),
    "video": _media("video", "caption"),
    "audio": _media("audio", "voice"),
    "sticker": _media("sticker"),
    "document": _media("document", "caption", "filename"),
    "interactive": check_interactive,
    "template": check_template,
    "location": _check_location,
    "contacts": _check_contacts,
    "reaction": _check_reaction,
}
