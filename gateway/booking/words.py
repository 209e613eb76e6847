"""What customers read of meetings. Every date and every time comes from a row, never from a model."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.base import Content
from gateway.db import Row
from gateway.drafts import Cuts
from gateway.ids import new
from gateway.lines import known, line

Address = Callable[[Row], str]  # where the customer of a meeting can change it


def label(moment: datetime, zone: ZoneInfo, language: str | None) -> str:
    """A moment that can't be misread: weekday, date, time and zone, in the customer's language."""
    from babel.dates import format_date, format_time

    code = known(language)
    there = moment.astimezone(zone)
    day = format_date(there, "full", locale=code)
    return f"{day}, {_clock(format_time(there, 'HH:mm', locale=code))} ({place(zone)})"


def short_label(moment: datetime, zone: ZoneInfo, language: str | None) -> str:
    """The same for a button: "Tue 24 Nov, 10:30"."""
    from babel.dates import format_skeleton, format_time

    code = known(language)
    there = moment.astimezone(zone)
    clock = _clock(format_time(there, "HH:mm", locale=code))
    return f"{format_skeleton('MMMEd', there, locale=code)}, {clock}"


def _clock(text: str) -> str:
    return text.replace("\u202f", " ")


def place(zone: ZoneInfo) -> str:
    """A zone as people know it: "Madrid"."""
    return zone.key.rpartition("/")[2].replace("_", " ")


def told(meeting: Row, language: str | None, address: str = "") -> str:
    """What a customer is to know of a meeting as it is now; "" for nothing. At `address` he can change it."""
    time = label(meeting["meeting_time"], ZoneInfo(meeting["timezone"]), language)
    about = {"title": meeting["title"], "time": time}
    if meeting["state"] == "released":
        return line("not_booked", language, time=time)
    if meeting["status"] == "cancelled":
        return line("cancelled", language, **about)
    if meeting["status"] != "scheduled":
        return ""
    if meeting["change"] == meeting["link_change"] == meeting["told_change"] + 1:  # all that is news
        return f"{meeting['title']}, {time}.\n{line('meet_link', language, url=meeting['meet_link'])}"
    if meeting["change"] == meeting["stays_change"]:
        return line("not_moved", language, **about)
    lines = [line("rescheduled" if meeting["sequence"] else "booked", language, **about)]
    if meeting["meet_link"]:
        lines.append(line("meet_link", language, url=meeting["meet_link"]))
    if address:
        lines.append(line("manage_link", language, url=address))
    return "\n".join(lines)


def message(
    meetings: Sequence[Row], language: str | None, cuts: Cuts, address: Address | None = None
) -> dict[str, Any] | None:
    """One message of ours that tells of meetings, ready to be stored; None when there is nothing to tell."""
    texts = [text for one in meetings if (text := told(one, language, address(one) if address else ""))]
    if not texts:
        return None
    text = "\n\n".join(texts)
    parts = [
        {"part_id": new("prt"), "text": part.text, "kind": part.kind, "content": part.data or None}
        for part in cuts(Content(text=text))
    ]
    known_now: Mapping[str, int] = {one["meeting_id"]: one["change"] for one in meetings}
    return {
        "message_id": new("msg"), "author": "fallback", "kind": "text", "text": text, "parts": parts,
        "content": {"meetings": known_now},
    }  # fmt: skip


def written(message: Mapping[str, Any]) -> str:
    """A message as the store takes it."""
    return json.dumps(message, ensure_ascii=False, default=str)
