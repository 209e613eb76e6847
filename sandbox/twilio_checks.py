"""What Twilio takes as a message, and how it refuses the rest.

By CreateMessage of Twilio's OpenAPI file (twilio/twilio-oai, spec/json/twilio_api_v2010.json): CreateMessageRequest and
the enums message_enum_content_retention, message_enum_address_retention, message_enum_traffic_type,
message_enum_schedule_type and message_enum_risk_check; and by
https://www.twilio.com/docs/messaging/api/message-resource
https://www.twilio.com/docs/messaging/api/message-resource#alphanumeric-sender-id
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from sandbox.config import Number
from sandbox.shapes import absolute
from sandbox.state import Sandbox
from sandbox.twilio_store import TwilioStore

BODY_CHARACTERS: Final = 1600
MOST_MEDIA: Final = 10
Form = Sequence[tuple[str, str]]

_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_SHORT_CODE: Final = re.compile(r"[0-9]{3,8}")
_WORD: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
_SERVICE: Final = re.compile(r"MG[0-9a-fA-F]{32}")
_URL: Final = re.compile(r"https?://[^\s/_]+(/\S*)?")


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
    """A message as the gateway asked for it, checked. With a `service` the sender is chosen later."""

    to: str
    number: Number
    service: str | None
    body: str
    callback: str
    media: tuple[str, ...]


def _words(*known: str) -> Callable[[str], bool]:
    return lambda value: value in known


def _anything(_: str) -> bool:
    return True


def _date(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


_BOOLEAN: Final = _words("true", "false", "True", "False")
# Every field of CreateMessage, with what it may hold. Those that are checked one by one may hold anything here.
FIELDS: Final[Mapping[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("To", "From", "Body", "MediaUrl", "StatusCallback", "MessagingServiceSid"), _anything),
    **dict.fromkeys(("PersistentAction", "FallbackFrom", "ContentVariables"), _anything),
    **dict.fromkeys(("ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms"), _BOOLEAN),
    "ApplicationSid": lambda value: re.fullmatch(r"AP[0-9a-fA-F]{32}", value) is not None,
    "ContentSid": lambda value: re.fullmatch(r"HX[0-9a-fA-F]{32}", value) is not None,
    "MaxPrice": lambda value: re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None,
    "Attempt": str.isdecimal,
    "ValidityPeriod": lambda value: value.isdecimal() and 1 <= int(value) <= 36000,
    "ContentRetention": _words("retain", "discard"),
    "AddressRetention": _words("retain", "obfuscate"),
    "TrafficType": _words("free"),
    "ScheduleType": _words("fixed"),
    "SendAt": _date,
    "RiskCheck": _words("enable", "disable"),
}


def check_fields(form: Form) -> None:
    """Checks each field by itself. Raises TwilioRefusal."""
    for name, value in form:
        if name not in FIELDS:
            raise TwilioRefusal(20001, f"Parameter {name} is not one of CreateMessage")
        if not FIELDS[name](value):
            code = 21621 if name == "ValidityPeriod" else 20001
            raise TwilioRefusal(code, f"The value of {name} is not valid: {value}")
    names = [name for name, _ in form if name not in ("MediaUrl", "PersistentAction")]
    if len(set(names)) != len(names):
        raise TwilioRefusal(20001, "A parameter stands twice")


def check_order(sandbox: Sandbox, store: TwilioStore, form: Form) -> Order:
    """The message that a form asks for. Raises TwilioRefusal."""
    fields = {name: value for name, value in form if name != "MediaUrl"}
    to, service = fields.get("To", ""), fields.get("MessagingServiceSid", "")
    if not to:
        raise TwilioRefusal(21604, "A 'To' phone number is required.")
    if not _PHONE.fullmatch(to):
        raise TwilioRefusal(21211, f"Invalid 'To' Phone Number: {to}")
    if service and not _SERVICE.fullmatch(service):
        raise TwilioRefusal(21701, "The Messaging Service does not exist")
    number = _sender(sandbox, fields.get("From", ""), service)
    if to in number.names:
        raise TwilioRefusal(21266, "'To' and 'From' number cannot be the same")
    if (number.id, to) in store.opted_out:
        raise TwilioRefusal(21610, "Attempt to send to unsubscribed recipient")
    callback = fields.get("StatusCallback", "")
    if callback and not _URL.fullmatch(callback):
        raise TwilioRefusal(21609, f"The 'StatusCallback' URL {callback} is not a valid URL.")
    media = _media(form)
    body = _body(fields.get("Body", ""), media, templated="ContentSid" in fields)
    return Order(to=to, number=number, service=service or None, body=body, callback=callback, media=media)


def _sender(sandbox: Sandbox, sender: str, service: str) -> Number:
    """A number of ours, a word that stands for the business, or the service's choice."""
    if not sender and not service:
        raise TwilioRefusal(21603, "A 'From' phone number is required.")
    if sender and not any(form.fullmatch(sender) for form in (_PHONE, _SHORT_CODE, _WORD)):
        raise TwilioRefusal(
            21212, f"The 'From' {sender} is not a valid phone number, short code or alphanumeric sender."
        )
    number = sandbox.config.find_number(sender, "sms") if sender else sandbox.config.first_number("sms")
    if number is None:
        raise TwilioRefusal(
            21606, f"The 'From' phone number {sender} is not a valid, SMS-capable phone number for your account."
        )
    return number


def _media(form: Form) -> tuple[str, ...]:
    media = tuple(value for name, value in form if name == "MediaUrl" and value)
    if len(media) > MOST_MEDIA:
        raise TwilioRefusal(21623, f"Number of media files exceeds allowed limit of {MOST_MEDIA}")
    wrong = [url for url in media if not absolute(url)]
    if wrong:
        raise TwilioRefusal(21620, f"Invalid media URL(s): {', '.join(wrong)}")
    return media


def _body(body: str, media: tuple[str, ...], *, templated: bool) -> str:
    if not body and not media and not templated:
        raise TwilioRefusal(21602, "Message body is required.")
    if len(body) > BODY_CHARACTERS:
        raise TwilioRefusal(21617, f"The concatenated message body exceeds the {BODY_CHARACTERS} character limit")
    return body


def is_word(sender: str) -> bool:
    """Whether a sender is a name that nobody can answer to."""
    return _WORD.fullmatch(sender) is not None
