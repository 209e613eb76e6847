"""What the kernel says of this machine and its processes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu(pid: int, *, ended: bool = False) -> float:
    """CPU seconds of a process, or of its children that ended; 0 when it is gone. proc(5)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    at = 13 if ended else 11
    return (int(fields[at]) + int(fields[at + 1])) / TICK


def busy() -> float:
    """CPU seconds that the whole machine has spent on anything."""
    user, nice, system, _idle, _wait, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    return sum(map(int, (user, nice, system, irq, softirq))) / TICK


def memory(pid: int) -> float:
    """Resident MB of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6


def children(pid: int) -> list[int]:
    """The process ids of the children of a process."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def size() -> str:
    """The machine in one line."""
    ram = os.sysconf("SC_PHYS_PAGES") * PAGE / 2**30
    model = "unknown CPU"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{os.cpu_count()} × {model}, {ram:.0f} GiB, Linux {os.uname().release}"
