"""The shape of a reply: what the model is asked to write, and reading what it wrote.

https://platform.openai.com/docs/guides/structured-outputs. Servers that know no schemas answer in plain text; that is
read as one message.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

from pydantic_core import from_json

from agents.claims import CLAIMS
from agents.errors import ModelUnusable
from agents.types import Bubble, Reply, Shape

MOST_MESSAGES = 5
CHOICE_LIMIT = 80
_ACTIONS = ("none", "handoff", "silent")
_FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL)


@lru_cache(maxsize=64)
def format_of(shape: Shape) -> Mapping[str, Any]:
    """The `text` of a request: the schema of a reply on a channel. Strict schemas know no lengths: words say them."""
    text = f"What the customer reads, at most {shape.text_limit} characters."
    choices = (
        f"At most {shape.choices} short answers to tap, or none." if shape.choices else "Always empty on this channel."
    )
    message = _object(
        text={"type": "string", "description": text},
        choices={"type": "array", "items": {"type": "string"}, "description": choices},
        cites={"type": "array", "items": {"type": "integer"}, "description": "Numbers of the passages it rests on."},
    )
    schema = _object(
        messages={"type": "array", "items": message},
        action={
            "type": "string",
            "enum": list(_ACTIONS),
            "description": "handoff gives the conversation to a person; silent sends nothing, when nothing is wanted.",
        },
        reason={"type": "string", "description": "Why, when the action is not none; else empty."},
        claims={
            "type": "array",
            "items": {"type": "string", "enum": list(CLAIMS)},
            "description": "What the messages say was done in this turn. Only what a tool has confirmed may be said.",
        },
        language={"type": "string", "description": "The language of the messages, as a BCP 47 code."},
    )
    return {"format": {"type": "json_schema", "name": "reply", "strict": True, "schema": schema}}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def read_reply(texts: Sequence[str], shape: Shape) -> Reply:
    """What the model wrote as a reply, without what it cost. Raises ModelUnusable when it can't be sent."""
    bubbles: list[Bubble] = []
    written: dict[str, Any] = {}
    for text in texts:
        parsed = _parsed(text)
        if parsed is None:
            bubbles.append(Bubble(text=text))
        else:
            written = parsed
            bubbles += _bubbles(parsed.get("messages"), shape)
    action = _action(written.get("action"))
    if action == "silent":
        bubbles = []
    elif action == "none" and not bubbles:
        raise ModelUnusable("empty")
    claims = written.get("claims")
    return Reply(
        messages=tuple(bubbles[:MOST_MESSAGES]),
        action=action,
        reason=_text(written.get("reason"))[:200],
        claims=tuple(claim for claim in claims if claim in CLAIMS) if isinstance(claims, list) else (),
        language=_code(written.get("language")),
    )


def _action(value: object) -> Literal["none", "handoff", "silent"]:
    return "handoff" if value == "handoff" else "silent" if value == "silent" else "none"


def _parsed(text: str) -> dict[str, Any] | None:
    """The object in a text; None for plain text. Raises ModelUnusable when an object was begun and is none."""
    if fenced := _FENCE.match(text):
        text = fenced[1]
    if not text.startswith("{"):
        return None
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelUnusable("not_the_shape") from None
    if not isinstance(parsed, dict) or not isinstance(parsed.get("messages"), list):
        raise ModelUnusable("not_the_shape")
    return parsed


def _bubbles(messages: object, shape: Shape) -> list[Bubble]:
    found = []
    for message in messages if isinstance(messages, list) else ():
        if not isinstance(message, dict) or not (text := _text(message.get("text"))):
            continue
        choices = [_text(one)[:CHOICE_LIMIT] for one in _list(message.get("choices"))]
        cites = [one for one in _list(message.get("cites")) if isinstance(one, int) and one > 0]
        found.append(
            Bubble(
                text=text,
                choices=tuple(dict.fromkeys(one for one in choices if one))[: shape.choices],
                cites=tuple(dict.fromkeys(cites)),
            )
        )
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _code(value: object) -> str:
    """A language as its code, in one spelling; "" for what is none."""
    text = _text(value).replace("_", "-")
    return text[:10] if re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text) else ""


def visible(written: str) -> str:
    """What a customer would read of a reply of which so much is written."""
    if not written.lstrip().startswith("{"):
        return written
    try:
        parsed = from_json(written, allow_partial="trailing-strings")
    except ValueError:
        return ""
    messages = parsed.get("messages") if isinstance(parsed, dict) else None
    texts = [one.get("text") for one in _list(messages) if isinstance(one, dict)]
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)
