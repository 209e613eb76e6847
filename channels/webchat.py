"""Webchat: the customer's own socket fetches what is committed, so nothing is sent from here."""

from __future__ import annotations

from channels.base import FILES, Channel, Outbound
from channels.errors import Refused
from channels.split import split

TEXT_LIMIT = 4000


class Webchat(Channel):
    """Cuts texts; its parts count as sent when they are committed."""

    platform = "webchat"
    reads = ("text", "image", "audio", "video", "document")
    sends = ("text", *FILES, "choices", "link")
    most_options = 20

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT)

    async def send(self, part: Outbound) -> str:
        raise Refused("webchat parts are fetched, never sent")
