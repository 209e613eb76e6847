"""The instructions that come with the product."""

from __future__ import annotations

import pytest

from agents import prompts


def test_the_receptionist_can_be_read() -> None:
    text = prompts.load("receptionist")
    assert text == text.strip()
    assert len(text) < 4000


def test_an_unknown_prompt() -> None:
    with pytest.raises(FileNotFoundError):
        prompts.load("nobody")
