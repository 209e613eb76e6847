"""The row about the console: what it weighs, and how long somebody on a slow line waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from playwright.async_api import Browser

from bench.browser import SLOW, browser, chromium, measured, site, slow_page
from bench.result import Row, Run, row
from bench.rig import USER, Rig, rig
from frontend.build import CONSOLE_LIMIT_KB, DIST, first_sizes, page_sizes
from gateway.accounts.passwords import Passwords
from gateway.accounts.people import Arrival, add_member, add_person
from gateway.accounts.sessions import open_session
from gateway.db import connect_pool

ROUNDS = 5
CONVERSATIONS = 50
PAGE_LIMIT_KB = 25
PASSWORD = "four blue garden chairs"  # noqa: S105
# The list is there and a click on it opens a conversation. Being asked anew after each wait, the page has time for it.
CLICKED = """
const look = setInterval(() => {
  const row = document.querySelector(".inbox-rows a[data-row]");
  if (!row) return;
  row.click();
  if (!location.pathname.startsWith("/console/inbox/")) return;
  window.ready = performance.now();
  clearInterval(look);
}, 5);
"""
FIELD = """
const look = setInterval(() => {
  if (!document.querySelector("form input[type=password]")) return;
  window.ready = performance.now();
  clearInterval(look);
}, 5);
"""
Times = dict[str, float]


async def console(run: Run) -> list[Row]:
    """Sizes as they are sent; then, in turn, an empty page, the sign-in, and the inbox of who is signed in, in a
    browser with a slower processor on slow 4G that has cached nothing: when it is painted, when it can be used."""
    scripts, styles = first_sizes(DIST / "console")
    name, largest = max(page_sizes(DIST / "console").items(), key=lambda one: one[1])
    found = [
        row("console-size", scripts, "kB gzipped before the first page", goal=CONSOLE_LIMIT_KB, at_most=True,
            reference=f"and {styles:.1f} of styles"),
        row("console-page", largest, "kB gzipped, the largest page", goal=PAGE_LIMIT_KB, at_most=True, reference=name),
    ]  # fmt: skip
    if not chromium():
        run.say("no browser here: sizes alone")
        return found
    bare, sign_in, inbox = await _visits(run)
    empty = f"{_middle(bare, 'painted'):.0f} for an empty page's paint"
    blocked = _middle(inbox, "blocked")
    return [
        *found,
        row("console-paint", _middle(sign_in, "painted"), f"ms until the sign-in is painted, {SLOW}", goal=2500,
            at_most=True, reference=empty),
        row("console-sign-in", _middle(sign_in, "ready"), f"ms until one can type a password, {SLOW}", goal=2500,
            at_most=True, reference=empty),
        row("console-ready", _middle(inbox, "ready"), f"ms until the inbox takes a click, {SLOW}", goal=5000,
            at_most=True, reference=empty),
        row("console-blocks", blocked, f"ms of blocked page until then, {SLOW}", goal=600, at_most=True,
            reference=f"{_middle(bare, 'blocked'):.0f} for an empty page"),
    ]  # fmt: skip


def _middle(side: list[Times], what: str) -> float:
    return median(one[what] for one in side)


async def _visits(run: Run) -> tuple[list[Times], list[Times], list[Times]]:
    sides: tuple[list[Times], list[Times], list[Times]] = ([], [], [])
    async with rig() as r, browser() as opened, site({"bare": ""}) as empty:
        await r.fill_histories(range(CONVERSATIONS), 4)
        _, port = await r.gateway("all")
        run.say("the inbox is filled")
        cookies = await _signed_in(r)
        url = f"http://localhost:{port}/console"
        await _visit(opened, f"{url}/inbox", CLICKED, cookies)  # warms everything up
        for turn in range(ROUNDS):
            run.say(f"round {turn + 1} of {ROUNDS}")
            sides[0].append(await _visit(opened, f"{empty}/bare", "", {}))
            sides[1].append(await _visit(opened, f"{url}/sign-in", FIELD, {}))
            sides[2].append(await _visit(opened, f"{url}/inbox", CLICKED, cookies))
    return sides


async def _signed_in(r: Rig) -> Mapping[str, str]:
    """The cookie of a new member of the business."""
    pool = await connect_pool(r.dsn, size=1)
    try:
        async with pool.acquire() as db, db.transaction():
            arrival = Arrival(email="kim@example.com", password=PASSWORD, name="Kim", company_name="", language="en")
            person = await add_person(db, arrival, await Passwords().hash(arrival.password))
            await add_member(db, USER, person, "admin")
            await db.execute("update users set onboarding_completed = true where user_id = $1", USER)
            token = await open_session(db, person, user_agent="bench", address="127.0.0.1", acts_for=USER)
    finally:
        await pool.close()
    return {"frontdesk": token}


async def _visit(opened: Browser, url: str, watch: str, cookies: Mapping[str, str]) -> Times:
    """Milliseconds since the navigation began."""
    async with slow_page(opened, watch, cookies) as page:
        await page.goto(url)
        return await measured(page, ready=bool(watch))
