"""Notification channels as they are kept."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from sandbox.google_store import Agenda


@dataclass(slots=True, eq=False)
class Channel:
    """Where changes of a calendar are told. `sent` counts the messages; `ends` is in seconds since 1970."""

    id: str
    email: str
    calendar: str
    resource_id: str
    uri: str
    address: str
    token: str
    ends: float
    sent: int = 0
    stopped: bool = False

    @property
    def live(self) -> bool:
        return not self.stopped and self.ends > time.time()

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "account": self.email,
            "calendar": self.calendar,
            "resource_id": self.resource_id,
            "address": self.address,
            "token": self.token,
            "expiration": int(self.ends * 1000),
            "sent": self.sent,
            "live": self.live,
        }


class Channels:
    """All channels of a run. An id is never taken twice."""

    def __init__(self) -> None:
        self.all: dict[str, Channel] = {}

    def watching(self, agenda: Agenda) -> list[Channel]:
        return [each for each in self.all.values() if each.calendar == agenda.id and each.live]
