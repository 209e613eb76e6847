"""What a request to the model's provider costs, by the prices of its day.

prices.json is data with dates, in US dollars for a million tokens (and for a minute of audio), as
https://developers.openai.com/api/docs/pricing says them. MODEL_PRICES names a file of the same shape that comes first,
for another provider or a price that this build does not know. What a model without a price costs is not known: null.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from agents.types import ModelCall, Usage
from gateway.errors import Misset

TABLE = Path(__file__).with_name("prices.json")
LONG_INPUT, LONG_OUTPUT = 2.0, 1.5  # beyond `long_from` tokens of input the whole request costs so many times as much
_DATED = re.compile(r"-20\d\d-\d\d-\d\d$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Prices of a model from a day on."""

    since: date
    input: float = 0.0
    cached: float = 0.0
    cache_write: float = 0.0
    output: float = 0.0
    audio_minute: float = 0.0
    long_from: int = 0

    def micros(self, usage: Usage) -> int:
        """Millionths of a dollar, rounded."""
        plain = max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens)
        into = plain * self.input + usage.cached_tokens * self.cached + usage.cache_write_tokens * self.cache_write
        out = usage.output_tokens * self.output
        if self.long_from and usage.input_tokens > self.long_from:
            into, out = into * LONG_INPUT, out * LONG_OUTPUT
        # A dollar for a million tokens is a millionth of a dollar for one.
        return round(into + out + usage.audio_seconds / 60 * self.audio_minute * 1e6)


class Prices:
    """The table. Raises Misset for a file that is none."""

    def __init__(self, path: str = "") -> None:
        self._prices: dict[str, list[Price]] = {}
        for file in (TABLE, *([Path(path)] if path else [])):
            for model, prices in _read(file).items():
                self._prices[model] = sorted(prices, key=lambda price: price.since)

    def micros(self, call: ModelCall, day: date) -> int | None:
        """What a request cost on a day; null when nobody knows."""
        if not call.usage.calls:
            return 0
        found = [price for price in self._of(call.model) if price.since <= day]
        return found[-1].micros(call.usage) if found else None

    def metered(self, call: ModelCall, day: date) -> dict[str, Any]:
        """A request as the SQL function `meter` takes it."""
        usage = call.usage
        return {
            "kind": call.kind,
            "model": call.model,
            "outcome": call.outcome,
            "request_id": call.request_id,
            "input_tokens": usage.input_tokens,
            "cached_tokens": usage.cached_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
            "output_tokens": usage.output_tokens,
            "reasoning_tokens": usage.reasoning_tokens,
            "audio_tokens": usage.audio_tokens,
            "audio_seconds": usage.audio_seconds,
            "cost_micros": self.micros(call, day),
        }

    def _of(self, model: str) -> Sequence[Price]:
        return self._prices.get(model) or self._prices.get(_DATED.sub("", model)) or ()


def _read(file: Path) -> Mapping[str, list[Price]]:
    found: dict[str, list[Price]] = {}
    try:
        for row in json.loads(file.read_text()):
            values: dict[str, Any] = {name: value for name, value in row.items() if name not in ("model", "from")}
            found.setdefault(row["model"], []).append(Price(since=date.fromisoformat(row["from"]), **values))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Misset(f"The price table {file.name} can't be read: {error}. See gateway/prices.json.") from error
    return found
