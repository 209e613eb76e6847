"""Small readers for what providers send: tolerant of types, never of guesses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

MILLISECONDS_FROM = 10**11  # seconds reach this in the year 5138


def text_of(value: object) -> str:
    """A text as it is, a number as its digits, anything else as nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def object_of(value: object) -> dict[str, Any]:
    """An object, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """A list; a lone object as a list of one; anything else as nothing."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def objects_of(value: object) -> Iterator[dict[str, Any]]:
    """The objects in a list."""
    return (item for item in list_of(value) if isinstance(item, dict))


def strays_in(value: object) -> bool:
    """Whether something stands where a list of objects should, that is no object."""
    if isinstance(value, list):
        return not all(isinstance(item, dict) for item in value)
    return value is not None and not isinstance(value, dict)


def time_of(value: object) -> datetime | None:
    """A Unix time in seconds or milliseconds, as a number or a text."""
    try:
        seconds = float(value)  # type: ignore[arg-type]
        if not math.isfinite(seconds) or seconds <= 0:
            return None
        return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
