"""SMS through Twilio: two webhooks, each signed, and the Messages resource.

https://www.twilio.com/docs/usage/security#validating-requests
https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit, urlunsplit

import aiohttp

from channels.base import Alias, Channel, Delivery, Endpoint, Event, Hook, Inbound, Media, Outbound, Status, Unreadable
from channels.errors import Ambiguous, HookRejected, Misconfigured, OptedOut, Refused, Throttled, Unavailable
from channels.http import Answer, post, raise_for_wordless
from channels.reading import int_of, text_of
from channels.split import split

TEXT_LIMIT = 1600
FORM = "application/x-www-form-urlencoded"
MEDIA_MOST = 10
KEYWORDS = {
    **dict.fromkeys(("STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"), "STOP"),
    **dict.fromkeys(("START", "UNSTOP"), "START"),
    **dict.fromkeys(("HELP", "INFO"), "HELP"),
}
UNDER_WAY = ("queued", "accepted", "scheduled", "sending")
DELIVERIES: Mapping[str, Delivery] = {
    "sent": "sent", "delivered": "delivered", "partially_delivered": "delivered", "read": "read",
    "failed": "failed", "undelivered": "failed", "canceled": "failed",
}  # fmt: skip
MISCONFIGURED = {"20003", "20404", "21606", "21616", "30002", "30034", "21660"}
# A region that is switched off and a trial's unknown recipient are one customer's trouble, whatever HTTP says.
REFUSED = {"21408", "21608"}
THROTTLED = {"20429", "21611", "63017", "63018", "14107"}
OPTED_OUT = {"21610"}


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
        return [self._read(form, hook)]

    def _read(self, form: Mapping[str, str], hook: Hook) -> Event:
        raise NotImplementedError


class TwilioMessages(_Signed):
    """A customer's message."""

    path = "twilio/messages"

    def _read(self, form: Mapping[str, str], hook: Hook) -> Event:
        sid, sender, number = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", ""), form.get("To", "")
        if not sid or not sender or not number:
            return Unreadable(reason="a message without MessageSid, From or To")
        text = form.get("Body", "")
        content = {"opt_out": opt} if (opt := form.get("OptOutType") or KEYWORDS.get(text.strip().upper())) else {}
        if form.get("MessagingServiceSid"):
            content["messaging_service_sid"] = form["MessagingServiceSid"]
        media = tuple(_media(form))
        return Inbound(
            platform="sms",
            number=number,
            customer=sender,
            id=sid,
            kind=_kind(text, media, str(content.get("opt_out", ""))),
            text=text,
            aliases=(Alias("phone", sender),),
            content=content,
            media=media,
        )


class TwilioStatus(_Signed):
    """The delivery of a message of ours; our part id is in the URL that we gave."""

    path = "twilio/status"

    def translate(self, hook: Hook) -> Sequence[Event]:
        form = {name: values[0] for name, values in parameters(hook).items()}
        return [] if _word(form) in UNDER_WAY else [self._read(form, hook)]

    def _read(self, form: Mapping[str, str], hook: Hook) -> Event:
        state = DELIVERIES.get(_word(form))
        sid, number = form.get("MessageSid") or form.get("SmsSid", ""), form.get("From", "")
        if not state:
            return Unreadable(reason=f"unknown status {_word(form)[:40]!r}")
        if not sid or not number:
            return Unreadable(reason="a status without MessageSid or From")
        return Status(
            platform="sms",
            number=number,
            id=sid,
            state=state,
            part=_query(hook.url).get("part", ""),
            error_code=form.get("ErrorCode", ""),
            error_text=form.get("ErrorMessage", ""),
        )


class Twilio(Channel):
    """Sends through the Messages resource, with the account's auth token or an API key."""

    platform = "sms"

    def __init__(self, http: aiohttp.ClientSession, api_url: str) -> None:
        self._http = http
        self._api = api_url

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT)

    async def send(self, part: Outbound) -> str:
        settings = part.sender.settings
        account = settings.get("account_sid", "")
        service = settings.get("messaging_service_sid", "")
        form = {
            "To": part.customer,
            **({"MessagingServiceSid": service} if service else {"From": part.sender.address}),
            "Body": part.text,
            **({"StatusCallback": f"{part.status_url}?part={quote(part.part, safe='')}"} if part.status_url else {}),
        }
        user, password = settings.get("key_sid") or account, settings.get("key_secret") or part.sender.token
        credentials = base64.b64encode(f"{user}:{password}".encode()).decode()
        url = f"{self._api}/2010-04-01/Accounts/{quote(account, safe='')}/Messages.json"
        answer = await post(self._http, url, data=form, headers={"Authorization": f"Basic {credentials}"})
        if answer.status >= 300:
            _raise_for(answer)
        sid = text_of(answer.body.get("sid"))
        if not sid:
            raise Ambiguous(f"HTTP {answer.status} without a sid")
        return sid


def _raise_for(answer: Answer) -> None:
    code, detail = text_of(answer.body.get("code")), text_of(answer.body.get("message"))
    if not code:
        raise_for_wordless(answer)
    if code in OPTED_OUT:
        raise OptedOut(detail, code=code)
    if code in THROTTLED or answer.status == 429:
        raise Throttled(detail, code=code, retry_after=max(answer.retry_after, 1.0))
    if code in REFUSED:
        raise Refused(detail, code=code)
    if code in MISCONFIGURED or answer.status in (401, 403):
        raise Misconfigured(detail, code=code)
    if answer.status == 503:
        raise Unavailable(detail, code=code)
    if answer.status >= 500:
        raise Ambiguous(detail, code=code)
    raise Refused(detail, code=code)


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
