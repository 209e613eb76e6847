"""The composition root: everything a process is made of, put together and taken apart in order."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from aiohttp import web

from channels import ENDPOINTS
from gateway.accounts.people import Accounts, open_accounts
from gateway.api import Api, add_api
from gateway.api.doors import Doors
from gateway.api.keys import Keys
from gateway.booking.consent import Consent
from gateway.booking.openings import Openings
from gateway.booking.page import page_routes
from gateway.booking.signed import meeting_routes
from gateway.booking.sync import push_routes
from gateway.booking.visits import Visits
from gateway.bus import Bus
from gateway.console import console_routes
from gateway.crew import start_workers
from gateway.files_web import file_routes
from gateway.health import Health
from gateway.hooks import Hooks
from gateway.links import link_routes
from gateway.observe import log
from gateway.parts import Parts, assemble
from gateway.settings import Settings
from gateway.web import problems
from gateway.webchat.routes import WebchatRoutes

BUS: web.AppKey[Bus] = web.AppKey("bus", Bus)


@asynccontextmanager
async def running(settings: Settings, role: str) -> AsyncIterator[web.Application]:
    """A whole process of a role: web, worker or all. Yields the application to serve; ends everything in order."""
    async with AsyncExitStack() as stack:
        parts = await assemble(settings, stack)
        if role != "web":
            await start_workers(parts, stack)
        app = web.Application(client_max_size=settings.max_body, middlewares=[problems])
        app.add_routes(Health(settings, parts.pool, parts.bus, role).routes())
        if role != "worker":
            accounts = open_accounts(settings, parts.pool, parts.vault)
            stack.push_async_callback(accounts.letters.close)
            _add_web(app, parts, accounts)
        app[BUS] = parts.bus
        stack.push_async_callback(parts.intake.close)
        yield app


def _add_web(app: web.Application, parts: Parts, accounts: Accounts) -> None:
    settings, pool, bus = parts.settings, parts.pool, parts.bus
    app.add_routes(Hooks(settings, parts.numbers, parts.intake, parts.health, parts.pace).routes(ENDPOINTS))
    app.add_routes(_webchat(parts).routes())
    app.add_routes(file_routes(parts.files))
    app.add_routes(console_routes())
    app.add_routes(link_routes(pool, bus))
    app.add_routes(push_routes(pool, bus))
    openings = Openings(pool, parts.calendars)
    meetings = parts.meeting_links, parts.bookings, openings
    app.add_routes(meeting_routes(pool, bus, *meetings))
    app.add_routes(page_routes(pool, bus, parts.vault, parts.intake, *meetings))
    consent = Consent(pool, parts.vault, settings, parts.calendars)
    app.add_routes(Visits(consent, settings).routes())
    api = Api(
        pool=pool, doors=Doors(Keys(pool), accounts.sessions), accounts=accounts, vault=parts.vault, bus=bus,
        channels=parts.channels, files=parts.files, blobs=parts.blobs, settings=settings, consent=consent,
    )  # fmt: skip
    add_api(app, api)


def _webchat(parts: Parts) -> WebchatRoutes:
    return WebchatRoutes(
        parts.settings, parts.pool, parts.bus, parts.numbers, parts.intake, parts.vault,
        blobs=parts.blobs, files=parts.files, health=parts.health,
    )  # fmt: skip


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
