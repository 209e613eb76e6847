"""Conversations and their messages; a human's reply takes the conversation over."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, Literal

import asyncpg
from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Invalid, NotFound
from gateway.ids import new

SQL = queries(__file__)
operations = Operations()
TEXT_LIMIT = 10_000
KEY_LIMIT = 200


class Conversation(Record):
    """A conversation. `owner` says who speaks for the business; `held_for` why nobody answers at the moment."""

    conversation_id: str
    agent_id: str
    phone_number_id: str
    customer_phone: str
    customer_id: str
    openai_conversation_id: str | None
    created_at: datetime
    last_message_at: datetime
    last_extraction_at: datetime | None
    is_active: bool
    last_sequence_no: int
    owner: Literal["agent", "human"]
    held_for: str | None


class Filter(PageQuery):
    """Which conversations to list."""

    phone_number_id: str | None = None
    customer_phone: str | None = None
    agent_id: str | None = None
    is_active: bool | None = None


class OwnerChange(Model):
    """Who speaks for the business from now on: "human" stops the agent, "agent" lets it go on."""

    owner: Literal["agent", "human"]


class Delivery(Record):
    """How far a message of ours has come."""

    status: str
    error_message: str | None


class Message(Record):
    """A message. `delivery` is null for what the customer wrote."""

    message_id: str
    conversation_id: str
    sender: Literal["user", "agent"]
    author: Literal["customer", "ai", "human", "fallback"]
    kind: str
    text: str
    content: dict[str, Any] | None
    timestamp: datetime
    sent_at: datetime | None
    status: str
    sequence_no: int
    platform_message_id: str | None
    delivery: Delivery | None


class MessageQuery(Model):
    """Messages behind a number, in order."""

    after: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, pattern=r"^\d{1,10}$")


class NewMessage(Model):
    """What a human writes to the customer."""

    text: str = Field(min_length=1, max_length=TEXT_LIMIT)


@operations.on(
    "GET", "/v1/conversations", scope="conversations:read", summary="List conversations", query=Filter,
    answer=Page[Conversation],
)  # fmt: skip
async def list_conversations(call: Call[None, Filter]) -> Page[Conversation]:
    wanted = call.query
    filters = (wanted.phone_number_id, wanted.customer_phone, wanted.agent_id, wanted.is_active)
    rows = await call.db.fetch(SQL["list"], call.user_id, *wanted.position(), wanted.limit + 1, *filters)
    shown, following = page_of(rows, wanted.limit, "conversation_id")
    return Page[Conversation](data=[Conversation.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "GET", "/v1/conversations/{id}", scope="conversations:read", summary="Get a conversation", answer=Conversation
)
async def get_conversation(call: Call[None, None]) -> Conversation:
    return await _get(call)


@operations.on(
    "PATCH", "/v1/conversations/{id}", scope="conversations:write", summary="Take over, or hand back", body=OwnerChange,
    answer=Conversation,
)  # fmt: skip
async def change_conversation(call: Call[OwnerChange, None]) -> Conversation:
    if not await call.db.fetchval(SQL["owner"], call.user_id, call.path["id"], call.body.owner):
        raise _none()
    call.after(lambda: call.api.bus.publish("turns"))
    return await _get(call)


@operations.on(
    "GET", "/v1/conversations/{id}/messages", scope="conversations:read", summary="List messages in order",
    query=MessageQuery, answer=Page[Message],
)  # fmt: skip
async def list_messages(call: Call[None, MessageQuery]) -> Page[Message]:
    await _get(call)
    after = int(call.query.cursor) if call.query.cursor else call.query.after
    limit = call.query.limit
    rows = await call.db.fetch(SQL["messages"], call.user_id, call.path["id"], min(after, 2**31 - 1), limit + 1)
    shown = [_message(row) for row in rows[:limit]]
    return Page[Message](data=shown, next_cursor=str(shown[-1].sequence_no) if len(rows) > limit else None)


@operations.on(
    "POST", "/v1/conversations/{id}/messages", scope="messages:write", summary="Reply as a human, and take over",
    body=NewMessage, answer=Message, status=201,
)  # fmt: skip
async def create_message(call: Call[NewMessage, None]) -> Message:
    conversation_id, text = call.path["id"], call.body.text.replace("\x00", "")
    platform = await call.db.fetchval(SQL["platform"], call.user_id, conversation_id)
    if platform is None:
        raise _none()
    message_id = _message_id(call)
    parts = [{"part_id": new("prt"), "text": part} for part in call.api.splits[platform](text)]
    message = {"message_id": message_id, "author": "human", "text": text, "parts": parts}
    try:
        async with call.db.transaction():
            number = await call.db.fetchval(
                SQL["reply"], call.user_id, conversation_id, platform, json.dumps(message, ensure_ascii=False)
            )
    except asyncpg.UniqueViolationError:
        number = await _earlier(call, message_id, text)
    call.after(lambda: call.api.bus.publish("outbox"))
    call.after(lambda: call.api.bus.publish(f"conversation:{conversation_id}"))
    rows = await call.db.fetch(SQL["messages"], call.user_id, conversation_id, number - 1, 1)
    return _message(rows[0])


def _message_id(call: Call[NewMessage, None]) -> str:
    """The same idempotency key on the same conversation names the same message, whenever it comes."""
    key = call.headers.get("Idempotency-Key", "")
    if not key:
        return new("msg")
    if len(key) > KEY_LIMIT:
        raise Invalid(f"Idempotency-Key is longer than {KEY_LIMIT} characters.")
    return "msg_" + hashlib.sha256(f"{call.user_id}/{call.path['id']}/{key}".encode()).hexdigest()[:32]


async def _earlier(call: Call[NewMessage, None], message_id: str, text: str) -> int:
    row = await call.db.fetchrow(SQL["message"], call.user_id, message_id)
    if row is None or row["text"] != text:
        raise Invalid("This Idempotency-Key was used for another text.")
    number: int = row["sequence_no"]
    return number


async def _get(call: Call[Any, Any]) -> Conversation:
    row = await call.db.fetchrow(SQL["get"], call.user_id, call.path["id"])
    if row is None:
        raise _none()
    return Conversation.model_validate(dict(row))


def _message(row: asyncpg.Record) -> Message:
    status = row["delivery_status"]
    return Message.model_validate(
        {
            **row,
            "content": json.loads(row["content"]) if row["content"] else None,
            "delivery": {"status": status, "error_message": row["error_message"]} if status else None,
        }
    )


def _none() -> NotFound:
    return NotFound("There is no such conversation.")
