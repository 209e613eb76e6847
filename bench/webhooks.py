"""Rows about webhooks: how many, how fast, at what cost, and that none is lost."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median

from bench.load import Order
from bench.result import Row, Run, row, safety
from bench.rig import Rig, Sample, rig
from bench.slow_disk import slow_postgres
from gateway.processes import Process

ROUNDS = 5
CONNECTIONS = 128
SYNC_SECONDS = 0.002
BATCH = 50


async def intake(run: Run) -> list[Row]:
    """One web process, 128 connections, everything on, against R1 and R3, interleaved."""
    async with rig() as r:
        gateway, port = await r.gateway()
        other, other_port = await r.references()
        await _warm(r, gateway, port)
        taken: dict[str, list[Sample]] = {"own": [], "r1": [], "r3": []}
        for turn in range(ROUNDS):
            run.say(f"round {turn + 1} of {ROUNDS}")
            taken["own"].append(await r.sample([gateway], Order(port=port, seconds=run.seconds, tag=f"g{turn}")))
            for name in ("r1", "r3"):
                order = Order(port=other_port, path=f"/{name}", seconds=run.seconds, tag=f"{name}{turn}")
                taken[name].append(await r.sample([other], order, stored=False))
        run.say("load tool alone")
        idle, idle_port = await r.ceiling()
        alone = await r.sample([idle], Order(port=idle_port, seconds=1), stored=False)
        return [
            *_against(taken),
            row("intake-load-tool", alone.rate, "requests/s to a server that does nothing",
                reference=f"{max(s.load_share for s in taken['own']):.2f} of a core in the samples"),
            row("intake-others", max(s.others for group in taken.values() for s in group), "cores used by others"),
            await safety("intake", r),
        ]  # fmt: skip


def _against(taken: dict[str, list[Sample]]) -> list[Row]:
    own = taken["own"]
    rate = median(sample.rate for sample in own)
    rows = []
    for name, other, goal in (("intake", "r1", 1.4), ("intake-r3", "r3", 4.0)):
        ratio = median(one.rate / two.rate for one, two in zip(own, taken[other], strict=True))
        base = f"{other.upper()} {median(sample.rate for sample in taken[other]):.0f}/s"
        rows.append(row(name, rate, "messages/s", goal=goal, reference=base, ratio=ratio))
    for name, unit, cost in (("cpu", "Python", _python), ("cpu-db", "PostgreSQL", _database)):
        bases = " ".join(f"{other.upper()} {cost(taken[other]):.0f}" for other in ("r1", "r3"))
        rows.append(row(f"intake-{name}", cost(own), f"µs {unit} a message", reference=bases))
    return rows


def _python(samples: list[Sample]) -> float:
    return sum(s.python for s in samples) / sum(s.requests for s in samples) * 1e6


def _database(samples: list[Sample]) -> float:
    return sum(s.database for s in samples) / sum(s.requests for s in samples) * 1e6


async def intake_2(run: Run) -> list[Row]:
    """Two web processes with half of the connections each, every half from a load process of its own."""
    async with rig() as r:
        first, second = await r.gateway(), await r.gateway()
        other, other_port = await r.references()
        both = [first[0], second[0]]
        await _warm(r, *first)
        rates, ratios, r1 = [], [], []
        for turn in range(ROUNDS):
            run.say(f"round {turn + 1} of {ROUNDS}")
            half = {"seconds": run.seconds, "connections": CONNECTIONS // 2}
            orders = [Order(port=port, tag=f"g{turn}{n}", **half) for n, port in enumerate((first[1], second[1]))]  # type: ignore[arg-type]
            own = (await r.sample(both, *orders)).rate
            order = Order(port=other_port, path="/r1", seconds=run.seconds, tag=f"r{turn}")
            base = (await r.sample([other], order, stored=False)).rate
            rates.append(own)
            r1.append(base)
            ratios.append(own / base)
        return [
            row("intake-2", median(rates), "messages/s", goal=1.9, reference=f"R1 {median(r1):.0f}/s",
                ratio=median(ratios)),
            await safety("intake-2", r),
        ]  # fmt: skip


async def latency(run: Run) -> list[Row]:
    """A fixed arrival rate: the load of the busiest single WhatsApp number, and a quarter of it."""
    async with rig() as r:
        gateway, port = await r.gateway()
        other, other_port = await r.references()
        await _warm(r, gateway, port)
        found = []
        for rate, goals in ((1000, (None, None)), (4300, (2.0, 25.0))):
            own, r1 = [], []
            for turn in range(3):
                run.say(f"{rate}/s, round {turn + 1} of 3")
                order = {"seconds": run.seconds, "rate": rate, "tag": f"l{rate}{turn}"}
                own.append((await r.sample([gateway], Order(port=port, **order))).reports[0])  # type: ignore[arg-type]
                there = Order(port=other_port, path="/r1", **order)  # type: ignore[arg-type]
                r1.append((await r.sample([other], there, stored=False)).reports[0])
            for name, goal in zip(("p50", "p99"), goals, strict=True):
                value, base = (median(getattr(report, name) for report in side) * 1e3 for side in (own, r1))
                found.append(
                    row(f"latency-{rate}-{name}", value, "ms", goal=goal, at_most=True, reference=f"R1 {base:.1f} ms")
                )
        return [*found, await safety("latency", r)]


async def hot(run: Run) -> list[Row]:
    """Every message to one conversation, against a spread load."""
    async with rig() as r:
        gateway, port = await r.gateway()
        await _warm(r, gateway, port)
        one, many = [], []
        for turn in range(ROUNDS):
            run.say(f"round {turn + 1} of {ROUNDS}")
            many.append((await r.sample([gateway], Order(port=port, seconds=run.seconds, tag=f"s{turn}"))).rate)
            order = Order(port=port, seconds=run.seconds, kind="hot", tag=f"h{turn}")
            one.append((await r.sample([gateway], order)).rate)
        ratio = median(a / b for a, b in zip(one, many, strict=True))
        return [
            row("hot", median(one), "messages/s", goal=0.8, reference=f"spread {median(many):.0f}/s", ratio=ratio),
            await safety("hot", r),
        ]


async def slow_disk(run: Run) -> list[Row]:
    """Two milliseconds more for each fsync, as on a disk over a network. Needs a C compiler; nothing without one."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-disk-"))
    try:
        slow = await slow_postgres(folder, SYNC_SECONDS)
        if slow is None:
            run.say("left out: there is no C compiler")
            return []
        async with rig() as fast, rig(bin_dir=slow) as delayed:
            sides = [(fast, *await fast.gateway()), (delayed, *await delayed.gateway())]
            for side in sides:
                await _warm(*side)
            rates: list[list[float]] = [[], []]
            for turn in range(ROUNDS):
                run.say(f"round {turn + 1} of {ROUNDS}")
                for (r, gateway, port), found in zip(sides, rates, strict=True):
                    order = Order(port=port, seconds=run.seconds, tag=f"d{turn}")
                    found.append((await r.sample([gateway], order)).rate)
            ratio = median(one / two for one, two in zip(rates[1], rates[0], strict=True))
            base = f"as it is {median(rates[0]):.0f}/s"
            return [
                row("slow-disk", median(rates[1]), "messages/s", goal=0.8, reference=base, ratio=ratio),
                await safety("slow-disk", delayed),
            ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def statuses(run: Run) -> list[Row]:
    """Sent, delivered and read of many parts, fifty statuses in a webhook."""
    async with rig() as r:
        gateway, port = await r.gateway()
        run.say("sent parts are put in place")
        await r.fill_sent_parts(range(200_000))
        taken, first = [], 0
        for turn in range(3):
            run.say(f"round {turn + 1} of 3")
            order = Order(
                port=port, seconds=run.seconds, kind="statuses", batch=BATCH, connections=16, first=first,
                tag=f"s{turn}",
            )  # fmt: skip
            sample = await r.sample([gateway], order)
            taken.append(sample)
            first += sample.requests * BATCH // 3 + 2000
        count = sum(sample.requests for sample in taken) * BATCH
        return [
            row("statuses", median(sample.rate for sample in taken) * BATCH, "statuses/s", goal=20_000),
            row("statuses-cpu", sum(s.python for s in taken) / count * 1e6, "µs Python a status"),
            row("statuses-cpu-db", sum(s.database for s in taken) / count * 1e6, "µs PostgreSQL a status"),
        ]


async def _warm(r: Rig, gateway: Process, port: int) -> None:
    # On a slow machine most of a sample would be first messages, which cost what their customers cost.
    await r.fill_histories(range(Order(port=port).customers), 2)
    await r.sample([gateway], Order(port=port, seconds=1.5, tag="w"))
