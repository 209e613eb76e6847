"""Ports for servers that have to know their address before they listen.

They lie below those that the system hands out by itself, each worker of a test run has its own, and none is given twice
in a row: so nobody else takes one between being named and being used.
"""

from __future__ import annotations

import itertools
import os
import socket

FIRST, EACH = 20_000, 1_500
_places = itertools.count(os.getpid() * 7)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens at."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    for place in itertools.islice(_places, EACH):
        port = FIRST + worker * EACH + place % EACH
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
