"""What tests of the widget stand on: a website on an origin of its own, and what its visitors do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect

from tests.waiting import until

CHAT = "frontdesk-chat"


@dataclass
class Website:
    """A site of the business, `localhost` where the gateway is `127.0.0.1`. `complaints` is what the console says."""

    url: str
    gateway: str
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    policy: str = ""
    html: str = ""

    @property
    def strict(self) -> str:
        """The strictest policy under which the widget works."""
        gateway = self.gateway
        sources = f"script-src {gateway}; img-src {gateway}; connect-src {gateway} {gateway.replace('http', 'ws', 1)}"
        return f"default-src 'none'; {sources}; require-trusted-types-for 'script'"

    async def serve(self, _request: web.Request) -> web.Response:
        headers = {"Content-Security-Policy": self.policy} if self.policy else {}
        return web.Response(text=self.html, content_type="text/html", headers=headers)

    def embed(self, attributes: str = "", *, lang: str = "en", body: str = "<h1>Bloom</h1>", times: int = 1) -> None:
        """What the site's pages are from now on."""
        script = f'<script src="{self.gateway}/webchat/widget.js" data-number="wc_bloom" {attributes} async></script>'
        self.html = (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Bloom</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"</head><body><main>{body}</main>{script * times}</body></html>"
        )

    async def visit(self, attributes: str = "", **more: Any) -> Page:
        """A new tab on the site."""
        self.embed(attributes, **more)
        page = await self.tab()
        await page.goto(self.url)
        return page

    async def tab(self) -> Page:
        """An empty tab."""
        page = await self.context.new_page()

        def heard(message: ConsoleMessage) -> None:
            if message.type == "error" and "net::" not in message.text and "WebSocket connection" not in message.text:
                self.complaints.append(message.text)

        page.on("console", heard)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page


@asynccontextmanager
async def website(browser: Browser, gateway: str, **context: Any) -> AsyncIterator[Website]:
    """Serves the site, and opens a context of the browser that nobody else has."""
    opened = await browser.new_context(**{"viewport": {"width": 1100, "height": 780}, **context})
    site = Website("", gateway, opened)
    site.policy = site.strict
    app = web.Application()
    app.router.add_get("/{path:.*}", site.serve)
    async with TestServer(app, host="localhost") as server:
        site.url = f"http://localhost:{server.port}"
        try:
            yield site
        finally:
            await opened.close()


async def when(page: Page, expression: str) -> None:
    """Waits until an expression is true; Playwright's own waiting evaluates text, which a strict policy forbids."""

    async def true() -> bool:
        return bool(await page.evaluate(expression))

    await until(true, 30)


def launcher(page: Page) -> Any:
    """The button that opens the chat."""
    return page.locator(f"{CHAT} .launcher")


async def open_chat(page: Page) -> None:
    """Opens the panel."""
    await launcher(page).click(timeout=20_000)
    await expect(page.locator(f"{CHAT} .panel")).to_be_visible()


async def write(page: Page, text: str) -> None:
    """Writes a message and sends it."""
    box = page.locator(f"{CHAT} textarea")
    await box.fill(text)
    await box.press("Enter")


async def texts(page: Page, *wanted: str) -> None:
    """Waits until the messages are these."""
    await expect(page.locator(f"{CHAT} .rows .bubble")).to_have_text(list(wanted), timeout=20_000)
