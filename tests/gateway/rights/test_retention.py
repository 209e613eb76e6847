"""What is kept too long goes, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.blobs import BlobMissing, Folder
from gateway.rights.holds import HeldBlobs, forget, hold, sweep
from gateway.rights.retention import Retention
from tests.business import Business
from tests.gateway.rights.person import PICTURE, TRACES, arrive, found

OLD = "now() - interval '100 days'"


async def keep(business: Business, **days: Any) -> Any:
    await business.pool.execute(
        "insert into privacy_settings (user_id, conversation_days, media_days, trace_days, event_days) "
        "values ($1, $2, $3, $4, $5)",
        business.user_id, days.get("conversation"), days.get("media"), days.get("trace"), days.get("event"),
    )  # fmt: skip
    return await Retention(business.pool, envelope_days=30, pause=0.0).once()


async def test_conversations_that_are_silent_for_long_go_with_everything(business: Business, tmp_path: Path) -> None:
    blobs = Folder(tmp_path / "blobs")
    await arrive(business, blobs)
    pool = business.pool
    await pool.execute(f"update conversations set created_at = {OLD}, last_message_at = {OLD}")  # noqa: S608
    await pool.execute("update conversations set last_message_at = now() where customer_phone = '46709999000'")
    await pool.execute("update meetings set meeting_time = now() + interval '1 day'")
    assert (await keep(business, conversation=90))["conversations"] == 1  # a meeting is to come in the other
    await pool.execute(f"update meetings set meeting_time = {OLD}")  # noqa: S608
    assert (await Retention(pool, envelope_days=30, pause=0.0).once())["conversations"] == 1
    assert await pool.fetchval("select count(*) from provider_orphans") == 1
    await sweep(pool, blobs)
    with pytest.raises(BlobMissing):
        await blobs.get(await HeldBlobs(Folder(tmp_path / "other"), pool).put(PICTURE))
    left = {place.partition(":")[0] for place in await found(pool, tmp_path / "blobs", TRACES)}
    assert left == {"contacts", "contact_merges", "customers", "customer_aliases", "asides", "envelopes"}
    assert [text for _, _, text in await business.transcript("46709999000")] == ["What do you charge?"]


@pytest.mark.parametrize(
    ("days", "aged", "counted", "left"),
    [
        ({"media": 30}, "media set created_at", "media", "select count(*) from media where sha256 is not null"),
        ({"trace": 30}, "turns set ended_at", "traces", "select count(*) from turns where trace is not null"),
        ({"event": 30}, "events set created_at", "events", "select count(*) from events"),
    ],
)
async def test_each_has_its_own_days(
    business: Business, tmp_path: Path, days: dict[str, int], aged: str, counted: str, left: str
) -> None:
    await arrive(business, Folder(tmp_path / "blobs"))
    pool = business.pool
    before = await pool.fetchval(left)
    assert before
    assert (await keep(business, **days))[counted] == 0
    assert await pool.fetchval(left) == before
    await pool.execute(f"update {aged} = {OLD}")
    assert (await Retention(pool, envelope_days=30, pause=0.0).once())[counted] == before
    assert await pool.fetchval(left) == 0


async def test_a_business_that_said_nothing_keeps_for_the_usual_time(business: Business, tmp_path: Path) -> None:
    await arrive(business, Folder(tmp_path / "blobs"))
    pool = business.pool
    for table, column in (("turns", "ended_at"), ("events", "created_at"), ("media", "created_at")):
        await pool.execute(f"update {table} set {column} = {OLD}")  # noqa: S608
    gone = await Retention(pool, envelope_days=30, pause=0.0).once()
    assert (gone["traces"], gone["media"], gone["conversations"]) == (1, 0, 0)
    assert gone["events"] > 0


async def test_webhooks_go_after_their_days_and_unread_ones_later(business: Business, tmp_path: Path) -> None:
    await arrive(business, Folder(tmp_path / "blobs"))
    pool = business.pool
    ids = [row[0] for row in await pool.fetch("select envelope_id from envelopes order by 1")]
    await pool.execute(
        "update envelopes set received_at = now() - interval '40 days' where envelope_id = any ($1)", ids[:2]
    )
    await pool.execute(
        "update envelopes set state = 'parked', received_at = now() - interval '40 days' where envelope_id = $1", ids[0]
    )
    assert (await Retention(pool, envelope_days=30, pause=0.0).once())["webhooks"] == 1
    assert [row[0] for row in await pool.fetch("select envelope_id from envelopes order by 1")] == [ids[0], *ids[2:]]


async def test_a_file_goes_when_nothing_names_it_and_nobody_is_about_to(business: Business, tmp_path: Path) -> None:
    folder, pool = Folder(tmp_path), business.pool
    blobs = HeldBlobs(folder, pool)
    sha256 = await blobs.put(b"a file")
    assert await forget(pool, folder, sha256) == "held"
    await pool.execute("update blob_holds set until = now()")
    media = await business.add_file(sha256)
    assert await forget(pool, folder, sha256) == "shared"
    await pool.execute("delete from media where media_id = $1", media)
    await hold(pool, sha256, 0.0)
    assert await sweep(pool, folder) == 1
    with pytest.raises(BlobMissing):
        await folder.get(sha256)
