"""An export takes as long as it takes, and is made once."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.blobs import Folder
from gateway.bus import Bus
from gateway.db import Pool
from gateway.ids import new
from gateway.rights.erase import Erasure
from gateway.rights.export import Export
from gateway.rights.jobs import Rights
from tests.business import Business
from tests.gateway.rights.person import arrive
from tests.gateway.rights.test_erase import Diary, is_done, working
from tests.waiting import until


class Slow(Folder):
    """Files that come when they are let."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may_come = asyncio.Event()
        self.asked = 0

    async def get(self, sha256: str) -> bytes:
        self.asked += 1
        await self.may_come.wait()
        return await super().get(sha256)


async def test_an_export_that_takes_long_keeps_its_job(pool: Pool, business: Business, tmp_path: Path) -> None:
    blobs = Slow(tmp_path / "blobs")
    person = await arrive(business, blobs)
    job = new("exp")
    await pool.execute(
        "insert into rights_jobs (user_id, job_id, kind, contact_id) values ($1, $2, 'export', $3)",
        business.user_id, job, person.contact_id,
    )  # fmt: skip
    one = Rights(
        pool, Bus(), blobs, Erasure(pool, blobs, Diary()), Export(pool, blobs), owner="node-1", lease_seconds=1.0
    )
    async with working(one):
        leased = "select lease_until from rights_jobs"
        await until(lambda: pool.fetchval(leased))
        begun = await pool.fetchval(leased)
        # When the lease that it began with is long over, it is still the first who has it.
        await until(lambda: pool.fetchval("select now() > $1::timestamptz + interval '1 second'", begun))
        assert await pool.fetchval("select lease_until > now() from rights_jobs")
        blobs.may_come.set()
        await until(lambda: is_done(pool, job))
    row = await pool.fetchrow("select fence, problem, media_id is not null as made from rights_jobs")
    assert tuple(row or ()) == (1, "", True)
    assert blobs.asked == 1
