"""What POST /v1/responses takes, and OpenAI's words for the rest.

https://platform.openai.com/docs/api-reference/responses/create
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sandbox.openai_errors import WORDS, ApiRefusal, check_metadata, check_value, invalid_type, missing, unknown
from sandbox.openai_items import check_input
from sandbox.openai_schema import SchemaWrong, check_any, check_strict


def names(written: str) -> frozenset[str]:
    return frozenset(written.split())


PARAMETERS: Final = names(
    "access_programs background context_management conversation image include input instructions "
    "max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id "
    "prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier "
    "service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p "
    "truncation user"
)
_NAME: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
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
    "tool_choice": (str, dict),
    "moderation": (dict,),
    "parallel_tool_calls": (bool,),
    "safety_identifier": (str,),
    "prompt_cache_key": (str,),
}


def check_request(body: object) -> dict[str, Any]:
    """The body of a request for a response, checked whole. Raises ApiRefusal."""
    if not isinstance(body, dict):
        raise ApiRefusal("We could not parse the JSON body of your request.")
    for name in body:
        if name not in PARAMETERS:
            raise unknown(name)
    if body.get("model") is None:
        raise missing("model")
    if not isinstance(body["model"], str):
        raise invalid_type("model", "a string", body["model"])
    for name, shapes in _SHAPES.items():
        _check_shape(name, body.get(name), shapes)
    _check_kept_state(body)
    check_input(body.get("input"))
    _check_format(body.get("text") or {})
    _check_tools(body.get("tools") or [])
    if body.get("moderation") is not None:
        _check_moderation(body["moderation"])
    _check_limits(body)
    return body


def _check_shape(name: str, value: object, shapes: tuple[type, ...]) -> None:
    if value is None:
        return
    if not isinstance(value, shapes) or (isinstance(value, bool) and bool not in shapes):
        raise invalid_type(name, WORDS[shapes[0]], value)


def _check_kept_state(body: Mapping[str, Any]) -> None:
    """Of earlier requests only conversations are kept, so no id of an earlier response or prompt can be known."""
    before, conversation = body.get("previous_response_id"), body.get("conversation")
    if conversation is not None:
        if before is not None:
            raise ApiRefusal(
                "Mutually exclusive parameters. Ensure you are only providing one of: "
                "'previous_response_id' or 'conversation'.",
                code="mutually_exclusive_parameters",
            )
        if not isinstance(conversation, str | dict):
            raise invalid_type("conversation", "one of a string or an object", conversation)
        if isinstance(conversation, dict) and not isinstance(conversation.get("id"), str):
            raise missing("conversation.id")
    if before is not None:
        raise ApiRefusal(
            f"Previous response with id '{before}' not found.",
            code="previous_response_not_found",
            param="previous_response_id",
        )
    prompt = body.get("prompt")
    if prompt is not None:
        id_ = prompt.get("id") if isinstance(prompt, dict) else prompt
        raise ApiRefusal(f"Prompt with id '{id_}' not found.", status=404)


def _check_format(text: Mapping[str, Any]) -> None:
    """The shape that is asked for. https://platform.openai.com/docs/guides/structured-outputs"""
    wanted = text.get("format")
    if wanted is None:
        return
    if not isinstance(wanted, dict):
        raise invalid_type("text.format", "an object", wanted)
    check_value("text.format.type", wanted.get("type"), ("text", "json_object", "json_schema"))
    if wanted["type"] != "json_schema":
        return
    for name, shape in (("name", str), ("schema", dict)):
        if wanted.get(name) is None:
            raise missing(f"text.format.{name}")
        _check_shape(f"text.format.{name}", wanted[name], (shape,))
    _check_name("text.format.name", wanted["name"])
    try:
        (check_strict if wanted.get("strict") else check_any)(wanted["schema"])
    except SchemaWrong as wrong:
        message = f"Invalid schema for response_format '{wanted['name']}': {wrong}"
        raise ApiRefusal(message, code="invalid_json_schema", param="text.format.schema") from None


def _check_name(where: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ApiRefusal(
            f"Invalid '{where}': string does not match pattern. "
            f"Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.",
            code="invalid_value",
            param=where,
        )


def _check_moderation(wanted: Mapping[str, Any]) -> None:
    if not isinstance(wanted.get("model"), str):
        raise missing("moderation.model")
    policy = wanted.get("policy") or {}
    _check_shape("moderation.policy", policy, (dict,))
    for side, rule in policy.items():
        check_value("moderation.policy", side, ("input", "output"))
        if rule is not None:
            _check_shape(f"moderation.policy.{side}", rule, (dict,))
            check_value(f"moderation.policy.{side}.mode", rule.get("mode"), ("score", "block"))


def _check_tools(tools: list[Any]) -> None:
    for index, tool in enumerate(tools):
        where = f"tools[{index}]"
        if not isinstance(tool, dict):
            raise invalid_type(where, "an object", tool)
        if not isinstance(tool.get("type"), str):
            raise missing(f"{where}.type")
        if tool["type"] == "function":
            _check_function(where, tool)


def _check_function(where: str, tool: Mapping[str, Any]) -> None:
    """A function. https://platform.openai.com/docs/guides/function-calling"""
    if not isinstance(tool.get("name"), str):
        raise missing(f"{where}.name")
    _check_name(f"{where}.name", tool["name"])
    parameters = tool.get("parameters")
    _check_shape(f"{where}.parameters", parameters, (dict,))
    if parameters is None:
        return
    try:
        (check_strict if tool.get("strict") else check_any)(parameters)
    except SchemaWrong as wrong:
        message = f"Invalid schema for function '{tool['name']}': {wrong}"
        raise ApiRefusal(message, code="invalid_function_parameters", param=f"{where}.parameters") from None


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
    check_metadata(body.get("metadata"))
