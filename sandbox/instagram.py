"""Instagram messaging: takes messages, echoes them, and speaks for the customers who write.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from sandbox.calls import Course
from sandbox.config import Number
from sandbox.customers import Customer
from sandbox.deliveries import Outgoing, Webhook
from sandbox.events import raw_of
from sandbox.instagram_checks import check_action, check_envelope, check_message
from sandbox.media import MediaShelf
from sandbox.meta import GraphRefusal, coded, merge_entries, refusals, signed
from sandbox.phones import Bubble, Choice, Phone
from sandbox.record import Call
from sandbox.state import Sandbox

TYPING_SECONDS: Final = 20.0
WINDOW_HOURS, HUMAN_HOURS = 24.0, 168.0


async def take(sandbox: Sandbox, request: web.Request, number: Number, body: dict[str, Any]) -> web.Response:
    """Answers one call to /{ig_id}/messages."""
    recipient, message = body.get("recipient"), body.get("message")
    call = Call(
        provider="instagram",
        method=request.method,
        path=request.path,
        request=body,
        to=str(recipient.get("id", "")) if isinstance(recipient, dict) else "",
        sender=number.meta_phone_number_id,
        text=message.get("text") if isinstance(message, dict) else None,
    )
    event = "action" if "sender_action" in body else "message"
    words = refusals(sandbox, speed_code=4, final_code=100)
    course = Course(sandbox, request, call, number.names, words, event=event)
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        check_envelope(body)
        phone = sandbox.phone(number, call.to)
        if "sender_action" in body:
            return course.answer(_act(sandbox, phone, body))
        check_message(message)
        _check_window(sandbox, number, body)
    except GraphRefusal as refusal:
        return course.answer(refusal.response(sandbox.ids.trace()), refusal.message)
    id_ = sandbox.ids.mid()
    silent = sandbox.faults.take(("no_status",), "instagram", number.names)
    bubble = Bubble(id=id_, side="business", text=_readable(body), state="accepted", choices=_choices(message))
    sandbox.phones.add(phone, bubble)
    sandbox.phones.typing(phone, on=False)
    if silent is None:
        sandbox.deliveries.start(_report(sandbox, number, phone, bubble, body["message"]))
    return await course.store(id_, web.json_response({"recipient_id": call.to, "message_id": id_}))


def _check_window(sandbox: Sandbox, number: Number, body: dict[str, Any]) -> None:
    """After a day only what a human wrote passes, and after seven nothing."""
    silent = sandbox.hours_silent(number, body["recipient"]["id"])
    if silent > (HUMAN_HOURS if body.get("tag") == "HUMAN_AGENT" else WINDOW_HOURS):
        refusal = coded(10)
        refusal.subcode = 2534022
        raise refusal


def _act(sandbox: Sandbox, phone: Phone, body: dict[str, Any]) -> web.Response:
    check_action(body)
    action = body["sender_action"]
    if action == "mark_seen":
        sandbox.phones.mark_all_read(phone)
    elif action in ("typing_on", "typing_off"):
        sandbox.phones.typing(phone, on=action == "typing_on")
        if action == "typing_on":
            asyncio.get_running_loop().call_later(TYPING_SECONDS, sandbox.phones.typing, phone, False)
    return web.json_response({"recipient_id": phone.customer})


def _choices(message: Any) -> tuple[Choice, ...]:
    """What the customer may tap."""
    replies = [reply for reply in message.get("quick_replies", ()) if "payload" in reply and "title" in reply]
    attachment = message.get("attachment", {})
    buttons = attachment["payload"].get("buttons", ()) if attachment.get("type") == "template" else ()
    return (
        *(Choice("button", reply["payload"], reply["title"]) for reply in replies),
        *(Choice("postback", each["payload"], each["title"]) for each in buttons if each["type"] == "postback"),
    )


def _readable(body: dict[str, Any]) -> str:
    message = body["message"]
    if "text" in message:
        return str(message["text"])
    attachment = message["attachment"]
    payload = attachment.get("payload")
    return str(payload.get("text") if isinstance(payload, dict) and "text" in payload else f"[{attachment['type']}]")


async def _report(sandbox: Sandbox, number: Number, phone: Phone, bubble: Bubble, message: dict[str, Any]) -> None:
    """The echo of what was sent, then the customer's read. There is no delivery receipt on Instagram."""
    await asyncio.sleep(sandbox.status_delay())
    sandbox.phones.advance(phone, bubble, "sent")
    echoed: dict[str, Any] = {"mid": bubble.id, "is_echo": True}
    if "text" in message:
        echoed["text"] = message["text"]
    else:
        echoed["attachments"] = [message["attachment"]]
    echo = _event(number.meta_phone_number_id, phone.customer, {"message": echoed})
    sandbox.deliveries.submit(_webhook(sandbox, number, phone.customer, "echo", bubble.id, echo))
    if not sandbox.behaviour.customers_read:
        return
    await asyncio.sleep(sandbox.status_delay())
    sandbox.phones.advance(phone, bubble, "read")
    read = _event(phone.customer, number.meta_phone_number_id, {"read": {"mid": bubble.id}})
    sandbox.deliveries.submit(_webhook(sandbox, number, phone.customer, "read", bubble.id, read))


def _event(sender: str, recipient: str, what: dict[str, Any], at: float | None = None) -> dict[str, Any]:
    timestamp = int((time.time() if at is None else at) * 1000)
    return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": timestamp, **what}


def _webhook(sandbox: Sandbox, number: Number, customer: str, event: str, id_: str, item: dict[str, Any]) -> Webhook:
    async def prepare(webhooks: Sequence[Webhook]) -> Outgoing:
        return signed(sandbox, envelope(sandbox, webhooks))

    return Webhook(
        provider="instagram",
        event=event,
        id=id_,
        number=number.id,
        number_names=number.names,
        customer=customer,
        lane=(number.id, customer) if event == "message" else ("status", id_),
        prepare=prepare,
        item=item,
        family="instagram",
        timeout=sandbox.behaviour.meta_timeout,
    )


def envelope(sandbox: Sandbox, webhooks: Sequence[Webhook]) -> dict[str, Any]:
    """One body for all these events: an entry for each account."""
    entries: list[dict[str, Any]] = []
    last = ""
    for webhook in merge_entries(webhooks):
        if webhook.number != last:
            number = sandbox.config.find_number(webhook.number, "instagram")
            account = number.meta_phone_number_id if number else webhook.number_names[1]
            entries.append({"time": int(time.time() * 1000), "id": account, "messaging": []})
        last = webhook.number
        entries[-1]["messaging"].append(webhook.item)
    return {"object": "instagram", "entry": entries}


def write(sandbox: Sandbox, shelf: MediaShelf, number: Number, customer: Customer) -> Webhook:
    """A customer's message as a webhook, not sent yet."""
    id_ = customer.id or sandbox.ids.mid()
    message = {"mid": id_, **_said(shelf, customer)}
    item = _event(customer.sender, number.meta_phone_number_id, {"message": message}, customer.at)
    raw = raw_of(customer.event, id_) if customer.event else customer.raw
    if raw:
        if "message" not in raw:
            del item["message"]
        item |= raw
    return _webhook(sandbox, number, customer.sender, "message", id_, item)


def _said(shelf: MediaShelf, customer: Customer) -> dict[str, Any]:
    said: dict[str, Any] = {"text": customer.text} if customer.text else {}
    if customer.media is not None:
        stored = shelf.put(customer.media)
        kind = {"document": "file", "sticker": "image"}.get(stored.kind, stored.kind)
        said["attachments"] = [{"type": kind, "payload": {"url": shelf.url(stored, "instagram")}}]
    return said


def write_as_owner(sandbox: Sandbox, shelf: MediaShelf, number: Number, owner: Customer) -> Webhook:
    """What the owner writes to a customer in the app, as its echo. `sender` names the customer."""
    id_ = owner.id or sandbox.ids.mid()
    message = {"mid": id_, "is_echo": True, **_said(shelf, owner), **owner.raw}
    item = _event(number.meta_phone_number_id, owner.sender, {"message": message}, owner.at)
    return _webhook(sandbox, number, owner.sender, "message", id_, item)
