"""The HTTP API below /v1: what other programs, and the business's own, hold on to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

from channels.base import Channel
from gateway.accounts.people import Accounts
from gateway.api import (
    account,
    agent_templates,
    agents,
    alerts,
    analytics,
    audit,
    bookings,
    business,
    contacts,
    conversations,
    emails,
    events,
    google,
    inbox,
    keys_api,
    knowledge,
    lead_reports,
    leads,
    links,
    media,
    meetings,
    members,
    money,
    number_checks,
    numbers,
    prompts,
    rehearsals,
    rights,
    search,
    templates,
    tools,
    turns,
    webhooks,
)
from gateway.api.doors import Doors
from gateway.api.live import Live
from gateway.api.openapi import document
from gateway.api.operations import CHANGING, Operation, serve
from gateway.api.rates import tell
from gateway.blobs import Blobs
from gateway.booking.consent import Consent
from gateway.bus import Bus
from gateway.db import Pool
from gateway.files import Files
from gateway.settings import Settings
from gateway.vault import Vault

TRYING = 2  # tools that are tried at once, each of which holds a connection of the pool while it waits

OPERATIONS: tuple[Operation, ...] = (
    *numbers.operations,
    *number_checks.operations,
    *agents.operations,
    *agent_templates.operations,
    *prompts.operations,
    *rehearsals.operations,
    *conversations.operations,
    *inbox.operations,
    *templates.operations,
    *turns.operations,
    *alerts.operations,
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
    *bookings.operations,
    *search.operations,
    *analytics.operations,
    *account.operations,
    *emails.operations,
    *business.operations,
    *members.operations,
    *keys_api.operations,
    *audit.operations,
    *rights.operations,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """What the operations need of the process."""

    pool: Pool
    doors: Doors
    accounts: Accounts
    vault: Vault
    bus: Bus
    channels: Mapping[str, Channel]
    files: Files
    blobs: Blobs
    settings: Settings
    consent: Consent
    trying: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(TRYING))


def add_api(app: web.Application, api: Api) -> None:
    """Adds a route for each operation, and the document that describes them."""
    described = document(OPERATIONS)
    app.on_response_prepare.append(tell)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(described)

    reads = {one.path: one for one in OPERATIONS if one.method == "GET"}
    app.router.add_get("/v1/openapi.json", openapi)
    app.router.add_get("/v1/live", Live(api).watch)
    for operation in OPERATIONS:
        read = reads.get(operation.path) if operation.method in CHANGING else None
        app.router.add_route(operation.method, operation.path, serve(api, operation, read))
    for path in {one.path for one in OPERATIONS if "{" not in one.path}:
        app.router.add_route("*", path, _other)


async def _other(request: web.Request) -> web.Response:
    """Any other method of a path: not for the operation of a path with an id there, as `search` is none."""
    path = request.match_info.route.resource
    raise web.HTTPMethodNotAllowed(
        request.method, [one.method for one in OPERATIONS if path and one.path == path.canonical]
    )
