"""Whatever a provider sends, nothing raises and nothing well-formed is lost; whatever is said, a cut loses nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from channels import ENDPOINTS
from channels.base import Hook, Inbound, Unreadable
from channels.meta import Meta
from channels.reading import time_of
from channels.split import characters, split, utf8_bytes

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.sampled_from(
    ["Hello", "there.", "👩‍👩‍👧", "🇸🇪", "नमस्ते", "สวัสดี", "مرحبا", "שלום", "e\u0301", "\n\n", "\n", "x" * 30, "—", "!"]
)


VALUES = st.fixed_dictionaries(
    {
        "field": st.just("messages"),
        "value": st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("metadata", "messages", "statuses", "contacts", "errors"), JSON)
        ),
    }
)


def translate(endpoint: Any, body: bytes) -> list[Any]:
    return list(endpoint.translate(Hook(method="POST", url="https://d/x?part=p", headers={}, query={}, body=body)))


@given(st.binary(max_size=200))
@example(b"&a=1" * 2000)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    for endpoint in ENDPOINTS:
        endpoint.signer(Hook(method="POST", url="https://d/x", headers={}, query={}, body=body))
        translate(endpoint, body)


@given(
    st.sampled_from(["whatsapp_business_account", "instagram"]),
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": JSON, "changes": JSON, "messaging": JSON, "standby": JSON,
            },
        )
        | JSON,
        max_size=4,
    ),
    st.lists(VALUES, max_size=3),
)  # fmt: skip
def test_no_json_makes_it_raise(kind: str, entries: list[Any], changes: list[Any]) -> None:
    body = {"object": kind, "entry": [*entries, {"id": "1", "changes": changes}]}
    translate(Meta(), json.dumps(body).encode())


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_a_broken_sibling_costs_nobody_anything(plan: list[tuple[int, int]]) -> None:
    broken: list[Any] = [None, {}, {"id": "x"}, {"type": []}]
    entries, wanted = [], []
    for n, (number, kind) in enumerate(plan):
        good = {"id": f"w{n}", "from": "1", "type": "text", "text": {"body": str(n)}}
        value = {"metadata": {"phone_number_id": str(number)}, "messages": [broken[kind], good]}
        entries.append({"id": "W", "changes": [{"field": "messages", "value": value}]})
        wanted.append((str(number), f"w{n}"))
    body = json.dumps({"object": "whatsapp_business_account", "entry": entries}).encode()
    events = translate(Meta(), body)
    assert [(e.number, e.id) for e in events if isinstance(e, Inbound)] == wanted
    assert sum(isinstance(e, Unreadable) for e in events) == len(plan)


@given(st.lists(WORDS, max_size=60), st.sampled_from([(20, characters), (40, utf8_bytes), (200, characters)]))
def test_a_cut_loses_nothing_and_breaks_no_grapheme(words: list[str], unit: tuple[int, Any]) -> None:
    limit, size = unit
    text = " ".join(words)
    parts = split(text, limit, size)
    assert all(0 < size(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    whole = regex.findall(r"\X", "".join(text.split()))
    cut = [grapheme for part in parts for grapheme in regex.findall(r"\X", "".join(part.split()))]
    assert [g for g in cut if g.strip()] == [g for g in whole if g.strip()]


@pytest.mark.parametrize(
    ("given_time", "year"),
    [
        ("1763600000", 2025), (1763600000, 2025), (1763600000000, 2025), ("1763600000000", 2025), (1763600000.5, 2025),
        ("", None), (None, None), ("soon", None), (-5, None), (10**30, None), (float("inf"), None), ([], None),
    ],
)  # fmt: skip
def test_a_time_is_read_in_any_of_its_forms(given_time: Any, year: int | None) -> None:
    read = time_of(given_time)
    assert (read.year if read else None) == year
