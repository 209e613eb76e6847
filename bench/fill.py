"""Puts many rows in place before a load, and counts afterwards what is there."""

from __future__ import annotations

import asyncpg

from gateway.db import queries

SQL = queries(__file__)
WAL_FILES = 24


async def histories(dsn: str, user: str, number: str, customers: range, messages: int) -> None:
    """Gives customers a conversation each of so many messages, an even number, all answered."""
    span = (customers[0], customers[-1], messages)
    await _fill(dsn, [("customers", (user, number, *span)), ("history", (user, number, *span))])


async def sent_parts(dsn: str, user: str, number: str, parts: range) -> None:
    """Messages of ours that the provider took: parts p0, p1, … that it knows as out.0, out.1, …"""
    span = (user, number, parts[0], parts[-1])
    await _fill(dsn, [(name, span) for name in ("sent_conversations", "sent_messages", "sent_parts")])


async def age(dsn: str) -> None:
    """Leaves a new server with used WAL files to write into again, as any server has after its first hours.

    A new file is filled with zeros first, and every commit waits for that.
    """
    connection = await asyncpg.connect(dsn)
    try:
        for _ in range(WAL_FILES):
            await connection.execute("select pg_logical_emit_message(false, 'age', 'x'), pg_switch_wal()")
        await connection.execute("checkpoint")
    finally:
        await connection.close()


async def _fill(dsn: str, steps: list[tuple[str, tuple[object, ...]]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        # Neither triggers nor foreign keys: the rows are right, and there may be millions.
        await connection.execute("set session_replication_role = replica; set synchronous_commit = off")
        for name, values in steps:
            await connection.execute(SQL[name], *values)
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()
