"""Conversations and their messages; a human's reply takes the conversation over."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any, Literal

import asyncpg
from pydantic import Field

from channels.base import Content
from channels.errors import Refused
from gateway.api.contents import Kind, checked
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.window import Verdict, may_send

SQL = queries(__file__)
operations = Operations()
TEXT_LIMIT = 10_000
KEY_LIMIT = 200
SENTENCES = {
    "window_closed": "The customer wrote too long ago for this channel. Ask GET …/window what may be sent instead.",
    "opted_out": "The customer wants no messages here.",
}


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
    assignee: str | None
    held_for: str | None


class Handover(Record):
    """Who of our side had the conversation: from the message after `from_no` to `to_no`, null while it lasts. `by` is
    agent (it gave the conversation away), human, echo (somebody answered on another device) or gateway (a limit)."""

    handover_id: str
    from_no: int
    to_no: int | None
    by: Literal["agent", "human", "echo", "gateway"]
    reason: str
    note: str
    return_note: str
    started_at: datetime
    ended_at: datetime | None


class Handovers(Record):
    """The hand-overs of a conversation, newest first."""

    data: list[Handover]
    next_cursor: str | None = None


class Filter(PageQuery):
    """Which conversations to list."""

    phone_number_id: str | None = None
    customer_phone: str | None = None
    agent_id: str | None = None
    is_active: bool | None = None


class OwnerChange(Model):
    """Who speaks for the business from now on: "human" stops the agent, "agent" lets it go on. `reason` says why it was
    taken over; `note` is for whoever takes it: on the way back it tells the agent what was settled. `assignee` is who
    is to look after it, a member_id or the business's own words; "" is nobody. What is left out stays. A member who
    writes looks after a conversation that nobody else does."""

    owner: Literal["agent", "human"] | None = None
    reason: str | None = Field(default=None, min_length=1, max_length=60)
    note: str | None = Field(default=None, max_length=2000)
    assignee: str | None = Field(default=None, max_length=255)


class Delivery(Record):
    """How far a message of ours has come."""

    status: str
    error_message: str | None


class MessageFile(Record):
    """A file of a message; its bytes are at /v1/media/{media_id} once it is ready. `problem` says why it is not.
    `transcript` is what a voice note says."""

    media_id: str
    kind: str
    state: Literal["pending", "ready", "failed", "expired"]
    mime_type: str
    filename: str
    size_bytes: int | None
    problem: str | None
    transcript: str | None = None


class Message(Record):
    """A message. `delivery` is null for what the customer wrote. An edited message says what it says now, and
    content.edits what it said before; a deleted one says nothing. `author_name` is the member who wrote it; what
    somebody wrote on another device has a sent_at instead. `reply_no` is the number of the message that
    `reply_to` names, when it is in this conversation."""

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
    reply_to: str | None
    reply_no: int | None
    author_name: str | None
    turn_id: str | None
    prompt_id: str | None
    prompt_version: int | None
    edited_at: datetime | None
    revoked_at: datetime | None
    media: list[MessageFile]
    delivery: Delivery | None


class MessageQuery(Model):
    """Messages behind a number, in order; or one alone, by its id."""

    message_id: str | None = Field(default=None, max_length=100)
    after: int = Field(default=0, ge=0, le=2**31 - 1)
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, pattern=r"^\d{1,10}$")


class NewMessage(Model):
    """What a human sends to the customer. `data` by kind is one of FileData (image, audio, video, document, sticker),
    ChoicesData, LinkData, LocationData, TemplateData and ReactionData; with a template `text` is what it says, for
    people who read the transcript. `reply_to` quotes a message of this conversation by its message_id."""

    text: str = Field(default="", max_length=TEXT_LIMIT)
    kind: Kind = "text"
    data: dict[str, Any] = Field(default_factory=dict)
    reply_to: str | None = Field(default=None, max_length=100)


class Allowance(Record):
    """Whether something may be sent now. `reason` is "" or window_closed or opted_out; `instead` what would be taken:
    template, human (a person may still write), other_channel."""

    allowed: bool
    reason: str
    closes_at: datetime | None
    instead: list[str]


class Windows(Record):
    """What may be sent on a conversation now: text of the agent, text of a human, a template; and the customer's other
    conversations, where one of them might be open."""

    agent: Allowance
    human: Allowance
    template: Allowance
    other_conversations: list[str]


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
    body = call.body
    change = (body.owner, body.reason, _plain(body.note), _plain(body.assignee))
    if not await call.db.fetchval(SQL["owner"], call.user_id, call.path["id"], *change):
        raise _none()
    call.after(lambda: call.api.bus.publish("turns"))
    call.after(lambda: call.api.bus.publish(f"conversation:{call.path['id']}"))
    return await _get(call)


@operations.on(
    "GET", "/v1/conversations/{id}/handovers", scope="conversations:read", summary="List hand-overs, newest first",
    answer=Handovers,
)  # fmt: skip
async def list_handovers(call: Call[None, None]) -> Handovers:
    await _get(call)
    rows = await call.db.fetch(SQL["handovers"], call.user_id, call.path["id"])
    return Handovers(data=[Handover.model_validate(dict(row)) for row in rows])


@operations.on(
    "GET", "/v1/conversations/{id}/messages", scope="conversations:read", summary="List messages in order",
    query=MessageQuery, answer=Page[Message],
)  # fmt: skip
async def list_messages(call: Call[None, MessageQuery]) -> Page[Message]:
    await _get(call)
    after = int(call.query.cursor) if call.query.cursor else call.query.after
    limit = call.query.limit
    after, one = min(after, 2**31 - 1), call.query.message_id
    rows = await call.db.fetch(SQL["messages"], call.user_id, call.path["id"], after, limit + 1, one)
    shown = [_message(row) for row in rows[:limit]]
    return Page[Message](data=shown, next_cursor=str(shown[-1].sequence_no) if len(rows) > limit else None)


@operations.on(
    "GET", "/v1/conversations/{id}/window", scope="conversations:read", summary="What may be sent now", answer=Windows
)
async def get_window(call: Call[None, None]) -> Windows:
    place = await _place(call)
    others = await call.db.fetch(SQL["others"], call.user_id, call.path["id"])

    def allowance(kind: str, *, by_human: bool) -> Allowance:
        return Allowance.model_validate(_verdict(call, place, kind, by_human=by_human))

    return Windows(
        agent=allowance("text", by_human=False),
        human=allowance("text", by_human=True),
        template=allowance("template", by_human=True),
        other_conversations=[row["conversation_id"] for row in others],
    )


@operations.on(
    "POST", "/v1/conversations/{id}/messages", scope="messages:write", summary="Reply as a human, and take over",
    body=NewMessage, answer=Message, status=201,
)  # fmt: skip
async def create_message(call: Call[NewMessage, None]) -> Message:
    conversation_id, body = call.path["id"], call.body
    text = body.text.replace("\x00", "")
    data = checked(body.kind, text, body.data)
    place = await _place(call)
    verdict = _verdict(call, place, body.kind, by_human=True)
    if not verdict.allowed:
        raise Conflict(SENTENCES[verdict.reason])
    message_id = _message_id(call)
    stored = await _compose(call, place["platform"], text, data)
    message = {"message_id": message_id, "author": "human", "text": text, **stored}
    try:
        async with call.db.transaction():
            number = await call.db.fetchval(
                SQL["reply"], call.user_id, conversation_id, place["platform"], json.dumps(message, ensure_ascii=False)
            )
            if call.caller.member_id:
                await call.db.execute(SQL["said_by"], call.user_id, message_id, call.caller.member_id)
    except asyncpg.UniqueViolationError:
        number = await _earlier(call, message_id, text)
    call.after(lambda: call.api.bus.publish("outbox"))
    call.after(lambda: call.api.bus.publish(f"conversation:{conversation_id}"))
    return await _shown(call, number)


@operations.on(
    "POST", "/v1/conversations/{id}/messages/{message_id}/retry", scope="messages:write",
    summary="Send what failed of a message again, from the failed part on", answer=Message,
)  # fmt: skip
async def retry_message(call: Call[None, None]) -> Message:
    row = await call.db.fetchrow(SQL["message"], call.user_id, call.path["message_id"])
    if row is None or row["conversation_id"] != call.path["id"]:
        raise NotFound("There is no such message.")
    if not await call.db.fetchval(SQL["retry"], call.user_id, call.path["message_id"]):
        raise Conflict("Nothing of this message failed, or the provider had taken what failed.")
    call.after(lambda: call.api.bus.publish("outbox"))
    return await _shown(call, row["sequence_no"])


async def _shown(call: Call[Any, Any], number: int) -> Message:
    rows = await call.db.fetch(SQL["messages"], call.user_id, call.path["id"], number - 1, 1, None)
    return _message(rows[0])


async def _place(call: Call[Any, Any]) -> asyncpg.Record:
    row = await call.db.fetchrow(SQL["place"], call.user_id, call.path["id"])
    if row is None:
        raise _none()
    return row


def _verdict(call: Call[Any, Any], place: asyncpg.Record, kind: str, *, by_human: bool) -> Verdict:
    return may_send(
        call.api.channels[place["platform"]].window,
        kind=kind,
        by_human=by_human,
        last_inbound_at=place["last_inbound_at"],
        barred=place["template_barred"] if kind == "template" else place["barred"],
        now=datetime.now(UTC),
    )


async def _compose(call: Call[NewMessage, None], platform: str, text: str, data: dict[str, Any]) -> dict[str, Any]:
    """The stored form of a content: its kind, its data, and the parts that the channel makes of it."""
    kind, reply_to = call.body.kind, call.body.reply_to
    if kind == "reaction":
        reply_to = data["message_id"]
    quoted = await call.db.fetchrow(SQL["quoted"], call.user_id, call.path["id"], reply_to) if reply_to else None
    if reply_to and (quoted is None or not quoted["platform_message_id"]):
        raise Invalid("There is no such message to refer to.", [{"field": "reply_to", "problem": "is not here"}])
    if quoted:
        data = {**data, ("message_id" if kind == "reaction" else "reply_to"): quoted["platform_message_id"]}
    if data.get("media_id") and not await call.db.fetchval(SQL["file_ready"], call.user_id, data["media_id"]):
        raise Invalid("There is no such file.", [{"field": "data.media_id", "problem": "is not here"}])
    try:
        parts = call.api.channels[platform].parts(Content(kind=kind, text=text, data=data))
    except Refused as error:
        raise Invalid(f"This channel can't send a {kind}.", [{"field": "kind", "problem": error.detail}]) from error
    return {
        "kind": kind,
        "reply_to": quoted["platform_message_id"] if quoted else None,
        "content": data or None,
        "parts": [
            {"part_id": new("prt"), "text": one.text, "kind": one.kind, "content": dict(one.data) or None}
            for one in parts
        ],
    }


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
            "media": json.loads(row["media"]) if row["media"] else [],
            "delivery": {"status": status, "error_message": row["error_message"]} if status else None,
        }
    )


def _plain(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "")


def _none() -> NotFound:
    return NotFound("There is no such conversation.")
