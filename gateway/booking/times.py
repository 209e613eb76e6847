"""Times that an agent offers in a conversation: what is free, narrowed by the customer's words, minted as offers."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.booking.calendars import Calendars
from gateway.booking.desk import Found, Offer
from gateway.booking.meeting import Limits
from gateway.booking.openings import Openings, limits_of, readable, rules_for
from gateway.booking.rules import Rules
from gateway.booking.slots import Booked, Slot, choose_host, spread
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
        self._openings = Openings(pool, calendars)

    def limits(self, rules: Mapping[str, Any]) -> Limits:
        """How many meetings a day and a week may have. Raises Unavailable."""
        return limits_of(readable(rules))

    async def find(self, claim: Row, rules: Mapping[str, Any], wish: str, language: str) -> Found:
        """Times that fit a wish in words. Raises Unavailable."""
        known, now = readable(rules), datetime.now(UTC)
        wanted = read(wish, now=now, zone=known.tz, language=language)
        seen = await self._openings.free(claim["user_id"], known)
        slots = seen.slots
        if isinstance(wanted, Ambiguous):
            wanted = wanted.settled([slot.start for slot in slots], known.tz)
        if isinstance(wanted, Ambiguous):
            return Found(question=wanted.question, options=wanted.options)
        fitting, exact = narrow(slots, wanted)
        offers = await self._minted(claim, known, spread(fitting, OFFERS), seen.booked, language)
        return Found(offers=offers, why="" if exact else "Nothing is free then. These come nearest: say so.")

    async def others(self, claim: Row, rules: Mapping[str, Any], meeting: Row, language: str) -> Found:
        """Other times for a meeting that there is, with its host and as long. Raises Unavailable."""
        known = rules_for(readable(rules), meeting)
        seen = await self._openings.free(claim["user_id"], known, moving=meeting)
        slots = [slot for slot in seen.slots if slot.start != meeting["meeting_time"]]
        return Found(offers=await self._minted(claim, known, spread(slots, OFFERS), seen.booked, language))

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
