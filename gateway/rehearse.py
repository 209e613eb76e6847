"""`./frontdesk replay --prompt ID:VERSION`: puts a rehearsal together, runs it, and shows what came out."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from agents.agent import Agent
from gateway.answering import Answering, Around, refuses_to_cut
from gateway.app import open_store, open_vault, the_model
from gateway.briefs import Briefs
from gateway.bus import Bus
from gateway.db import connect_pool
from gateway.errors import Misset
from gateway.prices import Prices
from gateway.rehearsal import Rehearsal, page, table
from gateway.settings import Settings
from gateway.toolset import Toolset

MOST_TURNS = 1000


async def rehearse(settings: Settings, args: argparse.Namespace) -> int:
    """Runs the rehearsal; returns 0. Raises Invalid, NotFound or Misset with a sentence for a person."""
    if not settings.openai_api_key:
        raise Misset("OPENAI_API_KEY is not set: a rehearsal asks the model. Set it and try again.")
    model = the_model(settings)
    async with open_store(settings, size=2) as store:
        open_vault(settings)
        # The store itself refuses to write: whatever a tool tried, nothing could come of it.
        pool = await connect_pool(store.dsn, size=4, read_only=True)
        try:
            briefs, agent = Briefs(pool, model=settings.openai_model), Agent(model)
            around = Around(cuts=refuses_to_cut(), windows={}, toolset=Toolset(pool, _no_link))
            answering = Answering(pool, Bus(), agent, briefs, around)
            rehearsal = Rehearsal(pool, agent, answering, briefs, Prices(settings.model_prices))
            compared = await rehearsal.run(args.prompt, max(1, min(args.turns, MOST_TURNS)), _progress)
        finally:
            pool.terminate()
            await model.close()
    if args.html:
        await asyncio.to_thread(Path(args.html).write_text, page(args.prompt, compared))
    if args.json:
        print(json.dumps([{**asdict(one), "differs": one.differs} for one in compared]))
    elif not compared:
        print("No turn was committed with another version of this prompt yet.")
    else:
        print(table(compared))
    return 0


async def _no_link(_claim: object, _name: str) -> str:
    raise AssertionError("a rehearsal runs no tool")


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {count} turns", end="\n" if done == count else "", file=sys.stderr, flush=True)
