"""Conversations that OpenAI keeps: items in order, one response at a time.

https://platform.openai.com/docs/api-reference/conversations
"""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from sandbox.ids import Ids
from sandbox.openai_errors import ApiRefusal

KEPT_CONVERSATIONS: Final = 2_000
KEPT_CHARACTERS: Final = 64 * 1024 * 1024
_PREFIXES: Final[Mapping[str, str]] = {
    "message": "msg", "function_call": "fc", "function_call_output": "fco", "reasoning": "rs",
}  # fmt: skip


def locked() -> ApiRefusal:
    return ApiRefusal(
        "Another process is currently operating on this conversation. Please retry in a few seconds.",
        code="conversation_locked",
        param="conversation",
    )


@dataclass(slots=True)
class Conversation:
    """One conversation. `locked_until` is a moment of the monotonic clock; a deleted one keeps its items."""

    id: str
    created_at: int
    metadata: dict[str, str]
    items: OrderedDict[str, dict[str, Any]] = field(default_factory=OrderedDict)
    busy: bool = False
    locked_until: float = 0.0
    deleted: bool = False
    characters: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id, "object": "conversation", "created_at": self.created_at, "metadata": self.metadata,
        }  # fmt: skip

    def shown(self) -> dict[str, Any]:
        """What a script is told of it."""
        answered = {item["call_id"] for item in self.all() if item["type"] == "function_call_output"}
        return {
            **self.as_json(),
            "items": len(self.items),
            "locked": self.is_locked,
            "deleted": self.deleted,
            "open_calls": [
                item["call_id"]
                for item in self.all()
                if item["type"] == "function_call" and item["call_id"] not in answered
            ],
        }

    def all(self) -> list[dict[str, Any]]:
        """Its items, oldest first."""
        return list(self.items.values())

    @property
    def is_locked(self) -> bool:
        return self.busy or self.locked_until > time.monotonic()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps every other response away for as long as it lasts. Raises ApiRefusal when it is taken."""
        if self.is_locked:
            raise locked()
        self.busy = True
        try:
            yield
        finally:
            self.busy = False


class Conversations:
    """The newest conversations; the oldest fall out past `KEPT_CONVERSATIONS` and `KEPT_CHARACTERS` of items."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._kept: OrderedDict[str, Conversation] = OrderedDict()
        self._characters = 0

    def make(self, metadata: Mapping[str, str], items: Iterable[Mapping[str, Any]]) -> Conversation:
        made = Conversation(self._ids.openai("conv"), int(time.time()), dict(metadata))
        self._kept[made.id] = made
        self.add(made, items)
        return made

    def find(self, id_: str) -> Conversation:
        """Raises ApiRefusal for one that is not known, or deleted."""
        found = self._kept.get(id_)
        if found is None or found.deleted:
            raise ApiRefusal(f"Conversation with id '{id_}' not found.", status=404)
        self._kept.move_to_end(id_)
        return found

    def delete(self, id_: str) -> None:
        """Deletes a conversation, not its items. Raises as `find`."""
        self.find(id_).deleted = True

    def add(self, conversation: Conversation, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Adds items at the end, all or none. Raises ApiRefusal for an id that is there already."""
        made = [self._stored(item) for item in items]
        seen = set(conversation.items)
        for item in made:
            if item["id"] in seen:
                raise ApiRefusal(
                    f"Duplicate item found with id {item['id']}. Remove duplicate items from your input and try again.",
                    param="input",
                )
            seen.add(item["id"])
        for item in made:
            conversation.items[item["id"]] = item
            self._weigh(conversation, len(json.dumps(item)))
        self._shed(conversation)
        return made

    def drop(self, conversation: Conversation, item_id: str) -> None:
        """Deletes one item. Raises ApiRefusal when there is no such item."""
        item = find_item(conversation, item_id)
        del conversation.items[item_id]
        self._weigh(conversation, -len(json.dumps(item)))

    def poison(self, conversation: Conversation) -> None:
        """Adds a call that nobody has answered."""
        call_id = self._ids.openai("call")
        self.add(
            conversation,
            [{"type": "function_call", "call_id": call_id, "name": "search_knowledge", "arguments": "{}"}],
        )

    def shown(self) -> list[dict[str, Any]]:
        return [each.shown() for each in self._kept.values()]

    def _stored(self, item: Mapping[str, Any]) -> dict[str, Any]:
        kind = str(item.get("type", "message"))
        made = {"id": self._ids.openai(_PREFIXES.get(kind, "item")), "type": kind, "status": "completed", **item}
        if kind == "message" and isinstance(item["content"], str):
            said: dict[str, Any] = {"type": "input_text", "text": item["content"]}
            if item["role"] == "assistant":
                said = {"type": "output_text", "text": item["content"], "annotations": [], "logprobs": []}
            made["content"] = [said]
        return made

    def _weigh(self, conversation: Conversation, characters: int) -> None:
        conversation.characters += characters
        self._characters += characters

    def _shed(self, but: Conversation) -> None:
        while len(self._kept) > KEPT_CONVERSATIONS or (self._characters > KEPT_CHARACTERS and len(self._kept) > 1):
            oldest = next(each for each in self._kept.values() if each is not but)
            del self._kept[oldest.id]
            self._characters -= oldest.characters


def find_item(conversation: Conversation, item_id: str) -> dict[str, Any]:
    """Raises ApiRefusal when the conversation has no such item."""
    item = conversation.items.get(item_id)
    if item is None:
        raise ApiRefusal(f"Item with id '{item_id}' not found in conversation '{conversation.id}'.", status=404)
    return item


CONVERSATIONS: web.AppKey[Conversations] = web.AppKey("conversations", Conversations)
