"""The widget on bad lines: no sockets, no network, sessions that are over, a gateway that dies; several tabs."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, WebSocketRoute, expect

from gateway.db import Pool
from gateway.webchat.sessions import Session
from tests.business import VAULT, Business
from tests.desk import Desk, desk
from tests.frontend.widget import CHAT, Website, open_chat, texts, website, when, write
from tests.test_kill import victim
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180), pytest.mark.filterwarnings("ignore::ResourceWarning")]
KEY = "frontdesk:wc_bloom"
DAY = 24 * 3600


@pytest.fixture
async def open_desk(front_end: None, dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    business = await Business.create(pool)
    await business.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    async with desk(dsn, pool, tmp_path) as one:
        yield one


@pytest.fixture
async def site(browser: Browser, open_desk: Desk) -> AsyncIterator[Website]:
    async with website(browser, open_desk.url) as one:
        yield one
        assert [text for text in one.complaints if "Failed to load resource" not in text] == []


async def said(pool: Pool) -> list[str]:
    """What visitors wrote, in order."""
    rows = await pool.fetch("select text from messages where sender = 'user' order by sequence_no")
    return [row["text"] for row in rows]


async def close(ws: WebSocketRoute) -> None:
    await ws.close(code=1011)


async def swallow(_ws: WebSocketRoute) -> None:
    """Takes the connection and says nothing, as some proxies do."""


@pytest.mark.parametrize("block", [close, swallow])
async def test_without_sockets_it_is_slower_and_whole(site: Website, block: object) -> None:
    page = await site.tab()
    await page.route_web_socket("**/webchat/ws**", block)  # type: ignore[arg-type]
    site.embed()
    await page.goto(site.url)
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await write(page, "two")
    await texts(page, "one", "You said: one", "two", "You said: two")


def token(visitor: str, expires: int) -> str:
    """A session as the gateway gives it."""
    claim = json.dumps(asdict(Session("wc_bloom", visitor, expires))).encode()
    parts = (claim, VAULT.sign("webchat session", claim))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


SESSIONS = {
    "not half over": (20 * DAY, True, False),
    "soon over": (2 * DAY, True, True),
    "over": (-60, False, True),
}


@pytest.mark.parametrize(("life", "same", "renewed"), SESSIONS.values(), ids=SESSIONS.keys())
async def test_a_session_is_renewed_in_time(site: Website, life: int, same: bool, renewed: bool) -> None:
    now = int(time.time())
    old = token("vis_old", now + life)
    kept = {"token": old, "expires": (now + life) * 1000, "visitor": "vis_old", "conversation": "c"}
    page = await site.tab()
    await page.add_init_script(f"localStorage.getItem('{KEY}') || localStorage.setItem('{KEY}', '{json.dumps(kept)}')")
    site.embed()
    await page.goto(site.url)
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    if renewed:
        await when(page, f"JSON.parse(localStorage.getItem('{KEY}')).token !== '{old}'")
    found = await page.evaluate(f"JSON.parse(localStorage.getItem('{KEY}'))")
    assert (found["visitor"] == "vis_old", found["token"] != old) == (same, renewed)


async def test_a_session_that_the_gateway_ends_is_begun_again(site: Website) -> None:
    forged = {"token": "for.ged", "expires": (int(time.time()) + 25 * DAY) * 1000, "visitor": "x", "conversation": "c"}
    page = await site.tab()
    await page.add_init_script(
        f"localStorage.getItem('{KEY}') || localStorage.setItem('{KEY}', '{json.dumps(forged)}')"
    )
    site.embed()
    await page.goto(site.url)
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")


async def offline(page: Page, off: bool) -> None:
    await page.context.set_offline(off)
    await page.evaluate(f"dispatchEvent(new Event('{'offline' if off else 'online'}'))")


async def test_a_burst_across_a_gap_is_sent_once_and_in_order(site: Website, open_desk: Desk) -> None:
    page = await site.visit()
    await open_chat(page)
    for n in range(12):
        if n in (3, 8):
            await offline(page, n == 3)
        await write(page, f"m{n}")

    async def all_said() -> bool:
        return len(await said(open_desk.pool)) >= 12

    await until(all_said, 60)
    assert await said(open_desk.pool) == [f"m{n}" for n in range(12)]


async def test_what_a_closed_tab_left_unsent_the_next_one_sends(site: Website, open_desk: Desk) -> None:
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await offline(page, True)
    await write(page, "two")
    await write(page, "three")
    await page.close()
    await site.context.set_offline(False)
    await site.visit()

    async def all_said() -> bool:
        return len(await said(open_desk.pool)) >= 3

    await until(all_said, 60)
    assert await said(open_desk.pool) == ["one", "two", "three"]


async def test_two_tabs_are_one_visitor_with_two_drafts(site: Website, open_desk: Desk) -> None:
    first, second = await site.visit(), await site.visit()
    for n, page in enumerate((first, second)):
        await page.evaluate("Frontdesk.open()")
        await page.locator(f"{CHAT} textarea").fill(f"draft {n}", timeout=20_000)
    for n, page in enumerate((first, second)):
        await expect(page.locator(f"{CHAT} textarea")).to_have_value(f"draft {n}")
        await page.locator(f"{CHAT} textarea").press("Enter")
    for page in (first, second):
        await expect(page.locator(f"{CHAT} .rows .own .bubble")).to_have_count(2, timeout=20_000)
    assert await open_desk.pool.fetchval("select count(distinct customer_phone) from conversations") == 1
    assert sorted(await said(open_desk.pool)) == ["draft 0", "draft 1"]


async def test_a_gateway_that_dies_under_a_message_has_it_once(
    front_end: None, browser: Browser, dsn: str, pool: Pool, tmp_path: Path
) -> None:
    business = await Business.create(pool)
    await business.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    async with victim(dsn, tmp_path) as gateway, website(browser, gateway.url) as site:
        page = await site.visit()
        await open_chat(page)
        await write(page, "one")
        await texts(page, "one", "You said: one")
        for n in range(4):
            await page.evaluate(f"Frontdesk.send('under way {n}')")
        gateway.process.kill()
        await write(page, "after")
        await expect(page.get_by_text("No connection.")).to_be_visible(timeout=30_000)
        await gateway.start()
        await page.evaluate("dispatchEvent(new Event('online'))")

        async def all_said() -> bool:
            return len(await said(pool)) >= 6

        await until(all_said, 60)
        await expect(page.locator(f"{CHAT} .waiting .bubble")).to_have_count(0, timeout=30_000)
        assert await said(pool) == ["one", *(f"under way {n}" for n in range(4)), "after"]


async def test_what_is_refused_is_sent_again_or_deleted(site: Website, open_desk: Desk) -> None:
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.evaluate("Frontdesk.send('x'.repeat(4001)); Frontdesk.send('behind')")
    await expect(page.locator(f"{CHAT} .failed .meta")).to_contain_text("longer than 4000", timeout=20_000)
    await expect(page.locator(f"{CHAT} .rows .own .bubble")).to_have_text(["one", "behind"], timeout=20_000)
    await page.get_by_role("button", name="Send again").click()
    await expect(page.locator(f"{CHAT} .failed .meta")).to_contain_text("longer than 4000", timeout=20_000)
    await page.get_by_role("button", name="Delete").click()
    await expect(page.locator(f"{CHAT} .failed")).to_have_count(0)
    assert await said(open_desk.pool) == ["one", "behind"]
