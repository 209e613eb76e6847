"""A request to the Responses API, made of a turn. https://platform.openai.com/docs/api-reference/responses/create"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from agents.reply import format_of
from agents.toolbox import declaration
from agents.types import Attachment, Said, Turn

_ROLES = {"customer": "user", "agent": "assistant", "human": "assistant", "note": "developer"}


def request_of(turn: Turn, model: str) -> dict[str, Any]:
    """What a turn asks, before any tool has run."""
    request: dict[str, Any] = {
        "model": model,
        "instructions": turn.instructions,
        "input": [item_of(said) for said in turn.transcript],
        "store": False,
        "max_output_tokens": turn.max_output_tokens,
        "metadata": {"turn_id": turn.turn_id},
        "text": format_of(turn.shape),
    }
    if turn.tools:
        request["tools"] = [declaration(tool) for tool in turn.tools]
    if turn.customer:
        request["safety_identifier"] = turn.customer
    if turn.prompt_key:
        request["prompt_cache_key"] = turn.prompt_key
    if turn.legacy_prompt:
        request["prompt"] = dict(turn.legacy_prompt)
    if turn.moderation != "off":
        mode = {"mode": turn.moderation}
        request["moderation"] = {"model": "omni-moderation-latest", "policy": {"input": mode, "output": mode}}
    return request


def encoded(request: Mapping[str, Any]) -> bytes:
    """A request as it is sent; half characters, which customers paste and JSON can't hold, become question marks."""
    with suppress(PydanticSerializationError):
        return to_json(request)  # three times as fast, and it takes no half characters
    return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def item_of(said: Said) -> dict[str, Any]:
    """One message as an item of the input."""
    role = _ROLES[said.author]
    if not said.attachments:
        return {"role": role, "content": said.text}
    parts: list[dict[str, Any]] = [{"type": "input_text", "text": said.text}] if said.text else []
    return {"role": role, "content": parts + [_part(one) for one in said.attachments]}


def _part(attachment: Attachment) -> dict[str, Any]:
    url = f"data:{attachment.mime_type};base64,{base64.b64encode(attachment.data).decode()}"
    if attachment.kind == "image":
        return {"type": "input_image", "image_url": url, "detail": "auto"}
    return {"type": "input_file", "filename": attachment.filename or "file.pdf", "file_data": url}
