"""Rows about what a process weighs, how soon it serves, and what grows with the data."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from statistics import median

import aiohttp

from bench.load import Order
from bench.machine import free_port, memory
from bench.result import Row, Run, row, safety
from bench.rig import USER, Rig, Sample, rig
from bench.webhooks import BATCH
from gateway.api.keys import create_key
from gateway.db import connect_pool
from gateway.processes import Process

IDLE_SECONDS = 2.0
READS = 200
ROUNDS = 2
WRITERS, APART = 4000, 10
PARTS = 2000  # more than the statuses of one round speak of


async def memory_rows(run: Run) -> list[Row]:
    """Resident memory of one whole process: idle, under a full load of webhooks, and after as much again."""
    async with rig() as r:
        url = f"http://127.0.0.1:{free_port()}"
        env = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"{url}/v1", "META_GRAPH_URL": url}
        idle, _ = await r.gateway("all", **env)
        await asyncio.sleep(IDLE_SECONDS)
        at_rest = memory(idle.pid)
        idle.stop()
        r.running.remove(idle)
        process, port = await r.gateway("web")
        web_at_rest = memory(process.pid)
        sizes = []
        for turn in range(4):
            run.say(f"load {turn + 1} of 4")
            await r.sample([process], Order(port=port, seconds=run.seconds * 2, tag=f"m{turn}"))
            sizes.append(memory(process.pid))
        return [
            row("memory-idle", at_rest, "MB, role all, the model's client loaded", goal=90, at_most=True),
            row("memory-idle-web", web_at_rest, "MB, role web", goal=90, at_most=True),
            row("memory-load", max(sizes), "MB, role web", goal=200, at_most=True),
            row("memory-growth", sizes[-1], "MB after three more loads", goal=1.1, at_most=True,
                reference=f"{sizes[0]:.0f} MB after one", ratio=sizes[-1] / sizes[0]),
            await safety("memory", r),
        ]  # fmt: skip


async def start(run: Run) -> list[Row]:
    """From the start of the process to its first 200: with a new embedded database, then with one that is there."""
    async with rig() as r:
        own = {"DATABASE_URL": "", "STATE_DIR": str(r.folder / "fresh")}
        found = []
        for name, unit, goal in (("cold", "s, embedded database made", 3.0), ("again", "s, embedded database", None)):
            run.say(name)
            seconds, process = await _started(r, own)
            found.append(row(f"start-{name}", seconds, unit, goal=goal, at_most=True))
            process.stop()
            r.running.remove(process)
        run.say("warm")
        seconds, _ = await _started(r, {})
        found.append(row("start-warm", seconds, "s, the database runs", goal=1.0, at_most=True))
        return found


async def _started(r: Rig, env: dict[str, str]) -> tuple[float, Process]:
    started = time.perf_counter()
    process, _ = await r.gateway("all", **env)
    return time.perf_counter() - started, process


async def growth(run: Run) -> list[Row]:
    """CPU of a message, a status and a page of the inbox with few messages in the store, and with very many.

    Two databases, loaded in turn: as many customers write, from one conversation in ten where there are many.
    """
    async with rig() as small, rig() as big:
        run.say(f"{run.most:,} messages are put in place")
        await small.fill_histories(range(WRITERS), 2)
        await small.fill_sent_parts(range(PARTS * (ROUNDS + 1)))
        share = run.most * 4 // 5 // (WRITERS * APART)
        await big.fill_histories(range(WRITERS * APART), share + share % 2)
        await big.fill_sent_parts(range(run.most // 5))
        sides = [(r, *await r.gateway(), await _key(r)) for r in (small, big)]
        costs: list[list[Mapping[str, float]]] = [[], []]
        for turn in range(ROUNDS + 1):
            for at, (side, found) in enumerate(zip(sides, costs, strict=True)):
                run.say(f"{'big' if at else 'small'}, round {turn} of {ROUNDS}")
                found.append(await _costs(run, *side, apart=APART if at else 1, first=turn * PARTS, tag=f"g{turn}"))
        few = 2 * WRITERS + PARTS * (ROUNDS + 1)
        # The first round fills the caches.
        middle = [{name: median(one[name] for one in found[1:]) for name in found[0]} for found in costs]
        return [
            *(
                row(f"growth-{name}", middle[1][name], f"µs CPU at {run.most:,} messages", goal=1.2, at_most=True,
                    reference=f"{middle[0][name]:.0f} at {few:,}", ratio=middle[1][name] / middle[0][name])
                for name in middle[0]
            ),
            await safety("growth", big),
        ]  # fmt: skip


async def _costs(
    run: Run, r: Rig, gateway: Process, port: int, key: str, *, apart: int, first: int, tag: str
) -> Mapping[str, float]:
    order = Order(port=port, seconds=run.seconds, customers=WRITERS, apart=apart, tag=tag)
    messages = await r.sample([gateway], order)
    order = Order(port=port, seconds=1, rate=100, kind="statuses", batch=BATCH, connections=8, first=first, tag=tag)
    statuses = await r.sample([gateway], order)
    watch = r.watch([gateway.pid], [])
    await _read(f"http://127.0.0.1:{port}/v1/conversations?limit=50", key)
    python, database, _ = watch()
    return {
        "intake": _cost(messages),
        "status": _cost(statuses) / BATCH,
        "inbox": (python + database) / READS * 1e6,
    }


def _cost(sample: Sample) -> float:
    return (sample.python + sample.database) / sample.requests * 1e6


async def _key(r: Rig) -> str:
    pool = await connect_pool(r.dsn, size=1)
    try:
        return await create_key(pool, USER, "bench", ["*"])
    finally:
        await pool.close()


async def _read(url: str, key: str) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}, raise_for_status=True) as http:
        for _ in range(READS):
            async with http.get(url) as answer:
                await answer.read()
