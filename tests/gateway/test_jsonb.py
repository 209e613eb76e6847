"""Whatever people and models write, the store holds it as JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.bus import Bus
from gateway.db import Pool, jsonb, without_nul
from tests.business import Business
from tests.gateway.test_turns import Scribe, answered, working, write
from tests.waiting import until

PIECES = st.lists(st.sampled_from(["\x00", "\\", "u0000", '"', "a", "é", "\n", "\ud83d", "😀"]), max_size=12).map(
    "".join
)


def held(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@given(text=PIECES | st.text())
def test_only_what_can_not_be_held_is_left_out(text: str) -> None:
    assert json.loads(jsonb({"text": text})) == {"text": held(text)}
    assert json.loads(without_nul(json.dumps(text))) == text.replace("\x00", "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=PIECES)
async def test_the_store_takes_it(pool: Pool, text: str) -> None:
    assert await pool.fetchval("select $1::jsonb ->> 'text'", jsonb({"text": text})) == held(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_null(value: float) -> None:
    assert jsonb([value]) == "[null]"


@pytest.mark.parametrize("text", ["\\u0000", '\\\\u0000"', "\\\x00", 'a "b" \\', "null\x00byte"])
async def test_whatever_is_written_is_answered(pool: Pool, business: Business, text: str) -> None:
    agent = Scribe()
    agent.may_answer.set()
    async with working(pool, agent):
        await write(pool, Bus(), business, f"It is written {text}")
        await until(answered(business, 1))
    (_, _, asked), (_, _, said) = await business.transcript()
    assert said == f"re: {asked}"
    assert asked == f"It is written {text}".replace("\x00", "�")
