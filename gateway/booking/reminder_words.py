"""What customers read before and after a meeting: as a message with buttons, as a template, or as a letter."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from channels.base import Content
from gateway.booking.invitation import filename, invitation
from gateway.booking.rules import Template
from gateway.booking.sheets import clock, day_name
from gateway.booking.sheets import words as fixed
from gateway.booking.words import label, place
from gateway.db import Row
from gateway.drafts import Cuts
from gateway.events.letters import SUBJECT_LIMIT, one_line
from gateway.ids import new
from gateway.lines import known, line

ACTS = ("here", "move", "cancel")  # what can be tapped under a reminder
TITLES = {"here": "remind_here", "move": "remind_move", "cancel": "remind_cancel"}
MARK = "rm"


def language_of(about: Row) -> str:
    """The customer's language: as he speaks now, else as he booked."""
    return known(about["customer_language"] or about["language"])


def time_of(about: Row, zone: ZoneInfo) -> str:
    """When a meeting is, on the customer's clock; where it was promised by another clock, by that too."""
    begins, promised, language = about["meeting_time"], ZoneInfo(about["timezone"]), language_of(about)
    if begins.astimezone(zone).utcoffset() == begins.astimezone(promised).utcoffset():
        return label(begins, promised, language)
    return f"{label(begins, zone, language)} = {label(begins, promised, language)}"


def options(reminder_id: str, language: str) -> list[dict[str, str]]:
    """What can be tapped under a reminder. The ids say of which one."""
    return [{"id": f"{MARK}:{reminder_id}:{act}", "title": fixed(TITLES[act], language)} for act in ACTS]


def reminder_text(about: Row, zone: ZoneInfo, address: str) -> str:
    """The words of a reminder. At `address` the customer can change the meeting."""
    language = language_of(about)
    lines = [fixed("remind", language, title=about["title"], time=time_of(about, zone))]
    if about["meet_link"]:
        lines.append(line("meet_link", language, url=about["meet_link"]))
    if address:
        lines.append(line("manage_link", language, url=address))
    return "\n".join(lines)


def reminder(about: Row, reminder_id: str, zone: ZoneInfo, cuts: Cuts, address: str) -> dict[str, Any]:
    """A reminder as a message of ours, with what can be tapped, ready to be stored."""
    chosen = {"options": options(reminder_id, language_of(about))}
    return stored(Content(kind="choices", text=reminder_text(about, zone, address), data=chosen), cuts, chosen)


def follow_up(about: Row, own: str, cuts: Cuts) -> dict[str, Any]:
    """The word after a meeting: the business's own, or one of thanks."""
    text = own or fixed("follow_up", language_of(about), title=about["title"])
    return stored(Content(text=text), cuts, {})


def template(
    about: Row, found: Template, text: str, zone: ZoneInfo, cuts: Cuts, chosen: Sequence[Mapping[str, str]]
) -> dict[str, Any]:
    """A template with the name, the date and the time; `text` is what people read of it in the transcript. `chosen` are
    the answers that count as tapped when the customer gives them in words."""
    language = language_of(about)
    begins = about["meeting_time"]
    name = one_line(about["customer_name"] or about["known_name"]) or fixed("remind_you", language)
    day = day_name(begins.astimezone(zone).date(), language)
    values = (name, day, f"{clock(begins, zone, language)} ({place(zone)})")
    data = {
        "name": found.name,
        "language": found.language(language),
        "components": [{"type": "body", "parameters": [{"type": "text", "text": one} for one in values]}],
    }
    return stored(Content(kind="template", text=text, data=data), cuts, {"options": list(chosen)} if chosen else {})


def stored(content: Content, cuts: Cuts, more: Mapping[str, Any]) -> dict[str, Any]:
    """One message of ours as the store takes it; `more` is kept with it."""
    parts = [
        {"part_id": new("prt"), "text": part.text, "kind": part.kind, "content": part.data or None}
        for part in cuts(content)
    ]
    return {
        "message_id": new("msg"), "author": "fallback", "kind": content.kind, "text": content.text, "parts": parts,
        "content": more or None,
    }  # fmt: skip


def letter(about: Row, reminder_id: str, zone: ZoneInfo, sender: Address, address: str, now: datetime) -> EmailMessage:
    """A reminder as a letter with the meeting's file. One that was sent twice has one Message-ID."""
    language, company = language_of(about), one_line(about["company_name"])
    title = fixed("remind", language, title=one_line(about["title"]), time=time_of(about, zone)).replace("=?", "= ?")
    links = [
        (fixed(key, language), url)
        for key, url in (("join", about["meet_link"] or ""), ("change_or_cancel", address))
        if url.startswith(("https://", "http://"))
    ]
    whole = EmailMessage(policy=SMTP)
    whole["Subject"] = title if len(title) <= SUBJECT_LIMIT else title[: SUBJECT_LIMIT - 1] + "…"
    whole["From"] = Address(company or sender.display_name, addr_spec=sender.addr_spec)
    whole["To"] = about["customer_email"]
    whole["Date"] = format_datetime(now)
    whole["Message-ID"] = f"<{reminder_id}@{sender.domain}>"
    whole["Auto-Submitted"] = "auto-generated"
    whole.set_content("\n\n".join([title, *(f"{name}:\n{url}" for name, url in links), company]).strip() + "\n")
    whole.add_alternative(_page(title, links, company, language), subtype="html")
    file = invitation(about, company=company, page=address)
    whole.add_attachment(file, maintype="text", subtype="calendar", filename=filename(about))
    whole["Content-Language"] = language  # last: with the first attachment what begins with Content- goes inside
    return whole


def _page(title: str, links: Sequence[tuple[str, str]], company: str, language: str) -> str:
    direction = ' dir="rtl"' if language == "ar" else ""
    lines = [f'<p><a href="{html.escape(url, quote=True)}">{html.escape(name)}</a></p>\n' for name, url in links]
    who = f"<p>{html.escape(company)}</p>\n" if company else ""
    head = f'<!doctype html>\n<html lang="{language}"{direction}>\n<p>{html.escape(title)}</p>\n'
    return f"{head}{''.join(lines)}{who}</html>\n"
