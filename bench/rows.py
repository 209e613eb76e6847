"""The rows of the design's speed table: what is measured, against what, and the goal."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Any

from bench.load import Order, Report
from bench.rig import NUMBER, USER, Rig, cpu, free_port, load, median, memory, rig, row
from bench.world import Outcome, Task
from gateway.db import queries

Result = list[dict[str, Any]]
ROUNDS = 3
SQL = queries(__file__)


async def intake(seconds: float) -> Result:
    """One web process, 128 connections, everything on, against R1 and R3, interleaved."""
    async with rig() as r:
        gateway, port = await r.gateway("web")
        _, other = await r.references()
        rates: dict[str, list[float]] = {"gateway": [], "r1": [], "r3": []}
        python = database = count = 0.0
        for turn in range(ROUNDS):
            before = cpu(gateway.pid), r.database_cpu()
            report = await load(Order(port=port, seconds=seconds, tag=f"g{turn}"))
            python += cpu(gateway.pid) - before[0]
            database += r.database_cpu() - before[1]
            count += report.requests
            rates["gateway"].append(_rate(report))
            rates["r1"].append(_rate(await load(Order(port=other, path="/r1", seconds=seconds, tag=f"r{turn}"))))
            rates["r3"].append(_rate(await load(Order(port=other, path="/r3", seconds=seconds, tag=f"s{turn}"))))
        own, r1, r3 = (median(rates[name]) for name in ("gateway", "r1", "r3"))
        return [
            row("intake", own, "messages/s", goal=1.4, reference=f"R1 {r1:.0f}/s", ratio=round(own / r1, 2)),
            row("intake-r3", own, "messages/s", goal=4.0, reference=f"R3 {r3:.0f}/s", ratio=round(own / r3, 2)),
            row("intake-cpu", python / count * 1e6, "µs Python a message"),
            row("intake-cpu-db", database / count * 1e6, "µs PostgreSQL a message"),
            *await _safety(r, int(count)),
        ]


async def intake_2(seconds: float) -> Result:
    """Two web processes, each with half of the connections."""
    async with rig() as r:
        ports = [(await r.gateway("web"))[1] for _ in range(2)]
        _, other = await r.references()
        own, r1, total = [], [], 0
        for turn in range(ROUNDS):
            orders = [Order(port=port, seconds=seconds, connections=64, tag=f"g{turn}{port}") for port in ports]
            reports = await asyncio.gather(*(load(order) for order in orders))
            total += sum(report.requests for report in reports)
            own.append(sum(_rate(report) for report in reports))
            r1.append(_rate(await load(Order(port=other, path="/r1", seconds=seconds, tag=f"r{turn}"))))
        value, base = median(own), median(r1)
        return [
            row("intake-2", value, "messages/s", goal=1.9, reference=f"R1 {base:.0f}/s", ratio=round(value / base, 2)),
            *await _safety(r, total),
        ]


async def latency(seconds: float) -> Result:
    """A fixed arrival rate: the load of the busiest single WhatsApp number, and a quarter of it."""
    async with rig() as r:
        _, port = await r.gateway("web")
        await load(Order(port=port, seconds=1, rate=1000, tag="w"))
        found = []
        for rate in (1000, 4300):
            report = await load(Order(port=port, seconds=seconds, rate=rate, tag=f"l{rate}"))
            goals = (2.0, 25.0) if rate == 4300 else (None, None)
            for name, value, goal in (("p50", report.p50, goals[0]), ("p99", report.p99, goals[1])):
                found.append(row(f"latency-{rate}-{name}", value * 1e3, "ms", goal=goal, at_most=True))
        return found


async def hot(seconds: float) -> Result:
    """Every message to one conversation, against a spread load."""
    async with rig() as r:
        _, port = await r.gateway("web")
        one, many = [], []
        for turn in range(ROUNDS):
            many.append(_rate(await load(Order(port=port, seconds=seconds, tag=f"s{turn}"))))
            one.append(_rate(await load(Order(port=port, seconds=seconds, kind="hot", tag=f"h{turn}"))))
        value, base = median(one), median(many)
        return [
            row("hot", value, "messages/s", goal=0.8, reference=f"spread {base:.0f}/s", ratio=round(value / base, 2))
        ]


async def statuses(seconds: float) -> Result:
    """Statuses of ten thousand sent parts, fifty in a webhook."""
    async with rig() as r:
        _, port = await r.gateway("web")
        await _sent_parts(r, 10_000)
        report = await load(Order(port=port, seconds=seconds, kind="statuses", batch=50, connections=16, tag="s"))
        return [row("statuses", _rate(report) * 50, "statuses/s", goal=20_000)]


async def turn(seconds: float) -> Result:
    """Webhook to send, with a model that answers at once: saturated by 64 customers, then at half that rate."""
    async with rig() as r:
        full, python, _ = await _turns(r, Task(port=0, gateway=0, seconds=seconds))
        half, _, _ = await _turns(
            r, Task(port=0, gateway=0, seconds=seconds, rate=full.replies / full.seconds / 2, customers=2000)
        )
        rate = full.replies / full.seconds
        return [
            row("turn", rate, "turns/s", goal=1500),
            row("turn-cpu", python / max(full.replies, 1) * 1e3, "ms Python a turn", goal=0.6, at_most=True),
            row("turn-p50", half.p50 * 1e3, "ms at half load", goal=20, at_most=True),
            row("turn-p99", half.p99 * 1e3, "ms at half load", goal=60, at_most=True),
            *await _safety(r, None),
        ]


async def in_flight(seconds: float) -> Result:
    """Two thousand turns that wait for a model of one second."""
    async with rig() as r:
        task = Task(port=0, gateway=0, customers=2000, think=1.0, seconds=max(seconds, 6), warm_seconds=3)
        outcome, _, sizes = await _turns(r, task)
        return [
            row("in-flight-memory", (sizes[1] - sizes[0]) * 1e3 / 2000, "kB a waiting turn", goal=45, at_most=True),
            row("in-flight-p50", outcome.p50, "s with a model of 1 s"),
        ]


async def start(_seconds: float) -> Result:
    """The first 200 after the start: database and all cold, then warm."""
    async with rig() as r:
        own = {"DATABASE_URL": "", "STATE_DIR": str(r.folder / "fresh")}
        found = []
        for name, goal in (("cold", 3.0), ("warm", 1.0)):
            started = time.perf_counter()
            process, _ = await r.gateway(**own)
            found.append(row(f"start-{name}", time.perf_counter() - started, "s", goal=goal, at_most=True))
            if name == "warm":
                found.append(row("memory-idle", memory(process.pid), "MB", goal=90, at_most=True))
            process.stop()
        return found


async def memory_full(seconds: float) -> Result:
    """The size of a process under a full load of webhooks."""
    async with rig() as r:
        process, port = await r.gateway()
        await load(Order(port=port, seconds=seconds, tag="m"))
        first = memory(process.pid)
        await load(Order(port=port, seconds=seconds * 2, tag="n"))
        last = memory(process.pid)
        return [
            row("memory-load", last, "MB", goal=200, at_most=True),
            row("memory-growth", last / first, "× after twice the time", goal=1.1, at_most=True),
        ]


ROWS: Mapping[str, Callable[[float], Awaitable[Result]]] = {
    "intake": intake, "intake-2": intake_2, "latency": latency, "hot": hot, "statuses": statuses, "turn": turn,
    "in-flight": in_flight, "memory": memory_full, "start": start,
}  # fmt: skip


def _rate(report: Report) -> float:
    if set(report.statuses) - {"200"}:
        raise RuntimeError(f"not every answer was 200: {report.statuses}")
    return report.requests / report.seconds


async def _turns(r: Rig, task: Task) -> tuple[Outcome, float, tuple[float, float]]:
    task.port = free_port()
    url = f"http://127.0.0.1:{task.port}"
    env = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"{url}/v1", "META_GRAPH_URL": url}
    gateway, task.gateway = await r.gateway(**env)
    world = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.world", json.dumps(asdict(task)),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if world.stdout is None or world.stdin is None or await world.stdout.readline() != b"ready\n":
        raise RuntimeError("the stand-ins did not start")
    idle = memory(gateway.pid)
    world.stdin.write(b"go\n")
    await asyncio.sleep(task.warm_seconds)
    before = cpu(gateway.pid)
    await asyncio.sleep(task.seconds)
    spent, size = cpu(gateway.pid) - before, memory(gateway.pid)
    outcome = Outcome(**json.loads(await world.stdout.readline()))
    await world.wait()
    gateway.stop()
    return outcome, spent, (idle, size)


async def _sent_parts(r: Rig, count: int) -> None:
    """Messages of ours that the provider speaks of."""
    await r.execute(SQL["customer"], USER)
    await r.execute(SQL["conversation"], USER, NUMBER)
    await r.execute(SQL["messages"], USER, NUMBER, count)
    await r.execute(SQL["parts"], USER, NUMBER, count)


async def _safety(r: Rig, expected: int | None) -> Result:
    """What a load must never do: deadlock, lose, double, leave a gap."""
    deadlocks, stored, gaps = [int(str(await r.fetchval(SQL[name]))) for name in ("deadlocks", "stored", "gaps")]
    lost = 0 if expected is None else max(0, expected - stored)
    problems = float(deadlocks + gaps + lost)
    return [row("safety", problems, "deadlocks, lost messages and gaps", goal=0, at_most=True)]
