"""Erasing one person: nothing of him is left anywhere, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.base import Alias, Consent
from gateway.blobs import Blobs, Folder
from gateway.booking.calendars import Away, Event, Gone
from gateway.bus import Bus
from gateway.db import Pool
from gateway.ids import new
from gateway.intake import Envelope, Intake
from gateway.rights.erase import Erasure, Patience
from gateway.rights.export import Export
from gateway.rights.jobs import Rights
from tests.business import Business
from tests.gateway.rights.person import NAME, PHONE, PICTURE, TRACES, arrive, found, says
from tests.waiting import until

QUICK = Patience(running=0.5, calling=0.0)


class Diary:
    """The calendar that the erasure speaks to: what it holds, and what was said to it."""

    def __init__(self, *ids: str, away: bool = False) -> None:
        self.events = dict.fromkeys(ids, "Bloom: " + NAME)
        self.told: list[tuple[str, str, bool]] = []
        self.away = away

    def _known(self, event_id: str) -> None:
        if self.away:
            raise Away("timeout")
        if event_id not in self.events:
            raise Gone("notFound", status=404)

    async def get(self, user_id: str, calendar: str, event_id: str) -> Event:
        self._known(event_id)
        return Event(id=event_id)

    async def patch(
        self, user_id: str, calendar: str, event_id: str, body: Any, *, etag: str = "", notify: bool
    ) -> Event:
        self._known(event_id)
        self.events[event_id] = body["summary"]
        self.told.append(("patch", event_id, notify))
        return Event(id=event_id)

    async def delete(self, user_id: str, calendar: str, event_id: str, *, notify: bool) -> None:
        self._known(event_id)
        del self.events[event_id]
        self.told.append(("delete", event_id, notify))


def blobs_of(folder: Path) -> Folder:
    return Folder(folder / "blobs")


def worker(pool: Pool, blobs: Blobs, diary: Any, *, owner: str = "node-1") -> Rights:
    erasure = Erasure(pool, blobs, diary, patience=QUICK)
    return Rights(pool, Bus(), blobs, erasure, Export(pool, blobs), owner=owner)


@asynccontextmanager
async def working(one: Rights) -> AsyncIterator[None]:
    await one.recover()
    loop = asyncio.create_task(one.run())
    try:
        yield
    finally:
        loop.cancel()
        await one.finish(0)
        await asyncio.gather(loop, return_exceptions=True)


async def ask(business: Business, contact_id: str, *, calendar: str = "delete") -> str:
    job = new("era")
    await business.pool.execute(
        "insert into rights_jobs (user_id, job_id, kind, contact_id, calendar) values ($1, $2, 'erase', $3, $4)",
        business.user_id, job, contact_id, calendar,
    )  # fmt: skip
    return job


async def openai_answers(pool: Pool) -> None:
    """What the worker of copies does: the provider has deleted them."""
    await pool.execute("delete from provider_orphans")


async def is_done(pool: Pool, job: str) -> bool:
    return bool(await pool.fetchval("select state = 'done' from rights_jobs where job_id = $1", job))


async def erased(business: Business, contact_id: str, folder: Path, diary: Any | None = None) -> str:
    """Erases to the end."""
    pool = business.pool
    job = await ask(business, contact_id)
    async with working(worker(pool, blobs_of(folder), diary or Diary("eventannika"))):
        await until(
            lambda: pool.fetchval("select step in ('transcripts', 'done') from rights_jobs where job_id = $1", job)
        )
        await openai_answers(pool)
        await until(lambda: is_done(pool, job))
    return job


async def test_nothing_of_him_is_left_anywhere(business: Business, tmp_path: Path) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    before = {place.partition(":")[0] for place in await found(business.pool, tmp_path)}
    assert {"messages", "message_parts", "envelopes", "contacts", "contact_merges", "extractions", "turns", "asides",
            "tool_calls", "events", "meetings", "customers", "customer_aliases", "system_alerts"} <= before  # fmt: skip
    diary = Diary("eventannika")
    job = await erased(business, person.contact_id, tmp_path, diary)
    assert await found(business.pool, tmp_path) == []
    assert diary.told == [("patch", "eventannika", False), ("delete", "eventannika", False)]
    certificate = await business.pool.fetchrow("select * from erasure_certificates where job_id = $1", job)
    assert certificate is not None
    counts = json.loads(certificate["counts"])
    assert (counts["conversations"], counts["files"], counts["calendar_events"], counts["transcripts"]) == (2, 1, 1, 1)
    assert counts["webhooks"] >= 3


async def test_others_keep_what_is_theirs(business: Business, tmp_path: Path) -> None:
    blobs = blobs_of(tmp_path)
    person = await arrive(business, blobs)
    shared = await business.add_file(person.sha256)
    await erased(business, person.contact_id, tmp_path)
    assert await found(business.pool, tmp_path, TRACES) == []
    assert [text for _, _, text in await business.transcript("46709999000")] == ["What do you charge?"]
    bodies = [bytes(row["body"]) for row in await business.pool.fetch("select body from envelopes")]
    assert len(bodies) == 1
    assert b"What do you charge?" in bodies[0]
    assert await blobs.get(person.sha256) == PICTURE
    assert await business.pool.fetchval("select state from media where media_id = $1", shared) == "ready"
    assert await business.pool.fetchval("select count(*) from model_calls") == 1


async def test_who_writes_again_is_somebody_new_and_still_opted_out(business: Business, tmp_path: Path) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    await erased(business, person.contact_id, tmp_path)
    sms = await business.pool.fetchval("select meta_phone_number_id from phone_numbers where platform = 'sms'")
    intake = Intake(business.pool, Bus())
    again = says(business, "Hello?")
    (fate,) = await intake.accept(Envelope(events=(again,)))
    assert (fate.outcome, fate.sequence_no) == ("accepted", 1)
    assert fate.conversation_id not in person.conversations
    barred = await business.pool.fetch("select platform, scope, source from opt_outs")
    assert [tuple(row) for row in barred] == [("sms", "all", "kept")]
    alias = (Alias("phone", f"+{PHONE}"), Alias("wa_id", PHONE))
    starts = Consent(platform="sms", number=sms, customer=f"+{PHONE}", granted=True, aliases=alias[1:])
    await intake.store(Envelope(events=(starts,)))
    assert await business.pool.fetchval("select count(*) from opt_outs") == 0
    assert await business.pool.fetchval("select count(*) from suppressions") == 0


async def test_kills_at_any_moment_cost_nothing(business: Business, tmp_path: Path) -> None:
    rng = random.Random(7)
    person = await arrive(business, blobs_of(tmp_path))
    job = await ask(business, person.contact_id)
    diary, kills = Diary("eventannika"), 0
    while not await is_done(business.pool, job):
        async with working(worker(business.pool, blobs_of(tmp_path), diary)):
            await asyncio.sleep(rng.uniform(0.0, 0.12 + kills / 400))
        await openai_answers(business.pool)
        kills += 1
        assert kills < 400
    assert kills > 3
    assert await found(business.pool, tmp_path) == []
    assert await business.pool.fetchval("select count(*) from erasure_certificates") == 1


async def test_he_writes_all_the_while(business: Business, tmp_path: Path) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    intake = Intake(business.pool, Bus())
    over = asyncio.Event()
    texts: list[str] = []

    async def write(who: int) -> None:
        while not over.is_set():
            texts.append(f"{who}-{len(texts)}")
            said = says(business, texts[-1], name=f"N{who}")
            (fate,) = await intake.accept(Envelope(events=(said,)))
            assert fate.outcome == "accepted"

    writers = [asyncio.create_task(write(n)) for n in range(4)]
    try:
        await erased(business, person.contact_id, tmp_path)
    finally:
        over.set()
        await asyncio.gather(*writers)
    left = {row["text"] for row in await business.pool.fetch("select text from messages where phone_number_id = $1",
                                                              business.number.id)}  # fmt: skip
    assert left - {"What do you charge?"} <= set(texts)
    rows = await business.pool.fetch("select * from conversations where customer_phone = $1", PHONE)
    assert len(rows) == 1
    numbers = await business.pool.fetch(
        "select sequence_no from messages where conversation_id = $1 order by 1", rows[0]["conversation_id"]
    )
    assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
    assert await found(business.pool, tmp_path, (NAME, "molar", PICTURE)) == []


async def test_a_place_that_does_not_answer_is_waited_for(business: Business, tmp_path: Path) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    pool, diary = business.pool, Diary("eventannika", away=True)
    job = await ask(business, person.contact_id)
    await pool.execute("update rights_jobs set created_at = now() - interval '25 hours'")
    async with working(worker(pool, blobs_of(tmp_path), diary)):
        await until(lambda: pool.fetchval("select step = 'transcripts' from rights_jobs"))
        await openai_answers(pool)
        await until(lambda: pool.fetchval("select problem like 'Away%' from rights_jobs"))
        told = "select alert_type = 'erasure_late' from system_alerts where resolved_at is null"
        await until(lambda: pool.fetchval(told))
        diary.away = False
        await pool.execute("update rights_items set due_at = now()")
        await pool.execute("update rights_jobs set due_at = now() where lease_until is null")
        await until(lambda: is_done(pool, job))
    assert diary.events == {}
    assert await pool.fetchval("select count(*) from system_alerts where resolved_at is null") == 0
    assert await found(pool, tmp_path) == []


@pytest.mark.parametrize(
    ("calendar", "events"),
    [("delete", {}), ("anonymise", {"eventannika": "–"}), ("keep", {"eventannika": "Bloom: " + NAME})],
)  # fmt: skip
async def test_what_becomes_of_a_meeting_is_a_choice(
    business: Business, tmp_path: Path, calendar: str, events: dict[str, str]
) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    diary, pool = Diary("eventannika"), business.pool
    job = await ask(business, person.contact_id, calendar=calendar)
    async with working(worker(pool, blobs_of(tmp_path), diary)):
        await until(lambda: pool.fetchval("select step = 'transcripts' from rights_jobs"))
        await openai_answers(pool)
        await until(lambda: is_done(pool, job))
    assert diary.events == events
    assert not any(notify for _, _, notify in diary.told)


async def test_what_is_at_work_ends(business: Business, tmp_path: Path) -> None:
    person = await arrive(business, blobs_of(tmp_path))
    pool = business.pool
    await pool.execute("update conversations set due_at = now(), quiet_until = null where customer_phone = $1", PHONE)
    (claim,) = [
        row for row in await pool.fetch("select * from claim_turns('w', 60, 10, 40, '{}')")
        if row["conversation_id"] in person.conversations
    ][:1]  # fmt: skip
    await erased(business, person.contact_id, tmp_path)
    draft = (
        '{"messages": [{"message_id": "m", "author": "ai", "text": "Dear Zetterqvist", "parts": []}], "action": "none",'
        ' "failure": "", "calls": [], "left_behind": [], "kept": null, "charge": true, "language": "", "trace": {}}'
    )
    rows = await pool.fetch(
        "select * from commit_turns($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 3)",
        *([claim[name]] for name in ("user_id", "conversation_id", "agent_id", "customer_phone", "turn_id")),
        [claim["fence"]], [claim["owner_epoch"]], [claim["to_no"]], ["whatsapp"], [8000], [0], [draft],
    )  # fmt: skip
    assert [row["outcome"] for row in rows] == ["lost"]
    assert await found(pool, tmp_path) == []
