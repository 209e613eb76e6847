"""How fast a number may go: so many messages a second, in both directions where the provider counts both, and so many
to one customer.

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
        self._numbers = {
            name: Limiter(rate=channel.rate, burst=channel.rate) for name, channel in channels.items() if channel.rate
        }
        self._pairs = {
            name: Limiter(rate=channel.pair_rate, burst=channel.pair_burst)
            for name, channel in channels.items()
            if channel.pair_rate
        }

    def heard(self, platform: str, address: str, count: int = 1) -> None:
        """Counts what customers wrote against the number's rate, where the provider does."""
        channel = self._channels.get(platform)
        if channel is not None and channel.rate and channel.counts_inbound:
            self._numbers[platform].spend(address, count)

    def wait(self, platform: str, address: str, customer: str) -> float:
        """Seconds until a message may go from a number to a customer; 0 takes a place."""
        if (pairs := self._pairs.get(platform)) and (wait := pairs.wait(f"{address}/{customer}")):
            return wait
        numbers = self._numbers.get(platform)
        wait = numbers.wait(address) if numbers else 0.0
        if wait and pairs:
            pairs.spend(f"{address}/{customer}", -1.0)
        return wait
