"""The HTTP side of the process: errors as problem+json, a request id on every answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from gateway import observe
from gateway.errors import GatewayError, StoreAway, TooMany
from gateway.ids import uuid7

REQUEST_ID = web.RequestKey("request_id", str)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def problem(status: int, title: str, detail: str, request_id: str, **more: object) -> web.Response:
    """An error as RFC 9457 describes it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "request_id": request_id, **more}
    return web.json_response(
        body, status=status, content_type="application/problem+json", headers={"X-Request-Id": request_id}
    )


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Gives every request an id and every error a shape that tells the client what to do, and nothing of ours."""
    if request.path.startswith("/webhooks/"):
        return await _hook(request, handler)
    request_id = request_id_of(request)
    request[REQUEST_ID] = request_id
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = problem(error.status, error.reason, error.reason, request_id)
            for name in ("Allow", "Location"):
                if name in error.headers:
                    response.headers[name] = error.headers[name]
        except GatewayError as error:
            response = _gateway_problem(error, request_id)
        except Exception:  # the boundary of a request: the log has the trace, the client has the id
            observe.log.exception("request_failed", method=request.method, route=_route(request))
            detail = "Something went wrong on our side. Please name the request id when you ask about it."
            response = problem(500, "Internal error", detail, request_id)
    if not response.prepared:
        response.headers["X-Request-Id"] = request_id
    observe.REQUESTS.labels(_route(request), response.status).inc()
    return response


async def _hook(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The hot path: a provider reads no problem document and needs no id unless something failed."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        return problem(error.status, error.reason, error.reason, uuid7())
    except Exception:  # the boundary of a request: the log has the trace, the provider delivers again
        request_id = uuid7()
        observe.log.exception("hook_failed", route=_route(request), request_id=request_id)
        return problem(500, "Internal error", "Something went wrong on our side.", request_id)


def request_id_of(request: web.Request) -> str:
    """The client's own request id when it is a sane one, else a new one."""
    given = request.headers.get("X-Request-Id", "")
    return given if 8 <= len(given) <= 64 and given.isascii() and given.replace("-", "").isalnum() else uuid7()


def _gateway_problem(error: GatewayError, request_id: str) -> web.Response:
    detail = (
        "The store does not answer. Nothing was changed; try again." if isinstance(error, StoreAway) else str(error)
    )
    response = problem(error.status, error.title, detail, request_id, **error.more)
    if isinstance(error, StoreAway):
        observe.AWAY.inc()
        response.headers["Retry-After"] = "5"
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"
