"""What a customer taps under a reminder is done as it is, without asking the model: he comes, looks for another time,
or cancels, which is asked once more.

It is a turn like every other: in its place in the conversation, never after a person took over, committed once. An
answer in other words goes to the agent, who knows that a reminder was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import asyncpg

from agents.types import Bubble
from gateway.booking.bookings import Bookings
from gateway.booking.desk import Found
from gateway.booking.meeting import NoMeeting, TooLate, Unavailable, Unsettled, changeable
from gateway.booking.reminder_times import zone_for
from gateway.booking.reminder_words import MARK, time_of
from gateway.booking.sheets import words
from gateway.booking.words import short_label
from gateway.bus import Bus
from gateway.db import Pool, Row, queries, retry_clash
from gateway.drafts import Draft, Writing

SQL = queries(__file__)
STANDS = {
    "held": "is_confirming", "booking": "is_confirming", "moving": "is_confirming", "released": "is_not_booked",
    "cancelling": "is_cancelled", "cancelled": "is_cancelled", "completed": "is_over", "scheduled": "is_over",
}  # fmt: skip


class Tap(NamedTuple):
    """What was tapped: under which reminder, what, and as the meeting was then (its sequence; "" for any)."""

    reminder_id: str
    act: str
    sequence: str = ""


class Others(Protocol):
    """Finds other times for a meeting, and mints offers of them."""

    async def others(self, claim: Row, rules: Mapping[str, Any], meeting: Row, language: str) -> Found:
        """Raises Unavailable."""


class Taps:
    """Does what was tapped."""

    def __init__(self, pool: Pool, bus: Bus, bookings: Bookings, times: Others) -> None:
        self._pool = pool
        self._bus = bus
        self._bookings = bookings
        self._times = times

    async def draft(self, claim: Row, writing: Writing) -> Draft | None:
        """What becomes of a turn that was asked for by a tap; None for every other. Raises StoreAway."""
        if not _may_be_tap(claim):
            return None
        tap, row = await self._read(claim)
        if tap is None or row is None:
            return None
        answer = _Answer(claim, writing, {**row, "customer_language": writing.language})
        if row["state"] != "scheduled" or not row["ahead"]:
            return answer.line(STANDS[row["state"]])
        if tap.act in ("cancel", "yes", "move") and not changeable(row):
            return answer.line("too_late")
        if tap.act == "cancel" or (tap.act == "yes" and tap.sequence != str(row["sequence"])):
            return answer.sure(tap.reminder_id)
        does = {"here": self._confirm, "move": self._offer, "yes": self._cancel, "no": self._keep}.get(tap.act)
        return await does(answer) if does else None

    async def _read(self, claim: Row) -> tuple[Tap | None, asyncpg.Record | None]:
        """The tap that a turn is about, and its meeting."""
        key = (claim["user_id"], claim["conversation_id"])
        waiting = await retry_clash(lambda: self._pool.fetch(SQL["waiting"], *key, claim["after_no"], claim["to_no"]))
        tap = tapped(waiting[0]) if len(waiting) == 1 else None
        if tap is None:
            return None, None
        return tap, await retry_clash(lambda: self._pool.fetchrow(SQL["meeting"], *key, tap.reminder_id))

    async def _keep(self, answer: _Answer) -> Draft:
        return answer.line("remind_keep")

    async def _confirm(self, answer: _Answer) -> Draft:
        meeting = answer.meeting
        key = (meeting["user_id"], meeting["meeting_id"], meeting["for_time"])
        confirmed = await retry_clash(lambda: self._pool.fetchval(SQL["confirm"], *key))
        return answer.line("remind_thanks" if confirmed else "remind_now")

    async def _offer(self, answer: _Answer) -> Draft:
        meeting = answer.meeting
        rules = json.loads(meeting["booking"] or "{}")
        try:
            found = await self._times.others(answer.claim, rules, meeting, answer.writing.language)
        except Unavailable:
            return answer.line("away")
        if not found.offers:
            return answer.line("remind_none")
        choices = tuple(short_label(one.starts_at, one.zone, answer.writing.language) for one in found.offers)
        return answer.said(Bubble(text=words("remind_which", answer.writing.language), choices=choices))

    async def _cancel(self, answer: _Answer) -> Draft:
        """The word that it is off is said from the row, by whoever says such words; here only where that must wait."""
        claim, meeting_id = answer.claim, answer.meeting["meeting_id"]
        try:
            row = await self._bookings.cancel(claim["user_id"], meeting_id, turn_id=claim["turn_id"])
        except TooLate:
            return answer.line("too_late")
        except (NoMeeting, Unsettled):
            row = None
        for topic in ("meetings", "events", "leads"):
            self._bus.publish(topic)
        if row is not None and row["change"] > row["told_change"]:
            return Draft(claim=claim)
        return answer.line("is_cancelled")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a tap is answered with, in the customer's language."""

    claim: Row
    writing: Writing
    meeting: Mapping[str, Any]

    def line(self, key: str) -> Draft:
        """A fixed line, which may name the meeting and its time."""
        return self.said(Bubble(text=words(key, self.writing.language, title=self.meeting["title"], time=self._time())))

    def sure(self, reminder_id: str) -> Draft:
        """The question whether the meeting is to be cancelled, as it is now."""
        language, sequence = self.writing.language, self.meeting["sequence"]
        ids = {act: f"{MARK}:{reminder_id}:{act}:{sequence}" for act in ("yes", "no")}
        choices = {"yes": words("cancel_yes", language), "no": words("cancel_no", language)}
        text = f"{words('cancel_ask', language)} {self.meeting['title']}, {self._time()}."
        message = self.writing.message(Bubble(text=text, choices=tuple(choices.values())), "fallback")
        return Draft(claim=self.claim, messages=[_with_ids(message, list(ids.values()))])

    def said(self, bubble: Bubble) -> Draft:
        """One message."""
        return Draft(claim=self.claim, messages=[self.writing.message(bubble, "fallback")])

    def _time(self) -> str:
        zone = ZoneInfo(self.meeting["timezone"])
        phone = self.meeting["phone"] or ""
        return time_of(self.meeting, zone_for(phone, zone, self.meeting["meeting_time"]))


def tapped(waiting: Row) -> Tap | None:
    """What a customer tapped, or named by its number or its words where there is nothing to tap; None for neither."""
    content = json.loads(waiting["content"]) if waiting["content"] else {}
    options = json.loads(waiting["options"]) if waiting["options"] else []
    if found := _read(_id_in(content)):
        return found
    said = _bare(waiting["text"] or "")
    for place, option in enumerate(options, 1):
        if said and said in (str(place), _bare(str(option.get("title", "")))):
            return _read(str(option.get("id", "")))
    return None


def _id_in(content: Mapping[str, Any]) -> str:
    """The id of a button, where each provider puts it."""
    interactive = _inside(content, "interactive")
    for name in ("button_reply", "list_reply"):
        if found := _inside(interactive, name).get("id"):
            return str(found)
    return str(_inside(content, "quick_reply").get("payload") or "")


def _read(option: str) -> Tap | None:
    mark, *rest = option.split(":")
    return Tap(*rest) if mark == MARK and len(rest) in (2, 3) else None


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text.casefold()))


def _with_ids(message: Mapping[str, Any], ids: Sequence[str]) -> dict[str, Any]:
    """A message with choices, whose ids are to be these."""
    options = [{**one, "id": id_} for one, id_ in zip(message["content"]["options"], ids, strict=True)]
    parts = [
        {**part, "content": {**part["content"], "options": options}} if part["kind"] == "choices" else part
        for part in message["parts"]
    ]
    return {**message, "content": {**message["content"], "options": options}, "parts": parts}


def _inside(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _may_be_tap(claim: Row) -> bool:
    """Whether there was anything to tap of late: most turns need not ask the store."""
    return any(kind in ("choices", "template", "button") for _, kind, *_ in json.loads(claim["history"]))
