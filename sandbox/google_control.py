"""What a script says to Google's stand-in behind the gateway's back: /_sandbox/google/…"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.control import Problem
from sandbox.google_config import AccountSeed, GoogleConfig
from sandbox.google_errors import GoogleRefusal
from sandbox.google_event_checks import checked, merged
from sandbox.google_events import cancel, find, keep, tell_guests
from sandbox.google_grants import full_scopes
from sandbox.google_shapes import calendar_json
from sandbox.google_state import GOOGLE, Consent, Google
from sandbox.google_store import Agenda, Event
from sandbox.google_times import read_time, shown, stamp
from sandbox.state import SANDBOX

Model = TypeVar("Model", bound=BaseModel)


class Wish(BaseModel):
    """What every wish has in common. No account is the first one."""

    model_config = ConfigDict(extra="forbid")

    account: str = ""


class ConnectWish(Wish):
    """A consent that no browser has seen: the app's tokens at once. No scopes are all that booking needs."""

    scopes: tuple[str, ...] = (
        "openid",
        "email",
        "https://www.googleapis.com/auth/calendar.events.owned",
        "https://www.googleapis.com/auth/calendar.freebusy",
        "https://www.googleapis.com/auth/calendar.calendarlist.readonly",
    )


class ConsentWish(Wish):
    """How people consent from now on. `untick` are the scopes that they refuse; "" is as configured."""

    mode: Literal["", "page", "auto", "deny"] = ""
    untick: tuple[str, ...] = ()


class TokenWish(Wish):
    """expire ends the access tokens, revoke the whole consent, forget its refresh tokens alone."""

    do: Literal["expire", "revoke", "forget"]


class CalendarWish(Wish):
    """expire_sync makes every sync token of a calendar too old; remove takes the calendar off the account's list."""

    calendar: str = "primary"
    do: Literal["expire_sync", "remove"]


class EventWish(Wish):
    """What the owner does in his calendar. A time has its offset, or is in the calendar's zone.

    add needs `start`; move `event` and `start` (the length stays unless `end` or `minutes` is given); rename `summary`;
    answer is what a guest (`guest`, `response`) replies. `fields` are Google's own, put into the event as they are.
    """

    do: Literal["add", "move", "rename", "delete", "answer"]
    calendar: str = "primary"
    event: str = ""
    start: str = ""
    end: str = ""
    minutes: int | None = Field(default=None, ge=1, le=100_000)
    summary: str = ""
    guest: str = ""
    response: Literal["accepted", "declined", "tentative", "needsAction"] = "declined"
    fields: dict[str, Any] = Field(default_factory=dict)


async def _read(request: web.Request, model: type[Model]) -> Model:
    if request.content_type != "application/json":
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        wrong = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise Problem(422, "; ".join(wrong)) from None


def _email(google: Google, account: str) -> str:
    email = account.lower() or next(iter(google.store.accounts), "")
    if email not in google.store.accounts:
        raise Problem(404, f"There is no account {account!r}.", accounts=list(google.store.accounts))
    return email


def _agenda(google: Google, account: str, calendar: str) -> Agenda:
    email = _email(google, account)
    agenda = google.store.find(email, calendar)
    if agenda is None:
        known = [each.id for each in google.store.visible(email)]
        raise Problem(404, f"{email} has no calendar {calendar!r}.", calendars=known)
    return agenda


async def show(request: web.Request) -> web.Response:
    """GET everything but the events."""
    google = request.app[GOOGLE]
    accounts = [
        {
            "email": each.email,
            "name": each.name,
            "sub": each.sub,
            "calendars": [
                {**calendar_json(agenda), "role": agenda.roles[each.email], "events": len(agenda.events)}
                for agenda in google.store.visible(each.email)
            ],
        }
        for each in google.store.accounts.values()
    ]
    shown_ = {
        "accounts": accounts,
        "grants": google.grants.as_json(),
        "channels": [each.as_json() for each in google.channels.all.values()],
        "consent": {
            "mode": google.consent.mode or GoogleConfig.of(request.app[SANDBOX].config).consent,
            "account": google.consent.account,
            "untick": sorted(google.consent.untick),
        },
        "mail": [each.as_json() for each in google.store.mail],
    }
    return web.json_response(shown_)


async def open_account(request: web.Request) -> web.Response:
    """POST an account, with its calendars; those that are there stay."""
    google = request.app[GOOGLE]
    account = google.store.open_account(await _read(request, AccountSeed))
    calendars = [calendar_json(agenda) for agenda in google.store.visible(account.email)]
    return web.json_response({"email": account.email, "sub": account.sub, "calendars": calendars}, status=201)


async def connect(request: web.Request) -> web.Response:
    """POST a consent; answers what the token endpoint would."""
    google, config = request.app[GOOGLE], GoogleConfig.of(request.app[SANDBOX].config)
    wish = await _read(request, ConnectWish)
    scopes = full_scopes(wish.scopes)
    grant = google.grants.allow(_email(google, wish.account), config.client_id, scopes)
    told = {
        "account": grant.email,
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "access_token": google.grants.new_access(grant, scopes, config, offline=True),
        "refresh_token": google.grants.new_refresh(grant, scopes),
        "expires_in": config.access_seconds,
        "scope": " ".join(scopes),
        "token_type": "Bearer",
    }
    return web.json_response(told, status=201)


async def set_consent(request: web.Request) -> web.Response:
    """PUT how people consent."""
    google = request.app[GOOGLE]
    wish = await _read(request, ConsentWish)
    account = _email(google, wish.account) if wish.account else ""
    google.consent = Consent(wish.mode, account, frozenset(full_scopes(wish.untick)))
    return web.json_response(wish.model_dump())


async def spoil_tokens(request: web.Request) -> web.Response:
    """POST the end of tokens."""
    google = request.app[GOOGLE]
    wish = await _read(request, TokenWish)
    email = _email(google, wish.account)
    grants = google.grants.of(email)
    if wish.do == "expire":
        return web.json_response({"account": email, "expired": google.grants.expire(email)})
    for grant in grants:
        if wish.do == "revoke":
            google.grants.revoke(grant)
        for token in tuple(grant.refresh_tokens):
            google.grants.drop_refresh(token)
    return web.json_response({"account": email, "grants": len(grants)})


async def change_calendar(request: web.Request) -> web.Response:
    """POST what happens to a calendar as a whole."""
    google = request.app[GOOGLE]
    wish = await _read(request, CalendarWish)
    agenda = _agenda(google, wish.account, wish.calendar)
    if wish.do == "expire_sync":
        agenda.epoch += 1
    else:
        del agenda.roles[_email(google, wish.account)]
    return web.json_response({"calendar": agenda.id, "do": wish.do})


async def list_events(request: web.Request) -> web.Response:
    """GET every event of a calendar, deleted ones too."""
    google = request.app[GOOGLE]
    agenda = _agenda(google, request.query.get("account", ""), request.query.get("calendar", "primary"))
    return web.json_response({"calendar": agenda.id, "events": [_event(each) for each in agenda.events.values()]})


def _event(event: Event) -> dict[str, Any]:
    return {"id": event.id, "etag": event.etag, "updated": stamp(event.updated), "status": "confirmed", **event.fields}


async def act(request: web.Request) -> web.Response:
    """POST what the owner, or a guest, does to an event."""
    google = request.app[GOOGLE]
    wish = await _read(request, EventWish)
    agenda = _agenda(google, wish.account, wish.calendar)
    try:
        event = _add(google, agenda, wish) if wish.do == "add" else find(agenda, wish.event)
        if wish.do == "delete":
            cancel(google.store, agenda, event)
            tell_guests(google.store, agenda, event, "cancellation", "all")
        elif wish.do != "add":
            event = keep(agenda, event)
            event.fields = checked(merged(event.fields, _changes(agenda, event, wish)), agenda)
            google.store.touch(agenda, event)
    except GoogleRefusal as refusal:
        raise Problem(404 if refusal.status == 404 else 422, str(refusal)) from None
    return web.json_response(_event(event), status=201 if wish.do == "add" else 200)


def _add(google: Google, agenda: Agenda, wish: EventWish) -> Event:
    fields = {"summary": wish.summary or "Busy", **_times(agenda, wish, timedelta(minutes=30)), **wish.fields}
    return google.store.add(agenda, "", checked(fields, agenda), agenda.owner)


def _times(agenda: Agenda, wish: EventWish, length: timedelta) -> dict[str, Any]:
    start = _instant(agenda, wish.start, "start")
    minutes = length if wish.minutes is None else timedelta(minutes=wish.minutes)
    end = _instant(agenda, wish.end, "end") if wish.end else start + minutes
    return {"start": {"dateTime": shown(start, agenda.zone)}, "end": {"dateTime": shown(end, agenda.zone)}}


def _instant(agenda: Agenda, text: str, which: str) -> datetime:
    found = read_time(text)
    if found is None:
        raise Problem(422, f"{which} must be a time such as 2026-12-01T10:00:00+01:00.")
    return found if found.tzinfo else found.replace(tzinfo=agenda.zone)


def _changes(agenda: Agenda, event: Event, wish: EventWish) -> dict[str, Any]:
    if wish.do == "rename":
        return {"summary": wish.summary, **wish.fields}
    if wish.do == "answer":
        guests = event.fields.get("attendees", [])
        if wish.guest.lower() not in (each["email"] for each in guests):
            raise Problem(422, f"{wish.guest!r} is no guest of this event.")
        mine = {"responseStatus": wish.response}
        return {"attendees": [{**each, **(mine if each["email"] == wish.guest.lower() else {})} for each in guests]}
    low, high = event.span(agenda.zone)
    sequence = event.fields.get("sequence", 0) + 1
    times = _times(agenda, wish, high - low)
    return {**{which: {"date": None, **times[which]} for which in times}, "sequence": sequence, **wish.fields}


def routes() -> list[web.RouteDef]:
    """All of them for scripts."""
    return [
        web.get("/_sandbox/google", show),
        web.post("/_sandbox/google/accounts", open_account),
        web.post("/_sandbox/google/connect", connect),
        web.put("/_sandbox/google/consent", set_consent),
        web.post("/_sandbox/google/tokens", spoil_tokens),
        web.post("/_sandbox/google/calendars", change_calendar),
        web.get("/_sandbox/google/events", list_events),
        web.post("/_sandbox/google/events", act),
    ]
