"""The booking tools of one turn: find times, book one that was offered, move, cancel.

The model never writes a time: it passes on the customer's words, and takes a token that the server minted here. What
the customer is told of a meeting is rendered from its row.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.errors import ToolFailed
from agents.types import Done, Said, Tool
from gateway.booking import reminders
from gateway.booking.bookings import Bookings
from gateway.booking.meeting import (
    BookingError,
    Full,
    Limits,
    NoMeeting,
    OfferGone,
    Taken,
    TooLate,
    Unavailable,
    Unsettled,
    Wish,
)
from gateway.booking.words import Address, label, message, short_label
from gateway.briefs import Brief
from gateway.bus import Bus
from gateway.db import Pool, Row, retry_clash
from gateway.drafts import Cuts, spoken
from gateway.leads.proof import emails
from gateway.toolset import Ledger, strict

RECEIPTS = ("booked", "rescheduled", "cancelled")

Run = Callable[[Mapping[str, Any]], Awaitable[Done | str]]


class FindTimes(BaseModel):
    """Look up free times. Offer what comes back word for word as choices; never name another time."""

    model_config = ConfigDict(extra="forbid")

    wish: str = Field(max_length=300, description="When the customer wants to come, in his own words; empty for any.")


class Book(BaseModel):
    """Book a time that was offered here. Only what this tool confirms is booked."""

    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=40, description="The token of the offer that the customer chose.")
    name: str = Field(max_length=200, description="The customer's name, when he said it; else empty.")
    email: str = Field(max_length=254, description="The customer's e-mail address, when he gave it; else empty.")


class Reschedule(BaseModel):
    """Move a meeting of this customer to a time that was offered here."""

    model_config = ConfigDict(extra="forbid")

    meeting: str = Field(max_length=50, description="Which meeting, as the notes name it; empty for the only one.")
    token: str = Field(max_length=40)


class CancelMeeting(BaseModel):
    """Cancel a meeting of this customer."""

    model_config = ConfigDict(extra="forbid")

    meeting: str = Field(max_length=50, description="Which meeting, as the notes name it; empty for the only one.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A time that was offered: its token, and when it is."""

    token: str
    starts_at: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Free times, or the question that has to be asked first. `why` says what there is to know when there are none."""

    offers: Sequence[Offer] = ()
    question: str = ""
    options: Sequence[str] = ()
    why: str = ""


class Times(Protocol):
    """Finds free times and mints offers of them."""

    async def find(self, claim: Row, rules: Mapping[str, Any], wish: str, language: str) -> Found:
        """Raises Unavailable."""

    def limits(self, rules: Mapping[str, Any]) -> Limits:
        """How many meetings a day and a week may have. Raises Unavailable."""


@dataclass(slots=True)
class BookingTurn:
    """What one turn knows of bookings: its tools, notes for the model, and what may be claimed."""

    makers: list[Callable[[Ledger], Tool]] = field(default_factory=list)
    notes: list[Said] = field(default_factory=list)
    receipts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a customer's meetings: ahead of him, changed without his knowing, offered, reminded of."""

    coming: Sequence[Row] = ()
    untold: Sequence[Row] = ()
    offered: Sequence[Row] = ()
    reminded: frozenset[str] = frozenset()

    @property
    def movable(self) -> list[Row]:
        """The meetings that can be moved or cancelled."""
        return [row for row in self.coming if row["state"] == "scheduled"]


def booking_turn(claim: Row, brief: Brief, known: Known, runs: Mapping[str, Run]) -> BookingTurn:
    """The booking tools of a turn; `runs` is what each of them does."""
    tools: list[tuple[str, type[BaseModel], int]] = [("find_times", FindTimes, 4), ("book", Book, 3)]
    if known.movable:
        tools += [("reschedule", Reschedule, 2), ("cancel_meeting", CancelMeeting, 2)]
    return BookingTurn(
        makers=[_maker(name, model, runs[name], budget) for name, model, budget in tools if brief.may(name)],
        notes=[Said(author="note", text=_notes(known, _language(claim, brief)))],
        receipts=frozenset(_receipt(row) for row in (*known.coming, *known.untold) if row["status"]),
    )


class BookingDesk:
    """Makes the booking tools of turns."""

    def __init__(self, pool: Pool, bus: Bus, bookings: Bookings, times: Times, address: Address | None = None) -> None:
        self._pool = pool
        self._bus = bus
        self._bookings = bookings
        self._times = times
        self._address = address

    async def turn(self, claim: Row, brief: Brief) -> BookingTurn:
        """What a claimed turn may do. Raises StoreAway."""
        if brief.booking is None:
            return BookingTurn()
        coming = await self._bookings.coming(claim["user_id"], claim["customer_id"])
        known = Known(
            coming=coming,
            untold=await self._bookings.untold(claim["user_id"], claim["conversation_id"]),
            offered=await self._bookings.offered(claim["user_id"], claim["conversation_id"]),
            reminded=await self._reminded(claim) if coming else frozenset(),
        )
        return booking_turn(claim, brief, known, self._runs(claim, brief, known))

    async def told(self, claim: Row, language: str, cuts: Cuts) -> Mapping[str, Any] | None:
        """The message that tells a customer what he does not know yet of his meetings; None when he knows it all."""
        untold = await self._bookings.untold(claim["user_id"], claim["conversation_id"])
        # A text message is paid by its length; who got it can answer it.
        address = None if claim["platform"] == "sms" else self._address
        return message(untold, language, cuts, address)

    async def _reminded(self, claim: Row) -> frozenset[str]:
        """The meetings of which the customer was reminded here."""
        key = (claim["user_id"], claim["conversation_id"])
        rows = await retry_clash(lambda: self._pool.fetch(reminders.SQL["reminded"], *key))
        return frozenset(row["meeting_id"] for row in rows)

    def _runs(self, claim: Row, brief: Brief, known: Known) -> Mapping[str, Run]:
        rules, language = brief.booking or {}, _language(claim, brief)

        def wish(arguments: Mapping[str, Any]) -> Wish:
            return self._wish(claim, rules, language, arguments)

        async def find(arguments: Mapping[str, Any]) -> Done | str:
            return await self._find(claim, rules, arguments["wish"], language)

        async def book(arguments: Mapping[str, Any]) -> Done | str:
            return await self._ended("booked", lambda: self._bookings.book(wish(arguments)))

        async def move(arguments: Mapping[str, Any]) -> Done | str:
            meeting_id = _which(known.movable, arguments["meeting"])
            return await self._ended("rescheduled", lambda: self._bookings.move(wish(arguments), meeting_id))

        async def cancel(arguments: Mapping[str, Any]) -> Done | str:
            meeting_id = _which(known.movable, arguments["meeting"])
            work = self._bookings.cancel
            return await self._ended("cancelled", lambda: work(claim["user_id"], meeting_id, turn_id=claim["turn_id"]))

        return {"find_times": find, "book": book, "reschedule": move, "cancel_meeting": cancel}

    async def _find(self, claim: Row, rules: Mapping[str, Any], wish: str, language: str) -> str:
        try:
            found = await self._times.find(claim, rules, wish, language)
        except Unavailable as error:
            raise ToolFailed(
                "The calendar can't be asked at the moment. Offer no time: note what the customer prefers, say that "
                "somebody will come back to him, and hand over."
            ) from error
        if found.question:
            return json.dumps({"ask_first": found.question, "options": list(found.options)}, ensure_ascii=False)
        if not found.offers:
            return json.dumps({"offers": [], "why": found.why or "Nothing is free then. Ask for other days."})
        offers = [
            {
                "token": one.token,
                "choice": short_label(one.starts_at, one.zone, language),
                "time": label(one.starts_at, one.zone, language),
            }
            for one in found.offers
        ]
        note = "Offer these as choices, word for word. When the customer takes one, call book with its token."
        whole = {"offers": offers, "note": note} | ({"why": found.why} if found.why else {})
        return json.dumps(whole, ensure_ascii=False)

    def _wish(self, claim: Row, rules: Mapping[str, Any], language: str, arguments: Mapping[str, Any]) -> Wish:
        """What is asked for. Raises ToolFailed or Unavailable."""
        email = (arguments.get("email") or "").strip().lower()
        if email and emails(email) != [email]:
            raise ToolFailed("That is no e-mail address. Ask for it again, or book without one.")
        return Wish(
            user_id=claim["user_id"], conversation_id=claim["conversation_id"], token=arguments["token"].strip(),
            turn_id=claim["turn_id"], name=(arguments.get("name") or "").strip(), email=email, language=language,
            limits=self._times.limits(rules), title=str(rules.get("title") or ""),
        )  # fmt: skip

    async def _ended(self, receipt: str, work: Callable[[], Awaitable[Row]]) -> Done:
        """What the model is told of an attempt. Raises ToolFailed."""
        try:
            row = await work()
        except (Taken, Full, OfferGone) as error:
            raise ToolFailed(f"{error} Nothing was changed. Look for other times and offer those.") from error
        except NoMeeting as error:
            raise ToolFailed("This customer has no such meeting.") from error
        except TooLate as error:
            raise ToolFailed(
                "It begins so soon that the customer can't change it here any more. Nothing was changed. Say so, and "
                "hand over to a person if he still wants that."
            ) from error
        except Unsettled:
            self._bus.publish("meetings")
            return Done(
                text="The calendar does not answer. Say that you are confirming it and that the customer will hear here"
                " as soon as it is certain. Do not say that it is done, and do not try again."
            )
        except BookingError as error:
            raise ToolFailed("The calendar can't be written to. Nothing was changed. Say so, and hand over.") from error
        self._bus.publish("meetings")
        self._bus.publish("events")
        self._bus.publish("leads")
        return Done(text=json.dumps({"done": receipt, "meeting": row["meeting_id"], "note": _TOLD}), receipt=receipt)


_TOLD = "The customer is told the time by a message of its own, before yours. Add one friendly sentence, no time."


def _language(claim: Row, brief: Brief) -> str:
    return spoken(claim) or brief.language


def _maker(name: str, model: type[BaseModel], work: Run, budget: int) -> Callable[[Ledger], Tool]:
    def check(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            return model.model_validate(arguments).model_dump()
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            raise ValueError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None

    def make(ledger: Ledger) -> Tool:
        async def run(arguments: Mapping[str, Any]) -> Done:
            # A booking is the same one however often its token is given, so a turn that begins anew finds what the one
            # before it did.
            effect: Literal["read", "again"] = "read" if name == "find_times" else "again"
            return await ledger.run(name, effect, arguments, lambda _key: work(arguments))

        properties = {
            key: {"type": "string", "description": one.get("description", "")}
            for key, one in model.model_json_schema()["properties"].items()
        }
        return Tool(
            name=name, description=(model.__doc__ or "").strip(), parameters=strict(properties), run=run, check=check,
            effect="write", seconds=60.0, budget=budget,
        )  # fmt: skip

    return make


def _which(coming: Sequence[Row], named: str) -> str:
    """The meeting that is meant. Raises ToolFailed when that is not clear."""
    ids = [row["meeting_id"] for row in coming]
    if named.strip() in ids:
        return named.strip()
    if len(ids) == 1 and not named.strip():
        return str(ids[0])
    raise ToolFailed("Which meeting is meant is not clear. Ask the customer, and name it as the notes do.")


def _notes(known: Known, language: str) -> str:
    """What the model must know of this customer's meetings."""
    lines = [f"{_reference(row)} ({row['state']})" for row in known.coming]
    text = f"This customer's meetings: {'; '.join(lines)}." if lines else "This customer has no meeting ahead."
    done = [_reference(row) for row in known.untold if row["status"]]
    if done:
        text += f" Done just now, the customer is told of it with your reply: {'; '.join(done)}."
    if about := [row["meeting_id"] for row in known.coming if row["meeting_id"] in known.reminded]:
        text += (
            f" The customer was reminded here of {', '.join(about)}: an answer to that is about it. If he can't come, "
            "find other times, offer them and reschedule it; do not cancel what he did not ask to cancel."
        )
    if known.offered:
        choices = [
            f"{row['token']} = {short_label(row['starts_at'], ZoneInfo(row['zone']), language)}"
            for row in known.offered
        ]
        text += f" Offered here, and still to be taken by token: {'; '.join(choices)}."
    return text


def _reference(row: Row) -> str:
    return f"{row['meeting_id']}: {row['title']}, {label(row['meeting_time'], ZoneInfo(row['timezone']), 'en')}"


def _receipt(row: Row) -> str:
    if row["status"] == "cancelled":
        return "cancelled"
    return "rescheduled" if row["sequence"] and row["change"] != row["stays_change"] else "booked"
