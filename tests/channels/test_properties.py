"""Whatever a provider sends, nothing raises and nothing well-formed is lost; whatever is said, a cut loses nothing."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import regex
from hypothesis import example, given
from hypothesis import strategies as st

from channels import ENDPOINTS
from channels.base import Event, Hook, Inbound, Unreadable
from channels.errors import HookRejected
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


CASES = Path(__file__).parent / "cases"
PAYLOADS = [
    case["body"]
    for name in ("whatsapp", "instagram")
    for case in json.loads((CASES / f"{name}.json").read_text())["receives"]
    if isinstance(case.get("body"), dict)
]


def translate(endpoint: Any, body: bytes) -> list[Any]:
    return list(endpoint.translate(Hook(method="POST", url="https://d/x?part=p", headers={}, query={}, body=body)))


@given(st.binary(max_size=200))
@example(b"&a=1" * 2000)
def test_no_bytes_make_it_raise(body: bytes) -> None:
    for endpoint in ENDPOINTS:
        endpoint.signer(Hook(method="POST", url="https://d/x", headers={}, query={}, body=body))
        translate(endpoint, body)


@given(st.text(), st.text(), st.binary(max_size=50))
@example("sha256=\udce9", "https://d:8080http://[x/?bodySHA256=\udcff", b"")
def test_what_proves_nothing_is_rejected_and_nothing_worse(header: str, url: str, body: bytes) -> None:
    names = ("x-hub-signature-256", "x-twilio-signature", "content-type")
    for endpoint in ENDPOINTS:
        hook = Hook(method="POST", url=url, headers=dict.fromkeys(names, header), query={}, body=body)
        with pytest.raises(HookRejected):
            endpoint.authenticate(hook, ["secret"])
        endpoint.translate(hook)
    with pytest.raises(HookRejected):
        Meta().handshake(Hook(method="GET", url=url, headers={}, query={"hub.verify_token": header}, body=b""), "token")


def spots(value: Any) -> list[tuple[Any, Any]]:
    """Every place in some JSON where a value stands: what holds it, and its name or index there."""
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())
    return [(value, name) for name, _ in pairs] + [spot for _, inner in pairs for spot in spots(inner)]


@given(st.sampled_from(PAYLOADS), st.lists(st.tuples(st.integers(0), JSON), min_size=1, max_size=3))
def test_no_damage_to_a_real_payload_makes_it_raise(payload: Any, damage: list[tuple[int, Any]]) -> None:
    body = copy.deepcopy(payload)
    for place, value in damage:
        found = spots(body)
        holder, name = found[place % len(found)]
        holder[name] = value
    assert all(isinstance(event, Event) for event in translate(Meta(), json.dumps(body).encode()))


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


@given(st.lists(st.sampled_from([None, "stray", {}, {"sender": 5}, "message", "echo", "read"]), max_size=20))
def test_a_broken_sibling_costs_nobody_anything_on_instagram(plan: list[Any]) -> None:
    parts = {"message": {"text": "x"}, "echo": {"is_echo": True}, "read": {}}
    items, wanted = [], []
    for n, what in enumerate(plan):
        if not isinstance(what, str) or what not in parts:
            items.append(what)
            continue
        part = "read" if what == "read" else "message"
        ends = {"sender": {"id": "1" if what == "echo" else "2"}, "recipient": {"id": "2" if what == "echo" else "1"}}
        items.append({**ends, part: {"mid": f"m{n}", **parts[what]}})
        wanted.append(f"m{n}")
    body = json.dumps({"object": "instagram", "entry": [{"id": "1", "messaging": items}]}).encode()
    events = translate(Meta(), body)
    assert [event.id for event in events if not isinstance(event, Unreadable)] == wanted
    assert all(event.number == "1" for event in events if not isinstance(event, Unreadable))
    assert any(isinstance(event, Unreadable) for event in events) == (len(wanted) < len(plan) or not plan)


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("One. Two is longer", 12, ["One. Two is", "longer"]),
        ("A first line\nsecond one here", 20, ["A first line", "second one here"]),
        ("A paragraph.\n\nB then. C", 20, ["A paragraph.", "B then. C"]),
        ("See https://example.com/abcdef now", 24, ["See", "https://example.com/abcdef"[:24], "ef now"]),
        ("See https://example.com/abc now", 24, ["See", "https://example.com/abc", "now"]),
        ("你好。今天可以吗。好的", 10, ["你好。今天可以吗。", "好的"]),
        ("🇸🇪🇳🇴🇩🇰", 5, ["🇸🇪🇳🇴", "🇩🇰"]),
        ("a" + "\u0301" * 9, 4, ["a" + "\u0301" * 3, "\u0301" * 4, "\u0301" * 2]),
        (" \n ", 5, []),
    ],
)
def test_a_cut_falls_where_it_hurts_least(text: str, limit: int, parts: list[str]) -> None:
    assert split(text, limit) == parts


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


@given(JSON)
def test_no_time_makes_it_raise(value: Any) -> None:
    time_of(value)


@pytest.mark.parametrize(
    ("given_time", "year"),
    [
        ("1763600000", 2025), (1763600000, 2025), (1763600000000, 2025), ("1763600000000", 2025), (1763600000.5, 2025),
        ("", None), (None, None), ("soon", None), (-5, None), (10**30, None), (float("inf"), None), ([], None),
        ("1763600000000000", None), ("9" * 5000, None), ("nan", None), ("1e9", 2001), (True, None),
    ],
)  # fmt: skip
def test_a_time_is_read_in_any_of_its_forms(given_time: Any, year: int | None) -> None:
    read = time_of(given_time)
    assert (read.year if read else None) == year
