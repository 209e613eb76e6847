"""Times that can be offered: the rules of an agent, minus the calendars and our own meetings, minted as offers.

It fails closed: a calendar that does not answer, or answers for some of its parts only, is not free.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway import observe
from gateway.booking.calendars import Busy, CalendarError, Calendars, Connection
from gateway.booking.desk import Found, Offer
from gateway.booking.meeting import Limits, Unavailable
from gateway.booking.rules import Rules, parse
from gateway.booking.slots import Booked, Slot, choose_host, free, span, spread, weeks
from gateway.booking.wishes import Ambiguous, narrow, read
from gateway.booking.words import label
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
OFFERS = 6
HOURS = 24.0  # how long an offer can be taken; whether the time is still free is asked again then
TOKEN_BYTES = 5


class CalendarTimes:
    """Finds free times of agents, and mints offers of them."""

    def __init__(self, pool: Pool, calendars: Calendars) -> None:
        self._pool = pool
        self._calendars = calendars

    def limits(self, rules: Mapping[str, Any]) -> Limits:
        """How many meetings a day and a week may have."""
        known = parse(rules)
        return Limits(a_day=known.most_a_day, a_week=known.most_a_week)

    async def find(self, claim: Row, rules: Mapping[str, Any], wish: str, language: str) -> Found:
        """Times that fit a wish in words. Raises Unavailable."""
        known, now = parse(rules), datetime.now(UTC)
        wanted = read(wish, now=now, zone=known.tz, language=language)
        slots, booked = await self._free(claim["user_id"], known, now)
        if isinstance(wanted, Ambiguous):
            wanted = wanted.settled([slot.start for slot in slots], known.tz)
        if isinstance(wanted, Ambiguous):
            return Found(question=wanted.question, options=wanted.options)
        fitting, exact = narrow(slots, wanted)
        offers = await self._minted(claim, known, spread(fitting, OFFERS), booked, language)
        return Found(offers=offers, why="" if exact else "Nothing is free then. These come nearest: say so.")

    async def _free(self, user_id: str, rules: Rules, now: datetime) -> tuple[list[Slot], list[Booked]]:
        connection = await self._connected(user_id)
        since, until = span(rules, now)
        busy = await self._busy(user_id, connection, rules, since, until)
        rows = await retry_clash(lambda: self._pool.fetch(SQL["booked"], user_id, *weeks(rules, since, until)))
        booked = [_booked(row) for row in rows]
        return free(rules, busy, now, since, until, booked), booked

    async def _connected(self, user_id: str) -> Connection:
        connection = await self._calendars.connection(user_id)
        if connection is None or connection.state != "connected":
            raise Unavailable("No calendar is connected.")
        return connection

    async def _busy(
        self, user_id: str, connection: Connection, rules: Rules, since: datetime, until: datetime
    ) -> dict[str, Sequence[Busy]]:
        """What is in the way of each host. One whose calendar does not answer is left out; all of them is an error."""
        found: dict[str, Sequence[Busy]] = {}
        failed: CalendarError | None = None
        for host in rules.whose:
            try:
                calendars = [host] if host else list(connection.check_calendars)
                found[host] = await self._calendars.busy(user_id, calendars, since, until)
            except CalendarError as error:
                observe.log.warning("calendar_not_asked", error=type(error).__name__, code=error.code)
                failed = error
        if failed is not None and not found:
            raise Unavailable(failed.code) from failed
        return found

    async def _minted(
        self, claim: Row, rules: Rules, slots: Sequence[Slot], booked: Sequence[Booked], language: str
    ) -> list[Offer]:
        if not slots:
            return []
        tokens = [secrets.token_hex(TOKEN_BYTES) for _ in slots]
        kind, minutes = rules.kind()
        await retry_clash(
            lambda: self._pool.execute(
                SQL["mint"], claim["user_id"], tokens, claim["conversation_id"], claim["agent_id"], claim["turn_id"],
                [choose_host(slot, booked) for slot in slots], kind, [slot.start for slot in slots], minutes,
                rules.gap_minutes, rules.zone, [label(slot.start, rules.tz, language) for slot in slots], HOURS,
            )
        )  # fmt: skip
        pairs = zip(tokens, slots, strict=True)
        return [Offer(token=token, starts_at=slot.start, zone=rules.tz) for token, slot in pairs]


def _booked(row: Row) -> Booked:
    start = row["meeting_time"]
    return Booked(start=start, end=start + timedelta(minutes=row["duration_minutes"]), host=row["host"])
