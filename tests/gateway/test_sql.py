"""Every named query is prepared against the real schema, and every migration keeps its promises."""

from __future__ import annotations

import asyncio
from pathlib import Path

import asyncpg
import pytest

from gateway.db import Pool, queries, tenant
from gateway.errors import Misset
from gateway.migrate import FOLDER, load, migrate
from gateway.postgres import Postgres
from tests.business import Business
from tests.conftest import alone, on_database

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "gateway").rglob("*.sql"))
BLOCKS = [(path, name, text) for path in FILES for name, text in queries(str(path.with_suffix(".py"))).items()]


async def test_each_query_fits_the_schema(pool: Pool) -> None:
    wrong = []
    async with pool.acquire() as connection:
        for path, name, text in BLOCKS:
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                wrong.append(f"{path.name} {name}: {error}")
    assert len(BLOCKS) > 500
    assert wrong == []


async def test_migrating_again_does_nothing(dsn: str) -> None:
    assert await migrate(dsn) == []


async def test_starts_at_once_on_an_empty_database_apply_each_file_once(server: Postgres, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("create database fresh_start")
    fresh = on_database(server.dsn, "fresh_start")
    try:
        done = await asyncio.gather(*(migrate(fresh) for _ in range(4)))
        assert sorted(len(one) for one in done) == [0, 0, 0, len(load())]
    finally:
        await connection.close()
        await alone(server.dsn, "drop database fresh_start with (force)")


async def test_an_edited_migration_is_refused(dsn: str, tmp_path: Path) -> None:
    for path in FOLDER.glob("*.sql"):
        (tmp_path / path.name).write_text(path.read_text() + ("\n-- edited" if path.name.startswith("0002") else ""))
    with pytest.raises(Misset, match="2 intake was edited"):
        await migrate(dsn, tmp_path)


async def test_a_database_from_a_newer_build_is_refused(pool: Pool, dsn: str) -> None:
    await pool.execute("insert into schema_migrations values (9999, 'later', 'x', now(), 1)")
    with pytest.raises(Misset, match="newer than this build"):
        await migrate(dsn)


async def test_the_role_that_we_connect_as_is_no_superuser(pool: Pool) -> None:
    assert await pool.fetchval("select rolsuper or rolbypassrls from pg_roles where rolname = current_user") is False


async def test_each_table_of_a_business_has_the_second_wall(pool: Pool) -> None:
    unguarded = await pool.fetch(
        """
        select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id'
        where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'routes'
            and not (c.relrowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid))
        """
    )
    assert unguarded == []


async def test_each_key_of_a_business_begins_with_the_business(pool: Pool) -> None:
    keys = await pool.fetch(
        """
        select i.indexrelid::regclass::text as key, a.attname as first
        from pg_index i
        join pg_class c on c.oid = i.indrelid
        join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
        join pg_attribute u on u.attrelid = i.indrelid and u.attname = 'user_id'
        where i.indisunique and c.relnamespace = 'public'::regnamespace and c.relname not in ('routes', 'users')
        """
    )
    assert keys
    assert {row["first"] for row in keys} == {"user_id"}


async def test_a_business_sees_no_row_of_another(pool: Pool, business: Business) -> None:
    other = await Business.create(pool)
    async with tenant(pool, business.user_id) as connection:
        for table in ("users", "phone_numbers", "agents", "prompts", "prompt_versions", "credits", "credit_ledger"):
            owners = await connection.fetch(f"select distinct user_id from {table}")  # noqa: S608
            assert [row["user_id"] for row in owners] == [business.user_id], table
        assert (
            await connection.execute("update agents set name = 'mine' where user_id = $1", other.user_id) == "UPDATE 0"
        )
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("insert into prompts values ($1, 'p', 'stolen')", other.user_id)


async def test_a_prompt_version_never_changes(pool: Pool, business: Business) -> None:
    with pytest.raises(asyncpg.RestrictViolationError):
        await pool.execute("update prompt_versions set instructions = 'other'")


async def test_the_balance_is_the_sum_of_the_ledger(pool: Pool, business: Business) -> None:
    for n, delta in enumerate((-5, 7, -2)):
        await pool.execute("insert into credit_ledger values ($1, $2, $3, 'test')", business.user_id, f"e{n}", delta)
    row = await pool.fetchrow("select remaining_credits, total_used from credits")
    assert row is not None
    assert tuple(row) == (1000, 7)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("insert into credit_ledger values ($1, 'e9', -1001, 'too much')", business.user_id)
    assert await pool.fetchval("select sum(delta) from credit_ledger") == 1000
