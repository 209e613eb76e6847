"""OpenAI's conversations, strictly: one response at a time, calls that want an answer, twenty items at once, items that
outlive their conversation. https://platform.openai.com/docs/api-reference/conversations"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


def refused(status: int, message: str, code: str | None = None, param: str | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status)


@dataclass
class Conversations:
    """What each conversation holds. `locked` counts how many more requests find it taken; those of `stuck` items answer
    404 when they are deleted; `broken` refuses every new conversation with a status."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    locked: Counter[str] = field(default_factory=Counter)
    stuck: set[str] = field(default_factory=set)
    broken: int = 0
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def add(self, key: str, items: Sequence[dict[str, Any]]) -> str:
        """Puts items into a conversation, which is made when there is none."""
        held = self.items.setdefault(key, [])
        held += [{"type": "message", **item, "id": f"item_{next(self._ids)}"} for item in items]
        return key

    def refusal(self, body: dict[str, Any]) -> web.Response | None:
        """Why a response is refused, or None."""
        key = body.get("conversation")
        if key is None:
            return None
        if key not in self.items or key in self.deleted:
            return _unknown(key)
        if key in self.busy or self.locked[key] > 0:
            self.locked[key] -= 1
            words = "Another process is currently operating on this conversation. Please retry in a few seconds."
            return refused(400, words, "conversation_locked", "conversation")
        for call_id in self.dangling([*self.items[key], *body["input"]]):
            return refused(400, f"No tool output found for function call {call_id}.", None, "input")
        return None

    @staticmethod
    def dangling(items: Sequence[dict[str, Any]]) -> list[str]:
        """The calls that nobody has answered."""
        answered = {item["call_id"] for item in items if item.get("type") == "function_call_output"}
        calls = [item["call_id"] for item in items if item.get("type") == "function_call"]
        return [call_id for call_id in calls if call_id not in answered]

    def completed(self, body: dict[str, Any], output: Sequence[dict[str, Any]]) -> None:
        """What a response leaves behind when it completes."""
        if key := body.get("conversation"):
            self.add(key, [*body["input"], *output])

    def said(self, key: str) -> list[tuple[str, str]]:
        """The messages of a conversation, by role; replies in the words that a customer reads."""
        return [(item["role"], _words(item["content"])) for item in self.items[key] if item["type"] == "message"]

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/conversations", self._create),
            web.post("/v1/conversations/{id}/items", self._add),
            web.get("/v1/conversations/{id}/items", self._list),
            web.delete("/v1/conversations/{id}/items/{item}", self._remove),
            web.delete("/v1/conversations/{id}", self._delete),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        if self.broken:
            return refused(self.broken, "No.")
        items = (await request.json())["items"]
        if len(items) > 20:
            return refused(400, "Too many items.")
        key = self.add(f"conv_{len(self.items) + 1}", items)
        return web.json_response({"id": key, "object": "conversation", "created_at": 1, "metadata": {}})

    async def _add(self, request: web.Request) -> web.Response:
        key, items = request.match_info["id"], (await request.json())["items"]
        if key not in self.items or key in self.deleted:
            return _unknown(key)
        if not 0 < len(items) <= 20:
            return refused(400, "Too many items.")
        self.add(key, items)
        return web.json_response({"object": "list", "data": self.items[key][-len(items) :]})

    async def _list(self, request: web.Request) -> web.Response:
        key, limit = request.match_info["id"], int(request.query.get("limit", "20"))
        if key not in self.items or key in self.deleted:
            return _unknown(key)
        newest = self.items[key][::-1]
        return web.json_response({"object": "list", "data": newest[:limit], "has_more": len(newest) > limit})

    async def _remove(self, request: web.Request) -> web.Response:
        key, item = request.match_info["id"], request.match_info["item"]
        kept = [one for one in self.items[key] if one["id"] != item]
        gone = item in self.stuck or len(kept) == len(self.items[key])
        self.items[key] = kept
        if gone:
            return refused(404, f"Item with id '{item}' not found in conversation '{key}'.")
        return web.json_response({"id": key, "object": "conversation"})

    async def _delete(self, request: web.Request) -> web.Response:
        key = request.match_info["id"]
        if key not in self.items or key in self.deleted:
            return _unknown(key)
        self.deleted.add(key)
        return web.json_response({"id": key, "object": "conversation.deleted", "deleted": True})


def _unknown(key: str) -> web.Response:
    return refused(404, f"Conversation with id '{key}' not found.")


def _words(content: Any) -> str:
    text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
    if not text.startswith("{"):
        return text
    return "\n".join(bubble["text"] for bubble in json.loads(text)["messages"])
