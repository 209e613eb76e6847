"""The course of a call to OpenAI: recorded, perhaps spoilt, its key checked, answered or refused."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.calls import Course, Refusal
from sandbox.faults import Fault
from sandbox.openai_errors import ApiRefusal
from sandbox.openai_items import short
from sandbox.record import Call
from sandbox.signatures import bearer_token, same
from sandbox.state import SANDBOX, Sandbox

_HEADERS: Final = {"openai-version": "2020-10-01", "openai-processing-ms": "1"}


def speed_limit(fault: Fault) -> ApiRefusal:
    seconds = fault.order.retry_after
    return ApiRefusal(
        f"Rate limit reached. Please try again in {seconds:g}s.",
        status=429,
        kind="rate_limit_error",
        code=fault.order.code or "rate_limit_exceeded",
        headers={"Retry-After": f"{seconds:g}"},
    )


def no_quota(fault: Fault) -> ApiRefusal:
    return ApiRefusal(
        "You exceeded your current quota, please check your plan and billing details.",
        status=429,
        kind="insufficient_quota",
        code=fault.order.code or "insufficient_quota",
    )


def broken(fault: Fault) -> ApiRefusal:
    overloaded = fault.order.status == 503
    return ApiRefusal(
        "The server is overloaded." if overloaded else "The server had an error while processing your request.",
        status=fault.order.status,
        kind="server_error",
        code="server_is_overloaded" if overloaded else None,
    )


def bad_key() -> ApiRefusal:
    return ApiRefusal("Incorrect API key provided.", status=401, code="invalid_api_key")


def bad_request(fault: Fault) -> ApiRefusal:
    return ApiRefusal("The request was refused by the sandbox.", code=fault.order.code or "invalid_prompt")


def bad_image(fault: Fault) -> ApiRefusal:
    message = "The image data you provided does not represent a valid image. Please check your input and try again."
    return ApiRefusal(message, code=fault.order.code or "invalid_image", param="input")


def _refusals(request_id: str) -> Mapping[str, Refusal]:
    return {
        "rate_limit": lambda fault: speed_limit(fault).response(request_id),
        "server_error": lambda fault: broken(fault).response(request_id),
        "wrong_token": lambda _: bad_key().response(request_id),
        "refuse": lambda fault: bad_request(fault).response(request_id),
    }


def check_key(sandbox: Sandbox, request: web.Request) -> None:
    """Raises ApiRefusal unless the request carries the configured key (any key when none is configured)."""
    token = bearer_token(request.headers)
    if not token:
        raise ApiRefusal("You didn't provide an API key.", status=401)
    right = sandbox.config.openai.api_key
    if right and not same(right, token):
        raise bad_key()


class Exchange:
    """One request to OpenAI and what becomes of it. `event` is "action" for one that asks for no response."""

    def __init__(self, request: web.Request, given: Any, *, event: str = "message") -> None:
        self.sandbox = request.app[SANDBOX]
        self.request = request
        self.request_id = "req_" + secrets.token_hex(16)
        self.headers = {"x-request-id": self.request_id, **_HEADERS}
        self.call = Call(provider="openai", method=request.method, path=request.path, request=short(given))
        self.course = Course(self.sandbox, request, self.call, (), _refusals(self.request_id), event=event)

    async def run(self, work: Callable[[], Awaitable[web.StreamResponse]]) -> web.StreamResponse:
        """Does the work, unless a fault comes first or the key is wrong; an ApiRefusal of the work is the answer."""
        spoilt = self.course.spoilt()
        if spoilt is not None:
            return spoilt
        try:
            check_key(self.sandbox, self.request)
            return await work()
        except ApiRefusal as refusal:
            return self.course.answer(refusal.response(self.request_id), refusal.message)

    async def store(self, id_: str, body: Any) -> web.StreamResponse:
        """The answer of a request that was taken as `id_`."""
        return await self.course.store(id_, web.json_response(body, headers=self.headers))
