"""Data rights: everything about one person as a file, one person erased everywhere, and how long things are kept."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import Row, queries
from gateway.errors import Conflict, Invalid, NotFound
from gateway.ids import new
from gateway.leads.contacts import contact_of
from gateway.rights.erase import STEPS
from gateway.rights.retention import SQL as RETENTION

SQL = queries(__file__)
operations = Operations()
SCOPE = "privacy:write"
EVENT_DAYS = 90
TRACE_DAYS = 90
Calendar = Literal["delete", "anonymise", "keep"]


class ExportJob(Record):
    """An export. `url` is where the ZIP is, without a key, until `expires_at`; `counts` the rows of each table."""

    export_id: str
    contact_id: str
    state: Literal["running", "done", "failed"]
    problem: str
    url: str | None
    size_bytes: int | None
    counts: dict[str, int]
    created_at: datetime
    expires_at: datetime | None


class Erasure(Record):
    """An erasure. `step` is where it is of `steps`, `waiting` how many things elsewhere are still to be removed, and
    `problem` why it waits. Once it is done, `counts` and `erased_at` are its certificate: they never change."""

    erasure_id: str
    contact_id: str
    state: Literal["running", "done", "failed"]
    step: str
    steps: list[str]
    waiting: int
    problem: str
    calendar: Calendar
    counts: dict[str, int]
    created_at: datetime
    erased_at: datetime | None


class Erase(Model):
    """`confirm` must be true: nothing brings back what is erased. `calendar` says what becomes of his meetings at
    Google, of which no guest is told: delete removes the events, anonymise keeps the time and nothing else, keep leaves
    them as they are (they name him)."""

    confirm: bool = False
    calendar: Calendar = "delete"


class ErasureChange(Model):
    """Another choice for an erasure that waits for the calendar."""

    calendar: Calendar


class ContactRef(Record):
    """The contact behind a conversation."""

    contact_id: str


class Privacy(Record):
    """For how many days things are kept; null is until they are erased. `envelope_days` is the installation's."""

    conversation_days: int | None
    media_days: int | None
    trace_days: int | None
    event_days: int | None
    envelope_days: int


class NewPrivacy(Model):
    """For how many days things are kept, from their last message, their arrival, or their end; null is until they are
    erased, what is left out has its default. Conversations go with everything in them."""

    conversation_days: int | None = Field(default=None, ge=1, le=36_500)
    media_days: int | None = Field(default=None, ge=1, le=36_500)
    trace_days: int | None = Field(default=TRACE_DAYS, ge=1, le=36_500)
    event_days: int | None = Field(default=EVENT_DAYS, ge=1, le=EVENT_DAYS)


class Preview(Record):
    """How much would be removed if these days held now."""

    conversations: int
    media: int
    traces: int
    events: int


@operations.on(
    "POST", "/v1/conversations/{id}/contact", scope="contacts:write", answer=ContactRef,
    summary="The contact behind a conversation, made when there is none yet",
)  # fmt: skip
async def open_contact(call: Call[None, None]) -> ContactRef:
    row = await call.db.fetchrow(SQL["customer"], call.user_id, call.path["id"])
    if row is None:
        raise NotFound("There is no such conversation.")
    return ContactRef(contact_id=await contact_of(call.db, call.user_id, row))


@operations.on(
    "POST", "/v1/contacts/{id}/export", scope=SCOPE, summary="Export everything that is held about a person",
    answer=ExportJob, status=202,
)  # fmt: skip
async def export_contact(call: Call[None, None]) -> ExportJob:
    contact_id = await _contact(call)
    await call.db.execute(SQL["begin"], call.user_id, new("exp"), "export", contact_id, "keep")
    call.after(lambda: call.api.bus.publish("rights"))
    return await _export(call, contact_id)


@operations.on(
    "GET", "/v1/contacts/{id}/export", scope=SCOPE, summary="How the newest export of a person is", answer=ExportJob
)
async def get_export(call: Call[None, None]) -> ExportJob:
    return await _export(call, await _contact(call))


@operations.on(
    "POST", "/v1/contacts/{id}/erase", scope=SCOPE, summary="Erase a person everywhere", body=Erase, answer=Erasure,
    status=202,
)  # fmt: skip
async def erase_contact(call: Call[Erase, None]) -> Erasure:
    contact_id = await _contact(call)
    if not call.body.confirm:
        raise Invalid("Nothing brings back what is erased.", [{"field": "confirm", "problem": "must be true to erase"}])
    await call.db.execute(SQL["begin"], call.user_id, new("era"), "erase", contact_id, call.body.calendar)
    call.after(lambda: call.api.bus.publish("rights"))
    return await _erasure(call, await call.db.fetchval(SQL["newest"], call.user_id, contact_id, "erase"))


@operations.on(
    "GET", "/v1/erasures", scope=SCOPE, summary="List erasures", query=PageQuery, answer=Page[Erasure]
)  # fmt: skip
async def list_erasures(call: Call[None, PageQuery]) -> Page[Erasure]:
    rows = await call.db.fetch(SQL["erasures"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "job_id")
    return Page[Erasure](data=[_shown(row) for row in shown], next_cursor=following)


@operations.on("GET", "/v1/erasures/{id}", scope=SCOPE, summary="How an erasure is", answer=Erasure)
async def get_erasure(call: Call[None, None]) -> Erasure:
    return await _erasure(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/erasures/{id}", scope=SCOPE, summary="Choose anew what becomes of meetings in the calendar",
    body=ErasureChange, answer=Erasure,
)  # fmt: skip
async def change_erasure(call: Call[ErasureChange, None]) -> Erasure:
    await _erasure(call, call.path["id"])
    if not await call.db.fetchval(SQL["choose"], call.user_id, call.path["id"], call.body.calendar):
        raise Conflict("This erasure is over.")
    call.after(lambda: call.api.bus.publish("rights"))
    return await _erasure(call, call.path["id"])


@operations.on("GET", "/v1/privacy", scope=SCOPE, summary="How long things are kept", answer=Privacy)
async def get_privacy(call: Call[None, None]) -> Privacy:
    return await _privacy(call)


@operations.on(
    "PUT", "/v1/privacy", scope=SCOPE, summary="Say how long things are kept", body=NewPrivacy, answer=Privacy
)
async def put_privacy(call: Call[NewPrivacy, None]) -> Privacy:
    await call.db.execute(SQL["keep_privacy"], call.user_id, *_days(call.body))
    return await _privacy(call)


@operations.on(
    "POST", "/v1/privacy/preview", scope=SCOPE, summary="How much would be removed by these days", body=NewPrivacy,
    answer=Preview,
)  # fmt: skip
async def preview_privacy(call: Call[NewPrivacy, None]) -> Preview:
    row = await call.db.fetchrow(RETENTION["would"], call.user_id, *_days(call.body))
    return Preview.model_validate(dict(row or {}))


def _days(body: NewPrivacy) -> tuple[int | None, ...]:
    return body.conversation_days, body.media_days, body.trace_days, body.event_days


async def _privacy(call: Call[Any, Any]) -> Privacy:
    row = await call.db.fetchrow(SQL["privacy"], call.user_id)
    days = dict(row) if row else NewPrivacy().model_dump()
    return Privacy.model_validate(days | {"envelope_days": call.api.settings.envelope_days})


async def _contact(call: Call[Any, Any]) -> str:
    contact_id: str | None = await call.db.fetchval(SQL["contact"], call.user_id, call.path["id"])
    if contact_id is None:
        raise NotFound("There is no such contact.")
    return contact_id


async def _export(call: Call[Any, Any], contact_id: str) -> ExportJob:
    row = await call.db.fetchrow(SQL["newest"], call.user_id, contact_id, "export")
    if row is None:
        raise NotFound("Nobody has asked for an export of this person.")
    url = None
    if row["media_id"] and row["expires_at"]:
        seconds = (row["expires_at"] - datetime.now(UTC)).total_seconds()
        url = call.api.files.link(call.user_id, row["media_id"], seconds) if seconds > 0 else None
    return ExportJob.model_validate(
        {**row, "export_id": row["job_id"], "url": url, "counts": json.loads(row["counts"])}
    )


async def _erasure(call: Call[Any, Any], job_id: str) -> Erasure:
    row = await call.db.fetchrow(SQL["erasure"], call.user_id, job_id)
    if row is None:
        raise NotFound("There is no such erasure.")
    return _shown(row)


def _shown(row: Row) -> Erasure:
    whole: dict[str, Any] = dict(row)  # type: ignore[call-overload]
    return Erasure.model_validate(
        whole | {"erasure_id": row["job_id"], "steps": list(STEPS), "counts": json.loads(row["counts"])}
    )
