"""What a visitor may read and write: one conversation, his own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from channels.base import Alias, Inbound
from gateway.db import Pool, queries, retry_clash
from gateway.errors import Invalid, NotFound
from gateway.intake import Envelope, Intake
from gateway.numbers import Webchat
from gateway.webchat.sessions import Session

SQL = queries(__file__)
TEXT_LIMIT = 4000
CLIENT_ID_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Written:
    """Where a visitor's message landed; `duplicate` when it had been there already."""

    conversation_id: str
    message_id: str
    sequence_no: int
    duplicate: bool


class Room:
    """The conversation of one visitor with one number, over however many sockets."""

    def __init__(self, pool: Pool, intake: Intake, number: Webchat, session: Session) -> None:
        self._pool = pool
        self._intake = intake
        self.number = number
        self.session = session

    @property
    def topic(self) -> str:
        """The wake-up of everything this visitor writes, whichever conversation it lands in."""
        return f"visitor:{self.session.visitor}"

    async def conversation(self) -> tuple[str | None, int]:
        """The visitor's conversation and its last number; none and 0 before the first message."""
        row = await retry_clash(
            lambda: self._pool.fetchrow(
                SQL["conversation"], self.number.user_id, self.number.phone_number_id, self.session.visitor
            )
        )
        return (row["conversation_id"], row["last_sequence_no"]) if row else (None, 0)

    async def messages(self, conversation_id: str, after: int) -> list[dict[str, Any]]:
        """At most 200 messages behind a number, in order; `conversation_id` is ours, never a client's."""
        rows = await retry_clash(lambda: self._pool.fetch(SQL["messages"], self.number.user_id, conversation_id, after))
        return [self._shown(row) for row in rows]

    async def write(self, client_id: object, text: object) -> Written:
        """Commits what the visitor wrote, once for each client id. Raises Invalid, NotFound or StoreAway."""
        if not isinstance(client_id, str) or not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Invalid(f"client_id must be a text of 1 to {CLIENT_ID_LIMIT} characters.")
        if not isinstance(text, str) or not text.strip():
            raise Invalid("text must not be empty.")
        if len(text) > TEXT_LIMIT:
            raise Invalid(f"text is longer than {TEXT_LIMIT} characters.")
        event = Inbound(
            platform="webchat",
            number=self.number.key,
            customer=self.session.visitor,
            id=f"{self.session.visitor}:{client_id}",
            text=text,
            aliases=(Alias("visitor", self.session.visitor),),
        )
        (fate,) = await self._intake.accept(Envelope(events=(event,)))
        if fate.conversation_id is None or fate.message_id is None or fate.sequence_no is None:
            raise NotFound("Nobody answers on this chat at the moment. Please try again later.")
        return Written(fate.conversation_id, fate.message_id, fate.sequence_no, fate.outcome == "duplicate")

    async def seen(self, conversation_id: str, sequence_no: int) -> None:
        """Marks what the visitor has seen as read."""
        await retry_clash(lambda: self._pool.execute(SQL["seen"], self.number.user_id, conversation_id, sequence_no))

    def _shown(self, row: asyncpg.Record) -> dict[str, Any]:
        own = row["platform_message_id"] if row["sender"] == "user" else None
        return {
            "message_id": row["message_id"],
            "sequence_no": row["sequence_no"],
            "sender": row["sender"],
            "author": row["author"],
            "text": row["text"],
            "timestamp": row["timestamp"].isoformat(),
            "client_id": own.partition(":")[2] if own else None,
        }


def widget_folder() -> Path:
    """Where the built widget lies."""
    return Path(__file__).parent.parent.parent / "frontend" / "dist"
