"""The row about webchat: what an idle socket weighs, and how fast a message reaches many sockets."""

from __future__ import annotations

import resource
from dataclasses import asdict

from bench.crowd import Seen, Visit
from bench.machine import memory
from bench.result import Row, Run, row, safety
from bench.rig import SECRET_KEY, WEBCHAT, Driver, rig
from gateway.vault import Vault
from gateway.webchat.sessions import Sessions

SOCKETS = 10_000
ROOM, MESSAGES = 1000, 10


async def webchat(run: Run) -> list[Row]:
    """Ten thousand silent sockets, then a thousand of one visitor in which every message shows."""
    count = min(SOCKETS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
    sessions = Sessions(Vault([SECRET_KEY]))
    async with rig() as r:
        gateway, port = await r.gateway()
        empty = memory(gateway.pid)
        run.say(f"{count} sockets open")
        strangers = [sessions.issue(WEBCHAT)[0] for _ in range(count)]
        same = [sessions.issue(WEBCHAT)[0]] * ROOM
        crowd = Driver("bench.crowd", asdict(Visit(port=port, tokens=strangers)))
        room = Driver("bench.crowd", asdict(Visit(port=port, tokens=same, messages=MESSAGES)))
        try:
            await crowd.ready()
            full = memory(gateway.pid)
            crowd.end()
            run.say(f"{MESSAGES} messages to {ROOM} sockets")
            await room.ready()
            room.go()
            seen = Seen(**await room.result())
        finally:
            crowd.end()
            room.end()
        r.accepted += MESSAGES
        return [
            row("webchat-memory", (full - empty) * 1e3 / count, "kB an idle socket", goal=16, at_most=True,
                reference=f"{count} sockets, {full:.0f} MB"),
            row("webchat-fan-out", seen.frames / seen.seconds, "messages/s into sockets", goal=60_000,
                reference=f"one message in {ROOM} sockets"),
            await safety("webchat", r),
        ]  # fmt: skip
