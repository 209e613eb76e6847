"""The sandbox's one port: providers, control and page."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Middleware

from sandbox import (
    control,
    files,
    google_calendar,
    google_consent,
    google_control,
    google_oauth,
    google_push,
    graph,
    openai,
    openai_audio,
    openai_conversations_web,
    subscriptions,
    templates,
    twilio,
    website,
)
from sandbox.config import Config
from sandbox.control import Problem
from sandbox.google_consent import QUESTIONS, Questions
from sandbox.google_state import GOOGLE, Google
from sandbox.ids import Ids
from sandbox.media import SHELF, MediaShelf
from sandbox.openai_conversations import CONVERSATIONS, Conversations
from sandbox.state import SANDBOX, Sandbox
from sandbox.twilio_store import TWILIO, TwilioStore
from sandbox.webchat import VISITORS, Visitors

BODY_LIMIT: Final = 32 * 1024 * 1024
KEEP_ALIVE_SECONDS: Final = 15.0
CLOSING: web.AppKey[asyncio.Event] = web.AppKey("closing", asyncio.Event)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Renders what /_sandbox refuses."""
    try:
        return await handler(request)
    except Problem as problem:
        return problem.response()


def own_name_only(host: str) -> Middleware:
    """Lets only requests through that name this machine, so that no website can reach in by a name of its own."""
    names = {"localhost", "127.0.0.1", "[::1]", host}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        name = request.host if request.host.endswith("]") else request.host.rsplit(":", 1)[0]
        if name not in names and (request.path == "/" or request.path.startswith("/_sandbox/")):
            return Problem(403, f"The sandbox is not known as {name}.").response()
        return await handler(request)

    return check


async def healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def events(request: web.Request) -> web.StreamResponse:
    """Live events for the page, as server-sent events."""
    sandbox = request.app[SANDBOX]
    stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await stream.prepare(request)
    closing = request.app[CLOSING]
    # A page that was closed is noticed at the next write.
    with sandbox.record.feed.reader() as queue, suppress(ConnectionResetError):
        await stream.write(b"event: hello\ndata: {}\n\n")
        while not closing.is_set():
            try:
                event = await asyncio.wait_for(queue.get(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                await stream.write(b": still here\n\n")
                continue
            await stream.write(f"event: {event['event']}\ndata: {json.dumps(event['data'])}\n\n".encode())
    return stream


async def _end_streams(app: web.Application) -> None:
    app[CLOSING].set()
    app[SANDBOX].record.feed.publish("bye", {})


def _lifetime(config: Config) -> Callable[[web.Application], AsyncIterator[None]]:
    async def run(app: web.Application) -> AsyncIterator[None]:
        app[SANDBOX] = Sandbox.open(config)
        app[CLOSING] = asyncio.Event()
        yield
        await app[SANDBOX].close()

    return run


def make_app(config: Config, base_url: str, host: str = "127.0.0.1") -> web.Application:
    """The sandbox, reached at `base_url`. A host of 0.0.0.0 or :: answers to any name."""
    open_to_all = host in ("0.0.0.0", "::")  # noqa: S104
    guards: list[Middleware] = [problems] if open_to_all else [problems, own_name_only(host)]
    app = web.Application(middlewares=guards, client_max_size=BODY_LIMIT)
    app[SHELF] = MediaShelf(base_url)
    app[TWILIO] = TwilioStore()
    app[VISITORS] = Visitors()
    app[CONVERSATIONS] = Conversations(Ids())
    app[GOOGLE] = Google.open(config)
    app[QUESTIONS] = Questions()
    app.cleanup_ctx.append(_lifetime(config))
    app.cleanup_ctx.append(google_push.wiring)
    app.on_shutdown.append(_end_streams)
    app.add_routes([web.get("/healthz", healthz), web.get("/_sandbox/events", events)])
    app.add_routes([*control.routes(), *graph.routes(), *twilio.routes(), *files.routes(), *website.routes()])
    app.add_routes([*openai.routes(), *openai_audio.routes(), *openai_conversations_web.routes()])
    app.add_routes([*google_oauth.routes(), *google_consent.routes(), *google_calendar.routes()])
    app.add_routes([*google_control.routes(), *subscriptions.routes(), *templates.routes()])
    # A cut connection is a fault that somebody asked for; it needs no line in the log.
    logging.getLogger("aiohttp.server").setLevel(logging.ERROR)
    return app
