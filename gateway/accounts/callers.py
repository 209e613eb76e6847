"""Who calls: a program with a key, or a person in a session. The rest of the house sees one Caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whoever calls, and what he may do in which business.

    `barred` says why a person may touch nothing of the business, or of any; then there are no scopes.
    """

    user_id: str
    scopes: frozenset[str]
    kind: Literal["member", "key"]
    name: str
    key_id: str = ""
    member_id: str = ""
    person_id: str = ""
    role: str = ""
    session_id: str = ""
    barred: str = ""

    @property
    def id(self) -> str:
        """Of the member, or of the key."""
        return self.member_id or self.key_id
