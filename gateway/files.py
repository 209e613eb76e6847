"""Files: a worker that fetches what customers sent while it is there, and the reader of what is stored."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import asyncpg

from channels.base import Channel, Media
from channels.errors import Gone, SendFailed
from gateway import observe
from gateway.blobs import BlobMissing, Blobs
from gateway.bus import Bus
from gateway.db import Pool, queries, retry_clash
from gateway.errors import GatewayError, Misset, NotFound
from gateway.fetch import Fetcher, FetchFailed, FetchForbidden, FetchGone, FetchRefused, TooLarge
from gateway.numbers import sender_of
from gateway.sniff import sniff
from gateway.vault import Vault
from gateway.worker import Worker

SQL = queries(__file__)
LEASE_SECONDS = 120.0
BACKOFF_SECONDS = 900.0
LINK_SECONDS = 24 * 3600
PURPOSE = "file link"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A stored file."""

    data: bytes
    mime_type: str
    filename: str


class Files:
    """Reads stored files, and makes links by which a provider or a browser can fetch one without a key."""

    def __init__(self, pool: Pool, blobs: Blobs, vault: Vault, public_url: str) -> None:
        self._pool = pool
        self._blobs = blobs
        self._vault = vault
        self._public_url = public_url

    async def read(self, user_id: str, media_id: str) -> File:
        """A file of a business. Raises NotFound, or StoreAway."""
        row = await retry_clash(lambda: self._pool.fetchrow(SQL["get"], user_id, media_id))
        if row is None:
            raise NotFound("There is no such file.")
        if row["state"] != "ready":
            raise NotFound(f"The file can't be had: it is {row['state']}.")
        try:
            data = await self._blobs.get(row["sha256"])
        except BlobMissing as error:
            raise NotFound("The file is no longer stored.") from error
        return File(data=data, mime_type=row["mime_type"], filename=_name(row))

    def link(self, user_id: str, media_id: str, seconds: float = LINK_SECONDS) -> str:
        """A public address of a file, good for a day."""
        claim = f"{user_id}/{media_id}/{int(time.time() + seconds)}"
        signature = self._vault.sign(PURPOSE, claim.encode()).hex()[:40]
        return f"{self._public_url}/files/{quote(claim, safe='/')}/{signature}"

    async def linked(self, user_id: str, media_id: str, until: str, signature: str) -> File:
        """The file behind a link. Raises NotFound when the link is forged or over."""
        claim = f"{user_id}/{media_id}/{until}"
        if not until.isdigit() or not self._vault.signed_prefix(PURPOSE, claim.encode(), signature):
            raise NotFound("There is no such file.")
        if int(until) < time.time():
            raise NotFound("This link is over.")
        return await self.read(user_id, media_id)


class Fetches(Worker):
    """Fetches files from the providers, again and again until they are there or gone."""

    topic = "files"

    def __init__(
        self,
        pool: Pool,
        bus: Bus,
        vault: Vault,
        channels: Mapping[str, Channel],
        blobs: Blobs,
        fetcher: Fetcher,
        *,
        owner: str,
        transcribes: bool = False,
        capacity: int = 4,
    ) -> None:
        super().__init__(bus, capacity=capacity)
        self._pool = pool
        self._vault = vault
        self._channels = channels
        self._blobs = blobs
        self._fetcher = fetcher
        self._owner = owner
        self._transcribes = transcribes

    async def recover(self) -> None:
        await self._pool.execute(SQL["free"], self._owner)

    async def claim(self, limit: int) -> Sequence[asyncpg.Record]:
        return await retry_clash(lambda: self._pool.fetch(SQL["claim"], self._owner, LEASE_SECONDS, limit))

    async def next_due(self) -> float | None:
        due: float | None = await self._pool.fetchval(SQL["next_due"])
        return due

    async def keep(self) -> None:
        """Nothing to keep: a lease is longer than a fetch."""
        await asyncio.Event().wait()

    async def work(self, claim: asyncpg.Record) -> None:
        try:
            await self._fetch(claim)
        except (Gone, FetchGone) as error:
            await self._problem(claim, "expired", str(error))
        except (FetchForbidden, FetchRefused, TooLarge) as error:
            await self._problem(claim, "failed", str(error))
        except (SendFailed, FetchFailed, GatewayError, OSError) as error:
            await self._later(claim, error)
        self._bus.publish(f"conversation:{claim['conversation_id']}")
        told = {"type": "media", "conversation_id": claim["conversation_id"], "media_id": claim["media_id"]}
        self._bus.publish(f"live:{claim['user_id']}", json.dumps(told))
        self._bus.publish("turns")

    async def _fetch(self, claim: asyncpg.Record) -> None:
        sender = sender_of(self._vault, claim)
        media = Media(kind=claim["kind"], id=claim["provider_id"], url=claim["url"], mime_type=claim["mime_type"])
        place = await self._channels[claim["platform"]].locate(sender, media)
        found = await self._fetcher.fetch(place.url, place.headers)
        mime_type = sniff(found.data[:4096], found.mime_type or claim["mime_type"])
        sha256 = await self._blobs.put(found.data)
        key = (claim["user_id"], claim["media_id"])
        size, name = len(found.data), found.filename[:255]
        values = (sha256, size, mime_type[:255], name, self._transcribes)
        await retry_clash(lambda: self._pool.execute(SQL["ready"], *key, *values))
        if claim["kind"] == "audio":
            self._bus.publish("transcripts")
        observe.FILES.labels(claim["platform"], "ready").inc()

    async def _later(self, claim: asyncpg.Record, error: Exception) -> None:
        if datetime.now(UTC) > claim["expires_at"]:
            await self._problem(claim, "expired", str(error))
            return
        if isinstance(error, Misset):
            observe.log.error("secret_unreadable", number=claim["phone_number_id"])
        delay = min(2.0 ** min(int(claim["attempts"]), 12), BACKOFF_SECONDS) * random.uniform(0.5, 1.0)
        await self._problem(claim, "pending", str(error) or type(error).__name__, delay)

    async def _problem(self, claim: asyncpg.Record, state: str, why: str, delay: float = 0.0) -> None:
        observe.FILES.labels(claim["platform"], state).inc()
        observe.log.warning("file_not_fetched", file=claim["media_id"], state=state, tries=claim["attempts"])
        key = (claim["user_id"], claim["media_id"])
        await retry_clash(lambda: self._pool.execute(SQL["problem"], *key, state, why[:200], delay))


def _name(row: asyncpg.Record) -> str:
    return str(row["filename"] or row["kind"] + (mimetypes.guess_extension(row["mime_type"]) or ""))
