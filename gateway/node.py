"""The name of this process among all that share the database: its machine's, and a slot that it holds alone.

While a process lives it holds its slot's file lock. Whoever takes the slot next therefore knows that the former holder
is dead, and may clean up behind it at once instead of waiting for leases to run out.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import IO

from gateway.ids import uuid7


class Node:
    """Holds a slot below the state folder until the process ends. `name` is the same for every holder of the slot;
    `departures` is where it notes what it sends."""

    def __init__(self, state_dir: Path) -> None:
        folder = state_dir / "nodes"
        folder.mkdir(parents=True, exist_ok=True)
        number = 0
        while (held := _hold(folder / str(number))) is None:
            number += 1
        self._file = held
        held.seek(0)
        self.name = held.read().strip()
        if not self.name:
            self.name = f"node-{uuid7()}"
            held.write(self.name)
            held.flush()
        self.departures = folder / f"{number}.sends"

    def close(self) -> None:
        """Lets the slot go."""
        self._file.close()


def _hold(path: Path) -> IO[str] | None:
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file
