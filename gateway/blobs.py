"""Where files lie: by the hash of what is in them, in a folder or in a store that speaks S3."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import time
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import aiohttp

HASH = re.compile(r"[0-9a-f]{64}")
DRAFTS = "drafts"
STALE_SECONDS = 3600.0


class BlobMissing(KeyError):
    """Nothing is stored under this hash."""


class BlobsAway(OSError):
    """The store does not answer now; try again."""


class Blobs(Protocol):
    """Stores bytes by their SHA-256, written as 64 hex digits. The same bytes are one file."""

    async def put(self, data: bytes) -> str:
        """Stores bytes and returns their hash. Raises BlobsAway, or OSError."""

    async def get(self, sha256: str) -> bytes:
        """The bytes of a hash. Raises BlobMissing, BlobsAway, or ValueError for what is no hash."""

    async def delete(self, sha256: str) -> None:
        """Forgets the bytes of a hash, if they are there."""


class Folder:
    """Blobs in a folder: written as a draft, synced, and moved to their place whole, so that a kill leaves no half."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def put(self, data: bytes) -> str:
        return await asyncio.to_thread(self._put, data)

    async def get(self, sha256: str) -> bytes:
        path = self._path(sha256)
        try:
            return await asyncio.to_thread(path.read_bytes)
        except FileNotFoundError as error:
            raise BlobMissing(sha256) from error

    async def delete(self, sha256: str) -> None:
        await asyncio.to_thread(self._path(sha256).unlink, missing_ok=True)

    def sweep(self) -> int:
        """Removes what dying processes left half written more than an hour ago; returns how many."""
        drafts = self._root / DRAFTS
        old = [path for path in drafts.glob("*") if path.stat().st_mtime < time.time() - STALE_SECONDS]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _put(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        path = self._path(sha256)
        if path.exists():
            return sha256
        for folder in (path.parent, self._root / DRAFTS):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = self._root / DRAFTS / uuid4().hex
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
        return sha256

    def _path(self, sha256: str) -> Path:
        if not HASH.fullmatch(sha256):
            raise ValueError("a hash is 64 hex digits")
        return self._root / sha256[:2] / sha256[2:]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_blobs(url: str, state_dir: Path, http: aiohttp.ClientSession) -> Blobs:
    """The store that BLOB_URL names, else a folder in the state folder.

    `s3://KEY:SECRET@bucket/prefix?endpoint=https://…&region=…`. Raises Misset.
    """
    if not url:
        return Folder(state_dir / "blobs")
    from gateway.s3 import open_s3

    return open_s3(url, http)
