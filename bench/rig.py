"""What a row runs on: a database with fsync on, processes of ours, and what they cost."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import asyncpg

from bench.load import Order, Report
from gateway import postgres
from gateway.demo import Process, answers
from gateway.ids import new
from gateway.migrate import migrate

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
USER, NUMBER = "usr_bench", "bench-1"
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="  # noqa: S105


@dataclass
class Rig:
    """A database and the processes that run on it."""

    dsn: str
    postmaster: int
    folder: Path
    running: list[Process] = field(default_factory=list)

    async def gateway(self, role: str = "all", **env: str) -> tuple[Process, int]:
        """Starts a gateway on a free port and waits until it is ready."""
        port = free_port()
        settings = {
            **{name: value for name, value in os.environ.items() if name not in ("OPENAI_API_KEY", "REDIS_URL")},
            "DATABASE_URL": self.dsn, "PORT": str(port), "STATE_DIR": str(self.folder), "META_APP_SECRET": "bench",
            "SECRET_KEYS": SECRET_KEY, **env,
        }  # fmt: skip
        process = Process(
            "gateway", ["gateway", "serve", "--role", role], settings, self.folder / f"gateway-{port}.log"
        )
        return await self._started(process, port)

    async def references(self) -> tuple[Process, int]:
        """Starts R1 and R3."""
        port = free_port()
        command = ["bench.references", self.dsn, str(port)]
        return await self._started(
            Process("references", command, dict(os.environ), self.folder / "references.log"), port
        )

    async def _started(self, process: Process, port: int) -> tuple[Process, int]:
        process.start()
        self.running.append(process)
        await answers(f"http://127.0.0.1:{port}/healthz", process)
        return process, port

    async def fetchval(self, query: str, *values: object) -> object:
        """One value from the database."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return await connection.fetchval(query, *values)
        finally:
            await connection.close()

    async def execute(self, query: str, *values: object) -> None:
        """Runs a statement."""
        connection = await asyncpg.connect(self.dsn)
        try:
            await connection.execute(query, *values)
        finally:
            await connection.close()

    def database_cpu(self) -> float:
        """CPU seconds of PostgreSQL so far: the postmaster, its children, and those that ended."""
        return sum(cpu(pid) for pid in (self.postmaster, *children(self.postmaster))) + cpu(self.postmaster, ended=True)

    def stop(self) -> None:
        """Ends what was started."""
        for process in self.running:
            process.stop(5)
        self.running.clear()


@asynccontextmanager
async def rig() -> AsyncIterator[Rig]:
    """A migrated database with one business, fsync on, in a folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-bench-"))
    server = await postgres.start(folder / "db")
    made = Rig(server.dsn, server.pid, folder)
    try:
        await migrate(server.dsn)
        await _furnish(made)
        yield made
    finally:
        made.stop()
        await server.stop()
        shutil.rmtree((folder / "db" / "postgres").resolve(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


async def _furnish(made: Rig) -> None:
    from gateway.numbers import token_place
    from gateway.vault import Vault

    token = Vault([SECRET_KEY]).seal("token", token_place(USER, NUMBER))
    await made.execute("insert into users (user_id, email) values ($1, 'bench@example.com')", USER)
    await made.execute("insert into prompts (user_id, prompt_id, name) values ($1, 'prm', 'Bench')", USER)
    await made.execute("insert into prompt_versions values ($1, 'prm', 1, 'You answer for a dentist. Be brief.')", USER)
    await made.execute("insert into credit_ledger values ($1, $2, 100000000, 'bench')", USER, new("ent"))
    await made.execute(
        "insert into phone_numbers (user_id, id, platform, meta_phone_number_id, access_token) "
        "values ($1, $2, 'whatsapp', '1', $3)", USER, NUMBER, token,
    )  # fmt: skip
    await made.execute(
        "insert into agents (user_id, agent_id, phone_number_id, prompt_id, name, quiet_ms) "
        "values ($1, 'agt', $2, 'prm', 'Ada', 0)", USER, NUMBER,
    )  # fmt: skip


async def load(order: Order) -> Report:
    """Runs an order in a process of its own."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await child.communicate(json.dumps(asdict(order)).encode())
    if child.returncode:
        raise RuntimeError("the load tool failed")
    return Report(**json.loads(out))


def cpu(pid: int, *, ended: bool = False) -> float:
    """CPU seconds of a process, or of its children that ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    at = 13 if ended else 11
    return (int(fields[at]) + int(fields[at + 1])) / TICK


def memory(pid: int) -> float:
    """Resident MB of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def children(pid: int) -> list[int]:
    """The process ids of the children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def row(
    name: str, value: float, unit: str, *, goal: float | None = None, at_most: bool = False, **more: object
) -> dict[str, object]:
    """One line of the result; `reference` and `ratio` where there is one."""
    measured = more.get("ratio", value)
    met = None
    if goal is not None and isinstance(measured, int | float):
        met = measured <= goal if at_most else measured >= goal
    result: Mapping[str, object] = {"reference": None, "ratio": None, **more}
    return {"row": name, "value": round(value, 4), "unit": unit, **result, "goal": goal, "met": met}
