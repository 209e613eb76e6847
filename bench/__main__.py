"""`./frontdesk bench [ROW…]`: ratios against references of the same run, on this machine, now.

`./frontdesk bench leads` measures how well conversations are read as leads: see bench/leads.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

import uvloop

from bench.machine import size
from bench.result import Row, Run, row
from bench.rows import ROWS

ROW_SECONDS = 90.0
BIG_ROW_SECONDS = 1800.0


class Progress:
    """What runs and for how long: a line that changes on a terminal, a line a row elsewhere."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._row = self._what = ""
        self._started = 0.0
        self._clock: asyncio.Task[None] | None = None

    def begin(self, name: str) -> None:
        """A row begins."""
        self._row, self._what, self._started = name, "starting", time.monotonic()
        if self._live:
            self._clock = asyncio.create_task(self._tick())

    def say(self, what: str) -> None:
        """What the row does now."""
        self._what = what
        self._show()

    def end(self, how: str = "") -> None:
        """The row is over."""
        if self._clock:
            self._clock.cancel()
        self._what = how
        print(f"{self._line()}{chr(10)}", end="", file=sys.stderr, flush=True)

    async def _tick(self) -> None:
        while True:
            self._show()
            await asyncio.sleep(1)

    def _show(self) -> None:
        if self._live:
            print(self._line(), end="", file=sys.stderr, flush=True)

    def _line(self) -> str:
        text = f"{self._row:<10} {time.monotonic() - self._started:4.0f} s  {self._what}"
        return f"\r\x1b[K{text[:110]}" if self._live else text


async def run(names: list[str], seconds: float, most: int) -> list[Row]:
    """Runs rows one after another; one that fails is a row that says so, and the next follows."""
    progress = Progress()
    found: list[Row] = []
    limit = ROW_SECONDS if most <= 1_000_000 else BIG_ROW_SECONDS
    for name in names:
        progress.begin(name)
        try:
            async with asyncio.timeout(limit):
                found += await ROWS[name](Run(seconds=seconds, say=progress.say, most=most))
            progress.end()
        except Exception as error:  # the boundary of a row: the others still tell something
            why = f"failed: {type(error).__name__}: {error}"
            progress.end(why)
            found.append(row(name, 1, "failures", goal=0, at_most=True, reference=why[:300]))
    return found


def show(found: list[Row], write: Callable[[str], object]) -> None:
    """A table for people."""
    write(f"{'row':<20} {'value':>10} {'unit':<36} {'ratio':>6} {'goal':>8}  {'met':<3}  reference\n")
    for one in found:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        goal = "" if one["goal"] is None else f"{one['goal']:g}"
        met = {True: "yes", False: "NO", None: ""}[one["met"]]
        value = f"{one['value']:,.2f}" if abs(one["value"]) < 1000 else f"{one['value']:,.0f}"
        write(
            f"{one['row']:<20} {value:>10} {one['unit']:<36} {ratio:>6} {goal:>8}  {met:<3}  {one['reference'] or ''}\n"
        )


def broken(found: list[Row]) -> bool:
    """Whether a row failed or a load broke a promise; a goal of speed that is not met breaks nothing."""
    return any(one["met"] is False and one["unit"] in ("violations", "failures") for one in found)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """The command line. Exits with 2 and a sentence when it can't be."""
    parser = argparse.ArgumentParser(prog="frontdesk bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which rows (all): {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=2.0, help="how long one sample takes (2)")
    parser.add_argument("--messages", type=int, default=1_000_000, help="how many messages growth goes to (1000000)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    args = parser.parse_args(given)
    unknown = set(args.rows) - set(ROWS)
    if unknown:
        parser.error(f"unknown row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if not 0.1 <= args.seconds <= 60:
        parser.error("--seconds must be from 0.1 to 60")
    if not 20_000 <= args.messages <= 100_000_000:
        parser.error("--messages must be from 20000 to 100000000")
    return args


async def _interruptible(args: argparse.Namespace) -> list[Row]:
    """A termination is an interruption: everything that was started is ended."""
    task = asyncio.current_task()
    if task:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(args.rows or list(ROWS), args.seconds, args.messages)


def main() -> int:
    """Runs the rows. 0, or 1 when a row failed or a load lost, doubled or misnumbered something."""
    if sys.argv[1:2] == ["leads"]:
        from bench.leads.__main__ import main as leads

        return leads(sys.argv[2:])
    args = arguments()
    print(f"{size()}; gateway, database and load share it. Compare ratios, not rates.", file=sys.stderr)
    with suppress(KeyboardInterrupt, asyncio.CancelledError):
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            found = runner.run(_interruptible(args))
        show(found, sys.stdout.write)
        if args.json:
            print(json.dumps(found))
        return int(broken(found))
    print("\nInterrupted; everything that was started is ended.", file=sys.stderr)
    return 130


if __name__ == "__main__":
    sys.exit(main())
