"""Cuts a text into parts of a provider's size, in the provider's own unit, never inside a grapheme."""

from __future__ import annotations

from collections.abc import Callable

import regex

_GRAPHEME = regex.compile(r"\X")
_BREAKS = (
    regex.compile(r"\n\s*\n"),
    regex.compile(r"\n"),
    regex.compile(r"(?<=[.!?…])\s+|(?<=[。！？])(?!\p{M})\s*"),
)
_SPACE = regex.compile(r"\s+")


def characters(text: str) -> int:
    """Unicode code points."""
    return len(text)


def utf8_bytes(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text.encode())


def split(text: str, limit: int, size: Callable[[str], int] = characters) -> list[str]:
    """Parts of at most `limit`, cut at a paragraph, a line, a sentence, a space, else between graphemes.

    Only white space at a cut is left out. A text without any visible character gives no part.
    """
    parts = []
    rest = text.strip()
    while rest and size(rest) > limit:
        end = _fitting(rest, limit, size)
        cut, resume = _kindest_cut(rest, end)
        parts.append(rest[:cut].rstrip())
        rest = rest[resume:].lstrip()
    return [part for part in (*parts, rest) if part]


def _fitting(text: str, limit: int, size: Callable[[str], int]) -> int:
    """Where the last whole grapheme ends that fits; at least one code point, so that a monster of marks ends too."""
    total = end = 0
    for match in _GRAPHEME.finditer(text):
        total += size(match.group())
        if total > limit:
            break
        end = match.end()
    if end:
        return end
    while end < len(text) and size(text[: end + 1]) <= limit:
        end += 1
    return max(end, 1)


def _kindest_cut(text: str, end: int) -> tuple[int, int]:
    for pattern in _BREAKS:
        last = None
        for match in pattern.finditer(text, 0, end + 1):
            if end // 2 < match.start() <= end:
                last = match
        if last:
            return last.start(), last.end()
    # A word that is cut may be an address that no longer works, so any space before it is kinder, however early.
    for match in _SPACE.finditer(text, 0, end + 1):
        last = match
    return (last.start(), last.end()) if last else (end, end)
