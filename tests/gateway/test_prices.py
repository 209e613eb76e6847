"""What a request costs, by the prices of its day."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from agents.types import ModelCall, Usage
from gateway.doctor import model_problem
from gateway.errors import Misset
from gateway.prices import TABLE, Prices

USAGE = Usage(calls=1, input_tokens=10_000, cached_tokens=4_000, cache_write_tokens=1_000, output_tokens=500)
COSTS = [
    ("gpt-5.6-luna", date(2026, 7, 29), 5_000 * 1.0 + 4_000 * 0.1 + 1_000 * 1.25 + 500 * 6.0),
    ("gpt-5.6-luna", date(2026, 7, 30), 5_000 * 0.2 + 4_000 * 0.02 + 1_000 * 0.25 + 500 * 1.2),
    ("gpt-6-luna-2026-10-14", date(2026, 11, 20), 5_000 * 0.1 + 4_000 * 0.01 + 1_000 * 0.125 + 500 * 0.5),
    ("gpt-6-luna", date(2026, 9, 21), None),
    ("a-model-of-tomorrow", date(2026, 11, 20), None),
]


@pytest.mark.parametrize(("model", "day", "cost"), COSTS)
def test_a_request_costs_what_its_day_says(model: str, day: date, cost: float | None) -> None:
    found = Prices().micros(ModelCall(model=model, usage=USAGE), day)
    assert found == (None if cost is None else round(cost))


def test_a_long_request_costs_more_as_a_whole() -> None:
    usage = Usage(calls=1, input_tokens=300_000, output_tokens=1_000)
    assert Prices().micros(ModelCall(model="gpt-6-sol", usage=usage), date(2026, 11, 20)) == 1_200_000 + 15_000


def test_what_was_not_answered_costs_nothing() -> None:
    assert Prices().micros(ModelCall(model="anything", outcome="timeout"), date(2026, 11, 20)) == 0


def test_an_operators_own_prices_come_first(tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps([{"model": "gpt-transcribe", "from": "2026-01-01", "audio_minute": 0.006}]))
    call = ModelCall(model="gpt-transcribe", usage=Usage(calls=1, audio_seconds=30))
    assert Prices(str(file)).micros(call, date(2026, 11, 20)) == 3000
    assert Prices().micros(call, date(2026, 11, 20)) is None


@pytest.mark.parametrize(
    "text", ["", "{}", '[{"model": "m"}]', '[{"model": "m", "from": "soon"}]', '[{"from": "2026-01-01"}]']
)
def test_a_table_that_is_none_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "prices.json"
    file.write_text(text)
    if text == "{}":
        assert Prices(str(file))
    else:
        with pytest.raises(Misset, match=r"prices\.json"):
            Prices(str(file))


def test_every_row_of_ours_has_its_day() -> None:
    assert all(date.fromisoformat(row["from"]) <= date(2026, 11, 20) for row in json.loads(TABLE.read_text()))


MODELS = [
    ('{"data": [{"id": "m", "shutdown_date": null}]}', ""),
    ('{"data": [{"id": "m"}]}', ""),
    ('{"data": [{"id": "other"}]}', "is not offered to this key"),
    ('{"data": [{"id": "m", "shutdown_date": "2020-01-01"}]}', "ends on 2020-01-01"),
    ('{"data": [{"id": "m", "shutdown_date": "2999-01-01"}]}', ""),
    ("<html>", ""),
    ('{"data": 7}', ""),
    ("[]", ""),
]


@pytest.mark.parametrize(("body", "problem"), MODELS)
def test_a_model_that_ends_is_told(body: str, problem: str) -> None:
    found = model_problem(body.encode(), "m")
    assert problem in found
    assert bool(problem) == bool(found)
