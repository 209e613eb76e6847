"""The connection to the Google account of a business: made, looked at, changed, ended."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.booking.calendars import CalendarEntry, CalendarError, NotConnected
from gateway.booking.pushes import stop_all
from gateway.db import Row, queries
from gateway.errors import Conflict, Invalid, NotFound, TooMany

SQL = queries(__file__)
operations = Operations()
PROBLEMS = {
    "notFound": "A calendar is gone, or not shared with this account any more: choose another.",
    "quotaExceeded": "Google's limit of this account is reached; it passes by itself.",
    "insufficientPermissions": "A permission is missing: connect again, and leave every box ticked.",
    "invalid_grant": "Google ended the connection: connect again.",
    "admin_policy_enforced": "The administrator of the Google Workspace does not allow it.",
}
DOING = {"read": "say when a calendar is taken", "write": "write a meeting"}


def _back(text: str) -> str:
    try:
        parts = urlsplit(text)
        whole = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:  # a port or an address of six that is none
        whole = False
    inside = text.startswith("/") and not text.startswith(("//", "/\\"))
    if not text.isascii() or not text.isprintable() or " " in text or "#" in text or not (whole or inside):
        raise ValueError("is neither a path such as /console nor a whole https address without #")
    return text


BackTo = Annotated[str, Field(max_length=500), AfterValidator(_back)]
CalendarId = Annotated[str, Field(min_length=1, max_length=255)]


class Calendar(Record):
    """A calendar of the account. Meetings can be written into those that it owns."""

    id: str
    summary: str
    zone: str
    role: str
    primary: bool
    writable: bool


class GoogleConnection(Record):
    """`off`: this installation has no OAuth client. `revoked`: Google ended it; connect again. `problem` is what the
    owner has to mend; `calendars` is empty while Google can't be asked."""

    state: Literal["off", "none", "connected", "revoked"]
    account: str = ""
    write_calendar: str = ""
    check_calendars: list[str] = Field(default_factory=list)
    zone: str = ""
    problem: str = ""
    calendars: list[Calendar] = Field(default_factory=list)


class Connect(Model):
    """`back_to`: where the owner's browser goes afterwards, with `google=connected` or the reason why not."""

    back_to: BackTo | None = None


class Opening(Record):
    """An address that the owner opens in a browser within ten minutes. It works once."""

    url: str


class Choice(Model):
    """What is left out stays. The calendar that is written to is always checked too."""

    write_calendar: CalendarId | None = None
    check_calendars: Annotated[list[CalendarId], Field(min_length=1, max_length=50)] | None = None


class Ended(Record):
    """`revoked` false: it is forgotten here, but Google may still list it at https://myaccount.google.com/connections."""

    revoked: bool


@operations.on(
    "GET", "/v1/google", scope="google:read", summary="The connected Google account", answer=GoogleConnection
)
async def get_google(call: Call[None, None]) -> GoogleConnection:
    row = await call.db.fetchrow(SQL["get"], call.user_id)
    if row is None or row["state"] != "connected":
        return _shown(call, row)
    try:
        entries = await _entries(call)
    except NotConnected:
        return _shown(call, await call.db.fetchrow(SQL["get"], call.user_id))
    except CalendarError as error:
        return _shown(call, row, problem=row["problem"] or f"Google can't be asked just now ({error.code}).")
    return _shown(call, row, entries)


@operations.on(
    "POST", "/v1/google/connect", scope="google:write", summary="Begin to connect a Google account", body=Connect,
    answer=Opening,
)  # fmt: skip
async def connect_google(call: Call[Connect, None]) -> Opening:
    if not call.api.consent.possible:
        raise Conflict("This installation has no Google client: its operator sets GOOGLE_CLIENT_ID and _SECRET.")
    return Opening(url=await call.api.consent.begin(call.db, call.user_id, call.body.back_to or ""))


@operations.on(
    "PATCH", "/v1/google", scope="google:write", summary="Choose calendars", body=Choice, answer=GoogleConnection
)
async def change_google(call: Call[Choice, None]) -> GoogleConnection:
    row, body = await call.db.fetchrow(SQL["get"], call.user_id), call.body
    if row is None or row["state"] != "connected":
        raise Conflict("No Google account is connected.")
    try:
        entries = await _entries(call)
    except CalendarError as error:
        raise Conflict(
            f"Google can't be asked which calendars there are ({error.code}). Nothing was changed."
        ) from None
    known = {one.id: one for one in entries}
    write = _writable(body.write_calendar or row["write_calendar"], known)
    check = list(dict.fromkeys([write.id, *(body.check_calendars or row["check_calendars"])]))
    if body.check_calendars is None:
        check = [one for one in check if one in known]
    if unknown := [one for one in check if one not in known]:
        raise Invalid(
            "A calendar is not there.", [{"field": "check_calendars", "problem": f"{unknown[0]} is not one of them"}]
        )
    if await call.db.fetchval(SQL["choose"], call.user_id, write.id, check, write.zone) is None:
        raise Conflict("The Google account was disconnected meanwhile.")
    await call.db.fetchval(SQL["resolve"], call.user_id)
    return _shown(call, await call.db.fetchrow(SQL["get"], call.user_id), entries)


@operations.on("DELETE", "/v1/google", scope="google:write", summary="Disconnect the Google account", answer=Ended)
async def disconnect_google(call: Call[None, None]) -> Ended:
    async with _asking(call):
        await stop_all(call.api.pool, call.api.consent.calendars, call.user_id)
        ended = await call.api.consent.calendars.connections.end(call.db, call.user_id)
    if ended is None:
        raise NotFound("No Google account is connected.")
    return Ended(revoked=ended)


async def _entries(call: Call[Any, Any]) -> list[CalendarEntry]:
    async with _asking(call):
        return await call.api.consent.calendars.calendars(call.user_id)


@asynccontextmanager
async def _asking(call: Call[Any, Any]) -> AsyncIterator[None]:
    """A call holds a connection of the pool while Google thinks, so only few may do that at once."""
    if call.api.consent.asking.locked():
        raise TooMany("Google is being asked for others. Try again.", retry_after=2)
    async with call.api.consent.asking:
        yield


def _writable(calendar: str, known: dict[str, CalendarEntry]) -> CalendarEntry:
    entry = known.get(calendar)
    if entry is None or entry.role != "owner":
        why = "is not one of them" if entry is None else "belongs to somebody else"
        raise Invalid("Meetings can't be written there.", [{"field": "write_calendar", "problem": f"{calendar} {why}"}])
    return entry


def _shown(
    call: Call[Any, Any], row: Row | None, entries: Sequence[CalendarEntry] = (), *, problem: str = ""
) -> GoogleConnection:
    if row is None:
        return GoogleConnection(state="none" if call.api.consent.possible else "off")
    return GoogleConnection(
        state=row["state"], account=row["account"], write_calendar=row["write_calendar"],
        check_calendars=list(row["check_calendars"]), zone=row["zone"], problem=_said(problem or row["problem"]),
        calendars=[
            Calendar(
                id=one.id, summary=one.summary, zone=one.zone, role=one.role, primary=one.primary,
                writable=one.role == "owner",
            )
            for one in entries
        ],
    )  # fmt: skip


def _said(problem: str) -> str:
    """A stored problem is `<purpose> <code> <calendar>`, or a code alone."""
    purpose, _, rest = problem.partition(" ")
    if purpose not in DOING:
        return PROBLEMS.get(problem, problem)
    code, _, calendar = rest.partition(" ")
    where = f" ({calendar})" if calendar else ""
    return f"{PROBLEMS.get(code) or f'Google refuses to {DOING[purpose]}: {code}.'}{where}"
