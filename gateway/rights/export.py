"""Everything that is held about one person as a ZIP: a JSON file for each table, the files, and a page to read."""

from __future__ import annotations

import asyncio
import html
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.blobs import BlobMissing, Blobs
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
MOST_BYTES = 200 * 1024 * 1024
MOST_ROWS = 200_000
_UNSAFE = re.compile(r"[^\w.\- ]+")
STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "table{border-collapse:collapse;width:100%;display:block;overflow-x:auto}td,th{border:1px solid #8888;"
    "padding:.3rem .5rem;text-align:start;vertical-align:top;overflow-wrap:anywhere;min-width:4rem}"
    "p.said{white-space:pre-wrap;margin:.2rem 0;padding:.4rem .6rem;border-inline-start:3px solid #888}"
    "p.said.agent{border-color:#2a7}small{opacity:.75}"
)

Held = Mapping[str, Sequence[Mapping[str, Any]]]


class TooMuch(Exception):
    """More is held than goes into one file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """An export: the ZIP, and how many rows of each table are in it."""

    data: bytes
    counts: Mapping[str, int]


class Export:
    """Makes exports. Files beyond 200 MB together are named and left out."""

    def __init__(self, pool: Pool, blobs: Blobs) -> None:
        self._pool = pool
        self._blobs = blobs

    async def made(self, job: Row) -> Made:
        """The export of a job, of one moment. Raises TooMuch, StoreAway or OSError."""
        held = await retry_clash(lambda: self._held(job["user_id"], job["contact_id"]))
        files, left_out = await self._files(held["media"])
        data = await asyncio.to_thread(_zipped, job["contact_id"], held, files, left_out)
        counts = {name: len(rows) for name, rows in held.items() if rows}
        return Made(data=data, counts=counts | {"files": len(files)})

    async def _held(self, user_id: str, contact_id: str) -> Held:
        held: dict[str, list[Mapping[str, Any]]] = {}
        async with self._pool.acquire() as db, db.transaction(isolation="repeatable_read", readonly=True):
            for name, query in SQL.items():
                rows = held[name] = []
                async for row in db.cursor(query, user_id, contact_id, prefetch=1000):
                    rows.append(json.loads(row[0]))
                    if len(rows) > MOST_ROWS:
                        raise TooMuch(f"there are more than {MOST_ROWS} rows of {name}")
        return held

    async def _files(self, media: Sequence[Mapping[str, Any]]) -> tuple[dict[str, bytes], list[str]]:
        files: dict[str, bytes] = {}
        left_out, size = [], 0
        for row in media:
            if not row["sha256"]:
                continue
            name = f"files/{row['media_id']}-{_UNSAFE.sub('_', row['filename'] or row['kind'])[:100]}"
            if size + (row["size_bytes"] or 0) > MOST_BYTES:
                left_out.append(name)
                continue
            try:
                data = await self._blobs.get(row["sha256"])
            except BlobMissing:
                left_out.append(name)
                continue
            size += len(data)
            files[name] = data
        return files, left_out


def _zipped(contact_id: str, held: Held, files: Mapping[str, bytes], left_out: Sequence[str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.html", page(contact_id, held, sorted(files), left_out))
        for name, rows in held.items():
            archive.writestr(f"data/{name}.json", json.dumps(rows, ensure_ascii=False, indent=1))
        for name, data in files.items():
            archive.writestr(name, data)
    return target.getvalue()


def page(contact_id: str, held: Held, files: Sequence[str], left_out: Sequence[str]) -> str:
    """What a person reads: the conversations as they were, then every table. Markup of ours alone, and no script."""
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    pieces = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Everything held about {_text(contact_id)}</title><style>{STYLE}</style></head><body>",
        f"<h1>Everything held about {_text(contact_id)}</h1><p>Made {made}. The same as JSON lies in ",
        "<code>data/</code>, files in <code>files/</code>.</p>",
        *_conversations(held),
        *(piece for name, rows in held.items() if rows and name != "messages" for piece in _table(name, rows)),
    ]
    if files:
        pieces += [
            "<h2>Files</h2><ul>",
            *(f'<li><a href="{_text(one)}">{_text(one)}</a></li>' for one in files),
            "</ul>",
        ]
    if left_out:
        pieces += ["<h2>Files that are not in here</h2><ul>", *(f"<li>{_text(one)}</li>" for one in left_out), "</ul>"]
    return "".join([*pieces, "</body></html>"])


def _conversations(held: Held) -> list[str]:
    pieces = []
    messages: dict[str, list[Mapping[str, Any]]] = {}
    for one in held["messages"]:
        messages.setdefault(one["conversation_id"], []).append(one)
    for conversation in held["conversations"]:
        key = conversation["conversation_id"]
        pieces.append(f"<h2>Conversation {_text(key)}</h2><p>With {_text(conversation['customer_phone'])}</p>")
        for one in messages.get(key, ()):
            said = "[deleted]" if one["revoked_at"] else one["text"] or f"[{one['kind']}]"
            head = f"<small>{one['sequence_no']} · {_text(one['author'])} · {_text(one['timestamp'])}</small>"
            pieces.append(f'<div>{head}<p class="said {_text(one["sender"])}" dir="auto">{_text(said)}</p></div>')
    return pieces


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> list[str]:
    columns = [key for key in rows[0] if key != "user_id" and any(row[key] not in (None, "", [], {}) for row in rows)]
    head = "".join(f"<th>{_text(key)}</th>" for key in columns)
    lines = ["".join(f"<td>{_text(row[key])}</td>" for key in columns) for row in rows]
    return [f"<h2>{_text(name)}</h2><table><tr>{head}</tr>", *(f"<tr>{line}</tr>" for line in lines), "</table>"]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return html.escape(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), quote=True)
