"""Rows about turns: from a webhook to the reply at the provider, and what waits in between."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from bench.fill import SQL
from bench.machine import free_port, memory
from bench.result import Row, Run, row, safety
from bench.rig import Driver, Rig, rig
from bench.world import Outcome, Task
from gateway.processes import Process

CUSTOMERS = 4000
HISTORY = 20
# A little less than the 2,000 that a process takes on: at the brim every delay would add to the queue behind it.
WAITING, THINK_SECONDS = 1900, 4.0
SMALL = 50


@dataclass(frozen=True, slots=True)
class Load:
    """One load of turns: what was seen and what it cost. Memory in MB, at the end of the measured time."""

    outcome: Outcome
    python: float
    database: float
    memory: float

    @property
    def rate(self) -> float:
        """Turns a second."""
        return self.outcome.replies / self.outcome.seconds


async def turn(run: Run) -> list[Row]:
    """A model that answers at once, 20 messages of history: as fast as it goes, then at half that rate."""
    seconds = run.seconds * 3
    async with rig() as r:
        await _histories(r, run)
        run.say("as fast as it goes")
        full = await _load(r, Task(port=free_port(), gateway=0, seconds=seconds))
        run.say(f"at half load, {full.rate / 2:.0f} turns/s")
        half = await _load(r, Task(port=free_port(), gateway=0, seconds=seconds, rate=full.rate / 2))
        replies = max(full.outcome.replies, 1)
        world = f"customers and providers took {full.outcome.cpu / full.outcome.seconds:.2f} of a core"
        return [
            row("turn", full.rate, "turns/s", goal=1500, reference=world),
            row("turn-cpu", full.python / replies * 1e3, "ms Python a turn", goal=0.6, at_most=True),
            row("turn-cpu-db", full.database / replies * 1e3, "ms PostgreSQL a turn"),
            row("turn-p50", half.outcome.p50 * 1e3, "ms webhook to send, half load", goal=20, at_most=True),
            row("turn-p99", half.outcome.p99 * 1e3, "ms webhook to send, half load", goal=60, at_most=True),
            *await _safety(r, "turn", [full.outcome, half.outcome]),
        ]


async def in_flight(run: Run) -> list[Row]:
    """Nearly two thousand turns that wait for a slow model at once, against fifty: customers write at a steady rate."""
    async with rig() as r:
        await _histories(r, run)
        found = []
        for at_once in (SMALL, WAITING):
            run.say(f"{at_once} turns wait {THINK_SECONDS:.0f} s for the model")
            task = Task(
                port=free_port(), gateway=0, think=THINK_SECONDS, rate=at_once / THINK_SECONDS,
                seconds=2 * THINK_SECONDS, warm_seconds=1.5 * THINK_SECONDS,
            )  # fmt: skip
            found.append(await _load(r, task))
        few, many = found
        each = (many.memory - few.memory) * 1e3 / (WAITING - SMALL)
        ratio = many.outcome.p50 / THINK_SECONDS
        return [
            row("in-flight-memory", each, "kB a waiting turn", goal=45, at_most=True,
                reference=f"{many.memory:.0f} MB with {WAITING}"),
            row("in-flight-p50", many.outcome.p50, "s webhook to send", goal=1.05, at_most=True, ratio=ratio,
                reference=f"the model's own {THINK_SECONDS:.0f} s"),
            row("in-flight-cpu", many.python / many.outcome.replies * 1e3, "ms Python a turn",
                reference=f"{few.python / few.outcome.replies * 1e3:.2f} with {SMALL}"),
            row("in-flight-cpu-db", many.database / many.outcome.replies * 1e3, "ms PostgreSQL a turn",
                reference=f"{few.database / few.outcome.replies * 1e3:.2f} with {SMALL}"),
            *await _safety(r, "in-flight", [few.outcome, many.outcome]),
        ]  # fmt: skip


async def _load(r: Rig, task: Task) -> Load:
    """Starts a gateway whose providers are a world, loads it, and ends it."""
    url = f"http://127.0.0.1:{task.port}"
    env = {"OPENAI_API_KEY": "sk-bench", "OPENAI_BASE_URL": f"{url}/v1", "META_GRAPH_URL": url}
    gateway, task.gateway = await r.gateway("all", **env)
    driver = Driver("bench.world", asdict(task))
    try:
        await driver.ready()
        driver.go()
        await driver.says("warm")
        watch = r.watch([gateway.pid], [driver.pid])
        await driver.says("measured")
        python, database, _ = watch()
        size = memory(gateway.pid)
        outcome = Outcome(**await driver.result())
    finally:
        driver.end()
    r.accepted += outcome.stored
    _ended(r, gateway)
    if not outcome.replies or outcome.refused:
        raise RuntimeError(f"{outcome.replies} replies, {outcome.refused} refused; {gateway.last_words()}")
    return Load(outcome, python, database, size)


def _ended(r: Rig, gateway: Process) -> None:
    gateway.stop()
    r.running.remove(gateway)


async def _histories(r: Rig, run: Run) -> None:
    """Gives every customer a conversation of twenty messages, all answered."""
    run.say("histories are put in place")
    await r.fill_histories(range(CUSTOMERS), HISTORY)


async def _safety(r: Rig, name: str, outcomes: list[Outcome]) -> list[Row]:
    """Beside the store's own safety: no part reached the provider twice, and none is said sent that did not."""
    ((claimed, waiting),) = await r.fetch(SQL["sends"])
    sent = sum(outcome.sent for outcome in outcomes)
    twice = sum(outcome.sent_twice for outcome in outcomes)
    detail = f"{claimed} parts sent for {sent} at the provider, {twice} twice, {waiting} unanswered"
    return [
        await safety(name, r),
        row(f"{name}-answers", twice + waiting + abs(claimed - sent), "violations", goal=0, at_most=True,
            reference=detail),
    ]  # fmt: skip
