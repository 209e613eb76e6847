"""A member of the business books or moves for a customer: a free time is minted as an offer and goes the way of all.

The token of the offer is made of the request, so that a request which is sent again, after a crash even, finds the
meeting that it made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from gateway.booking import bookings as booked
from gateway.booking.bookings import Bookings
from gateway.booking.meeting import BookingError, Full, OfferGone, Taken, Unsettled, Wish
from gateway.booking.openings import Openings, Seen, limits_of
from gateway.booking.rules import Rules
from gateway.booking.slots import Slot, free, span
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
OTHERS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a member books. `rules` are those of one kind of meeting; `request` names the request; `moving` is the
    meeting that takes that time, with rules for itself, where it is no new one."""

    user_id: str
    conversation_id: str
    agent_id: str
    rules: Rules
    start: datetime
    request: str
    name: str
    email: str
    language: str
    moving: Row | None = None

    @property
    def token(self) -> str:
        """The token of its offer."""
        named = (self.request, self.conversation_id, self.agent_id, self.rules.kind()[0], str(self.start.timestamp()))
        return hashlib.sha256("\0".join(named).encode("utf-8", "surrogateescape")).hexdigest()[:16]


class NotFree(BookingError):
    """Somebody has that time by now. `others` are free and nearest to it."""

    def __init__(self, others: Sequence[Slot]) -> None:
        super().__init__("That time is not free any more. Nothing was booked.")
        self.others = others


class Outside(BookingError):
    """The rules of the agent never offer such a time."""


class Counter:
    """Books for customers."""

    def __init__(self, pool: Pool, bookings: Bookings, openings: Openings) -> None:
        self._pool = pool
        self._bookings = bookings
        self._openings = openings

    async def book(self, order: Order) -> str:
        """Books or moves; returns the id of the meeting, of which the calendar may not have said yet that it stands.

        Raises NotFree, Outside, NoMeeting, Unavailable or StoreAway.
        """
        key = (order.user_id, order.token)
        if await retry_clash(lambda: self._pool.fetchrow(booked.SQL["taken"], *key)) is None:
            await self._mint(order)
        wish = Wish(
            user_id=order.user_id, conversation_id=order.conversation_id, token=order.token, name=order.name,
            email=order.email, title=order.rules.title, language=order.language, limits=limits_of(order.rules),
            by="owner",
        )  # fmt: skip
        try:
            row = await self._done(order, wish)
        except (Taken, Full, OfferGone) as error:
            seen = await self._openings.free(order.user_id, order.rules, moving=order.moving)
            raise NotFree(_nearest(seen, order.start)) from error
        except Unsettled as error:
            return str(error)
        # No turn is about to tell the customer, as one is when he books in the chat.
        await retry_clash(lambda: self._pool.execute(SQL["tell_now"], order.user_id, row["meeting_id"]))
        return str(row["meeting_id"])

    async def _done(self, order: Order, wish: Wish) -> Row:
        if order.moving is None:
            return await self._bookings.book(wish)
        return await self._bookings.move(wish, order.moving["meeting_id"])

    async def _mint(self, order: Order) -> None:
        seen = await self._openings.free(order.user_id, order.rules, moving=order.moving)
        slot = seen.at(order.start)
        if slot is None:
            if not _offered(order.rules, order.start):
                raise Outside("The agent never books such a time.")
            raise NotFree(_nearest(seen, order.start))
        key = (order.user_id, order.conversation_id, order.agent_id, order.token)
        await self._openings.mint(*key, order.rules, seen, slot, order.language)


def _offered(rules: Rules, start: datetime) -> bool:
    """Whether a time would be free by the rules if nobody had anything to do."""
    now = datetime.now(UTC)
    since, until = span(rules, now)
    return any(slot.start == start for slot in free(rules, dict.fromkeys(rules.whose, ()), now, since, until))


def _nearest(seen: Seen, start: datetime) -> list[Slot]:
    near = sorted(seen.slots, key=lambda slot: abs(slot.start - start))[:OTHERS]
    return sorted(near, key=lambda slot: slot.start)
