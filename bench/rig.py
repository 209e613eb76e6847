"""What a row runs on: a database with fsync on, processes of ours, and what they cost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from bench.fill import age, histories, sent_parts
from bench.load import Order, Report
from bench.machine import busy, children, cpu, free_port
from gateway import postgres
from gateway.demo import ROOT
from gateway.ids import new
from gateway.migrate import migrate
from gateway.numbers import token_place
from gateway.processes import Process, answers
from gateway.vault import Vault

USER, NUMBER, WEBCHAT = "usr_bench", "bench-1", "bench-webchat"
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105
QUIET_CORES = 0.35  # a sample beside which the rest of the machine did more is taken again, once


@dataclass(frozen=True, slots=True)
class Sample:
    """One load: what came back, CPU seconds of the gateway and of PostgreSQL, cores that others used meanwhile."""

    reports: Sequence[Report]
    python: float
    database: float
    others: float

    @property
    def requests(self) -> int:
        """Requests that were answered."""
        return sum(report.requests for report in self.reports)

    @property
    def rate(self) -> float:
        """Requests a second, over all load processes."""
        return sum(report.rate for report in self.reports)

    @property
    def load_share(self) -> float:
        """The part of a core that the busiest load process used: near 1 it is what limits."""
        return max(report.cpu / report.seconds for report in self.reports)


@dataclass
class Rig:
    """A database and the processes that run on it. `accepted` counts the 200s that promised a stored message."""

    dsn: str
    admin_dsn: str
    postmaster: int
    folder: Path
    running: list[Process] = field(default_factory=list)
    accepted: int = 0
    seeded: int = 0

    async def gateway(self, role: str = "web", **env: str) -> tuple[Process, int]:
        """Starts a gateway on a free port and waits until it is ready."""
        port = free_port()
        foreign = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL", "REDIS_URL", "PUBLIC_URL", "SENTRY_DSN")
        settings = {
            **{name: value for name, value in os.environ.items() if name not in foreign},
            "DATABASE_URL": self.dsn, "PORT": str(port), "STATE_DIR": str(self.folder), "META_APP_SECRET": "bench",
            "SECRET_KEYS": SECRET_KEY, "HOST": "127.0.0.1", **env,
        }  # fmt: skip
        process = Process(
            "gateway", ["gateway", "serve", "--role", role], settings, self.folder / f"gateway-{port}.log"
        )
        return await self._started(process, f"http://127.0.0.1:{port}/healthz"), port

    async def references(self) -> tuple[Process, int]:
        """Starts R1 and R3, which share a process and a pool but are never loaded at once."""
        port = free_port()
        command = ["bench.references", self.dsn, str(port)]
        process = Process("references", command, dict(os.environ), self.folder / "references.log")
        return await self._started(process, f"http://127.0.0.1:{port}/healthz"), port

    async def ceiling(self) -> tuple[Process, int]:
        """Starts the server that does nothing."""
        port = free_port()
        process = Process("ceiling", ["bench.ceiling", str(port)], dict(os.environ), self.folder / "ceiling.log")
        return await self._started(process, f"http://127.0.0.1:{port}/"), port

    async def _started(self, process: Process, url: str) -> Process:
        process.start()
        self.running.append(process)
        await answers(url, process)
        return process

    async def sample(self, processes: Sequence[Process], *orders: Order, stored: bool = True) -> Sample:
        """Loads processes and measures them; again, once, when the machine was busy with other things.

        `stored` says that each 200 promises that the messages of the request are in our tables.
        """
        taken = await self._sample(processes, orders, stored)
        if taken.others <= QUIET_CORES:
            return taken
        again = [Order(**{**asdict(order), "tag": f"{order.tag}x"}) for order in orders]
        other = await self._sample(processes, again, stored)
        return min(taken, other, key=lambda sample: sample.others)

    async def _sample(self, processes: Sequence[Process], orders: Sequence[Order], stored: bool) -> Sample:
        drivers = [Driver("bench.load", asdict(order)) for order in orders]
        try:
            for driver in drivers:
                await driver.ready()
            watch = self.watch([process.pid for process in processes], [driver.pid for driver in drivers])
            for driver in drivers:
                driver.go()
            reports = [Report(**await driver.result()) for driver in drivers]
            python, database, others = watch()
        finally:
            for driver in drivers:
                driver.end()
        for order, report in zip(orders, reports, strict=True):
            if set(report.statuses) - {"200"}:
                raise RuntimeError(f"not every answer was 200: {report.statuses}; {processes[0].last_words()}")
            if stored and order.kind != "statuses":
                self.accepted += report.requests * order.batch
        return Sample(reports, python, database, others)

    def watch(self, pids: Sequence[int], drivers: Sequence[int]) -> Callable[[], tuple[float, float, float]]:
        """Begins to measure; the answer ends it: CPU seconds of processes and of PostgreSQL, cores of all others."""
        loop = asyncio.get_running_loop()

        def spent() -> tuple[float, float, float, float]:
            known = [sum(map(cpu, pids)), self.database_cpu(), sum(map(cpu, drivers)), cpu(os.getpid())]
            rest = sum(cpu(process.pid) for process in self.running if process.pid not in pids)
            return known[0], known[1], busy() - sum(known) - rest, loop.time()

        before = spent()

        def since() -> tuple[float, float, float]:
            python, database, others, at = (now - then for now, then in zip(spent(), before, strict=True))
            return python, database, max(0.0, others / at)

        return since

    async def fetch(self, query: str, *values: object) -> list[asyncpg.Record]:
        """Rows of the database, read as its administrator."""
        connection = await asyncpg.connect(self.admin_dsn)
        try:
            return await connection.fetch(query, *values)
        finally:
            await connection.close()

    async def fill_histories(self, customers: range, messages: int) -> None:
        """Gives customers of the load a conversation each, all answered and in the inbox, so that no load is measured
        beside a gateway that catches up with them."""
        await histories(self.admin_dsn, USER, NUMBER, customers, messages)
        self.seeded += len(customers) * messages // 2
        while await self._behind():
            pass

    async def _behind(self) -> bool:
        """Takes a step behind what is written; whether there is more."""
        changed = await self.fetch("select keep_inbox(now(), 20000) as who")
        (filed,) = await self.fetch("select file_messages(now(), 20000) as more")
        return bool(filed["more"]) or any(row["who"] is None for row in changed)

    async def fill_sent_parts(self, parts: range) -> None:
        """Puts parts in place of which statuses may speak."""
        await sent_parts(self.admin_dsn, USER, NUMBER, parts)

    def database_cpu(self) -> float:
        """CPU seconds of PostgreSQL so far: the postmaster, its children, and those that ended."""
        return sum(cpu(pid) for pid in (self.postmaster, *children(self.postmaster))) + cpu(self.postmaster, ended=True)

    def stop(self) -> None:
        """Ends what was started."""
        for process in self.running:
            process.stop(5)
        self.running.clear()


class Driver:
    """A process that loads: it prepares, says so, waits for the word, and ends with one line."""

    def __init__(self, module: str, order: dict[str, Any]) -> None:
        self._module = module
        self._order = order
        self._child: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int:
        """The process id; 0 before the start."""
        return self._child.pid if self._child else 0

    async def ready(self) -> None:
        """Starts it and waits until it is prepared. Raises RuntimeError when it ends."""
        self._child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", self._module, cwd=ROOT, limit=1 << 20, start_new_session=True,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self._say(json.dumps(self._order))
        await self.says("ready")

    def go(self) -> None:
        """Gives the word."""
        self._say("go")

    async def says(self, word: str) -> None:
        """Waits for a word. Raises RuntimeError when another comes, or the end."""
        line = await self._line()
        if line != word:
            raise RuntimeError(f"{self._module} said {line!r} and not {word!r}")

    async def result(self) -> dict[str, Any]:
        """What it found. Raises RuntimeError when it failed."""
        line = await self._line()
        if not self._child or await self._child.wait() or not line:
            raise RuntimeError(f"{self._module} failed")
        return dict(json.loads(line))

    def end(self) -> None:
        """Ends it if it still runs."""
        if self._child and self._child.returncode is None:
            self._child.kill()

    def _say(self, text: str) -> None:
        if self._child and self._child.stdin:
            self._child.stdin.write(f"{text}\n".encode())

    async def _line(self) -> str:
        if not self._child or not self._child.stdout:
            raise RuntimeError(f"{self._module} was not started")
        return (await self._child.stdout.readline()).decode().strip()


@asynccontextmanager
async def rig(*, bin_dir: Path | None = None) -> AsyncIterator[Rig]:
    """A migrated database with one business, fsync on, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    try:
        server = await postgres.start(folder / "db", bin_dir=bin_dir)
        made = Rig(server.dsn, server.admin_dsn.replace("@/postgres?", "@/frontdesk?"), server.pid, folder)
        try:
            await migrate(server.dsn)
            await _furnish(made)
            await age(made.admin_dsn)
            yield made
        finally:
            made.stop()
            await asyncio.shield(server.stop())
    finally:
        shutil.rmtree((folder / "db" / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


async def _furnish(made: Rig) -> None:
    vault = Vault([SECRET_KEY])
    connection = await asyncpg.connect(made.dsn)
    try:
        await connection.execute("insert into users (user_id, email) values ($1, 'bench@example.com')", USER)
        await connection.execute("insert into prompts (user_id, prompt_id, name) values ($1, 'prm', 'Bench')", USER)
        await connection.execute(
            "insert into prompt_versions values ($1, 'prm', 1, 'You answer for a dentist. Be brief and kind.')", USER
        )
        await connection.execute("insert into credit_ledger values ($1, $2, 100000000, 'bench')", USER, new("ent"))
        await connection.execute(
            "insert into links (user_id, link_id, name, url) values ($1, 'lnk', 'prices', 'https://example.com/')", USER
        )
        for number, platform, address in ((NUMBER, "whatsapp", "1"), (WEBCHAT, "webchat", WEBCHAT)):
            await connection.execute(
                "insert into phone_numbers (user_id, id, platform, meta_phone_number_id, access_token, settings) "
                """values ($1, $2, $3, $4, $5, '{"rate": 0, "pair_rate": 0}')""",
                USER, number, platform, address, vault.seal("token", token_place(USER, number)),
            )  # fmt: skip
            await connection.execute(
                "insert into agents (user_id, agent_id, phone_number_id, prompt_id, name, quiet_ms) "
                "values ($1, 'agt-' || $2, $2, 'prm', 'Ada', 0)", USER, number,
            )  # fmt: skip
    finally:
        await connection.close()
