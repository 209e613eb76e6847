"""The record of what was changed, by whom. Rows never change; no secret and no text of a message stands in one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel

from gateway.accounts.callers import Caller
from gateway.db import Connection, Pool, queries
from gateway.ids import new

SQL = queries(__file__)
# Fields whose values are harmless words. Of every other one only the name is kept.
SHOWN = frozenset({"role", "enabled", "owner", "status", "stage", "suspended", "active_version", "onboarding_step",
                   "onboarding_completed", "zone", "language", "industry", "team_size", "platform"})  # fmt: skip
SHOWN_CHARACTERS = 40
Kind = Literal["member", "operator"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What was done: an operation's id or a word such as sign_in, on which ids, with which fields."""

    action: str
    target: Sequence[str] = ()
    changed: Sequence[str] = ()
    changes: Mapping[str, object] = field(default_factory=dict)
    request_id: str = ""
    address: str = ""


def fields_of(body: BaseModel | None) -> tuple[list[str], dict[str, object]]:
    """The names of the fields that a body sets, and the values of the harmless ones."""
    if body is None:
        return [], {}
    names = sorted(body.model_fields_set)
    values = {name: getattr(body, name) for name in names if name in SHOWN}
    return names, {name: value for name, value in values.items() if _harmless(value)}


def _harmless(value: object) -> bool:
    return value is None or isinstance(value, bool | int) or (isinstance(value, str) and len(value) <= SHOWN_CHARACTERS)


async def record(db: Connection | Pool, caller: Caller, deed: Deed) -> None:
    """Writes down what a key or a member did in the business that he acts for."""
    await db.execute(SQL["add"], caller.user_id, new("aud"), caller.kind, caller.id, caller.name[:255], *_told(deed))


async def record_person(db: Connection | Pool, person_id: str, deed: Deed, *, by: Kind = "member") -> None:
    """Writes down what a person did, was done to him, or was tried in his name, in each business of his."""
    await db.execute(SQL["add_person"], person_id, new("aud"), by, *_told(deed))


async def record_operator(db: Connection | Pool, user_id: str, deed: Deed) -> None:
    """Writes down what the operator did to a business."""
    await db.execute(SQL["add"], user_id, new("aud"), "operator", "", "operator", *_told(deed))


def _told(deed: Deed) -> tuple[object, ...]:
    changes = json.dumps(dict(deed.changes))
    return deed.action, list(deed.target), list(deed.changed), changes, deed.request_id, deed.address[:60]
