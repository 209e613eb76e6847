"""A response as the events of a stream, in OpenAI's order.

https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

_LAST = {"completed": "response.completed", "failed": "response.failed", "incomplete": "response.incomplete"}


def events(response: dict[str, Any], shape: str) -> Iterator[dict[str, Any]]:
    """Every event with its `sequence_number`; the fault `shape` may cut the stream or end it with an error."""
    numbers = itertools.count()
    for event in _bent(response, shape):
        yield {"type": event.pop("type"), "sequence_number": next(numbers), **event}


def _bent(response: dict[str, Any], shape: str) -> Iterator[dict[str, Any]]:
    if shape not in ("stream_cut", "stream_error"):
        yield from _whole(response)
        return
    yield from itertools.islice(_whole(response), 5)
    if shape == "stream_error":
        message = "The server had an error while processing your request."
        yield {"type": "error", "code": "server_error", "message": message, "param": None}


def _whole(response: dict[str, Any]) -> Iterator[dict[str, Any]]:
    started = {
        **response,
        "status": "in_progress",
        "output": [],
        "usage": None,
        "error": None,
        "incomplete_details": None,
    }
    started["completed_at"] = None
    yield {"type": "response.created", "response": started}
    yield {"type": "response.in_progress", "response": started}
    for index, item in enumerate(response["output"]):
        yield from _item(index, item)
    yield {"type": _LAST[response["status"]], "response": response}


def _item(index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if item["type"] == "function_call":
        yield from _call(index, item)
        return
    opened = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}
    for content_index, part in enumerate(item["content"]):
        where = {"item_id": item["id"], "output_index": index, "content_index": content_index}
        key = "text" if part["type"] == "output_text" else "refusal"
        name = "response.output_text" if key == "text" else "response.refusal"
        logprobs: dict[str, Any] = {"logprobs": []} if key == "text" else {}
        yield {"type": "response.content_part.added", **where, "part": {**part, key: ""}}
        for piece in re.findall(r"\S+\s*", part[key]):
            yield {"type": f"{name}.delta", **where, "delta": piece, **logprobs}
        yield {"type": f"{name}.done", **where, key: part[key], **logprobs}
        yield {"type": "response.content_part.done", **where, "part": part}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}


def _call(index: int, item: dict[str, Any]) -> Iterator[dict[str, Any]]:
    where = {"item_id": item["id"], "output_index": index}
    opened = {**item, "status": "in_progress", "arguments": ""}
    yield {"type": "response.output_item.added", "output_index": index, "item": opened}
    for piece in re.findall(r"\S+\s*", item["arguments"]):
        yield {"type": "response.function_call_arguments.delta", **where, "delta": piece}
    done = {"name": item["name"], "arguments": item["arguments"]}
    yield {"type": "response.function_call_arguments.done", **where, **done}
    yield {"type": "response.output_item.done", "output_index": index, "item": item}
