"""The database that a process works on, its own embedded one or a given one, and the keys of what is sealed in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway import postgres
from gateway.db import Pool, connect_pool
from gateway.migrate import migrate
from gateway.observe import log
from gateway.settings import Settings
from gateway.vault import Vault, own_keys


@dataclass(frozen=True, slots=True)
class Store:
    """An open database: the pool, and the address it was opened with."""

    dsn: str
    pool: Pool


class Keeper:
    """Keeps the embedded server running: starts it again when it died under us."""

    def __init__(self, server: postgres.Postgres, state_dir: Path) -> None:
        self.server = server
        self._state_dir = state_dir
        self._watch = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ends the watch, then the server."""
        await cancelled(self._watch)
        await self.server.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            if not self.server.running:
                log.error("database_died", log=str(self._state_dir / "postgres" / "log"))
                await self.server.stop()
                try:
                    self.server = await postgres.start(self._state_dir)
                except postgres.PostgresError as error:
                    log.error("database_not_restarted", error=str(error))
                    await asyncio.sleep(1.0)


@asynccontextmanager
async def open_store(settings: Settings, *, size: int = 12) -> AsyncIterator[Store]:
    """Opens the database, its own or the one that DATABASE_URL names, and brings its schema up to date.

    When another process of this state folder runs the embedded server, that one is used. Raises PostgresError,
    StoreAway or Misset.
    """
    async with AsyncExitStack() as stack:
        dsn = settings.database_url
        if not dsn:
            settings.state_dir.mkdir(parents=True, exist_ok=True)
            try:
                keeper = Keeper(await postgres.start(settings.state_dir), settings.state_dir)
                stack.push_async_callback(keeper.stop)
                dsn = keeper.server.dsn
            except postgres.StateInUse:
                dsn = postgres.addresses(settings.state_dir).dsn
        for done in await migrate(dsn):
            log.info("migrated", version=done.version, name=done.name)
        pool = await connect_pool(dsn, size=size)
        stack.callback(pool.terminate)
        yield Store(dsn, pool)


def open_vault(settings: Settings) -> Vault:
    """The vault over SECRET_KEYS, else over keys of its own in the state folder. Raises Misset."""
    return Vault(settings.secret_keys or own_keys(settings.state_dir))


async def cancelled(task: asyncio.Task[None]) -> None:
    """Ends a loop, and waits until it has ended."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
