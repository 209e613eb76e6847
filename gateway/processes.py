"""Child processes of a demo, a chaos run and the tests: started, killed, ended, and waited for."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp

from gateway.errors import Misset

ROOT = Path(__file__).parent.parent
START_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


class Process:
    """A child process that ends with this one, its output in a log file."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._command = [sys.executable, "-m", *command]
        self._env = {**env, "PYTHONPATH": str(ROOT)}
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._child.pid if self._child else 0

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is not None and self._child.poll() is None

    def start(self) -> None:
        """Starts it."""
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(  # noqa: S603
                self._command,
                env=self._env,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                preexec_fn=_end_with_us,  # noqa: PLW1509
            )

    def kill(self) -> None:
        """Ends it the hard way, as a crash does, and waits until it is gone."""
        if self._child:
            self._child.kill()
            self._child.wait()

    def stop(self, seconds: float = 15.0) -> None:
        """Asks it to end; ends it the hard way when it does not."""
        if self._child and self.alive:
            self._child.terminate()
            try:
                self._child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()

    def last_words(self) -> str:
        """The last line of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1][-500:] if lines else "it said nothing"


async def answers(url: str, process: Process, seconds: float = START_SECONDS) -> None:
    """Waits until a URL answers 200. Raises Misset when its process ends or the time is over."""
    give_up = time.monotonic() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        while time.monotonic() < give_up:
            if not process.alive:
                raise Misset(f"The {process.name} ended: {process.last_words()}")
            with suppress(aiohttp.ClientError, TimeoutError):
                async with http.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.02)
    raise Misset(f"The {process.name} did not answer within {seconds:.0f} s: {process.last_words()}")


def _end_with_us() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
