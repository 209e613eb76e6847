"""The measuring itself: what counts as right, what must never be, and the commands that show it."""

from __future__ import annotations

import json

import pytest

from agents.extraction import Line
from bench.leads.__main__ import main
from bench.leads.baits import BAITS
from bench.leads.cases import Case, languages, load
from bench.leads.claims import oracle, reading
from bench.leads.gullible import attack, candidates, ways, windows
from bench.leads.score import failed, judge, summed

LEVELS = {"intent": ["High"], "urgency": ["Low", "Medium"], "budget": ["No"], "fit": ["High"], "engagement": ["Low"]}


def case(**changes: object) -> Case:
    lines = [
        Line(no=1, author="customer", text="I want to book. I'm Anna, anna@berg.example"),
        Line(no=2, author="agent", text="Our desk is desk@clinic.example"),
    ]
    made = {
        "id": "xx-01", "language": "xx", "region": "SE", "traps": ["agent_contact"], "lines": lines,
        "contact": {"name": "Anna", "email": "anna@berg.example"}, "levels": LEVELS,
        "evidence": {
            "name": [(1, "I'm Anna")], "email": [(1, "anna@berg.example")],
            "intent": [(1, "want to book")], "fit": [(1, "want to book")],
        },
        "forbidden": {"email": ["desk@clinic.example"]}, "most_total": 10,
    }  # fmt: skip
    return Case(**made | changes)  # type: ignore[arg-type]


def test_a_perfect_reader_is_right_in_everything() -> None:
    sums = summed([judge(case(), oracle(case()))])
    assert sums.right == (2, 2, 2)
    assert sums.exact == 1
    assert sums.misses == []


def test_a_reader_who_says_nothing_misses_but_breaks_nothing() -> None:
    verdict = judge(case(), reading({}))
    sums = summed([verdict])
    assert verdict.broken == ()
    assert sums.right == (0, 0, 2)
    assert (sums.levels["intent"]["under"], sums.levels["budget"]["exact"]) == (1, 1)


def test_a_level_too_high_is_over_and_so_is_the_total() -> None:
    quote = [(1, "I want to book")]
    claims = dict.fromkeys(("intent", "urgency", "fit", "engagement"), ("High", quote))
    verdict = judge(case(), reading(claims))
    assert summed([verdict]).levels["engagement"]["over"] == 1
    assert verdict.over_total == ("total 13, at most 10",)


def test_a_forbidden_value_is_told() -> None:
    forbidding = case(forbidden={"email": ["anna@berg.example"]})
    assert judge(forbidding, oracle(forbidding)).forbidden == ("email anna@berg.example",)


def test_a_case_that_was_not_read_is_broken() -> None:
    assert failed(case(), "ModelUnavailable: down").broken == ("ModelUnavailable: down",)


def test_the_adversary_claims_what_is_forbidden_first_and_quotes_it_in_many_ways() -> None:
    assert candidates(case(), "email")[0] == "desk@clinic.example"
    quotes = [quote for ((_, quote), *_) in ways(case(), "anna@berg.example")]
    assert {"anna@berg.example", "I'm Anna, anna@berg.example", case().said[1]} <= set(quotes)


def test_windows_hold_what_is_left_after_a_denial() -> None:
    assert {"no money for it", "money for it", "money"} <= set(windows("no money for it"))


def test_every_bait_stands_in_its_case() -> None:
    cases = {one.id: one for one in load()}
    for name, baits in BAITS.items():
        for dimensions, no, words in baits:
            assert dimensions
            assert words in cases[name].said[no]


@pytest.mark.parametrize("model", ["oracle", "sandbox"])
def test_a_model_is_measured_from_the_command_line(model: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--model", model, "--language", "sv", "--json", "--show-misses"])
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["cases"] == 10
    assert found["broken"]["failures"] == []
    assert code == int(any(found["broken"].values()))


def test_a_real_model_needs_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["--model", "gpt-6-sol"]) == 2
    assert "needs OPENAI_API_KEY" in capsys.readouterr().err


def test_the_proof_costs_a_perfect_reader_one_level() -> None:
    sums = summed([judge(one, oracle(one)) for one in load()])
    assert sums.right == (128, 128, 128)
    assert [case for case, _ in sums.misses] == ["es-04"]


@pytest.mark.parametrize(
    "language", ["hi", *(pytest.param(one, marks=pytest.mark.slow) for one in languages() if one != "hi")]
)
def test_the_adversary_gets_nothing_forbidden_through(language: str) -> None:
    tried = attack(load(language))
    assert {name: ones for name, ones in tried.told.items() if ones} == {}
    assert tried.right == sum(len(one.contact) for one in load(language))


def test_the_adversary_is_seen_when_it_gets_something_through() -> None:
    tried = attack([case(forbidden={"email": ["anna@berg.example"]})])
    assert tried.told["forbidden"] == ["xx-01 email anna@berg.example by 'anna@berg.example' in 1"]
