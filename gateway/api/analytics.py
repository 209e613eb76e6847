"""What a business's numbers did, day by day or hour by hour of a time zone."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record, Stream
from gateway.api.texts import Day
from gateway.db import Row, queries
from gateway.errors import Invalid

SQL = queries(__file__)
operations = Operations()
MOST_DAYS, MOST_DAYS_BY_HOUR = 366, 31
AUTHORS = ("customer", "ai", "human", "fallback")
TAGS = ("Hot", "Warm", "Cold", "none")
LAST_DAYS = 30
# By query: what its further columns are added to.
COUNTED: Mapping[str, tuple[str, ...]] = {
    "conversations": ("conversations_opened", "taken_over"),
    "booked": ("booked",),
    "cancelled": ("cancelled",),
    "missed": ("no_shows",),
    "cost": ("cost_micros",),
    "credits": ("credits",),
    "failures": ("failed_messages",),
}
SORTED: Mapping[str, tuple[str, tuple[str, ...]]] = {"messages": ("by_author", AUTHORS), "leads": ("leads", TAGS)}
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


class Span(Model):
    """From the first day to the last, both included, in the time zone; the last thirty days when left out."""

    first: Day | None = Field(default=None, alias="from", ge=EARLIEST, le=LATEST)
    last: Day | None = Field(default=None, alias="to", ge=EARLIEST, le=LATEST)
    bucket: Literal["day", "hour"] = "day"
    number: str | None = Field(default=None, max_length=50)
    agent: str | None = Field(default=None, max_length=50)
    zone: str = Field(default="UTC", max_length=60)


class Figures(Record):
    """What happened in a time. `answered` counts conversations that got their first answer, by when the customer asked;
    the median and the ninth tenth are seconds until it. `taken_over` counts conversations opened then that a person
    had, then or later. Leads count by their latest reading. Cost is millionths of a US dollar."""

    messages_in: int = 0
    messages_out: int = 0
    by_author: dict[str, int]
    conversations_opened: int = 0
    taken_over: int = 0
    takeover_share: float | None = None
    answered: int = 0
    answer_seconds_median: float | None = None
    answer_seconds_p90: float | None = None
    leads: dict[str, int]
    booked: int = 0
    cancelled: int = 0
    no_shows: int = 0
    cost_micros: int = 0
    credits: int = 0
    failed_messages: int = 0


class Bucket(Figures):
    """One day or hour, from `start` to the start of the next one."""

    start: datetime


class Analytics(Record):
    """The buckets in order, without a gap, and all of them in one."""

    zone: str
    data: list[Bucket]
    total: Figures
    next_cursor: str | None = None


@operations.on(
    "GET", "/v1/analytics", scope="analytics:read", summary="Figures over time", query=Span, answer=Analytics
)
async def get_analytics(call: Call[None, Span]) -> Analytics:
    return await _analytics(call)


@operations.on(
    "GET", "/v1/analytics/export", scope="analytics:read", summary="Figures over time, as CSV", query=Span,
    answer=Stream,
)  # fmt: skip
async def export_analytics(call: Call[None, Span]) -> Stream:
    told = await _analytics(call)

    async def pieces() -> AsyncIterator[bytes]:
        rows = [_flat(bucket) for bucket in told.data]
        text = io.StringIO()
        writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        yield text.getvalue().encode()

    return Stream(pieces=pieces(), mime_type="text/csv; charset=utf-8", filename="analytics.csv")


async def _analytics(call: Call[None, Span]) -> Analytics:
    starts = edges(call.query)
    chosen = (call.user_id, [at.astimezone(UTC) for at in starts], call.query.number, call.query.agent)
    found = [_none() for _ in starts]  # the last one is the total
    for query, columns in COUNTED.items():
        for row in await call.db.fetch(SQL[query], *chosen):
            for place in (row["n"] - 1, -1):
                for number, column in enumerate(columns, 1):
                    found[place][column] += row[number]
    for query, (column, keys) in SORTED.items():
        for row in await call.db.fetch(SQL[query], *chosen):
            for place in (row["n"] - 1, -1):
                found[place][column][row[1] if row[1] in keys else keys[-1]] += row[2]
    for row in await call.db.fetch(SQL["answers"], *chosen):
        found[-1 if row["n"] is None else row["n"] - 1] |= _answered(row)
    told = [_summed(one) for one in found]
    data = [Bucket(start=at, **one) for at, one in zip(starts[:-1], told[:-1], strict=True)]
    return Analytics(zone=call.query.zone, data=data, total=Figures(**told[-1]))


def _answered(row: Row) -> dict[str, Any]:
    if not row["answered"]:
        return {}
    median, p90 = (round(float(seconds), 3) for seconds in row["seconds"])
    return {"answered": row["answered"], "answer_seconds_median": median, "answer_seconds_p90": p90}


def _none() -> dict[str, Any]:
    counted = dict.fromkeys((name for names in COUNTED.values() for name in names), 0)
    return {**counted, "by_author": dict.fromkeys(AUTHORS, 0), "leads": dict.fromkeys(TAGS, 0)}


def _summed(one: dict[str, Any]) -> dict[str, Any]:
    opened, said = one["conversations_opened"], one["by_author"]
    return {
        **one,
        "messages_in": said["customer"],
        "messages_out": sum(said.values()) - said["customer"],
        "takeover_share": round(one["taken_over"] / opened, 4) if opened else None,
    }


def edges(span: Span) -> list[datetime]:
    """Where each bucket begins, and the end of the last one. A day of a time zone may have 23 or 25 hours; an hour that
    comes twice is two. Raises Invalid."""
    if span.zone not in available_timezones():
        raise Invalid("There is no such time zone.", [{"field": "zone", "problem": "is no IANA name"}])
    zone = ZoneInfo(span.zone)
    last = span.last or (span.first + timedelta(days=LAST_DAYS - 1) if span.first else datetime.now(zone).date())
    first = span.first or last - timedelta(days=LAST_DAYS - 1)
    most = MOST_DAYS if span.bucket == "day" else MOST_DAYS_BY_HOUR
    if not 0 <= (last - first).days < most:
        problem = {"field": "from", "problem": f"is behind to, or more than {most} days before it"}
        raise Invalid("The days are not in order, or too many.", [problem])
    days = [datetime.combine(first + timedelta(days=n), time(), zone) for n in range((last - first).days + 2)]
    if span.bucket == "day":
        return days
    at, end = days[0].astimezone(UTC), days[-1].astimezone(UTC)
    hours = []
    while at < end:
        hours.append(at.astimezone(zone))
        at += timedelta(hours=1)
    return [*hours, days[-1]]


def _flat(bucket: Bucket) -> Mapping[str, Any]:
    """One line of the table. Nothing in it is a customer's, so that no cell can begin a formula."""
    told = bucket.model_dump(exclude={"by_author", "leads"})
    authors = {f"messages_{name}": bucket.by_author[name] for name in AUTHORS}
    tags = {f"leads_{name.lower()}": bucket.leads[name] for name in TAGS}
    return {"start": told.pop("start").isoformat(), **told, **authors, **tags}
