"""A whole response object. https://platform.openai.com/docs/api-reference/responses/object"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import openai_moderation
from sandbox.ids import Ids
from sandbox.openai_written import Called, decide, visible

Items = Sequence[Mapping[str, Any]]


def compose(ids: Ids, body: Mapping[str, Any], items: Items, shape: str) -> dict[str, Any]:
    """The response to a request whose items, those of its conversation included, are these; `shape` is the fault that
    bends it, "" for none."""
    output = _output(ids, decide(items, body, shape), shape)
    moderation, blocked = None, False
    if body.get("moderation"):
        moderation, blocked = openai_moderation.of_response(body["moderation"], words(items), words(output))
    status = {"failed": "failed", "incomplete": "incomplete"}.get(shape, "incomplete" if blocked else "completed")
    reason = "content_filter" if blocked else "max_output_tokens"
    now = int(time.time())
    return {
        "id": ids.openai("resp"),
        "object": "response",
        "created_at": now,
        "status": status,
        "completed_at": now if status == "completed" else None,
        "error": {"code": "server_error", "message": "The model failed to generate a response."}
        if shape == "failed"
        else None,
        "incomplete_details": {"reason": reason} if status == "incomplete" else None,
        "output": [] if blocked else output,
        "usage": _usage(body, items, output),
        "moderation": moderation,
        **_echo(body),
    }


def _echo(body: Mapping[str, Any]) -> dict[str, Any]:
    """What a response repeats of its request."""
    conversation = body.get("conversation")
    id_ = conversation["id"] if isinstance(conversation, dict) else conversation
    return {
        "background": False,
        "conversation": {"id": id_} if id_ else None,
        "instructions": body.get("instructions"),
        "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": body.get("max_tool_calls"),
        "model": body["model"],
        "parallel_tool_calls": body.get("parallel_tool_calls", True),
        "previous_response_id": None,
        "prompt_cache_key": body.get("prompt_cache_key"),
        "reasoning": body.get("reasoning") or {"effort": None, "summary": None},
        "safety_identifier": body.get("safety_identifier"),
        "service_tier": "default",
        "store": body.get("store", True),
        "temperature": body.get("temperature", 1.0),
        "text": body.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_logprobs": 0,
        "top_p": body.get("top_p", 1.0),
        "truncation": body.get("truncation", "disabled"),
        "user": None,
        "metadata": body.get("metadata") or {},
    }


def spoken(response: Mapping[str, Any]) -> str:
    """What a customer may see of a response: the text of its final answers, or of the messages inside them."""
    return "".join(
        visible(part["text"])
        for item in response["output"]
        if item["type"] == "message" and item["phase"] == "final_answer"
        for part in item["content"]
        if part["type"] == "output_text"
    )


def _output(ids: Ids, written: str | Called, shape: str) -> list[dict[str, Any]]:
    if shape in ("empty", "failed"):
        return []
    if shape == "refusal":
        return [_message(ids, {"type": "refusal", "refusal": "I can't help with that."})]
    if isinstance(written, Called):
        return [_call(ids, written)]
    if shape in ("incomplete", "cut_json"):
        cut = _message(ids, _text_part(written[: max(1, len(written) // 2)]))
        return [{**cut, "status": "incomplete"} if shape == "incomplete" else cut]
    final = _message(ids, _text_part(written))
    if shape == "commentary":
        return [{**_message(ids, _text_part("Let me look that up.")), "phase": "commentary"}, final]
    return [final]


def _call(ids: Ids, called: Called) -> dict[str, Any]:
    return {
        "id": ids.openai("fc"),
        "type": "function_call",
        "status": "completed",
        "call_id": ids.openai("call"),
        "name": called.name,
        "arguments": called.arguments,
    }


def _message(ids: Ids, part: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": ids.openai("msg"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "phase": "final_answer",
        "content": [part],
    }


def _text_part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def words(items: Items) -> str:
    """Every text in some items."""
    said: list[str] = []
    for item in items:
        content = item.get("content")
        said += [content] if isinstance(content, str) else [_words_of(part) for part in content or ()]
        said += [str(item[name]) for name in ("arguments", "output") if name in item]
    return "\n".join(said)


def _words_of(part: Mapping[str, Any]) -> str:
    return str(part.get("text") or part.get("refusal") or "")


def _usage(body: Mapping[str, Any], items: Items, output: Items) -> dict[str, Any]:
    """Counted as four characters a token, which is near enough for a meter to have something to count."""
    given = len(words(items)) + len(body.get("instructions") or "")
    input_tokens, output_tokens = given // 4 + 1, (len(words(output)) + 3) // 4
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": input_tokens + output_tokens,
    }
