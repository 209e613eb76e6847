"""What a customer means who was given choices: one of them, its number, "the second one", or a day and a time."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sandbox.scripts import SCRIPTS

SHORT: Final = 6  # words: in a longer sentence a time or a "first" may mean anything
_LISTED: Final = re.compile(r"\[(1\. .*)\]\s*$", re.DOTALL)
_AFTER_TIMES: Final = re.compile(r"(?<=\d\d:\d\d) (?=\d{1,2}\. )")
_AFTER_WORDS: Final = re.compile(r" (?=\d{1,2}\. )")
_NUMBER: Final = re.compile(
    r"\W*(?:(?:option|number|num[eé]ro|número|nummer|nr|no|nº|opción|opção|choice|alternativ|the|la|el|le|die|den|das)"
    r"\W+){0,2}(\d{1,2})(?:\W+(?:please|bitte|por favor|tack|s'il vous plaît|thanks))?\W*"
)
_CLOCK: Final = re.compile(r"\b([01]?\d|2[0-3])\s?(?:[:.h]|uhr)\s?([0-5]\d)\b")
_ORDINALS: Final = ("first", "second", "third")


def says(key: str, text: str) -> bool:
    """Whether a text holds a pattern of appointments, in any language."""
    lowered = text.lower()
    return any(re.search(script.meeting[key], lowered) for script in SCRIPTS)


def bare(text: str) -> str:
    """A text without what people leave out when they type it anew."""
    return " ".join(re.findall(r"\w+", text.lower()))


def said_in(item: Mapping[str, Any]) -> str:
    """The words of a message of a request."""
    content = item.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    return " ".join(str(part["text"]) for part in parts if isinstance(part, dict) and part.get("text"))


def listed(text: str) -> tuple[str, ...]:
    """The choices of an answer, as the model wrote it or as the gateway repeats it: with numbers, at its end."""
    if text.startswith("{"):
        try:
            return tuple(json.loads(text)["messages"][-1]["choices"])
        except (ValueError, KeyError, TypeError, IndexError):
            return ()
    found = _LISTED.search(text)
    if not found:
        return ()
    # A date may have a number with a dot too, so where the first choice ends in a time, all of them do.
    pattern = _AFTER_TIMES if _AFTER_TIMES.search(found[1]) else _AFTER_WORDS
    return tuple(one.partition(". ")[2] for one in pattern.split(found[1]))


def among(text: str, shown: Sequence[str]) -> str:
    """The choice that a text names, by its words or by its number; else the text itself."""
    for one in shown:
        if bare(one) == bare(text):
            return one
    number = _NUMBER.fullmatch(text.lower())
    if number and 0 < int(number[1]) <= len(shown):
        return shown[int(number[1]) - 1]
    if len(text.split()) <= SHORT and not says("when", text):
        for place, key in enumerate(_ORDINALS[: len(shown)]):
            if says(key, text):
                return shown[place]
    return text


def names_time(text: str, choice: str) -> bool:
    """Whether a short text can mean a choice by its time, and by its day when it tells one."""
    lowered, offered = text.lower(), choice.lower()
    if len(text.split()) > SHORT or not _clocks(lowered) & _clocks(offered):
        return False
    rest, day = _CLOCK.sub(" ", lowered), _CLOCK.sub(" ", offered)
    if numbers := set(re.findall(r"\d+", rest)):
        return numbers <= set(re.findall(r"\d+", day))
    stem = re.match(r"\w+", offered)
    days = [word for word in re.findall(r"\w+", rest) if says("when", word)]
    return not days or (stem is not None and any(word.startswith(stem[0]) for word in days))


def _clocks(text: str) -> set[tuple[int, int]]:
    return {(int(one[1]), int(one[2])) for one in _CLOCK.finditer(text)}
