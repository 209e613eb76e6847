"""What Google keeps: accounts, calendars, events with their versions, and the mail that it sends to guests."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_config import AccountSeed, CalendarSeed, GoogleConfig, Role
from sandbox.google_times import Span, compact, instant_of

RANKS: Final = ("none", "freeBusyReader", "reader", "writer", "owner")
KEPT_MAIL: Final = 5_000
KEPT_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody at Google; `sub` is the same in every run."""

    email: str
    name: str

    @property
    def sub(self) -> str:
        return "1" + str(int(hashlib.sha256(self.email.encode()).hexdigest()[:20], 16))[:20].zfill(20)


@dataclass(slots=True, eq=False)
class Event:
    """An event as it is kept: `fields` are Google's, times settled; `version` is the calendar's at its last change."""

    id: str
    fields: dict[str, Any]
    creator: str
    created: datetime
    updated: datetime
    version: int = 0
    etag: str = ""

    @property
    def cancelled(self) -> bool:
        return self.fields.get("status") == "cancelled"

    @property
    def recurrence(self) -> Sequence[str]:
        found: Sequence[str] = self.fields.get("recurrence") or ()
        return found

    def span(self, zone: ZoneInfo) -> Span:
        return instant_of(self.fields["start"], zone), instant_of(self.fields["end"], zone)


@dataclass(slots=True, eq=False)
class Agenda:
    """A calendar. `roles` says who may do what; `epoch` counts how often all sync tokens were made to expire."""

    id: str
    summary: str
    zone_name: str
    owner: str
    meet: bool
    roles: dict[str, Role] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    version: int = 1
    epoch: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone_name)

    @property
    def resource_id(self) -> str:
        return hashlib.sha256(self.id.encode()).hexdigest()[:27]

    def can(self, email: str, role: str) -> bool:
        return RANKS.index(self.roles.get(email, "none")) >= RANKS.index(role)

    def instances(self, master: Event) -> list[Event]:
        """The instances of a series that differ from it."""
        return [each for each in self.events.values() if each.fields.get("recurringEventId") == master.id]

    def etag(self) -> str:
        return f'"p{self.epoch}{self.version:012d}o"'


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to a guest that Google would send."""

    at: float
    to: str
    kind: str
    calendar: str
    event: str

    def as_json(self) -> dict[str, Any]:
        return {"at": self.at, "to": self.to, "kind": self.kind, "calendar": self.calendar, "event": self.event}


@dataclass(frozen=True, slots=True)
class Page:
    """The rest of a list, and the version of its calendar when it was looked up."""

    calendar: str
    version: int
    events: tuple[Event, ...]


class Pages:
    """Lists that were not read to their end; the oldest of many are forgotten."""

    def __init__(self) -> None:
        self._kept: dict[str, Page] = {}

    def add(self, page: Page) -> str:
        token = secrets.token_urlsafe(24)
        self._kept[token] = page
        if len(self._kept) > KEPT_PAGES:
            del self._kept[next(iter(self._kept))]
        return token

    def find(self, token: str) -> Page | None:
        return self._kept.get(token)


class GoogleStore:
    """Everything, in memory. `changed` hears of every change to a calendar's events."""

    def __init__(self) -> None:
        self.accounts: dict[str, Account] = {}
        self.calendars: dict[str, Agenda] = {}
        self.mail: deque[Mail] = deque(maxlen=KEPT_MAIL)
        self.pages = Pages()
        self.changed: Callable[[Agenda], None] = lambda _: None

    def seed(self, config: GoogleConfig) -> None:
        """Makes the configured accounts that are not there yet."""
        for account in config.accounts:
            self.open_account(account)

    def open_account(self, seed: AccountSeed) -> Account:
        """The account, made if it is new, and its calendars."""
        email = seed.email.lower()
        account = self.accounts.setdefault(email, Account(email, seed.name or email.partition("@")[0].title()))
        for each in seed.all_calendars():
            self.open_calendar(email, each)
        return account

    def open_calendar(self, email: str, seed: CalendarSeed) -> Agenda:
        """The calendar, made if it is new, and this account's role in it."""
        agenda = self.calendars.get(seed.id)
        if agenda is None:
            owner = seed.owner.lower() or email
            agenda = Agenda(seed.id, seed.summary or seed.id, seed.time_zone, owner, seed.meet, {owner: "owner"})
            self.calendars[seed.id] = agenda
        agenda.roles[email] = seed.role
        return agenda

    def visible(self, email: str) -> list[Agenda]:
        """The calendars of an account's list, its primary one first."""
        found = [agenda for agenda in self.calendars.values() if email in agenda.roles]
        return sorted(found, key=lambda agenda: agenda.id != email)

    def find(self, email: str, calendar_id: str) -> Agenda | None:
        """The calendar as this account names it; None when it sees no such calendar."""
        name = email if calendar_id == "primary" else calendar_id
        agenda = self.calendars.get(name) or self.calendars.get(name.lower())
        return agenda if agenda is not None and email in agenda.roles else None

    def add(self, agenda: Agenda, id_: str, fields: dict[str, Any], creator: str) -> Event:
        now = datetime.now(UTC)
        event = Event(id_ or new_event_id(), fields, creator, now, now)
        event.fields.setdefault("iCalUID", f"{event.id}@google.com")
        agenda.events[event.id] = event
        self.touch(agenda, event)
        return event

    def touch(self, agenda: Agenda, event: Event, *, updated: bool = True) -> None:
        """Marks an event changed. A change of reminders alone does not move `updated`."""
        agenda.version += 1
        event.version = agenda.version
        event.updated = datetime.now(UTC) if updated else event.updated
        event.etag = f'"{3_000_000_000_000_000 + int(time.time() * 1000) * 100 + agenda.version % 100}"'
        self.changed(agenda)

    def write(self, agenda: Agenda, event: Event, to: str, kind: str) -> None:
        self.mail.append(Mail(time.time(), to, kind, agenda.id, event.id))


def new_event_id() -> str:
    return secrets.token_hex(13)


def instance_id(master: str, begins: datetime) -> str:
    """The id that an occurrence of a series has, whether it is kept or not."""
    return f"{master}_{compact(begins)}"
