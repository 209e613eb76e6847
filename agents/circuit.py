"""Circuits: when a key or a model fails again and again, nobody waits for it to fail once more.

Money and keys concern everything behind the key; trouble of a model concerns that model. While a circuit is open each
request fails at once; when its time is over one request tries, and its end decides for all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from agents.errors import CopyLocked, KeyRejected, ModelFailed, ModelThrottled, ModelUnavailable, QuotaExhausted

FAILURES = 5
FIRST_SECONDS, LONGEST_SECONDS = 10.0, 300.0


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    seconds: float = FIRST_SECONDS
    until: float = 0.0
    meant: type[ModelFailed] = ModelUnavailable


class Circuit:
    """The circuits of one key. `clock` answers monotonic seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._breakers: dict[str, _Breaker] = {}

    def check(self, model: str, *, trying: bool = True) -> None:
        """Raises what the last failure was, with the code circuit_open, while nobody is to ask. Who is `trying` asks
        next, and when the time is over keeps the others away until it is known how that ended."""
        if not self._breakers:
            return
        now = self._clock()
        for name in ("", model):
            breaker = self._breakers.get(name)
            if breaker is None or not breaker.until:
                continue
            if now < breaker.until:
                raise breaker.meant("circuit_open")
            if trying:
                breaker.until = now + breaker.seconds

    def passed(self, model: str) -> None:
        """An answer came: everything is well."""
        if self._breakers:
            self._breakers.pop(model, None)
            self._breakers.pop("", None)

    def failed(self, model: str, error: ModelFailed) -> None:
        """Counts a failure, and opens the circuit when it is one too many."""
        money_or_key = isinstance(error, QuotaExhausted | KeyRejected)
        if not money_or_key and (
            not isinstance(error, ModelUnavailable) or isinstance(error, ModelThrottled | CopyLocked)
        ):
            return
        breaker = self._breakers.setdefault("" if money_or_key else model, _Breaker())
        breaker.failures += 1
        breaker.meant = type(error) if money_or_key else ModelUnavailable
        if money_or_key or breaker.failures >= FAILURES:
            if breaker.until:
                breaker.seconds = min(LONGEST_SECONDS, breaker.seconds * 2)
            breaker.until = self._clock() + breaker.seconds
