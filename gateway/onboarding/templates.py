"""Templates of agents: what an agent of a trade is told, in the owner's language. The texts are templates/*.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Trade = Literal[
    "dentist", "hair_salon", "restaurant", "law_office", "real_estate", "car_repair", "gym", "online_shop",
    "tradesman", "other",
]  # fmt: skip
TRADES: tuple[Trade, ...] = get_args(Trade)
LANGUAGES = ("en", "es", "pt", "fr", "de", "ar")


@dataclass(frozen=True, slots=True)
class Draft:
    """An agent of a trade: its instructions, where {{greeting}} stands for what it greets with, and a greeting."""

    trade: Trade
    instructions: str
    greeting: str


def drafts(language: str, business: str, website: str) -> list[Draft]:
    """A draft for each trade, in a language (`pt-BR` is pt, an unknown one en), with the business's name filled in."""
    parts = _parts(language[:2] if language[:2] in LANGUAGES else "en")
    # A name with braces of its own would be taken for a variable of the prompt.
    name, site = (text.replace("{", "(").replace("}", ")") for text in (business, website))
    greeting = parts["greeting"].replace("{business}", name)
    return [Draft(trade, _told(parts, trade, name, site), greeting) for trade in TRADES]


def _told(parts: dict[str, str], trade: Trade, name: str, site: str) -> str:
    what, _, lines = parts[trade].partition("\n")
    opening = parts["opening"].replace("{what}", what).replace("{business}", name)
    if site:
        opening += " " + parts["website"].replace("{website}", site)
    return "\n\n".join([opening, lines, parts["rules"]])


@cache
def _parts(language: str) -> dict[str, str]:
    text = files(__package__).joinpath("templates", f"{language}.md").read_text(encoding="utf-8")
    sections = (part.partition("\n") for part in f"\n{text}".split("\n# ")[1:])
    return {title.strip(): body.strip() for title, _, body in sections}
