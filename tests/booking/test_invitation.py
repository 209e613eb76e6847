"""The file of a meeting: what every calendar needs to keep one entry for one meeting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from gateway.booking.invitation import invitation, uid

AT = datetime(2030, 1, 7, 9, tzinfo=UTC)
MEETING: dict[str, Any] = {
    "meeting_id": "mtg_0192", "google_event_id": "m0192", "sequence": 0, "status": "scheduled", "title": "Cleaning",
    "meeting_time": AT, "duration_minutes": 45, "timezone": "Europe/Madrid", "meet_link": "https://meet.example/x-y",
    "created_at": AT - timedelta(days=2), "updated_at": AT - timedelta(days=1),
}  # fmt: skip
PAGE = "https://desk.example.com/m/abc"


def lines(raw: bytes) -> list[str]:
    """The content lines, unfolded."""
    return raw.decode().replace("\r\n ", "").split("\r\n")


def test_it_is_word_for_word_what_calendars_expect() -> None:
    assert lines(invitation(MEETING, company="Bloom Dental", page=PAGE)) == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Frontdesk//Meetings//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        "SUMMARY:Cleaning",
        "DTSTART:20300107T090000Z",
        "DTEND:20300107T094500Z",
        "DTSTAMP:20300106T090000Z",
        "UID:m0192@google.com",
        "SEQUENCE:0",
        "CREATED:20300105T090000Z",
        f"DESCRIPTION:https://meet.example/x-y\\n{PAGE}",
        "LAST-MODIFIED:20300106T090000Z",
        "LOCATION:https://meet.example/x-y",
        'ORGANIZER;CN="Bloom Dental":invalid:nomail',
        "STATUS:CONFIRMED",
        f"URL:{PAGE}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_the_same_meeting_keeps_its_name_and_the_newest_wins() -> None:
    moved = MEETING | {"sequence": 1, "meeting_time": AT + timedelta(days=1)}
    gone = moved | {"sequence": 2, "status": "cancelled"}
    assert {uid(one) for one in (MEETING, moved, gone)} == {"m0192@google.com"}
    off = lines(invitation(gone))
    assert {"METHOD:CANCEL", "STATUS:CANCELLED", "SEQUENCE:2", "UID:m0192@google.com"} <= set(off)
    assert not [line for line in off if line.startswith(("LOCATION", "DESCRIPTION"))]
    assert invitation(MEETING) == invitation(MEETING)


@pytest.mark.parametrize(
    ("title", "written"),
    [
        ("Cut, wash; and \\ dry", "SUMMARY:Cut\\, wash\\; and \\\\ dry"),
        ("One\r\nBEGIN:VALARM", "SUMMARY:One\\nBEGIN:VALARM"),
        ("Bell\x07 and\x00 NUL", "SUMMARY:Bell and NUL"),
        ("Über 歯科 😀", "SUMMARY:Über 歯科 😀"),
    ],
)
def test_what_people_write_stays_inside_its_line(title: str, written: str) -> None:
    assert written in lines(invitation(MEETING | {"title": title}))


@pytest.mark.parametrize("company", ['Bloom "Dental"', "A;B:C,D", "Two\nlines", "歯科" * 60])
def test_any_name_of_a_business_can_be_read_back(company: str) -> None:
    event = Calendar.from_ical(invitation(MEETING, company=company)).walk("VEVENT")[0]
    assert event["organizer"].params["CN"] == company.replace('"', "'").replace("\n", " ")


@given(st.text(max_size=300), st.text(max_size=120))
def test_any_text_fits(title: str, company: str) -> None:
    title = title.encode("utf-8", "replace").decode()
    company = company.encode("utf-8", "replace").decode()
    raw = invitation(MEETING | {"title": title}, company=company, page=PAGE)
    assert raw.endswith(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line for line in raw.split(b"\r\n"))
    raw.decode()
    (event,) = Calendar.from_ical(raw).walk("VEVENT")
    assert (event["uid"], event["dtstart"].dt, event["dtend"].dt) == (
        "m0192@google.com",
        AT,
        AT + timedelta(minutes=45),
    )
