"""What of an answer that is still being written may be shown: whole sentences that claim nothing unproved."""

from __future__ import annotations

import re
from collections.abc import Set

from agents.claims import claimed
from agents.reply import visible

_END = re.compile(r"[.!?。।؟…\n](?=[\s\"')\]]|$)")


class Showing:
    """Reads pieces of one answer. `receipts` may be claimed; `again` says that another answer was shown before, of
    which this one is no continuation: then nothing is shown."""

    def __init__(self, receipts: Set[str], again: bool) -> None:
        self._receipts = receipts
        self._written = ""
        self._read = 0
        self._shown = 0
        self._held = again

    def more(self, piece: str) -> str:
        """The text that may be shown now and was not yet."""
        self._written += piece
        if self._held or (len(self._written) - self._read < 24 and not _END.search(piece)):
            return ""
        self._read = len(self._written)
        text = visible(self._written)
        ends = [match.end() for match in _END.finditer(text, self._shown) if match.end() < len(text)]
        if not ends:
            return ""
        sentences = text[self._shown : ends[-1]]
        if claimed(text[: ends[-1]]) - self._receipts:
            self._held = True
            return ""
        self._shown = ends[-1]
        return sentences
