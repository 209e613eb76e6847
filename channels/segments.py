"""How many segments a text message takes, which is what it costs.

3GPP TS 23.038: the GSM 7-bit alphabet, of which some characters take two places; anything else makes the whole text
UCS-2. A message of several segments gives up some room of each to put them together again.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")


class Segments(NamedTuple):
    """The encoding of a text, its length in the encoding's own units, and how many parts the network cuts it into."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int


def segments(text: str) -> Segments:
    """Counts as the network does: a character of two units never stands in two segments."""
    if all(character in BASIC or character in EXTENDED for character in text):
        return _count("GSM-7", [2 if character in EXTENDED else 1 for character in text], alone=160, joined=153)
    return _count("UCS-2", [2 if ord(character) > 0xFFFF else 1 for character in text], alone=70, joined=67)


def _count(encoding: Literal["GSM-7", "UCS-2"], units: list[int], *, alone: int, joined: int) -> Segments:
    total = sum(units)
    if total <= alone:
        return Segments(encoding, total, 1 if units else 0)
    count, room = 1, joined
    for size in units:
        if size > room:
            count, room = count + 1, joined
        room -= size
    return Segments(encoding, total, count)
