"""The instructions that come with the product: text, not code."""

from __future__ import annotations

from importlib.resources import files


def load(name: str) -> str:
    """The text of `<name>.md`. Raises FileNotFoundError when there is none."""
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
