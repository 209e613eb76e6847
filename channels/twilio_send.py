"""Twilio's Messages resource: sends texts and files, finds the files of customers, and lists what was missed.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from channels.base import Channel, Content, Download, Event, Media, Outbound, Sender, Standing, without_caption
from channels.errors import Ambiguous, Gone, Misconfigured, OptedOut, Refused, SendFailed, Throttled, Unavailable
from channels.http import Answer, get, post, raise_for_wordless
from channels.reading import int_of, objects_of, text_of
from channels.segments import segments
from channels.split import split
from channels.twilio import MEDIA_MOST, read_message

TEXT_LIMIT = 1600
FILE_KINDS = ("image", "audio", "video", "document")
MOST_PAGES, PAGE_SIZE = 100, 1000
NOT_THERE = ("20404",)
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
ERRORS: Mapping[str, type[SendFailed]] = {  # https://www.twilio.com/docs/api/errors, whatever the HTTP status says
    **dict.fromkeys(("20003", "20404"), Misconfigured),  # the account's sid or token
    **dict.fromkeys(("21603", "21606", "21616", "21660", "21701", "21703"), Misconfigured),  # the sender is not ours
    **dict.fromkeys(("30002", "30034"), Misconfigured),  # suspended, not registered
    **dict.fromkeys(("20429", "14107", "63017", "63018"), Throttled),  # too fast
    **dict.fromkeys(("21611", "30001", "30022", "30023"), Throttled),  # a full queue, a campaign's limit
    "21610": OptedOut,
    **dict.fromkeys(("21211", "21214", "21217", "21604", "21612", "21614"), Refused),  # the customer's number
    **dict.fromkeys(("21408", "21608"), Refused),  # a region that is off, a trial: one customer's trouble
    **dict.fromkeys(("21602", "21617", "21620", "21623", "30019"), Refused),  # what is said, or its file
    **dict.fromkeys(("30003", "30004", "30005", "30006", "30007", "30008"), Refused),  # the network won't
    "63016": Refused,  # the window is closed
}


class Twilio(Channel):
    """Sends with the account's auth token or an API key, from a number, a word, or a messaging service."""

    platform = "sms"
    reads = ("text", "image", "audio", "video", "document", "system")
    sends = ("text", *FILE_KINDS)

    def __init__(self, http: aiohttp.ClientSession, api_url: str) -> None:
        self._http = http
        self._api = api_url

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT)

    def parts(self, content: Content) -> list[Content]:
        if content.kind in FILE_KINDS and content.data.get("id"):
            raise Refused("Twilio takes files by their address alone", code="unsupported")
        if content.kind in FILE_KINDS and len(content.text) > TEXT_LIMIT:
            file, *caption = without_caption(content)
            return [file, *(part for one in caption for part in self.parts(one))]
        return [_measured(part) for part in super().parts(content)]

    async def send(self, part: Outbound) -> str:
        address = part.sender.address
        service = part.sender.settings.get("messaging_service_sid") or (address if SERVICE.fullmatch(address) else "")
        form = {
            "To": part.customer,
            **({"MessagingServiceSid": service} if service else {"From": address}),
            **({"Body": part.text} if part.text or part.kind == "text" else {}),
            **({"MediaUrl": str(part.data["url"])} if part.kind != "text" and part.data.get("url") else {}),
            **({"StatusCallback": f"{part.status_url}?part={quote(part.part, safe='')}"} if part.status_url else {}),
        }
        answer = await post(self._http, self._messages(part.sender), data=form, headers=_credentials(part.sender))
        if answer.status >= 300:
            _raise_for(answer)
        if not (sid := text_of(answer.body.get("sid"))):
            raise Ambiguous(f"HTTP {answer.status} without a sid")
        return sid

    async def locate(self, sender: Sender, media: Media) -> Download:
        if not media.url:
            raise Gone("the provider named no address of the file")
        try:
            ours = urlsplit(media.url)[:2] == urlsplit(self._api)[:2]  # scheme and host, never half of them
        except ValueError as error:
            raise Gone("the address of the file makes no URL") from error
        return Download(url=media.url, headers=_credentials(sender) if ours else {})

    async def missed(self, sender: Sender, since: datetime) -> Sequence[Event]:
        """Every message to this number since a time, oldest first, as its webhook would have told it."""
        since = since.astimezone(UTC).replace(microsecond=0)  # Twilio's days are UTC's, and its clock has whole seconds
        query = f"To={quote(sender.address, safe='')}&DateSent%3E={since:%Y-%m-%d}&PageSize={PAGE_SIZE}"
        url, found = f"{self._messages(sender)}?{query}", list[dict[str, Any]]()
        for _ in range(MOST_PAGES):
            answer = await self._get(sender, url)
            found += [one for one in objects_of(answer.body.get("messages")) if _is_missed(one, since)]
            following = text_of(answer.body.get("next_page_uri"))
            if not following.startswith("/"):  # none, or one that would take our credentials to another host
                break
            url = self._api + following
        return [event for one in reversed(found) for event in read_message(await self._form(sender, one))]

    async def standing(self, sender: Sender, hook_url: str) -> Standing:
        account = await self._get(sender, f"{self._account(sender)}.json")
        status = text_of(account.body.get("status"))
        trouble = "" if status in ("", "active") else f"the account is {status}"
        if not sender.address.startswith("+") or sender.settings.get("messaging_service_sid"):
            return Standing(name=sender.address, trouble=trouble)
        number = await self._number(sender)
        hooked = number.get("sms_url") == hook_url and number.get("sms_method") == "POST"
        return Standing(name=text_of(number.get("friendly_name")), hooked=hooked, trouble=trouble)

    async def connect(self, sender: Sender, hook_url: str) -> None:
        if sender.settings.get("messaging_service_sid"):
            raise Refused("the webhook of a messaging service is set at Twilio", code="messaging_service")
        sid = text_of((await self._number(sender)).get("sid"))
        form = {"SmsUrl": hook_url, "SmsMethod": "POST"}
        url = f"{self._account(sender)}/IncomingPhoneNumbers/{quote(sid, safe='')}.json"
        answer = await post(self._http, url, data=form, headers=_credentials(sender))
        if answer.status >= 300:
            _raise_for(answer)

    async def _number(self, sender: Sender) -> dict[str, Any]:
        """The number as the account has it. Raises Refused when it is not the account's."""
        query = f"PhoneNumber={quote(sender.address, safe='')}"
        answer = await self._get(sender, f"{self._account(sender)}/IncomingPhoneNumbers.json?{query}")
        for one in objects_of(answer.body.get("incoming_phone_numbers")):
            if one.get("phone_number") == sender.address:
                return one
        raise Refused("the account does not have this number", code="no_number")

    async def _form(self, sender: Sender, message: dict[str, Any]) -> dict[str, str]:
        """A listed message as the form of its webhook."""
        sid, count = text_of(message.get("sid")), int_of(message.get("num_media"))
        form = {
            "MessageSid": sid, "From": text_of(message.get("from")), "To": text_of(message.get("to")),
            "Body": text_of(message.get("body")), "NumMedia": str(max(count, 0)),
            "MessagingServiceSid": text_of(message.get("messaging_service_sid")),
        }  # fmt: skip
        for n, one in enumerate(await self._media(sender, sid) if count > 0 else ()):
            uri = text_of(one.get("uri")).removesuffix(".json")
            form[f"MediaContentType{n}"] = text_of(one.get("content_type"))
            form[f"MediaUrl{n}"] = self._api + uri if uri.startswith("/") else ""
        return form

    async def _media(self, sender: Sender, sid: str) -> list[dict[str, Any]]:
        """The files of a listed message; none where they were deleted, since its words are still worth having."""
        try:
            answer = await self._get(sender, f"{self._messages(sender)[:-5]}/{quote(sid, safe='')}/Media.json")
        except (Refused, Misconfigured) as error:
            if error.code not in NOT_THERE:
                raise
            return []
        return list(objects_of(answer.body.get("media_list")))[:MEDIA_MOST]

    async def _get(self, sender: Sender, url: str) -> Answer:
        answer = await get(self._http, url, headers=_credentials(sender))
        if answer.status >= 300:
            _raise_for(answer)
        return answer

    def _messages(self, sender: Sender) -> str:
        return f"{self._account(sender)}/Messages.json"

    def _account(self, sender: Sender) -> str:
        return f"{self._api}/2010-04-01/Accounts/{quote(sender.settings.get('account_sid', ''), safe='')}"


def _measured(part: Content) -> Content:
    """A text with what it takes on the network, which is what it costs."""
    if part.kind != "text":
        return part
    encoding, units, count = segments(part.text)
    return replace(part, data={**part.data, "encoding": encoding, "units": units, "segments": count})


def _is_missed(message: dict[str, Any], since: datetime) -> bool:
    try:
        at = parsedate_to_datetime(text_of(message.get("date_sent")) or text_of(message.get("date_created")))
        return message.get("direction") == "inbound" and at >= since
    except (ValueError, TypeError):
        return message.get("direction") == "inbound"  # a time that nobody can read is no reason to lose it


def _credentials(sender: Sender) -> dict[str, str]:
    user = sender.settings.get("key_sid") or sender.settings.get("account_sid", "")
    password = sender.settings.get("key_secret") or sender.token
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def _raise_for(answer: Answer) -> None:
    """Raises the class of an error's code; a code that nobody knows has the class of its HTTP status."""
    code, detail = text_of(answer.body.get("code")), text_of(answer.body.get("message"))
    if not code:
        raise_for_wordless(answer)
    found = ERRORS.get(code) or _by_status(answer.status)
    if found is Throttled:
        raise Throttled(detail, code=code, retry_after=max(answer.retry_after, 1.0))
    raise found(detail, code=code)


def _by_status(status: int) -> type[SendFailed]:
    known = {401: Misconfigured, 403: Misconfigured, 429: Throttled, 503: Unavailable}
    return known.get(status, Ambiguous if status >= 500 else Refused)
