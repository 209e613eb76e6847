"""What an owner should know: a list of what is wrong and what was, and a way to put away what only he can judge."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import Row, queries
from gateway.errors import Conflict, NotFound

SQL = queries(__file__)
operations = Operations()
Level = Literal["info", "warning", "critical"]


class Alert(Record):
    """Something that is wrong, from `created_at` until `resolved_at`. `alert_type` and `detail` say what it is to
    programs, `message` to people, in English. `subject` names what it is about: a number, an agent, a conversation, a
    meeting, an endpoint, an address, or "" for the whole business. `times` counts how often it was noticed, once a
    minute at most, and `last_at` is the last time. Only where `by_hand` is true can a person resolve it."""

    id: str
    alert_type: str
    alert_level: Level
    message: str
    subject: str
    phone_number_id: str | None
    detail: dict[str, Any]
    resolved: bool
    resolved_at: datetime | None
    created_at: datetime
    last_at: datetime
    times: int
    by_hand: bool


class AlertQuery(PageQuery):
    """Which alerts to list. `number` is the id of a number."""

    resolved: bool | None = None
    level: Level | None = None
    type: str | None = Field(default=None, max_length=100)
    number: str | None = Field(default=None, max_length=50)


@operations.on(
    "GET", "/v1/alerts", scope="alerts:read", summary="What is wrong, and what was; newest first", query=AlertQuery,
    answer=Page[Alert],
)  # fmt: skip
async def list_alerts(call: Call[None, AlertQuery]) -> Page[Alert]:
    q = call.query
    rows = await call.db.fetch(
        SQL["list"], call.user_id, q.resolved, q.level, q.type, q.number, *q.position(), q.limit + 1
    )
    shown, following = page_of(rows, q.limit, "id")
    return Page[Alert](data=[_alert(row) for row in shown], next_cursor=following)


@operations.on("GET", "/v1/alerts/{id}", scope="alerts:read", summary="Get an alert", answer=Alert)
async def get_alert(call: Call[None, None]) -> Alert:
    return _alert(await _row(call))


@operations.on("POST", "/v1/alerts/{id}/resolve", scope="alerts:write", summary="Put an alert away", answer=Alert)
async def resolve_alert(call: Call[None, None]) -> Alert:
    row = await _row(call)
    if not row["resolved"] and not row["by_hand"]:
        raise Conflict("This alert ends by itself as soon as what it says is no longer so.")
    if not row["resolved"]:
        await call.db.fetchval(SQL["resolve"], call.user_id, row["alert_type"], row["subject"])
        call.after(lambda: call.api.bus.publish("events"))
    return _alert(await _row(call))


async def _row(call: Call[None, None]) -> Row:
    row = await call.db.fetchrow(SQL["get"], call.user_id, call.path["id"])
    if row is None:
        raise NotFound("There is no such alert.")
    return row


def _alert(row: Row) -> Alert:
    return Alert.model_validate({**row, "detail": json.loads(row["detail"])})  # type: ignore[dict-item]
