"""A visitor's file: judged by its bytes, stored, and handed back as a token that he attaches to a message."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import unquote

from aiohttp import web

from gateway.blobs import Blobs
from gateway.errors import GatewayError, Invalid, Unsupported
from gateway.observe import log
from gateway.sniff import HEAD_BYTES, sniff
from gateway.webchat.sessions import Sessions

LARGEST_BYTES = 16 * 1024 * 1024
TAKEN = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain", "text/csv")
TAKEN_FAMILIES = ("audio", "video")
NAME_LIMIT = 240
# Control characters, and those that make "exe.png" of "gnp.exe".
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class TooLarge(GatewayError):
    """A file is larger than what is taken."""

    status: ClassVar[int] = 413
    title: ClassVar[str] = "Too large"


class NoFiles(GatewayError):
    """The store of files is missing or does not answer."""

    status: ClassVar[int] = 503
    title: ClassVar[str] = "Files unavailable"


async def take_upload(request: web.Request, sessions: Sessions, blobs: Blobs | None, visitor: str) -> dict[str, object]:
    """Stores the body and answers its token. Raises Invalid, Unsupported, TooLarge or NoFiles."""
    if blobs is None:
        raise NoFiles("Files are not taken here at the moment.")
    pieces, size = [], 0
    async for piece in request.content.iter_chunked(256 * 1024):
        size += len(piece)
        if size > LARGEST_BYTES:
            raise TooLarge(f"A file has at most {LARGEST_BYTES // 1024 // 1024} MiB.")
        pieces.append(piece)
    data = b"".join(pieces)
    if not data:
        raise Invalid("The body is empty: send the file itself.")
    mime_type = sniff(data[:HEAD_BYTES], request.headers.get("Content-Type", ""))
    if mime_type not in TAKEN and mime_type.partition("/")[0] not in TAKEN_FAMILIES:
        raise Unsupported("Files of this kind are not taken here. Pictures, sound, film, PDF and plain text are.")
    name = _name(request.headers.get("X-Filename", ""))
    try:
        sha256 = await blobs.put(data)
    except OSError as error:
        log.warning("upload_not_stored", error=type(error).__name__)
        raise NoFiles("The file could not be stored. Please try again later.") from error
    token = sessions.issue_upload(visitor, sha256, mime_type, name, size)
    return {"upload": token, "mime_type": mime_type, "filename": name, "size_bytes": size}


def _name(header: str) -> str:
    return _UNSEEN.sub("", unquote(header)).replace("\\", "/").rpartition("/")[2][:NAME_LIMIT]
