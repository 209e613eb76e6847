"""What Instagram takes as an outgoing message or action, and how it refuses the rest. Meta publishes no schema of it.

https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/messaging-api
https://developers.facebook.com/documentation/business-messaging/instagram-messaging/button-template
https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/quick-replies
"""

from __future__ import annotations

from typing import Any, Final

from sandbox.meta import bad_parameter
from sandbox.shapes import absolute

TEXT_BYTES: Final = 1000
TEMPLATE_TEXT: Final = 640
MESSAGING_TYPES: Final = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
TAGS: Final = ("HUMAN_AGENT",)
FILES: Final = ("image", "video", "audio", "file")
ATTACHMENTS: Final = (*FILES, "template", "MEDIA_SHARE", "like_heart")
ACTIONS: Final = ("typing_on", "typing_off", "mark_seen", "react", "unreact")


def check_envelope(body: dict[str, Any]) -> None:
    """Checks whom it is for, and under which rule. Raises GraphRefusal."""
    recipient = body.get("recipient")
    if not isinstance(recipient, dict) or not isinstance(recipient.get("id"), str) or not recipient["id"]:
        raise bad_parameter("The parameter recipient is required")
    if ("message" in body) == ("sender_action" in body):
        raise bad_parameter("Exactly one of the parameters message and sender_action is required")
    kind = body.get("messaging_type", "RESPONSE")
    if kind not in MESSAGING_TYPES:
        raise bad_parameter(f"Param messaging_type must be one of {{{', '.join(MESSAGING_TYPES)}}}")
    if (kind == "MESSAGE_TAG") != (body.get("tag") in TAGS) or (kind != "MESSAGE_TAG" and "tag" in body):
        raise bad_parameter("Param tag must be one of {HUMAN_AGENT}, together with messaging_type MESSAGE_TAG")
    if "reply_to" in body:
        _text(body["reply_to"] if isinstance(body["reply_to"], dict) else {}, "mid", "reply_to", 1000)


def check_action(body: dict[str, Any]) -> None:
    """Checks a sender action. Raises GraphRefusal."""
    if body["sender_action"] not in ACTIONS:
        raise bad_parameter(f"Param sender_action must be one of {{{', '.join(ACTIONS)}}}")
    if body["sender_action"] in ("react", "unreact"):
        payload = body.get("payload")
        _text(payload if isinstance(payload, dict) else {}, "message_id", "payload", 1000)
        if body["sender_action"] == "react":
            _text(body["payload"], "reaction", "payload", 100)


def check_message(message: object) -> None:
    """Checks a message: a text with or without quick replies, or one attachment. Raises GraphRefusal."""
    if not isinstance(message, dict):
        raise bad_parameter("Param message must be a JSON object")
    if ("text" in message) == ("attachment" in message):
        raise bad_parameter("Exactly one of message[text] and message[attachment] is required")
    if "text" in message:
        text = message["text"]
        if not isinstance(text, str) or not text.strip():
            raise bad_parameter("Param message[text] must be a non-empty UTF-8 encoded string")
        if len(text.encode()) > TEXT_BYTES:
            raise bad_parameter(f"Length of param message[text] must be less than or equal to {TEXT_BYTES}")
    else:
        _check_attachment(message["attachment"])
    for reply in _list(message, "quick_replies", 0, 13) if "quick_replies" in message else ():
        _check_quick_reply(reply)


def _check_quick_reply(reply: object) -> None:
    if not isinstance(reply, dict) or reply.get("content_type") not in ("text", "user_phone_number", "user_email"):
        raise bad_parameter("Param quick_replies[content_type] must be one of {text, user_phone_number, user_email}")
    if reply["content_type"] == "text":
        _text(reply, "title", "quick_replies", 20)
        _text(reply, "payload", "quick_replies", 1000)


def _check_attachment(attachment: object) -> None:
    if not isinstance(attachment, dict) or attachment.get("type") not in ATTACHMENTS:
        raise bad_parameter(f"Param message[attachment][type] must be one of {{{', '.join(ATTACHMENTS)}}}")
    kind, payload = attachment["type"], attachment.get("payload")
    if kind == "like_heart":
        return
    if not isinstance(payload, dict):
        raise bad_parameter("Param message[attachment][payload] is required")
    if kind == "template":
        _check_template(payload)
    elif kind == "MEDIA_SHARE":
        _text(payload, "id", "payload", 100)
    elif ("url" in payload) == ("attachment_id" in payload):
        raise bad_parameter("Exactly one of payload[url] and payload[attachment_id] is required")
    elif "url" in payload:
        _link(payload, "url", "payload")
    else:
        _text(payload, "attachment_id", "payload", 100)


def _check_template(payload: dict[str, Any]) -> None:
    if payload.get("template_type") == "button":
        _text(payload, "text", "payload", TEMPLATE_TEXT)
        _check_buttons(_list(payload, "buttons", 1, 3))
    elif payload.get("template_type") == "generic":
        for element in _list(payload, "elements", 1, 10):
            _text(element if isinstance(element, dict) else {}, "title", "elements", 80)
            if "image_url" in element:
                _link(element, "image_url", "elements")
            if "buttons" in element:
                _check_buttons(_list(element, "buttons", 1, 3))
    else:
        raise bad_parameter("Param payload[template_type] must be one of {button, generic}")


def _check_buttons(buttons: list[Any]) -> None:
    for button in buttons:
        if not isinstance(button, dict) or button.get("type") not in ("web_url", "postback"):
            raise bad_parameter("Param buttons[type] must be one of {web_url, postback}")
        _text(button, "title", "buttons", 20)
        if button["type"] == "web_url":
            _link(button, "url", "buttons")
        else:
            _text(button, "payload", "buttons", 1000)


def _text(holder: dict[str, Any], key: str, where: str, longest: int) -> None:
    value = holder.get(key)
    if not isinstance(value, str) or not value.strip() or len(value) > longest:
        raise bad_parameter(f"Param {where}[{key}] must be a non-empty string of at most {longest} characters")


def _link(holder: dict[str, Any], key: str, where: str) -> None:
    _text(holder, key, where, 2000)
    if not absolute(holder[key]):
        raise bad_parameter(f"Param {where}[{key}] must be a valid URL")


def _list(holder: dict[str, Any], key: str, low: int, high: int) -> list[Any]:
    value = holder.get(key)
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise bad_parameter(f"Param {key} must be an array of {low} to {high} items")
    return value
