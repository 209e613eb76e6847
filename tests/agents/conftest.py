"""A model whose time passes only when it waits, and a turn to give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.types import Said, Turn


@dataclass
class Clock:
    """Seconds that pass when somebody waits for them."""

    now: float = 1000.0
    waits: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turn() -> Callable[..., Turn]:
    def make(**changes: Any) -> Turn:
        usual: dict[str, Any] = {
            "turn_id": "turn_1",
            "instructions": "You are the receptionist.",
            "transcript": (Said(author="customer", text="Are you open on Sunday?"),),
            "model": "gpt-6-luna",
        }
        return Turn(**(usual | changes))

    return make
