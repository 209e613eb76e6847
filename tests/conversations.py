"""OpenAI's conversations with their state: one response at a time, calls that want an answer, items that stay.

https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


def refused(status: int, message: str, code: str | None = None, param: str | None = None) -> web.Response:
    """An error in the provider's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return web.json_response({"error": error}, status=status)


@dataclass
class Conversations:
    """Every conversation that was made, with its items; `locked` are those on which something seems to run."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def refusal(self, body: dict[str, Any]) -> web.Response | None:
        """Why a response on a conversation is refused, or None."""
        key = body.get("conversation")
        if key is None:
            return None
        if key not in self.items or key in self.deleted:
            return refused(404, f"Conversation with id '{key}' not found.")
        if key in self.locked:
            return refused(400, "Another process is currently operating on this conversation. Please retry in a few "
                           "seconds.", "conversation_locked", "conversation")  # fmt: skip
        together = [*self.items[key], *body["input"]]
        answered = {item["call_id"] for item in together if item.get("type") == "function_call_output"}
        for item in together:
            if item.get("type") == "function_call" and item["call_id"] not in answered:
                return refused(400, f"No tool output found for function call {item['call_id']}.", None, "input")
        return None

    def completed(self, body: dict[str, Any], output: list[dict[str, Any]]) -> None:
        """What a completed response leaves behind."""
        if key := body.get("conversation"):
            self.items[key] += [self._item(item) for item in (*body["input"], *output)]

    def _item(self, item: dict[str, Any]) -> dict[str, Any]:
        return {"type": "message", **item, "id": f"item_{next(self._ids)}"}

    def routes(self) -> list[web.RouteDef]:
        """The HTTP side."""
        return [
            web.post("/v1/conversations", self._create),
            web.post("/v1/conversations/{id}/items", self._add),
            web.get("/v1/conversations/{id}/items", self._list),
            web.delete("/v1/conversations/{id}/items/{item}", self._remove),
            web.delete("/v1/conversations/{id}", self._delete),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        body = await request.json()
        if len(body.get("items") or ()) > 20:
            return refused(400, "Too many items.")
        key = f"conv_{next(self._ids)}"
        self.items[key] = [self._item(item) for item in body.get("items") or ()]
        return web.json_response({"id": key, "object": "conversation", "created_at": 1, "metadata": {}})

    async def _add(self, request: web.Request) -> web.Response:
        key, items = request.match_info["id"], (await request.json())["items"]
        if key not in self.items or key in self.deleted or len(items) > 20:
            return refused(404 if key not in self.items else 400, f"Conversation with id '{key}' not found.")
        self.items[key] += [self._item(item) for item in items]
        return web.json_response({"object": "list", "data": self.items[key][-len(items) :]})

    async def _list(self, request: web.Request) -> web.Response:
        key = request.match_info["id"]
        if key not in self.items or key in self.deleted:
            return refused(404, f"Conversation with id '{key}' not found.")
        limit = int(request.query.get("limit", "20"))
        return web.json_response({"object": "list", "data": self.items[key][::-1][:limit], "has_more": False})

    async def _remove(self, request: web.Request) -> web.Response:
        key, item = request.match_info["id"], request.match_info["item"]
        self.items[key] = [one for one in self.items[key] if one["id"] != item]
        return web.json_response({"id": key, "object": "conversation"})

    async def _delete(self, request: web.Request) -> web.Response:
        self.deleted.add(request.match_info["id"])
        return web.json_response({"id": request.match_info["id"], "object": "conversation.deleted", "deleted": True})
