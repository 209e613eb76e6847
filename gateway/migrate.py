"""Numbered SQL files, applied once each, forward only, by one process at a time.

A file runs in one transaction. An applied file that was edited, or a database newer than this build, is refused.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from gateway.db import AWAY
from gateway.errors import Misset, StoreAway

FOLDER = Path(__file__).parent.parent / "migrations"
LOCK = int.from_bytes(hashlib.sha256(b"frontdesk:migrations").digest()[:8], "big", signed=True)
LOCK_SECONDS = 120.0

LEDGER = """
create table if not exists schema_migrations (
    version     integer     primary key,
    name        text        not null,
    checksum    text        not null,
    applied_at  timestamptz not null default now(),
    duration_ms integer     not null
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its text and the SHA-256 of the text."""

    version: int
    name: str
    sql: str
    checksum: str


def load(folder: Path = FOLDER) -> list[Migration]:
    """Reads the files in order. Raises Misset when numbers repeat or leave a gap."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        sql = path.read_text()
        number, _, name = path.stem.partition("_")
        found.append(Migration(int(number), name, sql, hashlib.sha256(sql.encode()).hexdigest()))
    if [m.version for m in found] != list(range(1, len(found) + 1)):
        raise Misset(f"The files in {folder.name}/ are not numbered 1..n without gaps.")
    return found


async def migrate(dsn: str, folder: Path = FOLDER) -> list[Migration]:
    """Brings the database to this build's schema and returns what was applied, which may be nothing.

    Needs a session of its own: not through a pooler in transaction mode. Raises Misset or StoreAway.
    """
    wanted = load(folder)
    try:
        connection = await asyncpg.connect(
            dsn.replace("?pgbouncer=true", ""), timeout=10, server_settings={"client_connection_check_interval": "2s"}
        )
    except AWAY as error:
        raise StoreAway(f"The database does not answer: {error}") from error
    try:
        await _take_lock(connection)
        await connection.execute(LEDGER)
        applied = {row["version"]: row for row in await connection.fetch("select * from schema_migrations")}
        _check(wanted, applied)
        done = []
        for migration in wanted:
            if migration.version not in applied:
                await _apply(connection, migration)
                done.append(migration)
        return done
    finally:
        await connection.close()


async def _take_lock(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    give_up = time.monotonic() + LOCK_SECONDS
    while not await connection.fetchval("select pg_try_advisory_lock($1)", LOCK):
        if time.monotonic() > give_up:
            raise Misset(
                "Another process has been migrating this database for two minutes. Look at it, then try again."
            )
        await asyncio.sleep(0.05)


def _check(wanted: list[Migration], applied: dict[int, asyncpg.Record]) -> None:
    known = {migration.version: migration for migration in wanted}
    for version, row in sorted(applied.items()):
        if version not in known:
            raise Misset(
                f"The database is newer than this build (it has migration {version} {row['name']}). Run a newer build."
            )
        if row["checksum"] != known[version].checksum:
            raise Misset(
                f"Migration {version} {row['name']} was edited after it was applied. Restore it and add a new file."
            )


async def _apply(connection: asyncpg.Connection[asyncpg.Record], migration: Migration) -> None:
    started = time.monotonic()
    async with connection.transaction():
        await connection.execute("set local lock_timeout = '5s'")
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into schema_migrations (version, name, checksum, duration_ms) values ($1, $2, $3, $4)",
            migration.version,
            migration.name,
            migration.checksum,
            int((time.monotonic() - started) * 1000),
        )
