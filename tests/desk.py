"""A whole gateway on real sockets, with scripted providers behind it."""

from __future__ import annotations

import hmac
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from channels import Urls, build_channels
from channels.base import Channel
from channels.twilio import signature
from gateway.app import BUS, running
from gateway.bus import Bus
from gateway.db import Pool
from gateway.settings import Settings
from tests.business import KEY
from tests.providers import Providers, providers
from tests.waiting import until

SECRET = "app-secret"


@dataclass
class Desk:
    """A running gateway, its providers, and somebody who calls it."""

    url: str
    http: ClientSession
    providers: Providers
    pool: Pool
    bus: Bus
    channels: Mapping[str, Channel]

    async def hook(self, body: bytes, *, secret: str = SECRET) -> int:
        """Delivers a signed webhook of Meta; returns the status."""
        sign = hmac.new(secret.encode(), body, "sha256").hexdigest()
        async with self.http.post(
            f"{self.url}/webhooks/meta", data=BytesIO(body), headers={"X-Hub-Signature-256": f"sha256={sign}"}
        ) as answer:
            return answer.status

    async def sms(self, number: str, **form: str) -> int:
        """Delivers a signed webhook of Twilio; returns the status."""
        token = form.pop("token", "tok")
        form = {"AccountSid": "AC1", "To": number, "NumMedia": "0", **form}
        url = "https://desk.example.com/webhooks/twilio/messages"
        sign = signature(url, {name: [value] for name, value in form.items()}, token)
        async with self.http.post(
            f"{self.url}/webhooks/twilio/messages", data=form, headers={"X-Twilio-Signature": sign}
        ) as answer:
            return answer.status

    async def sent(self, count: int) -> list[dict[str, Any]]:
        """Waits for that many sends."""

        async def enough() -> bool:
            return len(self.providers.sent) >= count

        await until(enough)
        return self.providers.sent


@asynccontextmanager
async def served(app: web.Application, port: int | None) -> AsyncIterator[TestServer]:
    """A server that waits no longer than the real one for streams that are open when it ends."""
    server = TestServer(app, port=port)
    await server.start_server(shutdown_timeout=5.0)
    try:
        yield server
    finally:
        await server.close()


@asynccontextmanager
async def desk(dsn: str, pool: Pool, folder: Path, *, port: int | None = None, **more: Any) -> AsyncIterator[Desk]:
    """With a port, the public address is the one that it really has, as a browser's session needs it. `more` are
    settings."""
    async with providers() as scripted:
        settings = Settings(
            database_url=dsn,
            state_dir=folder,
            secret_keys=(KEY,),
            public_url=f"http://127.0.0.1:{port}" if port else "https://desk.example.com",
            openai_api_key="sk-test",
            openai_base_url=f"{scripted.url}/v1",
            meta_app_secrets=(SECRET, "older-secret"),
            meta_verify_token="verify-me",
            meta_graph_url=scripted.url,
            instagram_graph_url=scripted.url,
            twilio_api_url=scripted.url,
            **more,
        )
        async with running(settings, "all") as app, served(app, port) as server, ClientSession() as http:
            url = str(server.make_url("")).rstrip("/")
            urls = Urls(graph=scripted.url, instagram=scripted.url, twilio=scripted.url)
            yield Desk(url, http, scripted, pool, app[BUS], build_channels(http, urls))
