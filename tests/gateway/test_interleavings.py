"""A thousand conversations in which everything happens at once: who answers what is never in doubt.

Each conversation has a script of its own, drawn from a seed: the customer writes, deletes, a person takes over,
replies, hands back; meanwhile models end when they like and workers die. SEED repeats the scripts, not the timing;
CONVERSATIONS says how many there are.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace

import pytest

from agents.errors import ModelUnusable
from agents.types import Bubble, ModelCall, Reply, Turn, Usage
from gateway.answering import Answering, Around
from gateway.briefs import Briefs
from gateway.bus import Bus
from gateway.db import Pool, retry_clash
from gateway.ids import new
from gateway.intake import Envelope, Intake
from gateway.toolset import Toolset
from gateway.turns import Turns
from tests.business import Business
from tests.gateway.test_turns import CUTS
from tests.waiting import until

CONVERSATIONS = int(os.environ.get("CONVERSATIONS", "1000"))
AT_ONCE = 60
MAX_WAIT_MS = 400
OPERATIONS = ("write", "write", "write", "write", "revoke", "take", "back", "reply", "back")

# The store itself refuses a wait beyond the maximum, whoever computes it.
NEVER_LATER = f"""
create function never_later() returns trigger language plpgsql as $$
begin
    if new.quiet_until > new.waiting_since + interval '{MAX_WAIT_MS} milliseconds' then
        raise exception 'the turn would wait until %, since %', new.quiet_until, new.waiting_since;
    end if;
    return new;
end $$;
create trigger never_later before insert or update on conversations for each row execute function never_later();
"""


@dataclass
class Provider:
    """A model that ends when it likes. What it was paid for stands in `paid`, by turn, when its answer was taken."""

    rng: random.Random
    paid: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    asked: Counter[str] = field(default_factory=Counter)

    async def reply(self, turn: Turn) -> Reply:
        self.asked[turn.turn_id] += 1
        await asyncio.sleep(self.rng.choice((0, 0, 0.002, 0.01, 0.03)))
        tokens = self.rng.randint(1, 500)
        self.paid[turn.turn_id] += tokens
        call = ModelCall(model="m", usage=Usage(calls=1, input_tokens=tokens))
        if self.rng.random() < 0.03:
            error = ModelUnusable("empty")
            error.calls = (call,)
            raise error
        return Reply(messages=(Bubble(text="…"),), calls=(call,))

    async def stream(self, turn: Turn) -> AsyncGenerator[str | Reply]:
        yield await self.reply(turn)


@dataclass
class World:
    """Two workers that die, and whoever writes."""

    pool: Pool
    business: Business
    provider: Provider
    rng: random.Random
    bus: Bus = field(default_factory=Bus)
    workers: dict[str, list[asyncio.Task[None]]] = field(default_factory=dict)
    kills: int = 0

    async def start(self, owner: str) -> None:
        around = Around(cuts=CUTS, windows={}, toolset=Toolset(self.pool))
        answering = Answering(self.pool, self.bus, self.provider, Briefs(self.pool, model="m"), around)
        turns = Turns(self.pool, self.bus, answering, owner=owner)
        await turns.recover()
        self.workers[owner] = [asyncio.create_task(turns.run()), asyncio.create_task(turns.keep())]
        self.workers[owner][0].add_done_callback(lambda _: [task.cancel() for task in turns._tasks])

    async def kill(self, owner: str) -> None:
        """Ends a worker in the middle of whatever it does, its turns included; its heir buries them."""
        self.kills += 1
        for task in self.workers[owner]:
            task.cancel()
        await asyncio.gather(*self.workers[owner], return_exceptions=True)
        await self.start(owner)

    async def play(self, n: int) -> None:
        """The script of one conversation."""
        rng = random.Random(f"{self.rng.random()}/{n}")
        customer, said = f"4670{n:06}", list[str]()
        intake = Intake(self.pool, self.bus)
        for _ in range(rng.randint(4, 11)):
            what = rng.choice(OPERATIONS) if said else "write"
            if what == "write":
                said.append(new("wamid"))
                event = self.business.says(f"{n}", id=said[-1], customer=customer)
                await intake.accept(Envelope(events=[event]))
            elif what == "revoke":
                event = self.business.says(customer=customer)
                event = replace(event, kind="revoke", text="", reply_to=rng.choice(said))
                await intake.accept(Envelope(events=[event]))
            else:
                await self.own(customer, what)
            await asyncio.sleep(rng.choice((0, 0, 0.003, 0.02, 0.05)))
        if rng.random() < 0.8:
            await self.own(customer, "back")

    async def own(self, customer: str, what: str) -> None:
        key = (self.business.user_id, (await self.business.conversation(customer))["conversation_id"])
        if what == "reply":
            message = json.dumps({"message_id": new("msg"), "author": "human", "text": "I am here", "parts": []})
            work = "select human_reply($1, $2, 'whatsapp', $3::jsonb)", message
        else:
            work = "select change_owner($1, $2, $3, null, null, null)", "human" if what == "take" else "agent"
        await retry_clash(lambda: self.pool.fetchval(work[0], *key, work[1]))
        self.bus.publish("turns")


async def _idle(pool: Pool) -> bool:
    busy = "select count(*) from conversations where due_at is not null or lease_owner is not null"
    return bool(await pool.fetchval(busy) == 0)


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_a_thousand_interleavings(pool: Pool) -> None:
    seed = int(os.environ.get("SEED", "0")) or random.randrange(1, 10**9)
    print(f"SEED={seed}")  # noqa: T201
    rng = random.Random(seed)
    business = await Business.create(pool, credit=100_000, quiet_ms=20, max_wait_ms=MAX_WAIT_MS)
    await pool.execute(NEVER_LATER)
    world = World(pool, business, Provider(rng), rng)
    for owner in ("one", "two"):
        await world.start(owner)
    killer = asyncio.create_task(_kills(world))
    gate = asyncio.Semaphore(AT_ONCE)
    await asyncio.gather(*(_guarded(gate, world.play, n) for n in range(CONVERSATIONS)))
    killer.cancel()
    await asyncio.gather(killer, return_exceptions=True)
    for owner in world.workers:
        await world.kill(owner)
    await until(lambda: _idle(pool), 60)
    for tasks in world.workers.values():
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await _check_answers(pool)
    await _check_ledger(pool, world)
    states = Counter(row["state"] for row in await pool.fetch("select state from turns"))
    print(f"{CONVERSATIONS} conversations, {world.kills} kills, turns: {dict(states)}")  # noqa: T201
    assert world.kills > 10
    assert min(states[state] for state in ("committed", "superseded", "overtaken", "lost")) > 0


async def _guarded(gate: asyncio.Semaphore, play: Callable[[int], Awaitable[None]], n: int) -> None:
    async with gate:
        await play(n)


async def _kills(world: World) -> None:
    while True:
        await asyncio.sleep(world.rng.uniform(0.02, 0.3))
        await world.kill(world.rng.choice(("one", "two")))


async def _check_answers(pool: Pool) -> None:
    """Each message that wants an answer has exactly one turn, or a person; nothing is said over a person."""
    messages, turns, handovers = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in await pool.fetch("select * from messages order by sequence_no"):
        messages[row["conversation_id"]].append(row)
    for row in await pool.fetch("select * from turns where state = 'committed'"):
        turns[row["conversation_id"]].append(row)
    for row in await pool.fetch("select * from handovers"):
        handovers[row["conversation_id"]].append(row)
    for conversation in await pool.fetch("select * from conversations"):
        key = conversation["conversation_id"]
        rows = messages[key]
        assert [row["sequence_no"] for row in rows] == list(range(1, len(rows) + 1))
        human = max((row["sequence_no"] for row in rows if row["author"] == "human"), default=0)
        for row in rows:
            no = row["sequence_no"]
            if row["author"] in ("ai", "fallback"):
                over = [h for h in handovers[key] if h["from_no"] < no <= (h["to_no"] or 10**9)]
                # The words with which an agent hands over are the last before the hand-over begins.
                assert not over, f"{key}: {no} was said over a person"
            if row["sender"] != "user" or row["kind"] != "text":
                continue
            answers = [turn for turn in turns[key] if turn["after_no"] < no <= turn["to_no"]]
            assert len(answers) <= 1, f"{key}: {no} was answered {len(answers)} times"
            by_human = human > no or conversation["owner"] == "human"
            assert answers or by_human or row["revoked_at"], f"{key}: nobody answered {no}"
    doubled = "select turn_id from messages where turn_id is not null group by turn_id having count(*) > 1"
    assert await pool.fetch(doubled) == []


async def _check_ledger(pool: Pool, world: World) -> None:
    """Every request that was paid for stands in the ledger, but for those of turns that died; and credits add up."""
    rows = await pool.fetch("select subject_id, sum(input_tokens)::int as tokens from model_calls group by subject_id")
    metered = {row["subject_id"]: row["tokens"] for row in rows}
    lost = {row["turn_id"] for row in await pool.fetch("select turn_id from turns where state = 'lost'")}
    for turn_id, tokens in world.provider.paid.items():
        assert metered.get(turn_id) == tokens or (turn_id in lost and turn_id not in metered)
    assert metered.keys() <= world.provider.paid.keys()
    assert max(world.provider.asked.values()) == 1
    charged = {row["turn_id"] for row in await pool.fetch("select turn_id from credit_ledger where reason = 'turn'")}
    owed = await pool.fetch("select turn_id from turns where state = 'committed' and failure is null")
    assert charged == {row["turn_id"] for row in owed}
    balance = await pool.fetchval("select remaining_credits from credits")
    assert balance == await pool.fetchval("select sum(delta) from credit_ledger") == 100_000 - len(charged)
