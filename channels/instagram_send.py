"""Instagram messaging: sends parts, shows signs of life, and renews tokens.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

import aiohttp

from channels import graph
from channels.base import Channel, Content, Download, Media, Outbound, Sender, Standing, Token, Window, without_caption
from channels.errors import Gone, Unavailable
from channels.http import Answer, get, post
from channels.reading import objects_of, text_of
from channels.split import split, utf8_bytes

TEXT_LIMIT_BYTES = 1000
QUICK_REPLIES, QUICK_REPLY_TITLE = 13, 20
TEMPLATE_TEXT, BUTTON_TITLE = 640, 20
FILE_TYPES = {"image": "image", "audio": "audio", "video": "video", "document": "file"}
TOKEN_SECONDS = 60 * 24 * 3600.0
SUBSCRIBED = (
    "messages", "messaging_postbacks", "message_reactions", "messaging_seen", "messaging_referral", "standby",
)  # fmt: skip
LOVE = ("❤", "❤️")


class Instagram(Channel):
    """Sends through either flavour of the API: with Instagram's own log-in, or through the linked page."""

    platform = "instagram"
    reads = (
        "text", "image", "audio", "video", "document", "button", "reaction", "edit", "revoke", "system", "standby",
        "unsupported",
    )  # fmt: skip
    sends = ("text", "image", "audio", "video", "document", "choices", "link", "reaction")
    most_options = QUICK_REPLIES
    window = Window(hours=24, human_hours=7 * 24)
    rate = 100.0

    def __init__(
        self, http: aiohttp.ClientSession, graph_url: str, instagram_url: str, version: str = graph.VERSION
    ) -> None:
        self._http = http
        self._page = f"{graph_url}/{version}/me/messages"
        self._direct = f"{instagram_url}/{version}"
        self._refresh = f"{instagram_url}/refresh_access_token"

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT_BYTES, utf8_bytes)

    def parts(self, content: Content) -> list[Content]:
        if content.kind in FILE_TYPES:
            file, *caption = without_caption(content)
            return [file, *(Content(text=text) for one in caption for text in self.split(one.text))]
        return super().parts(content)

    def fits(self, content: Content) -> bool:
        if content.kind == "choices":
            plain = all(
                len(str(option["title"])) <= QUICK_REPLY_TITLE and not option.get("description")
                for option in content.data.get("options", ())
            )
            return super().fits(content) and plain and 0 < utf8_bytes(content.text) <= TEXT_LIMIT_BYTES
        if content.kind == "link":
            title = str(content.data.get("title", ""))
            return 0 < len(content.text) <= TEMPLATE_TEXT and 0 < len(title) <= BUTTON_TITLE
        return super().fits(content)

    async def send(self, part: Outbound) -> str:
        body: dict[str, Any] = {"recipient": {"id": part.customer}}
        if part.kind == "reaction":
            body |= _reaction(part.data)
        else:
            # The tag is for what a person wrote after the ordinary window; anything else in it is against the rules.
            tagged = part.by_human and part.late
            body |= (
                {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"} if tagged else {"messaging_type": "RESPONSE"}
            )
            body["message"] = _message(part.kind, part.text, part.data)
            if reply_to := text_of(part.data.get("reply_to")):
                body["reply_to"] = {"mid": reply_to}
        answer = await self._post(part.sender, body)
        if part.kind == "reaction":
            return f"{part.data['message_id']}#{part.part}"
        return graph.accepted_id(answer, text_of(answer.body.get("message_id")))

    async def signal(self, sender: Sender, customer: str, what: Literal["read", "typing"], message_id: str) -> None:
        action = "mark_seen" if what == "read" else "typing_on"
        await self._post(sender, {"recipient": {"id": customer}, "sender_action": action})

    async def locate(self, sender: Sender, media: Media) -> Download:
        if not media.url:
            raise Gone("the provider named no address of the file")
        return Download(url=media.url)  # signed by itself; our token has no business at a content network

    async def renew(self, sender: Sender) -> Token | None:
        if sender.settings.get("flavour") == "page":
            return None
        query = f"grant_type=ig_refresh_token&access_token={quote(sender.token, safe='')}"
        answer = await get(self._http, f"{self._refresh}?{query}")
        if answer.status >= 300:
            graph.raise_for(answer)
        if not (token := text_of(answer.body.get("access_token"))):
            raise Unavailable("the renewal was answered without a token")
        seconds = text_of(answer.body.get("expires_in"))
        return Token(value=token, seconds=float(seconds) if seconds.isdecimal() else TOKEN_SECONDS)

    async def standing(self, sender: Sender, hook_url: str) -> Standing:
        credentials = {"Authorization": f"Bearer {sender.token}"}
        card = await get(self._http, f"{self._account(sender)}?fields=id,name", headers=credentials)
        if card.status >= 300:
            graph.raise_for(card)
        apps = await get(self._http, f"{self._account(sender)}/subscribed_apps", headers=credentials)
        if apps.status >= 300:
            graph.raise_for(apps)
        fields = [one.get("subscribed_fields") for one in objects_of(apps.body.get("data"))]
        hooked = any("messages" in one for one in fields if isinstance(one, list))
        return Standing(name=text_of(card.body.get("name")), hooked=hooked)

    async def connect(self, sender: Sender, hook_url: str) -> None:
        url = f"{self._account(sender)}/subscribed_apps?subscribed_fields={','.join(SUBSCRIBED)}"
        answer = await post(self._http, url, headers={"Authorization": f"Bearer {sender.token}"})
        if answer.status >= 300:
            graph.raise_for(answer)

    def _account(self, sender: Sender) -> str:
        """The account itself; with a page's token the page."""
        if sender.settings.get("flavour") == "page":
            return self._page.removesuffix("/messages")
        return f"{self._direct}/{quote(sender.address, safe='')}"

    async def _post(self, sender: Sender, body: Mapping[str, Any]) -> Answer:
        by_page = sender.settings.get("flavour") == "page"
        url = self._page if by_page else f"{self._direct}/{quote(sender.address, safe='')}/messages"
        answer = await post(self._http, url, json=body, headers={"Authorization": f"Bearer {sender.token}"})
        if answer.status >= 300:
            graph.raise_for(answer)
        return answer


def _message(kind: str, text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "choices":
        replies = [{"content_type": "text", "title": one["title"], "payload": one["id"]} for one in data["options"]]
        return {"text": text, "quick_replies": replies}
    if kind == "link":
        button = {"type": "web_url", "url": data["url"], "title": data["title"]}
        payload = {"template_type": "button", "text": text, "buttons": [button]}
        return {"attachment": {"type": "template", "payload": payload}}
    if kind in FILE_TYPES:
        payload = {"attachment_id": data["id"]} if data.get("id") else {"url": data.get("url", "")}
        return {"attachment": {"type": FILE_TYPES[kind], "payload": payload}}
    return {"text": text}


def _reaction(data: Mapping[str, Any]) -> dict[str, Any]:
    emoji = str(data.get("emoji", ""))
    payload = {"message_id": data["message_id"]}
    if not emoji:
        return {"sender_action": "unreact", "payload": payload}
    return {"sender_action": "react", "payload": {**payload, "reaction": "love" if emoji in LOVE else emoji}}
