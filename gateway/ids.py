"""Ids that sort by time, and are no secrets: a prefix that says what they name, and a UUID of version 7 (RFC 9562)."""

from __future__ import annotations

import random
import time


def uuid7() -> str:
    """32 hexadecimal digits: 48 bits of Unix milliseconds, then version, variant and 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | random.getrandbits(80)
    value = value & ~(0xF << 76) & ~(0x3 << 62) | 0x7 << 76 | 0x2 << 62
    return f"{value:032x}"


def new(prefix: str) -> str:
    """A new id such as `msg_0192…`."""
    return f"{prefix}_{uuid7()}"
