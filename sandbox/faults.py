"""Misbehaviour on demand: rules that the stand-ins ask about at each step."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

WEBHOOK_KINDS: Final = {
    "duplicate": "the webhook is sent again at the same moment (`copies` in all, 2 unless told)",
    "reorder": "two webhooks of one customer are swapped (waits up to `seconds` for the second)",
    "batch": "events are gathered into one webhook body (`copies` events, or what came within `seconds`); Meta only",
    "webhook_delay": "the webhook leaves `seconds` late",
}
CALL_KINDS: Final = {
    "rate_limit": "refused for speed with the provider's own code; nothing is stored (`retry_after`)",
    "server_error": "a 5xx in the provider's own shape (`status`); nothing is stored",
    "html_502": "a proxy's HTML page with 502; nothing is stored",
    "wrong_token": "the access token is refused; nothing is stored",
    "refuse": "the message is refused for good with `code`; nothing is stored",
    "drop_before_store": "the connection is cut; nothing is stored",
    "drop_after_store": "the message is stored, then the connection is cut without an answer",
    "answer_lost": "the message is stored, and the answer never comes (the client's time-out ends it)",
    "delay": "the answer comes `seconds` late",
}
SENDING_KINDS: Final = {
    "no_status": "no status callback (Instagram: no echo and no read) for the message",
    "fail_later": "the message is accepted, then reported failed with `code`",
    "expired_media": "the media address that was handed out no longer works",
}
OPENAI_KINDS: Final = {
    "insufficient_quota": "429 that no retry helps",
    "bad_request": "400 invalid_request_error (`code`)",
    "failed": "HTTP 200 with status failed and an error",
    "incomplete": "status incomplete: cut at max_output_tokens",
    "refusal": "the output is a refusal",
    "empty": "the output has no item",
    "commentary": "a commentary message before the final answer",
    "html": "a proxy's HTML page with 502, for a response only",
    "boast": "the answer says that something was booked, though no tool has run",
    "bad_arguments": "a call of the first tool whose arguments are no JSON; waits for a request with tools",
    "cut_json": "the text ends in the middle, yet the status is completed",
    "bad_image": "400 for a picture (`code`, invalid_image unless told); waits for a request with one",
    "slow": "the answer comes `seconds` late",
    "stream_cut": "a stream ends in the middle, without a last event",
    "stream_error": "a stream ends with an error event",
    "conversation_locked": "400, as if another response of that conversation were under way (`number` is its id)",
    "conversation_poisoned": "a call without its output is put into the conversation: it refuses all until it has one",
    "conversation_gone": "the conversation is deleted, then asked for",
}
GOOGLE_KINDS: Final = {
    "expire_token": "401, and the account's access tokens are over: a refresh helps",
    "revoke_grant": "401, and the account's consent is taken back: a refresh is refused with invalid_grant",
    "never_heard": "nothing is done and nothing answered (the client's time-out ends it)",
    "rubbish": "200 with what is no JSON; nothing is stored",
    "huge": "200 with a body without an end (64 MB); nothing is stored",
    "redirect": "302 to another host; nothing is stored",
    "error_after_store": "the event is stored, then a 5xx is answered (`status`)",
    "calendar_error": "free/busy answers 200 with `errors` for a calendar (`code`, internalError unless told)",
    "full_sync": "410 fullSyncRequired for a sync token",
    "meet_pending": "the Meet link stays pending, for ever or for `seconds`",
    "meet_failure": "the Meet link is asked for, and fails",
    "push_lost": "a notification of a channel never leaves",
}
# Google's calls for tokens are struck only by a rule that names them, its reads only by one that names them or Google.
GOOGLE_TOKENS: Final = frozenset({"token", "revoke", "tokeninfo"})
GOOGLE_READS: Final = frozenset({"calendars", "freebusy", "get", "list", "watch", "stop"})
# These wait for a request that names a conversation.
CONVERSATION_KINDS: Final = frozenset(kind for kind in OPENAI_KINDS if kind.startswith("conversation_"))
KINDS: Final = WEBHOOK_KINDS | CALL_KINDS | SENDING_KINDS | OPENAI_KINDS | GOOGLE_KINDS
# What may become of a message after it was accepted.
FATES: Final = frozenset({"no_status", "fail_later"})
PROVIDERS: Final = ("meta", "whatsapp", "instagram", "twilio", "openai", "google", "webchat")
# For these `seconds` is the length of the wait; for all others, how long the rule stays in force.
_WAITING: Final = frozenset(
    {"reorder", "batch", "webhook_delay", "delay", "slow", "answer_lost", "never_heard", "meet_pending"}
)


class FaultOrder(BaseModel):
    """What a person or a script asks for. Without `count` a rule works once; for ever if it has a probability.

    `event` narrows webhooks to message, status, echo or read. Calls that only read or type ("action") are struck by a
    rule that names them, and by no other, so that a fault meant for a message meets a message. Google's calls are
    insert, patch, update, delete, get, list, freebusy, calendars, watch, stop, token and revoke; push is its webhook.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str
    provider: str | None = None
    number: str | None = None
    event: str | None = None
    count: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, ge=0, le=1)
    seconds: float | None = Field(default=None, ge=0, le=3600)
    copies: int = Field(default=2, ge=2, le=1000)
    retry_after: float = Field(default=1.0, ge=0)
    status: int = Field(default=500, ge=500, le=599)
    code: str = ""

    @field_validator("code", mode="before")
    @classmethod
    def _as_text(cls, code: object) -> str:
        return str(code)

    @model_validator(mode="after")
    def _known(self) -> FaultOrder:
        if self.kind not in KINDS:
            raise ValueError(f"unknown kind {self.kind!r}")
        if self.provider is not None and self.provider not in PROVIDERS:
            raise ValueError(f"unknown provider {self.provider!r}; one of {', '.join(PROVIDERS)}")
        return self


@dataclass(slots=True)
class Fault:
    """A rule in force. `left` is how often it still works, None for no limit."""

    id: int
    order: FaultOrder
    left: int | None
    ends: float | None
    hits: int = field(default=0)

    @property
    def kind(self) -> str:
        return self.order.kind

    def wait_seconds(self, otherwise: float) -> float:
        return otherwise if self.order.seconds is None else self.order.seconds

    def code(self, otherwise: int) -> int:
        """The provider's numeric code that was asked for."""
        return int(self.order.code) if self.order.code.isdigit() else otherwise

    def as_json(self) -> dict[str, Any]:
        shown = self.order.model_dump(exclude_none=True)
        return {"id": self.id, **shown, "left": self.left, "hits": self.hits}


class Faults:
    """The rules, oldest first: the first that fits is taken. `changed` hears of every change to them."""

    def __init__(self, changed: Callable[[], None] = lambda: None) -> None:
        self._changed = changed
        self._rules: list[Fault] = []
        self._ids = itertools.count(1)
        self._random = random.Random()

    def seed(self, seed: int | None) -> None:
        self._random = random.Random(seed)

    def add(self, order: FaultOrder) -> Fault:
        lasting = order.seconds is not None and order.kind not in _WAITING
        unlimited = lasting or order.probability is not None
        left = order.count if order.count is not None else (None if unlimited else 1)
        ends = time.monotonic() + order.seconds if lasting and order.seconds is not None else None
        fault = Fault(next(self._ids), order, left, ends)
        self._rules.append(fault)
        self._changed()
        return fault

    def rules(self) -> list[Fault]:
        """The rules that still work."""
        now = time.monotonic()
        self._rules = [rule for rule in self._rules if rule.left != 0 and (rule.ends is None or rule.ends > now)]
        return self._rules

    def clear(self) -> None:
        self._rules = []
        self._changed()

    def take(self, kinds: Collection[str], provider: str, names: Collection[str] = (), event: str = "") -> Fault | None:
        """Uses up one hit of the first rule of these kinds that fits the provider, the number's names and the event."""
        if not self._rules:
            return None
        for rule in self.rules():
            if rule.kind in kinds and _fits(rule.order, provider, names, event) and self._strikes(rule.order):
                rule.hits += 1
                if rule.left is not None:
                    rule.left -= 1
                self._changed()
                return rule
        return None

    def give_back(self, fault: Fault) -> None:
        """Undoes one `take`: the moment for the fault never came."""
        fault.hits -= 1
        if fault.left is not None:
            fault.left += 1
        if fault not in self._rules:
            self._rules.append(fault)
        self._changed()

    def _strikes(self, order: FaultOrder) -> bool:
        return order.probability is None or self._random.random() < order.probability


def _fits(order: FaultOrder, provider: str, names: Collection[str], event: str) -> bool:
    families = (provider, "meta") if provider in ("whatsapp", "instagram") else (provider,)
    return (
        (order.provider is None or order.provider in families)
        and (order.number is None or order.number in names)
        and (order.event == event or (order.event is None and event != "action" and not _quiet(order, provider, event)))
    )


def _quiet(order: FaultOrder, provider: str, event: str) -> bool:
    """Whether a rule that names no event passes over this call of Google's."""
    if provider != "google" or order.kind in GOOGLE_KINDS:
        return False
    return event in GOOGLE_TOKENS or (event in GOOGLE_READS and order.provider is None)
