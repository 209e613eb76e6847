"""`./frontdesk replay --prompt ID:VERSION`: puts a rehearsal together, runs it, and shows what came out."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

import aiohttp

from agents.agent import Agent
from channels import build_channels
from gateway.blobs import open_blobs
from gateway.comparison import page, table
from gateway.crew import the_model
from gateway.errors import Misset
from gateway.parts import urls_of
from gateway.prices import Prices
from gateway.rehearsals import Stage
from gateway.settings import Settings
from gateway.store import open_store, open_vault

MOST_TURNS = 1000


async def rehearse(settings: Settings, args: argparse.Namespace) -> int:
    """Runs the rehearsal; returns 0. Raises Invalid, NotFound or Misset with a sentence for a person."""
    if not settings.openai_api_key:
        raise Misset("OPENAI_API_KEY is not set: a rehearsal asks the model. Set it and try again.")
    model = the_model(settings)
    async with open_store(settings, size=2) as store, aiohttp.ClientSession() as http:
        windows = {name: one.window for name, one in build_channels(http, urls_of(settings)).items()}
        blobs = open_blobs(settings.blob_url, settings.state_dir, http)
        stage = Stage(store.dsn, open_vault(settings), blobs, windows)
        try:
            async with stage.open(Agent(model), Prices(settings.model_prices), settings.openai_model) as rehearsal:
                compared = await rehearsal.run(args.prompt, max(1, min(args.turns, MOST_TURNS)), _progress)
        finally:
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


def _progress(done: int, count: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {count} turns", end="\n" if done == count else "", file=sys.stderr, flush=True)
