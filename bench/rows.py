"""The rows of the design's speed table, by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bench import console, sizes, sockets, turns, webhooks, widget
from bench.result import Row, Run

ROWS: Mapping[str, Callable[[Run], Awaitable[list[Row]]]] = {
    "intake": webhooks.intake,
    "intake-2": webhooks.intake_2,
    "latency": webhooks.latency,
    "hot": webhooks.hot,
    "slow-disk": webhooks.slow_disk,
    "statuses": webhooks.statuses,
    "turn": turns.turn,
    "in-flight": turns.in_flight,
    "webchat": sockets.webchat,
    "widget": widget.widget,
    "console": console.console,
    "memory": sizes.memory_rows,
    "growth": sizes.growth,
    "start": sizes.start,
}
