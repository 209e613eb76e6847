"""A clock that ticks finer than an event loop's timers, whose milliseconds would show in every latency."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress

FINEST_SECONDS = 0.0002
CLOCK_MONOTONIC = 1
CLOSE_ON_EXEC, NON_BLOCKING = 0o2000000, 0o4000


class _Moment(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _Schedule(ctypes.Structure):
    _fields_ = (("interval", _Moment), ("first", _Moment))


def every(seconds: float, call: Callable[[], None]) -> Callable[[], None]:
    """Calls again and again, each so many seconds (200 µs at the finest), and returns how to end it.

    Where there is no timerfd it calls in whole milliseconds.
    """
    loop = asyncio.get_running_loop()
    seconds = max(seconds, FINEST_SECONDS)
    if sys.platform != "linux":
        return asyncio.ensure_future(_slowly(seconds, call)).cancel
    descriptor = _timer(seconds)

    def ring() -> None:
        with suppress(BlockingIOError):
            os.read(descriptor, 8)
        call()

    def end() -> None:
        loop.remove_reader(descriptor)
        os.close(descriptor)

    loop.add_reader(descriptor, ring)
    return end


async def _slowly(seconds: float, call: Callable[[], None]) -> None:
    while True:
        call()
        await asyncio.sleep(seconds)


def _timer(seconds: float) -> int:
    """A timerfd that rings every so many seconds; timerfd_create(2). Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = int(libc.timerfd_create(CLOCK_MONOTONIC, CLOSE_ON_EXEC | NON_BLOCKING))
    whole = int(seconds)
    every = _Moment(whole, int((seconds - whole) * 1e9))
    if descriptor < 0 or libc.timerfd_settime(descriptor, 0, ctypes.byref(_Schedule(every, every)), None) < 0:
        raise OSError(ctypes.get_errno(), "no timer")
    return descriptor
