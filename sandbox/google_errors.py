"""How Google refuses: the error body of its JSON APIs, and that of its token endpoint.

https://developers.google.com/workspace/calendar/api/guides/errors
https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.faults import Fault

_SEE: Final = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


class GoogleRefusal(Exception):
    """An answer of Calendar in its error shape. `whole` is the outer message where it differs from the inner one."""

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        *,
        domain: str = "global",
        where: tuple[str, str] | None = None,
        whole: str = "",
        more: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.headers = dict(headers or {})
        inner = {"domain": domain, "reason": reason, "message": message}
        if where is not None:
            inner |= {"locationType": where[0], "location": where[1]}
        self.body = {"error": {"errors": [inner], "code": status, "message": whole or message, **(more or {})}}

    def response(self) -> web.Response:
        return json_answer(self.body, self.status, self.headers)


def json_answer(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """JSON as Google writes it."""
    shown = {"Content-Type": "application/json; charset=UTF-8", "Vary": "Origin, X-Origin, Referer", **(headers or {})}
    return web.Response(body=json.dumps(body, indent=1, ensure_ascii=False).encode(), status=status, headers=shown)


def bad_request(message: str, reason: str = "invalid", *, parameter: str = "") -> GoogleRefusal:
    return GoogleRefusal(400, reason, message, where=("parameter", parameter) if parameter else None)


def unknown_to_google(message: str, *, parameter: str = "") -> GoogleRefusal:
    """What Google would overlook: the sandbox refuses it, so that a slip is seen."""
    where = ("parameter", parameter) if parameter else None
    return GoogleRefusal(400, "invalidParameter", f"The sandbox refuses what Google ignores: {message}", where=where)


def not_built(what: str) -> GoogleRefusal:
    return GoogleRefusal(501, "notImplemented", f"The sandbox has no {what}.")


def empty_range() -> GoogleRefusal:
    message = "The specified time range is empty."
    return GoogleRefusal(400, "timeRangeEmpty", message, domain="calendar", where=("parameter", "timeMax"))


def login_required() -> GoogleRefusal:
    return GoogleRefusal(
        401,
        "required",
        "Login Required.",
        where=("header", "Authorization"),
        whole=f"Request is missing required authentication credential. {_SEE}",
        more={"status": "UNAUTHENTICATED"},
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/"'},
    )


def bad_token() -> GoogleRefusal:
    return GoogleRefusal(
        401,
        "authError",
        "Invalid Credentials",
        where=("header", "Authorization"),
        whole=f"Request had invalid authentication credentials. {_SEE}",
        more={"status": "UNAUTHENTICATED"},
        headers={"WWW-Authenticate": 'Bearer realm="https://accounts.google.com/", error="invalid_token"'},
    )


def scope_missing(method: str) -> GoogleRefusal:
    """The client library shows the reason of `details`, not that of `errors`."""
    resource, _, verb = method.removeprefix("calendar.").partition(".")
    named = f"calendar.v3.{resource[:1].upper()}{resource[1:]}.{verb[:1].upper()}{verb[1:]}"
    detail = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
        "domain": "googleapis.com",
        "metadata": {"service": "calendar-json.googleapis.com", "method": named},
    }
    return GoogleRefusal(
        403,
        "insufficientPermissions",
        "Insufficient Permission",
        whole="Request had insufficient authentication scopes.",
        more={"status": "PERMISSION_DENIED", "details": [detail]},
    )


def access_level(role: str) -> GoogleRefusal:
    message = f"You need to have {role} access to this calendar."
    return GoogleRefusal(403, "requiredAccessLevel", message, domain="calendar")


def not_found() -> GoogleRefusal:
    return GoogleRefusal(404, "notFound", "Not Found")


def duplicate() -> GoogleRefusal:
    return GoogleRefusal(409, "duplicate", "The requested identifier already exists.")


def deleted() -> GoogleRefusal:
    return GoogleRefusal(410, "deleted", "Resource has been deleted")


def full_sync() -> GoogleRefusal:
    message = "Sync token is no longer valid, a full sync is required."
    return GoogleRefusal(410, "fullSyncRequired", message, domain="calendar", where=("parameter", "syncToken"))


def condition() -> GoogleRefusal:
    return GoogleRefusal(412, "conditionNotMet", "Precondition Failed", where=("header", "If-Match"))


_LIMITS: Final[Mapping[str, str]] = {
    "rateLimitExceeded": "Rate Limit Exceeded",
    "userRateLimitExceeded": "User Rate Limit Exceeded",
    "quotaExceeded": "Calendar usage limits exceeded.",
    "dailyLimitExceeded": "Daily Limit Exceeded",
}


def limit(reason: str) -> GoogleRefusal:
    return GoogleRefusal(403, reason, _LIMITS[reason], domain="usageLimits")


def too_fast(fault: Fault) -> GoogleRefusal:
    """403 rateLimitExceeded; another reason by its name, or code 429 for the other status."""
    code = fault.order.code
    if code == "429":
        headers = {"Retry-After": f"{max(1, round(fault.order.retry_after))}"}
        return GoogleRefusal(429, "rateLimitExceeded", "Rate Limit Exceeded", domain="usageLimits", headers=headers)
    return limit(code if code in _LIMITS else "rateLimitExceeded")


def broken(fault: Fault) -> GoogleRefusal:
    status = fault.order.status
    if status == 503:
        message = "The service is currently unavailable."
        return GoogleRefusal(503, "backendError", message, more={"status": "UNAVAILABLE"})
    return GoogleRefusal(status, "backendError", "Backend Error")


def for_good(fault: Fault) -> GoogleRefusal:
    """A refusal that no retry helps: quotaExceeded unless `code` names another."""
    code = fault.order.code or "quotaExceeded"
    if code in _LIMITS:
        return limit(code)
    if code == "forbiddenForNonOrganizer":
        message = "Shared properties can only be changed by the organizer of the event."
        return GoogleRefusal(403, code, message, domain="calendar")
    known = {
        "notFound": not_found(),
        "invalid": bad_request("Invalid attendee email."),
        "insufficientPermissions": scope_missing("calendar.events.insert"),
    }
    return known.get(code) or GoogleRefusal(403, code, "Forbidden")


class OAuthRefusal(Exception):
    """An answer of the token endpoint in its error shape."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.body = {"error": error, "error_description": description}

    def response(self) -> web.Response:
        return json_answer(self.body, self.status, {"Cache-Control": "no-store", "Pragma": "no-cache"})


class ConsentRefusal(Exception):
    """A page that ends the consent: the browser is not sent back to the app."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
