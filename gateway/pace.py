"""How fast a number may go: so many messages a second, in both directions where the provider counts both, and so many
to one customer. A number's settings `rate` and `pair_rate` (messages a second, 0 for no limit) win over the channel's.

The buckets are this process's own. Where several processes send for one number, the provider's own refusal (Throttled)
pauses it for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping

from channels.base import Channel
from gateway.limits import Limiter


class Pace:
    """Token buckets for each number and for each pair of number and customer, as the channels want them."""

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = channels
        self._rates: dict[str, float] = {}
        self._numbers: dict[float, Limiter] = {}
        self._pairs: dict[tuple[float, float], Limiter] = {}

    def heard(self, platform: str, address: str, count: int = 1) -> None:
        """Counts what customers wrote against the number's rate, where the provider does."""
        channel = self._channels.get(platform)
        if channel is not None and channel.counts_inbound:
            rate = self._rates.get(address, channel.rate)
            if rate:
                self._number(rate).spend(address, count)

    def wait(self, platform: str, address: str, customer: str, settings: Mapping[str, str]) -> float:
        """Seconds until a message may go from a number to a customer; 0 takes a place."""
        channel = self._channels[platform]
        rate = self._rates[address] = _rate(settings.get("rate"), channel.rate)
        pair_rate = _rate(settings.get("pair_rate"), channel.pair_rate)
        pairs = self._pair(pair_rate, channel.pair_burst) if pair_rate else None
        if pairs and (wait := pairs.wait(f"{address}/{customer}")):
            return wait
        wait = self._number(rate).wait(address) if rate else 0.0
        if wait and pairs:
            pairs.spend(f"{address}/{customer}", -1.0)
        return wait

    def _number(self, rate: float) -> Limiter:
        if rate not in self._numbers:
            self._numbers[rate] = Limiter(rate=rate, burst=max(rate, 1.0))
        return self._numbers[rate]

    def _pair(self, rate: float, burst: float) -> Limiter:
        if (rate, burst) not in self._pairs:
            self._pairs[rate, burst] = Limiter(rate=rate, burst=burst)
        return self._pairs[rate, burst]


def _rate(setting: str | None, default: float) -> float:
    try:
        return max(float(setting), 0.0) if setting else default
    except ValueError:
        return default
