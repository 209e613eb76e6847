"""Reading one answer of the Responses API: what may leave, what the model wants done, what it cost.

Shape: https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from agents.errors import BY_CODE, ModelFailed, ModelRefused, ModelUnavailable, ModelUnusable
from agents.types import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The model asks for a tool. `arguments` is its text, not yet parsed."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A completed answer: `texts` for the customer, or `calls`, never neither. `items` repeat it to the model;
    `flagged` is what the provider's moderation found: input, output, or both."""

    texts: tuple[str, ...]
    calls: tuple[Call, ...]
    items: tuple[Mapping[str, Any], ...]
    usage: Usage
    model: str
    request_id: str
    flagged: tuple[str, ...] = ()


def read(body: bytes, request_id: str) -> Answer:
    """Read the body of a 200. Raises the ModelFailed that says why there is nothing to send, with its usage."""
    try:
        response = json.loads(body)
    except (ValueError, RecursionError):
        # A page of a proxy on the way, not the provider.
        raise ModelUnavailable("not_json", request_id=request_id) from None
    return read_response(response, request_id)


def read_response(response: object, request_id: str) -> Answer:
    """Read one response object. Raises as `read` does."""
    if not isinstance(response, dict):
        raise ModelUnusable("not_a_response", request_id=request_id)
    usage = _usage(response.get("usage"))
    try:
        _raise_unless_completed(response)
        texts, calls, items = _read_output(response["output"])
    except ModelFailed as error:
        error.usage, error.request_id = usage, request_id
        raise
    except (AttributeError, KeyError, TypeError) as error:
        raise ModelUnusable("not_a_response", usage=usage, request_id=request_id) from error
    if not texts and not calls:
        raise ModelUnusable("empty", usage=usage, request_id=request_id)
    return Answer(
        texts=texts,
        calls=calls,
        items=items,
        usage=usage,
        model=str(response.get("model") or ""),
        request_id=request_id,
        flagged=_flagged(response.get("moderation")),
    )


def _flagged(moderation: object) -> tuple[str, ...]:
    found = moderation if isinstance(moderation, dict) else {}
    return tuple(
        side for side in ("input", "output") if isinstance(found.get(side), dict) and found[side].get("flagged") is True
    )


def _raise_unless_completed(response: Mapping[str, Any]) -> None:
    status = response.get("status")
    if status == "completed":
        return
    if status == "failed":
        error = response.get("error") or {}
        code = str(error.get("code") or "failed")
        raise BY_CODE.get(code, ModelUnusable)(code, detail=str(error.get("message") or ""))
    if status == "incomplete":
        reason = str((response.get("incomplete_details") or {}).get("reason") or "incomplete")
        raise BY_CODE.get(reason, ModelUnusable)(reason)
    raise ModelUnusable(status if isinstance(status, str) else "not_a_response")


def _read_output(
    output: list[dict[str, Any]],
) -> tuple[tuple[str, ...], tuple[Call, ...], tuple[Mapping[str, Any], ...]]:
    texts: list[str] = []
    calls: list[Call] = []
    items: list[Mapping[str, Any]] = []
    for item in output:
        kind = item["type"]
        if kind == "message":
            text = _read_message(item)
            phase = item.get("phase")
            # Commentary is the model talking to itself between tools; `output_text` of the SDK would send it.
            if text and phase in (None, "final_answer"):
                texts.append(text)
            if text:
                items.append({"role": "assistant", "content": text} | ({"phase": phase} if phase else {}))
        elif kind == "function_call":
            call_id, name, arguments = (clean(item[key]) for key in ("call_id", "name", "arguments"))
            call = Call(call_id=call_id, name=name, arguments=arguments)
            calls.append(call)
            items.append({"type": kind, "call_id": call.call_id, "name": call.name, "arguments": call.arguments})
        elif kind == "reasoning" and item.get("encrypted_content"):
            # Nothing is stored at the provider, so only reasoning that carries itself can be given back.
            items.append({key: item[key] for key in ("type", "id", "summary", "encrypted_content")})
    return tuple(texts), tuple(calls), tuple(items)


def _read_message(item: Mapping[str, Any]) -> str:
    parts: list[str] = []
    for part in item["content"]:
        if part["type"] == "refusal":
            raise ModelRefused("refusal", detail=str(part.get("refusal") or ""))
        if part["type"] == "output_text":
            parts.append(part["text"])
    return clean("".join(parts)).strip()


def clean(text: str) -> str:
    """The text without what neither UTF-8 nor PostgreSQL can hold: half characters and NUL. Models write both."""
    text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _usage(usage: object) -> Usage:
    counts = usage if isinstance(usage, dict) else {}
    into, out = counts.get("input_tokens_details"), counts.get("output_tokens_details")
    return Usage(
        calls=1,
        input_tokens=_count(counts, "input_tokens"),
        cached_tokens=_count(into, "cached_tokens"),
        cache_write_tokens=_count(into, "cache_write_tokens"),
        output_tokens=_count(counts, "output_tokens"),
        reasoning_tokens=_count(out, "reasoning_tokens"),
    )


def _count(counts: object, name: str) -> int:
    count = counts.get(name) if isinstance(counts, dict) else None
    return count if isinstance(count, int) else 0
