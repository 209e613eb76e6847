"""Waiting for a condition, bounded, instead of sleeping for a time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def until(what: Callable[[], Awaitable[T]], seconds: float = 15.0) -> T:
    """Asks again and again until the answer is true; returns it. Raises AssertionError after `seconds`."""
    give_up = time.monotonic() + seconds
    while not (answer := await what()):
        assert time.monotonic() < give_up, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.01)
    return answer
