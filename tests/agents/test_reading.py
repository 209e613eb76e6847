"""Whatever a provider says, reading it ends in an answer or in ModelFailed, and what leaves can be stored and sent."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.answer import clean, read
from agents.errors import ModelFailed
from tests.agents.scripted import call, message, response

WHOLE = response(
    {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "opaque"},
    message("Yes.", phase="final_answer"),
    call("call_1", "find_times", "{}"),
    error={"code": "server_error", "message": "No."},
    incomplete_details={"reason": "max_output_tokens"},
)
ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["completed", "failed", "incomplete"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a JSON value."""
    found = [path] if path else []
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in inner:
        found += places(part, (*path, key))
    return found


@settings(deadline=None)
@given(st.sampled_from(places(WHOLE)), ANY, st.sampled_from(["completed", "failed", "incomplete"]))
def test_any_change_to_an_answer(path: tuple[Any, ...], value: Any, status: str) -> None:
    whole = copy.deepcopy(WHOLE) | {"status": status}
    part: Any = whole
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    try:
        answer = read(json.dumps(whole).encode(), "req_1")
    except ModelFailed:
        return
    assert answer.texts or answer.calls
    json.dumps(answer.items, ensure_ascii=False).encode()


@pytest.mark.parametrize("body", [b"", b"null", b"[1]", b'"x"', b"\xff", b"[" * 100_000, b"<html>"])
def test_what_is_no_answer_at_all(body: bytes) -> None:
    with pytest.raises(ModelFailed):
        read(body, "req_1")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("ten\0 o'clock", "ten o'clock"),
        ("half \ud83d", "half \ufffd"),
        ("\ud83d\ude00", "😀"),
        ("whole 😀", "whole 😀"),
    ],
)
def test_clean(written: str, kept: str) -> None:
    assert clean(written) == kept
