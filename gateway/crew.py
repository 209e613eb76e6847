"""Those who work in the background: every worker and loop of a process, started and ended in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from functools import partial

from agents.agent import Agent
from agents.audio import Transcript, transcribe
from agents.extraction import extract
from agents.kept import erase
from agents.model import OPENAI_URL, Model
from channels import ENDPOINTS
from gateway import tracing
from gateway.accounts import tries
from gateway.alerts.watch import Watcher
from gateway.answering import Answering, Around
from gateway.audience import Audience
from gateway.booking.desk import BookingDesk
from gateway.booking.pushes import Pushes, push_address
from gateway.booking.reminders import Reminders
from gateway.booking.sweeper import Sweeper
from gateway.booking.sync import Sync
from gateway.booking.taps import Taps
from gateway.booking.times import CalendarTimes
from gateway.briefs import Briefs
from gateway.catchup import Catchup
from gateway.copies import Copies
from gateway.departures import Departures
from gateway.errors import Misset
from gateway.events.deliveries import Deliveries
from gateway.events.mail import Mailer
from gateway.events.posts import Poster
from gateway.fetch import Fetcher
from gateway.files import Fetches
from gateway.http_tools import MOST_BYTES, HttpTools
from gateway.inbox import Inbox
from gateway.leads.readings import Readings
from gateway.links import Links
from gateway.node import Node
from gateway.outbox import Outbox
from gateway.parts import Parts
from gateway.prices import Prices
from gateway.rehearsals import Rehearsals, Stage
from gateway.replay import Replay
from gateway.rights.erase import Erasure
from gateway.rights.export import Export
from gateway.rights.jobs import Rights
from gateway.rights.retention import Retention
from gateway.settings import Settings
from gateway.signals import Signals
from gateway.store import cancelled
from gateway.tokens import Tokens
from gateway.toolset import Toolset
from gateway.transcripts import Transcripts
from gateway.turns import Turns
from gateway.worker import Worker

FINISH_SECONDS = 8.0


async def start_workers(parts: Parts, stack: AsyncExitStack) -> None:
    """Starts every worker and loop of a process that works; `stack` ends them in order. Raises Misset."""
    stack.push_async_callback(asyncio.to_thread, tracing.configure(parts.settings.otlp_endpoint))
    settings, pool, bus, vault, channels = parts.settings, parts.pool, parts.bus, parts.vault, parts.channels
    node = Node(settings.state_dir)
    stack.callback(node.close)
    departures = Departures(node.departures)
    stack.callback(departures.close)
    fetcher = Fetcher(_trusted(settings))
    stack.push_async_callback(fetcher.close)
    poster = Poster(settings.tool_origins)
    stack.push_async_callback(poster.close)
    workers: list[Worker] = [
        Outbox(
            pool, bus, vault, channels,
            owner=node.name, public_url=settings.public_url, files=parts.files, health=parts.health, pace=parts.pace,
            departures=departures,
        ),
        Fetches(
            pool, bus, vault, channels, parts.blobs, fetcher, owner=node.name,
            transcribes=bool(settings.openai_api_key and settings.openai_transcription_model),
        ),
        Deliveries(
            pool, bus, vault, poster, Mailer.of(settings.smtp_url, settings.mail_from), owner=node.name,
        ),
        Rights(
            pool, bus, parts.blobs, Erasure(pool, parts.blobs, parts.calendars), Export(pool, parts.blobs),
            owner=node.name,
        ),
    ]  # fmt: skip
    workers += _booking(parts, node.name)
    if settings.openai_api_key:
        model = the_model(settings)
        stack.push_async_callback(model.close)
        tools = Fetcher(settings.tool_origins, most_bytes=MOST_BYTES)
        stack.push_async_callback(tools.close)
        workers += _thinking(parts, model, node.name, tools)
        erasing = Copies(pool, partial(erase, model)).keep()
        stack.push_async_callback(cancelled, asyncio.create_task(erasing))
        await _warm(model, stack)
    await _start(workers, Replay(pool, bus, parts.intake, ENDPOINTS), stack)
    _loops(parts, stack)


def _loops(parts: Parts, stack: AsyncExitStack) -> None:
    settings, pool, bus, vault, channels = parts.settings, parts.pool, parts.bus, parts.vault, parts.channels
    for loop in (
        Tokens(pool, bus, vault, channels, parts.health).keep(),
        Catchup(pool, bus, vault, channels, parts.intake).keep(),
        tries.keep(pool),
        Inbox(pool, bus).keep(),
        Retention(pool, envelope_days=settings.envelope_days).keep(),
        Watcher(pool, bus).keep(),
        Pushes(pool, parts.calendars, address=push_address(settings.public_url)).keep(),
    ):
        stack.push_async_callback(cancelled, asyncio.create_task(loop))


def _booking(parts: Parts, owner: str) -> list[Worker]:
    """The workers that look after meetings: one settles them, one reminds of them, one follows the calendar."""
    settings, pool, bus = parts.settings, parts.pool, parts.bus
    cuts = {name: channel.parts for name, channel in parts.channels.items()}
    windows = {name: channel.window for name, channel in parts.channels.items()}
    mailer = Mailer.of(settings.smtp_url, settings.mail_from)
    return [
        Sweeper(pool, bus, parts.bookings, parts.calendars, cuts, owner=owner, address=parts.address),
        Reminders(pool, bus, cuts, windows, mailer, owner=owner, address=parts.address),
        Sync(pool, bus, parts.calendars, owner=owner),
    ]


def _thinking(parts: Parts, model: Model, owner: str, fetcher: Fetcher) -> list[Worker]:
    """The workers that ask the model: one answers, one reads leads, one writes down voice notes."""
    settings, pool, bus = parts.settings, parts.pool, parts.bus
    prices = Prices(settings.model_prices)
    signals = Signals(pool, parts.vault, parts.channels)
    answering = _answering(parts, model, fetcher)
    workers: list[Worker] = [
        Turns(pool, bus, answering, owner=owner, prices=prices, signals=signals, audience=Audience(bus))
    ]
    reader = partial(extract, model)
    workers.append(Readings(pool, bus, reader, owner=owner, model=settings.openai_model, prices=prices))
    stage = Stage(parts.dsn, parts.vault, parts.blobs, {name: one.window for name, one in parts.channels.items()})
    opens = partial(stage.open, Agent(model), prices, settings.openai_model)
    workers.append(Rehearsals(pool, bus, opens, owner=owner, prices=prices))
    if name := settings.openai_transcription_model:

        def hear(data: bytes, mime_type: str, languages: Sequence[str]) -> Awaitable[Transcript]:
            return transcribe(model, name, data, mime_type, languages=languages)

        workers.append(Transcripts(pool, bus, parts.blobs, hear, owner=owner, prices=prices))
    return workers


def _answering(parts: Parts, model: Model, fetcher: Fetcher) -> Answering:
    pool, times = parts.pool, CalendarTimes(parts.pool, parts.calendars)
    around = Around(
        cuts={name: channel.parts for name, channel in parts.channels.items()},
        windows={name: channel.window for name, channel in parts.channels.items()},
        toolset=Toolset(pool, Links(pool, parts.settings.public_url).send),
        blobs=parts.blobs,
        http_tools=HttpTools(pool, parts.vault, fetcher),
        booking=BookingDesk(pool, parts.bus, parts.bookings, times, parts.address),
        taps=Taps(pool, parts.bus, parts.bookings, times),
    )
    return Answering(pool, parts.bus, Agent(model), Briefs(pool, model=parts.settings.openai_model), around)


def _trusted(settings: Settings) -> list[str]:
    """Addresses of providers that the operator chose himself, a stand-in on this machine perhaps."""
    return [settings.meta_graph_url, settings.instagram_graph_url, settings.twilio_api_url]


async def _start(workers: Sequence[Worker], replay: Replay, stack: AsyncExitStack) -> None:
    for worker in workers:
        await worker.recover()
        stack.push_async_callback(worker.finish, FINISH_SECONDS)
        for loop in (worker.run(), worker.keep()):
            stack.push_async_callback(cancelled, asyncio.create_task(loop))
    stack.push_async_callback(cancelled, asyncio.create_task(replay.run()))


def the_model(settings: Settings) -> Model:
    """The model behind OPENAI_API_KEY. Raises Misset."""
    try:
        return Model(api_key=settings.openai_api_key, base_url=settings.openai_base_url or OPENAI_URL)
    except ValueError as error:
        raise Misset(f"OPENAI_API_KEY or OPENAI_BASE_URL can't work: {error}") from error


async def _warm(model: Model, stack: AsyncExitStack) -> None:
    """Imports the client while the first requests are already served."""
    stack.push_async_callback(cancelled, asyncio.create_task(model.warm()))
