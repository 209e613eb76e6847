"""Calendars that Google keeps. Every answer is checked, and what is unknown is never taken for free.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from gateway import observe
from gateway.booking.answers import event_of, moment
from gateway.booking.calendars import (
    Away,
    Busy,
    CalendarEntry,
    CalendarError,
    Changes,
    Connection,
    Event,
    Gone,
    Refused,
    SyncExpired,
)
from gateway.booking.connection import Connections
from gateway.db import Pool
from gateway.settings import Settings
from gateway.vault import Vault

if TYPE_CHECKING:
    from gateway.booking.wire import Wire

THREADS = 12
READ_SECONDS = 20.0  # all tries together, and the wait for a thread
WRITE_SECONDS = 14.0
MOST_DAYS = timedelta(days=60)  # of a question about free time; Google refuses about three months
MOST_CALENDARS = 50
MOST_PAGES = 60
MOST_DIGITS = 15  # of milliseconds since 1970
SYNC_BACK = timedelta(days=1)
# What the owner can mend. Of the rest, some is our own mistake, and some the operator's.
OPERATORS = frozenset({"accessNotConfigured", "dailyLimitExceeded"})
FOR_GOOD = frozenset({"notFound", "groupTooBig", "tooManyCalendarsRequested"})

Ask = Callable[[Any], Any]
Purpose = Literal["", "read", "write"]


class Calendars:
    """The calendars of businesses at Google, in threads of their own."""

    def __init__(self, pool: Pool, vault: Vault, settings: Settings, *, write_seconds: float = WRITE_SECONDS) -> None:
        self.connections = Connections(pool, vault, settings)
        self._write_seconds = write_seconds
        self._url = settings.google_api_url
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="google")
        self._building = threading.Lock()
        self._wire: Wire | None = None

    async def close(self) -> None:
        """Ends what has not begun; what was sent may still arrive."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        await self.connections.grants.close()

    async def connection(self, user_id: str) -> Connection | None:
        """The connection of a business. Raises StoreAway."""
        return await self.connections.find(user_id)

    async def busy(self, user_id: str, calendars: Sequence[str], since: datetime, until: datetime) -> list[Busy]:
        """When at least one of the calendars is taken. A calendar that can't be read is an error, never free time."""
        wanted = list(dict.fromkeys(calendars))
        if since >= until:
            raise ValueError("no time at all is neither free nor taken")
        if not wanted:
            raise Refused("noCalendars")
        found: set[Busy] = set()
        for start, end in _spans(since, until):
            for some in (wanted[n : n + MOST_CALENDARS] for n in range(0, len(wanted), MOST_CALENDARS)):
                found.update(await self._asked(user_id, some, start, end))
        return sorted(found)

    async def _asked(self, user_id: str, calendars: Sequence[str], since: datetime, until: datetime) -> list[Busy]:
        body = {"timeMin": _text(since), "timeMax": _text(until), "items": [{"id": one} for one in calendars]}
        answer = await self._call(user_id, lambda api: api.freebusy().query(body=body), purpose="read")
        told = _dict(answer.get("calendars"))
        found: list[Busy] = []
        for calendar in calendars:
            one = told.get(calendar)
            if not isinstance(one, dict) or not isinstance(one.get("busy", []), list):
                raise Away("calendar_left_out")
            if one.get("errors"):
                await self._unread(user_id, calendar, one["errors"])
            found += [_busy(span) for span in one.get("busy", [])]
        return found

    async def _unread(self, user_id: str, calendar: str, errors: Any) -> None:
        """Raises what a calendar's own error means. Google may add reasons: an unknown one may pass."""
        reasons = {str(_dict(error).get("reason")) for error in errors} if isinstance(errors, list) else {"unreadable"}
        if final := reasons & FOR_GOOD:
            await self.connections.trouble(user_id, f"read {min(final)} {calendar}")
            raise Refused(min(final))
        raise Away(min(reasons)[:60])

    async def insert(self, user_id: str, calendar: str, body: Mapping[str, Any], *, notify: bool) -> Event:
        """Stores an event under the id in its body. Raises Exists when there is one, Away when nobody knows."""

        def ask(api: Any) -> Any:
            return api.events().insert(
                calendarId=calendar, body=body, conferenceDataVersion=1, sendUpdates=_updates(notify)
            )

        return event_of(await self._call(user_id, ask, once=True, purpose="write", calendar=calendar))

    async def get(self, user_id: str, calendar: str, event_id: str) -> Event:
        """An event, one that was cancelled too. Raises Gone."""
        return event_of(await self._call(user_id, lambda api: api.events().get(calendarId=calendar, eventId=event_id)))

    async def patch(
        self, user_id: str, calendar: str, event_id: str, body: Mapping[str, Any], *, etag: str = "", notify: bool
    ) -> Event:
        """Changes what the body names; lists are replaced whole. With an etag, Stale when it is not that version."""

        def ask(api: Any) -> Any:
            request = api.events().patch(
                calendarId=calendar, eventId=event_id, body=body, conferenceDataVersion=1, sendUpdates=_updates(notify)
            )
            if etag:
                request.headers["If-Match"] = etag
            return request

        return event_of(await self._call(user_id, ask, once=True))

    async def delete(self, user_id: str, calendar: str, event_id: str, *, notify: bool) -> None:
        """Cancels an event; one that was cancelled before is fine. Raises Gone when there never was one."""

        def ask(api: Any) -> Any:
            return api.events().delete(calendarId=calendar, eventId=event_id, sendUpdates=_updates(notify))

        try:
            await self._call(user_id, ask, once=True, empty=True)
        except Gone as error:
            if error.status != 410:
                raise

    async def watch(
        self, user_id: str, calendar: str, channel: str, *, token: str, address: str, seconds: float
    ) -> tuple[str, datetime]:
        """Opens a channel by which Google says that a calendar changed; returns its resource and its end."""
        body = {
            "id": channel,
            "type": "web_hook",
            "address": address,
            "token": token,
            "params": {"ttl": f"{seconds:.0f}"},
        }
        answer = await self._call(user_id, lambda api: api.events().watch(calendarId=calendar, body=body), once=True)
        resource, ends = answer.get("resourceId"), str(answer.get("expiration") or "")
        if not isinstance(resource, str) or not ends.isdecimal() or len(ends) > MOST_DIGITS:
            raise Away("unreadable")
        return resource, datetime.fromtimestamp(int(ends) / 1000, UTC)

    async def stop(self, user_id: str, channel: str, resource: str) -> None:
        """Ends a channel. Raises Gone when there is none."""
        body = {"id": channel, "resourceId": resource}
        await self._call(user_id, lambda api: api.channels().stop(body=body), once=True, empty=True)

    async def window(self, user_id: str, calendar: str, since: datetime, until: datetime) -> list[Event]:
        """The events that overlap a time, each occurrence on its own."""
        options = {"timeMin": _text(since), "timeMax": _text(until), "singleEvents": True, "maxResults": 250}
        events, _ = await self._listed(user_id, calendar, options)
        return events

    async def changes(self, user_id: str, calendar: str, sync_token: str | None) -> Changes:
        """What changed since a token was given; without one, what there is. Raises SyncExpired: begin without."""
        options: dict[str, Any] = {"maxResults": 2500, "showDeleted": True}
        options |= {"syncToken": sync_token} if sync_token else {"timeMin": _text(datetime.now(UTC) - SYNC_BACK)}
        events, token = await self._listed(user_id, calendar, options)
        if not token:
            raise Away("no_sync_token")
        return Changes(events=events, token=token)

    async def _listed(self, user_id: str, calendar: str, options: Mapping[str, Any]) -> tuple[list[Event], str]:
        events: list[Event] = []
        page: dict[str, str] = {}
        for _ in range(MOST_PAGES):

            def ask(api: Any, page: Mapping[str, str] = page) -> Any:
                return api.events().list(calendarId=calendar, **options, **page)

            try:
                answer = await self._call(user_id, ask)
            except Gone as error:
                raise (SyncExpired if error.status == 410 else Refused)(error.code, status=error.status) from None
            zone = str(answer.get("timeZone") or "UTC")
            events += [event_of(_dict(one), zone) for one in _list(answer.get("items", []))]
            if not answer.get("nextPageToken"):
                return events, str(answer.get("nextSyncToken") or "")
            page = {"pageToken": str(answer["nextPageToken"])}
        raise Away("too_many_pages")

    async def calendars(self, user_id: str) -> list[CalendarEntry]:
        """The calendars that the account can see."""
        return await self._entries(lambda ask: self._call(user_id, ask))

    async def opened_by(self, token: str) -> list[CalendarEntry]:
        """The calendars that a token opens which belongs to nobody yet."""

        async def call(ask: Ask) -> Mapping[str, Any]:
            async with asyncio.timeout(READ_SECONDS):
                return _dict(await self._threaded(ask, token, once=False))

        try:
            return await self._entries(call)
        except TimeoutError:
            raise Away("timeout") from None

    async def _entries(self, call: Callable[[Ask], Any]) -> list[CalendarEntry]:
        entries: list[CalendarEntry] = []
        page: dict[str, str] = {}
        for _ in range(MOST_PAGES):

            def ask(api: Any, page: Mapping[str, str] = page) -> Any:
                return api.calendarList().list(maxResults=250, **page)

            answer = await call(ask)
            entries += [_entry(_dict(one)) for one in _list(answer.get("items", []))]
            if not answer.get("nextPageToken"):
                return entries
            page = {"pageToken": str(answer["nextPageToken"])}
        raise Away("too_many_pages")

    async def _call(
        self, user_id: str, ask: Ask, *, once: bool = False, empty: bool = False,
        purpose: Purpose = "", calendar: str = "",
    ) -> Mapping[str, Any]:  # fmt: skip
        """One call with fresh access. What the owner has to mend is noted for a `purpose`, and gone once that works."""
        try:
            async with asyncio.timeout(self._write_seconds if once else READ_SECONDS):
                access = await self.connections.access(user_id)
                try:
                    answer = await self._authorized(user_id, ask, access.token, once=once)
                except CalendarError as error:
                    if problem := _problem(error, purpose, calendar):
                        await self.connections.trouble(user_id, problem)
                    raise _meant(error, purpose) from None
                if purpose and access.problem.startswith(purpose):
                    await self.connections.trouble(user_id, "")
        except TimeoutError:
            raise Away("timeout") from None
        return {} if empty else _dict(answer)

    async def _authorized(self, user_id: str, ask: Ask, token: str, *, once: bool) -> Any:
        from gateway.booking.wire import Unauthorized

        try:
            return await self._threaded(ask, token, once=once)
        except Unauthorized:  # ended before its time: once more with another
            again = await self.connections.access(user_id, refused=token)
        try:
            return await self._threaded(ask, again.token, once=once)
        except Unauthorized as error:
            raise Refused("unauthorized", status=error.status) from None

    async def _threaded(self, ask: Ask, token: str, *, once: bool) -> Any:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, lambda: self._open().run(ask, token, once=once))

    def _open(self) -> Wire:
        with self._building:
            if self._wire is None:
                from gateway.booking.wire import Wire

                self._wire = Wire(self._url)
            return self._wire


def _problem(error: CalendarError, purpose: Purpose, calendar: str) -> str:
    """What the owner is told of; "" for what he can't mend."""
    if not purpose or not isinstance(error, Refused | Gone) or error.status not in (403, 404):
        return ""
    if error.code in OPERATORS:
        observe.log.error("google_project_refused", code=error.code)
        return ""
    return f"{purpose} {error.code} {calendar}".strip()


def _meant(error: CalendarError, purpose: Purpose) -> CalendarError:
    """A calendar that is gone is no event that is gone."""
    return Refused(error.code, status=error.status) if purpose and isinstance(error, Gone) else error


def _spans(since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    while since < until:
        end = min(since + MOST_DAYS, until)
        yield since, end
        since = end


def _busy(span: Any) -> Busy:
    start, end = moment(_dict(span).get("start")), moment(_dict(span).get("end"))
    if start is None or end is None:
        raise Away("unreadable")
    return start, end


def _entry(raw: Mapping[str, Any]) -> CalendarEntry:
    return CalendarEntry(
        id=str(raw.get("id") or ""), summary=str(raw.get("summaryOverride") or raw.get("summary") or ""),
        zone=str(raw.get("timeZone") or "UTC"), role=str(raw.get("accessRole") or ""),
        primary=raw.get("primary") is True,
    )  # fmt: skip


def _text(when: datetime) -> str:
    if when.tzinfo is None:
        raise ValueError("a time without a zone")
    return when.astimezone(UTC).isoformat()


def _updates(notify: bool) -> str:
    return "all" if notify else "none"


def _dict(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Away("unreadable")
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise Away("unreadable")
    return value
