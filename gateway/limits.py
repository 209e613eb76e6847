"""Token buckets in this process: so many at once, so many a second after that."""

from __future__ import annotations

import time
from collections import OrderedDict


class Limiter:
    """One bucket for each key; the least used are dropped beyond `most` keys."""

    def __init__(self, *, rate: float, burst: float, most: int = 100_000) -> None:
        self.rate = self._rate = rate
        self.burst = self._burst = burst
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, key: str, cost: float = 1.0) -> float:
        """Takes from a bucket; returns 0, or the seconds until there is enough (then nothing was taken)."""
        now = time.monotonic()
        level, at = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - at) * self._rate)
        short = cost - level
        self._buckets[key] = (level if short > 0 else level - cost, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return max(0.0, short / self._rate)

    def left(self, key: str) -> float:
        """What a bucket holds now; nothing is taken."""
        level, at = self._buckets.get(key, (self._burst, time.monotonic()))
        return min(self._burst, level + (time.monotonic() - at) * self._rate)

    def spend(self, key: str, cost: float = 1.0) -> None:
        """Takes from a bucket although it may go as far below nothing as it holds; a negative cost gives back."""
        level, at = self._buckets.pop(key, (self._burst, time.monotonic()))
        self._buckets[key] = (max(level - cost, -self._burst), at)
