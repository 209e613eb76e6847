"""Messages as Twilio keeps them: the resource, its list, and who opted out.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import math
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

API_VERSION: Final = "2010-04-01"
KEPT_MESSAGES: Final = 100_000
_GSM: Final = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\\[~\]|€]*"
)
_TWO_SEPTETS: Final = frozenset("^{}\\[~]|€")


def segments(text: str) -> int:
    """How many SMS segments a text takes: 160 septets or 70 UTF-16 units, 153 or 67 each when there are several."""
    if _GSM.fullmatch(text):
        length, single, several = len(text) + sum(char in _TWO_SEPTETS for char in text), 160, 153
    else:
        length, single, several = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= single else math.ceil(length / several)


@dataclass(slots=True, kw_only=True)
class TwilioMessage:
    """One message of the account; `direction` is inbound or outbound-api."""

    sid: str
    to: str
    sender: str | None
    body: str
    direction: str
    status: str
    num_segments: int
    messaging_service_sid: str | None = None
    media: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()  # what a customer sent: the id on the shelf, and its type
    error_code: int | None = None
    error_message: str | None = None
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: datetime | None = None

    def as_json(self, account_sid: str) -> dict[str, Any]:
        path = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        return {
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": rfc2822(self.created),
            "date_sent": rfc2822(self.sent) if self.sent else None,
            "date_updated": rfc2822(self.sent or self.created),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": self.error_message,
            "from": self.sender,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(len(self.media) + len(self.files)),
            "num_segments": str(self.num_segments),
            "price": None,
            "price_unit": "USD",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": self.to,
            "uri": f"{path}.json",
        }


def rfc2822(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))


class TwilioStore:
    """Every message of the account, newest last, and the customers who said STOP."""

    def __init__(self) -> None:
        self._messages: OrderedDict[str, TwilioMessage] = OrderedDict()
        self.opted_out: set[tuple[str, str]] = set()

    def add(self, message: TwilioMessage) -> TwilioMessage:
        self._messages[message.sid] = message
        if len(self._messages) > KEPT_MESSAGES:
            self._messages.popitem(last=False)
        return message

    def find(self, sid: str) -> TwilioMessage | None:
        return self._messages.get(sid)

    def page(self, query: Mapping[str, str], account_sid: str) -> dict[str, Any]:
        """One page of the list, newest first. Raises ValueError on a filter that cannot be read."""
        size = min(max(int(query.get("PageSize", 50)), 1), 1000)
        page = max(int(query.get("Page", 0)), 0)
        fits = _filters(query)
        found = [message for message in reversed(self._messages.values()) if all(fit(message) for fit in fits)]
        rows = found[page * size : (page + 1) * size]
        kept = {name: value for name, value in query.items() if name not in ("Page", "PageToken", "PageSize")}

        def uri(number: int) -> str:
            paged = urlencode({**kept, "PageSize": size, "Page": number})
            return f"/{API_VERSION}/Accounts/{account_sid}/Messages.json?{paged}"

        return {
            "messages": [message.as_json(account_sid) for message in rows],
            "page": page,
            "page_size": size,
            "start": page * size,
            "end": page * size + max(len(rows) - 1, 0),
            "uri": uri(page),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(page - 1) if page else None,
            "next_page_uri": uri(page + 1) if len(found) > (page + 1) * size else None,
        }


Fit = Callable[[TwilioMessage], bool]


def _filters(query: Mapping[str, str]) -> list[Fit]:
    fits: list[Fit] = []
    if "To" in query:
        fits.append(lambda message: message.to == query["To"])
    if "From" in query:
        fits.append(lambda message: message.sender == query["From"])
    # On the wire the operator is part of the name: DateSent>=2026-11-20 reads as name "DateSent>", value "2026-11-20".
    for name in ("DateSent", "DateSent>", "DateSent<"):
        if name in query:
            fits.append(_date_fit(name, query[name]))
    return fits


def _date_fit(name: str, value: str) -> Fit:
    given = datetime.fromisoformat(value)
    moment = given.replace(tzinfo=UTC) if given.tzinfo is None else given
    whole_day = len(value) == 10

    def at_or_after(message: TwilioMessage) -> bool:
        return (message.sent or message.created) >= moment

    def at_or_before(message: TwilioMessage) -> bool:
        sent = message.sent or message.created
        return sent < moment + timedelta(days=1) if whole_day else sent <= moment

    if name == "DateSent>":
        return at_or_after
    if name == "DateSent<":
        return at_or_before
    return lambda message: at_or_after(message) and at_or_before(message)


TWILIO: web.AppKey[TwilioStore] = web.AppKey("twilio", TwilioStore)
