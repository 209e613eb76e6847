"""Message templates as WhatsApp describes them, read for people.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from channels.base import Template
from channels.reading import objects_of, text_of

PAGES = 10  # of a hundred
CARDS = ("CAROUSEL", "LIMITED_TIME_OFFER", "PRODUCT", "MPM")
FILLED = ("COPY_CODE", "OTP", "FLOW", "CATALOG", "MPM")  # buttons that want something with each message


def template_of(card: Mapping[str, Any]) -> Template:
    """A template out of its description; what is missing there is empty."""
    parts = {text_of(one.get("type")).upper(): one for one in objects_of(card.get("components"))}
    header = parts.get("HEADER", {})
    texts = text_of(header.get("format")).upper() in ("", "TEXT")
    return Template(
        name=text_of(card.get("name")),
        language=text_of(card.get("language")),
        status=text_of(card.get("status")).upper(),
        category=text_of(card.get("category")).lower(),
        header=text_of(header.get("text")) if texts else "",
        body=text_of(parts.get("BODY", {}).get("text")),
        footer=text_of(parts.get("FOOTER", {}).get("text")),
        needs="file" if not texts else _needs(parts),
    )


def _needs(parts: Mapping[str, Mapping[str, Any]]) -> str:
    if any(kind in parts for kind in CARDS):
        return "cards"
    for button in objects_of(parts.get("BUTTONS", {}).get("buttons")):
        if text_of(button.get("type")).upper() in FILLED or "{{" in text_of(button.get("url")):
            return "button"
    return ""
