"""What customers sent, as the model can take it: pictures and PDFs whole, texts as text, the rest in words.

What could not be fetched, heard or opened is said: a file is never passed over in silence.
"""

from __future__ import annotations

import asyncpg

from agents.types import Attachment
from gateway.blobs import BlobMissing, Blobs
from gateway.db import Pool, Row, queries, retry_clash

SQL = queries(__file__)
IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})
MOST_BYTES = 6 * 1024 * 1024
MOST_TOTAL = 15 * 1024 * 1024
TEXT_LIMIT = 20_000
UNHEARD = "[this voice note could not be understood: say so, and ask the customer to write it]"


async def files_of(pool: Pool, blobs: Blobs, claim: Row) -> dict[int, list[Attachment | str]]:
    """The files of the messages that a claimed turn answers, by sequence number. Raises StoreAway."""
    if claim["media_no"] <= claim["after_no"]:
        return {}
    key = (claim["user_id"], claim["conversation_id"], claim["after_no"], claim["to_no"])
    rows = await retry_clash(lambda: pool.fetch(SQL["files"], *key))
    found: dict[int, list[Attachment | str]] = {}
    left = MOST_TOTAL
    for row in rows:
        one = await _seen(blobs, row, left)
        if isinstance(one, Attachment):
            left -= len(one.data)
        if one:
            found.setdefault(row["sequence_no"], []).append(one)
    return found


async def _seen(blobs: Blobs, row: asyncpg.Record, left: int) -> Attachment | str:
    kind, mime, name = row["kind"], row["mime_type"], row["filename"] or row["kind"]
    if row["state"] != "ready":
        return UNHEARD if kind == "audio" else f"[{name}: could not be fetched: say so]"
    if kind == "audio":
        return "" if row["transcript_state"] == "ready" else UNHEARD
    readable = mime in IMAGES or mime == "application/pdf" or mime.startswith("text/")
    if not readable:
        return f"[{name}: a file that can't be opened here: say so if it matters]"
    if (row["size_bytes"] or 0) > min(MOST_BYTES, left):
        return f"[{name}: too large to be opened: say so]"
    try:
        data = await blobs.get(row["sha256"])
    except (BlobMissing, OSError):
        return f"[{name}: could not be opened: say so]"
    if mime.startswith("text/"):
        return f"[{name}] {data[: TEXT_LIMIT * 4].decode('utf-8', 'replace')[:TEXT_LIMIT]}"
    return Attachment(
        kind="image" if mime in IMAGES else "document", mime_type=mime, data=data, filename=row["filename"]
    )
