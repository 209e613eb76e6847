"""What the model does with a request: words in the shape that was asked for, or a call of a tool."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox import openai_leads, receptionist
from sandbox.openai_schema import filled, least
from sandbox.receptionist import Asked, Said, Wish

BOAST: Final = "Done, you are booked for tomorrow at ten."


@dataclass(frozen=True, slots=True)
class Called:
    """A call of a tool. `arguments` is text: JSON, unless a fault bent it."""

    name: str
    arguments: str


def decide(items: Iterable[Mapping[str, Any]], body: Mapping[str, Any], shape: str = "") -> str | Called:
    """The next thing that the model says or calls; `shape` is the fault that bends it, "" for none."""
    items = list(items)
    if lead := _lead(items, body):
        return lead
    asked = receptionist.read(items)
    tools = offered(body)
    if shape == "bad_arguments" and tools:
        return Called(next(iter(tools)), '{"query": "opening ho')
    if shape == "boast":
        said = receptionist.respond(asked.texts)
        tokens = " ".join(receptionist.TOKEN.findall(said.text))
        return written(Said(" ".join(filter(None, (receptionist.LABEL, BOAST, tokens))), "", said.language), body)
    wish = _forced(body, tools, asked) or receptionist.wish(asked, tools)
    if wish is None:
        return written(receptionist.say(asked), body)
    parameters = tools[wish.tool].get("parameters") or {}
    return Called(wish.tool, json.dumps(filled(parameters, wish.arguments), ensure_ascii=False))


def _lead(items: Iterable[Mapping[str, Any]], body: Mapping[str, Any]) -> str:
    """The reading of a conversation as a lead; "" when something else is asked for."""
    wanted = (body.get("text") or {}).get("format") or {}
    properties = (wanted.get("schema") or {}).get("properties") or {}
    if wanted.get("name") != "lead" or not properties.keys() >= openai_leads.PROPERTIES:
        return ""
    return json.dumps(filled(wanted["schema"], openai_leads.answer(items)), ensure_ascii=False)


def offered(body: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The functions that may be called, by name."""
    if body.get("tool_choice") == "none":
        return {}
    return {tool["name"]: tool for tool in body.get("tools") or () if tool["type"] == "function"}


def _forced(body: Mapping[str, Any], tools: Mapping[str, Any], asked: Asked) -> Wish | None:
    """The call that `tool_choice` demands."""
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice.get("name") in tools:
        return Wish(choice["name"], {})
    if choice == "required" and tools:
        return receptionist.wish(asked, tools) or Wish(next(iter(tools)), {})
    return None


def written(said: Said, body: Mapping[str, Any]) -> str:
    """What the model writes: plain text, a reply in the gateway's shape, or the least that fits another schema."""
    wanted = (body.get("text") or {}).get("format") or {}
    if wanted.get("type") == "json_object":
        return json.dumps({"text": said.text}, ensure_ascii=False)
    if wanted.get("type") != "json_schema":
        return said.text
    if wanted.get("name") != "reply":
        return json.dumps(least(wanted["schema"]), ensure_ascii=False)
    reply = {
        "messages": [{"text": said.text, "choices": list(said.choices), "cites": list(said.cites)}],
        "action": said.action,
        "reason": "asked_for_a_person" if said.action == "handoff" else "",
        "claims": list(said.claims),
        "language": said.language,
    }
    return json.dumps(filled(wanted["schema"], reply), ensure_ascii=False)


def visible(text: str) -> str:
    """What a customer may see of a final answer: the text itself, or of the messages inside it."""
    if not text.startswith("{"):
        return text
    try:
        return "\n\n".join(one["text"] for one in json.loads(text)["messages"])
    except (ValueError, KeyError, TypeError):
        return text
