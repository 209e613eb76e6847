"""Analytics, credits, alerts and the search: figures and sentences that a person understands."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.async_api import expect

from tests.business import Business
from tests.frontend.console import Site
from tests.providers import change, whatsapp
from tests.waiting import until

RECIPIENT = "insert into mail_recipients (user_id, address) values ($1, 'boss@example.com')"
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=alert(1)>"


async def alert(business: Business, kind: str, subject: str = "", **detail: Any) -> None:
    await business.pool.execute(
        "select raise_alert($1, $2, $3, $4::jsonb)", business.user_id, kind, subject, json.dumps(detail)
    )


async def test_alerts_say_what_is_wrong_and_end_before_ones_eyes(site: Site, business: Business) -> None:
    await business.pool.execute("update phone_numbers set display_name = $1", f"Bloom {SCRIPT}")
    await alert(business, "token_dying", business.number.id, cause="refused", error="190")
    await alert(business, "credits_low", remaining_credits=42)
    await alert(business, "mail_failing", "boss@example.com", reason="550")
    # It is all true: the watcher, which looks a minute after the start, ends what is not.
    await business.pool.execute(
        "insert into channel_health (user_id, phone_number_id, auth_failed_at, auth_error) "
        "select user_id, id, now(), '190' from phone_numbers"
    )
    await business.pool.execute(RECIPIENT, business.user_id)
    await site.arrive(business, "manager", "/alerts")
    items = site.page.locator(".alerts-item")
    await expect(items).to_have_count(3)
    await expect(site.page.get_by_role("button", name="Alerts: 3 open")).to_be_visible()
    dying = items.filter(has_text="refuses the access token")
    await expect(dying).to_contain_text(SCRIPT)
    await expect(dying.get_by_role("link", name="To the channel")).to_have_attribute(
        "href", f"/console/health/{business.number.id}"
    )
    await expect(dying.get_by_role("button", name="Put away")).to_have_count(0)
    await site.axe()
    await site.shoot("alerts")
    await items.filter(has_text="boss@example.com").get_by_role("button", name="Put away").click()
    await expect(items).to_have_count(2)
    await business.pool.execute("select resolve_alert($1, 'credits_low', '')", business.user_id)
    await expect(items).to_have_count(1)
    await site.page.get_by_label("Show").select_option("over")
    await expect(items).to_have_count(2)


async def test_alerts_speak_the_persons_language_and_a_viewer_puts_nothing_away(site: Site, business: Business) -> None:
    await site.arrive(business, "viewer", "/alerts", language="ar")
    await expect(site.page.get_by_text("كل شيء على ما يرام")).to_be_visible()
    await business.pool.execute(RECIPIENT, business.user_id)
    await alert(business, "mail_failing", "boss@example.com", reason="550")
    await expect(site.page.get_by_text("لا تصل رسائل البريد إلى boss@example.com.")).to_be_visible()
    await expect(site.page.locator(".alerts-item button")).to_have_count(0)
    await site.axe()
    await site.shoot("alerts-ar")


async def test_figures_are_counted_in_the_businesss_zone(site: Site, business: Business) -> None:
    for n in range(4):
        text = f"Hello, what is a check-up? {n}"
        body = whatsapp(change(business.number.address, messages=[(f"w{n}", f"467000{n}", text)]))
        assert await site.desk.hook(body) == 200
    await site.desk.sent(4)
    counted = "select coalesce(sum(messages), 0) = 8 from message_counts"
    await until(lambda: business.pool.fetchval(counted))
    await business.pool.execute("update users set zone = 'Europe/Madrid'")
    await site.arrive(business, "marketing", "/analytics?period=7")
    tiles = site.page.locator(".analytics-tile")
    await expect(tiles.filter(has_text="Messages from customers").locator("strong")).to_have_text("4")
    await expect(site.page.get_by_text("Days are those of Europe/Madrid.")).to_be_visible()
    await site.page.get_by_role("button", name="Show as a table").first.click()
    row = site.page.get_by_role("table", name="Messages", exact=True).get_by_role("row")
    await expect(row.filter(has_text=re.compile(r"4\s*4\s*0$"))).to_have_count(1)
    async with site.page.expect_download() as waiting:
        await site.page.get_by_role("link", name="Export as CSV").click()
    text = (await (await waiting.value).path()).read_text()
    assert ["4", "4"] in [line.split(",")[1:3] for line in text.splitlines()]
    await site.page.get_by_role("button", name="Show as a chart").first.click()
    await site.axe()
    await site.shoot("analytics")
    await site.page.get_by_label("Period").select_option("own")
    tomorrow = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    await site.page.get_by_label("To", exact=True).fill(tomorrow)
    await site.page.get_by_label("From", exact=True).fill(tomorrow)
    await expect(site.page.get_by_text("Nothing happened in this time")).to_be_visible()


async def test_credits_say_how_long_they_last(site: Site, business: Business) -> None:
    await site.desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670111", "hi")])))
    await site.desk.sent(1)
    await site.arrive(business, "admin", "/credits")
    tiles = site.page.locator(".credits-tile")
    await expect(tiles.filter(has_text="Left").locator("dd")).to_have_text("999")
    await expect(tiles.filter(has_text="At this pace they last").locator("dd")).to_have_text("13,986 days")
    await expect(site.page.get_by_role("table").get_by_role("row")).to_have_count(3)
    await site.axe()
    await site.shoot("credits")


async def test_search_finds_what_was_written_by_keyboard_alone(site: Site, business: Business) -> None:
    text = f"Is the whitening painful? {SCRIPT}"
    await site.desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670111", text)])))
    await site.desk.sent(1)
    await until(lambda: business.pool.fetchval("select count(*) > 1 from message_search"))
    await site.arrive(business, "manager", "/alerts")
    await site.page.keyboard.press("Control+k")
    await expect(site.page.get_by_role("combobox", name="Search everything")).to_be_focused()
    await site.page.keyboard.type("whiten")
    found = site.page.get_by_role("option").filter(has_text="painful")
    await expect(found.first).to_contain_text(SCRIPT[:4])
    await expect(site.page.locator(".palette mark").first).to_have_text("whitening")
    await site.shoot("search")
    await site.page.keyboard.press("Enter")
    await expect(site.page).to_have_url(re.compile(r"/console/inbox/cnv_\w+\?message=msg_"))


@pytest.mark.parametrize("page", ["/credits", "/analytics"])
async def test_who_may_not_see_a_page_does_not(site: Site, business: Business, page: str) -> None:
    allowed = {"/credits": "viewer", "/analytics": "marketing"}[page]
    await site.arrive(business, allowed, page)  # type: ignore[arg-type]
    await expect(site.page.get_by_text("There is nothing at this address")).to_have_count(0)
    if page == "/credits":
        await site.page.context.clear_cookies()
        await site.arrive(business, "marketing", page)
        await expect(site.page.get_by_text("There is nothing at this address")).to_be_visible()
