"""Turns: each message answered by exactly one committed turn or a human, never two at once, never after a takeover."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from agents.errors import ModelUnavailable
from agents.types import Bubble, ModelCall, Reply, Turn, Usage
from channels.base import Content, Window
from gateway.answering import Answering, Answers, Around, Booking, HttpTools, Taps
from gateway.briefs import Briefs
from gateway.bus import Bus
from gateway.db import Pool, retry_clash
from gateway.intake import Envelope, Intake
from gateway.lines import line
from gateway.links import Links
from gateway.toolset import Toolset
from gateway.turns import Turns
from tests.business import Business
from tests.waiting import until

CUTS = dict.fromkeys(
    ("whatsapp", "instagram", "sms", "webchat"), lambda content: [Content(text=one) for one in content.text.split("|")]
)


@dataclass
class Scribe:
    """An agent that says what it was asked, when it is let."""

    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[Turn] = field(default_factory=list)
    fails: bool = False
    pieces: tuple[str, ...] = ("Hel", "lo")
    breaks: bool = False

    async def reply(self, turn: Turn) -> Reply:
        self.asked.append(turn)
        await self.may_answer.wait()
        if self.fails:
            raise unavailable("outage", 3)
        said = [said.text for said in turn.transcript if said.author == "customer"]
        call = ModelCall(model="m", usage=Usage(calls=1, input_tokens=7), request_id="r")
        return Reply(messages=(Bubble(text="re: " + ", ".join(said)),), calls=(call,))

    async def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        self.asked.append(turn)
        for piece in self.pieces:
            yield piece
        if self.breaks:
            raise unavailable("stream_cut", 1)
        yield Reply(messages=(Bubble(text="".join(self.pieces)),))


def unavailable(code: str, calls: int) -> ModelUnavailable:
    """A failure after so many requests."""
    error = ModelUnavailable(code)
    error.calls = tuple(ModelCall(model="m", outcome=code, usage=Usage(calls=1)) for _ in range(calls))
    return error


@asynccontextmanager
async def working(
    pool: Pool,
    agent: Answers,
    *,
    bus: Bus | None = None,
    owner: str = "node-1",
    windows: Mapping[str, Window] | None = None,
    http_tools: HttpTools | None = None,
    booking: Booking | None = None,
    taps: Taps | None = None,
    **more: Any,
) -> AsyncIterator[Turns]:
    bus = bus or Bus()
    links = Links(pool, "https://desk.example.com")
    around = Around(
        cuts=CUTS,
        windows=windows or {},
        toolset=Toolset(pool, links.send),
        http_tools=http_tools,
        booking=booking,
        taps=taps,
    )
    answering = Answering(pool, bus, agent, Briefs(pool, model="m"), around)
    turns = Turns(pool, bus, answering, owner=owner, **more)
    await turns.recover()
    loops = [asyncio.create_task(turns.run()), asyncio.create_task(turns.keep())]
    try:
        yield turns
    finally:
        for loop in loops:
            loop.cancel()
        await turns.finish(0)
        await asyncio.gather(*loops, return_exceptions=True)


def answered(business: Business, count: int) -> Callable[[], object]:
    async def check() -> bool:
        return len([a for _, a, _ in await business.transcript() if a != "customer"]) >= count

    return check


async def write(pool: Pool, bus: Bus, business: Business, *texts: str) -> None:
    await Intake(pool, bus).accept(Envelope(events=[business.says(text) for text in texts]))


async def test_a_burst_is_answered_once(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    agent.may_answer.set()
    await write(pool, bus, business, "one", "two", "three")
    async with working(pool, agent, bus=bus):
        await until(answered(business, 1))
    assert await business.transcript() == [
        (1, "customer", "one"),
        (2, "customer", "two"),
        (3, "customer", "three"),
        (4, "ai", "re: one, two, three"),
    ]
    turn = await pool.fetchrow("select * from turns")
    assert turn is not None
    assert (turn["after_no"], turn["to_no"], turn["state"], turn["prompt_version"]) == (0, 3, "committed", 1)
    assert await pool.fetchval("select remaining_credits from credits") == 999
    assert await pool.fetchval("select sum(delta) from credit_ledger") == 999


async def test_a_newer_message_supersedes_the_turn(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    async with working(pool, agent, bus=bus):
        await write(pool, bus, business, "one")
        await until(lambda: _true(len(agent.asked) == 1))
        await write(pool, bus, business, "two")
        agent.may_answer.set()
        await until(answered(business, 1))
    assert (await business.transcript())[-1] == (3, "ai", "re: one, two")
    states = await pool.fetch("select state, to_no from turns order by to_no")
    assert [tuple(row) for row in states] == [("superseded", 1), ("committed", 2)]
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 1


async def test_a_stream_of_messages_does_not_put_the_answer_off_for_ever(pool: Pool, business: Business) -> None:
    bus = Bus()

    class Interrupted(Scribe):
        async def reply(self, turn: Turn) -> Reply:
            if len(self.asked) < 20:
                await write(pool, bus, business, f"wait, {len(self.asked)}")
            return await super().reply(turn)

    agent = Interrupted()
    agent.may_answer.set()
    await write(pool, bus, business, "one")
    async with working(pool, agent, bus=bus):
        await until(answered(business, 1))
        states = [row["state"] for row in await pool.fetch("select state from turns order by started_at limit 4")]
    assert states == ["superseded", "superseded", "superseded", "committed"]


async def test_what_came_while_a_reply_was_committed_is_still_seen_to_wait(pool: Pool, business: Business) -> None:
    bus = Bus()

    class Interrupted(Scribe):
        async def reply(self, turn: Turn) -> Reply:
            if len(self.asked) < 4:
                await write(pool, bus, business, f"wait, {len(self.asked)}")
            return await super().reply(turn)

    agent = Interrupted()
    agent.may_answer.set()
    await write(pool, bus, business, "one")
    async with working(pool, agent, bus=bus):
        await until(answered(business, 2))
    last = [said for said in agent.asked[-1].transcript if said.author != "note"]
    assert [(said.author, said.text) for said in last[-2:]][1] == ("customer", "wait, 3")
    assert last[-2].author == "agent"
    assert (await business.transcript())[4][1:] == ("customer", "wait, 3")


async def test_nothing_is_said_after_a_human_took_over(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    async with working(pool, agent, bus=bus):
        await write(pool, bus, business, "help")
        await until(lambda: _true(agent.asked))
        conversation = await business.conversation()
        message = '{"message_id": "h1", "author": "human", "text": "I am here", "parts": []}'
        await pool.fetchval(
            "select human_reply($1, $2, 'whatsapp', $3::jsonb)",
            business.user_id,
            conversation["conversation_id"],
            message,
        )
        agent.may_answer.set()
        await until(lambda: pool.fetchval("select state = 'overtaken' from turns"))
        await write(pool, bus, business, "thanks")
        assert (await business.conversation())["due_at"] is None
    assert [a for _, a, _ in await business.transcript()] == ["customer", "human", "customer"]
    assert await pool.fetchval("select count(*) from credit_ledger where reason = 'turn'") == 0


async def test_a_buried_turn_answers_nothing_that_was_deleted_meanwhile(pool: Pool, business: Business) -> None:
    """Its worker is dead, its commit still on the way: a message that is gone must not count as answered."""
    agent, bus = Scribe(), Bus()
    async with working(pool, agent, bus=bus):
        await write(pool, bus, business, "one")
        await until(lambda: _true(agent.asked))
        await pool.execute("select bury_turns('node-1')")
        said = await pool.fetchval("select platform_message_id from messages")
        gone = replace(business.says(), kind="revoke", text="", reply_to=said)
        await Intake(pool, bus).accept(Envelope(events=[gone]))
        agent.may_answer.set()
        await until(lambda: pool.fetchval("select ended_at is not null and usage is not null from turns"))
    assert await pool.fetchval("select state from turns") == "lost"
    assert [author for _, author, _ in await business.transcript()] == ["customer", "customer"]
    assert (await business.conversation())["answered_no"] == 0


async def test_handing_back_answers_what_is_open(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    agent.may_answer.set()
    await write(pool, bus, business, "hello")
    conversation = (await business.conversation())["conversation_id"]
    assert await pool.fetchval("select change_owner($1, $2, 'human', null, null, null)", business.user_id, conversation)
    async with working(pool, agent, bus=bus):
        assert await pool.fetchval(
            "select change_owner($1, $2, 'agent', null, null, null)", business.user_id, conversation
        )
        bus.publish("turns")
        await until(answered(business, 1))


async def test_a_process_that_hangs_loses_its_turn_and_cannot_write_late(pool: Pool, business: Business) -> None:
    bus, frozen, healthy = Bus(), Scribe(), Scribe()
    healthy.may_answer.set()
    await write(pool, bus, business, "hello")
    async with working(pool, frozen, owner="node-frozen"):
        await until(lambda: _true(frozen.asked))
        await pool.execute("update conversations set lease_until = now()")
        async with working(pool, healthy, owner="node-healthy"):
            await until(answered(business, 1))
            frozen.may_answer.set()
            await until(
                lambda: pool.fetchval("select count(*) = 1 from turns where state = 'lost' and ended_at is not null")
            )
            await until(answered(business, 1))
    assert await pool.fetchval("select count(*) from turns where state = 'committed'") == 1


async def test_a_dead_process_is_succeeded_at_once(pool: Pool, business: Business) -> None:
    bus, dead, heir = Bus(), Scribe(), Scribe()
    heir.may_answer.set()
    await write(pool, bus, business, "hello")
    async with working(pool, dead):
        await until(lambda: _true(dead.asked))
    assert (await business.conversation())["lease_until"] is not None
    async with working(pool, heir):
        await until(answered(business, 1), seconds=8)


async def test_an_outage_is_told_once_and_the_message_is_answered_after_it(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(fails=True), Bus()
    agent.may_answer.set()
    await write(pool, bus, business, "hello, are you there?")
    again = "update conversations set due_at = now() where parks = $1 returning 1"
    async with working(pool, agent, bus=bus):
        await until(answered(business, 1))
        await until(lambda: pool.fetchval(again, 1))
        bus.publish("turns")
        await until(lambda: pool.fetchval("select parks = 2 from conversations"))
        assert await pool.fetchval("select count(*) from system_alerts") == 0
        agent.fails = False
        await until(lambda: pool.fetchval(again, 2))
        bus.publish("turns")
        await until(answered(business, 2))
    transcript = await business.transcript()
    assert [author for _, author, _ in transcript] == ["customer", "fallback", "ai"]
    assert transcript[1][2] == line("holding", "en")
    turns = await pool.fetch("select state, failure, usage ->> 'calls' as calls from turns order by started_at")
    assert [tuple(turn) for turn in turns] == [
        ("parked", "ModelUnavailable", "3"),
        ("parked", "ModelUnavailable", "3"),
        ("committed", None, "1"),
    ]
    assert await pool.fetchval("select count(*) from model_calls") == 7
    assert await pool.fetchval("select remaining_credits from credits") == 999
    assert await pool.fetchval("select count(*) from system_alerts where resolved_at is null") == 0


async def test_an_outage_that_lasts_gives_the_conversation_to_a_human(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(fails=True), Bus()
    agent.may_answer.set()
    await pool.execute("update agents set fresh_minutes = 0")
    await write(pool, bus, business, "hello")
    async with working(pool, agent, bus=bus):
        await until(answered(business, 1))
    assert (await business.transcript())[-1] == (2, "fallback", "We will get back to you.")
    assert (await business.conversation())["owner"] == "human"
    assert await pool.fetchval("select reason from handovers where ended_at is null") == "outage"


async def test_without_credits_the_message_waits_and_a_top_up_resumes_it(pool: Pool) -> None:
    business = await Business.create(pool, credit=0)
    agent, bus = Scribe(), Bus()
    agent.may_answer.set()
    async with working(pool, agent, bus=bus):
        await write(pool, bus, business, "hello")
        await until(lambda: pool.fetchval("select held_for = 'credits' from conversations"))
        assert not agent.asked
        await pool.execute("insert into credit_ledger values ($1, 'e1', 5, 'top-up')", business.user_id)
        assert await pool.fetchval("select resume_held($1)", business.user_id) == 1
        bus.publish("turns")
        await until(answered(business, 1))


async def test_a_commit_whose_answer_was_lost_is_not_done_twice(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    await write(pool, bus, business, "hello")
    async with working(pool, agent) as turns:
        await until(lambda: _true(agent.asked))
        claim = next(iter(turns._held.values()))
        draft = await asyncio.gather(asyncio.create_task(turns._answering.draft(claim)), _release(agent))
        assert await turns._commit([draft[0]]) == ["committed"]
        assert await turns._commit([draft[0]]) == ["committed"]
        await until(answered(business, 1))
    assert await pool.fetchval("select count(*) from message_parts") == 1


async def test_relinking_gives_what_was_asked_before_to_a_person_and_starts_afresh(
    pool: Pool, business: Business
) -> None:
    agent, bus = Scribe(), Bus()
    async with working(pool, agent, bus=bus):
        await write(pool, bus, business, "before")
        await until(lambda: _true(agent.asked))
        successor = await business.add_agent(None)
        link = "select link_agent($1, $2, $3, 'arc_1', 'Agent relinked')"
        assert await pool.fetchval(link, business.user_id, successor, business.number.id) == 1
        await write(pool, bus, business, "after")
        agent.may_answer.set()
        await until(answered(business, 1))
    assert await business.transcript() == [
        (1, "customer", "before"),
        (1, "customer", "after"),
        (2, "ai", "re: after"),
    ]
    assert await pool.fetchval("select owner from conversations where not is_active") == "human"
    archive = await pool.fetchrow("select * from conversation_archives")
    assert archive is not None
    assert archive["archived_conversations_count"] == 1
    assert (archive["old_agent_id"], archive["new_agent_id"]) == (business.number.agent_id, successor)


async def test_messages_that_race_with_a_relink_are_all_answered_or_a_persons(pool: Pool, business: Business) -> None:
    agent, bus = Scribe(), Bus()
    agent.may_answer.set()
    other = await business.add_agent(None)
    link = "select link_agent($1, $2, $3, $4, 'Agent relinked')"

    async def relink(n: int) -> None:
        target = other if n % 2 == 0 else business.number.agent_id
        await retry_clash(lambda: pool.fetchval(link, business.user_id, target, business.number.id, f"arc_{n}"))

    async with working(pool, agent, bus=bus):
        for n in range(6):
            events = [business.says(f"{n}.{m}", customer=str(m)) for m in range(10)]
            intake = Intake(pool, bus)
            await asyncio.gather(relink(n), *(intake.accept(Envelope(events=[event])) for event in events))
        await until(
            lambda: pool.fetchval(
                "select bool_and(answered_no = last_inbound_no or owner = 'human') from conversations"
            )
        )
    assert await pool.fetchval("select count(*) from messages where sender = 'user'") == 60
    orphans = (
        "select count(*) from conversations c join agents a using (user_id, agent_id) "
        "where is_active and a.phone_number_id is null"
    )
    assert await pool.fetchval(orphans) == 0


async def _true(value: object) -> bool:
    return bool(value)


async def _release(agent: Scribe) -> None:
    agent.may_answer.set()
