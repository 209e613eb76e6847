"""A turn in, a reply out: one call of the model, or a bounded loop of calls when it has tools."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from agents.answer import Answer
from agents.errors import ModelFailed
from agents.model import Model
from agents.rounds import ROUNDS, Rounds
from agents.showing import Showing
from agents.types import Reply, Turn

__all__ = ["ROUNDS", "Agent"]


class Agent:
    """Answers turns through one model. Keeps nothing between them."""

    def __init__(self, model: Model) -> None:
        self._model = model

    async def reply(self, turn: Turn) -> Reply:
        """Answer the customer. Raises ModelFailed, whose `calls` are all that the turn asked for."""
        rounds = Rounds(self._model, turn)
        try:
            reply = None
            while reply is None:
                reply = await self._round(rounds)
            return reply
        except ModelFailed as error:
            raise rounds.told(error) from None

    async def _round(self, rounds: Rounds) -> Reply | None:
        try:
            request = await rounds.next()
            found = await self._model.respond(
                request, rounds.deadline, model=rounds.model, calls=rounds.calls, retry=rounds.may_repeat
            )
            return await rounds.take(found)
        except ModelFailed as error:
            if await rounds.remedy(error):
                return None
            raise

    async def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        """Answer the customer, with pieces of text as they come and the whole reply last.

        The pieces are for show: they stop before a sentence that claims what nobody has proved yet, and only the last
        reply counts. A failure after some pieces raises ModelFailed like any other, and then none of them was said.
        """
        rounds = Rounds(self._model, turn, stream=True)
        try:
            reply = None
            while reply is None:
                async with aclosing(self._streamed_round(rounds)) as pieces:
                    async for piece in pieces:
                        if isinstance(piece, str):
                            yield piece
                        else:
                            reply = piece
            yield reply
        except ModelFailed as error:
            raise rounds.told(error) from None

    async def _streamed_round(self, rounds: Rounds) -> AsyncGenerator[str | Reply]:
        showing = Showing(rounds.receipts, rounds.shown)
        try:
            request = await rounds.next()
            answers = self._model.stream(
                request, rounds.deadline, model=rounds.model, calls=rounds.calls, retry=rounds.may_repeat
            )
            async with aclosing(answers) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Answer):
                        reply = await rounds.take(piece)
                        if reply is not None:
                            yield reply
                    elif text := showing.more(piece):
                        rounds.shown = True
                        yield text
        except ModelFailed as error:
            if not await rounds.remedy(error):
                raise
