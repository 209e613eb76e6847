"""Free times of an agent for whoever looks at them outside a turn: a program, a page. Looking offers nothing.

It fails closed: a calendar that does not answer is not free. A time that somebody took of what he saw is minted as an
offer of his conversation, and goes the way of every other.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway import observe
from gateway.booking.calendars import Busy, CalendarError, Calendars, Connection
from gateway.booking.meeting import Limits, Unavailable, span_of
from gateway.booking.rules import Rules, parse
from gateway.booking.slots import Booked, Slot, choose_host, free, minus, span, weeks
from gateway.booking.words import label
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
TAKE_SECONDS = 120.0  # between minting and booking lies one call
TOKEN_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What is free, in order of time, and what stands around it."""

    slots: Sequence[Slot]
    booked: Sequence[Booked] = ()

    def at(self, start: datetime) -> Slot | None:
        """The free time that begins then."""
        return next((slot for slot in self.slots if slot.start == start), None)


class Openings:
    """Looks up free times, and mints offers of single ones."""

    def __init__(self, pool: Pool, calendars: Calendars) -> None:
        self._pool = pool
        self._calendars = calendars

    async def free(self, user_id: str, rules: Rules, *, moving: Row | None = None) -> Seen:
        """Every free time by the rules; a meeting that is to be moved is not in its own way. Raises Unavailable."""
        connection = await self._connected(user_id)
        now = datetime.now(UTC)
        since, until = span(rules, now)
        busy = {}
        failed: CalendarError | None = None
        for host in rules.whose:
            try:
                busy[host] = await self._busy(user_id, connection, host, (since, until), moving)
            except CalendarError as error:
                observe.log.warning("calendar_not_asked", error=type(error).__name__, code=error.code)
                failed = error
        if failed is not None and not busy:
            raise Unavailable(failed.code) from failed
        but = moving["meeting_id"] if moving else ""
        rows = await retry_clash(lambda: self._pool.fetch(SQL["booked"], user_id, *weeks(rules, since, until), but))
        booked = [_booked(row) for row in rows]
        return Seen(slots=free(rules, busy, now, since, until, booked), booked=booked)

    async def mint(
        self, user_id: str, conversation_id: str, agent_id: str, token: str, rules: Rules, seen: Seen, slot: Slot,
        language: str,
    ) -> None:  # fmt: skip
        """Makes a free time an offer of a conversation; the same token again is the same offer. Raises StoreAway."""
        kind, minutes = rules.kind()
        values = (
            user_id, token, conversation_id, agent_id, choose_host(slot, seen.booked), kind, slot.start, minutes,
            rules.gap_minutes, rules.zone, label(slot.start, rules.tz, language), TAKE_SECONDS,
        )  # fmt: skip
        await retry_clash(lambda: self._pool.execute(SQL["mint"], *values))

    async def _connected(self, user_id: str) -> Connection:
        connection = await self._calendars.connection(user_id)
        if connection is None or connection.state != "connected":
            raise Unavailable("No calendar is connected.")
        return connection

    async def _busy(
        self, user_id: str, connection: Connection, host: str, around: Busy, moving: Row | None
    ) -> Sequence[Busy]:
        calendars = [host] if host else list(connection.check_calendars)
        busy = await self._calendars.busy(user_id, calendars, *around)
        return minus(busy, *span_of(moving)) if moving else busy


def new_token() -> str:
    """A token for an offer."""
    return secrets.token_hex(TOKEN_BYTES)


def stored_rules(row: Row) -> Rules | None:
    """The rules of an agent's row; None for one that books nothing. Raises Unavailable."""
    return readable(json.loads(row["booking"])) if row["booking"] else None


def readable(rules: object) -> Rules:
    """Rules as they are stored. Raises Unavailable for those that can't be read: `gateway.alerts` tells the owner."""
    try:
        return parse(rules)
    except ValueError as error:
        observe.log.warning("rules_unreadable", problem=str(error)[:200])
        raise Unavailable("Its booking rules can't be read. They have to be saved again.") from None


def rules_of(rules: Rules, kind: str) -> Rules:
    """The rules for one kind of meeting alone; the usual one for "". Raises ValueError."""
    name, minutes = rules.kind(kind)
    return rules.model_copy(update={"kinds": {name: minutes}}) if rules.kinds else rules


def rules_for(rules: Rules, meeting: Row) -> Rules:
    """The rules by which a meeting can be moved: with the same host, for as long as it was."""
    own = {"hosts": [meeting["host"]] if meeting["host"] else [], "kinds": {}, "minutes": meeting["duration_minutes"]}
    return rules.model_copy(update=own)


def limits_of(rules: Rules) -> Limits:
    """How many meetings a day and a week may have."""
    return Limits(a_day=rules.most_a_day, a_week=rules.most_a_week)


def _booked(row: Row) -> Booked:
    start, end = span_of(row)
    return Booked(start=start, end=end, host=row["host"], kept_until=row["kept_until"])
