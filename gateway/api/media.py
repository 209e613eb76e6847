"""Files: what customers sent, and what the business uploads to send."""

from __future__ import annotations

from urllib.parse import unquote

from gateway.api.operations import Bytes, Call, Operations, Record
from gateway.db import queries
from gateway.errors import Invalid
from gateway.ids import new
from gateway.sniff import family, sniff

SQL = queries(__file__)
operations = Operations()
LARGEST_BYTES = 16 * 1024 * 1024


class StoredFile(Record):
    """A file. Its `mime_type` is what its bytes are, whatever was claimed."""

    media_id: str
    kind: str
    mime_type: str
    filename: str
    size_bytes: int


@operations.on(
    "POST", "/v1/media", scope="messages:write", summary="Upload a file to send", answer=StoredFile, status=201,
    takes_bytes=LARGEST_BYTES,
)  # fmt: skip
async def upload_media(call: Call[None, None]) -> StoredFile:
    if not call.raw:
        raise Invalid("The body is empty: send the file itself.")
    mime_type = sniff(call.raw[:4096], call.headers.get("Content-Type", "").partition(";")[0].strip().lower())
    told = unquote(call.headers.get("X-Filename", "")).encode("utf-8", "ignore").decode()
    name = told.replace("\x00", "").rpartition("/")[2][:240]
    media_id, kind = new("med"), family(mime_type)
    sha256 = await call.api.blobs.put(call.raw)
    await call.db.execute(SQL["add"], call.user_id, media_id, kind, mime_type, name, sha256, len(call.raw))
    return StoredFile(media_id=media_id, kind=kind, mime_type=mime_type, filename=name, size_bytes=len(call.raw))


@operations.on("GET", "/v1/media/{media_id}", scope="conversations:read", summary="Get a file's bytes", answer=Bytes)
async def get_media(call: Call[None, None]) -> Bytes:
    file = await call.api.files.read(call.user_id, call.path["media_id"])
    return Bytes(data=file.data, mime_type=file.mime_type, filename=file.filename)
