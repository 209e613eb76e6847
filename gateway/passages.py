"""Passages of what the business knows, numbered for one turn, so that a reply can name those that it rests on."""

from __future__ import annotations

import json

from agents.types import Said
from gateway.briefs import Brief
from gateway.db import Pool, Row
from gateway.knowledge import Passage, search

OFFERED = 4
FOUND = 5


class Passages:
    """The passages of one turn. `sources` is the entry behind each number."""

    def __init__(self, pool: Pool, claim: Row, brief: Brief) -> None:
        self._pool = pool
        self._claim = claim
        self._brief = brief
        self.sources: dict[int, str] = {}

    async def offered(self) -> list[Said]:
        """What was found for the words that wait for an answer, as a note; nothing when the business knows nothing."""
        if not self._brief.has_knowledge:
            return []
        history = json.loads(self._claim["history"])
        asked = [text for author, _, text, no, _ in history if author == "customer" and no > self._claim["after_no"]]
        found = await self._search("\n".join(asked)[-1000:], OFFERED)
        if not found:
            return []
        note = (
            f"What the business knows, by number; cite what you use, and say so when the answer is not there:\n{found}"
        )
        return [Said(author="note", text=note)]

    async def search(self, query: str) -> str:
        """Looks up and numbers what it finds; the text for the model. Raises StoreAway."""
        return await self._search(query, FOUND) or "Nothing was found. Do not make an answer up."

    async def _search(self, text: str, limit: int) -> str:
        language = self._claim["customer_language"] or self._brief.language
        found = await search(self._pool, self._claim["user_id"], text, language, limit=limit)
        return "\n".join(self._numbered(passage) for passage in found)

    def _numbered(self, passage: Passage) -> str:
        known = {entry: n for n, entry in self.sources.items()}
        number = known.get(passage.entry_id) or len(self.sources) + 1
        self.sources[number] = passage.entry_id
        return f"[{number}] {passage.question}\n{passage.text}".replace("] \n", "] ")
