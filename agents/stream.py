"""Reading a streamed answer: pieces of text for show, then the answer that counts.

Events: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from agents.answer import Answer, clean, read_response
from agents.errors import BY_CODE, ModelFailed, ModelUnavailable

_TERMINAL = frozenset({"response.completed", "response.failed", "response.incomplete", "response.cancelled"})


async def pieces(chunks: AsyncGenerator[bytes], request_id: str) -> AsyncGenerator[str | Answer]:
    """Text as it comes, without commentary, and the completed answer last.

    Raises ModelFailed when the stream ends in any other way; the SDK's own stream just ends.
    """
    inside: set[str] = set()
    async with aclosing(_events(chunks, request_id)) as events:
        async for event in events:
            kind = event.get("type")
            if kind == "response.output_text.delta":
                delta = event.get("delta")
                if isinstance(delta, str) and str(event.get("output_index")) not in inside:
                    yield clean(delta)
            elif kind == "response.output_item.added":
                item = event.get("item")
                if isinstance(item, dict) and item.get("phase") == "commentary":
                    inside.add(str(event.get("output_index")))
            elif kind in _TERMINAL:
                yield read_response(event.get("response"), request_id)
                return
            elif kind == "error":
                raise _meaning(event, request_id)
    raise ModelUnavailable("stream_cut", request_id=request_id)


async def _events(chunks: AsyncGenerator[bytes], request_id: str) -> AsyncGenerator[dict[str, Any]]:
    """Each event's data, which the provider writes on one line. Lines end in bytes: text knows other line ends."""
    rest = b""
    async with aclosing(chunks):
        async for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                if line.startswith(b"data:") and line[5:].strip() != b"[DONE]":
                    yield _parse(line[5:], request_id)


def _parse(data: bytes, request_id: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ModelUnavailable("not_json", request_id=request_id) from None
    return event if isinstance(event, dict) else {}


def _meaning(event: Mapping[str, Any], request_id: str) -> ModelFailed:
    # Seen in both shapes: the fields beside the type, and the fields in an object called error.
    error = event.get("error")
    fields = error if isinstance(error, dict) else event
    code = str(fields.get("code") or fields.get("type") or "error")
    return BY_CODE.get(code, ModelUnavailable)(
        code, request_id=request_id, detail=str(fields.get("message") or "")[:500]
    )
