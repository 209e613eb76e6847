"""Saving in two windows at once, the line below which credits are told, and the way back to the setting up."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.business import Business
from tests.frontend.console import Role, Site, watch

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


async def second(site: Site) -> Page:
    """Another window of the same person."""
    page = await site.page.context.new_page()
    await page.goto(site.page.url)
    await expect(page.get_by_role("button", name="Save")).to_be_visible()
    return page


async def test_the_second_of_two_windows_is_told_and_loses_nothing(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", "/settings")
    first, late = site.page, await second(site)
    complaints = watch(late)
    await first.get_by_label("Name of the business").fill("Bloom One")
    await first.get_by_label("Time zone").select_option("Europe/Lisbon")
    await first.get_by_role("button", name="Save").click()
    await expect(first.locator(".toast")).to_contain_text("Saved")
    await late.get_by_label("Name of the business").fill("Bloom Two")
    await late.get_by_label("Website").fill("https://two.example")
    await late.get_by_role("button", name="Save").click()
    await expect(late.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    name = "select company_name from users where user_id = $1"
    assert await business.pool.fetchval(name, business.user_id) == "Bloom One"
    site.page = late
    await site.axe()
    await site.shoot("saving-late")
    await late.get_by_role("button", name="Load the newer state").click()
    await expect(late.get_by_text("Somebody else wrote: Bloom One")).to_be_visible()
    await expect(late.get_by_label("Name of the business")).to_have_value("Bloom Two")
    await expect(late.get_by_label("Name of the business")).to_be_focused()
    await expect(late.get_by_label("Website")).to_have_value("https://two.example")
    await expect(late.get_by_label("Time zone")).to_have_value("Europe/Lisbon")
    await site.shoot("saving-newer")
    await late.get_by_role("button", name="Save").click()
    await expect(late.locator(".toast")).to_contain_text("Saved")
    row = await business.pool.fetchrow("select * from users where user_id = $1", business.user_id)
    assert row is not None
    assert (row["company_name"], row["website"], row["zone"]) == ("Bloom Two", "https://two.example", "Europe/Lisbon")
    assert complaints == []


async def test_what_changes_by_itself_keeps_nobody_from_saving(site: Site, business: Business) -> None:
    insert = "insert into webhook_endpoints (user_id, endpoint_id, url, secret) values ($1, 'whk_1', $2, '')"
    await business.pool.execute(insert, business.user_id, "https://hooks.invalid/desk")
    await site.arrive(business, "manager", "/settings/webhooks/whk_1")
    await site.page.get_by_label("What it is for").fill("The till")
    await business.pool.execute("update webhook_endpoints set failures = 2")
    form = site.page.get_by_role("form", name="What is sent")
    await form.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    assert await business.pool.fetchval("select description from webhook_endpoints") == "The till"
    await form.get_by_label("What it is for").fill("The till again")
    await business.pool.execute("update webhook_endpoints set description = 'Of somebody else'")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    assert await business.pool.fetchval("select description from webhook_endpoints") == "Of somebody else"


async def test_a_line_for_credits_is_drawn_and_taken_away(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", "/credits")
    form = site.page.get_by_role("form", name="When to be told")
    await form.get_by_label("Tell me below").fill("-5")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("A whole number of credits, or nothing.")).to_be_visible()
    await form.get_by_label("Tell me below").fill("250")
    # A turn that is charged meanwhile is nobody else's change.
    charge = "insert into credit_ledger (user_id, entry_id, delta, reason) values ($1, 'ent_x', -1, 'Turn')"
    await business.pool.execute(charge, business.user_id)
    await form.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    line = "select low_own from credits where user_id = $1"
    assert await business.pool.fetchval(line, business.user_id) == 250
    await site.axe()
    await site.shoot("credits-line")
    await form.get_by_label("Tell me below").fill("")
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("a tenth of the last top-up,")).to_be_visible()
    assert await business.pool.fetchval(line, business.user_id) is None


@pytest.mark.parametrize(("role", "may"), [("manager", True), ("viewer", False)])
async def test_whoever_may_finds_back_to_the_setting_up(site: Site, business: Business, role: Role, may: bool) -> None:
    await business.pool.execute("update users set onboarding_completed = false, onboarding_step = 3")
    await site.arrive(business, role, "/settings", onboarded=False)
    link = site.page.get_by_role("navigation", name="Main menu").get_by_role("link", name="Finish setting up")
    again = site.page.get_by_role("link", name="Go through the set-up again")
    await expect(link).to_have_count(int(may))
    await expect(again).to_have_count(0)
    if may:
        await expect(link).to_contain_text("Step 3 of 5")
        await site.axe()
        await site.shoot("set-up-menu")
        await link.click()
        await expect(site.page.locator("[aria-current=step]")).to_contain_text("Agent")
    await business.pool.execute("update users set onboarding_completed = true, onboarding_step = 5")
    await site.open("/settings")
    await expect(link).to_have_count(0)
    await expect(again).to_have_count(int(may))
    if may:
        await again.click()
        await expect(site.page.locator("[aria-current=step]")).to_contain_text("Business")


async def test_what_is_loaded_again_below_an_open_form_was_not_seen_in_it(site: Site, business: Business) -> None:
    insert = "insert into webhook_endpoints (user_id, endpoint_id, url, secret) values ($1, 'whk_1', $2, '')"
    await business.pool.execute(insert, business.user_id, "https://hooks.invalid/desk")
    await site.arrive(business, "manager", "/settings/webhooks/whk_1")
    form = site.page.get_by_role("form", name="What is sent")
    await form.get_by_label("What it is for").fill("The till")
    await business.pool.execute("update webhook_endpoints set description = 'Of somebody else'")
    # A test is sent; when it is settled, the page reads the webhook again and says how it fares.
    async with site.page.expect_response(lambda one: one.url.endswith("/v1/webhooks/whk_1")):
        await site.page.get_by_role("button", name="Send a test").click()
    await form.get_by_role("button", name="Save").click()
    await expect(form.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    await form.get_by_role("button", name="Load the newer state").click()
    await expect(form.get_by_text("Somebody else wrote: Of somebody else")).to_be_visible()
    await form.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast").filter(has_text="Saved")).to_be_visible()
    assert await business.pool.fetchval("select description from webhook_endpoints") == "The till"


async def test_two_windows_on_one_agent(site: Site, business: Business) -> None:
    agent = business.number.agent_id
    await site.arrive(business, "manager", f"/agents/{agent}?tab=settings")
    first, late = site.page, await second(site)
    await first.get_by_label("Name", exact=True).fill("Cleo")
    await first.get_by_role("button", name="Save").click()
    await expect(first.locator(".toast")).to_contain_text("Saved")
    await late.get_by_label("Name", exact=True).fill("Bo")
    await late.get_by_role("button", name="Save").click()
    await late.get_by_role("button", name="Load the newer state").click()
    await expect(late.get_by_text("Somebody else wrote: Cleo")).to_be_visible()
    await late.get_by_role("button", name="Save").click()
    await expect(late.locator(".toast")).to_contain_text("Saved")
    assert await business.pool.fetchval("select name from agents where agent_id = $1", agent) == "Bo"


async def test_two_windows_on_one_customer(site: Site, business: Business) -> None:
    insert = "insert into contacts (user_id, contact_id, name, company) values ($1, 'cnt_1', 'Kim', 'Bloom')"
    await business.pool.execute(insert, business.user_id)
    await site.arrive(business, "sales_rep", "/customers/cnt_1")
    first, late = site.page, await second(site)
    await first.get_by_label("Name", exact=True).fill("Kim Ek")
    await first.get_by_role("button", name="Save").click()
    await expect(first.locator(".toast")).to_be_visible()
    await late.get_by_label("Name", exact=True).fill("Kim Eckert")
    await late.get_by_label("Company").fill("Bloom Dental")
    await late.get_by_role("button", name="Save").click()
    await late.get_by_role("button", name="Load the newer state").click()
    await expect(late.get_by_text("Somebody else wrote: Kim Ek")).to_be_visible()
    await late.get_by_role("button", name="Save").click()
    await expect(late.locator(".toast")).to_be_visible()
    row = await business.pool.fetchrow("select name, company from contacts")
    assert row is not None
    assert (row["name"], row["company"]) == ("Kim Eckert", "Bloom Dental")


KEPT = {
    "knowledge": (
        "insert into knowledge (user_id, entry_id, kind, question, text, words) "
        "values ($1, 'kno_1', 'faq', 'Where?', 'Main Street 1', '')",
        "update knowledge set text = 'Main Street 2'", "Answer or fact", "Main Street 3", "select text from knowledge",
    ),
    "links": (
        "insert into links (user_id, link_id, name, url) values ($1, 'lnk_1', 'prices', 'https://a.example')",
        "update links set url = 'https://b.example'", "Address", "https://c.example", "select url from links",
    ),
    "tools": (
        "insert into http_tools (user_id, tool_id, name, description, method, url, parameters) "
        "values ($1, 'tol_1', 'stock', 'What is there', 'GET', 'https://a.example/', '[]')",
        "update http_tools set description = 'Theirs'", "What it is for", "Mine", "select description from http_tools",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KEPT)
async def test_what_stands_in_a_list_is_saved_as_it_was_seen(site: Site, business: Business, kind: str) -> None:
    insert, theirs, label, mine, kept = KEPT[kind]
    await business.pool.execute(insert, business.user_id)
    await site.arrive(business, "admin", f"/agents?tab={kind}")
    await site.page.get_by_role("button", name="More: ").first.click()
    await site.page.get_by_role("menuitem", name="Edit").click()
    field = site.page.get_by_role("dialog").get_by_label(label)
    await field.fill(mine)
    await business.pool.execute(theirs)
    before = await business.pool.fetchval(kept)
    await site.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(site.page.get_by_text("Somebody else changed this meanwhile")).to_be_visible()
    assert await business.pool.fetchval(kept) == before
    await site.page.get_by_role("button", name="Load the newer state").click()
    await expect(site.page.get_by_text(f"Somebody else wrote: {before}")).to_be_visible()
    await expect(field).to_have_value(mine)
    await site.page.get_by_role("dialog").get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    assert await business.pool.fetchval(kept) == mine
