"""SMS through Twilio: reads two webhooks, each signed.

https://www.twilio.com/docs/usage/security#validating-requests
https://www.twilio.com/docs/messaging/guides/webhook-request
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, urlsplit, urlunsplit

from channels.base import Alias, Consent, Delivery, Endpoint, Event, Hook, Inbound, Media, Status, Unreadable
from channels.errors import HookRejected
from channels.reading import int_of

FORM = "application/x-www-form-urlencoded"
MEDIA_MOST = 10
KEYWORDS = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), "STOP"),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}
UNSUBSCRIBED = "21610"
UNDER_WAY = ("queued", "accepted", "scheduled", "sending")
DELIVERIES: Mapping[str, Delivery] = {
    "sent": "sent", "delivered": "delivered", "partially_delivered": "delivered", "read": "read",
    "failed": "failed", "undelivered": "failed", "canceled": "failed",
}  # fmt: skip


def parameters(hook: Hook) -> dict[str, list[str]]:
    """The form, blanks kept, in the order of arrival."""
    if not hook.headers.get("content-type", FORM).strip().lower().startswith(FORM):
        return {}
    try:
        return parse_qs(hook.body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=1000)
    except ValueError:
        return {}


def signature(url: str, form: Mapping[str, Sequence[str]], token: str) -> str:
    """The base64 HMAC-SHA1 over the URL and, by sorted name, each name with each of its distinct values, sorted."""
    text = url + "".join(f"{name}{value}" for name in sorted(form) for value in sorted(set(form[name])))
    return base64.b64encode(hmac.digest(token.encode(), text.encode("utf-8", "surrogatepass"), "sha1")).decode()


class _Signed(Endpoint):
    """What both webhooks share."""

    reply = ("<Response/>", "text/xml")

    def signer(self, hook: Hook) -> str:
        return _first(parameters(hook), "AccountSid") or "unknown"

    def authenticate(self, hook: Hook, secrets: Sequence[str]) -> None:
        given = hook.headers.get("x-twilio-signature", "").encode("utf-8", "surrogatepass")
        digest = _query(hook.url).get("bodySHA256", "")
        form = {} if digest else parameters(hook)
        if digest and digest.lower() != hashlib.sha256(hook.body).hexdigest():
            raise HookRejected("the body does not match bodySHA256")
        good = [
            hmac.compare_digest(signature(url, form, secret).encode(), given)
            for secret in secrets
            for url in _ports(hook.url)
        ]
        if not any(good):
            problem = "the signature does not match" if given else "there is no signature"
            raise HookRejected(f"{problem}; the URL was taken to be {hook.url.partition('?')[0]}")

    def translate(self, hook: Hook) -> Sequence[Event]:
        form = {name: values[0] for name, values in parameters(hook).items()}
        return list(self._read(form, hook))

    def _read(self, form: Mapping[str, str], hook: Hook) -> Iterator[Event]:
        raise NotImplementedError


class TwilioMessages(_Signed):
    """A customer's message."""

    path = "twilio/messages"

    def _read(self, form: Mapping[str, str], hook: Hook) -> Iterator[Event]:
        return read_message(form)


def read_message(form: Mapping[str, str]) -> Iterator[Event]:
    """A customer's message, and what he allows or forbids by it, whether a webhook or a list tells it."""
    sid, sender, number = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", ""), form.get("To", "")
    if not sid or not sender or not number:
        yield Unreadable(reason="a message without MessageSid, From or To")
        return
    text, service = form.get("Body", ""), form.get("MessagingServiceSid", "")
    # A keyword is the whole message; Twilio answers it and blocks, so the agent says nothing.
    opt = (form.get("OptOutType") or KEYWORDS.get(text.strip().upper(), "")).upper()
    content = {name: value for name, value in (("opt_out", opt), ("messaging_service_sid", service)) if value}
    media = tuple(_media(form))
    aliases = (Alias("phone", sender),)
    yield Inbound(
        platform="sms",
        number=number,
        customer=sender,
        id=sid,
        kind=_kind(text, media, opt),
        text=text,
        aliases=aliases,
        content=content,
        media=media,
        fallback=service,
    )
    if opt in ("STOP", "START"):
        yield Consent(
            platform="sms", number=number, customer=sender, granted=opt == "START", aliases=aliases, fallback=service
        )


class TwilioStatus(_Signed):
    """The delivery of a message of ours; our part id is in the URL that we gave."""

    path = "twilio/status"

    def translate(self, hook: Hook) -> Sequence[Event]:
        form = {name: values[0] for name, values in parameters(hook).items()}
        return [] if _word(form) in UNDER_WAY else list(self._read(form, hook))

    def _read(self, form: Mapping[str, str], hook: Hook) -> Iterator[Event]:
        state = DELIVERIES.get(_word(form))
        sid, number = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", "")
        service, customer = form.get("MessagingServiceSid", ""), form.get("To", "")
        if not state:
            yield Unreadable(reason=f"unknown status {_word(form)[:40]!r}")
            return
        if not sid or not (number or service):
            yield Unreadable(reason="a status without MessageSid or From")
            return
        yield Status(
            platform="sms",
            number=number or service,
            id=sid,
            state=state,
            part=_query(hook.url).get("part", ""),
            error_code=form.get("ErrorCode", ""),
            error_text=form.get("ErrorMessage", ""),
            fallback=service,
        )
        if form.get("ErrorCode") == UNSUBSCRIBED and customer:
            yield Consent(
                platform="sms", number=number or service, customer=customer, granted=False, source="provider",
                aliases=(Alias("phone", customer),), fallback=service,
            )  # fmt: skip


def _media(form: Mapping[str, str]) -> Iterator[Media]:
    for n in range(min(int_of(form.get("NumMedia", "0")), MEDIA_MOST)):
        kind, url = form.get(f"MediaContentType{n}", ""), form.get(f"MediaUrl{n}", "")
        family = kind.partition("/")[0]
        if url:
            yield Media(kind=family if family in ("image", "audio", "video") else "document", url=url, mime_type=kind)


def _kind(text: str, media: tuple[Media, ...], opt_out: str) -> str:
    """Twilio itself answers STOP and HELP, so the agent must not."""
    if opt_out in ("STOP", "HELP"):
        return "system"
    return media[0].kind if media and not text else "text"


def _first(form: Mapping[str, Sequence[str]], name: str) -> str:
    values = form.get(name, ())
    return values[0] if values else ""


def _word(form: Mapping[str, str]) -> str:
    return form.get("MessageStatus") or form.get("SmsStatus", "")


def _query(url: str) -> Mapping[str, str]:
    return dict(parse_qsl(url.partition("#")[0].partition("?")[2]))


def _ports(url: str) -> tuple[str, ...]:
    """The URL as it is, and with the standard port taken out or put in: Twilio is not of one mind about it."""
    try:
        parts = urlsplit(url)
        port, standard = parts.port, {"https": 443, "http": 80}.get(parts.scheme)
    except ValueError:
        return (url,)
    host = parts.netloc if port is None else parts.netloc.rpartition(":")[0]
    return url, urlunsplit(parts._replace(netloc=host if port is not None else f"{host}:{standard}"))
