"""The embedded PostgreSQL, against real servers: who it runs as, what survives, and what is refused."""

# Nothing else runs on the loop of these tests, so that looking at files directly holds nobody up.
# ruff: noqa: ASYNC220, ASYNC240

import asyncio
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from gateway import postgres
from gateway.postgres_home import choose_account, find_binaries

ROOT = Path(__file__).resolve().parents[2]
DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
NOBODY = 65534
NO_ENTRY = 54321

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a server away")
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's word at a parent's death is Linux's")

BINARIES = [
    pytest.param(None, id="wheel"),
    pytest.param(
        DEBIAN_15,
        id="debian-15",
        marks=pytest.mark.skipif(not DEBIAN_15.exists(), reason="Debian's PostgreSQL 15 is not here"),
    ),
]

StartGateway = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]

# A gateway of its own: becomes another user when told to, starts the server, says so, and ends with its input.
GATEWAY = """
import asyncio, json, os, sys
from pathlib import Path
from gateway import postgres

async def main(state_dir):
    try:
        server = await postgres.start(Path(state_dir), fsync=False)
    except postgres.PostgresError as error:
        print(json.dumps({"error": type(error).__name__, "detail": str(error)}), flush=True)
        return
    print(json.dumps({"dsn": server.dsn, "admin_dsn": server.admin_dsn, "pid": server.pid}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()

# Whatever is imported late comes now: the interpreter may lie in a home that the other user cannot enter.
asyncio.run(asyncio.to_thread("x".encode, "idna"))
uid = int(sys.argv[2])
if uid != os.geteuid():
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
asyncio.run(main(sys.argv[1]))
"""


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """A state folder that any account can reach, which pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="frontdesk-test-"))
    folder.chmod(0o755)
    yield folder / "state"
    for home in folder.glob("**/postgres"):
        if home.is_symlink():
            shutil.rmtree(home.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def gateway() -> Iterator[StartGateway]:
    """Start a gateway in a process of its own: the process, and what it said."""
    started: list[subprocess.Popen[str]] = []

    def start(state_dir: Path, uid: int = os.geteuid()) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        process = subprocess.Popen(
            [sys.executable, "-c", GATEWAY, str(state_dir), str(uid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        started.append(process)
        assert process.stdout is not None
        return process, json.loads(process.stdout.readline())

    yield start
    for process in started:
        process.kill()
        process.communicate()


async def run(dsn: str, sql: str) -> Any:
    """The value of the last statement of `sql`."""
    connection = await asyncpg.connect(dsn)
    try:
        *statements, last = sql.split(";")
        for statement in statements:
            await connection.execute(statement)
        return await connection.fetchval(last)
    finally:
        await connection.close()


async def eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait for the condition."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "the condition did not come about"
        await asyncio.sleep(0.005)


def alive(pid: int) -> bool:
    """Whether the process is there; one that ended and that nobody has asked about is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("bin_dir", BINARIES)
async def test_data_is_kept_over_restarts(state_dir: Path, bin_dir: Path | None) -> None:
    cold = await postgres.start(state_dir, fsync=False, bin_dir=bin_dir)
    assert await run(cold.dsn, "create table kept (n int); insert into kept values (7); select n from kept") == 7
    await cold.stop()
    assert not cold.running
    warm = await postgres.start(state_dir, fsync=False, bin_dir=bin_dir)
    try:
        assert await run(warm.dsn, "select n from kept") == 7
        assert await run(warm.dsn, "select current_setting('server_encoding') || ' ' || ('a' < 'B')") == "UTF8 false"
        assert await run(warm.dsn, "select current_setting('max_connections')") == "100"
        assert await run(warm.dsn, "select current_setting('listen_addresses')") == ""
    finally:
        await warm.stop()


async def test_the_owner_is_bound_by_row_level_security(state_dir: Path) -> None:
    server = await postgres.start(state_dir, fsync=False)
    try:
        rights = (
            "select concat_ws(' ', rolsuper, rolbypassrls, rolcreaterole, rolcreatedb) from pg_roles where rolname = "
        )
        assert await run(server.dsn, rights + "current_user") == "f f t t"
        assert await run(server.dsn, "select current_user || ' ' || current_database()") == "frontdesk frontdesk"
        assert await run(server.admin_dsn, rights + "current_user") == "t t t t"
        walled = (
            "create table walled (n int); insert into walled values (1); alter table walled enable row level security;"
            "alter table walled force row level security; select count(*) from walled"
        )
        assert await run(server.dsn, walled) == 0
    finally:
        await server.stop()


async def test_a_second_gateway_is_refused_and_told_where_the_first_listens(state_dir: Path) -> None:
    server = await postgres.start(state_dir, fsync=False)
    try:
        with pytest.raises(postgres.StateInUse, match=rf"process {os.getpid()} .* DATABASE_URL") as refused:
            await postgres.start(state_dir)
        assert refused.value.pid == os.getpid()
        assert postgres.addresses(state_dir) == (server.dsn, server.admin_dsn)
        assert await run(postgres.addresses(state_dir).dsn, "select 1") == 1
    finally:
        await server.stop()


async def test_stopping_twice_and_starting_after_it(state_dir: Path) -> None:
    first = await postgres.start(state_dir, fsync=False)
    await first.stop()
    second = await postgres.start(state_dir, fsync=False)
    await first.stop()
    assert second.running
    await second.stop()


async def test_a_killed_postmaster_loses_nothing_that_was_committed(state_dir: Path) -> None:
    server = await postgres.start(state_dir)
    session = await asyncpg.connect(server.dsn)
    await session.execute("create table kept (n int)")
    await session.execute("insert into kept select generate_series(1, 1000)")
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not server.running)
    session.terminate()
    await server.stop()
    again = await postgres.start(state_dir)
    try:
        assert await run(again.dsn, "select count(*) from kept") == 1000
    finally:
        await again.stop()


async def test_a_session_that_outlives_a_killed_postmaster_is_waited_for(state_dir: Path) -> None:
    server = await postgres.start(state_dir, fsync=False)
    session = await asyncpg.connect(server.dsn)
    backend = await session.fetchval("select pg_backend_pid()")
    os.kill(backend, signal.SIGSTOP)
    os.kill(server.pid, signal.SIGKILL)
    await server.stop()
    starting = asyncio.create_task(postgres.start(state_dir, fsync=False))
    log = state_dir / "postgres/log"
    await eventually(lambda: "pre-existing shared memory" in log.read_text())
    os.kill(backend, signal.SIGCONT)
    again = await starting
    assert await run(again.dsn, "select 1") == 1
    await again.stop()
    session.terminate()


async def test_a_cancelled_start_leaves_nothing_behind(state_dir: Path) -> None:
    await (await postgres.start(state_dir, fsync=False)).stop()
    note = state_dir.resolve() / "postgres/data/postmaster.pid"
    starting = asyncio.create_task(postgres.start(state_dir, fsync=False))
    await eventually(note.exists)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    again = await postgres.start(state_dir, fsync=False)
    assert await run(again.dsn, "select 1") == 1
    await again.stop()


async def test_a_start_after_an_interrupted_making(state_dir: Path) -> None:
    half_made = state_dir / "postgres/data.new-1"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    server = await postgres.start(state_dir, fsync=False)
    await server.stop()
    assert not half_made.exists()


async def test_a_note_of_a_server_whose_number_another_program_has_now(state_dir: Path) -> None:
    await (await postgres.start(state_dir, fsync=False)).stop()
    note = state_dir / "postgres/data/postmaster.pid"
    account = choose_account(note.parent)
    other = subprocess.Popen(["/bin/sleep", "60"], user=account.uid if os.geteuid() == 0 else None)
    try:
        note.write_text(f"{other.pid}\n{note.parent}\n1\n5432\n\n\n\nready   \n")
        server = await postgres.start(state_dir, fsync=False)
        assert await run(server.dsn, "select 1") == 1
        assert other.poll() is None
        await server.stop()
    finally:
        other.kill()
        other.wait()


async def test_data_of_another_major_version_is_refused(state_dir: Path) -> None:
    await (await postgres.start(state_dir, fsync=False)).stop()
    version = state_dir / "postgres/data/PG_VERSION"
    version.write_text("14\n")
    with pytest.raises(postgres.VersionDiffers, match=r"written by PostgreSQL 14, .* dump it with 14 \(pg_dumpall\)"):
        await postgres.start(state_dir, fsync=False)
    assert version.exists()


async def test_a_folder_without_binaries_is_refused(state_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(postgres.BinariesMissing, match="DATABASE_URL"):
        await postgres.start(state_dir, bin_dir=tmp_path)


async def test_a_server_that_cannot_start_says_why_and_lets_go(state_dir: Path) -> None:
    await (await postgres.start(state_dir, fsync=False)).stop()
    settings = state_dir / "postgres/data/postgresql.conf"
    good = settings.read_text()
    settings.write_text(good + "\nno_such_setting = 1\n")
    with pytest.raises(postgres.StartFailed, match="no_such_setting"):
        await postgres.start(state_dir, fsync=False)
    settings.write_text(good)
    await (await postgres.start(state_dir, fsync=False)).stop()


async def test_a_path_too_long_for_a_socket(state_dir: Path) -> None:
    deep = state_dir / ("d" * 60) / ("e" * 60)
    server = await postgres.start(deep, fsync=False)
    sockets = Path(await run(server.admin_dsn, "select current_setting('unix_socket_directories')"))
    try:
        assert sockets.stat().st_mode & 0o777 == 0o700
        assert postgres.addresses(deep).dsn == server.dsn
    finally:
        await server.stop()
        sockets.rmdir()


@as_root
async def test_a_closed_home_stays_closed(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o700)
    server = await postgres.start(state_dir / "inner", fsync=False)
    await run(server.dsn, "create table kept as select 7 as n; select 1")
    await server.stop()
    assert state_dir.stat().st_mode & 0o777 == 0o700
    assert (state_dir / "inner/postgres").is_symlink()
    again = await postgres.start(state_dir / "inner", fsync=False)
    assert await run(again.dsn, "select n from kept") == 7
    await again.stop()


@as_root
async def test_binaries_out_of_reach_are_lent(state_dir: Path) -> None:
    wheel = find_binaries().folder.parent
    closed = state_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    package = closed / wheel.parent.name
    shutil.copytree(wheel, package / wheel.name, copy_function=os.link)
    libraries = wheel.parent.with_name(f"{wheel.parent.name}.libs")
    shutil.copytree(libraries, closed / libraries.name, copy_function=os.link)
    for _ in range(2):
        server = await postgres.start(state_dir, fsync=False, bin_dir=package / wheel.name / "bin")
        running = Path(f"/proc/{server.pid}/exe").readlink()
        await server.stop()
        assert running.is_relative_to(state_dir / "postgres/runtime")
    assert closed.stat().st_mode & 0o777 == 0o700


@as_root
async def test_the_server_of_root_is_not_root(state_dir: Path) -> None:
    server = await postgres.start(state_dir, fsync=False)
    try:
        assert pwd.getpwuid(Path(f"/proc/{server.pid}").stat().st_uid).pw_name in {"postgres", "nobody"}
        data = state_dir / "postgres/data"
        assert (data.stat().st_mode & 0o777, data.stat().st_uid) == (0o700, Path(f"/proc/{server.pid}").stat().st_uid)
    finally:
        await server.stop()


@pytest.mark.slow
@on_linux
async def test_the_server_of_a_killed_gateway_ends_cleanly(state_dir: Path, gateway: StartGateway) -> None:
    process, said = gateway(state_dir)
    session = await asyncpg.connect(said["dsn"])
    process.kill()
    await eventually(lambda: not alive(said["pid"]))
    session.terminate()
    assert "database system is shut down" in (state_dir / "postgres/log").read_text()
    assert not (state_dir / "postgres/data/postmaster.pid").exists()


@pytest.mark.slow
async def test_a_start_at_the_moment_the_last_gateway_was_killed(state_dir: Path, gateway: StartGateway) -> None:
    sql = "create table if not exists kept (n int); insert into kept values (1); select count(*) from kept"
    for number in range(5):
        process, said = gateway(state_dir)
        assert "error" not in said, said
        assert await run(said["dsn"], sql) == number + 1
        process.kill()
        process.wait()
    server = await postgres.start(state_dir, fsync=False)
    assert await run(server.dsn, "select count(*) from kept") == 5
    await server.stop()


@pytest.mark.slow
@as_root
async def test_an_ordinary_user(state_dir: Path, gateway: StartGateway) -> None:
    if not choose_account(state_dir).can_pass(find_binaries().folder):
        pytest.skip("this checkout is closed to ordinary users")
    state_dir.mkdir()
    os.chown(state_dir, NOBODY, NOBODY)
    process, said = gateway(state_dir, NOBODY)
    assert "error" not in said, said
    assert Path(f"/proc/{said['pid']}").stat().st_uid == NOBODY
    assert await run(said["dsn"], "select current_user") == "frontdesk"
    process.kill()
    await eventually(lambda: not alive(said["pid"]))


@pytest.mark.slow
@as_root
@pytest.mark.parametrize(
    ("uid", "error"),
    [pytest.param(NOBODY, "StateForeign", id="not-the-owner"), pytest.param(NO_ENTRY, "AccountMissing", id="no-entry")],
)
async def test_an_ordinary_user_who_cannot(state_dir: Path, gateway: StartGateway, uid: int, error: str) -> None:
    state_dir.mkdir(mode=0o755)
    if uid == NO_ENTRY:
        os.chown(state_dir, uid, uid)
    else:
        await (await postgres.start(state_dir, fsync=False)).stop()
    _, said = gateway(state_dir, uid)
    assert said["error"] == error
