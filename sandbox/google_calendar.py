"""Calendar v3: every call of Google's own description of it, checked against that; those built here are answered.

https://developers.google.com/workspace/calendar/api/v3/reference
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web

from sandbox import google_events, google_freebusy, google_lists, google_push
from sandbox.calls import Course, Refusal
from sandbox.google_checks import Method, check_body, check_query, find_method
from sandbox.google_config import GoogleConfig
from sandbox.google_errors import (
    GoogleRefusal,
    bad_request,
    bad_token,
    broken,
    for_good,
    json_answer,
    limit,
    not_built,
    not_found,
    scope_missing,
    too_fast,
)
from sandbox.google_fields import chosen
from sandbox.google_oauth import check_token
from sandbox.google_shapes import calendar_json, entry_json
from sandbox.google_state import GOOGLE
from sandbox.google_store import RANKS
from sandbox.google_visit import Answer, Visit
from sandbox.record import Call
from sandbox.signatures import bearer_token
from sandbox.state import SANDBOX

PREFIX: Final = "/calendar/v3/"
HUGE_BYTES: Final = 64 * 1024 * 1024


def list_calendars(visit: Visit) -> Answer:
    """GET the account's list of calendars, its own first."""
    query = visit.query
    found = visit.google.store.visible(visit.email)
    least = query.get("minAccessRole")
    if least is not None:
        rank = RANKS.index("writer" if least == "writerWithoutPrivateAccess" else least)
        found = [each for each in found if RANKS.index(each.roles[visit.email]) >= rank]
    if "syncToken" in query:
        raise not_built("sync tokens for lists of calendars")
    begin = query.get("pageToken", "0")
    if not begin.isdecimal():
        raise bad_request("Invalid page token value.", parameter="pageToken")
    end = int(begin) + min(query.get("maxResults", 100), 250)
    body: dict[str, Any] = {"kind": "calendar#calendarList", "etag": '"p1"'}
    body["items"] = [entry_json(each, visit.email) for each in found[int(begin) : end]]
    return Answer(body | ({"nextPageToken": str(end)} if end < len(found) else {}))


def get_entry(visit: Visit) -> Answer:
    """GET one calendar as it stands in the list."""
    agenda = visit.google.store.find(visit.email, visit.path["calendarId"])
    if agenda is None:
        raise not_found()
    return Answer(entry_json(agenda, visit.email))


def get_calendar(visit: Visit) -> Answer:
    """GET a calendar by itself."""
    return Answer(calendar_json(visit.agenda("reader")))


def get_setting(visit: Visit) -> Answer:
    """GET the time zone of the account; nothing else is kept."""
    if visit.path["setting"] != "timezone":
        raise not_built(f"setting {visit.path['setting']!r}")
    zone = visit.google.store.calendars[visit.email].zone_name
    return Answer({"kind": "calendar#setting", "etag": '"1"', "id": "timezone", "value": zone})


Serve = Callable[[Visit], Answer]
# What is built, with the name by which a fault finds it.
_BUILT: Final[Mapping[str, tuple[Serve, str]]] = {
    "calendar.calendarList.list": (list_calendars, "calendars"),
    "calendar.calendarList.get": (get_entry, "calendars"),
    "calendar.calendars.get": (get_calendar, "calendars"),
    "calendar.settings.get": (get_setting, "calendars"),
    "calendar.freebusy.query": (google_freebusy.query, "freebusy"),
    "calendar.events.insert": (google_events.insert, "insert"),
    "calendar.events.get": (google_events.get, "get"),
    "calendar.events.patch": (google_events.patch, "patch"),
    "calendar.events.update": (google_events.update, "update"),
    "calendar.events.delete": (google_events.delete, "delete"),
    "calendar.events.list": (google_lists.list_, "list"),
    "calendar.events.instances": (google_lists.instances, "list"),
    "calendar.events.watch": (google_push.watch, "watch"),
    "calendar.channels.stop": (google_push.stop, "stop"),
}
_REFUSALS: Final[Mapping[str, Refusal]] = {
    "rate_limit": lambda fault: too_fast(fault).response(),
    "server_error": lambda fault: broken(fault).response(),
    "wrong_token": lambda _: bad_token().response(),
    "refuse": lambda fault: for_good(fault).response(),
}
# What no Google answers, but whoever stands between us and it may.
_ODD: Final[Mapping[str, Callable[[], web.Response]]] = {
    "rubbish": lambda: web.Response(body=b'{"kind": "calendar#event", "id', content_type="application/json"),
    "huge": lambda: web.Response(body=b'{"items": "' + b"x" * HUGE_BYTES, content_type="application/json"),
    "redirect": lambda: web.Response(status=302, headers={"Location": "https://elsewhere.invalid/calendar/v3/"}),
}


async def serve(request: web.Request) -> web.Response:
    """Any call below /calendar/v3/."""
    sandbox = request.app[SANDBOX]
    found = find_method(request.method, request.rel_url.raw_path.removeprefix(PREFIX))
    raw = await request.read()
    call = Call(provider="google", method=request.method, path=request.path, request=_recorded(request, raw))
    access = request.app[GOOGLE].grants.find_access(bearer_token(request.headers))
    names = (found[1].get("calendarId", "") if found else "", access.grant.email if access else "")
    event = _BUILT[found[0].id][1] if found and found[0].id in _BUILT else "action"
    course = Course(sandbox, request, call, names, _REFUSALS, event=event)
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        if found is None:
            raise not_found()
        visit = _open(request, found, raw, event)
        deaf = sandbox.faults.take(("never_heard",), "google", names, event)
        if deaf is not None:
            return await course.unheard(deaf)
        if (odd := sandbox.faults.take(tuple(_ODD), "google", names, event)) is not None:
            call.fault = odd.kind
            return course.answer(_ODD[odd.kind]())
        slow = sandbox.faults.take(("slow",), "google", names, event)
        if slow is not None:
            call.fault = slow.kind
            await asyncio.sleep(slow.wait_seconds(2.0))
        answer = _BUILT[visit.method.id][0](visit)
        response = _response(visit, answer)
        broken_late = sandbox.faults.take(("error_after_store",), "google", names, event) if answer.id else None
        if broken_late is not None:
            call.id, call.fault = answer.id, broken_late.kind
            raise broken(broken_late)
    except GoogleRefusal as refusal:
        return course.answer(refusal.response(), str(refusal))
    if answer.id:
        return await course.store(answer.id, response)
    late = sandbox.faults.take(("delay",), "google", names, event)
    if late is not None:
        call.fault = late.kind
        await asyncio.sleep(late.wait_seconds(2.0))
    return course.answer(response)


def _recorded(request: web.Request, raw: bytes) -> Any:
    """The query and the body, as they came."""
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw.decode(errors="replace")
    return {"query": {name: request.query.getall(name) for name in request.query}, "body": body}


def _open(request: web.Request, found: tuple[Method, dict[str, str]], raw: bytes, event: str) -> Visit:
    """The call once it is known to be allowed and well formed. Raises GoogleRefusal."""
    sandbox, google = request.app[SANDBOX], request.app[GOOGLE]
    method, path = found
    access = check_token(google, request)
    names = (path.get("calendarId", ""), access.grant.email)
    if sandbox.faults.take(("expire_token",), "google", names, event):
        google.grants.expire(access.grant.email)
        raise bad_token()
    if sandbox.faults.take(("revoke_grant",), "google", names, event):
        google.grants.revoke(access.grant)
        raise bad_token()
    config = GoogleConfig.of(sandbox.config)
    if config.calls_per_minute and not google.in_time(access.grant.email, config.calls_per_minute):
        raise limit("rateLimitExceeded")
    if not access.allows(method.scopes):
        raise scope_missing(method.id)
    query = check_query(method, list(request.query.items()))
    if method.id not in _BUILT:
        raise not_built(method.id)
    return Visit(
        sandbox=sandbox,
        google=google,
        config=config,
        method=method,
        path=path,
        query=query,
        body=_body(request, method, raw),
        access=access,
        headers=request.headers,
        base_url=str(request.url.origin()),
    )


def _body(request: web.Request, method: Method, raw: bytes) -> Mapping[str, Any]:
    if not method.body:
        if raw:
            raise bad_request(f"The sandbox refuses what Google ignores: {method.id} takes no body.", "parseError")
        return {}
    if request.content_type != "application/json":
        raise bad_request(f"The sandbox wants application/json, not {request.content_type}.", "parseError")
    try:
        return check_body(method, json.loads(raw))
    except ValueError:
        raise bad_request("Parse Error", "parseError") from None


def _response(visit: Visit, answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    return json_answer(chosen(answer.body, visit.query.get("fields", "")), answer.status, answer.headers)


def routes() -> list[web.RouteDef]:
    """One address for all of it."""
    return [web.route("*", PREFIX + "{call:.*}", serve)]
