"""Google as the sandbox keeps it, all of it in one place."""

from __future__ import annotations

import time
from collections import defaultdict, deque
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
    pace: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def in_time(self, email: str, most: int) -> bool:
        """Counts a call of an account; false when it had as many in the last minute as it may have."""
        now, calls = time.monotonic(), self.pace[email]
        while calls and calls[0] < now - 60:
            calls.popleft()
        if len(calls) >= most:
            return False
        calls.append(now)
        return True

    @classmethod
    def open(cls, config: Config) -> Google:
        """With the configured accounts."""
        google = cls()
        google.store.seed(GoogleConfig.of(config))
        return google


GOOGLE: web.AppKey[Google] = web.AppKey("google", Google)
