"""The HTTP API below /v1: what other programs, and the business's own, hold on to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from channels.base import Channel
from gateway.api import (
    agents,
    contacts,
    conversations,
    events,
    google,
    knowledge,
    lead_reports,
    leads,
    links,
    media,
    meetings,
    money,
    numbers,
    prompts,
    tools,
    turns,
    webhooks,
)
from gateway.api.keys import Keys
from gateway.api.live import Live
from gateway.api.openapi import document
from gateway.api.operations import Operation, serve
from gateway.blobs import Blobs
from gateway.booking.consent import Consent
from gateway.bus import Bus
from gateway.db import Pool
from gateway.files import Files
from gateway.settings import Settings
from gateway.vault import Vault

OPERATIONS: tuple[Operation, ...] = (
    *numbers.operations,
    *agents.operations,
    *prompts.operations,
    *conversations.operations,
    *turns.operations,
    *leads.operations,
    *lead_reports.operations,
    *contacts.operations,
    *knowledge.operations,
    *links.operations,
    *tools.operations,
    *media.operations,
    *money.operations,
    *events.operations,
    *webhooks.operations,
    *google.operations,
    *meetings.operations,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the operations need of the process."""

    pool: Pool
    keys: Keys
    vault: Vault
    bus: Bus
    channels: Mapping[str, Channel]
    files: Files
    blobs: Blobs
    settings: Settings
    consent: Consent


def add_api(app: web.Application, api: Api) -> None:
    """Adds a route for each operation, and the document that describes them."""
    described = document(OPERATIONS)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(described)

    app.router.add_get("/v1/openapi.json", openapi)
    app.router.add_get("/v1/live", Live(api).watch)
    for operation in OPERATIONS:
        app.router.add_route(operation.method, operation.path, serve(api, operation))
