"""What a visitor is asked before he writes, and the files that he sends."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.desk import Desk, desk
from tests.frontend.widget import CHAT, Website, open_chat, texts, website, when, write
from tests.gateway.test_files import PNG
from tests.ports import free_port
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.filterwarnings("ignore::ResourceWarning")]

FORM: list[dict[str, Any]] = [
    {"name": "name", "label": "Your name", "required": True},
    {"name": "email", "label": "E-mail", "type": "email", "required": True},
    {"name": "topic", "label": "Topic", "type": "select", "options": ["Price", "Time"]},
]
CONSENT = {"text": "We keep what you write for a year.", "url": "https://bloom.example/privacy", "required": True}


@pytest.fixture
async def business_here(pool: Pool) -> Business:
    return await Business.create(pool)


@pytest.fixture
async def open_desk(front_end: None, dsn: str, pool: Pool, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(dsn, pool, tmp_path, port=free_port()) as one:
        yield one


@pytest.fixture
async def site(browser: Browser, open_desk: Desk) -> AsyncIterator[Website]:
    async with website(browser, open_desk.url) as one:
        yield one
        assert [text for text in one.complaints if "Failed to load resource" not in text] == []


async def test_a_form_says_beside_each_field_what_is_wrong(
    site: Website, open_desk: Desk, business_here: Business
) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"], prechat=FORM, consent=CONSENT)
    page = await site.visit()
    await open_chat(page)
    name, email = page.get_by_label("Your name"), page.get_by_label("E-mail")
    await expect(name).to_be_focused(timeout=20_000)
    await email.fill("nobody")
    await page.get_by_role("button", name="Start the chat").click()
    await expect(page.locator(f"{CHAT} .bad:visible")).to_have_text(
        ["This is needed.", "Enter an e-mail address, such as name@example.com.", "Agree to go on."]
    )
    await expect(name).to_be_focused()
    await expect(email).to_have_value("nobody")
    await name.fill("Kim")
    await email.fill("kim@example.com")
    await page.get_by_label("Topic").select_option("Price")
    await page.get_by_label("We keep what you write").check()
    await page.get_by_role("button", name="Start the chat").click()
    await expect(page.get_by_label("Message", exact=True)).to_be_focused(timeout=20_000)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    content = json.loads(await open_desk.pool.fetchval("select content from messages where sender = 'user'"))
    assert content["prechat"] == {"name": "Kim", "email": "kim@example.com", "topic": "Price"}
    assert set(content["consent"]) == {"version", "at"}
    await page.goto(site.url)
    await texts(page, "one", "You said: one")
    await expect(page.get_by_label("Message", exact=True)).to_be_visible()


async def test_questions_that_may_stay_open_are_skipped(site: Website, business_here: Business) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"], prechat=FORM[2:])
    page = await site.visit()
    await open_chat(page)
    await page.get_by_role("button", name="Skip").click(timeout=20_000)
    await write(page, "one")
    await texts(page, "one", "You said: one")


async def test_what_waits_while_the_form_comes_up_is_sent_after_it(
    site: Website, open_desk: Desk, business_here: Business
) -> None:
    number = await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    page = await site.visit()
    await open_chat(page)
    await write(page, "one")
    await texts(page, "one", "You said: one")
    settings = json.dumps({"allowed_origins": ["*"], "consent": CONSENT})
    await open_desk.pool.execute("update phone_numbers set settings = $1::jsonb where id = $2", settings, number.id)
    open_desk.bus.publish("numbers")
    await page.evaluate("new Promise(done => setTimeout(done))")
    await page.goto(site.url)
    await write(page, "two")
    await page.get_by_label("We keep what you write").check(timeout=20_000)
    await page.get_by_role("button", name="Start the chat").click()
    await texts(page, "one", "You said: one", "two", "You said: two")


async def chosen(page: Page, *files: tuple[str, str, bytes]) -> None:
    """Picks files as a person does."""
    given = [{"name": name, "mimeType": mime, "buffer": data} for name, mime, data in files]
    await expect(page.get_by_role("button", name="Attach files")).to_be_visible(timeout=20_000)
    await page.locator(f"{CHAT} input[type=file]").set_input_files(given)  # type: ignore[arg-type]


REFUSED = {
    "a program": (("x.exe", "application/octet-stream", b"MZ\x90\x00\x03\x00"), "Files of this kind are not taken."),
    "too large": (("big.txt", "text/plain", b"a" * (16 * 1024 * 1024 + 1)), "Larger than 16 MB."),
}


@pytest.mark.parametrize(("file", "why"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_file_that_is_not_taken_says_why(
    site: Website, business_here: Business, file: tuple[str, str, bytes], why: str
) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    page = await site.visit()
    await open_chat(page)
    await chosen(page, file)
    await expect(page.locator(f"{CHAT} .chip p")).to_have_text(why, timeout=20_000)
    await page.get_by_label(f"Remove {file[0]}").click()
    await expect(page.locator(f"{CHAT} .chip")).to_have_count(0)


async def test_files_go_with_the_message_that_they_belong_to(
    site: Website, open_desk: Desk, business_here: Business
) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    page = await site.visit()
    await open_chat(page)
    await chosen(page, ("a.png", "image/png", PNG), ("<b>.txt", "text/plain", b"hello"))
    await expect(page.get_by_label("Send", exact=True)).to_be_enabled(timeout=20_000)
    await write(page, "two files")

    async def stored() -> list[str]:
        rows = await open_desk.pool.fetch("select filename from media order by place")
        return [row["filename"] for row in rows]

    assert await until(stored) == ["a.png", "<b>.txt"]
    own = page.locator(f"{CHAT} .rows .own .bubble")
    await expect(own).to_contain_text("<b>.txt", timeout=20_000)
    await expect(own.locator("img")).to_have_attribute("alt", "a.png")


async def test_an_upload_shows_how_far_it_is_and_can_be_given_up(site: Website, business_here: Business) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    page = await site.visit()
    await open_chat(page)
    await expect(page.get_by_role("button", name="Attach files")).to_be_visible(timeout=20_000)
    wire = await page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000}
    await wire.send("Network.enable")
    await wire.send("Network.emulateNetworkConditions", slow)
    await chosen(page, ("film.txt", "text/plain", b"a" * 8_000_000))
    await when(page, "document.querySelector('frontdesk-chat').shadowRoot.querySelector('progress').value > 0")
    await expect(page.get_by_label("Send", exact=True)).to_be_disabled()
    await page.get_by_label("Remove film.txt").click()
    await expect(page.locator(f"{CHAT} .chip")).to_have_count(0)
    await wire.send("Network.emulateNetworkConditions", slow | {"uploadThroughput": -1})
    await write(page, "without")
    await texts(page, "without", "You said: without")


async def test_a_text_that_is_too_long_is_kept_and_counted(site: Website, business_here: Business) -> None:
    await business_here.add_number("webchat", "wc_bloom", allowed_origins=["*"])
    page = await site.visit()
    await open_chat(page)
    await write(page, "a" * 4012)
    await expect(page.locator(f"{CHAT} .count")).to_have_text("12 characters too many")
    await expect(page.get_by_label("Send", exact=True)).to_be_disabled()
    await page.locator(f"{CHAT} textarea").fill("b" * 4000)
    await expect(page.get_by_label("Send", exact=True)).to_be_enabled()
