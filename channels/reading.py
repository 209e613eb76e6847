"""Small readers for what providers send: tolerant of types, never of guesses."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

MILLISECONDS_FROM = 10**11  # seconds reach this in the year 5138
MOST_DIGITS = 9
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)


def json_of(raw: bytes) -> object:
    """The JSON in some bytes; half an emoji (a lone surrogate) or a byte that is no UTF-8 becomes U+FFFD.

    Raises ValueError for what is no JSON even so.
    """
    try:
        return from_json(raw)
    except ValueError:
        text = raw.decode("utf-8", "replace")
        return from_json(_ESCAPE.sub(lambda found: "\\ufffd" if found[1] else found[0], text))


def text_of(value: object) -> str:
    """A text as it is, a number as its digits, anything else as nothing."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def int_of(value: object) -> int:
    """A whole number of at most nine plain digits, as a number or a text; anything else is -1."""
    text = text_of(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else -1


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
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)  # type: ignore[arg-type]
        if not math.isfinite(seconds) or seconds <= 0:
            return None
        return datetime.fromtimestamp(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
