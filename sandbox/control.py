"""The /_sandbox interface: what a script or the page says to the sandbox itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from itertools import islice
from typing import Any, Final, TypeVar

from aiohttp import ClientError, ClientTimeout, web
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yarl import URL

from sandbox import events, instagram, twilio_hooks, webchat, whatsapp
from sandbox.config import Config, Number
from sandbox.customers import Customer
from sandbox.deliveries import Outcome, Webhook
from sandbox.errors import Unwritable
from sandbox.faults import KINDS, FaultOrder
from sandbox.google_config import GoogleConfig
from sandbox.google_state import GOOGLE
from sandbox.media import SHELF
from sandbox.phones import Bubble, Phone
from sandbox.record import Call
from sandbox.signatures import sign_meta, sign_twilio
from sandbox.state import SANDBOX, Sandbox
from sandbox.twilio_store import TWILIO
from sandbox.webchat import VISITORS

WAIT_SECONDS: Final = 30.0
MOST_ROWS: Final = 5_000
_FAMILIES: Final = {"meta": frozenset({"meta", "whatsapp", "instagram"})}

Model = TypeVar("Model", bound=BaseModel)


class Problem(Exception):
    """A request that cannot be served; answered as problem+json."""

    def __init__(self, status: int, detail: str, **more: object) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more = more

    def response(self) -> web.Response:
        title = {403: "Forbidden", 404: "Not found", 422: "Not understood"}.get(self.status, "Bad request")
        body = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, **self.more}
        return web.json_response(body, status=self.status, content_type="application/problem+json")


async def _read(request: web.Request, model: type[Model]) -> Model:
    # Only a page of our own can send this type without being asked first, so other websites cannot drive the sandbox.
    if request.content_type != "application/json":
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}".lstrip(": ") for each in error.errors()]
        raise Problem(422, "; ".join(wrong)) from None


def _count(request: web.Request, name: str, otherwise: int) -> int:
    given = request.query.get(name, "")
    if given and not given.isdigit():
        raise Problem(400, f"{name} must be a whole number.")
    return int(given) if given else otherwise


async def get_config(request: web.Request) -> web.Response:
    """Every secret, id and URL that a script needs."""
    sandbox = request.app[SANDBOX]
    here = str(request.url.origin())
    ours = {"sandbox": here, "graph": here, "twilio": here, "openai": f"{here}/v1"}
    ours |= {"google_auth": f"{here}/o/oauth2/v2/auth", "google_token": f"{here}/token"}
    ours |= {"google_revoke": f"{here}/revoke", "google_api": here}
    shown = sandbox.config.model_dump(mode="json")
    shown["urls"] = ours | shown["urls"]
    shown["google"] = GoogleConfig.of(sandbox.config).model_dump(mode="json")
    return web.json_response(shown)


async def put_config(request: web.Request) -> web.Response:
    """Replaces the configuration. Only from this machine."""
    if request.remote not in ("127.0.0.1", "::1", "::ffff:127.0.0.1"):
        raise Problem(403, "The configuration is only set from the machine that the sandbox runs on.")
    config = await _read(request, Config)
    try:
        google = GoogleConfig.of(config)
    except ValidationError as error:
        raise Problem(422, f"google: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from None
    request.app[GOOGLE].store.seed(google)
    request.app[SANDBOX].configure(config)
    return await get_config(request)


def _our_number(sandbox: Sandbox, customer: Customer) -> Number:
    config = sandbox.config
    if not customer.number:
        number = config.first_number(customer.channel)
    else:
        number = config.find_number(customer.number, customer.channel)
    if number is None:
        of = f" of channel {customer.channel!r}" if customer.channel else ""
        known = [{"id": each.id, "channel": each.platform} for each in config.lines]
        raise Problem(422, f"There is no number {customer.number!r}{of}.", numbers=known)
    return number


def _write(app: web.Application, number: Number, customer: Customer) -> Webhook:
    sandbox, shelf = app[SANDBOX], app[SHELF]
    if customer.side == "business":
        if number.platform not in ("whatsapp", "instagram"):
            raise Unwritable(f"{number.platform} has no app in which the owner writes; use the gateway's API")
        if customer.event:
            raise Unwritable("the owner only writes; an event is what a customer does")
        write_as_owner = whatsapp.write_as_owner if number.platform == "whatsapp" else instagram.write_as_owner
        return write_as_owner(sandbox, shelf, number, customer)
    if customer.event:
        events.check(number.platform, customer.event)
    if number.platform == "whatsapp":
        return whatsapp.write(sandbox, shelf, number, customer)
    if number.platform == "instagram":
        return instagram.write(sandbox, shelf, number, customer)
    if number.platform == "sms":
        return twilio_hooks.write(sandbox, shelf, app[TWILIO], number, customer)
    return webchat.write(sandbox, app[VISITORS], number, customer)


async def post_message(request: web.Request) -> web.Response:
    """A customer writes. Answers at once, or with `wait` after the gateway's first answer."""
    sandbox = request.app[SANDBOX]
    customer = await _read(request, Customer)
    number = _our_number(sandbox, customer)
    try:
        webhook = _write(request.app, number, customer)
    except Unwritable as error:
        raise Problem(422, str(error)) from None
    phone = sandbox.phone(number, webhook.customer)
    kind = customer.media.kind if customer.media else "text"
    if customer.side == "customer" and not (customer.event and customer.event.kind in events.SILENT):
        sandbox.people.wrote(number, webhook.customer, customer.at)
    bubble = sandbox.phones.add(
        phone,
        Bubble(id=webhook.id, side=customer.side, text=_shown(customer), state="accepted", kind=kind, at=customer.at),
    )
    if number.platform == "webchat":
        request.app[VISITORS].visitor(sandbox, number, customer.sender).wrote(bubble)
    _tick_when_taken(sandbox, phone, bubble, webhook)
    sandbox.deliveries.submit(webhook)
    answer: dict[str, Any] = {
        "id": webhook.id,
        "channel": number.platform,
        "number": number.id,
        "from": webhook.customer,
    }
    if customer.wait:
        answer |= await _first_outcome(webhook)
    return web.json_response(answer, status=202)


def _shown(customer: Customer) -> str:
    """What stands on the phone."""
    if customer.event:
        if customer.event.kind in ("button", "list", "postback"):
            return customer.event.title
        words = (customer.event.kind, customer.event.title or customer.event.text or customer.event.to)
        return f"[{' '.join(word for word in words if word)}]"
    kind = customer.media.kind if customer.media else "text"
    return customer.text or (f"[{kind}]" if customer.media else json.dumps(customer.raw))


class Clock(BaseModel):
    """A customer who last wrote so many hours ago, as the provider sees it: the window for free answers may be over."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    number: str
    customer: str = Field(min_length=1)
    hours_ago: float = Field(ge=0)


async def post_clock(request: web.Request) -> web.Response:
    """Moves a customer's last message into the past, and counts the window for this pair from now on."""
    sandbox = request.app[SANDBOX]
    wish = await _read(request, Clock)
    number = sandbox.config.find_number(wish.number)
    if number is None:
        raise Problem(422, f"There is no number {wish.number!r}.")
    if number.platform not in ("whatsapp", "instagram"):
        raise Problem(422, f"{number.platform} has no window; only WhatsApp and Instagram have one.")
    sandbox.people.move(number, wish.customer, wish.hours_ago)
    return web.json_response(wish.model_dump())


async def _first_outcome(webhook: Webhook) -> dict[str, Any]:
    try:
        outcome = await asyncio.wait_for(asyncio.shield(webhook.first), WAIT_SECONDS)
    except TimeoutError:
        return {"status": None, "taken": False}
    return {"status": outcome.status, "taken": outcome.taken}


def _tick_when_taken(sandbox: Sandbox, phone: Phone, bubble: Bubble, webhook: Webhook) -> None:
    def tick(done: asyncio.Future[Outcome]) -> None:
        if not done.cancelled():
            sandbox.phones.advance(phone, bubble, "delivered" if done.result().taken else "failed")

    webhook.done.add_done_callback(tick)


async def get_messages(request: web.Request) -> web.Response:
    """What stands on the phones, both sides."""
    query = request.query
    sandbox = request.app[SANDBOX]
    number = sandbox.config.find_number(query.get("number", ""))
    bubbles = sandbox.phones.bubbles(
        query.get("channel", ""), number.id if number else query.get("number", ""), query.get("customer", "")
    )
    return web.json_response({"messages": bubbles})


async def get_calls(request: web.Request) -> web.Response:
    """What the gateway sent, in order."""
    ledger = request.app[SANDBOX].record.calls
    provider = request.query.get("provider", "")
    wanted = _FAMILIES.get(provider, frozenset({provider}))
    limit = min(_count(request, "limit", 1000), MOST_ROWS)

    def fits(call: Call) -> bool:
        return not provider or call.provider in wanted

    rows = islice(filter(fits, ledger.after(_count(request, "after", 0))), limit)
    return web.json_response(
        {"calls": [call.as_json() for call in rows], "last": ledger.last, "dropped": ledger.dropped}
    )


async def get_deliveries(request: web.Request) -> web.Response:
    """Every attempt to hand a webhook to the gateway, with its answer."""
    ledger = request.app[SANDBOX].record.deliveries
    limit = min(_count(request, "limit", 1000), MOST_ROWS)
    rows = [row.as_json() for row in islice(ledger.after(_count(request, "after", 0)), limit)]
    waiting = request.app[SANDBOX].deliveries.waiting
    return web.json_response({"deliveries": rows, "waiting": waiting, "last": ledger.last, "dropped": ledger.dropped})


async def get_faults(request: web.Request) -> web.Response:
    """The rules in force, and every kind with what it does."""
    return web.json_response(_faults(request.app[SANDBOX]))


def _faults(sandbox: Sandbox) -> dict[str, Any]:
    return {"faults": [rule.as_json() for rule in sandbox.faults.rules()], "kinds": KINDS}


async def post_fault(request: web.Request) -> web.Response:
    """Sets a rule."""
    sandbox = request.app[SANDBOX]
    try:
        order = await _read(request, FaultOrder)
    except Problem as problem:
        raise Problem(problem.status, problem.detail, kinds=list(KINDS)) from None
    fault = sandbox.faults.add(order)
    return web.json_response(fault.as_json(), status=201)


async def delete_faults(request: web.Request) -> web.Response:
    """Clears every rule."""
    sandbox = request.app[SANDBOX]
    sandbox.faults.clear()
    return web.json_response(_faults(sandbox))


class RawWebhook(BaseModel):
    """A webhook written by hand. `signature` good, bad or none; `body` is JSON for Meta and form fields for Twilio."""

    model_config = ConfigDict(extra="forbid")

    provider: str
    body: dict[str, Any] | str = ""
    path: str = ""
    signature: str = "good"
    verify: bool = False


async def post_webhook(request: web.Request) -> web.Response:
    """Sends one webhook as it was written, signed, and answers what the gateway answered."""
    sandbox = request.app[SANDBOX]
    wish = await _read(request, RawWebhook)
    if wish.provider not in ("meta", "twilio") or wish.signature not in ("good", "bad", "none"):
        raise Problem(422, "provider is meta or twilio; signature is good, bad or none.")
    if wish.path and not wish.path.startswith("/"):
        raise Problem(422, "path begins with a slash.")
    method, url, headers, body = _by_hand(sandbox.config, wish)
    try:
        async with sandbox.http.request(
            method,
            URL(url, encoded=True),
            data=body,
            headers=headers,
            timeout=ClientTimeout(total=15),
            allow_redirects=False,
        ) as answer:
            text = (await answer.read()).decode(errors="replace")
            shown = {"status": answer.status, "content_type": answer.content_type, "body": text}
    except (ClientError, TimeoutError, OSError) as error:
        raise Problem(502, f"The gateway did not answer: {type(error).__name__}.") from None
    return web.json_response(shown)


def _by_hand(config: Config, wish: RawWebhook) -> tuple[str, str, dict[str, str], bytes]:
    """Method, URL, headers and body."""
    spoil = "" if wish.signature == "good" else "0"
    if wish.provider == "meta":
        url = config.gateway + (wish.path or "/webhooks/meta")
        if wish.verify:
            asked = {
                "hub.mode": "subscribe",
                "hub.verify_token": config.meta.verify_token + spoil,
                "hub.challenge": "1158201444",
            }
            return "GET", str(URL(url).update_query(asked)), {}, b""
        body = wish.body.encode() if isinstance(wish.body, str) else json.dumps(wish.body).encode()
        headers = {
            "Content-Type": "application/json",
            "X-Hub-Signature-256": sign_meta(config.meta.app_secret + spoil, body),
        }
    else:
        url = config.gateway + (wish.path or "/webhooks/twilio/messages")
        body, fields = _form(wish.body)
        signature = sign_twilio(config.twilio.auth_token + spoil, url, fields)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": signature}
    if wish.signature == "none":
        headers = {"Content-Type": headers["Content-Type"]}
    return "POST", url, headers, body


def _form(given: Mapping[str, Any] | str) -> tuple[bytes, list[tuple[str, str]]]:
    query = URL.build(query=given if isinstance(given, str) else {name: str(value) for name, value in given.items()})
    return query.raw_query_string.encode(), list(query.query.items())


def routes() -> list[web.RouteDef]:
    return [
        web.get("/_sandbox/config", get_config),
        web.put("/_sandbox/config", put_config),
        web.post("/_sandbox/messages", post_message),
        web.post("/_sandbox/clock", post_clock),
        web.get("/_sandbox/messages", get_messages),
        web.get("/_sandbox/calls", get_calls),
        web.get("/_sandbox/deliveries", get_deliveries),
        web.get("/_sandbox/faults", get_faults),
        web.post("/_sandbox/faults", post_fault),
        web.delete("/_sandbox/faults", delete_faults),
        web.post("/_sandbox/webhooks", post_webhook),
    ]
