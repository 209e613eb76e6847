"""The live feed: an inbox that is never asked for, and a watcher who comes back and has missed nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from gateway.api.feed import Reading
from gateway.api.keys import create_key
from gateway.bus import Bus
from gateway.db import Pool
from gateway.inbox import Inbox
from gateway.intake import Envelope, Intake
from tests.business import Business
from tests.desk import Desk
from tests.providers import change, whatsapp
from tests.waiting import until


class Stream:
    """What one watcher was told: (kind, data), and the last id that he would come back with."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []
        self.last = ""
        self.watching = asyncio.Event()

    def of(self, kind: str) -> list[Any]:
        return [data for told, data in self.told if told == kind]

    async def read(self, lines: Any) -> None:
        kind = ""
        async for raw in lines:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if value == "watching":
                self.watching.set()
            elif name == "event":
                kind = value
            elif name == "id":
                self.last = value
            elif name == "data":
                self.told.append((kind, json.loads(value)))


@asynccontextmanager
async def watching(desk: Desk, key: str, last: str = "") -> AsyncIterator[Stream]:
    headers = {"Authorization": f"Bearer {key}", **({"Last-Event-ID": last} if last else {})}
    stream = Stream()
    async with desk.http.get(f"{desk.url}/v1/live", headers=headers) as answer:
        assert answer.status == 200
        reading = asyncio.create_task(stream.read(answer.content))
        await stream.watching.wait()
        yield stream
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def said(stream: Stream, kind: str, fits: Callable[[Any], bool] = lambda _: True) -> Any:
    """The first piece of a kind that fits, once it is there."""

    async def found() -> list[Any]:
        return [data for data in stream.of(kind) if fits(data)]

    return (await until(found, 20))[0]


async def test_an_inbox_is_live_from_the_first_message_to_the_read_tick(
    open_desk: Desk, pool: Pool, business: Business
) -> None:
    key = await create_key(pool, business.user_id, "k", ["*"])
    async with watching(open_desk, key) as stream:
        await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi <b>there</b>")])))
        first = await said(stream, "conversation")
        assert (first["customer_phone"], first["platform"], first["owner"]) == ("4670", "whatsapp", "agent")
        answered = await said(stream, "conversation", lambda one: one["last_sequence_no"] == 2)
        assert (answered["last_author"], answered["preview"]) == ("ai", "You said: hi <b>there</b>")
        sent = await said(stream, "status", lambda one: one["status"] == "sent")
        assert sent["sequence_no"] == 2
        part = await pool.fetchval("select platform_message_id from message_parts")
        await open_desk.hook(whatsapp(change(business.number.address, statuses=[(part, "read")])))
        await said(stream, "status", lambda one: one["status"] == "read")
        path = f"{open_desk.url}/v1/conversations/{first['conversation_id']}"
        async with open_desk.http.patch(
            path, json={"owner": "human", "assignee": "Bo"}, headers={"Authorization": f"Bearer {key}"}
        ) as answer:
            assert answer.status == 200
        taken = await said(stream, "conversation", lambda one: one["owner"] == "human")
        assert taken["assignee"] == "Bo"


async def test_what_a_slow_provider_takes_is_seen_when_it_has_taken_it(
    open_desk: Desk, pool: Pool, business: Business
) -> None:
    key, takes = await create_key(pool, business.user_id, "k", ["events:read"]), asyncio.Event()

    async def slow() -> None:
        await takes.wait()

    open_desk.providers.on_send = slow
    async with watching(open_desk, key) as stream:
        await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
        await said(stream, "conversation", lambda one: one["last_sequence_no"] == 2)
        await open_desk.sent(1)  # and the provider has not answered yet
        takes.set()
        await said(stream, "status", lambda one: one["status"] == "sent")


async def test_whoever_watches_sees_the_agent_begin_and_end(open_desk: Desk, pool: Pool, business: Business) -> None:
    key = await create_key(pool, business.user_id, "k", ["events:read"])
    async with watching(open_desk, key) as stream:
        await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
        await said(stream, "writing", lambda one: one["state"] == "off")
        assert [one["state"] for one in stream.of("writing")] == ["on", "off"]


async def test_who_comes_back_has_missed_nothing_and_sees_nobody_elses(
    open_desk: Desk, pool: Pool, business: Business
) -> None:
    other = await Business.create(pool)
    key = await create_key(pool, business.user_id, "k", ["events:read"])
    async with watching(open_desk, key) as stream:
        await open_desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", "hi")])))
        await said(stream, "conversation")

        async def placed() -> str:
            return stream.last

        await until(placed)
    away = [("w" + str(n), f"46{n}", "while you were away") for n in range(2, 30)]
    await open_desk.hook(whatsapp(change(business.number.address, messages=away)))
    await open_desk.hook(whatsapp(change(other.number.address, messages=[("x1", "4799", "secret")])))
    await open_desk.sent(30)
    # Behind every charge of a turn, each of which says that there are credits.
    await pool.execute("select notify_business($1, 'credits', '', '{}')", business.user_id)
    async with watching(open_desk, key, stream.last) as again:

        async def all_there() -> bool:
            return {one["customer_phone"] for one in again.of("conversation")} >= {one[1] for one in away}

        await until(all_there, 20)
        assert (await said(again, "alert"))["alert_type"] == "credits_out"
        assert "4799" not in json.dumps(again.told)


class Reader:
    """Somebody who reads on by number, and keeps the last state of each conversation."""

    def __init__(self, pool: Pool, user_id: str) -> None:
        self.reading = Reading(pool, user_id)
        self.seen: dict[str, int] = {}

    async def look(self) -> None:
        for piece in await self.reading.look(statuses=False):
            if piece.startswith("event: conversation\n"):
                data = json.loads(piece.partition("data: ")[2])
                assert data["last_sequence_no"] >= self.seen.get(data["customer_phone"], 0)
                self.seen[data["customer_phone"]] = data["last_sequence_no"]


async def test_no_change_is_lost_between_two_looks_while_many_write(pool: Pool, business: Business) -> None:
    """Two writers of inboxes and many of messages: nobody who reads on by number misses a last state."""
    bus = Bus()
    intake, keepers = Intake(pool, bus), [Inbox(pool, bus), Inbox(pool, bus)]
    reader = Reader(pool, business.user_id)
    await reader.reading.begin(None)
    done = asyncio.Event()

    async def again(work: Callable[[], Awaitable[object]]) -> None:
        while not done.is_set():
            await work()

    async def write(customer: int) -> None:
        for _ in range(10):
            await intake.store(Envelope(events=(business.says(customer=f"46{customer}"),)))

    works = [reader.look, *(one.step for one in keepers), *(one.file for one in keepers)]
    tasks = [asyncio.create_task(again(one)) for one in works]
    await asyncio.gather(*(write(n) for n in range(20)))
    done.set()
    await asyncio.gather(*tasks)
    await keepers[0].step()
    await reader.look()
    assert reader.seen == {f"46{n}": 10 for n in range(20)}

    async def counted() -> bool:
        await keepers[0].file()
        total: int = await pool.fetchval("select sum(messages) from message_counts")
        return total == 200

    await until(counted)
    assert await pool.fetchval("select count(*) from message_search") == 200


async def test_watchers_of_a_business_share_one_look(open_desk: Desk, pool: Pool, business: Business) -> None:
    key = await create_key(pool, business.user_id, "k", ["events:read"])
    async with watching(open_desk, key) as one, watching(open_desk, key) as two, watching(open_desk, key) as three:
        await pool.execute("select emit($1, 'lead.hot', null, '{}')", business.user_id)
        for stream in (one, two, three):
            await said(stream, "lead.hot")
