"""Pieces of an answer on their way to a visitor, before the message that counts is committed."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json


class Deltas:
    """What one socket shows of streamed answers: each turn from its beginning and without a hole, or not at all."""

    def __init__(self) -> None:
        self._turn = ""
        self._next = 0

    def forget(self) -> None:
        """Shows no more of the turn at hand: a piece of it is lost, or its message is here."""
        self._turn = ""

    def frame(self, key: str) -> dict[str, Any] | None:
        """The frame for a word of the bus, or None when nothing is to be shown for it."""
        try:
            word = from_json(key)
            turn = str(word["turn"])
        except (ValueError, KeyError, TypeError):
            return None
        if not turn:
            return None
        if word.get("end"):
            shown = turn == self._turn
            self.forget()
            return {"type": "delta_end", "turn_id": turn} if shown else None
        number = word.get("n")
        if number == 0:
            self._turn, self._next = turn, 0
        if turn != self._turn or number != self._next:
            return None
        self._next += 1
        return {"type": "delta", "turn_id": turn, "n": number, "text": str(word.get("text", ""))}
