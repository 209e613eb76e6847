"""Whether a visitor writes, for whoever watches his conversation."""

from __future__ import annotations

import asyncio
import time

from gateway.bus import Bus

PAUSE_SECONDS = 1.0
LAST_SECONDS = 10.0


class Writing:
    """Says on the bus that a visitor writes, once a second at most, and that he stopped: at his word, else after ten
    seconds without one."""

    def __init__(self, bus: Bus, *, lasts: float = LAST_SECONDS) -> None:
        self._bus = bus
        self._lasts = lasts
        self._topic = ""
        self._at = -PAUSE_SECONDS
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, conversation_id: str) -> None:
        """He writes."""
        now = time.monotonic()
        if now - self._at < PAUSE_SECONDS:
            return
        self._at, self._topic = now, f"visitor_typing:{conversation_id}"
        self._bus.publish(self._topic, "on")
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._lasts, self.end)

    def end(self) -> None:
        """He stopped; nothing is said of who had not begun."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._topic:
            self._bus.publish(self._topic, "off")
            self._topic = ""
