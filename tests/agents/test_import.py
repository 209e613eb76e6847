"""What a process pays for the model side before its first turn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_sdk_is_not_imported_before_the_first_call() -> None:
    program = (
        "import sys; from agents.agent import Agent; from agents.model import Model; "
        "Agent(Model(api_key='k')); print([name for name in ('openai', 'httpx2', 'pydantic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
