"""What a provider says of a number stands in the person's language: the guide, what Connect is answered, templates."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.frontend.console_sandbox import Sandboxed, sandboxed

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
WABA = "Geben Sie die ID des WhatsApp-Business-Kontos der Nummer an."
TOKEN = "Der Anbieter nimmt das Token nicht an"


@pytest.fixture
async def shop(front_end: None, dsn: str, pool: Pool, tab: Page, tmp_path: Path) -> AsyncIterator[Sandboxed]:
    async with sandboxed(dsn, pool, tab, tmp_path) as one:
        yield one


async def test_it_is_said_in_german(shop: Sandboxed, business: Business) -> None:
    page = shop.page
    await business.pool.execute(
        "update phone_numbers set meta_phone_number_id = '100000000000001' where id = $1", business.number.id
    )
    await shop.arrive(business, "manager", f"/health/{business.number.id}", language="de")
    await page.get_by_role("button", name="Verbinden").click()
    await expect(page.locator(".toasts")).to_contain_text(WABA)
    await page.get_by_role("button", name="Jetzt prüfen").click()
    await expect(shop.check("Zugriffstoken angenommen")).to_contain_text(TOKEN)
    await expect(page.locator(".health-checks")).not_to_contain_text("The provider")
    await shop.axe()
    await shop.shoot("health-guide-de")
    await shop.open(f"/health/{business.number.id}?tab=templates")
    await expect(page.get_by_role("alert")).to_contain_text(WABA)


async def test_the_hours_of_who_answers_are_shown(shop: Sandboxed, business: Business) -> None:
    page = shop.page
    hours = {
        "zone": "Europe/Madrid", "closed": ["2026-12-25", "2020-01-01"],
        "days": {"mon": [["09:00", "13:00"], ["15:00", "18:30"]], "sat": [["00:00", "24:00"]]},
    }  # fmt: skip
    await shop.arrive(business, "manager", f"/health/{business.number.id}?tab=agent")
    card = page.locator(".card", has=page.get_by_role("heading", name="Opening hours"))
    await expect(card).to_contain_text("No opening hours are set")
    await business.pool.execute("update agents set hours = $1::jsonb, outside_hours = 'away'", json.dumps(hours))
    await shop.open(f"/health/{business.number.id}?tab=agent")
    await expect(card.locator("div").filter(has_text="Monday").last).to_contain_text(
        re.compile("9:00 AM.*1:00 PM.*3:00 PM")
    )
    await expect(card.locator("div").filter(has_text="Sunday").last).to_contain_text("Closed")
    await expect(card.locator("div").filter(has_text="Saturday").last).to_contain_text("All day")
    await expect(card).to_contain_text("Madrid")
    await shop.axe()
    await shop.shoot("health-hours")
    await card.get_by_role("link", name="Change the hours").click()
    await expect(page.get_by_role("switch", name="People are here at certain hours")).to_be_checked()
