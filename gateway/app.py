"""The composition root: everything a process is made of, put together and taken apart in order."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
from aiohttp import web

from agents.agent import Agent
from agents.audio import Transcript, transcribe
from agents.extraction import extract
from agents.kept import erase
from agents.model import OPENAI_URL, Model
from channels import ENDPOINTS, Urls, build_channels
from channels.base import Channel
from gateway import postgres, tracing, upkeep
from gateway.answering import Answering, Around
from gateway.api import Api, add_api
from gateway.api.keys import Keys
from gateway.blobs import Blobs, Folder, open_blobs
from gateway.booking.bookings import Bookings
from gateway.booking.consent import Consent
from gateway.booking.desk import BookingDesk
from gateway.booking.google import Calendars
from gateway.booking.openings import Openings
from gateway.booking.page import page_routes
from gateway.booking.rules import zone_version
from gateway.booking.signed import MeetingLinks, meeting_routes
from gateway.booking.sweeper import Sweeper
from gateway.booking.sync import Sync, push_routes
from gateway.booking.times import CalendarTimes
from gateway.booking.visits import Visits
from gateway.briefs import Briefs
from gateway.bus import Bus, PostgresWire, RedisWire, Wire
from gateway.catchup import Catchup
from gateway.channel_health import ChannelHealth
from gateway.copies import Copies
from gateway.db import Pool, Row, connect_pool
from gateway.errors import Misset, StoreAway
from gateway.events.deliveries import Deliveries
from gateway.events.mail import Mailer
from gateway.events.posts import Poster
from gateway.fetch import Fetcher
from gateway.files import Fetches, Files
from gateway.files_web import file_routes
from gateway.health import Health
from gateway.hooks import Hooks
from gateway.http_tools import MOST_BYTES, HttpTools
from gateway.intake import Intake
from gateway.leads.readings import Readings
from gateway.links import Links, link_routes
from gateway.migrate import migrate
from gateway.node import Node
from gateway.numbers import Numbers
from gateway.observe import log
from gateway.outbox import Outbox
from gateway.pace import Pace
from gateway.prices import Prices
from gateway.replay import Replay
from gateway.settings import Settings
from gateway.signals import Signals
from gateway.tokens import Tokens
from gateway.toolset import Toolset
from gateway.transcripts import Transcripts
from gateway.turns import Turns
from gateway.vault import Vault, own_keys
from gateway.web import problems
from gateway.webchat.routes import WebchatRoutes
from gateway.worker import Worker

FINISH_SECONDS = 8.0
BUS: web.AppKey[Bus] = web.AppKey("bus", Bus)


@dataclass(frozen=True, slots=True)
class Store:
    """An open database: the pool, and the address it was opened with."""

    dsn: str
    pool: Pool


class Keeper:
    """Keeps the embedded server running: starts it again when it died under us."""

    def __init__(self, server: postgres.Postgres, state_dir: Path) -> None:
        self.server = server
        self._state_dir = state_dir
        self._watch = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Ends the watch, then the server."""
        await _cancelled(self._watch)
        await self.server.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.25)
            if not self.server.running:
                log.error("database_died", log=str(self._state_dir / "postgres" / "log"))
                await self.server.stop()
                try:
                    self.server = await postgres.start(self._state_dir)
                except postgres.PostgresError as error:
                    log.error("database_not_restarted", error=str(error))
                    await asyncio.sleep(1.0)


@asynccontextmanager
async def open_store(settings: Settings, *, size: int = 12) -> AsyncIterator[Store]:
    """Opens the database, its own or the one that DATABASE_URL names, and brings its schema up to date.

    When another process of this state folder runs the embedded server, that one is used. Raises PostgresError,
    StoreAway or Misset.
    """
    async with AsyncExitStack() as stack:
        dsn = settings.database_url
        if not dsn:
            settings.state_dir.mkdir(parents=True, exist_ok=True)
            try:
                keeper = Keeper(await postgres.start(settings.state_dir), settings.state_dir)
                stack.push_async_callback(keeper.stop)
                dsn = keeper.server.dsn
            except postgres.StateInUse:
                dsn = postgres.addresses(settings.state_dir).dsn
        for done in await migrate(dsn):
            log.info("migrated", version=done.version, name=done.name)
        pool = await connect_pool(dsn, size=size)
        stack.callback(pool.terminate)
        yield Store(dsn, pool)


def open_vault(settings: Settings) -> Vault:
    """The vault over SECRET_KEYS, else over keys of its own in the state folder. Raises Misset."""
    return Vault(settings.secret_keys or own_keys(settings.state_dir))


@asynccontextmanager
async def running(settings: Settings, role: str) -> AsyncIterator[web.Application]:
    """A whole process of a role: web, worker or all. Yields the application to serve; ends everything in order."""
    async with AsyncExitStack() as stack:
        parts = await _assemble(settings, stack)
        if role != "web":
            await _start_workers(parts, stack)
        app = web.Application(client_max_size=settings.max_body, middlewares=[problems])
        app.add_routes(Health(settings, parts.pool, parts.bus, role).routes())
        if role != "worker":
            _add_web(app, parts)
        app[BUS] = parts.bus
        stack.push_async_callback(parts.intake.close)
        yield app


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What every role is made of."""

    settings: Settings
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


async def _assemble(settings: Settings, stack: AsyncExitStack) -> _Parts:
    store = await stack.enter_async_context(open_store(settings))
    vault = open_vault(settings)
    bus = Bus(await _wire(settings, store, stack))
    await stack.enter_async_context(bus.running())
    numbers = Numbers(store.pool, vault)
    bus.listen("numbers", numbers.forget)
    http = await stack.enter_async_context(
        aiohttp.ClientSession(auto_decompress=True, cookie_jar=aiohttp.DummyCookieJar())
    )
    channels = build_channels(http, _urls(settings))
    blobs = open_blobs(settings.blob_url, settings.state_dir, http)
    if isinstance(blobs, Folder):
        await asyncio.to_thread(blobs.sweep)
    calendars = Calendars(store.pool, vault, settings)
    stack.push_async_callback(calendars.close)
    health = ChannelHealth(store.pool)
    stack.push_async_callback(_last_words, health)
    for loop in (upkeep.keep(store.pool), health.keep()):
        stack.push_async_callback(_cancelled, asyncio.create_task(loop))
    return _Parts(
        settings=settings,
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


async def _start_workers(parts: _Parts, stack: AsyncExitStack) -> None:
    stack.push_async_callback(asyncio.to_thread, tracing.configure(parts.settings.otlp_endpoint))
    settings, pool, bus, vault, channels = parts.settings, parts.pool, parts.bus, parts.vault, parts.channels
    node = Node(settings.state_dir)
    stack.callback(node.close)
    fetcher = Fetcher(_trusted(settings))
    stack.push_async_callback(fetcher.close)
    poster = Poster(settings.tool_origins)
    stack.push_async_callback(poster.close)
    workers: list[Worker] = [
        Outbox(
            pool, bus, vault, channels,
            owner=node.name, public_url=settings.public_url, files=parts.files, health=parts.health, pace=parts.pace,
        ),
        Fetches(
            pool, bus, vault, channels, parts.blobs, fetcher, owner=node.name,
            transcribes=bool(settings.openai_api_key and settings.openai_transcription_model),
        ),
        Deliveries(
            pool, bus, vault, poster, Mailer.of(settings.smtp_url, settings.mail_from), owner=node.name,
        ),
        Sweeper(
            pool, bus, parts.bookings, parts.calendars, {name: one.parts for name, one in channels.items()},
            owner=node.name, address=parts.address,
        ),
        Sync(pool, bus, parts.calendars, owner=node.name),
    ]  # fmt: skip
    if settings.openai_api_key:
        model = the_model(settings)
        stack.push_async_callback(model.close)
        tools = Fetcher(settings.tool_origins, most_bytes=MOST_BYTES)
        stack.push_async_callback(tools.close)
        workers += _thinking(parts, model, node.name, tools)
        erasing = Copies(pool, partial(erase, model)).keep()
        stack.push_async_callback(_cancelled, asyncio.create_task(erasing))
        await _warm(model, stack)
    await _start(workers, Replay(pool, bus, parts.intake, ENDPOINTS), stack)
    for loop in (
        Tokens(pool, bus, vault, channels, parts.health).keep(),
        Catchup(pool, bus, vault, channels, parts.intake).keep(),
    ):
        stack.push_async_callback(_cancelled, asyncio.create_task(loop))


def _add_web(app: web.Application, parts: _Parts) -> None:
    settings, pool, bus = parts.settings, parts.pool, parts.bus
    app.add_routes(Hooks(settings, parts.numbers, parts.intake, parts.health, parts.pace).routes(ENDPOINTS))
    app.add_routes(_webchat(parts).routes())
    app.add_routes(file_routes(parts.files))
    app.add_routes(link_routes(pool, bus))
    app.add_routes(push_routes(pool, bus))
    openings = Openings(pool, parts.calendars)
    meetings = parts.meeting_links, parts.bookings, openings
    app.add_routes(meeting_routes(pool, bus, *meetings))
    app.add_routes(page_routes(pool, bus, parts.vault, parts.intake, *meetings))
    consent = Consent(pool, parts.vault, settings, parts.calendars)
    app.add_routes(Visits(consent, settings).routes())
    api = Api(
        pool=pool, keys=Keys(pool), vault=parts.vault, bus=bus, channels=parts.channels, files=parts.files,
        blobs=parts.blobs, settings=settings, consent=consent,
    )  # fmt: skip
    add_api(app, api)


def _thinking(parts: _Parts, model: Model, owner: str, fetcher: Fetcher) -> list[Worker]:
    """The workers that ask the model: one answers, one reads leads, one writes down voice notes."""
    settings, pool, bus = parts.settings, parts.pool, parts.bus
    prices = Prices(settings.model_prices)
    signals = Signals(pool, parts.vault, parts.channels)
    answering = _answering(parts, model, fetcher)
    workers: list[Worker] = [Turns(pool, bus, answering, owner=owner, prices=prices, signals=signals)]
    reader = partial(extract, model)
    workers.append(Readings(pool, bus, reader, owner=owner, model=settings.openai_model, prices=prices))
    if name := settings.openai_transcription_model:

        def hear(data: bytes, mime_type: str, languages: Sequence[str]) -> Awaitable[Transcript]:
            return transcribe(model, name, data, mime_type, languages=languages)

        workers.append(Transcripts(pool, bus, parts.blobs, hear, owner=owner, prices=prices))
    return workers


def _answering(parts: _Parts, model: Model, fetcher: Fetcher) -> Answering:
    pool = parts.pool
    around = Around(
        cuts={name: channel.parts for name, channel in parts.channels.items()},
        windows={name: channel.window for name, channel in parts.channels.items()},
        toolset=Toolset(pool, Links(pool, parts.settings.public_url).send),
        blobs=parts.blobs,
        http_tools=HttpTools(pool, parts.vault, fetcher),
        booking=BookingDesk(pool, parts.bus, parts.bookings, CalendarTimes(pool, parts.calendars), parts.address),
    )
    return Answering(pool, parts.bus, Agent(model), Briefs(pool, model=parts.settings.openai_model), around)


def _webchat(parts: _Parts) -> WebchatRoutes:
    return WebchatRoutes(
        parts.settings, parts.pool, parts.bus, parts.numbers, parts.intake, parts.vault,
        blobs=parts.blobs, files=parts.files,
    )  # fmt: skip


def _trusted(settings: Settings) -> list[str]:
    """Addresses of providers that the operator chose himself, a stand-in on this machine perhaps."""
    return [settings.meta_graph_url, settings.instagram_graph_url, settings.twilio_api_url]


async def _last_words(health: ChannelHealth) -> None:
    with suppress(StoreAway):
        await health.flush()


async def _start(workers: Sequence[Worker], replay: Replay, stack: AsyncExitStack) -> None:
    for worker in workers:
        await worker.recover()
        stack.push_async_callback(worker.finish, FINISH_SECONDS)
        for loop in (worker.run(), worker.keep()):
            stack.push_async_callback(_cancelled, asyncio.create_task(loop))
    stack.push_async_callback(_cancelled, asyncio.create_task(replay.run()))


def the_model(settings: Settings) -> Model:
    """The model behind OPENAI_API_KEY. Raises Misset."""
    try:
        return Model(api_key=settings.openai_api_key, base_url=settings.openai_base_url or OPENAI_URL)
    except ValueError as error:
        raise Misset(f"OPENAI_API_KEY or OPENAI_BASE_URL can't work: {error}") from error


async def _warm(model: Model, stack: AsyncExitStack) -> None:
    """Imports the client while the first requests are already served."""
    stack.push_async_callback(_cancelled, asyncio.create_task(model.warm()))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _wire(settings: Settings, store: Store, stack: AsyncExitStack) -> Wire:
    if not settings.redis_url:
        return PostgresWire(store.pool, store.dsn)
    from redis.asyncio import Redis

    redis = Redis.from_url(settings.redis_url)
    stack.push_async_callback(redis.aclose)
    return RedisWire(redis)


def _urls(settings: Settings) -> Urls:
    return Urls(graph=settings.meta_graph_url, instagram=settings.instagram_graph_url, twilio=settings.twilio_api_url)


async def serve(settings: Settings, role: str, stop: asyncio.Event) -> None:
    """Serves until `stop` is set: first the listening ends, then the work in hand, then the store."""
    async with running(settings, role) as app:
        runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=5.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.host, settings.port, backlog=1024, reuse_port=False).start()
            # What was made until here stays: the collector need not walk through it again and again.
            gc.collect()
            gc.freeze()
            log.info("ready", url=settings.public_url, port=settings.port, role=role)
            await stop.wait()
            log.info("stopping")
        finally:
            await runner.cleanup()
