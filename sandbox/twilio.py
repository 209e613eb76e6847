"""Twilio's Messages API: takes texts, reports their delivery, lists what there is.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.calls import Course, Refusal
from sandbox.config import Number
from sandbox.faults import FATES, Fault
from sandbox.media import SHELF
from sandbox.phones import Bubble, Phone
from sandbox.record import Call
from sandbox.signatures import basic_credentials, same
from sandbox.state import SANDBOX, Sandbox
from sandbox.twilio_hooks import status_callback
from sandbox.twilio_store import API_VERSION, TWILIO, TwilioMessage, TwilioStore, segments

BODY_CHARACTERS: Final = 1600
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SERVICE: Final = re.compile(r"MG[0-9a-f]{32}")
_URL: Final = re.compile(r"https?://[^\s/_]+(/\S*)?")


FIELDS: Final = frozenset({
    "To", "StatusCallback", "ApplicationSid", "MaxPrice", "ProvideFeedback", "Attempt", "ValidityPeriod",
    "ForceDelivery", "ContentRetention", "AddressRetention", "SmartEncoded", "PersistentAction", "TrafficType",
    "ShortenUrls", "ScheduleType", "SendAt", "SendAsMms", "ContentVariables", "RiskCheck", "From", "FallbackFrom",
    "MessagingServiceSid", "Body", "MediaUrl", "ContentSid",
})  # fmt: skip


class TwilioRefusal(Exception):
    """An answer of Twilio in its error shape. https://www.twilio.com/docs/api/errors"""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> web.Response:
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        body = {"code": self.code, "message": self.message, "more_info": more, "status": self.status}
        return web.json_response(body, status=self.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A message as the gateway asked for it, checked. `sender` is None when a Messaging Service will choose."""

    to: str
    number: Number
    service: str | None
    body: str
    callback: str
    media: tuple[str, ...]


def _not_authenticated() -> TwilioRefusal:
    return TwilioRefusal(20003, "Authenticate", 401)


def _refusals() -> Mapping[str, Refusal]:
    def final(fault: Fault) -> web.Response:
        code = fault.code(21211)
        return TwilioRefusal(code, _WORDS.get(code, "The message was refused by the sandbox")).response()

    return {
        "rate_limit": lambda _: TwilioRefusal(20429, "Too Many Requests", 429).response(),
        "server_error": lambda f: TwilioRefusal(20500, "Internal Server Error", f.order.status).response(),
        "wrong_token": lambda _: _not_authenticated().response(),
        "refuse": final,
    }


_WORDS: Final[Mapping[int, str]] = {
    21211: "Invalid 'To' Phone Number",
    21408: "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    21610: "Attempt to send to unsubscribed recipient",
    21611: "This 'From' number has exceeded the maximum number of queued messages",
    21614: "'To' number is not a valid mobile number",
    30003: "Unreachable destination handset",
    30007: "Message filtered",
    30008: "Unknown error",
}


def check_account(sandbox: Sandbox, request: web.Request) -> str:
    """The account's sid. Raises TwilioRefusal unless the request carries its sid and token."""
    keys = sandbox.config.twilio
    given = basic_credentials(request.headers)
    if given is None or not same(given[0], keys.account_sid) or not same(given[1], keys.auth_token):
        raise _not_authenticated()
    if request.match_info["sid"] != keys.account_sid:
        raise TwilioRefusal(20404, f"The requested resource {request.path} was not found", 404)
    return keys.account_sid


async def send(request: web.Request) -> web.Response:
    """POST /2010-04-01/Accounts/{sid}/Messages.json."""
    sandbox, store = request.app[SANDBOX], request.app[TWILIO]
    fields = dict(parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True))
    call = Call(
        provider="twilio",
        method="POST",
        path=request.path,
        request=fields,
        to=fields.get("To", ""),
        sender=fields.get("From") or fields.get("MessagingServiceSid", ""),
        text=fields.get("Body"),
        part=part_of(fields.get("StatusCallback", "")),
    )
    number = sandbox.config.find_number(fields.get("From", ""), "sms")
    course = Course(sandbox, request, call, number.names if number else (), _refusals())
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        account_sid = check_account(sandbox, request)
        _check_fields(fields)
        order = _check_order(sandbox, store, fields)
    except TwilioRefusal as refusal:
        return course.answer(refusal.response(), f"{refusal.code} {refusal.message}")
    message = store.add(_message(sandbox, order))
    _report(sandbox, order, message)
    return await course.store(message.sid, web.json_response(message.as_json(account_sid), status=201))


def part_of(callback: str) -> str:
    """The first value of the callback's query: where a gateway without another place puts its own id."""
    query = callback.partition("?")[2].partition("#")[0]
    values = parse_qsl(query)
    return dict(values).get("part", values[0][1] if values else "")


def _check_fields(fields: Mapping[str, str]) -> None:
    """The schema of CreateMessage in Twilio's OpenAPI file: no other field, and each within its bounds."""
    if unknown := sorted(set(fields) - FIELDS):
        raise TwilioRefusal(20001, f"Parameter {unknown[0]} is not one of CreateMessage")
    period = fields.get("ValidityPeriod", "1")
    if not period.isdecimal() or not 1 <= int(period) <= 36000:
        raise TwilioRefusal(21621, "The ValidityPeriod is out of range")
    media = fields.get("MediaUrl", "")
    if media and not re.fullmatch(r"https?://[^\s/]+(/\S*)?", media):
        raise TwilioRefusal(21620, f"Invalid media URL(s): {media}")


def _check_order(sandbox: Sandbox, store: TwilioStore, fields: Mapping[str, str]) -> Order:
    to, sender, service = fields.get("To", ""), fields.get("From", ""), fields.get("MessagingServiceSid", "")
    if not to:
        raise TwilioRefusal(21604, "A 'To' phone number is required.")
    if not sender and not service:
        raise TwilioRefusal(21603, "A 'From' phone number is required.")
    if not _PHONE.fullmatch(to):
        raise TwilioRefusal(21211, f"Invalid 'To' Phone Number: {to}")
    if service and not _SERVICE.fullmatch(service):
        raise TwilioRefusal(21701, "The Messaging Service does not exist")
    number = sandbox.config.find_number(sender, "sms") if sender else sandbox.config.first_number("sms")
    if number is None:
        raise TwilioRefusal(
            21606, f"The 'From' phone number {sender} is not a valid, SMS-capable phone number for your account."
        )
    if to in number.names:
        raise TwilioRefusal(21266, "'To' and 'From' number cannot be the same")
    if (number.id, to) in store.opted_out:
        raise TwilioRefusal(21610, "Attempt to send to unsubscribed recipient")
    callback = fields.get("StatusCallback", "")
    if callback and not _URL.fullmatch(callback):
        raise TwilioRefusal(21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")
    media = (fields["MediaUrl"],) if fields.get("MediaUrl") else ()
    return Order(
        to=to,
        number=number,
        service=service or None,
        body=_check_body(fields.get("Body", ""), media),
        callback=callback,
        media=media,
    )


def _check_body(body: str, media: tuple[str, ...]) -> str:
    if not body and not media:
        raise TwilioRefusal(21602, "Message body is required.")
    if len(body) > BODY_CHARACTERS:
        raise TwilioRefusal(21617, f"The concatenated message body exceeds the {BODY_CHARACTERS} character limit")
    return body


def _message(sandbox: Sandbox, order: Order) -> TwilioMessage:
    return TwilioMessage(
        sid=sandbox.ids.sid("MM" if order.media else "SM"),
        to=order.to,
        sender=None if order.service else order.number.address,
        body=order.body,
        direction="outbound-api",
        # With a Messaging Service the sender is chosen, and the segments are counted, later.
        status="accepted" if order.service else "queued",
        num_segments=0 if order.service else segments(order.body),
        messaging_service_sid=order.service,
        media=order.media,
    )


def _report(sandbox: Sandbox, order: Order, message: TwilioMessage) -> None:
    phone = sandbox.phone(order.number, order.to)
    text = order.body or "[media]"
    bubble = sandbox.phones.add(phone, Bubble(id=message.sid, side="business", text=text, state="accepted"))
    fate = sandbox.faults.take(FATES, "twilio", order.number.names)
    sandbox.deliveries.start(_progress(sandbox, order, message, (phone, bubble, fate)))


async def _progress(
    sandbox: Sandbox, order: Order, message: TwilioMessage, told: tuple[Phone, Bubble, Fault | None]
) -> None:
    """Moves the message on: there is no callback for its first status, and none at all without a StatusCallback."""
    phone, bubble, fate = told
    fails = fate is not None and fate.kind == "fail_later"
    silent = not order.callback or (fate is not None and fate.kind == "no_status")
    states = ["queued"] if order.service else []
    for state in [*states, "sent", "undelivered" if fails else "delivered"]:
        await asyncio.sleep(sandbox.status_delay())
        message.status = state
        message.sender, message.num_segments = order.number.address, segments(order.body)
        message.sent = message.sent or (datetime.now(UTC) if state == "sent" else None)
        if fate is not None and state == "undelivered":
            message.error_code = fate.code(30003)
            message.error_message = _WORDS.get(message.error_code)
        shown = {"queued": "accepted", "undelivered": "failed"}.get(state, state)
        sandbox.phones.advance(phone, bubble, shown)
        if not silent:
            sandbox.deliveries.submit(status_callback(sandbox, order.number, message, order.callback))


async def fetch(request: web.Request) -> web.Response:
    """GET one message."""
    sandbox, store = request.app[SANDBOX], request.app[TWILIO]
    try:
        account_sid = check_account(sandbox, request)
        message = store.find(request.match_info["message"])
        if message is None:
            raise TwilioRefusal(20404, f"The requested resource {request.path} was not found", 404)
    except TwilioRefusal as refusal:
        return refusal.response()
    return web.json_response(message.as_json(account_sid))


async def list_(request: web.Request) -> web.Response:
    """GET the list, newest first, with To, From and DateSent filters."""
    sandbox, store = request.app[SANDBOX], request.app[TWILIO]
    call = Call(provider="twilio", method="GET", path=request.path, request=dict(request.query))
    course = Course(sandbox, request, call, (), _refusals(), event="action")
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        account_sid = check_account(sandbox, request)
        page = store.page(request.query, account_sid)
    except TwilioRefusal as refusal:
        return course.answer(refusal.response(), refusal.message)
    except ValueError:
        return course.answer(TwilioRefusal(20001, "A filter or a page number cannot be read").response())
    return course.answer(web.json_response(page))


async def list_media(request: web.Request) -> web.Response:
    """GET the files of one message."""
    sandbox, store = request.app[SANDBOX], request.app[TWILIO]
    try:
        account_sid = check_account(sandbox, request)
        message = store.find(request.match_info["message"])
        if message is None:
            raise TwilioRefusal(20404, f"The requested resource {request.path} was not found", 404)
    except TwilioRefusal as refusal:
        return refusal.response()
    path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{message.sid}/Media"
    rows = [
        {"sid": f"ME{id_}", "parent_sid": message.sid, "content_type": kind, "uri": f"{path}/ME{id_}.json"}
        for id_, kind in message.files
    ]
    return web.json_response({"media_list": rows, "next_page_uri": None})


async def file(request: web.Request) -> web.Response:
    """GET the bytes of one file: its `uri` without .json."""
    try:
        check_account(request.app[SANDBOX], request)
    except TwilioRefusal as refusal:
        return refusal.response()
    stored = request.app[SHELF].find(request.match_info["file"].removeprefix("ME"))
    if stored is None:
        return web.Response(status=404)
    return web.Response(body=stored.order.data, content_type=stored.order.mime_type)


def routes() -> list[web.RouteDef]:
    messages = f"/{API_VERSION}/Accounts/{{sid}}/Messages"
    return [
        web.post(f"{messages}.json", send),
        web.get(f"{messages}.json", list_, allow_head=False),
        web.get(f"{messages}/{{message:[SM]M[0-9a-f]{{32}}}}.json", fetch, allow_head=False),
        web.get(f"{messages}/{{message}}/Media.json", list_media, allow_head=False),
        web.get(f"{messages}/{{message}}/Media/{{file}}", file, allow_head=False),
    ]
