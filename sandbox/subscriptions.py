"""Where providers send a number's webhooks: Meta's subscribed apps, and the URL of a number of Twilio's.

https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps/
https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from sandbox import meta
from sandbox.config import Number
from sandbox.meta import GraphRefusal
from sandbox.state import SANDBOX, Sandbox
from sandbox.twilio import check_account
from sandbox.twilio_checks import TwilioRefusal
from sandbox.twilio_store import API_VERSION
from sandbox.whatsapp import business_account

APP = {"id": "670843887433847", "name": "Frontdesk", "link": "https://www.facebook.com/games/?app_id=670843887433847"}
FIELDS = frozenset({
    "messages", "messaging_postbacks", "message_reactions", "messaging_seen", "messaging_referral",
    "messaging_optins", "messaging_handover", "standby", "comments", "live_comments", "mentions", "story_insights",
})  # fmt: skip
SMS_FIELDS = frozenset({"SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod", "FriendlyName"})


def _subject(request: web.Request) -> tuple[Sandbox, Number]:
    """The number that an object stands for: a business account, an Instagram account, or a page as `me`."""
    sandbox, id_ = request.app[SANDBOX], request.match_info["id"]
    owner = next((n for n in sandbox.config.lines if business_account(n.meta_phone_number_id) == id_), None)
    name = owner.meta_phone_number_id if owner and owner.platform == "whatsapp" else id_
    number = meta.find_number(sandbox, name, meta.request_token(request))
    if number.platform == "whatsapp" and name == id_:
        raise meta.no_such_object(id_, request.method.lower())  # a number has no apps: its account has
    return sandbox, number


async def subscribed(request: web.Request) -> web.Response:
    """GET /{account}/subscribed_apps."""
    try:
        sandbox, number = _subject(request)
    except GraphRefusal as refusal:
        return refusal.response(request.app[SANDBOX].ids.trace())
    fields = sandbox.subscribed.get(number.id)
    if number.platform == "whatsapp":
        return web.json_response({"data": [] if fields is None else [{"whatsapp_business_api_data": APP}]})
    return web.json_response({"data": [] if fields is None else [{**APP, "subscribed_fields": fields}]})


async def subscribe(request: web.Request) -> web.Response:
    """POST /{account}/subscribed_apps; Instagram wants to know the fields."""
    try:
        sandbox, number = _subject(request)
        fields = [one for one in request.query.get("subscribed_fields", "").split(",") if one]
        if number.platform == "instagram":
            if not fields:
                raise meta.bad_parameter("The parameter subscribed_fields is required.")
            if unknown := [one for one in fields if one not in FIELDS]:
                raise meta.bad_parameter(f"Param subscribed_fields[0] must be one of {{…}} - got {unknown[0]!r}.")
    except GraphRefusal as refusal:
        return refusal.response(request.app[SANDBOX].ids.trace())
    sandbox.subscribed[number.id] = fields
    return web.json_response({"success": True})


async def account(request: web.Request) -> web.Response:
    """GET /2010-04-01/Accounts/{sid}.json."""
    try:
        sid = check_account(request.app[SANDBOX], request)
    except TwilioRefusal as refusal:
        return refusal.response()
    return web.json_response({"sid": sid, "friendly_name": "Frontdesk", "status": "active", "type": "Full"})


async def numbers(request: web.Request) -> web.Response:
    """GET IncomingPhoneNumbers.json, all of them or the one of PhoneNumber."""
    sandbox = request.app[SANDBOX]
    try:
        sid = check_account(sandbox, request)
    except TwilioRefusal as refusal:
        return refusal.response()
    wanted = request.query.get("PhoneNumber")
    ours = [n for n in sandbox.config.lines if n.platform == "sms" and wanted in (None, n.address)]
    return web.json_response({"incoming_phone_numbers": [_shown(sandbox, sid, one) for one in ours], "page": 0})


async def change(request: web.Request) -> web.Response:
    """POST IncomingPhoneNumbers/{PN…}.json."""
    sandbox = request.app[SANDBOX]
    try:
        sid = check_account(sandbox, request)
        wanted = request.match_info["number"]
        number = next((n for n in sandbox.config.lines if n.platform == "sms" and sid_of(n) == wanted), None)
        if number is None:
            raise TwilioRefusal(20404, f"The requested resource {request.path} was not found", 404)
        form = dict(parse_qsl((await request.read()).decode(errors="replace"), keep_blank_values=True))
        if unknown := form.keys() - SMS_FIELDS:
            raise TwilioRefusal(20001, f"Unknown parameter {min(unknown)}")
        url, method = form.get("SmsUrl", ""), form.get("SmsMethod", "POST")
        if url and urlsplit(url).scheme not in ("http", "https"):
            raise TwilioRefusal(21502, "SmsUrl is not a valid URL")
        if method not in ("GET", "POST"):
            raise TwilioRefusal(21403, "SmsMethod is not valid")
    except TwilioRefusal as refusal:
        return refusal.response()
    if "SmsUrl" in form:
        sandbox.sms_hooks[number.id] = (url, method)
    return web.json_response(_shown(sandbox, sid, number))


def sid_of(number: Number) -> str:
    """The name that Twilio gives a number."""
    return "PN" + hashlib.sha256(number.address.encode()).hexdigest()[:32]


def _shown(sandbox: Sandbox, sid: str, number: Number) -> dict[str, Any]:
    url, method = sandbox.sms_hooks.get(number.id, ("", "POST"))
    return {
        "sid": sid_of(number), "account_sid": sid, "phone_number": number.address,
        "friendly_name": number.display_name or number.address, "sms_url": url, "sms_method": method,
        "capabilities": {"voice": False, "sms": True, "mms": True},
    }  # fmt: skip


def routes() -> list[web.RouteDef]:
    found: list[web.RouteDef] = []
    for prefix in (r"/{version:v\d+\.\d+}", ""):
        path = prefix + r"/{id:me|\d{5,30}}/subscribed_apps"
        found += [web.get(path, subscribed, allow_head=False), web.post(path, subscribe)]
    of_account = f"/{API_VERSION}/Accounts/{{sid:AC[0-9a-f]{{32}}}}"
    return [
        *found,
        web.get(f"{of_account}.json", account, allow_head=False),
        web.get(f"{of_account}/IncomingPhoneNumbers.json", numbers, allow_head=False),
        web.post(f"{of_account}/IncomingPhoneNumbers/{{number}}.json", change),
    ]
