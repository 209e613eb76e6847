"""Leads in numbers and in bulk: statistics, an export that streams, and the settings of scores and readings."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from gateway.api.leads import Flag, Lead, Which, lead_of
from gateway.api.operations import Call, Model, Operations, Record, Stream
from gateway.db import queries
from gateway.errors import Invalid, TooMany
from gateway.leads.lead import Thresholds

SQL = queries(__file__)
operations = Operations()
EXPORTS_AT_ONCE = 3  # in one process: each holds a connection for as long as its reader takes
ROWS_AT_ONCE = 200
REGIONS = r"^([A-Z]{2})?$"
_running: list[None] = []


class StatsQuery(Which):
    """Which leads, and what to group them by. Days, weeks and months are those of the business's time zone."""

    by: Literal["day", "week", "month", "channel", "agent", "number", "tag"] = "day"


class Group(Record):
    """The latest leads of one day (by its first day for weeks and months), channel, agent, number or tag."""

    key: str | None
    leads: int
    hot: int
    warm: int
    cold: int
    average_score: float | None
    with_email: int
    with_phone: int
    with_meeting: int


class Stats(Record):
    """Counts, averages over all, how many leads have each total, and the groups."""

    leads: int
    hot: int
    warm: int
    cold: int
    average_score: float | None
    averages: dict[str, float]
    distribution: dict[str, int]
    groups: list[Group]


class ExportQuery(Which):
    """Which leads, and in which form: csv, or json with one lead a line."""

    format: Literal["csv", "json"] = "csv"


def _known(model: str | None) -> str | None:
    return model or None


class LeadSettings(Record):
    """How leads are scored and when they are read. Hot from `hot`, Warm from `warm` on; a rise of `rise` points is
    told. `region` is where phone numbers without a country belong. `criteria` says whom the business looks for.
    `buttons` maps the title of a choice to the flag that a tap on it sets. Without `model` the agent's own reads."""

    hot: int = 12
    warm: int = 8
    rise: int = 2
    quiet_seconds: int = 300
    region: str = ""
    criteria: str = ""
    model: str | None = None
    buttons: dict[str, Flag] = Field(default_factory=dict)


class LeadSettingsChange(Model):
    """What is left out stays. Scores and tags of leads that are there change with their next reading."""

    hot: int | None = Field(default=None, ge=7, le=15)
    warm: int | None = Field(default=None, ge=6, le=14)
    rise: int | None = Field(default=None, ge=1, le=10)
    quiet_seconds: int | None = Field(default=None, ge=1, le=86400)
    region: str | None = Field(default=None, pattern=REGIONS)
    criteria: str | None = Field(default=None, max_length=2000)
    model: Annotated[str | None, Field(max_length=100), AfterValidator(_known)] = None
    buttons: dict[Annotated[str, Field(min_length=1, max_length=80)], Flag] | None = Field(default=None, max_length=50)


@operations.on("GET", "/v1/leads/stats", scope="leads:read", summary="Leads in numbers", query=StatsQuery, answer=Stats)
async def lead_stats(call: Call[None, StatsQuery]) -> Stats:
    asked = call.query.asked()
    scores = await call.db.fetch(SQL["scores"], call.user_id, asked)
    groups = await call.db.fetch(SQL["stats"], call.user_id, asked, call.query.by)
    count = sum(row["leads"] for row in scores)
    names = ("intent", "urgency", "budget", "fit", "engagement")
    return Stats(
        leads=count,
        **{name: sum(row[name] for row in scores) for name in ("hot", "warm", "cold")},
        average_score=round(sum(row["total_score"] * row["leads"] for row in scores) / count, 2) if count else None,
        averages={
            name: round(sum((row[name] or 0) * row["leads"] for row in scores) / count, 2) for name in names if count
        },
        distribution={str(row["total_score"]): row["leads"] for row in scores},
        groups=[Group.model_validate(dict(row)) for row in groups],
    )


@operations.on(
    "GET", "/v1/leads/export", scope="leads:read", summary="Leads as CSV, or as JSON with one a line",
    query=ExportQuery, answer=Stream,
)  # fmt: skip
async def export_leads(call: Call[None, ExportQuery]) -> Stream:
    if len(_running) >= EXPORTS_AT_ONCE:
        raise TooMany("Other exports run already. Try again in a moment.", retry_after=10)
    if call.query.format == "csv":
        return Stream(pieces=_guarded(_csv(call)), mime_type="text/csv; charset=utf-8", filename="leads.csv")
    return Stream(pieces=_guarded(_json(call)), mime_type="application/x-ndjson", filename="leads.ndjson")


async def _guarded(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    _running.append(None)
    try:
        async for piece in pieces:
            yield piece
    finally:
        _running.pop()


async def _batches(call: Call[None, ExportQuery]) -> AsyncIterator[list[Lead]]:
    """One cursor, so one moment of the store: a lead that is read again meanwhile is neither lost nor doubled."""
    cursor = await call.db.cursor(SQL["export"], call.user_id, call.query.asked())
    while rows := await cursor.fetch(ROWS_AT_ONCE):
        yield [lead_of(row) for row in rows]


async def _json(call: Call[None, ExportQuery]) -> AsyncIterator[bytes]:
    async for leads in _batches(call):
        yield "".join(lead.model_dump_json() + "\n" for lead in leads).encode()


async def _csv(call: Call[None, ExportQuery]) -> AsyncIterator[bytes]:
    names = list(Lead.model_fields)
    # The mark that makes spreadsheets read UTF-8.
    yield "\ufeff".encode() + csv_rows([names])
    async for leads in _batches(call):
        yield csv_rows([[cell(getattr(lead, name)) for name in names] for lead in leads])


def csv_rows(rows: list[list[str]]) -> bytes:
    """Rows as RFC 4180 says."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows(rows)
    return written.getvalue().encode()


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet takes for a formula: what could begin one stands behind an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False, default=str)
    text = value.isoformat() if hasattr(value, "isoformat") else str(value)
    text = text.replace("\0", "")
    begins = text.lstrip(" \u00a0\u200b\ufeff")[:1]
    return f"'{text}" if begins and begins in "=+-@\t\r\n|%＝＋－＠" else text


@operations.on(
    "GET", "/v1/lead-settings", scope="leads:read", summary="How leads are scored and when they are read",
    answer=LeadSettings,
)  # fmt: skip
async def get_lead_settings(call: Call[None, None]) -> LeadSettings:
    return await _settings(call)


async def _settings(call: Call[Any, Any]) -> LeadSettings:
    row = await call.db.fetchrow(SQL["settings"], call.user_id)
    if row is None:
        usual = Thresholds()
        return LeadSettings(hot=usual.hot, warm=usual.warm, rise=usual.rise)
    return LeadSettings.model_validate(dict(row) | {"buttons": json.loads(row["buttons"])})


@operations.on(
    "PATCH", "/v1/lead-settings", scope="leads:write", summary="Change how leads are scored and read",
    body=LeadSettingsChange, answer=LeadSettings,
)  # fmt: skip
async def change_lead_settings(call: Call[LeadSettingsChange, None]) -> LeadSettings:
    now = await _settings(call)
    named = {name: getattr(call.body, name) for name in call.body.model_fields_set}
    changed = LeadSettings.model_validate(
        now.model_dump() | {name: value for name, value in named.items() if value is not None or name == "model"}
    )
    if changed.hot <= changed.warm:
        raise Invalid("Hot must be more than Warm.", [{"field": "hot", "problem": "is not more than warm"}])
    await call.db.execute(SQL["set"], call.user_id, changed.model_dump_json())
    return changed
