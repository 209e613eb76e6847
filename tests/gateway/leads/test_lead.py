"""Scores, tags, what a reading may change, and what the business is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.extraction import DIMENSIONS
from gateway.leads.lead import COLUMNS, Events, Thresholds, changed, compose, edited, news, unknown, verified
from gateway.leads.proof import prove
from tests.leads import lines, reading

SAID = lines(("customer", "I am Anna, anna@berg.example. I want to book today, our budget is 500"))
FULL = {
    "name": ("Anna", 1, "I am Anna"),
    "email": ("anna@berg.example", 1, "anna@berg.example"),
    "intent_text": ("A booking", 1, "want to book"),
    "intent": ("High", 1, "want to book today"),
    "urgency": ("High", 1, "book today"),
    "budget": ("Yes", 1, "our budget is 500"),
    "fit": ("Medium", 1, "want to book"),
    "engagement": ("Medium", 1, "I am Anna"),
}
NONE = Events()
USUAL = Thresholds()


def lead(previous: Any = None, events: Events = NONE, thresholds: Thresholds = USUAL, **claims: Any) -> dict[str, Any]:
    return compose(previous, prove(reading(**claims), SAID), events, thresholds)


def test_scores_are_summed_here() -> None:
    row = lead(**FULL)
    assert [row[points] for _, points in COLUMNS.values()] == [3, 3, 3, 2, 2]
    assert (row["total_score"], row["lead_status_tag"]) == (13, "Hot")
    assert row["evidence"]["budget_constraint"] == [{"sequence_no": 1, "quote": "our budget is 500"}]
    nothing = lead()
    assert (nothing["total_score"], nothing["lead_status_tag"], nothing["budget_constraint"]) == (5, "Cold", "No")
    assert nothing["evidence"] == {}


@pytest.mark.parametrize(
    ("total", "usual", "strict"),
    [
        (5, "Cold", "Cold"),
        (7, "Cold", "Cold"),
        (8, "Warm", "Cold"),
        (11, "Warm", "Warm"),
        (12, "Hot", "Warm"),
        (15, "Hot", "Hot"),
    ],
)
def test_tags_follow_the_thresholds_of_the_business(total: int, usual: str, strict: str) -> None:
    assert USUAL.tag(total) == usual
    assert Thresholds(hot=14, warm=10).tag(total) == strict


def test_a_silent_reading_loses_no_contact_value_and_no_intent() -> None:
    row = lead(lead(**FULL))
    assert (row["name"], row["email"], row["intent"]) == ("Anna", "anna@berg.example", "A booking")
    assert row["evidence"]["email"] == [{"sequence_no": 1, "quote": "anna@berg.example"}]
    assert row["total_score"] == 5


def test_the_same_in_other_words_is_no_change() -> None:
    first = lead(**FULL)
    again = FULL | {"intent_text": ("Wants an appointment", 1, "want to book")}
    second = lead(first, **again)
    assert second["intent"] == "A booking"
    assert not changed(first, second)
    assert changed(None, first)
    assert changed(first, lead(first, **(FULL | {"budget": ("Maybe", 1, "our budget is 500")})))


def test_our_own_books_set_the_flags() -> None:
    at = datetime(2026, 12, 1, 10, tzinfo=UTC)
    events = Events(
        flags={"cta_pricing_clicked": {"source": "link", "token": "t"}},
        meeting_time=at,
        meeting={"source": "meeting", "meeting_id": "mtg_1"},
    )
    row = compose(None, None, events, USUAL)
    assert (row["cta_pricing_clicked"], row["cta_demo_clicked"], row["demo_book_datetime"]) == ("Yes", "No", at)
    assert row["evidence"]["cta_pricing_clicked"] == [{"source": "link", "token": "t"}]
    assert row["evidence"]["demo_book_datetime"] == [{"source": "meeting", "meeting_id": "mtg_1"}]
    back = compose(row, None, NONE, USUAL)
    assert (back["cta_pricing_clicked"], back["demo_book_datetime"], back["evidence"]) == ("No", None, {})


def test_what_a_person_set_wins_until_he_lets_it_go() -> None:
    row = edited(lead(**FULL), {"email": "right@berg.example", "budget_constraint": "No"}, "owner", "now", USUAL)
    assert (row["email"], row["budget_score"], row["total_score"]) == ("right@berg.example", 1, 11)
    assert row["evidence"]["email"] == [{"source": "human", "by": "owner", "at": "now"}]
    again = lead(row, **FULL)
    assert (again["email"], again["budget_constraint"], again["total_score"]) == ("right@berg.example", "No", 11)
    free = edited(again, {"email": None, "budget_constraint": None}, "owner", "later", USUAL)
    assert lead(free, **FULL)["email"] == "anna@berg.example"
    assert lead(free, **FULL)["total_score"] == 13


def test_an_edit_before_any_reading_makes_a_lead() -> None:
    row = edited(None, {"name": "Anna", "notes": ""}, "owner", "now", USUAL)
    assert (row["name"], row["notes"], row["total_score"], row["lead_status_tag"]) == ("Anna", None, 5, "Cold")
    with pytest.raises(ValueError, match="none of Low, Medium, High"):
        edited(None, {"intent_level": "Highest"}, "owner", "now", USUAL)


def test_values_whose_words_are_gone_go() -> None:
    row = lead(**FULL)
    assert verified(row, {1: SAID[0].text})["email"] == "anna@berg.example"
    gone = verified(row, {1: "never mind"})
    assert (gone["email"], gone["name"], gone["intent"], gone["evidence"]) == (None, None, None, {})
    assert [gone[level] for level, _ in COLUMNS.values()] == [known[0] for known in DIMENSIONS.values()]
    kept = verified(edited(row, {"email": "x@y.example"}, "owner", "now", USUAL), {})
    assert kept["email"] == "x@y.example"


NEWS = [
    (0, "", 5, ""),
    (0, "", 8, "lead.rose"),
    (0, "", 12, "lead.hot"),
    (5, "Cold", 6, ""),
    (5, "Cold", 7, "lead.rose"),
    (8, "Warm", 9, ""),
    (8, "Warm", 10, "lead.rose"),
    (11, "Warm", 12, "lead.hot"),
    (12, "Hot", 13, ""),
    (12, "Hot", 14, "lead.rose"),
    (14, "Hot", 5, ""),
    (14, "Hot", 14, ""),
]


@pytest.mark.parametrize(("told", "tag", "total", "kind"), NEWS)
def test_each_height_is_told_once(told: int, tag: str, total: int, kind: str) -> None:
    row = unknown() | {"total_score": total, "lead_status_tag": USUAL.tag(total)}
    assert news(told, tag, row, USUAL) == kind
