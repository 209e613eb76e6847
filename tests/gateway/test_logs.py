"""A log line never holds what was said, nor a secret."""

from __future__ import annotations

import io
from pathlib import Path

from gateway.db import Pool
from tests.business import Business
from tests.desk import SECRET, desk
from tests.providers import change, whatsapp
from tests.waiting import until

SAID = "my secret illness"


async def test_a_busy_and_failing_desk_keeps_quiet(
    logged: io.StringIO, dsn: str, pool: Pool, business: Business, tmp_path: Path
) -> None:
    async with desk(dsn, pool, tmp_path) as open_desk:
        number = business.number.address
        await open_desk.hook(whatsapp(change(number, messages=[("w1", "4670", SAID)])))
        await open_desk.sent(1)
        open_desk.providers.model_status = 400
        await open_desk.hook(whatsapp(change(number, messages=[("w2", "4670", SAID)])))
        await open_desk.sent(2)
        open_desk.providers.send_status = 500
        await open_desk.hook(whatsapp(change(number, messages=[("w3", "4671", SAID)])))
        await until(lambda: pool.fetchval("select bool_or(error_code is not null) from message_parts"))
        await open_desk.hook(whatsapp(change(number, messages=[("w4", "4670", SAID)])), secret="forged")
        await open_desk.hook(whatsapp(change("999", messages=[("w5", "4670", SAID)])))
    text = logged.getvalue()
    for event in ("turn_failed", "send_failed", "hook_rejected", "parked"):
        assert event in text
    for hidden in (SAID, "illness", SECRET, "token-", "sk-test"):
        assert hidden not in text
