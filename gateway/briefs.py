"""Briefs: all that the turns of one agent have in common, read once for each revision of its settings."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg

from gateway.db import Pool, Row, queries, retry_clash
from gateway.hours import Hours
from gateway.rules import RULES
from gateway.variables import KNOWN, Variable, filled, places, render
from gateway.webchat.prechat import Consent, consent

SQL = queries(__file__)
MOST = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """An agent as its turns need it. `instructions` still holds the names that change from turn to turn."""

    agent_id: str
    name: str
    business: str
    zone: ZoneInfo
    model: str
    fallback_model: str
    language: str
    hours: Hours | None
    away: bool
    away_text: str
    fallback_text: str
    fresh_minutes: int
    keeps_copy: bool
    moderation: Any
    instructions: str
    volatile: tuple[str, ...]
    prompt_key: str
    legacy_prompt: Mapping[str, Any] | None
    tools: frozenset[str] | None
    links: Sequence[str]
    has_knowledge: bool
    has_http_tools: bool
    booking: Mapping[str, Any] | None = None
    consent: Consent | None = None

    def may(self, tool: str) -> bool:
        """Whether the agent may use a tool."""
        return self.tools is None or tool in self.tools


class Briefs:
    """Reads briefs and keeps the newest. The claim of a turn names the revision, so nothing here is ever stale."""

    def __init__(self, pool: Pool, *, model: str) -> None:
        self._pool = pool
        self._model = model
        self._known: OrderedDict[tuple[str, str, int], tuple[int, Brief]] = OrderedDict()

    async def of(self, claim: Row) -> Brief:
        """The brief of a claimed turn. Raises StoreAway."""
        key = (claim["user_id"], claim["agent_id"], claim["prompt_version"])
        known = self._known.get(key)
        if known is not None and known[0] == claim["revision"]:
            self._known.move_to_end(key)
            return known[1]
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["brief"], *key))
        if row is None:
            raise LookupError("the agent was deleted")
        brief = self._made(row, claim["platform"], claim["prompt_version"])
        self._known[key] = (claim["revision"], brief)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return brief

    def _made(self, row: asyncpg.Record, platform: str, version: int) -> Brief:
        business = row["company_name"] or ""
        fixed = {
            "business_name": business,
            "agent_name": row["name"],
            "channel": platform,
            "time_zone": row["zone"],
            **filled(
                [Variable.model_validate(one) for one in json.loads(row["declared"])], json.loads(row["variables"])
            ),
        }
        told = render(row["instructions"], fixed)
        rules = RULES.format(business=business or "the business", channel=platform, agent=row["name"])
        return Brief(
            agent_id=row["agent_id"],
            name=row["name"],
            business=business,
            zone=ZoneInfo(row["zone"]),
            model=row["model"] or self._model,
            fallback_model=row["fallback_model"] or "",
            language=row["language"],
            hours=Hours.model_validate_json(row["hours"]) if row["hours"] else None,
            away=row["outside_hours"] == "away",
            away_text=row["away_text"] or "",
            fallback_text=row["fallback_text"] or "",
            fresh_minutes=row["fresh_minutes"],
            keeps_copy=row["state"] == "conversation",
            moderation=row["moderation"],
            instructions=f"{told}\n\n{rules}",
            volatile=tuple(name for name in places(told) if name in KNOWN),
            prompt_key=f"{row['prompt_id']}:{version}"[:64],
            legacy_prompt=json.loads(row["legacy"]) if row["legacy"] else None,
            tools=frozenset(row["tools"]) if row["tools"] is not None else None,
            links=row["links"] or (),
            has_knowledge=row["has_knowledge"],
            has_http_tools=row["has_tools"],
            booking=json.loads(row["booking"]) if row["booking"] else None,
            consent=consent(json.loads(row["consent"])) if row["consent"] else None,
        )
