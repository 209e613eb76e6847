"""What the guide of a number says: values to copy, and each step with a plain sentence. Pure: from facts to words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from channels.errors import Misconfigured, SendFailed, Throttled
from gateway.db import Row
from gateway.errors import Conflict

State = Literal["waiting", "ok", "failed", "not_needed"]
FIELDS: Mapping[str, tuple[str, ...]] = {  # as Meta names them
    "whatsapp": (
        "messages", "smb_message_echoes", "user_preferences", "user_id_update", "phone_number_quality_update",
        "phone_number_name_update", "account_update", "account_alerts", "business_capability_update",
        "message_template_status_update", "message_template_quality_update",
    ),
    "instagram": (
        "messages", "messaging_postbacks", "message_reactions", "messaging_seen", "messaging_referral", "standby",
    ),
}  # fmt: skip
SENTENCES: Mapping[str, str] = {  # codes are kept for ever: programs and the console word them by themselves
    "not_needed": "This kind of number does not need it.",
    "challenge_waiting": "Put the address and the verify token into Meta's webhook page and save.",
    "challenge_ok": "Meta has verified the webhook's address.",
    "challenge_refused": "Meta asked with another verify token. Copy the one shown here into Meta's webhook page, and "
    "save it again.",
    "signature_waiting": "No webhook for this number has come yet. Write to it from a phone.",
    "signature_ok": "The provider's webhooks come in, and are signed as they should be.",
    "signature_wrong_meta": "A webhook came whose signature is wrong. Check that META_APP_SECRET is the secret of the "
    "app whose webhook this is.",
    "signature_wrong_twilio": "A webhook came whose signature is wrong. Check that PUBLIC_URL is the address that "
    "Twilio calls, and that the number's token is the account's auth token.",
    "token_waiting": "Nobody has asked the provider yet whether it takes the token. Press Check.",
    "token_ok": "The provider takes the token.",
    "token_ok_named": "The provider takes the token. The number is called {name} there.",
    "token_refused": "The provider refuses the token ({error}). Make a new one and put it here.",
    "provider_says": "The provider says of it: {trouble}.",
    "subscription_waiting": "Whether the provider sends its webhooks here shows with the first message.",
    "subscription_ok": "The provider sends this number's webhooks here.",
    "subscription_missing": "The provider does not send this number's webhooks here. Press Connect, or set the webhook "
    "there.",
    "subscription_service": "Put both addresses into the messaging service at Twilio.",
    "page_waiting": "Put the script on your website, open the page, and open the chat.",
    "page_ok": "The chat runs on {origin}.",
    "page_refused": "The chat was opened on {origin}, which may not embed it. Add that address to the allowed websites "
    "of this number.",
    "message_waiting": "Write to the number as a customer would.",
    "message_ok": "A first message has come in.",
    "reply_waiting": "No reply has been sent yet.",
    "reply_sent": "A reply was sent; the provider has not said yet that it arrived.",
    "reply_ok": "A reply has reached the customer.",
    "reply_failed": "A reply could not be sent ({error}).",
    "token_wrong": "The provider does not take the token: it is wrong, or has ended. Make a new one and put it here.",
    "twilio_wrong": "Twilio does not take the account's sid and token. Copy both again from its console.",
    "number_unknown": "The provider knows no such number under this token. Check the number's id, and whose token it "
    "is.",
    "number_elsewhere": "The Twilio account does not have this number. Check the number, or give the account that has "
    "it.",
    "waba_missing": "Give the number the id of its WhatsApp Business Account (waba_id); without it we can neither "
    "subscribe nor read its templates.",
    "service_webhook": "The number belongs to a messaging service: set that service's webhook in Twilio's console.",
    "permission_missing": "The token lacks a permission ({error}). Make one with every permission that the guide "
    "names.",
    "throttled": "The provider asks us to wait. Try again in a minute.",
    "no_answer": "The provider did not answer as it should. Try again in a minute.",
}
REFUSED = {
    **dict.fromkeys(("0", "190"), "token_wrong"),
    "20003": "twilio_wrong",
    **dict.fromkeys(("100", "20404"), "number_unknown"),
    "no_number": "number_elsewhere",
    "waba_id": "waba_missing",
    "messaging_service": "service_webhook",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its code, and what it names."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """It in English."""
        return SENTENCES[self.code].format(**self.values)


class ProviderRefused(Conflict):
    """The provider does not do what it was asked."""

    def __init__(self, said: Said) -> None:
        super().__init__(said.sentence)
        self.said = said

    @property
    def more(self) -> Mapping[str, object]:
        """The sentence as programs know it."""
        return {"code": self.said.code, "values": self.said.values}


@dataclass(frozen=True, slots=True)
class Value:
    """Something to copy."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Check:
    """One step: how far it is, since when, and what to do, as a sentence with its code."""

    name: str
    state: State
    at: datetime | None
    code: str
    values: Mapping[str, str]
    sentence: str


def values_of(platform: str, address: str, public_url: str) -> list[Value]:
    """What the owner copies to the provider or into his website."""
    if platform == "webchat":
        script = f'<script src="{public_url}/webchat/widget.js" data-number="{address}" async></script>'
        return [Value("snippet", script), Value("page_url", f"{public_url}/webchat/page/{address}")]
    if platform == "sms":
        hooks = f"{public_url}/webhooks/twilio"
        return [Value("message_url", f"{hooks}/messages"), Value("status_url", f"{hooks}/status")]
    return [Value("webhook_url", f"{public_url}/webhooks/meta")]


def checks_of(facts: Row, settings: Mapping[str, Any], kept: Mapping[str, Any]) -> list[Check]:
    """Every step of a number, in the order in which they are done. `kept` is what the provider answered last."""
    platform = facts["platform"]
    if platform == "webchat":
        return [
            *(_unneeded(name) for name in ("challenge", "signature", "token", "subscription")),
            _page(facts), _message(facts), _reply(facts),
        ]  # fmt: skip
    return [
        _challenge(facts) if platform != "sms" else _unneeded("challenge"),
        _signature(facts),
        _token(facts, kept),
        _subscription(facts, settings, kept),
        _unneeded("page"),
        _message(facts),
        _reply(facts),
    ]


def refusal_of(error: SendFailed) -> Said:
    """What a refusal of the provider means to an owner, and what to do."""
    if known := REFUSED.get(error.code):
        return Said(known)
    if isinstance(error, Misconfigured):
        return Said("permission_missing", {"error": error.code})
    return Said("throttled" if isinstance(error, Throttled) else "no_answer")


def _check(name: str, state: State, at: datetime | None, code: str, /, **values: str) -> Check:
    return Check(name, state, at, code, values, Said(code, values).sentence)


def _unneeded(name: str) -> Check:
    return _check(name, "not_needed", None, "not_needed")


def _challenge(facts: Row) -> Check:
    seen, refused = facts["challenge_seen_at"], facts["challenge_refused_at"]
    if refused and (seen is None or refused > seen):
        return _check("challenge", "failed", refused, "challenge_refused")
    if seen:
        return _check("challenge", "ok", seen, "challenge_ok")
    return _check("challenge", "waiting", None, "challenge_waiting")


def _signature(facts: Row) -> Check:
    heard, doubted = facts["last_webhook_at"], facts["signature_failed_at"]
    if doubted and (heard is None or doubted > heard):
        whose = "twilio" if facts["platform"] == "sms" else "meta"
        return _check("signature", "failed", doubted, f"signature_wrong_{whose}")
    if heard:
        return _check("signature", "ok", heard, "signature_ok")
    return _check("signature", "waiting", None, "signature_waiting")


def _token(facts: Row, kept: Mapping[str, Any]) -> Check:
    if facts["auth_error"]:
        return _check("token", "failed", facts["auth_failed_at"], "token_refused", error=facts["auth_error"][:150])
    return _kept("token", kept)


def _subscription(facts: Row, settings: Mapping[str, Any], kept: Mapping[str, Any]) -> Check:
    if kept.get("subscription"):
        return _kept("subscription", kept)
    if facts["last_webhook_at"]:
        return _check("subscription", "ok", facts["last_webhook_at"], "subscription_ok")
    if facts["platform"] == "sms" and settings.get("messaging_service_sid"):
        return _check("subscription", "waiting", None, "subscription_service")
    return _kept("subscription", kept)


def _kept(name: str, kept: Mapping[str, Any]) -> Check:
    found = kept.get(name)
    if not found:
        return _check(name, "waiting", None, f"{name}_waiting")
    at, code, values = datetime.fromisoformat(found["at"]), found.get("code", ""), found.get("values", {})
    if code not in SENTENCES:  # kept before sentences had codes
        return Check(name, found["state"], at, "", {}, found["sentence"])
    return _check(name, found["state"], at, code, **values)


def _page(facts: Row) -> Check:
    seen, refused = facts["page_seen_at"], facts["page_refused_at"]
    if refused and (seen is None or refused > seen):
        return _check("page", "failed", refused, "page_refused", origin=facts["page_origin"])
    if seen:
        return _check("page", "ok", seen, "page_ok", origin=facts["page_origin"])
    return _check("page", "waiting", None, "page_waiting")


def _message(facts: Row) -> Check:
    if facts["message_at"]:
        return _check("message", "ok", facts["message_at"], "message_ok")
    return _check("message", "waiting", None, "message_waiting")


def _reply(facts: Row) -> Check:
    delivered = facts["delivered_at"]
    if delivered is None and facts["platform"] == "instagram":
        delivered = facts["last_sent_at"]  # it says no more than that it was taken
    if facts["platform"] == "webchat":
        delivered = facts["answered_at"]
    if delivered:
        return _check("reply", "ok", delivered, "reply_ok")
    if facts["send_error"]:
        return _check("reply", "failed", None, "reply_failed", error=facts["send_error"])
    return _check("reply", "waiting", None, "reply_sent" if facts["last_sent_at"] else "reply_waiting")
