"""WhatsApp Cloud API: takes messages, reports their delivery, and speaks for the customers who write.

https://developers.facebook.com/documentation/business-messaging/whatsapp/
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
from sandbox.errors import Unwritable
from sandbox.events import FIELDS, Person, act
from sandbox.faults import FATES, Fault
from sandbox.media import SHELF, MediaShelf
from sandbox.meta import GraphRefusal, bad_parameter, coded, merge_entries, refusals, signed
from sandbox.people import digits_of, is_phone, is_scoped
from sandbox.phones import Bubble, Choice, Phone
from sandbox.record import Call
from sandbox.state import Sandbox
from sandbox.template_texts import filled
from sandbox.whatsapp_checks import check_message, check_product

TYPING_SECONDS: Final = 25.0
WINDOW_HOURS: Final = 24.0


def call_of(request: web.Request, number: Number, body: dict[str, Any]) -> Call:
    """The row of the record for this call."""
    text = body.get("text")
    return Call(
        provider="whatsapp",
        method=request.method,
        path=request.path,
        request=body,
        to=str(body.get("to") or body.get("recipient") or ""),
        sender=number.meta_phone_number_id,
        text=text.get("body") if isinstance(text, dict) else None,
        part=str(body.get("biz_opaque_callback_data") or ""),
    )


async def take(sandbox: Sandbox, request: web.Request, number: Number, body: dict[str, Any]) -> web.Response:
    """Answers one call to /{phone_number_id}/messages."""
    words = refusals(sandbox, speed_code=130429, final_code=131026)
    event = "action" if "status" in body else "message"
    course = Course(sandbox, request, call_of(request, number, body), number.names, words, event=event)
    spoilt = course.spoilt()
    if spoilt is not None:
        return spoilt
    try:
        if "status" in body:
            return course.answer(_mark_read(sandbox, number, body))
        check_message(body)
        _check_window(sandbox, number, body)
        _check_file(request.app[SHELF], body)
    except GraphRefusal as refusal:
        return course.answer(refusal.response(sandbox.ids.trace()), refusal.message)
    return await _accept(sandbox, course, number, body)


def _check_window(sandbox: Sandbox, number: Number, body: dict[str, Any]) -> None:
    """After a day without a word of the customer only a template passes."""
    if body.get("type") == "template":
        return
    if sandbox.hours_silent(number, body.get("to") or body["recipient"]) > WINDOW_HOURS:
        raise coded(131047)


def _check_file(shelf: MediaShelf, body: dict[str, Any]) -> None:
    """A file that is named by its id was uploaded before."""
    file = body.get(body.get("type", ""))
    if isinstance(file, dict) and isinstance(file.get("id"), str) and shelf.find(file["id"]) is None:
        raise bad_parameter("Invalid parameter", f"Media ID {file['id']} is not found.")


async def _accept(sandbox: Sandbox, course: Course, number: Number, body: dict[str, Any]) -> web.Response:
    id_ = sandbox.ids.wamid()
    given = body.get("to") or body["recipient"]
    digits = digits_of(given) if "to" in body else ""
    contact = (
        {"input": given, "wa_id": digits, "user_id": sandbox.people.user_id(digits)}
        if digits
        else {"input": given, "user_id": given}
    )
    answer = {
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{"id": id_, "message_status": "accepted"}],
    }
    fate = sandbox.faults.take(FATES, "whatsapp", number.names)
    phone = sandbox.phone(number, digits or given)
    bubble = Bubble(id=id_, side="business", text=readable(body), state="accepted", choices=_choices(body))
    sandbox.phones.add(phone, bubble)
    sandbox.phones.typing(phone, on=False)
    if fate is None or fate.kind != "no_status":
        sandbox.deliveries.start(_report(sandbox, number, phone, bubble, (body.get("biz_opaque_callback_data"), fate)))
    return await course.store(id_, web.json_response(answer))


def readable(body: dict[str, Any]) -> str:
    """What a person sees of an outgoing message."""
    kind = body.get("type", "text")
    content = body[kind]
    if kind == "text":
        return str(content["body"])
    if kind == "interactive":
        return str(content["body"]["text"]) if "body" in content else f"[{content['type']}]"
    if kind == "template":
        return filled(content)
    caption = content.get("caption") if isinstance(content, dict) else None
    return f"[{kind}] {caption or ''}".rstrip()


def _choices(body: dict[str, Any]) -> tuple[Choice, ...]:
    """What the customer may tap."""
    action = body["interactive"]["action"] if body.get("type") == "interactive" else {}
    buttons = [button["reply"] for button in action.get("buttons", ())]
    rows = [row for section in action.get("sections", ()) for row in section.get("rows", ())]
    return (
        *(Choice("button", reply["id"], reply["title"]) for reply in buttons),
        *(Choice("list", row["id"], row["title"]) for row in rows),
    )


def _mark_read(sandbox: Sandbox, number: Number, body: dict[str, Any]) -> web.Response:
    check_product(body)
    if body["status"] != "read":
        raise bad_parameter("Param status must be one of {READ}.")
    message_id = body.get("message_id")
    if not isinstance(message_id, str) or not message_id.startswith("wamid."):
        raise bad_parameter("Invalid parameter", "The message_id is not valid.")
    indicator = body.get("typing_indicator")
    if indicator is not None and indicator != {"type": "text"}:
        raise bad_parameter("Param typing_indicator['type'] must be one of {TEXT}.")
    phone = sandbox.phones.find(number.id, message_id)
    if phone is not None:
        sandbox.phones.mark_read(phone, message_id)
        if indicator is not None:
            sandbox.phones.typing(phone, on=True)
            asyncio.get_running_loop().call_later(TYPING_SECONDS, sandbox.phones.typing, phone, False)
    return web.json_response({"success": True})


async def _report(
    sandbox: Sandbox, number: Number, phone: Phone, bubble: Bubble, told: tuple[str | None, Fault | None]
) -> None:
    part, fate = told
    fails = fate is not None and fate.kind == "fail_later"
    states = ("failed",) if fails else ("sent", "delivered", "read")
    for state in states:
        if state == "read" and not sandbox.behaviour.customers_read:
            return
        await asyncio.sleep(sandbox.status_delay())
        sandbox.phones.advance(phone, bubble, state)
        code = fate.code(131026) if fate is not None and fails else 0
        names = _recipient(sandbox, phone.customer)
        item = _status_item(bubble.id, state, names, part, code)
        sandbox.deliveries.submit(_webhook(sandbox, number, phone.customer, "status", bubble.id, item))


def _recipient(sandbox: Sandbox, customer: str) -> dict[str, str]:
    if is_scoped(customer):
        return {"recipient_user_id": customer}
    return {"recipient_id": customer, "recipient_user_id": sandbox.people.user_id(customer)}


def _status_item(id_: str, state: str, names: dict[str, str], part: str | None, code: int) -> dict[str, Any]:
    item: dict[str, Any] = {"id": id_, "status": state, "timestamp": str(int(time.time())), **names}
    if part is not None:
        item["biz_opaque_callback_data"] = part
    if code:
        refusal = coded(code)
        title = refusal.message.removeprefix(f"(#{code}) ")
        item["errors"] = [{"code": code, "title": title, "message": title, "error_data": {"details": f"{title}."}}]
    elif state in ("sent", "delivered"):
        price = {"billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service"}
        item["pricing"] = price
    return item


def _webhook(sandbox: Sandbox, number: Number, customer: str, event: str, id_: str, item: dict[str, Any]) -> Webhook:
    async def prepare(webhooks: Sequence[Webhook]) -> Outgoing:
        return signed(sandbox, envelope(sandbox, webhooks))

    return Webhook(
        provider="whatsapp",
        event=event,
        id=id_,
        number=number.id,
        number_names=number.names,
        customer=customer,
        lane=("status", id_) if event == "status" else (number.id, customer),
        prepare=prepare,
        item=item,
        family="whatsapp",
        timeout=sandbox.behaviour.meta_timeout,
    )


def envelope(sandbox: Sandbox, webhooks: Sequence[Webhook]) -> dict[str, Any]:
    """One body for all these events: an entry for each number, a change for each run of one kind."""
    entries: list[dict[str, Any]] = []
    last: tuple[str, str] = ("", "")
    for webhook in merge_entries(webhooks):
        number = sandbox.config.find_number(webhook.number, "whatsapp")
        meta_id = number.meta_phone_number_id if number else webhook.number_names[1]
        address = number.address if number else webhook.number_names[2]
        if webhook.number != last[0]:
            entries.append({"id": business_account(meta_id), "changes": []})
        if (webhook.number, webhook.event) != last:
            value: dict[str, Any] = {
                "messaging_product": "whatsapp",
                "metadata": {"display_phone_number": digits_of(address), "phone_number_id": meta_id},
            }
            field = webhook.event if webhook.event in FIELDS else "messages"
            entries[-1]["changes"].append({"value": value, "field": field})
        last = (webhook.number, webhook.event)
        _add(entries[-1]["changes"][-1]["value"], webhook)
    return {"object": "whatsapp_business_account", "entry": entries}


def _add(value: dict[str, Any], webhook: Webhook) -> None:
    if webhook.event == "status":
        value.setdefault("statuses", []).append(webhook.item)
        return
    contact = webhook.item["contact"]
    if contact and contact not in value.setdefault("contacts", []):
        value["contacts"].append(contact)
    value.setdefault(FIELDS.get(webhook.event, "messages"), []).append(webhook.item["message"])


def business_account(meta_phone_number_id: str) -> str:
    """The WhatsApp Business Account that a number belongs to: one of its own."""
    return "9" + meta_phone_number_id


def write(sandbox: Sandbox, shelf: MediaShelf, number: Number, customer: Customer) -> Webhook:
    """What a customer says or does as a webhook, not sent yet. Raises Unwritable."""
    digits, user_id = _person(sandbox, customer.sender)
    who = digits or user_id
    id_ = customer.id or sandbox.ids.wamid()
    contact = {"profile": {"name": customer.name or customer.sender}, **({"wa_id": digits} if digits else {})}
    contact["user_id"] = user_id
    did = act(customer.event, Person(digits, user_id, customer.name or customer.sender)) if customer.event else None
    if did is not None and did.field:
        stamp = {"timestamp": int(customer.at)}
        event = _webhook(sandbox, number, who, did.field, id_, {"message": did.item | stamp, "contact": contact})
    else:
        names = {**({"from": digits} if digits else {}), "from_user_id": user_id}
        message: dict[str, Any] = {**names, "id": id_, "timestamp": str(int(customer.at))}
        message |= did.item if did else _said(shelf, customer)
        # System messages are the ones that come without contacts.
        shown = None if message.get("type") == "system" else contact
        event = _webhook(sandbox, number, who, "message", id_, {"message": message, "contact": shown})
    if customer.event and customer.event.kind == "rotate_id" and digits:
        sandbox.people.rotate(digits, customer.event.to)
    return event


def _person(sandbox: Sandbox, sender: str) -> tuple[str, str]:
    """Phone and user id of who is named by one of the two. Raises Unwritable."""
    if is_scoped(sender):
        return "", sender
    digits = digits_of(sender)
    if not is_phone(digits):
        raise Unwritable("from must be a phone number in digits or a business-scoped user id")
    return digits, sandbox.people.user_id(digits)


def _said(shelf: MediaShelf, customer: Customer) -> dict[str, Any]:
    if customer.media is not None:
        stored = shelf.put(customer.media)
        return {"type": stored.kind, stored.kind: stored.whatsapp(customer.text), **customer.raw}
    return {"type": "text", **(customer.raw or {"text": {"body": customer.text}})}


def write_as_owner(sandbox: Sandbox, shelf: MediaShelf, number: Number, owner: Customer) -> Webhook:
    """What the owner writes to a customer in the business app, as the echo of it. `sender` names the customer.

    https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/smb_message_echoes
    """
    digits, user_id = _person(sandbox, owner.sender)
    id_ = owner.id or sandbox.ids.wamid()
    to = {"to": digits} if digits else {"to_user_id": user_id}
    item = {"from": digits_of(number.address), **to, "id": id_, "timestamp": str(int(owner.at))}
    item |= _said(shelf, owner)
    return _webhook(sandbox, number, digits or user_id, "smb_message_echoes", id_, {"message": item, "contact": None})
