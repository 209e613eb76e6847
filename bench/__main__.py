"""`./frontdesk bench [ROW…]`: ratios against references of the same run, on this machine, now."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time

import uvloop

from bench.rows import ROWS, Result


async def run(names: list[str], seconds: float) -> Result:
    """Runs rows one after another and says which one."""
    found: Result = []
    for name in names:
        started = time.monotonic()
        print(f"{name} …", end="", file=sys.stderr, flush=True)
        found += await ROWS[name](seconds)
        print(f"\r{name}: {time.monotonic() - started:.0f} s   ", file=sys.stderr, flush=True)
    return found


def show(found: Result) -> None:
    """A table for people."""
    print(f"{'row':<20} {'value':>12} {'unit':<34} {'reference':<18} {'ratio':>6} {'goal':>8}  met")
    for one in found:
        ratio = "" if one["ratio"] is None else f"{one['ratio']:.2f}"
        goal = "" if one["goal"] is None else f"{one['goal']:g}"
        met = {True: "yes", False: "NO", None: ""}[one["met"]]
        value = f"{one['value']:,.2f}" if one["value"] < 1000 else f"{one['value']:,.0f}"
        print(
            f"{one['row']:<20} {value:>12} {one['unit']:<34} {one['reference'] or '':<18} {ratio:>6} {goal:>8}  {met}"
        )


def main() -> int:
    """Reads the arguments and runs the rows."""
    parser = argparse.ArgumentParser(prog="frontdesk bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"which rows (all): {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long one sample takes (4)")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    args = parser.parse_args()
    unknown = set(args.rows) - set(ROWS)
    if unknown:
        parser.error(f"unknown row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    print(
        f"{os.cpu_count()} cores for everything: gateway, database, load. Compare ratios, not rates.", file=sys.stderr
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(run(args.rows or list(ROWS), args.seconds))
    show(found)
    if args.json:
        print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
