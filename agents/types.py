"""A turn in, a reply out: everything the model side knows of the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the transcript. A note is a fact for the model that nobody said."""

    author: Literal["customer", "agent", "human", "note"]
    text: str
    sequence_no: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something the model may do. `parameters` is a JSON schema; `run` takes the parsed arguments, answers text."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    run: Callable[[Mapping[str, Any]], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of the agent. `customer` is an opaque, stable hash; `deadline_seconds` bounds the whole run."""

    turn_id: str
    instructions: str
    transcript: Sequence[Said]
    model: str
    customer: str = ""
    prompt_key: str = ""
    tools: Sequence[Tool] = ()
    deadline_seconds: float = 45.0
    max_output_tokens: int = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one or more model calls, in the provider's classes; `input_tokens` includes the cached ones."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the agent says: texts in order, and what it cost."""

    texts: tuple[str, ...]
    usage: Usage = field(default_factory=Usage)
    model: str = ""
    request_id: str = ""
