"""A gateway in a process of its own that can be stopped at a named step of a booking, and killed there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from gateway.db import Pool
from gateway.demo import furnish, plan
from gateway.processes import Process, answers
from gateway.settings import Settings
from sandbox.config import Config
from tests.business import KEY
from tests.ports import free_port
from tests.test_booking_live import Demo, Place
from tests.waiting import until

# `held>booking` is a meeting that goes from one state to the next, `>held` one that is made, `told` the message that
# tells of it: whoever comes to the step that is in the table waits there for the test.
GATES = """
create table gate (step text);
create function stop_here() returns trigger language plpgsql security definer as $$
declare
    _new jsonb := to_jsonb(new);
    _step text := case tg_table_name when 'messages' then 'told' else
        case tg_op when 'INSERT' then '' else to_jsonb(old) ->> 'state' end || '>' || (_new ->> 'state') end;
begin
    if exists (select 1 from gate where step = _step) and (_step <> 'told' or _new -> 'content' ? 'meetings') then
        perform pg_advisory_xact_lock_shared(4711);
    end if;
    return new;
end $$;
create trigger stop_here before insert or update on meetings for each row execute function stop_here();
create trigger stop_here before insert on messages for each row execute function stop_here();
"""
WAITING = "select pid from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
ON_ITS_WAY = "select count(*) from meetings where state in ('held', 'booking', 'moving', 'cancelling')"
# Passes over the rows that the sweeper has: it takes them one by one, and two who take many can wait for each other.
AT_ONCE = """
update meetings set due_at = now() where (user_id, meeting_id) in (
    select user_id, meeting_id from meetings
    where lease_until is null and due_at > now() and (state in ('booking', 'moving', 'cancelling')
        or state in ('scheduled', 'cancelled') and told_change < change)
    for update skip locked)
"""


@dataclass
class Mortal:
    """A demo whose gateway can be killed."""

    demo: Demo
    gateway: Process
    pool: Pool
    gatekeeper: Any
    stopped: dict[str, int] = field(default_factory=dict)

    async def start(self) -> None:
        self.gateway.start()
        await answers(f"{self.demo.plan.settings.public_url}/readyz", self.gateway)

    async def kill(self) -> None:
        await asyncio.to_thread(self.gateway.kill)

    async def stops_at_call(self, event: str, fault: str, customer_acts: Any) -> None:
        """Lets a customer act until Google has a call that a fault keeps from being answered."""
        order = {"kind": fault, "provider": "google", "event": event, "seconds": 3 if fault == "slow" else 60}
        await self.demo.asked("POST", "/_sandbox/faults", order)
        await customer_acts()

        async def struck() -> bool:
            return not (await self.demo.asked("GET", "/_sandbox/faults"))["faults"]

        await until(struck, 20)

    async def stops_at_row(self, step: str, name: str, customer_acts: Any) -> None:
        """Lets a customer act until the database has a statement that waits for us."""
        await self.pool.execute("insert into gate values ($1)", step)
        await customer_acts()

        async def another() -> int | None:
            waiting = [row["pid"] for row in await self.pool.fetch(WAITING)]
            return next((pid for pid in waiting if pid not in self.stopped.values()), None)

        self.stopped[name] = await until(another, 20) or 0
        await self.pool.execute("delete from gate")

    async def killed(self, arriving: Collection[str]) -> None:
        """The process dies. Of what it told the database, the statements that are named arrive all the same."""
        await self.kill()
        for name, backend in self.stopped.items():
            if name not in arriving:
                await self.pool.execute("select pg_terminate_backend($1)", backend)
        await self.gatekeeper.fetchval("select pg_advisory_unlock(4711)")
        at_work = "select count(*) = 0 from pg_stat_activity where pid = any($1) and state = 'active'"
        await until(lambda: self.pool.fetchval(at_work, list(self.stopped.values())))

    async def settled(self, seconds: float = 60) -> None:
        """Nothing is on its way any more, and everybody was told; the sweeper need not wait for its time."""

        async def quiet() -> bool:
            await self.pool.execute(AT_ONCE)
            busy = "select count(*) from conversations where due_at is not null or lease_until > now()"
            untold = "select count(*) from meetings where told_change < change"
            parts = "select count(*) from message_parts where state in ('queued', 'sending', 'unknown')"
            return not any([await self.pool.fetchval(one) for one in (ON_ITS_WAY, busy, untold, parts)])

        await until(quiet, seconds)


@asynccontextmanager
async def mortal(dsn: str, pool: Pool, folder: Path) -> AsyncIterator[Mortal]:
    """A demo that is open for customers."""
    port = free_port()
    url, stand_ins = f"http://localhost:{port}", Place()
    settings = Settings(database_url=dsn, secret_keys=(KEY,), host="localhost", port=port, public_url=url)
    the_plan = plan(replace(settings, state_dir=folder), stand_ins.port, folder / "demo")
    config = Config.model_validate(the_plan.sandbox_config(await furnish(the_plan, quiet_ms=0)))
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI")}
    env = {**own, **the_plan.gateway_env, "DATABASE_URL": dsn, "SECRET_KEYS": KEY}
    env |= {"OPENAI_API_KEY": the_plan.secrets["openai"], "OPENAI_BASE_URL": f"{the_plan.sandbox_url}/v1"}
    await pool.execute(GATES)
    async with ClientSession() as http, pool.acquire() as gatekeeper:
        await gatekeeper.fetchval("select pg_advisory_lock(4711)")
        demo = Demo(the_plan, http, pool, stand_ins, config)
        one = Mortal(demo, Process("gateway", ["gateway", "serve"], env, folder / "log"), pool, gatekeeper)
        try:
            await demo.begin()
            await one.start()
            yield one
        finally:
            await one.kill()
            await stand_ins.close()
