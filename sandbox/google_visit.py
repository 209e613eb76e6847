"""One call to Calendar, read and allowed: who calls, what for, and which calendar it may touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from sandbox.google_checks import Method
from sandbox.google_config import GoogleConfig
from sandbox.google_errors import access_level, bad_request, condition, not_found, scope_missing
from sandbox.google_grants import Access
from sandbox.google_state import Google
from sandbox.google_store import Agenda, Event
from sandbox.google_times import read_zone
from sandbox.state import Sandbox

# Scopes that reach only some calendars: own ones, and those the app made or that are public, of which there are none.
_OWNED: Final = frozenset({"calendar.events.owned", "calendar.events.owned.readonly"})
_NOWHERE: Final = frozenset({"calendar.app.created", "calendar.events.public.readonly"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `id` names what was stored;"""

    body: Any = None
    status: int = 200
    id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The call. `names` are those by which a fault may be narrowed to it."""

    sandbox: Sandbox
    google: Google
    config: GoogleConfig
    method: Method
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    access: Access
    headers: Mapping[str, str]
    base_url: str

    @property
    def email(self) -> str:
        return self.access.grant.email

    @property
    def names(self) -> tuple[str, ...]:
        return self.path.get("calendarId", ""), self.email

    @property
    def blind(self) -> bool:
        """Whether the token shows only when an event is, not what it is."""
        return self.access.allows(self.method.scopes) <= {"calendar.events.freebusy"}

    def agenda(self, role: str) -> Agenda:
        """The calendar that the path names. Raises GoogleRefusal unless the account has that role in it."""
        agenda = self.google.store.find(self.email, self.path["calendarId"])
        if agenda is None:
            raise not_found()
        allowed = self.access.allows(self.method.scopes) - _NOWHERE
        if not allowed or (allowed <= _OWNED and not agenda.can(self.email, "owner")):
            raise scope_missing(self.method.id)
        if not agenda.can(self.email, role):
            raise access_level(role)
        return agenda

    def zone(self, otherwise: ZoneInfo) -> ZoneInfo:
        """The zone that the answer is wanted in. Raises GoogleRefusal."""
        name = self.query.get("timeZone")
        if not name:
            return otherwise
        found = read_zone(name)
        if found is None:
            raise bad_request("Invalid time zone definition for timeZone.", parameter="timeZone")
        return found

    def check_version(self, event: Event) -> None:
        """Raises GoogleRefusal when If-Match names another version than the one that is kept."""
        wanted = self.headers.get("If-Match")
        if wanted is not None and wanted.strip() not in ("*", event.etag):
            raise condition()
