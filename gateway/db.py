"""The pool, the named queries, and what counts as the database being away."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg
from pydantic_core import PydanticSerializationError, to_json

from gateway.errors import StoreAway

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    Connection = asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Pool, Connection = asyncpg.Pool, asyncpg.Connection

T = TypeVar("T")


class Row(Protocol):
    """A row by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.DiskFullError,
    asyncpg.OutOfMemoryError,
)
CLASH = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,
    asyncpg.CheckViolationError,
)

_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_BLOCK = re.compile(r"^-- (\w+) --$", re.MULTILINE)


def queries(beside: str) -> Mapping[str, str]:
    """Reads the named blocks of the .sql file that stands beside a module; `beside` is its `__file__`."""
    pieces = _BLOCK.split(Path(beside).with_suffix(".sql").read_text())
    return dict(zip(pieces[1::2], (text.strip() for text in pieces[2::2]), strict=True))


def jsonb(value: object, *, nul: str = "") -> str:
    """A value as PostgreSQL's jsonb holds it: without half characters and numbers that are none, `nul` for each NUL."""
    try:
        written = to_json(value, inf_nan_mode="null").decode()
    except PydanticSerializationError:  # half a character, which a model or a provider may have written
        written = json.dumps(value, default=str, ensure_ascii=False).encode("utf-8", "replace").decode()
    return without_nul(written, nul)


def without_nul(written: str, nul: str = "") -> str:
    """JSON without NUL. A text that only speaks of it, as `\\u0000` does in JSON, stays as it is."""
    return _NUL.sub(lambda found: found[1] + nul, written) if "\\u0000" in written else written


async def connect_pool(dsn: str, *, size: int = 12, read_only: bool = False) -> Pool:
    """Opens a pool, one that can't write when it is to be `read_only`. `?pgbouncer=true` in the DSN turns prepared
    statements off, for transaction pooling; there no connection can be told to be read-only.

    Raises StoreAway when nothing answers within ten seconds.
    """
    parts = urlsplit(dsn)
    options = dict(parse_qsl(parts.query))
    pooled_outside = options.pop("pgbouncer", "") in ("1", "true")
    dsn = urlunsplit(parts._replace(query=urlencode(options)))
    try:
        return await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            timeout=10,
            command_timeout=30,
            statement_cache_size=0 if pooled_outside else 200,
            max_inactive_connection_lifetime=0,
            server_settings={"default_transaction_read_only": "on"} if read_only and not pooled_outside else None,
        )
    except (*AWAY, asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise StoreAway(f"The database does not answer: {error}") from error


async def retry_clash(work: Callable[[], Awaitable[T]], tries: int = 5) -> T:
    """Runs a transaction again when another one got in its way. Raises StoreAway when the database is gone."""
    for attempt in range(tries):
        try:
            return await work()
        except CLASH:
            if attempt + 1 == tries:
                raise
            await asyncio.sleep(0.002 * 2**attempt)
        except AWAY as error:
            raise StoreAway(str(error) or type(error).__name__) from error
    raise AssertionError("unreachable")


@asynccontextmanager
async def tenant(pool: Pool, user_id: str) -> AsyncIterator[Connection]:
    """A transaction that sees the rows of one business alone: row-level security stands behind every query.

    Raises StoreAway when the database is gone.
    """
    try:
        async with pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "select set_config('role', 'frontdesk_tenant', true), set_config('frontdesk.user_id', $1, true)",
                user_id,
            )
            yield connection
    except AWAY as error:
        raise StoreAway(str(error) or type(error).__name__) from error
