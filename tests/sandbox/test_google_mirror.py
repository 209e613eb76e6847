"""Whoever follows a calendar by sync tokens has what a full list has, whatever happens between two pages."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Client
from tests.sandbox.google_app import EVENTS, SECOND, connect, owner


class Mirror:
    """A copy of a calendar that is kept by changes alone."""

    def __init__(self, sandbox: Client, token: str, chance: random.Random) -> None:
        self._sandbox = sandbox
        self._headers = {"Authorization": f"Bearer {token}"}
        self._chance = chance
        self._sync: dict[str, str] = {}
        self.events: dict[str, tuple[str, str]] = {}

    async def page(self, **query: str) -> Any:
        status, found = await self._sandbox.ask("GET", EVENTS, params=query, headers=self._headers)
        assert status == 200, found
        return found

    async def look(self, happens: Callable[[], Awaitable[None]]) -> None:
        """One round; something happens between its pages."""
        query = {"maxResults": str(self._chance.randint(1, 4)), **self._sync}
        turned: dict[str, str] = {}
        while True:
            found = await self.page(**query, **turned)
            for each in found["items"]:
                if each["status"] == "cancelled":
                    self.events.pop(each["id"], None)
                else:
                    self.events[each["id"]] = (each["summary"], each["start"]["dateTime"])
            if "nextPageToken" not in found:
                self._sync = {"syncToken": found["nextSyncToken"]}
                return
            turned = {"pageToken": found["nextPageToken"]}
            await happens()

    async def truth(self) -> dict[str, tuple[str, str]]:
        found = await self.page(maxResults="2500")
        return {each["id"]: (each["summary"], each["start"]["dateTime"]) for each in found["items"]}


@pytest.mark.parametrize("seed", range(6))
async def test_a_mirror_follows(sandbox: Client, seed: int) -> None:
    chance = random.Random(seed)
    app = await connect(sandbox, SECOND)
    mirror = Mirror(sandbox, str(app.credentials.token), chance)
    alive: list[str] = []

    async def happens() -> None:
        do = chance.choice(("add", "add", "move", "rename", "delete")) if alive else "add"
        start = f"2026-12-{chance.randint(1, 28):02}T{chance.randint(0, 23):02}:00:00"
        wish: dict[str, Any] = {"account": SECOND, "start": start, "summary": f"n{chance.random()}"}
        if do != "add":
            wish["event"] = chance.choice(alive)
        event = await owner(sandbox, do, **wish)
        if do == "add":
            alive.append(event["id"])
        elif do == "delete":
            alive.remove(event["id"])

    for _ in range(8):
        for _ in range(chance.randint(0, 4)):
            await happens()
        await mirror.look(happens)
    await mirror.look(_nothing)
    assert mirror.events == await mirror.truth()
    assert set(mirror.events) == set(alive)


async def _nothing() -> None:
    pass
