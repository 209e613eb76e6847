"""The providers. One file each, and one line each here: nothing registers itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp

from channels.base import Channel, Endpoint
from channels.instagram_send import Instagram
from channels.meta import Meta
from channels.twilio import TwilioMessages, TwilioStatus
from channels.twilio_send import Twilio
from channels.webchat import Webchat
from channels.whatsapp_send import WhatsApp

ENDPOINTS: tuple[Endpoint, ...] = (Meta(), TwilioMessages(), TwilioStatus())


@dataclass(frozen=True, slots=True, kw_only=True)
class Urls:
    """The providers' base addresses, without a slash at the end."""

    graph: str
    instagram: str
    twilio: str


def build_channels(http: aiohttp.ClientSession, urls: Urls) -> Mapping[str, Channel]:
    """The channels by platform, over one HTTP session."""
    channels: tuple[Channel, ...] = (
        WhatsApp(http, urls.graph),
        Instagram(http, urls.graph, urls.instagram),
        Twilio(http, urls.twilio),
        Webchat(),
    )
    return {channel.platform: channel for channel in channels}
