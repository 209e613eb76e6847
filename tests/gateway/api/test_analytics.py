"""Figures: each counted once, in the day that the asked time zone says, over changes of the clock."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from gateway.api.analytics import Span, edges
from gateway.bus import Bus
from gateway.db import Pool
from gateway.errors import Invalid
from gateway.inbox import Inbox
from tests.business import Business
from tests.gateway.api.test_api import Client, api  # noqa: F401
from tests.gateway.api.test_search import filed, say


@pytest.mark.parametrize(
    ("zone", "day", "bucket", "hours", "buckets"),
    [
        ("Europe/Berlin", "2026-03-29", "day", 23, 1),
        ("Europe/Berlin", "2026-10-25", "day", 25, 1),
        ("Europe/Berlin", "2026-10-25", "hour", 25, 25),
        ("Europe/Berlin", "2026-03-29", "hour", 23, 23),
        ("America/Sao_Paulo", "2018-11-04", "day", 23, 1),  # midnight itself was skipped
        ("Asia/Kathmandu", "2026-05-01", "hour", 24, 24),
        ("Australia/Lord_Howe", "2026-04-05", "day", 24.5, 1),
        ("UTC", "2026-02-28", "day", 24, 1),
    ],
)
def test_a_day_has_the_hours_that_its_zone_gives_it(
    zone: str, day: str, bucket: Any, hours: float, buckets: int
) -> None:
    one = edges(Span.model_validate({"from": day, "to": day, "zone": zone, "bucket": bucket}))
    assert (one[-1].astimezone(UTC) - one[0].astimezone(UTC)) / timedelta(hours=1) == hours
    assert len(one) - 1 == buckets
    assert all(a.astimezone(UTC) < b.astimezone(UTC) for a, b in pairwise(one))


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Mars/Base"}, {"zone": "../etc/passwd"}, {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2024-01-01", "to": "2026-01-01"}, {"from": "2026-01-01", "to": "2026-03-01", "bucket": "hour"},
    ],
)  # fmt: skip
def test_what_can_not_be_shown_is_refused(wrong: Any) -> None:
    with pytest.raises(Invalid):
        edges(Span.model_validate(wrong))


async def at(pool: Pool, business: Business, moment: str, *, answered_after: int, author: str) -> None:
    """A conversation that was opened at a moment and first answered so many seconds later."""
    opened = datetime.fromisoformat(moment)
    number = business.number
    await pool.execute(
        "insert into customers (user_id, customer_id) values ($1, $2) on conflict do nothing", business.user_id, moment
    )
    await pool.execute(
        "insert into conversations (user_id, conversation_id, agent_id, phone_number_id, customer_phone, customer_id, "
        "created_at, last_sequence_no) values ($1, $2, $3, $4, $2, $2, $5, 2)",
        business.user_id, moment, number.agent_id, number.id, opened,
    )  # fmt: skip
    for no, sender, who, when in (
        (1, "user", "customer", opened),
        (2, "agent", author, opened + timedelta(seconds=answered_after)),
    ):
        await pool.execute(
            "insert into messages (user_id, message_id, conversation_id, phone_number_id, sender, author, text, "
            'sequence_no, "timestamp") values ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
            business.user_id, f"{moment}/{no}", moment, number.id, sender, who, "words", no, when,
        )  # fmt: skip


async def test_each_thing_is_counted_once_in_its_local_day(api: Client, business: Business) -> None:  # noqa: F811
    pool = business.pool
    inbox = Inbox(pool, Bus())
    # In Berlin: 29 March 23:30, 30 March 00:30; the clock had gone forward at 2:00 on the 29th.
    await at(pool, business, "2026-03-29T21:30:00+00:00", answered_after=10, author="ai")
    await at(pool, business, "2026-03-29T22:30:00+00:00", answered_after=30, author="human")
    await at(pool, business, "2026-03-29T22:45:00+00:00", answered_after=100, author="ai")
    await pool.execute(
        "delete from message_counts; delete from message_search; delete from first_answers; "
        "update inbox_state set filed_at = '-infinity'"
    )
    while await inbox.file():
        pass
    await filed(pool)
    await pool.execute(
        "insert into model_calls (user_id, subject_id, call_no, kind, cost_micros, created_at) "
        "values ($1, 's', 1, 'reply', 700, '2026-03-29T22:00:00Z')",
        business.user_id,
    )
    asked = "from=2026-03-29&to=2026-03-30&zone=Europe/Berlin"
    status, told = await api("GET", f"/v1/analytics?{asked}")
    assert status == 200
    first, second = told["data"]
    assert (first["start"], second["start"]) == ("2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00")
    assert [(one["messages_in"], one["messages_out"]) for one in (first, second, told["total"])] == [
        (1, 1), (2, 2), (3, 3),
    ]  # fmt: skip
    assert second["by_author"] == {"customer": 2, "ai": 1, "human": 1, "fallback": 0}
    assert (second["answer_seconds_median"], told["total"]["answer_seconds_median"]) == (65, 30)
    assert told["total"]["answer_seconds_p90"] == 86
    assert (first["cost_micros"], second["cost_micros"]) == (0, 700)
    assert [one["conversations_opened"] for one in (first, second)] == [1, 2]
    none = (await api("GET", f"/v1/analytics?{asked}&number=num_other"))[1]["total"]
    assert (none["messages_in"], none["conversations_opened"]) == (0, 0)
    other = await Business.create(pool)
    await say(other, "not yours")
    await filed(pool)
    assert (await api("GET", f"/v1/analytics?{asked}"))[1] == told


async def test_the_export_has_a_line_for_each_bucket(api: Client, business: Business) -> None:  # noqa: F811
    await say(business, "Hello")
    await filed(business.pool)
    today = datetime.now(UTC).date().isoformat()
    headers = {"Authorization": f"Bearer {api._key}"}
    url = f"{api._desk.url}/v1/analytics/export?bucket=hour&from={today}&to={today}"
    async with api._desk.http.get(url, headers=headers) as answer:
        assert (answer.status, answer.content_type) == (200, "text/csv")
        rows = list(csv.DictReader(io.StringIO(await answer.text())))
    assert len(rows) == 24
    assert sum(int(row["messages_in"]) for row in rows) == 1
