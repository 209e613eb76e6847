"""The inbox: conversations in the order in which they were last written to, with what a list of them shows."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import NotFound
from gateway.signals import Signals

SQL = queries(__file__)
operations = Operations()


class InboxQuery(PageQuery):
    """Which conversations. `unanswered` are those whose last message of the customer waits; `assignee` may be "" for
    those of nobody; `q` finds words of messages, a name or an address, the newest two hundred at most."""

    number: str | None = Field(default=None, max_length=50)
    agent: str | None = Field(default=None, max_length=50)
    owner: Literal["agent", "human"] | None = None
    held: bool | None = None
    channel: Literal["whatsapp", "instagram", "webchat", "sms"] | None = None
    unanswered: bool | None = None
    assignee: str | None = Field(default=None, max_length=255)
    tag: Literal["Hot", "Warm", "Cold"] | None = None
    is_active: bool | None = None
    unread: bool | None = None
    q: str | None = Field(default=None, min_length=1, max_length=200)


class Line(Record):
    """One conversation as a list shows it. `preview` is the beginning of its last message; `unread` counts what the
    customer wrote behind `read_no`, 100 at most, for the member who asks; all keys of the business share one mark."""

    conversation_id: str
    phone_number_id: str
    platform: str
    number_name: str | None
    agent_id: str
    agent_name: str
    customer_id: str
    customer_phone: str
    customer_name: str | None
    contact_id: str | None
    is_active: bool
    owner: Literal["agent", "human"]
    assignee: str | None
    held_for: str | None
    last_sequence_no: int
    last_inbound_no: int
    answered_no: int
    last_message_at: datetime
    last_inbound_at: datetime | None
    last_author: str | None
    last_kind: str | None
    preview: str | None
    lead_status_tag: str | None
    read_no: int
    unread: int


class ReadUntil(Model):
    """The last number that was read; a smaller one than before marks as unread."""

    sequence_no: int = Field(ge=0, le=2**31 - 1)


class Mark(Record):
    """How far it is read."""

    conversation_id: str
    read_no: int


class Cost(Record):
    """What a conversation took: turns, credits, and millionths of a US dollar at the model's provider."""

    conversation_id: str
    turns: int
    credits: int
    cost_micros: int


class Shown(Record):
    """Whether the customer was shown it; not where the channel can't, or he has not written yet."""

    shown: bool


@operations.on(
    "GET", "/v1/inbox", scope="conversations:read", summary="Conversations, the last written to first",
    query=InboxQuery, answer=Page[Line],
)  # fmt: skip
async def list_inbox(call: Call[None, InboxQuery]) -> Page[Line]:
    wanted = call.query
    found = None
    if wanted.q is not None:
        rows = await call.db.fetch(SQL["found"], call.user_id, wanted.q.replace("\0", ""))
        found = [row["conversation_id"] for row in rows]
    rows = await call.db.fetch(
        SQL["list"], call.user_id, call.caller.member_id, *wanted.position(), wanted.limit + 1, wanted.number,
        wanted.agent, wanted.owner, wanted.channel, wanted.unanswered, wanted.assignee, wanted.tag, wanted.is_active,
        wanted.unread, found, wanted.held, None,
    )  # fmt: skip
    shown, following = page_of(rows, wanted.limit, "conversation_id")
    return Page[Line](data=[Line.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on("GET", "/v1/inbox/{id}", scope="conversations:read", summary="One line of the inbox", answer=Line)
async def get_line(call: Call[None, None]) -> Line:
    key = (call.user_id, call.caller.member_id)
    row = await call.db.fetchrow(SQL["list"], *key, None, None, 1, *[None] * 11, call.path["id"])
    if row is None:
        raise NotFound("There is no such conversation.")
    return Line.model_validate(dict(row))


@operations.on(
    "PUT", "/v1/conversations/{id}/read", scope="conversations:read", summary="Mark as read, or unread",
    body=ReadUntil, answer=Mark,
)  # fmt: skip
async def mark_read(call: Call[ReadUntil, None]) -> Mark:
    key = (call.user_id, call.caller.member_id, call.path["id"])
    number = await call.db.fetchval(SQL["read"], *key, call.body.sequence_no)
    if number is None:
        raise NotFound("There is no such conversation.")
    told = {"type": "read", "reader": key[1], "conversation_id": key[2], "read_no": number}
    call.after(lambda: call.api.bus.publish(f"live:{call.user_id}", json.dumps(told)))
    return Mark(conversation_id=key[2], read_no=number)


@operations.on(
    "GET", "/v1/conversations/{id}/cost", scope="conversations:read", summary="What a conversation cost", answer=Cost
)
async def get_conversation_cost(call: Call[None, None]) -> Cost:
    return Cost.model_validate(dict(await _of_conversation(call)))


@operations.on(
    "POST", "/v1/conversations/{id}/typing", scope="messages:write",
    summary="Show the customer that somebody writes", answer=Shown,
)  # fmt: skip
async def show_typing(call: Call[None, None]) -> Shown:
    await _of_conversation(call)
    api, conversation = call.api, call.path["id"]
    api.bus.publish(f"typing:{conversation}", "on")  # heard by the sockets of the webchat alone
    told = {"type": "writing", "by": "member", "member_id": call.caller.member_id, "name": call.caller.name}
    api.bus.publish(f"live:{call.user_id}", json.dumps({**told, "conversation_id": conversation, "state": "shown"}))
    return Shown(shown=await Signals(api.pool, api.vault, api.channels).show(call.user_id, conversation, "typing"))


async def _of_conversation(call: Call[None, None]) -> Any:
    row = await call.db.fetchrow(SQL["cost"], call.user_id, call.path["id"])
    if row is None:
        raise NotFound("There is no such conversation.")
    return row
