"""One box that finds everything: what was written, and who and what it is about."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Literal, get_args

import asyncpg
from pydantic import Field

from gateway.api.operations import Call, Model, Operations, Record
from gateway.db import queries
from gateway.errors import Invalid

SQL = queries(__file__)
operations = Operations()
Kind = Literal["messages", "conversations", "contacts", "leads", "meetings", "agents", "prompts", "numbers"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SCOPES = {"messages": "conversations:read"}  # the others are called what they are
MOST = 5
BEFORE, LENGTH = 40, 160  # characters of a snippet before what was found, and in all
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"[\u0300-\u036f\u3099\u309a]")


class SearchQuery(Model):
    """Words, each of them the beginning of one that is looked for; all have to be there. `kinds` names some of
    messages, conversations, contacts, leads, meetings, agents, prompts and numbers, with commas between; all when left
    out."""

    q: str = Field(min_length=1, max_length=200)
    kinds: str = Field(default="", max_length=100)


class Piece(Record):
    """A piece of plain text; `hit` when it is what was looked for."""

    text: str
    hit: bool


class Hit(Record):
    """Something that was found. `at` is when it was written or made, or when a meeting takes place."""

    kind: Kind
    id: str
    title: str
    snippet: list[Piece]
    at: datetime
    conversation_id: str | None = None
    sequence_no: int | None = None
    author: str | None = None


class FoundGroup(Record):
    """The newest of one kind, five at most. Not `complete` when the words are so common that the search was ended."""

    kind: Kind
    data: list[Hit]
    complete: bool


class Found(Record):
    """A group for each kind of which anything was found, in the order in which people look."""

    data: list[FoundGroup]
    next_cursor: str | None = None


@operations.on(
    "GET", "/v1/search", scope="search:read", summary="Search everything", query=SearchQuery, answer=Found
)  # fmt: skip
async def search(call: Call[None, SearchQuery]) -> Found:
    words = call.query.q.replace("\0", "")
    scopes = call.caller.scopes
    kinds = [one for one in _kinds(call.query.kinds) if {SCOPES.get(one, f"{one}:read"), "*"} & scopes]
    groups = [await _group(call, kind, words) for kind in kinds]
    return Found(data=[group for group in groups if group.data or not group.complete])


def _kinds(text: str) -> Sequence[Kind]:
    named = {one.strip() for one in text.split(",") if one.strip()}
    if wrong := named - set(KINDS):
        raise Invalid("There is no such kind.", [{"field": "kinds", "problem": f"{min(wrong)} is none of them"}])
    return [one for one in KINDS if not named or one in named]


async def _group(call: Call[None, SearchQuery], kind: Kind, words: str) -> FoundGroup:
    try:
        async with call.db.transaction():
            await call.db.execute(SQL["limit"])
            rows = await call.db.fetch(SQL[kind], call.user_id, words, MOST)
            await call.db.execute(SQL["unlimit"])
    except asyncpg.QueryCanceledError:
        return FoundGroup(kind=kind, data=[], complete=False)
    hits = [
        Hit.model_validate({**row, "kind": kind, "title": row["title"][:200], "snippet": snippet(row["text"], words)})
        for row in rows
    ]
    return FoundGroup(kind=kind, data=hits, complete=True)


def folded(word: str) -> str:
    """A word as the index knows it: small letters without marks."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", word)).lower()


def snippet(text: str, words: str) -> list[Piece]:
    """The place where words are first found in a text, in pieces. Plain text, whatever it looks like."""
    looked = tuple({folded(one) for one in _WORD.findall(words)})
    found = [(match.start(), match.end()) for match in _WORD.finditer(text) if folded(match[0]).startswith(looked)]
    begin = max(0, found[0][0] - BEFORE) if found else 0
    end = min(len(text), begin + LENGTH)
    pieces, at = [], begin
    for start, stop in found:
        if start >= end:
            break
        pieces += [(text[at:start], False), (text[start : min(stop, end)], True)]
        at = min(stop, end)
    shown = [*pieces, (text[at:end], False)]
    if begin:
        shown.insert(0, ("…", False))
    if end < len(text):
        shown.append(("…", False))
    return [Piece(text=piece, hit=hit) for piece, hit in shown if piece]
