"""What WhatsApp and Instagram share: Graph's errors and tokens, and the signed webhook.

https://developers.facebook.com/docs/graph-api/guides/error-handling/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from sandbox.calls import Course, Refusal
from sandbox.config import Number
from sandbox.deliveries import Outgoing, Webhook
from sandbox.faults import Fault
from sandbox.record import Call
from sandbox.signatures import bearer_token, same, sign_meta
from sandbox.state import SANDBOX, Sandbox


class GraphRefusal(Exception):
    """An answer of Graph in its error shape: `code` and `subcode` are Graph's, `status` is HTTP's."""

    def __init__(
        self,
        code: int,
        message: str,
        *,
        details: str = "",
        subcode: int = 0,
        status: int = 400,
        kind: str = "OAuthException",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.subcode = subcode
        self.status = status
        self.kind = kind

    def response(self, trace: str) -> web.Response:
        error: dict[str, Any] = {"message": self.message, "type": self.kind, "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.code in (2, 130429, 131016):
            error["is_transient"] = True
        error["fbtrace_id"] = trace
        return web.json_response({"error": error}, status=self.status)


def bad_parameter(message: str, details: str = "") -> GraphRefusal:
    return GraphRefusal(100, f"(#100) {message}", details=details)


def bad_token() -> GraphRefusal:
    return GraphRefusal(190, "Invalid OAuth access token - Cannot parse access token", status=401)


def no_such_object(id_: str, verb: str = "post") -> GraphRefusal:
    return GraphRefusal(
        100,
        f"Unsupported {verb} request. Object with ID '{id_}' does not exist, cannot be loaded due to missing "
        "permissions, or does not support this operation",
        subcode=33,
        kind="GraphMethodException",
    )


WORDS = {
    4: "(#4) Application request limit reached",
    10: "(#10) This message is sent outside of allowed window.",
    100: "(#100) Invalid parameter",
    130429: "(#130429) Rate limit hit",
    131016: "(#131016) Service unavailable",
    131026: "(#131026) Message undeliverable",
    131030: "(#131030) Recipient phone number not in allowed list",
    131047: "(#131047) Re-engagement message",
    131050: "(#131050) User has stopped marketing messages",
    131056: "(#131056) (Business Account, Consumer Account) pair rate limit hit",
}


def coded(code: int) -> GraphRefusal:
    """The refusal with this code, in Graph's words where we know them."""
    status = {190: 401, 130429: 429, 131056: 429, 4: 429, 131016: 503, 2: 503}.get(code, 400)
    return GraphRefusal(code, WORDS.get(code, f"(#{code}) Refused by the sandbox"), status=status)


def refusals(sandbox: Sandbox, speed_code: int, final_code: int) -> Mapping[str, Refusal]:
    """How Graph words each refusing fault."""

    def speed(fault: Fault) -> web.Response:
        return coded(fault.code(speed_code)).response(sandbox.ids.trace())

    def broken(fault: Fault) -> web.Response:
        refusal = GraphRefusal(2, "An unexpected error has occurred. Please retry your request later.")
        refusal.status = fault.order.status
        return refusal.response(sandbox.ids.trace())

    def final(fault: Fault) -> web.Response:
        return coded(fault.code(final_code)).response(sandbox.ids.trace())

    return {
        "rate_limit": speed,
        "server_error": broken,
        "wrong_token": lambda _: bad_token().response(sandbox.ids.trace()),
        "refuse": final,
    }


def request_token(request: web.Request) -> str:
    """The token of a call; a renewed one counts as the one that it renewed."""
    return request.app[SANDBOX].first_token(bearer_token(request.headers) or request.query.get("access_token", ""))


def find_number(sandbox: Sandbox, id_: str, token: str) -> Number:
    """The number that `id_` (or `me`) names for this token. Raises GraphRefusal."""
    if not token:
        raise GraphRefusal(190, "An access token is required to request this resource.", status=401)
    ours = [number for number in sandbox.config.lines if number.platform in ("whatsapp", "instagram")]
    if id_ == "me":
        ours = [n for n in ours if n.platform == "instagram" and (not n.access_token or same(n.access_token, token))]
        if not ours:
            raise bad_token()
        return ours[0]
    number = next((number for number in ours if number.meta_phone_number_id == id_), None)
    if number is None:
        known = {number.access_token for number in ours}
        if "" in known or token in known:
            raise no_such_object(id_)
        raise bad_token()
    if number.access_token and not same(number.access_token, token):
        raise bad_token()
    return number


async def json_object(request: web.Request) -> dict[str, Any]:
    """The request's JSON object. Raises GraphRefusal."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        raise bad_parameter("Invalid parameter", "The request body is not JSON") from None
    if not isinstance(body, dict):
        raise bad_parameter("Invalid parameter", "The request body is not a JSON object")
    return body


def signed(sandbox: Sandbox, payload: Mapping[str, Any]) -> Outgoing:
    """A webhook of Meta. Like Meta's own, its text is escaped unicode; the signature is over these very bytes."""
    body = json.dumps(payload, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Hub-Signature-256": sign_meta(sandbox.config.meta.app_secret, body),
    }
    return Outgoing(f"{sandbox.config.gateway}/webhooks/meta", headers, body)


def number_card(number: Number) -> dict[str, str]:
    """What Graph tells of a number, for a gateway that checks its credentials."""
    shown = {"id": number.meta_phone_number_id}
    if number.platform == "whatsapp":
        return shown | {
            "display_phone_number": number.address,
            "verified_name": number.display_name,
            "quality_rating": "GREEN",
        }
    return shown | {"username": number.address.lstrip("@"), "name": number.display_name}


def check_any_token(sandbox: Sandbox, token: str) -> None:
    """Raises GraphRefusal unless the token is one of our numbers'."""
    known = {number.access_token for number in sandbox.config.lines if number.platform in ("whatsapp", "instagram")}
    if not token or ("" not in known and token not in known):
        raise bad_token()


def refuse_unread(sandbox: Sandbox, request: web.Request, refusal: GraphRefusal) -> web.Response:
    """Records and answers a call that named no number of ours or had no readable body."""
    call = Call(provider="meta", method=request.method, path=request.path, request=None)
    course = Course(sandbox, request, call, (), {})
    return course.answer(refusal.response(sandbox.ids.trace()), refusal.message)


def merge_entries(webhooks: Sequence[Webhook]) -> list[Webhook]:
    """Webhooks in the order of their first number, so that each number's events stand together."""
    order: dict[str, int] = {}
    for webhook in webhooks:
        order.setdefault(webhook.number, len(order))
    return sorted(webhooks, key=lambda webhook: order[webhook.number])
