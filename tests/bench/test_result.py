"""What a run says: goals, safety, the command line, and that it cleans up behind itself."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from bench import fill
from bench.__main__ import arguments, broken, show
from bench.machine import busy, cpu, free_port, memory, size
from bench.result import row, safety
from bench.rig import NUMBER, USER, Rig
from tests.waiting import until

ROOT = Path(__file__).parent.parent.parent
KEYS = {"row", "value", "unit", "reference", "ratio", "goal", "met"}


@pytest.mark.parametrize(
    ("value", "more", "met"),
    [
        (5.0, {}, None),
        (5.0, {"goal": 5.0}, True),
        (4.9, {"goal": 5.0}, False),
        (5.0, {"goal": 5.0, "at_most": True}, True),
        (5.1, {"goal": 5.0, "at_most": True}, False),
        (9000.0, {"goal": 1.4, "ratio": 1.39}, False),
        (9000.0, {"goal": 1.4, "ratio": 1.41}, True),
    ],
)
def test_a_goal_is_for_the_ratio_where_there_is_one(value: float, more: dict[str, float], met: bool | None) -> None:
    found = row("intake", value, "messages/s", **more)  # type: ignore[arg-type]
    assert found["met"] is met
    assert set(found) == KEYS


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [("violations", 1, True), ("violations", 0, False), ("failures", 1, True), ("ms", 9, False)],
)
def test_only_a_broken_promise_breaks_a_run(unit: str, value: float, expected: bool) -> None:
    assert broken([row("x", value, unit, goal=0, at_most=True)]) is expected


def test_the_table_names_what_was_missed() -> None:
    lines: list[str] = []
    show([row("intake", 9000.0, "messages/s", goal=1.4, ratio=1.2, reference="R1 7500/s")], lines.append)
    assert lines[1].split() == ["intake", "9,000", "messages/s", "1.20", "1.4", "NO", "R1", "7500/s"]


@pytest.mark.parametrize(
    "given", [["nonsense"], ["--seconds", "0"], ["--seconds", "61"], ["--messages", "5"], ["--seconds", "x"]]
)
def test_what_cannot_run_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        arguments(given)
    assert refused.value.code == 2


def test_the_kernel_knows_this_process() -> None:
    assert cpu(os.getpid()) > 0
    assert cpu(0) == 0
    assert busy() > cpu(os.getpid())
    assert 5 < memory(os.getpid()) < 5000
    assert 0 < free_port() < 65536
    assert size().startswith(f"{os.cpu_count()} ")


@pytest.fixture
async def filled(dsn: str) -> Rig:
    admin = dsn.replace("//frontdesk@", "//postgres@")
    rig = Rig(dsn=dsn, admin_dsn=admin, postmaster=0, folder=Path())
    await rig.fetch("insert into users (user_id, email) values ($1, 'bench@example.com')", USER)
    await rig.fill_histories(range(3), 4)
    await rig.fill_sent_parts(range(40))
    return rig


BREAKS = {
    "nothing": ("select 1", 0),
    "a lost message": ("delete from messages where message_id = 'msg-1-4'; update messages set sender = 'agent' "
                       "where message_id = 'msg-1-1'", 1),
    "a gap": ("delete from messages where message_id = 'msg-1-2'", 1),
    "a number that is not the first": ("update messages set sequence_no = sequence_no + 4 "
                                       "where conversation_id = 'cnv-2'", 1),
}  # fmt: skip


@pytest.mark.parametrize(("statement", "violations"), BREAKS.values(), ids=BREAKS.keys())
async def test_safety_sees(filled: Rig, statement: str, violations: int) -> None:
    connection = await asyncpg.connect(filled.admin_dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
    found = await safety("x", filled)
    assert found["value"] == violations, found["reference"]


async def test_safety_compares_rows_with_the_answers_that_promised_them(filled: Rig) -> None:
    filled.accepted = 2
    assert (await safety("x", filled))["value"] == 2


async def test_what_is_put_in_place_is_what_the_load_writes_to(filled: Rig) -> None:
    rows = await filled.fetch(
        "select customer_phone, last_sequence_no, last_inbound_no, answered_no from conversations "
        "where customer_phone like '4670%' order by 1"
    )
    assert [tuple(row) for row in rows] == [(f"4670{n:07}", 4, 3, 3) for n in range(3)]
    parts = await filled.fetch("select part_id, platform_message_id from message_parts where user_id = $1", USER)
    assert {tuple(row) for row in parts} == {(f"p{n}", f"out.{n}") for n in range(40)}
    assert await filled.fetch("select 1 from messages where phone_number_id <> $1", NUMBER) == []
    assert set(fill.SQL) >= {"safety", "sends"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's own account may pass through, as it may through /tmp."""
    with tempfile.TemporaryDirectory(prefix="frontdesk-tests-") as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def bench(folder: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", *arguments, cwd=ROOT, env={**os.environ, "TMPDIR": str(folder)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.slow
async def test_a_row_runs_and_ends_with_a_line_for_programs(folder: Path) -> None:
    child = await bench(folder, "statuses", "--seconds", "0.2", "--json")
    out, said = await child.communicate()
    assert child.returncode == 0, said
    found = json.loads(out.splitlines()[-1])
    assert all(set(one) == KEYS for one in found)
    assert found[0]["row"] == "statuses"
    assert found[0]["value"] > 100
    assert left_in(folder) == []


@pytest.mark.slow
@pytest.mark.timeout(150)
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_an_interrupted_run_leaves_nothing_behind(folder: Path, how: signal.Signals) -> None:
    child = await bench(folder, "intake")

    async def loading() -> bool:
        return bool(left_in(folder, "frontdesk-bench-*/references.log"))

    await until(loading, seconds=40)
    child.send_signal(how)
    _, said = await asyncio.wait_for(child.communicate(), 40)
    assert child.returncode == 130
    assert b"Interrupted" in said
    assert left_in(folder) == []
    assert str(folder) not in everything_that_runs()


def left_in(folder: Path, pattern: str = "*") -> list[Path]:
    return list(folder.glob(pattern))


def everything_that_runs() -> str:
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)
