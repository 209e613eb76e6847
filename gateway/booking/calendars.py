"""What booking needs of a calendar, whoever keeps it, and what can go wrong with it. The class decides what comes next.

CalendarError
├── NotConnected   there is no connection, or it was revoked: nothing is offered, the owner has to act
├── Refused        it will never pass: a scope that is missing, a calendar that is gone, a limit of the account
├── Throttled      too fast: again after `retry_after` seconds
├── Away           nobody knows whether it was done: look before doing it again
├── Exists         there is an event with that id: look whether it is ours
├── Gone           there is no such event, or no longer
├── Stale          it was changed in the meantime
└── SyncExpired    the token of the last look is too old: look at everything
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

Busy = tuple[datetime, datetime]
MeetState = Literal["none", "pending", "ready", "failed"]


class CalendarError(Exception):
    """Anything that a calendar raises. `code` is its own word for it; the text holds nothing of the event."""

    def __init__(self, code: str, *, status: int = 0) -> None:
        super().__init__(f"{status} {code}" if status else code)
        self.code = code
        self.status = status


class NotConnected(CalendarError):
    """No connection, or one that was revoked."""


class Refused(CalendarError):
    """It will never pass as it is."""


class Throttled(CalendarError):
    """Too fast. `retry_after` is in seconds."""

    retry_after: float = 0.0


class Away(CalendarError):
    """The outcome is unknown."""


class Exists(CalendarError):
    """The id is taken."""


class Gone(CalendarError):
    """No such event."""


class Stale(CalendarError):
    """Not the version that was read."""


class SyncExpired(CalendarError):
    """The sync token is too old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event as the calendar has it. `private` are properties that only we set; `ours` reads the meeting in them."""

    id: str
    status: str = "confirmed"
    start: datetime | None = None
    end: datetime | None = None
    etag: str = ""
    summary: str = ""
    meet_link: str = ""
    meet_state: MeetState = "none"
    private: Mapping[str, str] = field(default_factory=dict)
    organizer_self: bool = True
    created: datetime | None = None
    transparent: bool = False
    guests: Sequence[Mapping[str, Any]] = ()

    @property
    def ours(self) -> str:
        """The meeting that this event stands for; "" for one that somebody else made."""
        return self.private.get("meeting_id", "")

    @property
    def stands(self) -> bool:
        """Whether it takes place."""
        return self.status != "cancelled"

    @property
    def busy(self) -> bool:
        """Whether it takes time, as free/busy sees it: what the calendar's owner declined does not."""
        declined = any(one.get("self") and one.get("responseStatus") == "declined" for one in self.guests)
        return self.stands and not self.transparent and not declined


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarEntry:
    """A calendar that the account can see."""

    id: str
    summary: str
    zone: str
    role: str
    primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A business's connection: which calendars are asked for free time, and which one is written to."""

    state: str
    account: str
    write_calendar: str
    check_calendars: Sequence[str]
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed since the last look, and the token for the next one."""

    events: Sequence[Event]
    token: str


class Calendars(Protocol):
    """The calendars of businesses. Every call raises CalendarError."""

    async def connection(self, user_id: str) -> Connection | None: ...
    async def busy(self, user_id: str, calendars: Sequence[str], since: datetime, until: datetime) -> list[Busy]: ...
    async def insert(self, user_id: str, calendar: str, body: Mapping[str, Any], *, notify: bool) -> Event: ...
    async def get(self, user_id: str, calendar: str, event_id: str) -> Event: ...
    async def patch(
        self, user_id: str, calendar: str, event_id: str, body: Mapping[str, Any], *, etag: str = "", notify: bool
    ) -> Event: ...
    async def delete(self, user_id: str, calendar: str, event_id: str, *, notify: bool) -> None: ...
    async def window(self, user_id: str, calendar: str, since: datetime, until: datetime) -> list[Event]: ...
