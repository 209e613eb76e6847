"""The channels: how each is, who answers it, relinking and taking it back, settings, a website's chat, removal."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.db import Pool
from tests.business import Business
from tests.frontend.console import Site
from tests.frontend.console_sandbox import NAMES, Sandboxed, sandboxed
from tests.providers import change, whatsapp
from tests.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=alert(1)>"


@pytest.fixture
async def shop(front_end: None, dsn: str, pool: Pool, tab: Page, tmp_path: Path) -> AsyncIterator[Sandboxed]:
    async with sandboxed(dsn, pool, tab, tmp_path) as one:
        yield one


async def two_customers(site: Site, business: Business) -> None:
    for n in (1, 2):
        body = whatsapp(change(business.number.address, messages=[(f"w{n}", f"467011{n}", "Hello")]))
        assert await site.desk.hook(body) == 200
    await site.desk.sent(2)


async def second_agent(business: Business) -> None:
    agent = await business.add_agent(None)
    await business.pool.execute("update agents set name = $2 where agent_id = $1", agent, f"Grace {SCRIPT}")


async def test_relinking_says_what_it_closes_and_is_taken_back(site: Site, business: Business) -> None:
    await two_customers(site, business)
    await second_agent(business)
    await site.arrive(business, "admin", f"/health/{business.number.id}?tab=agent")
    page = site.page
    await page.get_by_label("Let another agent answer").select_option(label=f"Grace {SCRIPT}")
    await page.get_by_role("button", name="Change agent").click()
    box = page.get_by_role("dialog")
    await expect(box).to_contain_text("2 active conversations are closed and archived.")
    await expect(box).to_contain_text("take this back for 7 days")
    await site.axe()
    await site.shoot("channels-relink")
    await box.get_by_role("button", name="Change agent").click()
    await expect(page.get_by_text("Done. 2 conversations are archived.")).to_be_visible()
    active = "select count(*) from conversations where is_active"
    assert await business.pool.fetchval(active) == 0
    await page.get_by_role("button", name="Take back").click()
    await expect(page.get_by_text("2 conversations are open again.")).to_be_visible()
    await expect(page.get_by_text("Taken back", exact=True)).to_be_visible()
    await expect(page.locator(".card").first).to_contain_text("Ada")
    assert await business.pool.fetchval(active) == 2
    await page.get_by_role("button", name="Unlink agent").click()
    await expect(page.get_by_role("dialog")).to_contain_text("nobody answers them until an agent is linked")
    await page.get_by_role("dialog").get_by_role("button", name="Unlink agent").click()
    await expect(page.get_by_text("Nobody answers").first).to_be_visible()


async def test_the_list_shows_each_channel_and_the_detail_how_it_is(site: Site, business: Business) -> None:
    await business.pool.execute("update phone_numbers set display_name = $1", f"Bloom {SCRIPT}")
    chat = await business.add_number("webchat", "wc_bloom")
    await two_customers(site, business)
    await business.pool.execute(
        "insert into channel_health (user_id, phone_number_id, auth_failed_at, auth_error) "
        "values ($1, $2, now(), '190') on conflict (user_id, phone_number_id) "
        "do update set auth_failed_at = excluded.auth_failed_at, auth_error = excluded.auth_error",
        business.user_id, business.number.id,
    )  # fmt: skip
    await site.arrive(business, "admin", "/health")
    rows = site.page.locator(".health-list > li")
    await expect(rows).to_have_count(2)
    await expect(rows.filter(has_text=SCRIPT)).to_contain_text("1 problem")
    await expect(rows.filter(has_text=chat.address)).to_contain_text("All is well")
    await site.axe()
    await site.shoot("channels")
    await rows.filter(has_text=SCRIPT).get_by_role("link").click()
    await expect(site.page.get_by_role("heading", level=1)).to_have_text(f"Bloom {SCRIPT}")
    await expect(site.page.locator(".health-checks")).to_be_visible()
    await site.axe()
    await site.shoot("channels-one")


async def test_a_token_is_changed_and_never_shown(site: Site, business: Business) -> None:
    before = await business.pool.fetchval("select access_token from phone_numbers where id = $1", business.number.id)
    await site.arrive(business, "admin", f"/health/{business.number.id}?tab=settings")
    field = site.page.get_by_label("Access token")
    await expect(field).to_have_value("")
    await site.page.get_by_label("WhatsApp Business Account ID").fill("no number")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".field.wrong")).to_contain_text("WhatsApp Business Account ID")
    await site.page.get_by_label("WhatsApp Business Account ID").fill("9100000000000001")
    await field.fill("another-token")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.get_by_text("Saved.")).to_be_visible()
    await expect(field).to_have_value("")
    row = await business.pool.fetchrow(
        "select access_token, settings::text from phone_numbers where id = $1", business.number.id
    )
    assert row is not None
    assert row["access_token"] not in (before, "another-token")
    assert json.loads(row["settings"])["waba_id"] == "9100000000000001"


async def test_a_websites_chat_is_set_up_and_shown(site: Site, business: Business) -> None:
    chat = await business.add_number("webchat", "wc_bloom")
    await site.arrive(business, "admin", f"/health/{chat.id}?tab=website")
    page = site.page
    await page.get_by_label("Websites that may show the chat").fill("bloom.example.com\nnonsense")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("This is no web address")).to_be_visible()
    await page.get_by_label("Websites that may show the chat").fill("bloom.example.com")
    await page.get_by_role("button", name="Add a question").click()
    await page.get_by_label("Question", exact=True).fill(f"Your name {SCRIPT}")
    await page.get_by_label("Consent text").fill("We keep what you write.")
    await page.get_by_label("Visitors have to agree").check()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    settings = json.loads(
        await business.pool.fetchval("select settings::text from phone_numbers where id = $1", chat.id)
    )
    assert settings["allowed_origins"] == ["https://bloom.example.com"]
    assert settings["prechat"][0]["label"] == f"Your name {SCRIPT}"
    assert settings["consent"] == {"text": "We keep what you write.", "required": True}
    await page.get_by_label("Side").select_option("left")
    await expect(page.locator("code").filter(has_text="data-position")).to_contain_text('data-position="left"')
    await site.axe()
    await page.get_by_label("Show it on this page").check()
    await expect(page.locator("frontdesk-chat")).to_be_attached()
    await site.shoot("channels-website")
    await page.get_by_label("Show it on this page").uncheck()
    await expect(page.locator("frontdesk-chat")).to_have_count(0)


@pytest.mark.parametrize("platform", NAMES)
async def test_a_channel_is_added_and_removed_again(shop: Sandboxed, business: Business, platform: str) -> None:
    await shop.arrive(business, "manager", "/health/new")
    await shop.add_number(platform)
    await expect(shop.page.locator(".health-checks")).to_be_visible()
    await shop.page.get_by_role("tab", name="Settings").click()
    await shop.page.get_by_role("button", name="Remove channel").click()
    await expect(shop.page.get_by_role("dialog")).to_contain_text("This can't be undone.")
    await shop.page.get_by_role("dialog").get_by_role("button", name="Remove channel").click()
    await expect(shop.page.get_by_role("heading", level=1)).to_have_text("Channels")

    async def gone() -> bool:
        return bool(await shop.desk.pool.fetchval("select count(*) = 1 from phone_numbers"))

    await until(gone)


async def test_a_viewer_sees_and_changes_nothing(site: Site, business: Business) -> None:
    await site.arrive(business, "viewer", f"/health/{business.number.id}", language="ar")
    await expect(site.page.locator(".health-checks")).to_be_visible()
    tabs = site.page.get_by_role("tab")
    assert await site.page.locator(".health-guide .button").count() == 0
    await tabs.nth(1).click()
    await expect(site.page.locator(".health-link")).to_have_count(0)
    await site.axe()
    await site.shoot("channels-ar")
    await site.open("/health/new")
    await expect(site.page.locator(".health-choose")).to_have_count(0)
