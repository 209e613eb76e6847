"""WhatsApp's own schemas: what they take, and one case for each thing that they refuse."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.meta import GraphRefusal
from sandbox.whatsapp_checks import check_message
from tests.sandbox.conftest import Client, whatsapp_text

FILE = {"link": "https://example.com/a.png"}
LINK = {"display_text": "Open", "url": "https://example.com"}
FLOW = {"flow_message_version": "3", "flow_cta": "Sign up", "flow_id": "1"}
TEXT = {"type": "text", "text": "Ada"}


def of(kind: str, content: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "15550109999", "type": kind, kind: content}


def tap(kind: str, action: Any, **more: Any) -> dict[str, Any]:
    return of("interactive", {"type": kind, "body": {"text": "Well?"}, "action": action, **more})


def buttons(*replies: Any) -> dict[str, Any]:
    return tap("button", {"buttons": [{"type": "reply", "reply": reply} for reply in replies]})


def rows(*sections: Any) -> dict[str, Any]:
    return tap("list", {"button": "Times", "sections": list(sections)})


def template(*components: Any, **more: Any) -> dict[str, Any]:
    return of("template", {"name": "visit", "language": {"code": "en"}, "components": list(components), **more})


def header(kind: str, **content: Any) -> dict[str, Any]:
    return tap("button", {"buttons": [{"type": "reply", "reply": YES}]}, header={"type": kind, **content})


YES, NO = {"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}
ROW = {"id": "9", "title": "At nine", "description": "Early"}
QUICK = {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "p"}]}
MONEY = {"fallback_value": "€1", "code": "EUR", "amount_1000": 1000}
CONTACT = {"name": {"formatted_name": "Ada"}, "phones": [{"phone": "+1555", "type": "WORK"}]}

TAKEN = {
    "image by link": of("image", {**FILE, "caption": "A"}),
    "document by id": of("document", {"id": "1", "caption": "A", "filename": "a.pdf"}),
    "voice note": of("audio", {"id": "1", "voice": True}),
    "sticker": of("sticker", {"id": "1"}),
    "place": of("location", {"latitude": "52.5", "longitude": 13.4, "name": "Here", "address": "A 1"}),
    "reaction": of("reaction", {"message_id": "wamid.1", "emoji": "👍"}),
    "reaction taken back": of("reaction", {"message_id": "wamid.1", "emoji": ""}),
    "contact": of("contacts", [CONTACT]),
    "buttons": buttons(YES, NO),
    "picture above buttons": header("image", image=FILE),
    "text above buttons": header("text", text="Hello"),
    "one section needs no title": rows({"rows": [ROW]}),
    "two sections": rows({"title": "A", "rows": [ROW]}, {"title": "B", "rows": [{"id": "10", "title": "At ten"}]}),
    "link": tap("cta_url", {"name": "cta_url", "parameters": LINK}),
    "where are you": tap("location_request_message", {"name": "send_location"}),
    "flow": tap("flow", {"name": "flow", "parameters": {**FLOW, "mode": "draft", "flow_action": "navigate"}}),
    "product without words": of(
        "interactive", {"type": "product", "action": {"catalog_id": "1", "product_retailer_id": "2"}}
    ),
    "call me": tap("call_permission_request", {"name": "call_permission_request"}),
    "template alone": of("template", {"name": "visit", "language": {"code": "en", "policy": "deterministic"}}),
    "template with a name": template({"type": "body", "parameters": [{**TEXT, "parameter_name": "who"}]}),
    "template with a picture": template({"type": "header", "parameters": [{"type": "image", "image": FILE}]}),
    "template with money": template({"type": "BODY", "parameters": [{"type": "currency", "currency": MONEY}]}),
    "template with a button": template(QUICK),
    "template with cards": template({"type": "carousel", "cards": [{"card_index": 0, "components": [QUICK]}]}),
}

REFUSED = {
    "unknown field": whatsapp_text(colour="red"),
    "unknown field of text": of("text", {"body": "a", "colour": "red"}),
    "unknown field of context": whatsapp_text(context={"message_id": "w", "from": "1"}),
    "preview that is no boolean": of("text", {"body": "a", "preview_url": "yes"}),
    "link that is none": of("image", {"link": "a.png"}),
    "link elsewhere": of("image", {"link": "ftp://example.com/a.png"}),
    "link without host": of("image", {"link": "https:///a.png"}),
    "file twice": of("image", {**FILE, "id": "1"}),
    "no file": of("image", {"caption": "A"}),
    "caption on a sticker": of("sticker", {"id": "1", "caption": "A"}),
    "file name on a picture": of("image", {**FILE, "filename": "a.png"}),
    "caption too long": of("image", {**FILE, "caption": "x" * 1025}),
    "place that is none": of("location", {"latitude": "north", "longitude": 1}),
    "place off the earth": of("location", {"latitude": 91, "longitude": 1}),
    "place nowhere": of("location", {"latitude": "nan", "longitude": 1}),
    "reaction to nothing": of("reaction", {"emoji": "👍"}),
    "reaction without emoji": of("reaction", {"message_id": "w"}),
    "no contacts": of("contacts", []),
    "six contacts": of("contacts", [CONTACT] * 6),
    "contact without name": of("contacts", [{"phones": []}]),
    "contact with a phone that is none": of("contacts", [{**CONTACT, "phones": [{"type": "WORK"}]}]),
    "interactive of no kind": tap("poem", {}),
    "interactive without body": of("interactive", {"type": "button", "action": {"buttons": [YES]}}),
    "body too long": of(
        "interactive",
        {"type": "location_request_message", "body": {"text": "x" * 1025}, "action": {"name": "send_location"}},
    ),
    "footer too long": tap("location_request_message", {"name": "send_location"}, footer={"text": "x" * 61}),
    "header too long": header("text", text="x" * 61),
    "header without its picture": header("image"),
    "header of no kind": header("audio", audio=FILE),
    "picture above a list": tap(
        "list", {"button": "b", "sections": [{"rows": [ROW]}]}, header={"type": "image", "image": FILE}
    ),
    "four buttons": buttons(*({"id": str(n), "title": str(n)} for n in range(4))),
    "no buttons": buttons(),
    "two of one id": buttons(YES, {"id": "y", "title": "No"}),
    "two of one title": buttons(YES, {"id": "n", "title": "Yes"}),
    "button too long": buttons({"id": "y", "title": "x" * 21}),
    "button id too long": buttons({"id": "x" * 257, "title": "Yes"}),
    "button with a picture": buttons({**YES, "image": FILE}),
    "section without title": rows({"rows": [ROW]}, {"title": "B", "rows": [{"id": "10", "title": "At ten"}]}),
    "section title too long": rows({"title": "x" * 25, "rows": [ROW]}),
    "section without rows": rows({"title": "A", "rows": []}),
    "rows of one id": rows({"rows": [ROW, ROW]}),
    "row too long": rows({"rows": [{"id": "1", "title": "x" * 25}]}),
    "row description too long": rows({"rows": [{**ROW, "description": "x" * 73}]}),
    "list without its button": tap("list", {"sections": [{"rows": [ROW]}]}),
    "link of another name": tap("cta_url", {"name": "open", "parameters": LINK}),
    "link text too long": tap("cta_url", {"name": "cta_url", "parameters": {**LINK, "display_text": "x" * 21}}),
    "link to nowhere": tap("cta_url", {"name": "cta_url", "parameters": {**LINK, "url": "example"}}),
    "link with nothing": tap("cta_url", {"name": "cta_url"}),
    "location request without name": tap("location_request_message", {}),
    "location request with more": tap("location_request_message", {"name": "send_location", "parameters": {}}),
    "flow of another version": tap("flow", {"name": "flow", "parameters": {**FLOW, "flow_message_version": "2"}}),
    "flow by id and name": tap("flow", {"name": "flow", "parameters": {**FLOW, "flow_name": "a"}}),
    "flow button too long": tap("flow", {"name": "flow", "parameters": {**FLOW, "flow_cta": "x" * 31}}),
    "template without language": of("template", {"name": "visit"}),
    "template without name": of("template", {"language": {"code": "en"}}),
    "component without type": template({}),
    "component of no kind": template({"type": "footer", "parameters": [TEXT]}),
    "components that are no list": template(components={}),
    "body with a picture": template({"type": "body", "parameters": [{"type": "image", "image": FILE}]}),
    "text without text": template({"type": "body", "parameters": [{"type": "text"}]}),
    "parameter that is a word": template({"type": "body", "parameters": ["Ada"]}),
    "header without parameters": template({"type": "header"}),
    "picture with a caption": template(
        {"type": "header", "parameters": [{"type": "image", "image": {**FILE, "caption": "A"}}]}
    ),
    "button without index": template({name: value for name, value in QUICK.items() if name != "index"}),
    "button at ten": template({**QUICK, "index": "10"}),
    "button of no kind": template({**QUICK, "sub_type": "big"}),
    "button without payload": template({**QUICK, "parameters": []}),
    "money without an amount": template(
        {"type": "body", "parameters": [{"type": "currency", "currency": {**MONEY, "amount_1000": "1"}}]}
    ),
    "card without number": template({"type": "carousel", "cards": [{"components": [QUICK]}]}),
}


@pytest.mark.parametrize("body", TAKEN.values(), ids=TAKEN.keys())
def test_takes(body: dict[str, Any]) -> None:
    check_message(body)


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
def test_refuses(body: dict[str, Any]) -> None:
    with pytest.raises(GraphRefusal) as refused:
        check_message(body)
    assert refused.value.code in (100, 131008, 131009)


@pytest.mark.parametrize(
    "kind", ["link", "where are you", "product without words", "template with a button", "contact", "reaction"]
)
async def test_what_is_taken_stands_on_the_phone(sandbox: Client, kind: str) -> None:
    assert (await sandbox.graph(TAKEN[kind]))[0] == 200
    (bubble,) = await sandbox.bubbles()
    assert bubble["text"]


@pytest.mark.parametrize(
    ("kind", "choices"),
    [("buttons", [{"kind": "button", **YES}, {"kind": "button", **NO}]), ("link", [])],
)
async def test_what_can_be_tapped_is_told(sandbox: Client, kind: str, choices: list[dict[str, str]]) -> None:
    await sandbox.graph(TAKEN[kind])
    (bubble,) = await sandbox.bubbles()
    assert bubble["choices"] == choices
