"""WhatsApp Cloud API: sends parts, shows signs of life, and finds the files of customers.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

import aiohttp

from channels import graph
from channels.base import (
    FILES,
    Channel,
    Content,
    Download,
    Media,
    Outbound,
    Sender,
    Standing,
    Template,
    Window,
    without_caption,
)
from channels.errors import Ambiguous, Gone, Refused, Unavailable
from channels.http import Answer, get, post
from channels.reading import object_of, objects_of, text_of
from channels.split import split
from channels.whatsapp_templates import PAGES, template_of

TEXT_LIMIT, BODY_LIMIT, CAPTION_LIMIT = 4096, 1024, 1024
BUTTONS, BUTTON_TITLE = 3, 20
ROWS, ROW_TITLE, ROW_DESCRIPTION = 10, 24, 72
LINK_TITLE = 20
CAPTIONED = ("image", "video", "document")
NOT_THERE = {"100", "131052"}
_LINK = re.compile(r"https?://\S")


class WhatsApp(Channel):
    """Sends through one number of a WhatsApp Business Account."""

    platform = "whatsapp"
    reads = (
        "text", *FILES, "location", "contacts", "button", "reaction", "edit", "revoke", "order", "system", "group",
        "unsupported",
    )  # fmt: skip
    sends = ("text", *FILES, "choices", "link", "location", "location_request", "template", "reaction")
    most_options = ROWS
    window = Window(hours=24, template=True)
    rate = 80.0
    counts_inbound = True
    pair_rate = 1 / 6
    pair_burst = 45.0
    uploads = True

    def __init__(self, http: aiohttp.ClientSession, graph_url: str, version: str = graph.VERSION) -> None:
        self._http = http
        self._base = f"{graph_url}/{version}"

    def split(self, text: str) -> list[str]:
        return split(text, TEXT_LIMIT)

    def parts(self, content: Content) -> list[Content]:
        if content.kind in FILES and (content.kind not in CAPTIONED or len(content.text) > CAPTION_LIMIT):
            file, *caption = without_caption(content)
            return [file, *(Content(text=text) for one in caption for text in self.split(one.text))]
        return super().parts(content)

    def fits(self, content: Content) -> bool:
        if content.kind in ("choices", "link", "location_request") and len(content.text) > BODY_LIMIT:
            return False
        return super().fits(content)

    async def send(self, part: Outbound) -> str:
        data = dict(part.data)
        if part.file is not None:
            data["id"] = await self._upload(part.sender, part.file, data)
        message: dict[str, Any] = {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            ("recipient" if part.customer_kind == "bsuid" else "to"): part.customer,
            "biz_opaque_callback_data": part.part,
            **_body(part.kind, part.text, data),
        }
        if reply_to := text_of(data.get("reply_to")):
            message["context"] = {"message_id": reply_to}
        answer = await self._post(part.sender, "messages", json=message)
        return graph.accepted_id(answer, text_of(next(objects_of(answer.body.get("messages")), {}).get("id")))

    async def signal(self, sender: Sender, customer: str, what: Literal["read", "typing"], message_id: str) -> None:
        body: dict[str, Any] = {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}
        if what == "typing":
            body["typing_indicator"] = {"type": "text"}
        await self._post(sender, "messages", json=body)

    async def locate(self, sender: Sender, media: Media) -> Download:
        credentials = {"Authorization": f"Bearer {sender.token}"}
        if not media.id:
            if not media.url:
                raise Gone("the provider named no file")
            return Download(url=media.url, headers=credentials)
        answer = await get(self._http, f"{self._base}/{quote(media.id, safe='')}", headers=credentials)
        code = text_of(object_of(answer.body.get("error")).get("code"))
        if answer.status == 404 or code in NOT_THERE:
            raise Gone("the provider no longer has the file", code=code)
        if answer.status >= 300:
            graph.raise_for(answer)
        if not (url := text_of(answer.body.get("url"))):
            raise Unavailable("the provider named no address of the file")
        return Download(url=url, headers=credentials)

    async def standing(self, sender: Sender, hook_url: str) -> Standing:
        number = quote(sender.address, safe="")
        card = await self._get(sender, f"{number}?fields=display_phone_number,verified_name,status")
        status, name = text_of(card.body.get("status")), text_of(card.body.get("verified_name"))
        account, hooked = sender.settings.get("waba_id"), None
        if account:
            apps = await self._get(sender, f"{quote(account, safe='')}/subscribed_apps")
            hooked = any(True for _ in objects_of(apps.body.get("data")))
        trouble = "" if status in ("", "CONNECTED") else f"its status is {status}"
        return Standing(name=name or text_of(card.body.get("display_phone_number")), hooked=hooked, trouble=trouble)

    async def connect(self, sender: Sender, hook_url: str) -> None:
        account = sender.settings.get("waba_id")
        if not account:
            raise Refused("the id of the WhatsApp Business Account is not known", code="waba_id")
        await self._post(replace(sender, address=account), "subscribed_apps")

    async def templates(self, sender: Sender) -> list[Template]:
        account = sender.settings.get("waba_id")
        if not account:
            raise Refused("the id of the WhatsApp Business Account is not known", code="waba_id")
        fields = "name,language,status,category,components"
        found, after = [], ""
        for _ in range(PAGES):
            behind = f"&after={quote(after, safe='')}" if after else ""
            path = f"{quote(account, safe='')}/message_templates?fields={fields}&limit=100{behind}"
            page = (await self._get(sender, path)).body
            found += [template_of(one) for one in objects_of(page.get("data"))]
            paging = object_of(page.get("paging"))
            after = text_of(object_of(paging.get("cursors")).get("after")) if paging.get("next") else ""
            if not after:
                break
        return found

    async def _get(self, sender: Sender, path: str) -> Answer:
        answer = await get(self._http, f"{self._base}/{path}", headers={"Authorization": f"Bearer {sender.token}"})
        if answer.status >= 300:
            graph.raise_for(answer)
        return answer

    async def _upload(self, sender: Sender, file: bytes, data: Mapping[str, Any]) -> str:
        """Hands the bytes over; the id is good for thirty days. Nothing was sent yet when it fails."""
        form = aiohttp.FormData()
        kind = text_of(data.get("mime_type")) or "application/octet-stream"
        form.add_field("messaging_product", "whatsapp")
        form.add_field("type", kind)
        form.add_field("file", file, content_type=kind, filename=text_of(data.get("filename")) or "file")
        try:
            answer = await self._post(sender, "media", data=form)
        except Ambiguous as error:
            raise Unavailable(error.detail, code=error.code) from error
        if not (media_id := text_of(answer.body.get("id"))):
            raise Unavailable("the upload was answered without an id")
        return media_id

    async def _post(self, sender: Sender, what: str, **request: Any) -> Answer:
        url = f"{self._base}/{quote(sender.address, safe='')}/{what}"
        answer = await post(self._http, url, headers={"Authorization": f"Bearer {sender.token}"}, **request)
        if answer.status >= 300:
            graph.raise_for(answer)
        return answer


def _body(kind: str, text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The part of the request that depends on the kind."""
    if kind == "text":
        return {"type": "text", "text": {"body": text, "preview_url": bool(_LINK.search(text))}}
    if kind in FILES:
        file = {"id": data["id"]} if data.get("id") else {"link": data.get("url", "")}
        if text and kind in CAPTIONED:
            file["caption"] = text
        if kind == "document" and data.get("filename"):
            file["filename"] = str(data["filename"])
        return {"type": kind, kind: file}
    if kind == "template":
        template: dict[str, Any] = {
            "name": data["name"], "language": {"code": data["language"], "policy": "deterministic"},
        }  # fmt: skip
        if data.get("components"):
            template["components"] = data["components"]
        return {"type": "template", "template": template}
    if kind == "reaction":
        return {"type": "reaction", "reaction": {"message_id": data["message_id"], "emoji": data.get("emoji", "")}}
    if kind == "location":
        names = ("latitude", "longitude", "name", "address")
        return {"type": "location", "location": {name: data[name] for name in names if data.get(name) is not None}}
    return {"type": "interactive", "interactive": _interactive(kind, text, data)}


def _interactive(kind: str, text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    if kind == "link":
        action = {"display_text": _cut(str(data["title"]), LINK_TITLE), "url": data["url"]}
        return {"type": "cta_url", "body": {"text": text}, "action": {"name": "cta_url", "parameters": action}}
    if kind == "location_request":
        return {"type": "location_request_message", "body": {"text": text}, "action": {"name": "send_location"}}
    options: Sequence[Mapping[str, Any]] = data["options"]
    simple = all(len(one["title"]) <= BUTTON_TITLE and not one.get("description") for one in options)
    if simple and len(options) <= BUTTONS:
        buttons = [{"type": "reply", "reply": {"id": one["id"], "title": one["title"]}} for one in options]
        return {"type": "button", "body": {"text": text}, "action": {"buttons": buttons}}
    action = {
        "button": _cut(str(data.get("button") or "☰"), BUTTON_TITLE),
        "sections": [{"rows": [_row(one) for one in options]}],
    }
    return {"type": "list", "body": {"text": text}, "action": action}


def _row(option: Mapping[str, Any]) -> dict[str, str]:
    """A row of a list. A title that is too long goes on in the description."""
    title, description = str(option["title"]), str(option.get("description") or "")
    if len(title) > ROW_TITLE:
        title, description = _cut(title, ROW_TITLE), f"{title}. {description}".rstrip(". ")
    row = {"id": str(option["id"]), "title": title}
    return {**row, "description": _cut(description, ROW_DESCRIPTION)} if description else row


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else split(text, limit - 1)[0] + "…"
