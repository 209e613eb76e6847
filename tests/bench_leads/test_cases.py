"""The labelled conversations keep their own rules: whoever measures with them can trust what they say."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import phonenumbers
import pytest

FOLDER = Path(__file__).parents[2] / "bench" / "leads" / "cases"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
CASES = [case for cases in FILES.values() for case in cases]

LEVELS = ["Low", "Medium", "High"]
SCALES = {"intent": LEVELS, "urgency": LEVELS, "budget": ["No", "Maybe", "Yes"], "fit": LEVELS, "engagement": LEVELS}
CONTACT = ["name", "email", "company", "phone"]
KEYS = ["id", "language", "traps", "region", "messages", "gold", "evidence", "forbidden", "most_total"]
TRAPS = [
    *("agent_budget", "third_party_email", "agent_contact", "sarcasm", "injection", "two_people", "voice", "negated"),
    *("correction", "old_and_new", "empty", "abusive", "mixed_language", "spam", "job_seeker"),
    "existing_customer_support",
]
RESERVED = re.compile(r"\.(example|test)$|(^|\.)example\.com$")
ADDRESS = re.compile(r"[\w.+-]+@([\w-]+(?:\.[\w-]+)*)")

each_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


def said(case: dict[str, Any]) -> str:
    return "\n".join(text for _, text in case["messages"])


def digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def points(name: str, level: str) -> int:
    return SCALES[name].index(level) + 1


def test_the_set_is_large_and_wide_enough() -> None:
    assert len(CASES) >= 66
    assert len(FILES) >= 8
    assert all(len(cases) >= 8 for cases in FILES.values())
    assert max(len(case["messages"]) for case in CASES) >= 20


def test_every_language_has_good_plain_leads() -> None:
    plain = [case["language"] for case in CASES if not case["traps"]]
    assert len(plain) >= 25
    assert set(plain) == set(FILES)


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_set_in_several_languages(trap: str) -> None:
    found = [case["language"] for case in CASES if trap in case["traps"]]
    assert len(found) >= 4
    assert len(set(found)) >= 3


def test_ids_are_unique_and_count_up() -> None:
    for language, cases in FILES.items():
        assert [case["id"] for case in cases] == [f"{language}-{n:02d}" for n in range(1, len(cases) + 1)]
        assert {case["language"] for case in cases} == {language}


def test_no_conversation_stands_twice() -> None:
    seen = defaultdict(list)
    for case in CASES:
        seen[said(case)].append(case["id"])
    assert [ids for ids in seen.values() if len(ids) > 1] == []


@each_case
def test_a_case_has_the_shape(case: dict[str, Any]) -> None:
    assert list(case) == KEYS
    assert list(case["gold"]) == [*CONTACT, *SCALES]
    assert set(case["traps"]) <= set(TRAPS)
    assert len(set(case["traps"])) == len(case["traps"])
    assert case["region"] in phonenumbers.SUPPORTED_REGIONS
    assert set(case["forbidden"]) <= set(CONTACT)


@each_case
def test_a_conversation_is_one(case: dict[str, Any]) -> None:
    assert 2 <= len(case["messages"]) <= 25
    assert case["messages"][0][0] == "customer"
    for author, text in case["messages"]:
        assert author in ("customer", "agent", "human")
        assert text == text.strip() != ""


@each_case
def test_addresses_belong_to_nobody(case: dict[str, Any]) -> None:
    values = [case["gold"]["email"] or "", *case["forbidden"].get("email", [])]
    hosts = ADDRESS.findall("\n".join([said(case), *values]))
    assert [host for host in hosts if not RESERVED.search(host)] == []


@each_case
def test_acceptable_levels_are_neighbours_from_the_least_up(case: dict[str, Any]) -> None:
    for name, scale in SCALES.items():
        places = [scale.index(level) for level in case["gold"][name]]
        assert places, name
        assert places == list(range(places[0], places[-1] + 1)), name


@each_case
def test_what_is_claimed_has_evidence_and_nothing_else_has(case: dict[str, Any]) -> None:
    gold = case["gold"]
    values = {name for name in CONTACT if gold[name] is not None}
    raised = {name for name in SCALES if points(name, gold[name][0]) > 1}
    assert set(case["evidence"]) == values | raised


@each_case
def test_evidence_stands_in_the_customers_messages(case: dict[str, Any]) -> None:
    for name, quotes in case["evidence"].items():
        assert quotes, name
        for number, words in quotes:
            assert number >= 1
            author, text = case["messages"][number - 1]
            assert author == "customer", (name, number)
            assert words
            assert words in text, (name, words)


@each_case
def test_a_contact_value_is_what_its_quote_says(case: dict[str, Any]) -> None:
    """A transcribed voice may spell an address or a number out; everywhere else the value stands as it is."""
    gold, evidence = case["gold"], case["evidence"]
    for name in ("name", "company", "email"):
        spoken = name == "email" and "voice" in case["traps"]
        if gold[name] is not None and not spoken:
            assert all(gold[name].casefold() in words.casefold() for _, words in evidence[name])
    if gold["phone"] is not None:
        parsed = phonenumbers.parse(gold["phone"])
        assert phonenumbers.is_valid_number(parsed)
        written = [words for _, words in evidence["phone"] if digits(words)]
        assert written or "voice" in case["traps"]
        for words in written:
            match = phonenumbers.PhoneNumberMatcher(words, case["region"])
            assert [found.number for found in match] == [parsed]


@each_case
def test_what_is_forbidden_could_be_taken_for_right(case: dict[str, Any]) -> None:
    whole, spoken = said(case).casefold(), "voice" in case["traps"]
    for name, values in case["forbidden"].items():
        assert values
        assert case["gold"][name] not in values
        for value in values:
            if name == "phone":
                assert phonenumbers.is_valid_number(phonenumbers.parse(value))
                assert spoken or value[-7:] in digits(whole)
            elif name in ("name", "email"):
                assert spoken or all(word in whole for word in re.split(r"[\s.]+", value.casefold()))
            else:
                assert value.casefold() in whole


@each_case
def test_a_trap_has_a_highest_total(case: dict[str, Any]) -> None:
    least = sum(points(name, case["gold"][name][0]) for name in SCALES)
    most = sum(points(name, case["gold"][name][-1]) for name in SCALES)
    assert (case["most_total"] is not None) == bool(case["traps"])
    if case["most_total"] is not None:
        assert least <= case["most_total"] <= most


@pytest.mark.parametrize("trap", ["spam", "job_seeker", "existing_customer_support", "empty"])
def test_who_does_not_buy_is_no_lead(trap: str) -> None:
    found = [case for case in CASES if trap in case["traps"]]
    assert [case["id"] for case in found if case["gold"]["intent"] != ["Low"] or case["most_total"] > 10] == []


@pytest.mark.parametrize("trap", ["third_party_email", "agent_contact", "correction", "old_and_new"])
def test_a_trap_about_contacts_names_what_must_not_be_filled_in(trap: str) -> None:
    assert [case["id"] for case in CASES if trap in case["traps"] and not case["forbidden"]] == []
