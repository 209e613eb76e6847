"""A browser as somebody far away has it: a slower processor, slow 4G, nothing in its cache."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from bench.machine import free_port

CPU = 4  # times slower than this machine
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8}
SLOW = f"{CPU}x slower CPU, slow 4G"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
EMPTY = '<!doctype html><html lang="en"><head><title>x</title>{head}</head><body><h1>x</h1></body></html>'
BLOCKED = """
window.ready = window.blocked = 0;
new PerformanceObserver(list => { for (const one of list.getEntries()) blocked += Math.max(0, one.duration - 50) })
  .observe({ type: "longtask", buffered: true });
"""

# A function and no string that is asked again and again: the console's policy lets nothing be evaluated.
MEASURED = """needed => new Promise(done => {
  const look = setInterval(() => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    if (!paint || (needed && !ready)) return;
    clearInterval(look);
    done({ painted: paint.startTime, ready, blocked });
  }, 20);
})"""


def chromium() -> str:
    """Where the browser is; "" without one."""
    found = (shutil.which(name) for name in ("chromium", "chromium-browser"))
    return os.environ.get("FRONTDESK_CHROMIUM") or next(filter(None, found), "")


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """The browser, without a window."""
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        await opened.close()


@asynccontextmanager
async def slow_page(opened: Browser, watch: str = "", cookies: Mapping[str, str] | None = None) -> AsyncIterator[Page]:
    """A page that has cached nothing and measures how long it is blocked. `watch` is a script that runs before
    everything else, and sets `ready`; `cookies` are those of localhost."""
    context = await opened.new_context()
    page = await context.new_page()
    if cookies:
        await context.add_cookies([{"name": n, "value": v, "url": "http://localhost"} for n, v in cookies.items()])
    await page.add_init_script(BLOCKED + watch)
    wire = await context.new_cdp_session(page)
    await wire.send("Network.enable")
    await wire.send("Network.emulateNetworkConditions", SLOW_4G)
    await wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    yield page
    await context.close()


async def measured(page: Page, *, ready: bool) -> dict[str, float]:
    """Milliseconds since the navigation: when it was painted, when the watching script set `ready`, and how long it was
    blocked. Waits for the paint, and for `ready` where it is asked for."""
    found: dict[str, float] = await page.evaluate(MEASURED, ready)
    return found


@asynccontextmanager
async def site(heads: Mapping[str, str]) -> AsyncIterator[str]:
    """Empty pages by name, each with something of its own in its head; yields the address before the name."""

    async def page(request: web.Request) -> web.Response:
        return web.Response(text=EMPTY.format(head=heads.get(request.match_info["name"], "")), content_type="text/html")

    app = web.Application()
    app.router.add_get("/{name}", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "localhost", port).start()
    try:
        yield f"http://localhost:{port}"
    finally:
        await runner.cleanup()
