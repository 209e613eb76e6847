"""What has left this machine: a note in a file before the first byte of a send.

A process that is killed leaves the file behind as the kernel holds it, and its successor on the same slot reads there
which of the sends that were under way can have reached the provider. The others never left, and are simply sent.
After a restart of the machine the file proves nothing, so it names the boot that it belongs to.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import aiohttp

from gateway.observe import log

MOST_BYTES = 1_000_000
BOOT = Path("/proc/sys/kernel/random/boot_id")

_leaving: ContextVar[Callable[[], None] | None] = ContextVar("leaving", default=None)


class Departures:
    """The notes of one slot. `former` are those of its last holder, None when they prove nothing."""

    def __init__(self, path: Path, boot: Path = BOOT) -> None:
        self._path = path
        self._boot = boot.read_text().strip() if boot.exists() else ""
        self._noted: set[str] = set()
        self._size = 0
        self._file = -1
        self.former = self._read()

    def start(self) -> None:
        """Forgets the former notes, once what they told is stored, and takes new ones."""
        try:
            self._rewrite()
        except OSError:
            self._give_up()

    def close(self) -> None:
        """Takes no more notes."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    @contextmanager
    def sending(self, key: str) -> Iterator[None]:
        """A send within: `key` is noted as soon as a connection of a session with `traces()` is ready to carry it."""
        token = _leaving.set(lambda: self._note(key))
        try:
            yield
        finally:
            _leaving.reset(token)

    def settled(self, key: str) -> None:
        """What became of a send is stored: its note is needed no longer."""
        self._noted.discard(key)

    def _note(self, key: str) -> None:
        if self._file < 0 or key in self._noted:
            return
        self._noted.add(key)
        line = f"{key}\n".encode()
        try:
            if os.write(self._file, line) < len(line):
                raise OSError("a note was cut")
            self._size += len(line)
            if self._size > MOST_BYTES:
                self._rewrite()
        except OSError:
            self._give_up()

    def _give_up(self) -> None:
        """A full disk keeps nobody from writing: without a file, what was under way may have left. Raises OSError when
        even that can't be had, so that nothing leaves of which the file says that it did not."""
        self.close()
        self._path.unlink(missing_ok=True)
        log.warning("departures_not_noted", file=str(self._path))

    def _read(self) -> frozenset[str] | None:
        try:
            boot, *keys = self._path.read_text(errors="replace").splitlines() or [""]
        except OSError:
            return None
        return frozenset(keys) if boot and boot == self._boot else None

    def _rewrite(self) -> None:
        """Whole or not at all: the old file stands until the new one takes its name."""
        self.close()
        fresh = self._path.with_suffix(".new")
        text = "".join(f"{line}\n" for line in (self._boot, *self._noted))
        fresh.write_text(text)
        self._file = os.open(fresh, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        self._size = len(text)
        fresh.replace(self._path)


def traces() -> aiohttp.TraceConfig:
    """Makes a client session take the notes: after it has a connection, before it writes to it."""
    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(_leaves)
    config.on_connection_reuseconn.append(_leaves)
    return config


async def _leaves(*_: Any) -> None:
    if note := _leaving.get():
        note()
