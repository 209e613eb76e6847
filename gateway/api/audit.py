"""What was changed in the business, by whom and when."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.api.texts import Moment
from gateway.db import queries

SQL = queries(__file__)
operations = Operations()


class AuditEntry(Record):
    """One change. `action` is an operation of this API or a word such as sign_in; `changed` names the fields that were
    given, `changes` the values of those that are harmless."""

    audit_id: str
    at: datetime
    actor_kind: Literal["member", "key", "operator", "customer", "system"]
    actor_id: str
    actor_name: str
    action: str
    target: list[str]
    changed: list[str]
    changes: dict[str, Any]
    request_id: str
    address: str


class AuditQuery(PageQuery):
    """Which changes, the newest first. `actor` is a member's or key's id, or a kind; `target` an id in the path."""

    actor: str | None = Field(default=None, max_length=50)
    action: str | None = Field(default=None, max_length=60)
    target: str | None = Field(default=None, max_length=255)
    since: Moment | None = None


@operations.on(
    "GET", "/v1/audit", scope="audit:read", summary="What was changed by whom", query=AuditQuery,
    answer=Page[AuditEntry],
)  # fmt: skip
async def list_audit(call: Call[None, AuditQuery]) -> Page[AuditEntry]:
    asked = call.query
    which = (asked.actor, asked.action, asked.target, asked.since)
    rows = await call.db.fetch(SQL["list"], call.user_id, *which, *asked.position(), asked.limit + 1)
    shown, following = page_of(rows, asked.limit, "audit_id")
    entries = [AuditEntry.model_validate({**row, "changes": json.loads(row["changes"])}) for row in shown]
    return Page[AuditEntry](data=entries, next_cursor=following)
