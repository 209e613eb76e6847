"""A meeting that a member books from the inbox: free times, one that was taken, and the truth about one on its way."""

from __future__ import annotations

import json
import os
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.booking.google import Calendars
from gateway.db import Pool
from tests.booking.scripted import OWNER, Google, scripted
from tests.booking.test_google import connect
from tests.business import VAULT, Business
from tests.desk import desk
from tests.frontend.console import PHONE, Site
from tests.frontend.inbox import conversation, log, opened, write
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
RULES = {
    "zone": "Europe/Madrid", "title": "Check-up", "minutes": 60, "grid_minutes": 60, "window_days": 20,
    "hours": {day: [["09:00", "13:00"], ["15:00", "18:00"]] for day in DAYS},
}  # fmt: skip


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with scripted() as one:
        yield one


@pytest.fixture
async def bookable(
    front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page, google: Google, business: Business
) -> AsyncIterator[Site]:
    """A gateway whose business has a calendar."""
    leads = {f"google_{name}_url": f"{google.url}/{name}" for name in ("auth", "token", "revoke")}
    own = {"google_client_id": "client-1", "google_client_secret": "secret-1", "google_api_url": google.url}
    calendars = Calendars(pool, VAULT, google.settings())
    await connect(calendars, google, business.user_id)
    await calendars.close()
    await pool.execute("update agents set booking = $1::jsonb", json.dumps(RULES))
    await pool.execute("update users set zone = 'Europe/Madrid'")
    async with desk(dsn, pool, tmp_path, port=free_port(), **leads, **own) as one:
        yield Site(one, tab, tmp_path)
        await tab.goto("about:blank")  # a server that ends waits for streams that are open


async def test_a_member_books_and_hears_the_truth(bookable: Site, business: Business, google: Google) -> None:
    site, page = bookable, bookable.page
    await write(site, business, "Can somebody call me?")
    await opened(site, business)
    await page.get_by_role("button", name="Details").click()
    await page.get_by_role("tab", name="Meetings").click()
    await page.get_by_role("button", name="Book a meeting").click()
    dialog = page.get_by_role("dialog", name="Book a meeting for Lucía Romero")
    days = dialog.locator("section")
    await expect(days.nth(3)).to_be_visible()
    await site.axe()
    assert await business.pool.fetchval("select count(*) from offers") == 0
    await days.nth(1).get_by_role("button").nth(2).click()
    await expect(dialog.get_by_role("button", name="Book this time")).to_be_visible()
    await site.axe()
    await _taken_meanwhile(google)
    await dialog.get_by_role("button", name="Book this time").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Nothing was booked")
    await site.axe()
    google.busy.clear()
    await dialog.get_by_role("alert").get_by_role("button").first.click()
    await dialog.get_by_label("E-mail").fill("no address")
    await dialog.get_by_role("button", name="Book this time").click()
    await expect(dialog.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    await expect(dialog.get_by_label("E-mail")).to_have_value("no address")
    await dialog.get_by_label("E-mail").fill("lucia@romero.example")

    google.faults["events"] = ["drop"] * 6
    await dialog.get_by_role("button", name="Book this time").click()
    await expect(dialog).to_have_count(0)
    await expect(page.get_by_text("It is not booked until it does")).to_be_visible()
    await expect(page.locator(".inbox-meetings").get_by_text("Not confirmed yet")).to_be_visible()
    await expect(log(page)).not_to_contain_text("Check-up")
    google.faults.clear()
    await business.pool.execute("update meetings set due_at = now(), lease_until = null where state = 'booking'")
    site.desk.bus.publish("meetings")
    await expect(page.locator(".inbox-meetings").get_by_text("Booked", exact=True)).to_be_visible()
    await expect(page.get_by_text("It is not booked until it does")).to_have_count(0)
    await expect(log(page)).to_contain_text(re.compile("Check-up.*Madrid"))
    row = await business.pool.fetchrow("select * from meetings where status = 'scheduled'")
    assert row is not None
    assert (row["by"], row["customer_email"], len(google.events)) == ("owner", "lucia@romero.example", 1)
    await _moved(site, business)


async def _moved(site: Site, business: Business) -> None:
    """The meeting takes another time, from the panel and then from its own page."""
    page, pool = site.page, business.pool
    for n in (1, 2):
        before = await pool.fetchval("select meeting_time from meetings where status = 'scheduled'")
        await page.get_by_role("button", name="Move", exact=True).click()
        dialog = page.get_by_role("dialog", name="Move this meeting")
        await dialog.locator("section").nth(2).get_by_role("button").nth(n).click()
        await expect(dialog.get_by_label("E-mail")).to_have_count(0)
        await site.axe()
        await dialog.get_by_role("button", name="Take this time").click()
        await expect(dialog).to_have_count(0)
        row = await pool.fetchrow("select * from meetings where status = 'scheduled'")
        assert row is not None
        assert (row["by"], row["sequence"], row["meeting_time"] == before) == ("owner", n, False)
        if n == 1:
            await expect(log(page)).to_contain_text("has been moved")
            await site.open(f"/meetings/{row['meeting_id']}")


async def test_on_a_phone_and_in_arabic(bookable: Site, business: Business) -> None:
    site, page = bookable, bookable.page
    await page.set_viewport_size(PHONE)
    await write(site, business, "Can somebody call me?")
    found = await conversation(business)
    await site.arrive(business, "sales_rep", f"/inbox/{found}", language="ar")
    await page.locator(".inbox-head button").click()
    await page.get_by_role("tab").nth(2).click()
    await page.get_by_role("button", name="حجز موعد").click()
    dialog = page.get_by_role("dialog").last
    await expect(dialog.locator("section").nth(3)).to_be_visible()
    await site.axe()
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await page.screenshot(path=_pictures(site) / "inbox-book-phone-ar.png")
    await dialog.locator("section").nth(1).get_by_role("button").first.click()
    await dialog.get_by_role("button", name="احجز هذا الوقت").click()
    await expect(page.locator(".inbox-meetings li")).to_contain_text("محجوز")
    await page.screenshot(path=_pictures(site) / "inbox-booked-phone-ar.png")


async def test_who_may_not_book_sees_no_button_and_an_agent_without_hours_says_so(
    bookable: Site, business: Business
) -> None:
    site, page = bookable, bookable.page
    await write(site, business, "Can somebody call me?")
    await opened(site, business, "viewer")
    await page.get_by_role("button", name="Details").click()
    await page.get_by_role("tab", name="Meetings").click()
    await expect(page.get_by_text("No meetings")).to_be_visible()
    await expect(page.get_by_role("button", name="Book a meeting")).to_have_count(0)
    await business.pool.execute("update agents set booking = null")
    await opened(site, business, "manager")
    await page.get_by_role("button", name="Details").click()
    await page.get_by_role("tab", name="Meetings").click()
    await page.get_by_role("button", name="Book a meeting").click()
    await page.get_by_role("link", name="Set the booking hours").click()
    await expect(page.get_by_role("switch", name="This agent books meetings")).to_be_visible()


def _pictures(site: Site) -> Path:
    return Path(os.environ.get("FRONTDESK_SHOTS") or site.folder)


async def _taken_meanwhile(google: Google) -> None:
    """Somebody fills the calendar of the next five days."""
    now = datetime.now().astimezone()
    span = {"start": now.isoformat(), "end": (now + timedelta(days=5)).isoformat()}
    google.busy[OWNER] = {"busy": [span]}
