"""A turn in, a reply out: everything the model side knows of the world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Effect = Literal["read", "write"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A picture or a PDF that the model is to look at."""

    kind: Literal["image", "document"]
    mime_type: str
    data: bytes = field(repr=False)
    filename: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of the transcript. A note is a fact for the model that nobody said."""

    author: Literal["customer", "agent", "human", "note"]
    text: str
    sequence_no: int = 0
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a tool answers the model. `receipt` names what is true from now on: booked, cancelled, sent … With the
    receipt "transferred" the conversation goes to a person once the turn is committed, for `reason`, with a `note`."""

    text: str
    receipt: str = ""
    reason: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something the model may do. `parameters` is a strict JSON schema; `run` takes arguments that fit it, once `check`
    has read them (it raises ValueError, whose text the model is told). `budget` is how often it may run in one turn,
    `seconds` how long once."""

    name: str
    description: str
    parameters: Mapping[str, Any]
    run: Callable[[Mapping[str, Any]], Awaitable[Done | str]]
    check: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    effect: Effect = "read"
    seconds: float = 10.0
    budget: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the channel can show: characters of one message, and how many choices; 0 choices means none."""

    text_limit: int = 4096
    choices: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The provider's copy of a transcript: its id ("" is none yet), and the last number that it holds."""

    conversation_id: str = ""
    no: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One run of the agent. `customer` is an opaque, stable hash; `deadline_seconds` bounds the whole run.

    What it answers begins behind the number `after_no`. `fallback_model` answers when `model` can't. `kept` is None for
    a transcript that is ours alone. `legacy_prompt` is a prompt stored at the provider, in its own shape. `receipts` is
    what holds already, whoever did it.
    """

    turn_id: str
    instructions: str
    transcript: Sequence[Said]
    model: str
    customer: str = ""
    prompt_key: str = ""
    tools: Sequence[Tool] = ()
    deadline_seconds: float = 45.0
    max_output_tokens: int = 1024
    after_no: int = 0
    fallback_model: str = ""
    shape: Shape = Shape()
    kept: Kept | None = None
    moderation: Literal["off", "score", "block"] = "off"
    legacy_prompt: Mapping[str, Any] | None = None
    receipts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one or more model calls, in the provider's classes; `input_tokens` includes the cached ones."""

    calls: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0
    audio_tokens: int = 0
    audio_seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            calls=self.calls + other.calls,
            input_tokens=self.input_tokens + other.input_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
            audio_tokens=self.audio_tokens + other.audio_tokens,
            audio_seconds=self.audio_seconds + other.audio_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCall:
    """One request to the provider: what it was for, how it ended ("ok" or a code), what it cost. It began `at` (seconds
    since 1970) and took so many `seconds`."""

    model: str
    outcome: str = "ok"
    usage: Usage = field(default_factory=Usage)
    request_id: str = ""
    seconds: float = 0.0
    at: float = 0.0
    kind: Literal["reply", "transcription", "moderation", "extraction", "rehearsal"] = "reply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message to the customer. `cites` are the numbers of the passages that it rests on."""

    text: str
    choices: tuple[str, ...] = ()
    cites: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the agent says and wants. `action` gives the conversation to a human, or says nothing on purpose. `claims`
    is what the reply says was done; `unproved` names claims without a receipt, and then there is nothing to send.
    `language` is that of the reply; `trace` is one line for each round: what was called, and how it ended.
    `left_behind` are copies at the provider that the turn made and does not go on with."""

    messages: tuple[Bubble, ...] = ()
    action: Literal["none", "handoff", "silent"] = "none"
    reason: str = ""
    note: str = ""
    claims: tuple[str, ...] = ()
    unproved: tuple[str, ...] = ()
    language: str = ""
    calls: tuple[ModelCall, ...] = ()
    trace: tuple[Mapping[str, Any], ...] = ()
    kept: Kept | None = None
    left_behind: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts alone."""
        return tuple(bubble.text for bubble in self.messages)

    @property
    def usage(self) -> Usage:
        """What the whole turn spent."""
        return total(self.calls)

    @property
    def model(self) -> str:
        """The model that gave the reply, in the provider's own name."""
        return self.calls[-1].model if self.calls else ""

    @property
    def request_id(self) -> str:
        """The provider's name for the last request."""
        return self.calls[-1].request_id if self.calls else ""


def total(calls: Sequence[ModelCall]) -> Usage:
    """The sum of what calls cost."""
    spent = Usage()
    for call in calls:
        spent += call.usage
    return spent
