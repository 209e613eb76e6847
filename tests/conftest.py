"""A real PostgreSQL for every test: a server for each test process, a database for each test, cloned."""

from __future__ import annotations

import asyncio
import io
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import structlog

from gateway import postgres
from gateway.db import Pool, connect_pool
from gateway.ids import uuid7
from gateway.migrate import migrate
from gateway.observe import configure_logs, log
from tests.business import Business
from tests.desk import Desk, desk
from tests.waiting import until


def on_database(dsn: str, name: str) -> str:
    """The same server, another database."""
    return dsn.replace("/frontdesk?", f"/{name}?")


async def _execute(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def alone(dsn: str, statement: str) -> None:
    """Runs a statement that needs a database for itself, as soon as nobody (an autovacuum, a dying session) has it."""

    async def done() -> bool:
        try:
            await _execute(dsn, statement)
        except (asyncpg.ObjectInUseError, asyncpg.InsufficientPrivilegeError):  # an autovacuum is nobody's to end
            return False
        return True

    await until(done, 60)


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Everything that is logged."""
    stream, before = io.StringIO(), structlog.get_config()
    configure_logs(stream, level="DEBUG")
    structlog.configure(cache_logger_on_first_use=False)
    vars(log).pop("bind", None)  # what an earlier test of this process made it keep
    yield stream
    structlog.configure(**before)


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Postgres]:
    """A server without fsync, with a migrated database `template` in it."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-tests-") as folder:
        running = asyncio.run(postgres.start(Path(folder), fsync=False))
        try:
            asyncio.run(_execute(running.dsn, "create database template"))
            asyncio.run(migrate(on_database(running.dsn, "template")))
            yield running
        finally:
            asyncio.run(running.stop())
            shutil.rmtree((Path(folder) / "postgres").resolve())


@pytest.fixture
async def dsn(server: postgres.Postgres) -> AsyncIterator[str]:
    """A database of this test's own, with the schema in it."""
    name = f"test_{uuid7()}"
    await alone(server.dsn, f"create database {name} template template")
    yield on_database(server.dsn, name)
    await alone(server.dsn, f"drop database {name} with (force)")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """A pool on this test's database, as the ordinary role that owns it."""
    pool = await connect_pool(dsn, size=8)
    yield pool
    await pool.close()


@pytest.fixture
async def business(pool: Pool) -> Business:
    """A business with a WhatsApp number, an agent and credits."""
    return await Business.create(pool)


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    """A running gateway with scripted providers."""
    async with desk(dsn, pool, tmp_path) as one:
        yield one
