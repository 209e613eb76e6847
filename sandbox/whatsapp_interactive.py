"""Outgoing messages of WhatsApp with something to tap.

By the schemas of Meta's OpenAPI file (facebook/openapi, business-messaging-api_v23.0.yaml): InteractiveObject,
HeaderObject, BodyObject, FooterObject, ActionObject, SectionObject. Links and location requests by the documentation:
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/interactive-cta-url-messages
https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/location-request-messages
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.meta import bad_parameter
from sandbox.shapes import Fields, distinct, link, list_, object_, one_of, text_

MOST_ROWS: Final = 10


def check_interactive(interactive: Fields) -> None:
    """Checks an interactive object. Raises GraphRefusal."""
    object_(interactive, "interactive", ("type", "header", "body", "footer", "action"))
    kind = one_of(interactive, "type", "interactive", _ACTIONS)
    if kind != "product" or "body" in interactive:
        text_(object_(interactive.get("body"), "interactive['body']", ("text",)), "text", "body", 1024)
    if "footer" in interactive:
        text_(object_(interactive["footer"], "interactive['footer']", ("text",)), "text", "footer", 60)
    if "header" in interactive or kind == "product_list":
        _check_header(kind, object_(interactive.get("header"), "interactive['header']"))
    _ACTIONS[kind](object_(interactive.get("action"), "interactive['action']"))


def _check_header(kind: str, header: Fields) -> None:
    known = ("text",) if kind in ("list", "product_list") else ("text", "image", "video", "document")
    if kind in ("product", "location_request_message"):
        raise bad_parameter(f"Param interactive['header'] is not allowed with type {kind}.")
    form = one_of(header, "type", "header", known)
    object_(header, "header", ("type", "sub_text", form))
    text_(header, "sub_text", "header", 60, required=False)
    if form == "text":
        text_(header, "text", "header", 60)
        return
    media = object_(
        header.get(form), f"header['{form}']", ("id", "link", *(("filename",) if form == "document" else ()))
    )
    if ("id" in media) == ("link" in media):
        raise bad_parameter(f"Exactly one of {form}['id'] and {form}['link'] is required.")
    if "link" in media:
        link(media, "link", form)
    else:
        text_(media, "id", form)


def _check_buttons(action: Fields) -> None:
    object_(action, "action", ("buttons",))
    replies: list[Fields] = []
    for button in list_(action, "buttons", 1, 3):
        one_of(object_(button, "button", ("type", "reply")), "type", "buttons", ("reply",))
        replies.append(object_(button.get("reply"), "button['reply']", ("id", "title")))
    distinct([text_(reply, "id", "reply", 256) for reply in replies], "button id")
    distinct([text_(reply, "title", "reply", 20) for reply in replies], "button title")


def _check_list(action: Fields) -> None:
    object_(action, "action", ("button", "sections"))
    text_(action, "button", "action", 20)
    sections = [object_(section, "section", ("title", "rows")) for section in list_(action, "sections", 1, 10)]
    rows: list[Fields] = []
    for section in sections:
        text_(section, "title", "section", 24, required=len(sections) > 1)
        rows += [object_(row, "row", ("id", "title", "description")) for row in list_(section, "rows", 1, MOST_ROWS)]
    if len(rows) > MOST_ROWS:
        raise bad_parameter(f"Total row count exceed max allowed count: {MOST_ROWS}")
    distinct([text_(row, "id", "row", 200) for row in rows], "row id")
    for row in rows:
        text_(row, "title", "row", 24)
        text_(row, "description", "row", 72, required=False)


def _named(name: str, action: Fields, *more: str) -> None:
    object_(action, "action", ("name", *more))
    one_of(action, "name", "action", (name,))


def _check_link(action: Fields) -> None:
    _named("cta_url", action, "parameters")
    parameters = object_(action.get("parameters"), "action['parameters']", ("display_text", "url"))
    text_(parameters, "display_text", "parameters", 20)
    link(parameters, "url", "parameters")


def _check_flow(action: Fields) -> None:
    _named("flow", action, "parameters")
    known = (
        "flow_message_version", "flow_id", "flow_name", "flow_cta", "mode", "flow_token", "flow_action",
        "flow_action_payload",
    )  # fmt: skip
    parameters = object_(action.get("parameters"), "action['parameters']", known)
    one_of(parameters, "flow_message_version", "parameters", ("3",))
    text_(parameters, "flow_cta", "parameters", 30)
    if ("flow_id" in parameters) == ("flow_name" in parameters):
        raise bad_parameter("Exactly one of parameters['flow_id'] and parameters['flow_name'] is required.")
    text_(parameters, "flow_id" if "flow_id" in parameters else "flow_name", "parameters")
    for key, words in (("mode", ("draft", "published")), ("flow_action", ("navigate", "data_exchange"))):
        if key in parameters:
            one_of(parameters, key, "parameters", words)
    if "flow_action_payload" in parameters:
        object_(parameters["flow_action_payload"], "parameters['flow_action_payload']", ("screen", "data"))


def _check_product(action: Fields) -> None:
    object_(action, "action", ("catalog_id", "product_retailer_id"))
    text_(action, "catalog_id", "action")
    text_(action, "product_retailer_id", "action")


def _check_products(action: Fields) -> None:
    object_(action, "action", ("catalog_id", "sections"))
    text_(action, "catalog_id", "action")
    for section in list_(action, "sections", 1, 10):
        object_(section, "section", ("title", "product_items"))
        text_(section, "title", "section", 24)
        for item in list_(section, "product_items", 1, 30):
            text_(object_(item, "product_item", ("product_retailer_id",)), "product_retailer_id", "product_item")


def _check_catalog(action: Fields) -> None:
    _named("catalog_message", action, "parameters")
    known = ("thumbnail_product_retailer_id",)
    text_(object_(action.get("parameters"), "action['parameters']", known), known[0], "parameters")


_ACTIONS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "button": _check_buttons,
    "list": _check_list,
    "cta_url": _check_link,
    "flow": _check_flow,
    "product": _check_product,
    "product_list": _check_products,
    "catalog_message": _check_catalog,
    "location_request_message": lambda action: _named("send_location", action),
    "call_permission_request": lambda action: _named("call_permission_request", action),
}
