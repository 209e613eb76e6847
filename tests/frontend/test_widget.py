"""The widget in a real browser against the real gateway."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect

from gateway.api.keys import create_key
from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk

ROOT = Path(__file__).parent.parent.parent
WIDGET = ROOT / "frontend" / "dist" / "widget.js"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
CHROMIUM = os.environ.get("FRONTDESK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs chromium on the PATH or in FRONTDESK_CHROMIUM"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    subprocess.run([sys.executable, str(ROOT / "frontend" / "build.py")], check=True)


@pytest.fixture
async def open_desk(dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    business = await Business.create(pool)
    await business.add_number("webchat", "wc_bloom")
    async with desk(dsn, pool, tmp_path) as one:
        yield one


@pytest.fixture
async def page(open_desk: Desk) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        opened = await browser.new_page()
        complaints: list[str] = []
        opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        await opened.goto(f"{open_desk.url}/webchat/page/wc_bloom?open=1")
        yield opened
        await browser.close()
        refused = [text for text in complaints if "Content Security Policy" in text or "Error" in text]
        assert refused == []


async def write(page: Page, text: str) -> None:
    field = page.get_by_label("Message", exact=True)
    await field.fill(text)
    await field.press("Enter")


async def texts(page: Page, *wanted: str) -> None:
    await expect(page.locator("frontdesk-chat .log .bubble")).to_have_text(list(wanted))


async def test_a_visitor_writes_and_is_answered_in_order(page: Page) -> None:
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await write(page, "two")
    await texts(page, "one", "You said: one", "two", "You said: two")


async def test_a_reload_shows_the_same_conversation_once(page: Page) -> None:
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.reload()
    await texts(page, "one", "You said: one")
    await write(page, "two")
    await texts(page, "one", "You said: one", "two", "You said: two")


async def test_what_is_written_without_a_network_is_sent_once_when_it_is_back(page: Page, open_desk: Desk) -> None:
    await write(page, "one")
    await texts(page, "one", "You said: one")
    await page.context.set_offline(True)
    await page.evaluate("dispatchEvent(new Event('offline'))")
    await expect(page.get_by_text("No connection.")).to_be_visible()
    await write(page, "two")
    await page.context.set_offline(False)
    await page.evaluate("dispatchEvent(new Event('online'))")
    await texts(page, "one", "You said: one", "two", "You said: two")
    count = "select count(*) from messages where sender = 'user' and text = 'two'"
    assert await open_desk.pool.fetchval(count) == 1


async def test_markup_in_a_message_is_shown_as_text(page: Page) -> None:
    text = '<img src=x onerror="document.title=1"> see https://example.com/x.'
    await write(page, text)
    await texts(page, text, f"You said: {text}")
    link = page.locator("frontdesk-chat .log a").first
    assert await link.get_attribute("href") == "https://example.com/x"
    assert "noopener" in (await link.get_attribute("rel") or "")
    assert await page.title() == "Bloom"


async def test_a_keyboard_is_enough(page: Page) -> None:
    await page.get_by_label("Message", exact=True).press("Escape")
    launcher = page.get_by_label("Open the chat")
    await expect(launcher).to_be_focused()
    await launcher.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await page.keyboard.type("first")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("second")
    await page.keyboard.press("Enter")
    await texts(page, "first\nsecond", "You said: first\nsecond")


async def test_an_answer_to_a_closed_panel_is_counted_once(page: Page, open_desk: Desk) -> None:
    closed = asyncio.Event()
    open_desk.providers.think = closed.wait  # type: ignore[assignment]
    await write(page, "one")
    await page.get_by_label("Close the chat").click()
    closed.set()
    await expect(page.get_by_label("Open the chat, 1 unread")).to_be_visible()
    await page.goto(page.url.partition("?")[0])
    await expect(page.locator("frontdesk-chat .log .bubble")).to_have_count(2)
    await page.get_by_label("Open the chat, 1 unread").click()
    await page.get_by_label("Close the chat").click()
    await expect(page.get_by_label("Open the chat", exact=True)).to_be_visible()


def test_the_widget_is_small(built: None) -> None:
    assert len(gzip.compress(WIDGET.read_bytes(), 9)) <= 15_000


async def reply(open_desk: Desk, body: dict[str, Any]) -> None:
    """A human of the business sends something to the only visitor."""
    row = await open_desk.pool.fetchrow("select user_id, conversation_id from conversations")
    assert row is not None
    key = await create_key(open_desk.pool, row["user_id"], "k", ["*"])
    url = f"{open_desk.url}/v1/conversations/{row['conversation_id']}/messages"
    async with open_desk.http.post(url, json=body, headers={"Authorization": f"Bearer {key}"}) as answer:
        assert answer.status == 201, await answer.text()


async def test_choices_are_tapped_and_files_can_be_opened(page: Page, open_desk: Desk) -> None:
    await write(page, "one")
    await texts(page, "one", "You said: one")
    options = [{"id": "a", "title": "Tuesday"}, {"id": "b", "title": "<b>Friday</b>"}]
    await reply(open_desk, {"kind": "choices", "text": "When?", "data": {"options": options}})
    await reply(
        open_desk, {"kind": "document", "data": {"url": "https://example.com/offer.pdf", "filename": "offer.pdf"}}
    )
    await reply(open_desk, {"kind": "link", "text": "Or here", "data": {"url": "https://example.com", "title": "Book"}})
    await expect(page.locator("frontdesk-chat .log a.file")).to_have_text(["offer.pdf", "Book"])
    chosen = page.get_by_role("button", name="<b>Friday</b>")
    await expect(chosen).to_be_visible()
    if folder := os.environ.get("SCREENSHOTS"):
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for name, size in (("desk", {"width": 1000, "height": 760}), ("phone", {"width": 390, "height": 760})):
                await page.set_viewport_size(size)  # type: ignore[arg-type]
                await page.screenshot(path=f"{folder}/widget-{scheme}-{name}.png")
    await chosen.click()
    await expect(chosen).to_be_disabled()
    own = page.locator("frontdesk-chat .log .own .bubble")
    await expect(own).to_have_text(["one", "<b>Friday</b>"])


async def test_an_answer_is_seen_while_it_is_written(page: Page, open_desk: Desk) -> None:
    await write(page, "one")
    await texts(page, "one", "You said: one")
    conversation = await open_desk.pool.fetchval("select conversation_id from conversations")

    def told(**word: Any) -> None:
        open_desk.bus.publish(f"delta:{conversation}", json.dumps({"turn": "t9", **word}))

    told(n=0, text="Let me ")
    told(n=1, text="see")
    draft = page.locator("frontdesk-chat .draft .bubble")
    await expect(draft).to_have_text("Let me see")
    told(end=True)
    await expect(draft).to_be_hidden()
