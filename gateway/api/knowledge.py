"""Knowledge: facts and answers of a business, which its agents find and cite."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from gateway.api.agents import Language
from gateway.api.operations import Call, Model, Operations, Record
from gateway.api.paging import Page, PageQuery, page_of
from gateway.db import queries
from gateway.errors import NotFound
from gateway.ids import new
from gateway.knowledge import configuration, search, words

SQL = queries(__file__)
operations = Operations()


class Entry(Record):
    """A fact, or a question with its answer."""

    entry_id: str
    kind: Literal["fact", "faq"]
    question: str
    text: str
    source: str
    language: str
    created_at: datetime
    updated_at: datetime


class NewEntry(Model):
    """A fact, or a question that customers ask with its answer. `source` is where it is from, for people."""

    kind: Literal["fact", "faq"] = "fact"
    question: str = Field(default="", max_length=1000)
    text: str = Field(min_length=1, max_length=8000)
    source: str = Field(default="", max_length=500)
    language: Language = "en"


class EntryChange(Model):
    """What is left out stays."""

    kind: Literal["fact", "faq"] | None = None
    question: str | None = Field(default=None, max_length=1000)
    text: str | None = Field(default=None, min_length=1, max_length=8000)
    source: str | None = Field(default=None, max_length=500)
    language: Language | None = None


class NewEntries(Model):
    """Many entries at once: all of them are stored, or none."""

    entries: list[NewEntry] = Field(min_length=1, max_length=500)


class Imported(Record):
    """How many entries were stored."""

    count: int


class Wanted(Model):
    """A customer's words, and the language that they are in."""

    q: str = Field(min_length=1, max_length=1000)
    language: Language = "en"
    limit: int = Field(default=5, ge=1, le=20)


class Found(Record):
    """An entry that fits, and how well: more is better, and comparable only within one search."""

    entry_id: str
    question: str
    text: str
    source: str
    rank: float


class FoundEntries(Record):
    """What an agent would be offered, best first."""

    data: list[Found]
    next_cursor: str | None = None


@operations.on(
    "GET", "/v1/knowledge", scope="knowledge:read", summary="List what the business knows", query=PageQuery,
    answer=Page[Entry],
)  # fmt: skip
async def list_knowledge(call: Call[None, PageQuery]) -> Page[Entry]:
    rows = await call.db.fetch(SQL["list"], call.user_id, *call.query.position(), call.query.limit + 1)
    shown, following = page_of(rows, call.query.limit, "entry_id")
    return Page[Entry](data=[Entry.model_validate(dict(row)) for row in shown], next_cursor=following)


@operations.on(
    "POST", "/v1/knowledge", scope="knowledge:write", summary="Add an entry", body=NewEntry, answer=Entry, status=201
)
async def create_entry(call: Call[NewEntry, None]) -> Entry:
    entry_id = new("knw")
    await call.db.execute(*stored(call.user_id, entry_id, call.body))
    return await _get(call, entry_id)


@operations.on(
    "POST", "/v1/knowledge/import", scope="knowledge:write", summary="Add many entries", body=NewEntries,
    answer=Imported, status=201,
)  # fmt: skip
async def import_knowledge(call: Call[NewEntries, None]) -> Imported:
    entries = call.body.entries
    await call.db.executemany(SQL["store"], [_values(call.user_id, new("knw"), entry) for entry in entries])
    return Imported(count=len(entries))


@operations.on(
    "GET", "/v1/knowledge/search", scope="knowledge:read", summary="What an agent would find", query=Wanted,
    answer=FoundEntries,
)  # fmt: skip
async def search_knowledge(call: Call[None, Wanted]) -> FoundEntries:
    wanted = call.query
    found = await search(call.db, call.user_id, wanted.q, wanted.language, limit=wanted.limit)
    return FoundEntries(data=[Found.model_validate(passage) for passage in found])


@operations.on("GET", "/v1/knowledge/{id}", scope="knowledge:read", summary="Get an entry", answer=Entry)
async def get_entry(call: Call[None, None]) -> Entry:
    return await _get(call, call.path["id"])


@operations.on(
    "PATCH", "/v1/knowledge/{id}", scope="knowledge:write", summary="Change an entry", body=EntryChange, answer=Entry
)
async def change_entry(call: Call[EntryChange, None]) -> Entry:
    entry = await _get(call, call.path["id"], "lock")
    given = {name: value for name in call.body.model_fields_set if (value := getattr(call.body, name)) is not None}
    whole = NewEntry.model_validate({name: getattr(entry, name) for name in NewEntry.model_fields} | given)
    await call.db.execute(*stored(call.user_id, entry.entry_id, whole))
    return await _get(call, entry.entry_id)


@operations.on("DELETE", "/v1/knowledge/{id}", scope="knowledge:write", summary="Remove an entry", status=204)
async def delete_entry(call: Call[None, None]) -> None:
    if await call.db.fetchval(SQL["remove"], call.user_id, call.path["id"]) is None:
        raise NotFound("There is no such entry.")


def stored(user_id: str, entry_id: str, entry: NewEntry) -> tuple[Any, ...]:
    """The statement that stores an entry, new or changed, and its values."""
    return (SQL["store"], *_values(user_id, entry_id, entry))


def _values(user_id: str, entry_id: str, entry: NewEntry) -> tuple[Any, ...]:
    question, text, source = (text.replace("\x00", "") for text in (entry.question, entry.text, entry.source))
    indexed = (configuration(entry.language), *words(question), *words(text))
    return (user_id, entry_id, entry.kind, question, text, source, entry.language, *indexed)


async def _get(call: Call[Any, Any], entry_id: str, how: str = "get") -> Entry:
    row = await call.db.fetchrow(SQL[how], call.user_id, entry_id)
    if row is None:
        raise NotFound("There is no such entry.")
    return Entry.model_validate(dict(row))
