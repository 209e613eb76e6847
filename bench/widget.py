"""The row about the widget: what it weighs, and what a page on a slow phone pays for it."""

from __future__ import annotations

from statistics import median

from playwright.async_api import Browser

from bench.browser import SLOW, browser, chromium, measured, site, slow_page
from bench.result import Row, Run, row
from bench.rig import WEBCHAT, rig
from frontend.build import WIDGET_LIMIT_KB, zipped
from gateway.webchat.pages import DIST, WORDS

ROUNDS = 5
WATCH = """
const look = setInterval(() => {
  if (!document.querySelector("frontdesk-chat")?.shadowRoot) return;
  window.ready = performance.now();
  clearInterval(look);
}, 5);
"""


async def widget(run: Run) -> list[Row]:
    """Sizes as they are sent; then a page with the widget and the same page without it, in turn, in a browser with a
    slower processor on slow 4G: when the page is painted, when the launcher can be tapped, what it blocks."""
    script, form = (zipped(DIST / name) for name in ("widget.js", "form.js"))
    words = max(zipped(path) for path in WORDS.glob("*.json"))
    found = [
        row("widget-size", script, "kB gzipped", goal=WIDGET_LIMIT_KB, at_most=True),
        row("widget-parts", form + words, "kB gzipped, the form and the longest sentences, when needed"),
    ]
    if not chromium():
        run.say("no browser here: sizes alone")
        return found
    with_it: list[dict[str, float]] = []
    without: list[dict[str, float]] = []
    async with rig() as r, browser() as opened:
        _, port = await r.gateway()
        tag = f'<script src="http://127.0.0.1:{port}/webchat/widget.js" data-number="{WEBCHAT}" async></script>'
        async with site({"full": tag, "bare": ""}) as url:
            for turn in range(ROUNDS + 1):  # the first warms everything up
                run.say(f"round {turn} of {ROUNDS}")
                alone, full = await _visit(opened, f"{url}/bare"), await _visit(opened, f"{url}/full")
                if turn:
                    without.append(alone)
                    with_it.append(full)
    painted, bare = (median(one["painted"] for one in side) for side in (with_it, without))
    there = median(one["ready"] for one in with_it)
    blocked, bare_blocked = (median(one["blocked"] for one in side) for side in (with_it, without))
    return [
        *found,
        row("widget-page", painted, f"ms until the page is painted, {SLOW}", goal=1.1, at_most=True,
            reference=f"{bare:.0f} without it", ratio=painted / bare),
        row("widget-tap", there, f"ms until the launcher is there, {SLOW}", goal=3000, at_most=True,
            reference=f"{bare:.0f} for the empty page's paint"),
        row("widget-blocks", blocked - bare_blocked, f"ms of blocked page more than without it, {SLOW}", goal=100,
            at_most=True, reference=f"{bare_blocked:.0f} without it"),
    ]  # fmt: skip


async def _visit(opened: Browser, url: str) -> dict[str, float]:
    """Milliseconds since the navigation began."""
    async with slow_page(opened, WATCH) as page:
        await page.goto(url)
        return await measured(page, ready=url.endswith("full"))
