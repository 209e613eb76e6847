"""The API answers as its own document says, whatever is sent: schemathesis reads it and tries each operation.

FUZZING_SEED and FUZZING_EXAMPLES try other requests, or more of them.
"""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest

from gateway.db import Pool
from tests.business import Business
from tests.gateway.api.fuzzing import callers, config, known, stock, talk, web_only

ROOT = Path(__file__).parents[3]
SEED = os.environ.get("FUZZING_SEED", "1")
LEAST_DONE = 45
EXAMPLES = os.environ.get("FUZZING_EXAMPLES", "10")


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_every_operation_answers_as_documented(dsn: str, pool: Pool, business: Business, tmp_path: Path) -> None:
    await talk(dsn, business, tmp_path)
    async with web_only(dsn, pool, tmp_path) as desk:
        ids = await stock(desk, business, tmp_path)
        who = await callers(business)
        settings, told = tmp_path / "schemathesis.toml", tmp_path / "known.json"
        settings.write_text(config(who))
        told.write_text(known(ids))
        status, output = await _schemathesis(settings, told, f"{desk.url}/v1/openapi.json")
    assert status == 0, output
    done = await pool.fetchval("select count(distinct action) from audit_log where actor_kind = 'key'")
    assert done >= LEAST_DONE, f"only {done} operations ever changed anything: the rest is not really tried"
    ended = await pool.fetchval("select count(*) from api_keys where revoked_at is not null and name = any($1)", [*who])
    assert ended == 0, "an operation was tried with a key that another one had ended"


async def _schemathesis(settings: Path, told: Path, url: str) -> tuple[int, str]:
    """Runs it in a process of its own, so that it takes the other processor."""
    program = "from schemathesis.cli import schemathesis; schemathesis()"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, "--config-file", str(settings), "run", url, "--no-color",
        "--seed", SEED, "--max-examples", EXAMPLES, cwd=ROOT, stdout=PIPE, stderr=STDOUT,
        env={**os.environ, "FUZZING_KNOWN": str(told), "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode(errors="replace")
