"""The guest of a meeting is invited once its grace period is over. Until then the calendar writes to nobody.

https://developers.google.com/workspace/calendar/api/v3/reference/events/patch: a list of attendees is replaced as a
whole, so those whom the owner added stay only if they are sent back.
"""

from __future__ import annotations

from datetime import UTC, datetime

from gateway import observe
from gateway.booking.calendars import CalendarError, Calendars, Gone, Refused
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
AGAIN_SECONDS, MOST_DOUBLINGS = 30.0, 6


class Guests:
    """Invites. What was told to the calendar and never noted is told once more, and is then there already."""

    def __init__(self, pool: Pool, calendars: Calendars) -> None:
        self._pool = pool
        self._calendars = calendars

    async def invite(self, meeting: Row) -> float | None:
        """Invites the guest of a meeting if it is time; the seconds until somebody has to look again, if ever."""
        at = meeting["invite_at"]
        if at is None or meeting["state"] != "scheduled":
            return None
        left = float((at - datetime.now(UTC)).total_seconds())
        if left > 0:
            return left
        # Before the calendar hears of him: whoever cancels from now on has the calendar write to him.
        key = (meeting["user_id"], meeting["meeting_id"], meeting["fence"])
        if await retry_clash(lambda: self._pool.fetchval(SQL["inviting"], *key)) is None:
            return None
        try:
            await self._added(meeting)
        except Gone:
            pass  # the owner took it out of his calendar; the sync tells the customer
        except Refused as error:
            if error.status != 400:
                return _again(meeting)
            observe.log.warning("guest_refused", user=meeting["user_id"], code=error.code)
        except CalendarError:
            return _again(meeting)
        await retry_clash(lambda: self._pool.execute(SQL["invited"], *key))
        return None

    async def _added(self, meeting: Row) -> None:
        key = (meeting["user_id"], meeting["calendar_id"], meeting["google_event_id"])
        event = await self._calendars.get(*key)
        email = meeting["customer_email"]
        if not event.stands or any(str(one.get("email", "")).lower() == email.lower() for one in event.guests):
            return
        body = {"attendees": [*event.guests, {"email": email}]}
        await self._calendars.patch(*key, body, etag=event.etag, notify=True)


def _again(meeting: Row) -> float:
    """Later and later, so that a calendar which is away or has had enough is not asked for ever."""
    return float(AGAIN_SECONDS * 2.0 ** min(meeting["tries"], MOST_DOUBLINGS))
