"""The provider's copy of a transcript: a cache that is mended, or thrown away and made anew.

Facts: a conversation takes one response at a time (400 conversation_locked); a function call without its output makes
every later request fail; what a response reads and says is added when it completes.
https://platform.openai.com/docs/guides/conversation-state
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from agents.answer import Answer
from agents.errors import BadRequest, CopyGone, CopyLocked, CopyPoisoned, ModelFailed, ModelUnavailable
from agents.model import Model
from agents.request import encoded, item_of
from agents.types import Kept, Said, Turn

MOST_ITEMS = 20  # in one request
PAGE = 100
LOCK_WAITS = (1.0, 2.0, 4.0, 8.0)
UNFINISHED = '{"error": "This was not done."}'


class Copy:
    """The copy that one turn works on. Nothing of it is the record: ours is.

    `unsettled` says that a request went out of which nobody knows whether the copy has it.
    """

    def __init__(self, model: Model, kept: Kept) -> None:
        self._model = model
        self._id = kept.conversation_id
        self._known = kept.no
        self._news: Sequence[Said] | None = None  # what the copy has not heard; None is not looked up yet
        self._told = 0  # how many of the turn's own items the copy has
        self._asked = 0
        self._locks = 0
        self._mended = False
        self._renewed = False
        self._made: list[str] = []
        self.unsettled = False

    @property
    def left_behind(self) -> tuple[str, ...]:
        """Copies that this turn made and does not go on with."""
        return tuple(made for made in self._made if made != self._id)

    async def part_of(self, turn: Turn, done: Sequence[Mapping[str, Any]], deadline: float) -> dict[str, Any]:
        """The fields of a request that go on with the copy: its id, and only what it does not hold yet. Raises
        ModelFailed when a copy is wanted and can't be made."""
        if not self._id:
            before, self._news = _split(turn)
            self._id = await self._make(turn.turn_id, before, deadline)
        elif self._news is None:
            self._news = _unheard(turn, self._known)
        self._asked, self.unsettled = len(done), True
        news = [*map(item_of, self._news), *done[self._told :]]
        return {"conversation": self._id, "input": news or [item_of(turn.transcript[-1])], "store": True}

    async def _make(self, turn_id: str, said: Sequence[Said], deadline: float) -> str:
        """A new copy that holds what was said."""
        items = [item_of(one) for one in said]
        first = encoded({"items": items[:MOST_ITEMS], "metadata": {"turn_id": turn_id}})
        async with self._model.asking(deadline) as provider:
            body, _ = await provider.post("/conversations", first)
        try:
            made = str(json.loads(body)["id"])
        except (ValueError, KeyError, TypeError):
            raise ModelUnavailable("no_conversation") from None
        self._made.append(made)
        await self._add(made, items[MOST_ITEMS:], deadline)
        return made

    async def _add(self, conversation_id: str, items: Sequence[Mapping[str, Any]], deadline: float) -> None:
        for start in range(0, len(items), MOST_ITEMS):
            async with self._model.asking(deadline) as provider:
                part = encoded({"items": items[start : start + MOST_ITEMS]})
                await provider.post(f"/conversations/{conversation_id}/items", part)

    def took(self, found: Answer) -> None:
        """What was asked and the answer's own items are in the copy; what comes after them is not."""
        self._news, self._told = (), self._asked + len(found.items)
        self.unsettled = False

    def kept(self, turn: Turn) -> Kept:
        """What to remember: everything up to the turn's last message, and the reply."""
        return Kept(conversation_id=self._id, no=max((said.sequence_no for said in turn.transcript), default=0))

    def forget(self) -> None:
        """Leaves the copy behind: the next request makes a new one."""
        self._id, self._news, self._told = "", None, 0
        self.unsettled = False

    async def mend(self, error: ModelFailed, deadline: float) -> bool:
        """Waits for a lock, answers what was left unanswered, or else leaves the copy for a new one, once."""
        if isinstance(error, CopyLocked) and self._locks < len(LOCK_WAITS):
            wait = LOCK_WAITS[self._locks]
            if wait < self._model.remaining(deadline) / 2:
                self._locks += 1
                await self._model.pause(wait)
                return True
        if isinstance(error, CopyPoisoned) and not self._mended:
            self._mended = True
            if await self._answer_dangling(deadline):
                return True
        again, self._renewed = self._renewed, True
        self.forget()
        return not again

    async def _answer_dangling(self, deadline: float) -> bool:
        """Gives the newest calls in the copy that have no answer one; False when that could not be done."""
        try:
            async with self._model.asking(deadline) as provider:
                page = await provider.get(f"/conversations/{self._id}/items?limit={PAGE}&order=desc")
            items = json.loads(page)["data"]
            answered = {item["call_id"] for item in items if item["type"] == "function_call_output"}
            missing = [
                {"type": "function_call_output", "call_id": item["call_id"], "output": UNFINISHED}
                for item in items
                if item["type"] == "function_call" and item["call_id"] not in answered
            ]
            await self._add(self._id, missing, deadline)
        except (ModelFailed, ValueError, KeyError, TypeError):
            return False
        return bool(missing)


def _split(turn: Turn) -> tuple[Sequence[Said], Sequence[Said]]:
    """What was settled before, and what this turn answers."""
    said = turn.transcript
    begins = next((place for place, one in enumerate(said) if one.sequence_no > turn.after_no), len(said) - 1)
    return said[:begins], said[begins:]


def _unheard(turn: Turn, known: int) -> Sequence[Said]:
    """What a copy that knows the transcript up to a number has not heard. What the agent said since was added when it
    was said; a note has no number, and is as old as what comes after it."""
    said = turn.transcript
    heard = max((place for place, one in enumerate(said) if 0 < one.sequence_no <= known), default=-1)
    return [
        one
        for place, one in enumerate(said)
        if one.author != "agent" and (one.sequence_no > known if one.sequence_no else place > heard)
    ]


async def erase(model: Model, conversation_id: str, most_items: int = 2000, seconds: float = 120.0) -> None:
    """Deletes a copy at the provider: each item, because deleting the conversation leaves them, then itself.

    Raises ModelFailed when it is not done: erasing again goes on where this ended. What is gone already is done.
    """
    deadline = model.deadline(seconds)
    path = f"/conversations/{conversation_id}"
    with suppress(CopyGone):
        for _ in range(0, most_items, PAGE):
            async with model.asking(deadline) as provider:
                page = await provider.get(f"{path}/items?limit={PAGE}")
            items = _ids(page)
            if not items:
                break
            for item in items:
                await _delete(model, f"{path}/items/{item}", deadline)
        else:
            raise ModelUnavailable("items_without_end")
        async with model.asking(deadline) as provider:
            await provider.delete(path)


async def _delete(model: Model, path: str, deadline: float) -> None:
    try:
        async with model.asking(deadline) as provider:
            await provider.delete(path)
    except BadRequest as error:
        if error.status != 404:  # who was first does not matter
            raise


def _ids(page: bytes) -> list[str]:
    try:
        return [str(item["id"]) for item in json.loads(page)["data"]]
    except (ValueError, KeyError, TypeError):
        raise ModelUnavailable("not_json") from None
