"""Google as the sandbox keeps it, all of it in one place."""

from __future__ import annotations

from dataclasses import dataclass, field

from aiohttp import web

from sandbox.config import Config
from sandbox.google_channels import Channels
from sandbox.google_config import GoogleConfig
from sandbox.google_grants import Grants
from sandbox.google_store import GoogleStore


@dataclass(slots=True)
class Consent:
    """How the next people consent, where it differs from the configuration. `untick` are scopes that they refuse."""

    mode: str = ""
    account: str = ""
    untick: frozenset[str] = frozenset()


@dataclass(slots=True)
class Google:
    """Accounts with their calendars, consents, and channels."""

    store: GoogleStore = field(default_factory=GoogleStore)
    grants: Grants = field(default_factory=Grants)
    channels: Channels = field(default_factory=Channels)
    consent: Consent = field(default_factory=Consent)

    @classmethod
    def open(cls, config: Config) -> Google:
        google = cls()
        google.store.seed(GoogleConfig.of(config))
        return google


GOOGLE: web.AppKey[Google] = web.AppKey("google", Google)
