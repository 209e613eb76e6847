"""Voice notes that carry their words: Ogg Opus whose comment says what would be heard.

https://datatracker.ietf.org/doc/html/rfc3533, https://datatracker.ietf.org/doc/html/rfc7845
"""

from __future__ import annotations

import struct
from typing import Final

TAG: Final = b"SANDBOX_WORDS="
_RATE: Final = 48_000
_FRAME: Final = 960  # samples of 20 ms
_SILENCE: Final = b"\xf8\xff\xfe"
_LONGEST: Final = 255  # frames in one page
_PRE_SKIP: Final = 312
# What a voice note of a phone weighs, in bytes a second.
_PHONE_RATE: Final = 2_000


def voice_note(words: str) -> bytes:
    """A voice note that says these words, a third of a second of silence for each, at most five seconds."""
    comment = TAG + words.encode()
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _PRE_SKIP, _RATE, 0, 0)
    vendor = b"frontdesk-sandbox"
    tags = b"OpusTags" + struct.pack(f"<I{len(vendor)}sII", len(vendor), vendor, 1, len(comment)) + comment
    frames = min(_LONGEST, 17 * len(words.split()) + 5)
    return b"".join(
        (
            _page(0, [head], position=0, flags=2),
            _page(1, [tags], position=0),
            _page(2, [_SILENCE] * frames, position=_PRE_SKIP + frames * _FRAME, flags=4),
        )
    )


def heard(data: bytes) -> str | None:
    """The words of a voice note that was made here; None for any other."""
    at = data.find(TAG)
    if not data.startswith(b"OggS") or at < 4:
        return None
    length = int.from_bytes(data[at - 4 : at], "little")
    return data[at + len(TAG) : at + length].decode(errors="replace")


def seconds_of(data: bytes) -> float:
    """How long a recording is: by its last page when it is Ogg, else by its size, as phones record."""
    at = data.rfind(b"OggS")
    if data.startswith(b"OggS") and len(data) >= at + 14:
        return max(0.0, float(struct.unpack_from("<q", data, at + 6)[0]) / _RATE)
    return len(data) / _PHONE_RATE


def _page(number: int, packets: list[bytes], *, position: int, flags: int = 0) -> bytes:
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255]) for packet in packets)
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, position, 1, number, 0, len(lacing)) + lacing
    page = head + b"".join(packets)
    return page[:22] + struct.pack("<I", _checksum(page)) + page[26:]


def _checksum(data: bytes) -> int:
    """Ogg's CRC: polynomial 0x04c11db7, not reflected."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ _TABLE[crc >> 24 ^ byte]
    return crc


def _entry(value: int) -> int:
    crc = value << 24
    for _ in range(8):
        crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc


_TABLE: Final = tuple(map(_entry, range(256)))
