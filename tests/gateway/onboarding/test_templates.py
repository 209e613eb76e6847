"""Templates of agents: every trade in every language, with the business filled in and nothing left open."""

from __future__ import annotations

import re

import pytest

from gateway.onboarding.templates import LANGUAGES, TRADES, drafts
from gateway.variables import Variable, check_version, places


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trade_is_filled_in(language: str) -> None:
    made = drafts(language, "Bloom Dental", "https://bloom.example.com")
    assert [one.trade for one in made] == list(TRADES)
    for one in made:
        assert "Bloom Dental" in one.instructions
        assert "Bloom Dental" in one.greeting
        assert "https://bloom.example.com" in one.instructions
        assert places(one.instructions) == ["greeting"]
        assert not re.findall(r"(?<!\{)\{\w+\}(?!\})", one.instructions + one.greeting)
        check_version(one.instructions, [Variable(name="greeting", default=one.greeting)])


def test_languages_differ_and_an_unknown_one_is_english() -> None:
    assert len({drafts(one, "B", "")[0].instructions for one in LANGUAGES}) == len(LANGUAGES)
    assert drafts("sv", "B", "") == drafts("en", "B", "")
    assert drafts("pt-BR", "B", "") == drafts("pt", "B", "")


@pytest.mark.parametrize("name", ["{{customer_name}}", "{what}", "Bloom {website}", "a\nb"])
def test_a_name_with_braces_is_no_variable(name: str) -> None:
    made = drafts("en", name, "")
    assert {place for one in made for place in places(one.instructions)} == {"greeting"}
