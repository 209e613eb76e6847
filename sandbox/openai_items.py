"""The items of a request and of a conversation: what they must hold, and that every call has its output.

https://platform.openai.com/docs/api-reference/responses/create#responses-create-input
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sandbox.openai_errors import ApiRefusal, check_value, invalid_type, missing

ITEM_TYPES: Final = frozenset({
    "message", "function_call", "function_call_output", "reasoning", "item_reference", "file_search_call",
    "web_search_call", "computer_call", "computer_call_output", "image_generation_call", "code_interpreter_call",
    "local_shell_call", "local_shell_call_output", "mcp_call", "mcp_list_tools", "mcp_approval_request",
    "mcp_approval_response", "custom_tool_call", "custom_tool_call_output", "compaction",
})  # fmt: skip
ROLES: Final = frozenset({"user", "assistant", "system", "developer"})
SAID_TYPES: Final = frozenset({"output_text", "refusal"})
GIVEN_TYPES: Final = frozenset({"input_text", "input_image", "input_file", "input_audio"})
# Levels of a request that are recorded: strict schemas are ten objects deep, each with its properties.
DEEPEST: Final = 64
DETAILS: Final = frozenset({"low", "high", "auto", "original"})
PICTURES: Final[Mapping[str, bytes]] = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "image/gif": b"GIF8",
    "image/webp": b"RIFF",
}
_DATA: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+)(?:;[\w-]+=[^;,]*)*;base64,(.*)", re.DOTALL)


def check_input(given: object) -> None:
    """Raises ApiRefusal unless this can be the `input` of a request."""
    if given is None:
        raise missing("input")
    if isinstance(given, str):
        return
    if not isinstance(given, list):
        raise invalid_type("input", "one of a string or array of items", given)
    check_items("input", given)


def check_items(where: str, given: Iterable[object]) -> None:
    """Raises ApiRefusal for the first item that is not as published."""
    for index, item in enumerate(given):
        _check_item(f"{where}[{index}]", item)


def _check_item(where: str, item: object) -> None:
    if not isinstance(item, dict):
        raise invalid_type(where, "an object", item)
    kind = item.get("type", "message")
    check_value(f"{where}.type", kind, ITEM_TYPES)
    if kind == "message":
        check_value(f"{where}.role", item.get("role"), ROLES)
        _check_content(f"{where}.content", item.get("content"), said=item["role"] == "assistant")
    for name in {"function_call": ("call_id", "name", "arguments"), "function_call_output": ("call_id",)}.get(kind, ()):
        if item.get(name) is None:
            raise missing(f"{where}.{name}")
        if not isinstance(item[name], str):
            raise invalid_type(f"{where}.{name}", "a string", item[name])
    if kind == "function_call_output":
        if item.get("output") is None:
            raise missing(f"{where}.output")
        if not isinstance(item["output"], str | list):
            raise invalid_type(f"{where}.output", "one of a string or array of content parts", item["output"])


def _check_content(where: str, content: object, *, said: bool) -> None:
    if content is None:
        raise missing(where)
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise invalid_type(where, "one of a string or array of content parts", content)
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        check_value(f"{where}[{index}].type", kind, SAID_TYPES if said else GIVEN_TYPES)
        _check_part(f"{where}[{index}]", part)


def _check_part(where: str, part: Mapping[str, Any]) -> None:
    kind = part["type"]
    if kind in ("input_text", "output_text", "refusal"):
        name = "refusal" if kind == "refusal" else "text"
        if part.get(name) is None:
            raise missing(f"{where}.{name}")
        if not isinstance(part[name], str):
            raise invalid_type(f"{where}.{name}", "a string", part[name])
    elif kind == "input_image":
        _check_image(where, part)
    elif kind == "input_file":
        _check_file(where, part)


def _check_image(where: str, part: Mapping[str, Any]) -> None:
    if part.get("detail") is not None:
        check_value(f"{where}.detail", part["detail"], DETAILS)
    where = f"{where}.image_url"
    if part.get("file_id") is not None:
        raise ApiRefusal(f"No such File object: {part['file_id']}", code="image_file_not_found", param=where)
    url = part.get("image_url")
    if url is None:
        raise missing(where)
    if not isinstance(url, str):
        raise invalid_type(where, "a string", url)
    if url.startswith(("https://", "http://")):
        return
    mime_type, data = _opened(where, url, "invalid_image_url", "invalid_base64_image")
    if mime_type not in PICTURES or not data.startswith(PICTURES[mime_type]):
        raise ApiRefusal(
            "The image data you provided does not represent a valid image. Please check your input and try again "
            "with one of the following image formats: ['image/jpeg', 'image/png', 'image/gif', 'image/webp'].",
            code="invalid_image_format" if mime_type not in PICTURES else "invalid_image",
            param=where,
        )


def _check_file(where: str, part: Mapping[str, Any]) -> None:
    if part.get("file_id") is not None:
        raise ApiRefusal(f"No such File object: {part['file_id']}", status=404, param=f"{where}.file_id")
    if part.get("file_url") is not None:
        return
    for name in ("file_data", "filename"):
        if part.get(name) is None:
            raise missing(f"{where}.{name}")
        if not isinstance(part[name], str):
            raise invalid_type(f"{where}.{name}", "a string", part[name])
    mime_type, data = _opened(f"{where}.file_data", part["file_data"], "invalid_value", "invalid_value")
    if mime_type == "application/pdf" and not data.startswith(b"%PDF-"):
        raise ApiRefusal("The file you provided is not a valid PDF.", param=f"{where}.file_data")


def _opened(where: str, url: str, no_url: str, no_data: str) -> tuple[str, bytes]:
    """The type and the bytes of a data URL."""
    match = _DATA.fullmatch(url)
    if match is None:
        message = (
            f"Invalid '{where}'. Expected a valid URL or a base64 data URL, but got a value with an invalid format."
        )
        raise ApiRefusal(message, code=no_url, param=where)
    try:
        data = base64.b64decode(match[2], validate=True)
    except binascii.Error:
        data = b""
    if not data:
        message = (
            f"Invalid '{where}'. Expected a base64-encoded data URL, but got one without valid base64-encoded data."
        )
        raise ApiRefusal(message, code=no_data, param=where)
    return match[1].lower(), data


def items_of(given: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The items of a checked `input`."""
    return [{"role": "user", "content": given}] if isinstance(given, str) else given


def check_calls(items: Iterable[Mapping[str, Any]]) -> None:
    """Raises ApiRefusal unless every call of a function has its output, and every output its call."""
    called: dict[str, None] = {}
    answered: set[str] = set()
    for item in items:
        kind = item.get("type")
        if kind == "function_call":
            called[item["call_id"]] = None
        elif kind == "function_call_output":
            if item["call_id"] not in called:
                raise ApiRefusal(
                    f"No tool call found for function call output with call_id {item['call_id']}.", param="input"
                )
            answered.add(item["call_id"])
    for call_id in called:
        if call_id not in answered:
            raise ApiRefusal(f"No tool output found for function call {call_id}.", param="input")


def has_images(items: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a picture is among the items."""
    return any(
        part.get("type") == "input_image"
        for item in items
        if isinstance(item.get("content"), list)
        for part in item["content"]
    )


def short(given: Any, depth: int = 0) -> Any:
    """A request as it is recorded: of pictures and files only their beginning and their length."""
    if depth > DEEPEST:
        return "…"
    if isinstance(given, dict):
        return {key: short(value, depth + 1) for key, value in given.items()}
    if isinstance(given, list):
        return [short(value, depth + 1) for value in given]
    if isinstance(given, str) and given.startswith("data:") and len(given) > 200:
        return f"{given[:60]}… ({len(given)} characters)"
    return given
