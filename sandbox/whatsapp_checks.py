"""What the WhatsApp Cloud API takes as an outgoing message, and how it refuses the rest.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.meta import GraphRefusal, bad_parameter

Fields = Mapping[str, Any]

_PHONE: Final = re.compile(r"\+?[0-9]{5,20}")
_BUSINESS_SCOPED: Final = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")


# The fields of POST /{Phone-Number-ID}/messages by the reference of the Cloud API, and `recipient` for user ids.
FIELDS: Final = frozenset({
    "messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data", "text",
    "image", "video", "audio", "sticker", "document", "interactive", "template", "location", "contacts", "reaction",
})  # fmt: skip


def check_message(body: Fields) -> None:
    """Checks a message whole. Raises GraphRefusal."""
    check_product(body)
    if unknown := sorted(set(body) - FIELDS):
        raise bad_parameter(f"Unexpected key {unknown[0]!r} on param.")
    if body.get("recipient_type", "individual") != "individual":
        raise bad_parameter("Param recipient_type must be one of {INDIVIDUAL} - got something else.")
    _check_recipient(body)
    tracker = body.get("biz_opaque_callback_data")
    if tracker is not None and (not isinstance(tracker, str) or len(tracker) > 512):
        raise bad_parameter("Param biz_opaque_callback_data must be a string of at most 512 characters.")
    context = body.get("context")
    if context is not None:
        _text(_object(context, "context"), "message_id", "context")
    kind = body.get("type", "text")
    check = _KINDS.get(kind) if isinstance(kind, str) else None
    if check is None:
        raise bad_parameter(f'Param type must be one of {{{", ".join(sorted(_KINDS)).upper()}}} - got "{kind}".')
    check(_object(body.get(kind), kind) if kind != "contacts" else body)


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
        raise _invalid("The phone number in to is not valid")
    if scoped is not None and not (isinstance(scoped, str) and _BUSINESS_SCOPED.fullmatch(scoped)):
        raise _invalid("The id in recipient is not valid")


def _invalid(details: str) -> GraphRefusal:
    return GraphRefusal(131009, "(#131009) Parameter value is not valid", details=details)


def _missing(name: str) -> GraphRefusal:
    details = f"The parameter {name} is required."
    return GraphRefusal(131008, "(#131008) Required parameter is missing", details=details)


def _object(value: object, name: str) -> Fields:
    if value is None:
        raise _missing(name)
    if not isinstance(value, dict):
        raise bad_parameter(f"Param {name} must be a JSON object.")
    return value


def _list(holder: Fields, key: str, low: int, high: int) -> list[Any]:
    value = holder.get(key)
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise bad_parameter(f"Param {key} must be an array of {low} to {high} items.")
    return value


def _text(holder: Fields, key: str, where: str, longest: int = 4096, *, required: bool = True) -> None:
    value = holder.get(key)
    if value is None and not required:
        return
    if value is None:
        raise _missing(f"{where}['{key}']")
    if not isinstance(value, str) or (required and not value.strip()):
        raise bad_parameter(f"Param {where}['{key}'] must be a non-empty string.")
    if len(value) > longest:
        raise bad_parameter(f"Param {where}['{key}'] must be at most {longest} characters long.")


def _check_text(text: Fields) -> None:
    _text(text, "body", "text")
    if not isinstance(text.get("preview_url", False), bool):
        raise bad_parameter("Param text['preview_url'] must be a boolean.")


def _media(kind: str, *, caption: bool, filename: bool = False) -> Callable[[Fields], None]:
    def check(media: Fields) -> None:
        if ("id" in media) == ("link" in media):
            raise bad_parameter(f"Exactly one of {kind}['id'] and {kind}['link'] is required.")
        _text(media, "id" if "id" in media else "link", kind)
        if "caption" in media:
            if not caption:
                raise bad_parameter(f"Param {kind}['caption'] is not allowed.")
            _text(media, "caption", kind, 1024, required=False)
        if "filename" in media and not filename:
            raise bad_parameter(f"Param {kind}['filename'] is not allowed.")

    return check


def _check_interactive(interactive: Fields) -> None:
    kind = interactive.get("type")
    _text(_object(interactive.get("body"), "interactive['body']"), "text", "body", 1024)
    if "footer" in interactive:
        _text(_object(interactive["footer"], "interactive['footer']"), "text", "footer", 60)
    header = interactive.get("header")
    if header is not None and _object(header, "interactive['header']").get("type") == "text":
        _text(header, "text", "header", 60)
    action = _object(interactive.get("action"), "interactive['action']")
    if kind == "button":
        _check_buttons(action)
    elif kind == "list":
        _check_list(action)
    elif kind == "cta_url":
        _check_link(action)
    elif kind == "location_request_message":
        if action.get("name") != "send_location":
            raise bad_parameter("Param action['name'] must be one of {SEND_LOCATION}.")
    elif kind not in ("flow", "product", "product_list", "catalog_message"):
        raise bad_parameter("Param interactive['type'] is not valid.")


def _check_buttons(action: Fields) -> None:
    for button in _list(action, "buttons", 1, 3):
        if _object(button, "button").get("type") != "reply":
            raise bad_parameter("Param buttons['type'] must be one of {REPLY}.")
        reply = _object(button.get("reply"), "button['reply']")
        _text(reply, "id", "reply", 256)
        _text(reply, "title", "reply", 20)


def _check_link(action: Fields) -> None:
    if action.get("name") != "cta_url":
        raise bad_parameter("Param action['name'] must be one of {CTA_URL}.")
    parameters = _object(action.get("parameters"), "action['parameters']")
    _text(parameters, "display_text", "parameters", 20)
    _text(parameters, "url", "parameters", 2000)
    if not str(parameters["url"]).startswith(("http://", "https://")):
        raise bad_parameter("Param parameters['url'] must be a URL.")


def _check_list(action: Fields) -> None:
    _text(action, "button", "action", 20)
    sections = [_object(section, "section") for section in _list(action, "sections", 1, 10)]
    rows = [row for section in sections for row in _list(section, "rows", 1, 10)]
    if len(rows) > 10:
        raise bad_parameter("Total row count exceed max allowed count: 10")
    for row in rows:
        _text(_object(row, "row"), "id", "row", 200)
        _text(row, "title", "row", 24)
        _text(row, "description", "row", 72, required=False)


def _check_template(template: Fields) -> None:
    _text(template, "name", "template", 512)
    _text(_object(template.get("language"), "template['language']"), "code", "language")
    if "components" not in template:
        return
    if not isinstance(template["components"], list):
        raise bad_parameter("Param template['components'] must be an array.")
    for component in template["components"]:
        if _object(component, "component").get("type") not in ("header", "body", "button", "footer", "carousel"):
            raise bad_parameter("Param component['type'] is not valid.")
        parameters = component.get("parameters", [])
        if not isinstance(parameters, list) or not all(isinstance(p, dict) and p.get("type") for p in parameters):
            raise bad_parameter("Param component['parameters'] must be an array of objects with a type.")


def _check_location(location: Fields) -> None:
    for key in ("latitude", "longitude"):
        try:
            float(location[key])
        except (KeyError, TypeError, ValueError):
            raise bad_parameter(f"Param location['{key}'] must be a number.") from None


def _check_contacts(body: Fields) -> None:
    for contact in _list(body, "contacts", 1, 257):
        _text(_object(_object(contact, "contact").get("name"), "contact['name']"), "formatted_name", "name")


def _check_reaction(reaction: Fields) -> None:
    _text(reaction, "message_id", "reaction")
    if not isinstance(reaction.get("emoji"), str):
        raise bad_parameter("Param reaction['emoji'] must be a string.")


_KINDS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "text": _check_text,
    "image": _media("image", caption=True),
    "video": _media("video", caption=True),
    "audio": _media("audio", caption=False),
    "sticker": _media("sticker", caption=False),
    "document": _media("document", caption=True, filename=True),
    "interactive": _check_interactive,
    "template": _check_template,
    "location": _check_location,
    "contacts": _check_contacts,
    "reaction": _check_reaction,
}
