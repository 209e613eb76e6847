"""A meeting that a member of the business books or moves for a customer, by the agent's rules and in its calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import asyncpg
from pydantic import AfterValidator, Field

from gateway.api.idempotency import HEADER
from gateway.api.meetings import (
    NotBookable,
    ProvenMeeting,
    asking,
    booking_rules,
    calendar_away,
    free_time,
    movable,
    proven,
)
from gateway.api.operations import Call, Model, Operations
from gateway.api.texts import Moment
from gateway.booking.bookings import Bookings
from gateway.booking.counter import Counter, NotFree, Order, Outside
from gateway.booking.meeting import NoMeeting, Unavailable
from gateway.booking.openings import Openings, new_token
from gateway.booking.rules import zone_version
from gateway.db import queries
from gateway.errors import Invalid, NotFound
from gateway.leads.proof import emails

SQL = queries(__file__)
operations = Operations()


def _email(text: str) -> str:
    text = text.lower()
    if text and emails(text) != [text]:
        raise ValueError("is no e-mail address")
    return text


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,50}$")]


class NewMeeting(Model):
    """A meeting for the customer of a conversation, or of a contact's newest open one, at a free time of an agent (see
    GET /v1/agents/{id}/times): that of the conversation, unless another is named. `kind` is one of the agent's kinds of
    meeting. The customer is told in the conversation once the calendar has it. A time that is taken answers 409 with
    `code` taken and up to six `times` that are free."""

    conversation_id: Id | None = None
    contact_id: Id | None = None
    agent_id: Id | None = None
    starts_at: Moment
    kind: str = Field(default="", max_length=60)
    name: Annotated[str, Field(max_length=200), AfterValidator(lambda text: text.replace("\x00", ""))] = ""
    email: Annotated[str, Field(max_length=254), AfterValidator(_email)] = ""


class Move(Model):
    """Another time for a meeting, with the same host and as long: see GET /v1/agents/{id}/times with `moving`. The
    customer is told in the conversation. A time that is taken answers 409 with `code` taken and up to six `times`."""

    starts_at: Moment


@operations.on(
    "POST", "/v1/meetings", scope="meetings:write", summary="Book a meeting for a customer", body=NewMeeting,
    answer=ProvenMeeting, status=201,
)  # fmt: skip
async def create_meeting(call: Call[NewMeeting, None]) -> ProvenMeeting:
    body = call.body
    if body.starts_at <= datetime.now(UTC):
        raise _no_time("lies in the past")
    place = await _place(call)
    agent_id = body.agent_id or place["agent_id"]
    rules, language, _ = await booking_rules(call, agent_id, body.kind)
    order = Order(
        user_id=call.user_id, conversation_id=place["conversation_id"], agent_id=agent_id, rules=rules,
        start=body.starts_at, request=call.headers.get(HEADER) or new_token(), name=body.name,
        email=body.email, language=place["language"] or language,
    )  # fmt: skip
    return await proven(call, await _ordered(call, order))


@operations.on(
    "POST", "/v1/meetings/{id}/move", scope="meetings:write", summary="Move a meeting to another free time", body=Move,
    answer=ProvenMeeting,
)  # fmt: skip
async def move_meeting(call: Call[Move, None]) -> ProvenMeeting:
    meeting, rules = await movable(call, call.path["id"])
    if call.body.starts_at == meeting["meeting_time"]:
        return await proven(call)  # sent twice, perhaps: the customer is told once
    if call.body.starts_at <= datetime.now(UTC):
        raise _no_time("lies in the past")
    order = Order(
        user_id=call.user_id, conversation_id=meeting["conversation_id"], agent_id=meeting["agent_id"], rules=rules,
        start=call.body.starts_at, request=call.headers.get(HEADER) or new_token(), name="", email="",
        language=meeting["language"], moving=meeting,
    )  # fmt: skip
    return await proven(call, await _ordered(call, order))


async def _ordered(call: Call[Any, Any], order: Order) -> str:
    """Books or moves; the id of the meeting. Raises Invalid or NotBookable."""
    calendars = call.api.consent.calendars
    bookings = Bookings(call.api.pool, calendars, tz_version=zone_version())
    counter = Counter(call.api.pool, bookings, Openings(call.api.pool, calendars))
    try:
        async with asking(call):
            meeting_id = await counter.book(order)
    except NotFree as error:
        raise NotBookable(str(error), "taken", [free_time(slot, order.language) for slot in error.others]) from None
    except Outside:
        raise _no_time("is no time at which this agent books") from None
    except NoMeeting:
        raise NotBookable("This meeting does not stand any more.", "over") from None
    except Unavailable as error:
        raise calendar_away(error) from None
    for topic in ("meetings", "events", "leads"):
        call.api.bus.publish(topic)
    return meeting_id


async def _place(call: Call[NewMeeting, None]) -> asyncpg.Record:
    """The conversation in which a meeting is booked. Raises Invalid, NotFound or NotBookable."""
    body = call.body
    if (body.conversation_id is None) == (body.contact_id is None):
        problem = {"field": "conversation_id", "problem": "is missing, and so is contact_id, or both are given"}
        raise Invalid("Give a conversation_id or a contact_id.", [problem])
    row = await call.db.fetchrow(SQL["place"], call.user_id, body.conversation_id, body.contact_id)
    if row is not None and row["is_active"]:
        return row
    if row is not None:
        raise NotBookable("This conversation is closed. Book in the customer's open one.", "closed")
    if body.contact_id and await call.db.fetchval(SQL["contact"], call.user_id, body.contact_id):
        raise NotBookable("This person has no open conversation to be told in.", "no_conversation")
    raise NotFound("There is no such conversation." if body.conversation_id else "There is no such contact.")


def _no_time(problem: str) -> Invalid:
    return Invalid(f"The time {problem}.", [{"field": "starts_at", "problem": problem}])
