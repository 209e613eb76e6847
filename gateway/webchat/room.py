"""What a visitor may read and write: one conversation, his own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from channels.base import Inbound, Media
from gateway.db import Pool, queries, retry_clash
from gateway.errors import Invalid, NotFound
from gateway.files import Files
from gateway.intake import Envelope, Intake
from gateway.numbers import Webchat
from gateway.sniff import family
from gateway.webchat import prechat
from gateway.webchat.sessions import Session, Sessions, Upload

SQL = queries(__file__)
TEXT_LIMIT = 4000
CLIENT_ID_LIMIT = 100
UPLOADS_LIMIT = 10
SHOWN = ("choices", "link", "image", "audio", "video", "document", "sticker")  # contents that a client draws


class TooLong(Invalid):
    """The text is longer than a message may be."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where a visitor's message landed; `duplicate` when it had been there already."""

    conversation_id: str
    message_id: str
    sequence_no: int
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A visitor's conversation and its last number; none and 0 before the first message. `owner` is agent or human,
    `name` what the visitor may call the human, "" when he has none to show."""

    conversation_id: str | None = None
    last: int = 0
    owner: str = "agent"
    name: str = ""


class Room:
    """The conversation of one visitor with one number, over however many sockets."""

    def __init__(
        self, pool: Pool, intake: Intake, sessions: Sessions, files: Files | None, number: Webchat, session: Session
    ) -> None:
        self._pool = pool
        self._intake = intake
        self._sessions = sessions
        self._files = files
        self.number = number
        self.session = session

    @property
    def topic(self) -> str:
        """The wake-up of everything this visitor writes, whichever conversation it lands in."""
        return f"visitor:{self.session.visitor}"

    async def place(self) -> Place:
        """The visitor's conversation, and who speaks for the business in it."""
        row = await retry_clash(
            lambda: self._pool.fetchrow(
                SQL["conversation"], self.number.user_id, self.number.phone_number_id, self.session.visitor
            )
        )
        if row is None:
            return Place()
        return Place(row["conversation_id"], row["last_sequence_no"], row["owner"], _name(row["assignee"] or ""))

    async def messages(self, conversation_id: str, after: int) -> list[dict[str, Any]]:
        """At most 200 messages behind a number, in order; `conversation_id` is ours, never a client's."""
        rows = await retry_clash(lambda: self._pool.fetch(SQL["messages"], self.number.user_id, conversation_id, after))
        return [self._shown(row) for row in rows]

    async def write(self, client_id: object, text: object, uploads: object = None) -> Written:
        """Commits what the visitor wrote, once for each client id. Raises a GatewayError."""
        if not isinstance(client_id, str) or not 0 < len(client_id) <= CLIENT_ID_LIMIT:
            raise Invalid(f"client_id must be a text of 1 to {CLIENT_ID_LIMIT} characters.")
        files = self._attached(uploads)
        text = "" if text is None and files else text
        if not isinstance(text, str) or not (text.strip() or files):
            raise Invalid("text must not be empty.")
        if len(text) > TEXT_LIMIT:
            raise TooLong(f"text is longer than {TEXT_LIMIT} characters.")
        prechat.check_answered(self.number.prechat, self.session.answers)
        prechat.check_agreed(self.number.consent, self.session.consent)
        (fate,) = await self._intake.accept(Envelope(events=(self._event(client_id, text, files),)))
        if fate.conversation_id is None or fate.message_id is None or fate.sequence_no is None:
            raise NotFound("Nobody answers on this chat at the moment. Please try again later.")
        return Written(fate.conversation_id, fate.message_id, fate.sequence_no, fate.outcome == "duplicate")

    async def seen(self, conversation_id: str, sequence_no: int) -> None:
        """Marks what the visitor has seen as read."""
        await retry_clash(lambda: self._pool.execute(SQL["seen"], self.number.user_id, conversation_id, sequence_no))

    def _event(self, client_id: str, text: str, files: Sequence[Upload]) -> Inbound:
        media = tuple(
            Media(
                kind=family(file.mime_type), id=f"blob:{file.sha256}", mime_type=file.mime_type, sha256=file.sha256,
                filename=file.filename,
            )
            for file in files
        )  # fmt: skip
        known = self.session.answers
        return Inbound(
            platform="webchat",
            number=self.number.key,
            customer=self.session.visitor,
            id=f"{self.session.visitor}:{client_id}",
            kind=media[0].kind if media else "text",
            text=text,
            aliases=self.session.aliases,
            customer_name=known.get("name", ""),
            content={
                **({"prechat": known} if known else {}),
                **({"consent": dict(self.session.consent)} if self.session.consent else {}),
            },
            media=media,
        )

    def _attached(self, uploads: object) -> list[Upload]:
        tokens = [] if uploads is None else uploads
        if not isinstance(tokens, list):
            raise Invalid("uploads must be a list.")
        if len(tokens) > UPLOADS_LIMIT:
            raise Invalid(f"A message carries at most {UPLOADS_LIMIT} files.")
        return [self._sessions.read_upload(str(token), self.session.visitor) for token in tokens]

    def _shown(self, row: asyncpg.Record) -> dict[str, Any]:
        own = row["platform_message_id"] if row["sender"] == "user" else None
        return {
            "message_id": row["message_id"],
            "sequence_no": row["sequence_no"],
            "sender": row["sender"],
            "author": row["author"],
            "kind": row["kind"],
            "text": row["text"],
            "content": self._drawn(row),
            "media": self._linked(row["media"]),
            "timestamp": row["timestamp"].isoformat(),
            "client_id": own.partition(":")[2] if own else None,
        }

    def _drawn(self, row: asyncpg.Record) -> dict[str, Any] | None:
        """What a client needs to draw a message of ours; what stands in the visitor's own is for the business."""
        if row["sender"] != "agent" or row["kind"] not in SHOWN or not row["content"]:
            return None
        content: dict[str, Any] = json.loads(row["content"])
        if self._files and (media_id := content.pop("media_id", None)):
            content["url"] = self._files.link(self.number.user_id, media_id)
        return content

    def _linked(self, media: str | None) -> list[dict[str, Any]]:
        files: list[dict[str, Any]] = json.loads(media) if media else []
        for file in files:
            ready = file["state"] == "ready" and self._files
            file["url"] = self._files.link(self.number.user_id, file["media_id"]) if ready and self._files else None
        return files


def _name(assignee: str) -> str:
    """An assignee who is a name; addresses, ids and places are the business's own."""
    return "" if any(one.isdigit() or one in "@_:/<>" for one in assignee) else assignee[:60]
