"""What the model of the sandbox reads from a conversation: tables of what customers write, and of what it makes "
"of it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import jsonschema
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.extraction import CONTACT, DIMENSIONS, Asked, Line, Reading, read, request_of, schema
from sandbox.openai_leads import PROPERTIES, answer, reading
from tests.sandbox.conftest import Client
from tests.sandbox.lead_cases import ANSWERS, CONTACTS, DAYS, LEVELS, NOTHING, OTHER, TURNS, Turn


def _lines(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"no": 2 * place + 1, "from": "customer", "text": text} for place, text in enumerate(texts)]


def _read(*texts: str, about: str = "") -> Reading:
    """The reading of what a customer wrote, whose every quote stands in the message that it names."""
    lines = _lines(texts)
    found = reading(lines, about)
    jsonschema.validate(found, schema())
    checked = read(json.dumps(found))
    said = {line["no"]: line["text"] for line in lines}
    parts = [checked.intent_text, *map(checked.level, DIMENSIONS), *map(checked.value, CONTACT)]
    for quote in [quote for part in parts for quote in part.evidence]:
        assert quote.quote
        assert quote.quote in said[quote.sequence_no]
    for name, levels in DIMENSIONS.items():
        assert checked.level(name).evidence or checked.level(name).level == levels[0]
    for name in CONTACT:
        assert bool(checked.value(name).value) == bool(checked.value(name).evidence)
    return checked


@pytest.mark.parametrize(("kind", "text", "wanted"), CONTACTS, ids=[f"{kind}: {text}" for kind, text, _ in CONTACTS])
def test_contacts(kind: str, text: str, wanted: str) -> None:
    found = _read(text).value(kind)
    assert (OTHER * (found.whose == "other")) + found.value == wanted


@pytest.mark.parametrize(("text", "levels"), LEVELS, ids=[text for text, _ in LEVELS])
def test_levels(text: str, levels: dict[str, str]) -> None:
    found = _read(text)
    assert {name: found.level(name).level for name in levels} == levels


LOWEST = {name: levels[0] for name, levels in DIMENSIONS.items()}


@pytest.mark.parametrize("text", NOTHING)
def test_what_proves_nothing_is_rated_lowest(text: str) -> None:
    found = _read(text)
    assert {name: found.level(name).level for name in LOWEST} == LOWEST
    assert found.engagement.evidence == []


@pytest.mark.parametrize(("texts", "levels"), TURNS, ids=[" / ".join(texts) for texts, _ in TURNS])
def test_what_is_said_later_counts(texts: Sequence[str], levels: dict[str, str]) -> None:
    found = _read(*texts)
    assert {name: found.level(name).level for name in levels} == levels


@pytest.mark.parametrize(("text", "level"), DAYS, ids=[text for text, _ in DAYS])
def test_a_date_is_as_urgent_as_it_is_near(text: str, level: str) -> None:
    assert _read(text, about="Today is 2026-03-05 (Thursday).").urgency.level == level
    assert _read(text, about="Today is Thursday, 05 March 2026.").urgency.level == level


def test_fit_is_high_for_what_the_business_looks_for() -> None:
    about = "The business: Nordlys.\nWhom the business looks for: offices that need chairs and desks"
    assert _read("How much are your desks?", about=about).fit.level == "High"
    assert _read("How much is a haircut?", about=about).fit.level == "Medium"
    assert _read("Nice desks", about=about).fit.level == "Low"


def test_evidence_is_short_and_exact() -> None:
    found = _read("Hello! My name is Anna; I'd like to book a haircut, best tomorrow. Write to a@example.com")
    assert [each.quote for each in found.intent.evidence] == ["I'd like to book a haircut"]
    assert [each.quote for each in found.urgency.evidence] == ["best tomorrow"]
    assert [each.quote for each in found.name.evidence] == ["My name is Anna"]
    assert [each.quote for each in found.email.evidence] == ["a@example.com"]


@pytest.mark.parametrize(("turns", "wanted"), ANSWERS, ids=[turns[-1][1] for turns, _ in ANSWERS])
def test_what_our_side_said_only_tells_what_an_answer_means(turns: list[Turn], wanted: dict[str, str]) -> None:
    lines = [{"no": no, "from": author, "text": text} for no, (author, text) in enumerate(turns, 1)]
    found = read(json.dumps(reading(lines)))
    values = {kind: found.value(kind) for kind in wanted}
    assert {kind: OTHER * (one.whose == "other") + one.value for kind, one in values.items()} == wanted


def test_only_the_customer_is_heard() -> None:
    lines = [
        {
            "no": 1,
            "from": "agent",
            "text": "My name is Bob, shall I book you for tomorrow? It is 500 €. bob@example.com",
        },
        {"no": 2, "from": "customer", "text": "yes"},
        {"no": 3, "from": "human", "text": "We can pay +49 176 1234567"},
    ]
    found = read(json.dumps(reading(lines)))
    assert {name: found.level(name).level for name in LOWEST} == LOWEST
    assert not any(found.value(name).value for name in CONTACT)


def test_summary_and_reasons_hold_no_contact_data() -> None:
    found = _read(
        "I'm Zoe Quark from Vexel, zq@example.com, 0176 1234567. I want to order 5 lamps tomorrow, I can pay 90 €"
    )
    told = [found.summary, found.notes, found.next_step, *(found.level(name).reasoning for name in DIMENSIONS)]
    assert all(told[:1])
    assert not [secret for secret in ("Zoe", "Quark", "Vexel", "zq@", "0176") if secret in " ".join(told)]


STRANGE = [
    [],
    [None, 3, "x", {}, {"no": "1", "from": "customer", "text": "I want to book"}],
    [{"no": 1, "from": "customer"}, {"no": True, "from": "customer", "text": "I want to book"}],
    [{"no": 1, "from": "customer", "text": "İİİ I want to book tomorrow İ"}],
    [{"no": 1, "from": "customer", "text": "\ud83d I want to book"}],
    [{"no": 1, "from": "customer", "text": "a" * 100_000}],
    [{"no": 1, "from": "customer", "text": "{" * 20_000 + '"' * 20_000}],
    *(
        [{"no": 1, "from": "customer", "text": unit * 20_000}]
        for unit in ("1 ", "1,", "(1) ", "a@b.", "Mr. ", "A ", "€1 ")
    ),
]


@pytest.mark.parametrize("lines", STRANGE)
def test_anything_is_answered_in_the_full_shape(lines: list[Any]) -> None:
    found = reading(lines)
    jsonschema.validate(found, schema())
    assert schema()["properties"].keys() == PROPERTIES
    read(json.dumps(found))


@given(st.lists(st.text(st.characters(codec="utf-8")), max_size=4))
@settings(max_examples=150, deadline=None)
def test_whatever_is_written_quotes_are_exact(texts: list[str]) -> None:
    _read(*texts)


@given(
    st.lists(st.sampled_from([text for _, text, _ in CONTACTS] + [text for text, _ in LEVELS] + NOTHING), max_size=6)
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_mixed_quotes_are_exact(texts: list[str]) -> None:
    _read("\n".join(texts), *texts)


def test_a_long_conversation_is_read_at_once() -> None:
    texts = [text for _, text, _ in CONTACTS] + [text for text, _ in LEVELS] + NOTHING
    lines = _lines([f"{texts[place % len(texts)]} ({place})" for place in range(500)])
    reading(lines)
    started = time.process_time()
    reading(lines)
    assert time.process_time() - started < 0.5  # a tenth of it on a quiet machine


@pytest.mark.parametrize(
    ("items", "intent"),
    [
        ([], "Low"),
        ([{"role": "user", "content": "I want to book"}], "Low"),
        ([{"role": "user", "content": json.dumps(_lines(["I want to book"]))}], "High"),
        (
            [{"role": "user", "content": [{"type": "input_text", "text": json.dumps(_lines(["I want to book"]))}]}],
            "High",
        ),
        (
            [
                {"role": "user", "content": json.dumps(_lines(["I want to book"]))},
                {"role": "assistant", "content": "{"},
                {"role": "developer", "content": "Your last answer could not be used."},
            ],
            "High",
        ),
    ],
)
def test_the_transcript_is_found(items: list[Any], intent: str) -> None:
    assert answer(items)["intent"]["level"] == intent


@pytest.fixture
async def sdk(sandbox: Client) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sk-test", base_url=f"{sandbox.url}/v1", max_retries=0) as client:
        yield client


REQUEST = request_of(
    Asked(
        id="e1",
        model="gpt-6-sol",
        business="Nordlys",
        criteria="people with teeth",
        today="2026-03-05 (Thursday)",
        lines=[
            Line(no=4, author="agent", text="Welcome"),
            Line(no=5, author="customer", text="Hi, my name is Anna Smith. I'd like to book a check-up tomorrow"),
        ],
    )
)


async def test_the_request_of_an_extraction_is_answered(sdk: openai.AsyncOpenAI) -> None:
    response = await sdk.responses.create(**REQUEST)
    found = read(response.output_text)
    assert (found.name.value, found.intent.level, found.urgency.level) == ("Anna Smith", "High", "High")
    assert [each.sequence_no for each in found.intent.evidence] == [5]


async def test_a_stream_of_it_is_the_same(sdk: openai.AsyncOpenAI) -> None:
    whole = (await sdk.responses.create(**REQUEST)).output_text
    stream = await sdk.responses.create(**REQUEST, stream=True)
    assert "".join([event.delta async for event in stream if event.type == "response.output_text.delta"]) == whole


@pytest.mark.parametrize("kind", ["cut_json", "incomplete", "empty", "failed", "refusal"])
async def test_faults_strike_it_too(sandbox: Client, sdk: openai.AsyncOpenAI, kind: str) -> None:
    await sandbox.fault(kind)
    response = await sdk.responses.create(**REQUEST)
    with pytest.raises(ValueError, match="the answer"):
        read(response.output_text)
    assert read((await sdk.responses.create(**REQUEST)).output_text).intent.level == "High"


async def test_boast_and_bad_arguments_leave_it_alone(sandbox: Client, sdk: openai.AsyncOpenAI) -> None:
    await sandbox.fault("boast")
    assert read((await sdk.responses.create(**REQUEST)).output_text).intent.level == "High"
