"""A console whose providers are the sandbox's stand-ins, for what is done with real tokens and webhooks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aiohttp import ClientSession
from playwright.async_api import Locator, Page

from gateway.app import BUS, running
from gateway.db import Pool
from gateway.settings import Settings
from sandbox.app import make_app
from sandbox.config import Config
from tests.business import KEY
from tests.desk import Desk, served
from tests.frontend.console import Site
from tests.ports import free_port
from tests.sandbox.conftest import Client, Gateway, config_for

SID = "AC" + "1" * 32
ADDRESS = {"whatsapp": "100000000000001", "instagram": "17840000000000001", "sms": "+15550100003"}
CUSTOMER = {"whatsapp": "15550109999", "instagram": "900123", "sms": "+15550109999"}
FIELDS: dict[str, dict[str, str]] = {
    "whatsapp": {
        "Phone number ID": ADDRESS["whatsapp"], "WhatsApp Business Account ID": "9100000000000001",
        "Access token": "token-wa1",
    },
    "instagram": {"Instagram account ID": ADDRESS["instagram"], "Access token": "token-ig1"},
    "sms": {"Phone number": ADDRESS["sms"], "Account SID": SID, "Auth Token": "12345"},
    "webchat": {},
}  # fmt: skip
NAMES = {"whatsapp": "WhatsApp", "instagram": "Instagram", "sms": "SMS", "webchat": "Web chat"}


@dataclass
class Sandboxed(Site):
    """A site with the sandbox behind it."""

    sandbox: Client

    async def challenge(self) -> None:
        """Does as Meta does when the webhook's address is saved there."""
        query = {"hub.mode": "subscribe", "hub.verify_token": "verify", "hub.challenge": "42"}
        async with self.desk.http.get(f"{self.desk.url}/webhooks/meta", params=query) as answer:
            assert answer.status == 200

    async def write(self, platform: str, text: str = "Hello") -> None:
        """A customer writes from the sandbox's phone."""
        await self.sandbox.write(channel=platform, number=ADDRESS[platform], **{"from": CUSTOMER[platform]}, text=text)

    async def add_number(self, platform: str, **other: str) -> None:
        """Fills in the form of a new number and sends it; `other` are fields with another value."""
        await self.page.locator(f".health-choose input[value={platform}]").check()
        for label, value in (FIELDS[platform] | other).items():
            await self.page.locator(".health-new").get_by_label(label).fill(value)
        await self.page.get_by_role("button", name="Add this channel").click()

    def check(self, name: str) -> Locator:
        """A line of the guide's checks."""
        return self.page.locator(".health-checks > li").filter(has_text=name)


@asynccontextmanager
async def sandboxed(dsn: str, pool: Pool, page: Page, folder: Path) -> AsyncIterator[Sandboxed]:
    """A gateway and the sandbox, which know each other."""
    port, far = free_port(), free_port()
    url, stand_ins = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{far}"
    settings = Settings(
        database_url=dsn, state_dir=folder, secret_keys=(KEY,), public_url=url, openai_api_key="sk-test",
        openai_base_url=f"{stand_ins}/v1", meta_app_secrets=("app-secret",), meta_verify_token="verify",
        meta_graph_url=stand_ins, instagram_graph_url=stand_ins, twilio_api_url=stand_ins,
    )  # fmt: skip
    stand_in = make_app(Config.model_validate(config_for(url)), stand_ins)
    async with (
        served(stand_in, far), running(settings, "all") as app, served(app, port),
        ClientSession() as http,
    ):  # fmt: skip
        desk = Desk(url, http, cast("Any", None), pool, app[BUS], {})
        yield Sandboxed(desk, page, folder, Client(http, stand_ins, Gateway()))
        await page.goto("about:blank")  # a server that ends waits for streams that are open
