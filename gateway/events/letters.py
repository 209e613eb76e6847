"""What an e-mail about an event says: plain text, and the same in simple HTML.

Everything in an event may have been written by a customer. It stands in the letter as text: never as markup, and in a
header on one line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Any

from gateway.db import Row

SUBJECT_LIMIT = 150
VALUE_LIMIT = 2000
ROWS: Mapping[str, str] = {
    "message": "What",
    "alert_level": "Level",
    "resolved_at": "Over since",
    "name": "Name",
    "customer_name": "Name",
    "company": "Company",
    "score": "Score",
    "total_score": "Score",
    "tag": "Tag",
    "lead_status_tag": "Tag",
    "title": "Title",
    "meeting_time": "When",
    "starts_at": "When",
    "timezone": "Time zone",
    "duration_minutes": "Minutes",
    "meet_link": "Meeting",
    "intent": "Wants",
    "summary": "Summary",
    "smart_notification": "Summary",
    "next_step": "What to do",
    "reason": "Reason",
    "note": "Note",
    "email": "E-mail",
    "customer_email": "E-mail",
    "phone": "Phone",
    "customer_phone": "Customer",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def _who(data: Mapping[str, Any]) -> str:
    for name in ("name", "customer_name", "company", "customer_phone"):
        if text := one_line(data.get(name)):
            return text
    return "A customer"


def _lead(data: Mapping[str, Any], word: str) -> str:
    score = one_line(data.get("score", data.get("total_score")))
    return f"{_who(data)} {word}" + (f" ({score} points)" if score else "")


def _handed_over(data: Mapping[str, Any]) -> str:
    return f"{_who(data)} waits for a person"


def _meeting(data: Mapping[str, Any], word: str) -> str:
    when = one_line(data.get("meeting_time", data.get("starts_at")))
    return f"Meeting {word}: {_who(data)}" + (f", {when}" if when else "")


def _alert(data: Mapping[str, Any], word: str) -> str:
    """The first sentence: the whole message stands in the letter."""
    text = one_line(data.get("message")) or one_line(data.get("alert_type")).replace("_", " ")
    first = text.partition(". ")[0].rstrip(".")
    return f"{word}: {first}" if word else first


TITLES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "lead.hot": lambda data: _lead(data, "is a hot lead"),
    "lead.rose": lambda data: _lead(data, "became a better lead"),
    "conversation.handed_over": _handed_over,
    "meeting.booked": lambda data: _meeting(data, "booked"),
    "meeting.cancelled": lambda data: _meeting(data, "cancelled"),
    "contact.erased": lambda data: "A customer was erased",
    "alert.raised": lambda data: _alert(data, ""),
    "alert.resolved": lambda data: _alert(data, "Over"),
}


def one_line(value: object) -> str:
    """A value as one line without control characters; "" for what is no plain value."""
    if value is None or isinstance(value, bool | dict | list):
        return ""
    return " ".join(_CONTROL.sub(" ", str(value)).split())[:VALUE_LIMIT]


def letter(claim: Row, data: Mapping[str, Any], sender: Address) -> EmailMessage:
    """The letter of a delivery. Its Message-ID is the delivery's, so that one that was sent twice can be seen."""
    titled = TITLES.get(claim["type"])
    title = titled(data) if titled else str(claim["type"])
    rows = [(ROWS[name], text) for name in ROWS if (text := one_line(data.get(name)))]
    if claim["conversation_id"]:
        rows.append(("Conversation", claim["conversation_id"]))
    whole = EmailMessage(policy=SMTP)
    # What looks like an encoded word would be decoded, and could hold the end of a line.
    subject = title.replace("=?", "= ?")
    whole["Subject"] = subject if len(subject) <= SUBJECT_LIMIT else subject[: SUBJECT_LIMIT - 1] + "…"
    whole["From"] = sender
    whole["To"] = claim["address"]
    whole["Date"] = format_datetime(claim["emitted_at"])
    whole["Message-ID"] = f"<{claim['delivery_id']}@{sender.domain}>"
    whole["Auto-Submitted"] = "auto-generated"
    whole.set_content("\n".join([f"{title}.", "", *(f"{label}: {text}" for label, text in rows)]) + "\n")
    whole.add_alternative(_page(title, rows), subtype="html")
    return whole


def _page(title: str, rows: list[tuple[str, str]]) -> str:
    lines = (
        f'<tr><th align="left" valign="top">{escape(label)}</th><td>{escape(text)}</td></tr>\n' for label, text in rows
    )
    return f"<!doctype html>\n<p><b>{escape(title)}</b></p>\n<table>\n{''.join(lines)}</table>\n"
