"""`python -m sandbox` as a process: its file, its refusals, its restart."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from sandbox.ids import Ids, business_scoped_id
from tests.ports import free_port
from tests.sandbox.conftest import config_for
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent


async def _start(*arguments: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox", *arguments, cwd=ROOT, stdout=pipe, stderr=pipe
    )


async def _config(http: ClientSession, port: int) -> Any:
    async def ask() -> Any:
        try:
            async with http.get(f"http://localhost:{port}/_sandbox/config") as answer:
                return await answer.json()
        except ClientError:
            return None

    return await until(ask)


@pytest.mark.slow
async def test_it_runs_from_a_file_and_ends_when_asked(tmp_path: Path) -> None:
    path, port = tmp_path / "config.json", free_port()
    path.write_text(json.dumps({**config_for("http://localhost:1"), "api_key": "from the file"}))
    process = await _start("--port", str(port), "--config", str(path))
    async with ClientSession() as http:
        assert (await _config(http, port))["api_key"] == "from the file"
        stream = await http.get(f"http://localhost:{port}/_sandbox/events")
        process.terminate()
        out, err = await asyncio.wait_for(process.communicate(), 10)
        stream.close()
    assert (process.returncode, err) == (0, b"")
    assert f"http://localhost:{port}".encode() in out


@pytest.mark.slow
@pytest.mark.parametrize("content", ["{", '{"gateway": "nowhere"}'])
async def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(content)
    process = await _start("--config", str(path))
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert b"config.json cannot be used" in err


def test_ids_differ_from_run_to_run_and_a_customers_id_does_not() -> None:
    one, other = Ids(), Ids()
    made = [mint() for ids in (one, one, other) for mint in (ids.wamid, ids.mid, ids.sid, ids.hex32)]
    assert len(set(made)) == len(made)
    assert business_scoped_id("46700") == business_scoped_id("46700") != business_scoped_id("46701")
