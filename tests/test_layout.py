"""The shape of the house: who may import whom, how large a part may be, and names that others own."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("gateway", "channels", "agents", "sandbox", "bench")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TYPESCRIPT = sorted(
    p for p in (ROOT / "frontend").rglob("*.ts*") if "node_modules" not in p.parts and "dist" not in p.parts
)


def test_imports_point_one_way() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(command)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", [*SOURCES, *TYPESCRIPT], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_is_short_enough_to_read(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_is_short_enough_to_see(path: Path) -> None:
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno >= 50
    ]
    assert long == []


@pytest.mark.parametrize("name", ["gateway", "channels", "agents", "sandbox"])
def test_our_names_are_ours(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.submodule_search_locations is not None
    assert Path(next(iter(spec.submodule_search_locations))).parent == ROOT
    assert name not in packages_distributions()


def test_no_file_hides_the_calendar_of_the_standard_library() -> None:
    assert [path for path in SOURCES if path.stem == "calendar" or path.parent.name == "calendar"] == []


def test_every_setting_stands_in_the_readme() -> None:
    source = (ROOT / "gateway" / "settings.py").read_text()
    names = set(re.findall(r'"([A-Z][A-Z_]{3,})"', source)) - {"XDG_STATE_HOME"}
    readme = (ROOT / "README.md").read_text()
    assert {name for name in names if f"`{name}`" not in readme} == set()


def test_every_hop_of_a_message_that_the_readme_names_exists() -> None:
    hops = re.findall(r"`([a-z_/]+\.(?:py|sql)):(\w+)`", (ROOT / "README.md").read_text())
    assert len(hops) >= 6
    for path, name in hops:
        text = (ROOT / path).read_text()
        assert re.search(rf"(?:def|class|function) {name}\b", text), f"{path}:{name}"


def test_no_key_file_lies_in_the_tree() -> None:
    kept = [path for path in ROOT.rglob("*") if not {".git", ".venv", ".state", "node_modules"} & set(path.parts)]
    assert not [path for path in kept if path.suffix in (".pem", ".key", ".p12") or path.name == ".env"]
