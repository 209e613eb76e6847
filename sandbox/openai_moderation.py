"""Moderation, with one word that is always flagged. https://platform.openai.com/docs/api-reference/moderations"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.openai_course import Exchange
from sandbox.openai_errors import ApiRefusal, invalid_type, missing, unknown

FLAGGED_WORD: Final = "sandbox-flag"
MODEL: Final = "omni-moderation-latest"
CATEGORIES: Final = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
_PICTURED: Final = frozenset(name for name in CATEGORIES if name.startswith(("self-harm", "sexual", "violence"))) - {
    "sexual/minors"
}


def verdict(text: str, *, pictures: bool = False) -> dict[str, Any]:
    """What moderation finds in a text: harassment, when the word is in it."""
    flagged = FLAGGED_WORD in text.lower()
    applied = {name: ["text", "image"] if pictures and name in _PICTURED else ["text"] for name in CATEGORIES}
    return {
        "flagged": flagged,
        "categories": {name: flagged and name == "harassment" for name in CATEGORIES},
        "category_scores": {name: 0.99 if flagged and name == "harassment" else 0.0001 for name in CATEGORIES},
        "category_applied_input_types": applied,
    }


def of_response(wanted: Mapping[str, Any], given: str, written: str) -> tuple[dict[str, Any], bool]:
    """The `moderation` of a response, and whether its policy blocks what was given or written."""
    sides = {"input": verdict(given), "output": verdict(written)}
    policy = wanted.get("policy") or {}
    blocked = any(found["flagged"] and (policy.get(side) or {}).get("mode") == "block" for side, found in sides.items())
    shown = {side: {"type": "moderation_result", "model": wanted["model"], **found} for side, found in sides.items()}
    return shown, blocked


async def moderate(request: web.Request) -> web.StreamResponse:
    """POST /v1/moderations."""
    try:
        given: Any = json.loads(await request.read())
    except (ValueError, RecursionError):
        given = None
    exchange = Exchange(request, given, event="action")

    async def work() -> web.StreamResponse:
        results = [verdict(text, pictures=pictures) for text, pictures in _inputs(given)]
        id_ = exchange.sandbox.ids.openai("modr")
        return await exchange.store(id_, {"id": id_, "model": given.get("model") or MODEL, "results": results})

    return await exchange.run(work)


def _inputs(given: object) -> Iterable[tuple[str, bool]]:
    """The texts of a request, each with whether it comes with a picture. Parts in a list are judged together."""
    if not isinstance(given, dict):
        raise ApiRefusal("We could not parse the JSON body of your request.")
    for name in given.keys() - {"input", "model"}:
        raise unknown(name)
    inputs = given.get("input")
    if inputs is None:
        raise missing("input")
    if isinstance(inputs, str):
        return [(inputs, False)]
    if not isinstance(inputs, list) or not all(isinstance(one, str | dict) for one in inputs):
        raise invalid_type("input", "one of a string or array of strings or parts", inputs)
    texts = [(one, False) for one in inputs if isinstance(one, str)]
    parts = [one for one in inputs if isinstance(one, dict)]
    if not parts:
        return texts
    text = " ".join(str(part.get("text") or "") for part in parts)
    return [*texts, (text, any(part.get("type") == "image_url" for part in parts))]
