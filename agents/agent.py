"""A turn in, a reply out: one call of the model, or a bounded loop of calls when it has tools."""

from __future__ import annotations

from typing import Any

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
        deadline = self._model.deadline(turn.deadline_seconds)
        request, toolbox, usage = request_of(turn), Toolbox(turn), Usage()
        for left in reversed(range(ROUNDS)):
            if turn.tools and (left == 0 or toolbox.spent):
                request["tool_choice"] = "none"
            try:
                found = await self._model.respond(request, deadline)
            except ModelFailed as error:
                error.usage = usage + error.usage
                raise
            usage += found.usage
            if not found.calls:
                return Reply(texts=found.texts, usage=usage, model=found.model, request_id=found.request_id)
            request["input"] += found.items
            for call in found.calls:
                request["input"].append(await toolbox.answer(call, self._model.remaining(deadline)))
        raise ModelUnusable("tools_without_end", usage=usage, request_id=found.request_id)


def request_of(turn: Turn) -> dict[str, Any]:
    """The body of the turn's first request. https://platform.openai.com/docs/api-reference/responses/create"""
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
