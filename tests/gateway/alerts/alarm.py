"""What tests of alerts ask of a business, and the watcher that looks at it."""

from __future__ import annotations

import json
from typing import Any

from gateway.alerts.watch import Watcher
from gateway.bus import Bus
from gateway.db import Pool
from tests.business import Business


async def look(pool: Pool) -> int:
    """One look of the watcher, a minute after what was noted before."""
    # Not across midnight: some alerts are over with the day.
    await pool.execute(
        "update system_alerts set last_at = greatest(last_at - interval '1 minute', date_trunc('day', last_at, 'utc')) "
        "where resolved_at is null"
    )
    return await Watcher(pool, Bus()).look()


async def alerts(business: Business, *, resolved: bool = False) -> list[tuple[str, str]]:
    """(type, cause) of the alerts that are open, or over."""
    rows = await business.pool.fetch(
        "select alert_type, coalesce(detail ->> 'cause', '') as cause from system_alerts "
        "where user_id = $1 and resolved = $2 order by alert_type",
        business.user_id, resolved,
    )  # fmt: skip
    return [(row["alert_type"], row["cause"]) for row in rows]


async def message(business: Business) -> str:
    """What the newest alert says."""
    text: str = await business.pool.fetchval(
        "select message from system_alerts where user_id = $1 order by created_at desc limit 1", business.user_id
    )
    return text


async def told(business: Business) -> list[tuple[str, str]]:
    """(event, type of the alert) of everything that was told, in order."""
    rows = await business.pool.fetch(
        "select type, data from events where user_id = $1 and type like 'alert.%' order by seq", business.user_id
    )
    return [(row["type"], json.loads(row["data"])["alert_type"]) for row in rows]


async def raised(business: Business, alert_type: str = "agent_broken", subject: str = "s", **detail: Any) -> bool:
    """Raises an alert as a part of the gateway would."""
    answer: bool = await business.pool.fetchval(
        "select raise_alert($1, $2, $3, $4::jsonb)", business.user_id, alert_type, subject, json.dumps(detail)
    )
    return answer


async def ended(business: Business, alert_type: str = "agent_broken", subject: str | None = "s") -> bool:
    """Ends an alert as a part of the gateway would."""
    answer: bool = await business.pool.fetchval(
        "select resolve_alert($1, $2, $3)", business.user_id, alert_type, subject
    )
    return answer
