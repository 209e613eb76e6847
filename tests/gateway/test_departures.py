"""What never left this machine is sent after a crash; what may have left is not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from channels.base import Outbound
from gateway.bus import Bus
from gateway.db import Pool
from gateway.departures import BOOT, MOST_BYTES, Departures, traces
from gateway.outbox import Outbox
from tests.business import VAULT, Business
from tests.gateway.test_outbox import Line, reply
from tests.waiting import until


class Wire(Line):
    """A provider behind HTTP. `held` keeps a send from its connection."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        super().__init__()
        self.http = http
        self.url = url
        self.held = asyncio.Event()
        self.reached: list[str] = []

    async def send(self, part: Outbound) -> str:
        self.reached.append(part.text)
        if part.text.startswith("held"):
            await self.held.wait()
        async with self.http.post(self.url, json={"text": part.text}) as answer:
            return await answer.text()


@pytest.mark.parametrize("attempt_before", [False, True], ids=["first attempt", "an attempt before that left"])
async def test_after_a_crash_only_what_may_have_left_is_unknown(
    pool: Pool, business: Business, tmp_path: Path, attempt_before: bool
) -> None:
    taken: list[str] = []
    silent = asyncio.Event()

    async def take(request: web.Request) -> web.Response:
        taken.append((await request.json())["text"])
        await silent.wait()
        return web.Response(text="wamid.1")

    app = web.Application()
    app.router.add_post("/", take)
    async with TestServer(app) as server, aiohttp.ClientSession(trace_configs=[traces()]) as http:
        line = Wire(http, str(server.make_url("/")))
        await reply(business, ["gone"], customer="4670001")
        await reply(business, ["held"], customer="4670002")
        if attempt_before:
            await pool.execute("update message_parts set attempts = 3 where part_id = 'p-held'")
        former = Departures(tmp_path / "0.sends")
        outbox = _outbox(pool, line, former)
        await outbox.recover()
        if attempt_before:
            former._note(f"{business.user_id} p-held 3")
        running = asyncio.create_task(outbox.run())
        await until(lambda: _both(line.reached, taken))
        running.cancel()
        # The process dies here: nothing is stored of what it was doing, and its file stays as it is.
        await asyncio.gather(running, return_exceptions=True)
        await _outbox(pool, line, Departures(tmp_path / "0.sends")).recover()
        states = {row["part_id"]: row["state"] for row in await pool.fetch("select part_id, state from message_parts")}
        assert states == {"p-gone": "unknown", "p-held": "queued"}
        for task in outbox._tasks:
            task.cancel()
        await asyncio.gather(*outbox._tasks, return_exceptions=True)
        silent.set()


async def _both(reached: Sequence[str], taken: Sequence[str]) -> bool:
    return len(reached) == 2 and list(taken) == ["gone"]


def _outbox(pool: Pool, line: Line, departures: Departures) -> Outbox:
    return Outbox(
        pool, Bus(), VAULT, {"whatsapp": line}, owner="node-1", public_url="https://d.example", departures=departures
    )


def test_notes_of_another_boot_prove_nothing(tmp_path: Path) -> None:
    boot = tmp_path / "boot"
    boot.write_text("one\n")
    notes = Departures(tmp_path / "0.sends", boot)
    assert notes.former is None
    notes.start()
    assert Departures(tmp_path / "0.sends", boot).former == frozenset()
    boot.write_text("two\n")
    assert Departures(tmp_path / "0.sends", boot).former is None
    assert Departures(tmp_path / "0.sends", tmp_path / "none").former is None


def test_the_file_stays_small_and_keeps_what_is_under_way(tmp_path: Path) -> None:
    notes = Departures(tmp_path / "0.sends")
    notes.start()
    notes._note("usr early 1")
    for number in range(40_000):
        notes._note(f"usr_0123456789 prt_0123456789_{number} 1")
        notes.settled(f"usr_0123456789 prt_0123456789_{number} 1")
    assert (tmp_path / "0.sends").stat().st_size <= MOST_BYTES
    former = Departures(tmp_path / "0.sends").former
    assert former is not None
    assert "usr early 1" in former


@pytest.mark.skipif(not BOOT.exists(), reason="needs the kernel's name of this boot")
async def test_a_note_is_there_before_the_first_byte(tmp_path: Path) -> None:
    path, seen = tmp_path / "0.sends", []

    async def look(_request: web.Request) -> web.Response:
        seen.append(Departures(path).former)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", look)
    notes = Departures(path)
    notes.start()
    async with TestServer(app) as server, aiohttp.ClientSession(trace_configs=[traces()]) as http:
        for key in ("new connection", "kept connection"):
            with notes.sending(key):
                assert key not in (Departures(path).former or ())
                async with http.post(server.make_url("/")) as answer:
                    await answer.read()
        async with http.post(server.make_url("/")) as answer:
            await answer.read()
    assert [sorted(one or ()) for one in seen] == [
        ["new connection"], ["kept connection", "new connection"], ["kept connection", "new connection"],
    ]  # fmt: skip


async def test_without_room_for_notes_everything_is_sent_and_nothing_is_proven(tmp_path: Path) -> None:
    folder = tmp_path / "nodes"
    folder.mkdir()
    notes = Departures(folder / "0.sends")
    notes.start()
    shutil.rmtree(folder)
    for number in range(40_000):
        notes._note(f"usr_0123456789 prt_0123456789_{number} 1")
    folder.mkdir()
    assert Departures(folder / "0.sends").former is None
    shutil.rmtree(folder)
    notes.start()
    with notes.sending("key"):
        pass
