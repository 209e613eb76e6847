"""Which businesses are watched at the moment, in whichever process: what nobody sees is not said."""

from __future__ import annotations

import time

from gateway.bus import Bus

TOPIC = "watching"
ANNOUNCE_SECONDS = 5.0
LASTS_SECONDS = 15.0


class Audience:
    """Hears who is watched. It may be a few seconds behind."""

    def __init__(self, bus: Bus) -> None:
        self._until: dict[str, float] = {}
        bus.listen(TOPIC, self._hear)

    def watched(self, user_id: str) -> bool:
        """Whether somebody watches this business."""
        until = self._until.get(user_id)
        if until is None:
            return False
        if until < time.monotonic():
            del self._until[user_id]
            return False
        return True

    def _hear(self, user_id: str) -> None:
        self._until[user_id] = time.monotonic() + LASTS_SECONDS
