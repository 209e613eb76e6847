"""Twilio's Messages resource: sends texts and files, finds the files of customers, and lists what was missed.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp

from channels.base import Channel, Content, Download, Event, Media, Outbound, Sender
from channels.errors import Ambiguous, Gone, Misconfigured, OptedOut, Refused, Throttled, Unavailable
from channels.http import Answer, get, post, raise_for_wordless
from channels.reading import int_of, objects_of, text_of
from channels.segments import segments
from channels.split import split
from channels.twilio import MEDIA_MOST, read_message

TEXT_LIMIT = 1600
FILE_KINDS = ("image", "audio", "video", "document")
MOST_PAGES, PAGE_SIZE = 10, 100
MISCONFIGURED = {"20003", "20404", "21606", "21616", "21660", "30002", "30034", "30022", "30023"}
# A region that is switched off and a trial's unknown recipient are one customer's trouble, whatever HTTP says.
REFUSED = {"21408", "21608"}
THROTTLED = {"20429", "21611", "63017", "63018", "14107"}
OPTED_OUT = {"21610"}


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
        return [_measured(part) for part in super().parts(content)]

    def fits(self, content: Content) -> bool:
        if content.kind in FILE_KINDS:
            return len(content.text) <= TEXT_LIMIT and not content.data.get("id")
        return super().fits(content)

    async def send(self, part: Outbound) -> str:
        service = part.sender.settings.get("messaging_service_sid", "")
        form = {
            "To": part.customer,
            **({"MessagingServiceSid": service} if service else {"From": part.sender.address}),
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
        ours = urlsplit(media.url).netloc == urlsplit(self._api).netloc
        return Download(url=media.url, headers=_credentials(sender) if ours else {})

    async def missed(self, sender: Sender, since: datetime) -> Sequence[Event]:
        """Every message to this number since a time, oldest first, as its webhook would have told it."""
        query = f"To={quote(sender.address, safe='')}&DateSent%3E={since:%Y-%m-%d}&PageSize={PAGE_SIZE}"
        url, found = f"{self._messages(sender)}?{query}", list[dict[str, Any]]()
        for _ in range(MOST_PAGES):
            answer = await self._get(sender, url)
            found += [one for one in objects_of(answer.body.get("messages")) if _is_missed(one, since)]
            if not (following := text_of(answer.body.get("next_page_uri"))):
                break
            url = self._api + following
        return [event for one in reversed(found) for event in read_message(await self._form(sender, one))]

    async def _form(self, sender: Sender, message: dict[str, Any]) -> dict[str, str]:
        """A listed message as the form of its webhook."""
        sid, count = text_of(message.get("sid")), int_of(message.get("num_media"))
        form = {
            "MessageSid": sid, "From": text_of(message.get("from")), "To": text_of(message.get("to")),
            "Body": text_of(message.get("body")), "NumMedia": str(max(count, 0)),
            "MessagingServiceSid": text_of(message.get("messaging_service_sid")),
        }  # fmt: skip
        if count > 0:
            answer = await self._get(sender, f"{self._messages(sender)[:-5]}/{quote(sid, safe='')}/Media.json")
            for n, one in enumerate(list(objects_of(answer.body.get("media_list")))[:MEDIA_MOST]):
                form[f"MediaContentType{n}"] = text_of(one.get("content_type"))
                form[f"MediaUrl{n}"] = self._api + text_of(one.get("uri")).removesuffix(".json")
        return form

    async def _get(self, sender: Sender, url: str) -> Answer:
        answer = await get(self._http, url, headers=_credentials(sender))
        if answer.status >= 300:
            _raise_for(answer)
        return answer

    def _messages(self, sender: Sender) -> str:
        account = quote(sender.settings.get("account_sid", ""), safe="")
        return f"{self._api}/2010-04-01/Accounts/{account}/Messages.json"


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
