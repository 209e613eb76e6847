"""What a process of any role is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import aiohttp

from channels import Urls, build_channels
from channels.base import Channel
from gateway import departures, upkeep
from gateway.blobs import Blobs, Folder, open_blobs
from gateway.booking.bookings import Bookings
from gateway.booking.google import Calendars
from gateway.booking.rules import zone_version
from gateway.booking.signed import MeetingLinks
from gateway.bus import Bus, PostgresWire, RedisWire, Wire
from gateway.channel_health import ChannelHealth
from gateway.db import Pool, Row
from gateway.errors import StoreAway
from gateway.files import Files
from gateway.intake import Intake
from gateway.numbers import Numbers
from gateway.pace import Pace
from gateway.rights.holds import HeldBlobs
from gateway.settings import Settings
from gateway.store import Store, cancelled, open_store, open_vault
from gateway.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What every role is made of."""

    settings: Settings
    dsn: str
    pool: Pool
    vault: Vault
    bus: Bus
    intake: Intake
    numbers: Numbers
    channels: Mapping[str, Channel]
    blobs: Blobs
    files: Files
    health: ChannelHealth
    pace: Pace
    calendars: Calendars
    bookings: Bookings
    meeting_links: MeetingLinks

    def address(self, meeting: Row) -> str:
        """Where the customer of a meeting can change it."""
        return self.meeting_links.url(meeting["user_id"], meeting["meeting_id"])


async def assemble(settings: Settings, stack: AsyncExitStack) -> Parts:
    """Opens the store and makes the parts; `stack` takes them apart. Raises Misset, StoreAway or PostgresError."""
    store = await stack.enter_async_context(open_store(settings))
    vault = open_vault(settings)
    bus = Bus(await _wire(settings, store, stack))
    await stack.enter_async_context(bus.running())
    numbers = Numbers(store.pool, vault)
    bus.listen("numbers", numbers.forget)
    http = await stack.enter_async_context(
        aiohttp.ClientSession(
            auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[departures.traces()]
        )
    )
    channels = build_channels(http, urls_of(settings))
    store_of_files = open_blobs(settings.blob_url, settings.state_dir, http)
    if isinstance(store_of_files, Folder):
        await asyncio.to_thread(store_of_files.sweep)
    blobs = HeldBlobs(store_of_files, store.pool)
    calendars = Calendars(store.pool, vault, settings)
    stack.push_async_callback(calendars.close)
    health = ChannelHealth(store.pool)
    stack.push_async_callback(_last_words, health)
    for loop in (upkeep.keep(store.pool), health.keep()):
        stack.push_async_callback(cancelled, asyncio.create_task(loop))
    return Parts(
        settings=settings,
        dsn=store.dsn,
        pool=store.pool,
        vault=vault,
        bus=bus,
        intake=Intake(store.pool, bus),
        numbers=numbers,
        channels=channels,
        blobs=blobs,
        files=Files(store.pool, blobs, vault, settings.public_url),
        health=health,
        pace=Pace(channels),
        calendars=calendars,
        bookings=Bookings(store.pool, calendars, tz_version=zone_version()),
        meeting_links=MeetingLinks(vault, settings.public_url),
    )


async def _last_words(health: ChannelHealth) -> None:
    with suppress(StoreAway):
        await health.flush()


async def _wire(settings: Settings, store: Store, stack: AsyncExitStack) -> Wire:
    if not settings.redis_url:
        return PostgresWire(store.pool, store.dsn)
    from redis.asyncio import Redis

    redis = Redis.from_url(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    return RedisWire(redis)


def urls_of(settings: Settings) -> Urls:
    """Where the providers are."""
    return Urls(graph=settings.meta_graph_url, instagram=settings.instagram_graph_url, twilio=settings.twilio_api_url)
