"""`./frontdesk bench leads`: reads the labelled conversations with a model, proves, and holds it against the labels.

Exit status 1 when something is there that must never be: a forbidden value, a total above the highest that is right,
a quote that does not stand, a bait that was taken, or a case that could not be read.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence

from agents.errors import ModelFailed
from bench.leads import report
from bench.leads.cases import Case, languages, load
from bench.leads.gullible import attack
from bench.leads.models import Reads, reader
from bench.leads.score import Verdict, failed, judge

AT_ONCE = 4


class Progress:
    """How many cases are done, on a terminal."""

    def __init__(self, total: int) -> None:
        self._done, self._total, self._live = 0, total, sys.stderr.isatty()

    def one(self) -> None:
        """One more."""
        self._done += 1
        if self._live:
            end = "\r\x1b[K" if self._done == self._total else ""
            print(f"\r{self._done} of {self._total}{end}", end="", file=sys.stderr, flush=True)


async def verdicts(cases: Sequence[Case], reads: Reads, done: Callable[[], object]) -> list[Verdict]:
    """Every case read and judged, some at a time. `done` is told of each."""
    places = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Verdict:
        async with places:
            try:
                return judge(case, await reads(case))
            except ModelFailed as error:
                return failed(case, f"{type(error).__name__}: {error}")
            finally:
                done()

    return await asyncio.gather(*(one(case) for case in cases))


async def measure(model: str, cases: Sequence[Case], done: Callable[[], object]) -> list[Verdict]:
    """Asks a model for every case. Raises ValueError when there is no key for it."""
    async with reader(model) as reads:
        return await verdicts(cases, reads, done)


def arguments(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="frontdesk bench leads", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", default="sandbox", help="sandbox, gullible, oracle, or a model's name (sandbox)")
    parser.add_argument("--language", default="", choices=["", *languages()], metavar="CODE", help="only one language")
    parser.add_argument("--show-misses", action="store_true", help="every value and level that is not the label's")
    parser.add_argument("--json", action="store_true", help="end with one line for programs")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """0, or 1 when something is broken, 2 when the model can't be asked."""
    args = arguments(given)
    cases = load(args.language)
    print(f"{len(cases)} labelled conversations, model: {args.model}", flush=True)
    progress = Progress(len(cases))
    if args.model == "gullible":
        tried = attack(cases, progress.one)
        report.show_tried(tried, sys.stdout.write, misses=args.show_misses)
        found = {"model": args.model, **tried.as_json()}
        broken = tried.told
    else:
        try:
            judged = asyncio.run(measure(args.model, cases, progress.one))
        except ValueError as error:
            print(f"frontdesk bench leads: {error}", file=sys.stderr)
            return 2
        report.show(judged, sys.stdout.write, misses=args.show_misses)
        found = report.as_json(args.model, judged)
        broken = report.broken(judged)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    return int(any(broken.values()))


if __name__ == "__main__":
    sys.exit(main())
