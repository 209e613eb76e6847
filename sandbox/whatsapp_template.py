"""Templates of WhatsApp: the shape of what fills them. Which templates there are, and what they want, is unknown.

By the schemas of Meta's OpenAPI file (facebook/openapi, business-messaging-api_v23.0.yaml): TemplateObject,
TemplateComponent, HeaderComponent, BodyComponent, ButtonComponent, ParameterObject, ButtonParameterObject and their
kinds. Carousels, codes to copy, flows and locations are by the documentation:
https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/overview
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.meta import bad_parameter
from sandbox.shapes import Fields, link, list_, object_, one_of, text_

LONGEST_TEXT: Final = 32768
_SUB_TYPES: Final = ("quick_reply", "url", "catalog", "copy_code", "flow", "mpm", "voice_call", "order_details")


def check_template(template: Fields) -> None:
    """Checks a template object. Raises GraphRefusal."""
    object_(template, "template", ("name", "namespace", "language", "components"))
    text_(template, "name", "template", 512)
    language = object_(template.get("language"), "template['language']", ("code", "policy"))
    text_(language, "code", "language")
    if "policy" in language:
        one_of(language, "policy", "language", ("deterministic",))
    _check_components(template)


def _check_components(holder: Fields) -> None:
    for component in list_(holder, "components", 0, 20) if "components" in holder else ():
        kind = str(object_(component, "component").get("type")).lower()
        check = _COMPONENTS.get(kind)
        if check is None:
            raise bad_parameter(f"Param component['type'] must be one of {{{', '.join(sorted(_COMPONENTS)).upper()}}}.")
        check(component)


def _header(component: Fields) -> None:
    object_(component, "header", ("type", "parameters"))
    _check_parameters(component, ("text", "image", "video", "document", "location", "product"), 1)


def _body(component: Fields) -> None:
    object_(component, "body", ("type", "parameters"))
    _check_parameters(component, ("text", "currency", "date_time"), 0)


def _button(component: Fields) -> None:
    object_(component, "button", ("type", "sub_type", "index", "parameters"))
    one_of({"sub_type": str(component.get("sub_type")).lower()}, "sub_type", "button", _SUB_TYPES)
    index = component.get("index")
    if isinstance(index, bool) or not isinstance(index, (int, str)) or str(index) not in tuple("0123456789"):
        raise bad_parameter("Param button['index'] must be a position from 0 to 9.")
    _check_parameters(component, ("payload", "text", "coupon_code", "action"), 1)


def _carousel(component: Fields) -> None:
    for card in list_(object_(component, "carousel", ("type", "cards")), "cards", 1, 10):
        index = object_(card, "card", ("card_index", "components")).get("card_index")
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index <= 9:
            raise bad_parameter("Param card['card_index'] must be a number from 0 to 9.")
        _check_components(card)


_COMPONENTS: Final[Mapping[str, Callable[[Fields], None]]] = {
    "header": _header,
    "body": _body,
    "button": _button,
    "carousel": _carousel,
    "limited_time_offer": lambda component: _check_parameters(component, ("limited_time_offer",), 1),
}


def _check_parameters(component: Fields, kinds: tuple[str, ...], least: int) -> None:
    if least == 0 and "parameters" not in component:
        return
    for parameter in list_(component, "parameters", least, 100):
        kind = one_of(object_(parameter, "parameter"), "type", "parameter", kinds)
        object_(parameter, "parameter", ("type", "parameter_name", kind))
        text_(parameter, "parameter_name", "parameter", required=False)
        _check_value(kind, parameter)


def _check_value(kind: str, parameter: Fields) -> None:
    if kind in ("text", "payload", "coupon_code"):
        text_(parameter, kind, "parameter", LONGEST_TEXT)
        return
    value = object_(parameter.get(kind), f"parameter['{kind}']")
    if kind in ("image", "video", "document"):
        _check_file(kind, value)
    elif kind == "currency":
        object_(value, kind, ("fallback_value", "code", "amount_1000"))
        text_(value, "fallback_value", kind)
        text_(value, "code", kind, 3)
        _whole(value, "amount_1000")
    elif kind == "date_time":
        text_(value, "fallback_value", kind)


def _check_file(kind: str, file: Fields) -> None:
    object_(file, kind, ("id", "link", *(("filename",) if kind == "document" else ())))
    if ("id" in file) == ("link" in file):
        raise bad_parameter(f"Exactly one of {kind}['id'] and {kind}['link'] is required.")
    if "link" in file:
        link(file, "link", kind)
    else:
        text_(file, "id", kind)


def _whole(holder: Fields, key: str) -> None:
    value: Any = holder.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad_parameter(f"Param {key} must be a whole number.")
