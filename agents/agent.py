"""A turn in, a reply out: one call of the model, or a bounded loop of calls when it has tools."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from agents.answer import Answer
from agents.errors import ModelFailed, ModelUnusable
from agents.model import Model
from agents.toolbox import Toolbox, declaration
from agents.types import Reply, Said, Turn, Usage

ROUNDS = 8

_ROLES = {"customer": "user", "agent": "assistant", "human": "assistant", "note": "developer"}


class Agent:
    """Answers turns through one model. Keeps nothing between them."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def reply(self, turn: Turn) -> Reply:
        """Answer the customer. Raises ModelFailed, whose `usage` is what the whole turn spent."""
        rounds = _Rounds(self._model, turn)
        while True:
            request = rounds.next()
            try:
                found = await self._model.respond(request, rounds.deadline)
            except ModelFailed as error:
                error.usage = rounds.usage + error.usage
                raise
            reply = await rounds.take(found)
            if reply is not None:
                return reply

    async def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        """Answer the customer, with pieces of text as they come and the whole reply last.

        The pieces are for show: the model may say a word before it calls a tool, and only the last reply counts. A
        failure after some pieces raises ModelFailed like any other, and then none of them was said.
        """
        rounds = _Rounds(self._model, turn, stream=True)
        reply = None
        while reply is None:
            request = rounds.next()
            try:
                async with aclosing(self._model.stream(request, rounds.deadline)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, Answer):
                            reply = await rounds.take(piece)
                        else:
                            yield piece
            except ModelFailed as error:
                error.usage = rounds.usage + error.usage
                raise
        yield reply


class _Rounds:
    """The rounds of one turn: a request out, an answer in, until the answer has no calls."""

    def __init__(self, model: Model, turn: Turn, *, stream: bool = False) -> None:
        self._model = model
        self._turn = turn
        self._stream = stream
        self._toolbox = Toolbox(turn)
        self._done: list[Mapping[str, Any]] = []
        self._left = ROUNDS
        self._request_id = ""
        self.deadline = model.deadline(turn.deadline_seconds)
        self.usage = Usage()

    def next(self) -> bytes:
        """The next request; the last that is allowed may only speak. Raises ModelUnusable when there is none left.

        It is made anew each time and as bytes: thousands of turns wait at once, and objects are several times as big.
        """
        if self._left == 0:
            raise ModelUnusable("tools_without_end", usage=self.usage, request_id=self._request_id)
        self._left -= 1
        request = request_of(self._turn)
        request["input"] += self._done
        if self._stream:
            request["stream"] = True
        if self._turn.tools and (self._left == 0 or self._toolbox.spent):
            request["tool_choice"] = "none"
        return json.dumps(request, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")

    async def take(self, found: Answer) -> Reply | None:
        """Count the answer and run what it asks for; the reply, when it asks for nothing."""
        self.usage += found.usage
        self._request_id = found.request_id
        if not found.calls:
            return Reply(texts=found.texts, usage=self.usage, model=found.model, request_id=found.request_id)
        self._done += found.items
        for call in found.calls:
            self._done.append(await self._toolbox.answer(call, self._model.remaining(self.deadline)))
        return None


def request_of(turn: Turn) -> dict[str, Any]:
    """What a turn asks, before any tool has run. https://platform.openai.com/docs/api-reference/responses/create"""
    request: dict[str, Any] = {
        "model": turn.model,
        "instructions": turn.instructions,
        "input": [_item(said) for said in turn.transcript],
        "store": False,
        "max_output_tokens": turn.max_output_tokens,
        "metadata": {"turn_id": turn.turn_id},
    }
    if turn.tools:
        request["tools"] = [declaration(tool) for tool in turn.tools]
    if turn.customer:
        request["safety_identifier"] = turn.customer
    if turn.prompt_key:
        request["prompt_cache_key"] = turn.prompt_key
    return request


def _item(said: Said) -> dict[str, str]:
    return {"role": _ROLES[said.author], "content": said.text}
