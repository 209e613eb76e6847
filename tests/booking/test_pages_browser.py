"""The pages of customers in a browser that runs no script, at the width of a phone and of a desk."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from gateway.booking.sheets import stamp
from gateway.db import Pool
from tests.booking.test_page import opened as bookable
from tests.booking.test_pages import Shop, at_clock, shop

CHROMIUM = os.environ.get("FRONTDESK_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
SHOTS = os.environ.get("FRONTDESK_SHOTS", "")
WIDTHS = {"phone": (360, 740), "desk": (1280, 900)}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs chromium on the PATH or in FRONTDESK_CHROMIUM"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
__all__ = ["shop"]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        await opened.close()


async def opened(browser: Browser, width: str, scheme: Any = "light") -> Page:
    size = WIDTHS[width]
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, java_script_enabled=False
    )
    return await context.new_page()


async def look(page: Page, name: str) -> None:
    """Nothing sticks out, and every thing that is to be tapped is large enough for a finger."""
    wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, name
    for one in await page.locator("a.button, button, input:not([type=hidden])").all():
        box = await one.bounding_box()
        assert box is None or box["height"] >= 44 or box["x"] < 0, name
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_customer_moves_and_cancels(shop: Shop, browser: Browser, width: str, scheme: str) -> None:
    page, tag = await opened(browser, width, scheme), f"{width}-{scheme}"
    await page.goto(shop.url + await shop.book(at_clock(3, 9)))
    await look(page, f"meeting-{tag}")
    await page.get_by_role("link", name="Change the time").click()
    await look(page, f"times-{tag}")
    await page.get_by_role("link", name="Later days").click()
    await page.get_by_role("link", name="Earlier days").click()
    await page.locator(f'a[href="?at={stamp(at_clock(4, 10))}"]').click()
    await look(page, f"move-{tag}")
    await page.get_by_role("button", name="Yes, move it").click()
    await expect(page.get_by_role("status")).to_have_text("The appointment has been moved.")
    await page.get_by_role("link", name="Cancel the appointment").click()
    await look(page, f"cancel-{tag}")
    await page.get_by_role("button", name="Yes, cancel it").click()
    await expect(page.get_by_role("status")).to_have_text("This appointment is cancelled.")
    await look(page, f"cancelled-{tag}")


@pytest.mark.parametrize("language", ["ar", "hi", "de"])
async def test_every_script_fits_a_phone(shop: Shop, browser: Browser, pool: Pool, language: str) -> None:
    page, path = await opened(browser, "phone"), await shop.book(at_clock(3, 9))
    await pool.execute("update customers set language = $1", language)
    await pool.execute("update meetings set title = $1", "Donaudampfschifffahrtsgesellschaftskapitän" * 3)
    for where in ("", "/change", "/cancel"):
        await page.goto(shop.url + path + where)
        await look(page, f"{language}{where.replace('/', '-')}")


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_anybody_books_with_a_keyboard(shop: Shop, browser: Browser, width: str, scheme: str) -> None:
    page, tag, path = await opened(browser, width, scheme), f"{width}-{scheme}", await bookable(shop)
    await page.goto(shop.url + path)
    await look(page, f"book-{tag}")
    await page.locator(f'a[href="?at={stamp(at_clock(3, 9))}"]').press("Enter")
    await look(page, f"form-{tag}")
    await page.get_by_label("Name").fill("Anna Berg")
    await page.get_by_label("E-mail").fill("anna@berg.example")
    await page.get_by_label("Phone (optional)").fill("070")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Phone (optional)")).to_have_attribute("aria-invalid", "true")
    await look(page, f"wrong-{tag}")
    await page.get_by_label("Phone (optional)").fill("")
    await page.get_by_role("button", name="Book this time").press("Enter")
    await expect(page.get_by_role("status")).to_have_text("This appointment is booked.")
    await look(page, f"booked-{tag}")
