"""Twilio's webhooks: a customer's text, and the progress of ours.

https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlencode

from sandbox.config import Number
from sandbox.customers import Customer
from sandbox.deliveries import Outgoing, Webhook
from sandbox.errors import Unwritable
from sandbox.media import MediaShelf, StoredMedia
from sandbox.phones import Bubble
from sandbox.signatures import sign_twilio
from sandbox.state import Sandbox
from sandbox.twilio_checks import is_word
from sandbox.twilio_store import API_VERSION, TwilioMessage, TwilioStore, segments

STOP_WORDS: Final = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
HELP_WORDS: Final = frozenset({"HELP", "INFO"})
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def signed(sandbox: Sandbox, url: str, fields: Sequence[tuple[str, str]]) -> Outgoing:
    """A webhook of Twilio; the signature is over the URL as it is called and over every field."""
    called = url.partition("#")[0]
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": sign_twilio(sandbox.config.twilio.auth_token, called, fields),
        "User-Agent": "TwilioProxy/1.1",
    }
    return Outgoing(called, headers, urlencode(fields).encode())


def status_callback(sandbox: Sandbox, number: Number, message: TwilioMessage, url: str) -> Webhook:
    """The message's status of this moment, for the URL that came with it."""
    fields = [
        ("SmsSid", message.sid),
        ("SmsStatus", message.status),
        ("MessageStatus", message.status),
        ("To", message.to),
        ("MessageSid", message.sid),
        ("AccountSid", sandbox.config.twilio.account_sid),
        ("From", message.sender or ""),
        ("ApiVersion", API_VERSION),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if message.error_code:
        fields.append(("ErrorCode", str(message.error_code)))
    if message.status in ("delivered", "undelivered"):
        fields.append(("RawDlrDoneDate", f"{datetime.now(UTC):%y%m%d%H%M}"))

    async def prepare(_: Sequence[Webhook]) -> Outgoing:
        return signed(sandbox, url, fields)

    return Webhook(
        provider="twilio",
        event="status",
        id=message.sid,
        number=number.id,
        number_names=number.names,
        customer=message.to,
        lane=("status", message.sid),
        prepare=prepare,
        timeout=sandbox.behaviour.twilio_timeout,
        patience=sandbox.behaviour.twilio_patience,
    )


def write(sandbox: Sandbox, shelf: MediaShelf, store: TwilioStore, number: Number, customer: Customer) -> Webhook:
    """A customer's text as a webhook, not sent yet. It is in the account's list at once. Raises Unwritable."""
    sender = customer.sender if customer.sender.startswith("+") else f"+{customer.sender}"
    if not _PHONE.fullmatch(sender):
        raise Unwritable("from must be a phone number in E.164, as in +15550109999")
    if is_word(number.address):
        raise Unwritable(f"{number.address} is a name; nobody can write to it")
    stored = shelf.put(customer.media) if customer.media else None
    sid = customer.id or sandbox.ids.sid("MM" if stored else "SM")
    message = store.add(_received(number, customer, sid, sender, stored))
    fields = _inbound_fields(sandbox.config.twilio.account_sid, message)
    if stored is not None:
        fields |= {
            "NumMedia": "1",
            "MediaContentType0": stored.order.mime_type,
            "MediaUrl0": shelf.url(stored, "twilio"),
        }
    opt_out = _heed_keyword(sandbox, store, number, message)
    if opt_out and sandbox.behaviour.advanced_opt_out:
        fields["OptOutType"] = opt_out
    fields |= {name: str(value) for name, value in customer.raw.items()}

    async def prepare(_: Sequence[Webhook]) -> Outgoing:
        return signed(sandbox, f"{sandbox.config.gateway}/webhooks/twilio/messages", list(fields.items()))

    return Webhook(
        provider="twilio",
        event="message",
        id=sid,
        number=number.id,
        number_names=number.names,
        customer=sender,
        lane=(number.id, sender),
        prepare=prepare,
        timeout=sandbox.behaviour.twilio_timeout,
        patience=sandbox.behaviour.twilio_patience,
    )


def _received(number: Number, customer: Customer, sid: str, sender: str, stored: StoredMedia | None) -> TwilioMessage:
    sent = datetime.fromtimestamp(customer.at, UTC)
    return TwilioMessage(
        sid=sid,
        to=number.address,
        sender=sender,
        body=customer.text,
        direction="inbound",
        status="received",
        num_segments=segments(customer.text),
        created=sent,
        sent=sent,
        files=((stored.id, stored.order.mime_type),) if stored else (),
    )


def _inbound_fields(account_sid: str, message: TwilioMessage) -> dict[str, str]:
    return {
        "ToCountry": "US",
        "ToState": "",
        "SmsMessageSid": message.sid,
        "NumMedia": "0",
        "ToCity": "",
        "FromZip": "",
        "SmsSid": message.sid,
        "FromState": "",
        "SmsStatus": "received",
        "FromCity": "",
        "Body": message.body,
        "FromCountry": "US",
        "To": message.to,
        "ToZip": "",
        "NumSegments": str(message.num_segments),
        "MessageSid": message.sid,
        "AccountSid": account_sid,
        "From": message.sender or "",
        "ApiVersion": API_VERSION,
    }


def _heed_keyword(sandbox: Sandbox, store: TwilioStore, number: Number, message: TwilioMessage) -> str:
    """Twilio itself obeys STOP and START, and answers them and HELP. Which of the three it was, or nothing.

    https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
    """
    word = message.body.strip().upper()
    pair = (number.id, message.sender or "")
    if word in STOP_WORDS:
        kind, notice = "STOP", "You have successfully been unsubscribed. Reply START to resubscribe."
        store.opted_out.add(pair)
    elif word in START_WORDS and pair in store.opted_out:
        kind, notice = "START", "You have successfully been re-subscribed. Reply STOP to unsubscribe."
        store.opted_out.discard(pair)
    elif word in HELP_WORDS:
        kind, notice = "HELP", "Reply STOP to unsubscribe. Message and data rates may apply."
    else:
        return ""
    phone = sandbox.phone(number, pair[1])
    sandbox.phones.add(phone, Bubble(id=sandbox.ids.sid(), side="notice", text=notice, state="delivered"))
    return kind
