"""`./frontdesk` in a checkout of its own, with nothing to install but what makes a virtual environment."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "import os, sys; print(os.getpid(), os.environ['PYTHONPATH'], *sys.argv[1:]); sys.exit('fail' in sys.argv)"

Run = Callable[..., subprocess.CompletedProcess[str]]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The script, a gateway that says how it was called, and requirements that ask for nothing."""
    folder = tmp_path / "a check out"
    (folder / "requirements").mkdir(parents=True)
    shutil.copy(ROOT / "frontdesk", folder)
    for name in ("runtime", "dev"):
        (folder / f"requirements/{name}.txt").write_text(f"# {name}\n")
    if (ROOT / ".state/pip").exists():
        # What a Python without ensurepip needed is not fetched again for each test.
        shutil.copytree(ROOT / ".state/pip", folder / ".state/pip")
    (folder / "gateway").mkdir()
    (folder / "gateway/__main__.py").write_text(GATEWAY)
    return folder


def start(checkout: Path, *arguments: str, **env: str) -> subprocess.Popen[str]:
    """Start the script from a folder that is not the checkout."""
    return subprocess.Popen(
        [str(checkout / "frontdesk"), *arguments],
        cwd="/",
        env={**os.environ, "PYTHON": sys.executable, "FRONTDESK_NO_UV": "1", **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(checkout: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    """Exit code, output and errors."""
    process = start(checkout, *arguments, **env)
    output, errors = process.communicate(timeout=200)
    return process.returncode, output.replace(f"{process.pid} ", "PID ", 1), errors


@pytest.mark.parametrize("arguments", [(), ("--help",), ("help",)])
def test_help_installs_nothing(checkout: Path, arguments: tuple[str, ...]) -> None:
    code, output, errors = run(checkout, *arguments)
    assert (code, errors) == (0, "")
    commands = [
        "demo",
        "serve",
        "migrate",
        "doctor",
        "replay",
        "user",
        "member",
        "person",
        "key",
        "credits",
        "test",
        "check",
        "bench",
        "chaos",
    ]
    assert [line.split()[0] for line in output.splitlines() if line.startswith("  ")] == commands
    assert not (checkout / ".venv").exists()


def test_the_first_start_installs_and_the_second_is_quiet(checkout: Path) -> None:
    code, output, errors = run(checkout, "serve", "--role", "web")
    assert (code, output) == (0, f"PID {checkout} serve --role web\n")
    assert [line.split("  ")[1].split()[0] for line in errors.splitlines()] == ["making", "installing"]
    assert run(checkout, "doctor", "a b") == (0, f"PID {checkout} doctor a b\n", "")
    assert run(checkout, "fail")[0] == 1


def test_two_first_starts_at_once(checkout: Path) -> None:
    processes = [start(checkout, "doctor") for _ in range(3)]
    said = [process.communicate(timeout=200)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum("making .venv" in errors for errors in said) == 1


def test_an_interrupted_install_is_made_anew(checkout: Path) -> None:
    half_made = checkout / ".venv/lib/half.py"
    half_made.parent.mkdir(parents=True)
    half_made.write_text("")
    (checkout / ".venv/bin").mkdir()
    (checkout / ".venv/bin/python").symlink_to(sys.executable)
    code, _, errors = run(checkout, "doctor")
    assert code == 0
    assert "making .venv" in errors
    assert not half_made.exists()


def test_changed_requirements_are_installed_into_what_is_there(checkout: Path) -> None:
    run(checkout, "doctor")
    (checkout / "requirements/runtime.txt").write_text("# another\n")
    code, _, errors = run(checkout, "doctor")
    assert code == 0
    assert "making" not in errors
    assert "installing" in errors


def test_requirements_that_cannot_be_had_are_tried_again(checkout: Path) -> None:
    wanted = checkout / "requirements/runtime.txt"
    wanted.write_text("no-such-thing==1 --hash=sha256:00\n")
    for _ in range(2):
        code, output, errors = run(checkout, "doctor", PIP_NO_INDEX="1")
        assert (code, output) == (1, "")
        assert "could not be installed" in errors
    wanted.write_text("# nothing\n")
    assert run(checkout, "doctor")[0] == 0


def test_a_python_that_does_not_work_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3", "python3.14", "python3.13", "python3.12"):
        (shims / name).write_text("#!/bin/sh\nexit 127\n")
        (shims / name).chmod(0o755)
    (shims / "python3.11").symlink_to(sys.executable)
    assert run(checkout, "doctor", PYTHON="", PATH=f"{shims}:/usr/bin:/bin")[0] == 0
    shutil.rmtree(checkout / ".venv")
    code, _, errors = run(checkout, "doctor", PYTHON="", PATH=str(_tools(tmp_path)))
    assert code == 1
    assert "Python 3.11 to 3.14 was not found" in errors


def _tools(folder: Path) -> Path:
    """A PATH on which everything is that the script asks for, but Python."""
    tools = folder / "tools"
    tools.mkdir()
    for name in ("cmp", "cp", "dirname", "grep", "mkdir", "mv", "rm"):
        (tools / name).symlink_to(shutil.which(name) or "")
    return tools


def test_a_front_end_that_cannot_be_built_is_gone_without(checkout: Path) -> None:
    (checkout / "frontend").mkdir()
    (checkout / "frontend/build.py").write_text("import sys; sys.exit('no node')")
    code, output, errors = run(checkout, "serve")
    assert (code, output) == (0, f"PID {checkout} serve\n")
    assert "no node" in errors
    assert "could not be built" in errors
    assert "built" not in run(checkout, "doctor")[2]


def test_a_link_to_the_script(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/frontdesk").symlink_to(checkout / "frontdesk")
    assert run(tmp_path / "bin", "doctor")[1] == f"PID {checkout} doctor\n"


def test_colours_stay_off_what_is_no_terminal(checkout: Path) -> None:
    assert "\033" not in run(checkout, "doctor")[2]
