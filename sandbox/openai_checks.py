"""What POST /v1/responses takes, and OpenAI's words for the rest.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web


def names(written: str) -> frozenset[str]:
    return frozenset(written.split())


PARAMETERS: Final = names(
    "access_programs background context_management conversation image include input instructions "
    "max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id "
    "prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier "
    "service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p "
    "truncation user"
)
ITEM_TYPES: Final = names(
    "message function_call function_call_output reasoning item_reference file_search_call web_search_call "
    "computer_call computer_call_output image_generation_call code_interpreter_call local_shell_call "
    "local_shell_call_output mcp_call mcp_list_tools mcp_approval_request mcp_approval_response "
    "custom_tool_call custom_tool_call_output compaction"
)
ROLES: Final = frozenset({"user", "assistant", "system", "developer"})
PART_TYPES: Final = frozenset(
    {"input_text", "input_image", "input_file", "input_audio", "output_text", "refusal", "text"}
)
_SHAPES: Final[Mapping[str, tuple[type, ...]]] = {
    "instructions": (str,),
    "stream": (bool,),
    "store": (bool,),
    "metadata": (dict,),
    "max_output_tokens": (int,),
    "temperature": (int, float),
    "text": (dict,),
    "reasoning": (dict,),
    "tools": (list,),
    "parallel_tool_calls": (bool,),
    "safety_identifier": (str,),
    "prompt_cache_key": (str,),
}
_WORDS: Final[Mapping[type, str]] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    float: "a decimal number",
    dict: "an object",
    list: "an array",
    type(None): "null",
}


class ApiRefusal(Exception):
    """An answer of OpenAI in its error shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
        self.headers = dict(headers or {})

    def response(self, request_id: str) -> web.Response:
        return web.json_response(self.body, status=self.status, headers={"x-request-id": request_id, **self.headers})


def _invalid_type(param: str, wanted: str, given: object) -> ApiRefusal:
    got = _WORDS.get(type(given), "something else")
    return ApiRefusal(
        f"Invalid type for '{param}': expected {wanted}, but got {got} instead.", code="invalid_type", param=param
    )


def _missing(param: str) -> ApiRefusal:
    return ApiRefusal(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def _invalid_value(param: str, given: object, wanted: frozenset[str]) -> ApiRefusal:
    supported = ", ".join(f"'{value}'" for value in sorted(wanted))
    return ApiRefusal(
        f"Invalid value: '{given}'. Supported values are: {supported}.", code="invalid_value", param=param
    )


def check_request(body: object) -> dict[str, Any]:
    """The body of a request for a response, checked whole. Raises ApiRefusal."""
    if not isinstance(body, dict):
        raise ApiRefusal("We could not parse the JSON body of your request.")
    for name in body:
        if name not in PARAMETERS:
            raise ApiRefusal(f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    if body.get("model") is None:
        raise _missing("model")
    if not isinstance(body["model"], str):
        raise _invalid_type("model", "a string", body["model"])
    for name, shapes in _SHAPES.items():
        _check_shape(name, body.get(name), shapes)
    _check_kept_state(body)
    _check_input(body.get("input"))
    _check_tools(body.get("tools") or [])
    _check_limits(body)
    return body


def _check_shape(name: str, value: object, shapes: tuple[type, ...]) -> None:
    if value is None:
        return
    if not isinstance(value, shapes) or (isinstance(value, bool) and bool not in shapes):
        raise _invalid_type(name, _WORDS[shapes[0]], value)


def _check_kept_state(body: Mapping[str, Any]) -> None:
    """Nothing is kept here from one request to the next, so no id of an earlier thing can be known."""
    conversation = body.get("conversation")
    if conversation is not None:
        id_ = conversation.get("id") if isinstance(conversation, dict) else conversation
        raise ApiRefusal(f"Conversation with id '{id_}' not found.", status=404)
    if body.get("previous_response_id") is not None:
        id_ = body["previous_response_id"]
        raise ApiRefusal(
            f"Previous response with id '{id_}' not found.",
            code="previous_response_not_found",
            param="previous_response_id",
        )
    prompt = body.get("prompt")
    if prompt is not None:
        id_ = prompt.get("id") if isinstance(prompt, dict) else prompt
        raise ApiRefusal(f"Prompt with id '{id_}' not found.", status=404)


def _check_input(given: object) -> None:
    if given is None:
        raise _missing("input")
    if isinstance(given, str):
        return
    if not isinstance(given, list):
        raise _invalid_type("input", "one of a string or array of items", given)
    for index, item in enumerate(given):
        _check_item(f"input[{index}]", item)


def _check_item(where: str, item: object) -> None:
    if not isinstance(item, dict):
        raise _invalid_type(where, "an object", item)
    kind = item.get("type", "message")
    _check_value(f"{where}.type", kind, ITEM_TYPES)
    if kind == "function_call_output":
        for name in ("call_id", "output"):
            if item.get(name) is None:
                raise _missing(f"{where}.{name}")
    if kind == "message":
        _check_value(f"{where}.role", item.get("role"), ROLES)
        _check_content(f"{where}.content", item.get("content"))


def _check_value(where: str, value: object, wanted: frozenset[str]) -> None:
    if not isinstance(value, str) or value not in wanted:
        raise _invalid_value(where, value, wanted)


def _check_content(where: str, content: object) -> None:
    if content is None:
        raise _missing(where)
    if isinstance(content, str):
        return
    if not isinstance(content, list):
        raise _invalid_type(where, "one of a string or array of content parts", content)
    for index, part in enumerate(content):
        kind = part.get("type") if isinstance(part, dict) else None
        _check_value(f"{where}[{index}].type", kind, PART_TYPES)


def _check_tools(tools: list[Any]) -> None:
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise _invalid_type(where, "an object", tool)
        if not isinstance(tool.get("type"), str):
            raise _missing(f"{where}.type")
        if tool["type"] == "function":
            if not isinstance(tool.get("name"), str):
                raise _missing(f"{where}.name")
            if not isinstance(tool.get("parameters", {}), dict):
                raise _invalid_type(f"{where}.parameters", "an object", tool["parameters"])


def _check_limits(body: Mapping[str, Any]) -> None:
    most = body.get("max_output_tokens")
    if most is not None and most < 16:
        raise ApiRefusal(
            "Invalid 'max_output_tokens': integer below minimum value. "
            f"Expected a value >= 16, but got {most} instead.",
            code="integer_below_min_value",
            param="max_output_tokens",
        )
    for name, longest in (("safety_identifier", 128), ("prompt_cache_key", 1024)):
        value = body.get(name)
        if value is not None and len(value) > longest:
            raise ApiRefusal(
                f"Invalid '{name}': string too long. Expected a string with maximum length {longest}, "
                f"but got a string with length {len(value)} instead.",
                code="string_above_max_length",
                param=name,
            )
    metadata = body.get("metadata") or {}
    if len(metadata) > 16 or any(
        len(key) > 64 or not isinstance(value, str) or len(value) > 512 for key, value in metadata.items()
    ):
        raise ApiRefusal("Invalid 'metadata': at most 16 pairs of strings of 64 and 512 characters.", param="metadata")
