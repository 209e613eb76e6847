"""Twilio's Messages API: takes texts, reports their delivery, lists what there is.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox.calls import Course, Refusal
from sandbox.faults import FATES, Fault
from sandbox.media import SHELF
from sandbox.phones import Bubble, Phone
from sandbox.record import Call
from sandbox.signatures import basic_credentials, same
from sandbox.state import SANDBOX, Sandbox
from sandbox.twilio_checks import Order, TwilioRefusal, check_fields, check_order
from sandbox.twilio_hooks import status_callback
from sandbox.twilio_store import API_VERSION, TWILIO, TwilioMessage, rfc2822, segments


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
    form = parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True)
    fields = dict(form)
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
        check_fields(form)
        order = check_order(sandbox, store, form)
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
    text = "\n".join((*((order.body,) if order.body else ()), *(f"[media] {url}" for url in order.media)))
    kind = "media" if order.media else "text"
    bubble = Bubble(id=message.sid, side="business", text=text or "[template]", state="accepted", kind=kind)
    sandbox.phones.add(phone, bubble)
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
        {
            "sid": media_sid(id_),
            "account_sid": account_sid,
            "parent_sid": message.sid,
            "content_type": kind,
            "date_created": rfc2822(message.created),
            "date_updated": rfc2822(message.created),
            "uri": f"{path}/{media_sid(id_)}.json",
        }
        for id_, kind in message.files
    ]
    end = max(len(rows) - 1, 0)
    return web.json_response(
        {"media_list": rows, "page": 0, "page_size": 50, "start": 0, "end": end, "next_page_uri": None}
    )


def media_sid(id_: str) -> str:
    """The name that Twilio gives a file of the shelf."""
    return f"ME{int(id_):032x}"


async def file(request: web.Request) -> web.Response:
    """GET the bytes of one file: its `uri` without .json."""
    sandbox = request.app[SANDBOX]
    try:
        check_account(sandbox, request)
        message = request.app[TWILIO].find(request.match_info["message"])
        id_ = str(int(request.match_info["file"].removeprefix("ME"), 16))
        stored = request.app[SHELF].find(id_)
        listed = message is not None and any(id_ == each for each, _ in message.files)
        if not listed or stored is None or sandbox.faults.take(("expired_media",), "twilio"):
            raise TwilioRefusal(20404, f"The requested resource {request.path} was not found", 404)
    except TwilioRefusal as refusal:
        return refusal.response()
    return web.Response(body=stored.order.data, content_type=stored.order.mime_type)


def routes() -> list[web.RouteDef]:
    messages = f"/{API_VERSION}/Accounts/{{sid}}/Messages"
    return [
        web.post(f"{messages}.json", send),
        web.get(f"{messages}.json", list_, allow_head=False),
        web.get(f"{messages}/{{message:[SM]M[0-9a-f]{{32}}}}.json", fetch, allow_head=False),
        web.get(f"{messages}/{{message}}/Media.json", list_media, allow_head=False),
        web.get(f"{messages}/{{message}}/Media/{{file:ME[0-9a-f]{{32}}}}", file, allow_head=False),
    ]
