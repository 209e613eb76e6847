"""Reading what the model wrote as a reply: every outcome is defined, and nothing but one error is raised."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.errors import ModelUnusable
from agents.reply import MOST_MESSAGES, format_of, read_reply, visible
from agents.types import Bubble, Reply, Shape

SHAPE = Shape(text_limit=100, choices=2)


def written(*messages: Any, **more: Any) -> str:
    return json.dumps(
        {"messages": list(messages), "action": "none", "reason": "", "claims": [], "language": "en"} | more
    )


def message(text: Any = "Hi", choices: Any = (), cites: Any = ()) -> dict[str, Any]:
    return {"text": text, "choices": choices, "cites": cites}


FIFTY = [str(n) for n in range(50)]
READ: dict[str, tuple[str, tuple[Bubble, ...]]] = {
    "plain text": ("Hello there", (Bubble(text="Hello there"),)),
    "the shape": (written(message(" Hi ")), (Bubble(text="Hi"),)),
    "in a fence": (f"```json\n{written(message())}\n```", (Bubble(text="Hi"),)),
    "a field more": (written(message() | {"mood": "gay"}, extra=1), (Bubble(text="Hi"),)),
    "a field less": ('{"messages": [{"text": "Hi"}]}', (Bubble(text="Hi"),)),
    "empty messages are dropped": (written(message(""), message(7), message(), None, "x"), (Bubble(text="Hi"),)),
    "too many choices": (written(message(choices=["a", "b", "c"])), (Bubble(text="Hi", choices=("a", "b")),)),
    "odd choices": (written(message(choices=["a", "a", "", 7, None])), (Bubble(text="Hi", choices=("a",)),)),
    "long choices": (written(message(choices=["x" * 200])), (Bubble(text="Hi", choices=("x" * 80,)),)),
    "odd citations": (written(message(cites=[1, "2", 0, -1, 1, 2.5])), (Bubble(text="Hi", cites=(1,)),)),
    "fifty messages": (written(*[message(n) for n in FIFTY]), tuple(Bubble(text=n) for n in FIFTY[:MOST_MESSAGES])),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_what_can_be_read_is_read(name: str) -> None:
    text, bubbles = READ[name]
    assert read_reply((text,), SHAPE).messages == bubbles


UNUSABLE = [
    written(message())[:-20], '{"messages": "Hi"}', "{}", "{", written(), written(message("")),
    "{" + "[" * 5000,
    '{"messages": null}',
]  # fmt: skip


@pytest.mark.parametrize("text", UNUSABLE, ids=lambda text: text[:30])
def test_what_cannot_be_sent_is_unusable(text: str) -> None:
    with pytest.raises(ModelUnusable):
        read_reply((text,), SHAPE)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"action": "handoff", "reason": " tired "}, {"action": "handoff", "reason": "tired"}),
        ({"action": "dance"}, {"action": "none"}),
        ({"action": "silent"}, {"action": "silent", "messages": ()}),
        ({"language": "sv_SE"}, {"language": "sv-SE"}),
        ({"language": "Swedish, of course"}, {"language": ""}),
        ({"claims": ["booked", "paid", 7]}, {"claims": ("booked",)}),
        ({"claims": "booked"}, {"claims": ()}),
        ({"reason": "x" * 999}, {"reason": "x" * 200}),
    ],
)
def test_the_other_fields_are_taken_when_they_make_sense(fields: dict[str, Any], expected: dict[str, Any]) -> None:
    found = read_reply((written(message(), **fields),), SHAPE)
    assert {name: getattr(found, name) for name in expected} == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["messages", "text", "action"]), inner),
)


@given(st.lists(st.text(max_size=200) | st.builds(json.dumps, VALUES), max_size=3))
def test_nothing_but_one_error_comes_of_any_text(texts: list[str]) -> None:
    with suppress(ModelUnusable):
        assert isinstance(read_reply(texts, SHAPE), Reply)


WHOLE = written(message('Say "hi" \\ and ünïcödé ☀️ to us.'), message("Second."))


@given(st.integers(0, len(WHOLE)))
def test_what_is_visible_of_a_part_is_a_part_of_what_is_visible(end: int) -> None:
    assert visible(WHOLE).startswith(visible(WHOLE[:end]).rstrip("\\"))


def test_the_schema_is_strict_and_says_the_limits() -> None:
    schema = format_of(SHAPE)["format"]["schema"]
    assert set(schema["required"]) == set(schema["properties"])
    assert "at most 100 characters" in json.dumps(schema)
    assert "At most 2 short answers" in json.dumps(schema)
    assert "Always empty" in json.dumps(format_of(Shape()))
