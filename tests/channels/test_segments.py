"""What a text takes on the network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.segments import segments


@pytest.mark.parametrize(
    ("text", "encoding", "units", "parts"),
    [
        ("", "GSM-7", 0, 0),
        ("Hello", "GSM-7", 5, 1),
        ("ñ Ä ß @ £", "GSM-7", 9, 1),
        ("5 €", "GSM-7", 4, 1),
        ("{[~]}", "GSM-7", 10, 1),
        ("a" * 160, "GSM-7", 160, 1),
        ("a" * 161, "GSM-7", 161, 2),
        ("a" * 306, "GSM-7", 306, 2),
        ("a" * 307, "GSM-7", 307, 3),
        ("a" * 152 + "€" + "a" * 152, "GSM-7", 306, 3),  # the euro's two places never stand apart
        ("ç", "UCS-2", 1, 1),
        ("я" * 70, "UCS-2", 70, 1),
        ("я" * 71, "UCS-2", 71, 2),
        ("สวัสดี", "UCS-2", 6, 1),
        ("👋" * 35, "UCS-2", 70, 1),
        ("👋" * 36, "UCS-2", 72, 2),
        ("a" * 66 + "👋" + "a" * 66, "UCS-2", 134, 3),  # nor does an emoji
    ],
)
def test_a_text_takes(text: str, encoding: str, units: int, parts: int) -> None:
    assert segments(text) == (encoding, units, parts)


@given(st.text())
def test_no_text_takes_less_than_it_is_long(text: str) -> None:
    encoding, units, parts = segments(text)
    assert units >= len(text)
    assert parts * (160 if encoding == "GSM-7" else 70) >= units
