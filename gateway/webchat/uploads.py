"""A visitor's file: judged by its bytes, stored, and handed back as a token that he attaches to a message."""

from __future__ import annotations

from urllib.parse import unquote

from aiohttp import web

from gateway.blobs import Blobs
from gateway.errors import Invalid, Unsupported
from gateway.sniff import HEAD_BYTES, sniff
from gateway.webchat.sessions import Sessions

LARGEST_BYTES = 16 * 1024 * 1024
TAKEN = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv")
TAKEN_FAMILIES = ("audio", "video")


async def take_upload(request: web.Request, sessions: Sessions, blobs: Blobs, visitor: str) -> dict[str, object]:
    """Stores the body and answers its token. Raises Invalid, Unsupported, or HTTPRequestEntityTooLarge."""
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(256 * 1024):
        size += len(piece)
        if size > LARGEST_BYTES:
            raise web.HTTPRequestEntityTooLarge(max_size=LARGEST_BYTES, actual_size=size)
        pieces.append(piece)
    data = b"".join(pieces)
    if not data:
        raise Invalid("The body is empty: send the file itself.")
    mime_type = sniff(data[:HEAD_BYTES], request.headers.get("Content-Type", ""))
    if mime_type not in TAKEN and mime_type.partition("/")[0] not in TAKEN_FAMILIES:
        raise Unsupported("Files of this kind are not taken here. Pictures, sound, film, PDF and plain text are.")
    name = (
        unquote(request.headers.get("X-Filename", "")).replace("\x00", "").replace("\\", "/").rpartition("/")[2][:240]
    )
    sha256 = await blobs.put(data)
    token = sessions.issue_upload(visitor, sha256, mime_type, name, size)
    return {"upload": token, "mime_type": mime_type, "filename": name, "size_bytes": size}
