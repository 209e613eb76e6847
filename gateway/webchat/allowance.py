"""How much one visitor may do, and one address.

An address is the one that the connection comes from. What a header says about it anybody can write.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, ip_address

from gateway.errors import TooMany
from gateway.limits import Limiter

SOCKETS_OF_VISITOR, SOCKETS_OF_ADDRESS = 10, 50  # at once
SOCKET_PAUSE_SECONDS = 10
NETWORK_BITS = 64  # of an IPv6 address: the rest is its owner's to choose


class Allowance:
    """The limits of the webchat in this process."""

    def __init__(self) -> None:
        self._visits = Limiter(rate=0.5, burst=60.0)
        self._messages = Limiter(rate=2.0, burst=20.0)
        self._addresses = Limiter(rate=5.0, burst=60.0)
        self._uploads = Limiter(rate=1 / 6, burst=10.0)
        self._sockets: Counter[str] = Counter()

    def visit(self, address: str) -> None:
        """Takes one new session. Raises TooMany."""
        _check(self._visits.wait(address), "Too many new chats from this address.")

    def write(self, visitor: str, address: str) -> None:
        """Takes one message. Raises TooMany."""
        _check(self._messages.wait(visitor), "Too many messages.")
        _check(self._addresses.wait(address), "Too many messages from this address.")

    def upload(self, visitor: str) -> None:
        """Takes one file. Raises TooMany."""
        _check(self._uploads.wait(visitor), "Too many files.")

    @contextmanager
    def socket(self, owner: str, most: int) -> Iterator[None]:
        """Holds one of an owner's sockets while the block runs. Raises TooMany when he has that many."""
        if self._sockets[owner] >= most:
            raise TooMany("Too many open sockets.", retry_after=SOCKET_PAUSE_SECONDS)
        self._sockets[owner] += 1
        try:
            yield
        finally:
            self._sockets[owner] -= 1
            if not self._sockets[owner]:
                del self._sockets[owner]


def address_of(remote: str | None) -> str:
    """What counts as one address: an IPv4 address, or the network that one IPv6 customer has."""
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return remote or ""
    if isinstance(address, IPv6Address):
        return f"{address.ipv4_mapped or int(address) >> (128 - NETWORK_BITS)}"
    return str(address)


def _check(wait: float, detail: str) -> None:
    if wait:
        raise TooMany(f"{detail} Wait {int(wait) + 1} s.", retry_after=int(wait) + 1)
