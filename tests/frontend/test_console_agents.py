"""Agents: what they say in versions, when they book, Google, and what they know, send and use."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import Page, expect

from gateway.db import Pool
from gateway.ids import new
from tests.booking.scripted import OWNER, TEAM, Google, scripted
from tests.business import Business
from tests.desk import desk
from tests.frontend.console import Site
from tests.ports import free_port

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=\"document.title='bad'\"><script>document.title='bad'</script>"
FIRST = "You answer the patients of Bloom Dental.\nBe friendly and brief.\nA check-up is 60 EUR."
SECOND = "You answer the patients of Bloom Dental.\nBe friendly and brief.\nA check-up is 75 EUR, cleaning is 90 EUR."


async def told(business: Business, text: str = FIRST) -> str:
    """Gives the agent of a business a prompt with these words; versions never change."""
    prompt_id = new("prm")
    own = (business.user_id, prompt_id)
    await business.pool.execute("insert into prompts (user_id, prompt_id, name) values ($1, $2, 'Reception')", *own)
    await business.pool.execute("insert into prompt_versions values ($1, $2, 1, $3)", *own, text)
    await business.pool.execute("update agents set prompt_id = $2 where user_id = $1", *own)
    return prompt_id


async def test_a_new_version_is_published_compared_and_taken_back(site: Site, business: Business) -> None:
    prompt_id = await told(business)
    await site.arrive(business, "manager", "/agents")
    page = site.page
    await expect(page.get_by_role("row", name="Ada")).to_contain_text("Answers")
    await site.axe()
    await site.shoot("agents")
    await page.get_by_role("link", name="Ada").click()
    editor = page.get_by_role("textbox", name="Instructions")
    await expect(editor).to_have_value(FIRST)
    await editor.fill(SECOND)
    await page.get_by_label("What changed?").fill("New prices")
    await page.get_by_role("button", name="What changes").click()
    await expect(page.locator(".agents-diff ins").first).to_contain_text("75")
    await expect(page.locator(".agents-diff del").first).to_contain_text("60")
    await site.axe()
    await site.shoot("agents-diff")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.get_by_text("Version 2 is in use")).to_be_visible()
    await expect(page.locator(".agents-versions li").first).to_contain_text("New prices")
    await site.axe()
    await site.shoot("agents-behaviour")
    await page.get_by_role("button", name="Use this version 1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Use this version").click()
    await expect(editor).to_have_value(FIRST)
    active = "select active_version from prompts where user_id = $1 and prompt_id = $2"
    assert await business.pool.fetchval(active, business.user_id, prompt_id) == 1


async def test_a_prompt_names_its_agents(site: Site, business: Business) -> None:
    prompt_id = await told(business)
    await site.arrive(business, "admin", f"/agents/prompts/{prompt_id}")
    await expect(site.page.get_by_role("heading", level=1)).to_have_text("Reception")
    await site.axe()
    link = site.page.get_by_role("link", name="Ada")
    await expect(link).to_have_attribute("href", f"/console/agents/{business.number.agent_id}")


async def test_what_was_typed_stays_and_script_is_text(site: Site, business: Business) -> None:
    await told(business, SCRIPT)
    await business.pool.execute("update agents set name = $2 where user_id = $1", business.user_id, f"Ada {SCRIPT}")
    await site.arrive(business, "admin", f"/agents/{business.number.agent_id}")
    page = site.page
    await expect(page.get_by_role("heading", level=1)).to_have_text(f"Ada {SCRIPT}")
    editor = page.get_by_role("textbox", name="Instructions")
    await editor.fill(f"{SCRIPT} Greet {{{{unknown_name}}}}.")
    await page.get_by_role("button", name="Publish").click()
    await expect(page.locator(".field.wrong")).to_contain_text("neither declared")
    await page.get_by_role("tab", name="Settings").click()
    await page.get_by_role("tab", name="Behaviour").click()
    await expect(editor).to_have_value(re.compile("unknown_name"))
    assert await page.title() != "bad"


async def test_an_agent_is_made_from_a_template(site: Site, business: Business) -> None:
    await site.arrive(business, "admin", "/agents")
    page = site.page
    await page.get_by_role("button", name="New agent").click()
    await page.get_by_role("button", name="Make the agent").click()
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    await page.get_by_role("textbox", name="Name").fill("Nora")
    await page.get_by_label("Start from").select_option(label="Dentist")
    await site.axe()
    await site.shoot("agents-new")
    await page.get_by_role("button", name="Make the agent").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nora")
    await expect(page.get_by_role("textbox", name="Greeting")).to_be_visible()
    await expect(page.get_by_role("textbox", name="Instructions")).to_have_value(re.compile("Bloom Dental"))


async def test_rules_that_cant_be_read_say_so_and_are_set_anew(site: Site, business: Business) -> None:
    await business.pool.execute("""update agents set booking = '{"zone": "Mars/Base", "title": "Visit"}'""")
    await site.arrive(business, "manager", f"/agents/{business.number.agent_id}?tab=booking")
    told = site.page.get_by_text("can’t be read any more (zone: is no time zone such as Europe/Stockholm)")
    await expect(told).to_be_visible()
    await site.axe()
    await site.shoot("agents-booking-unreadable")
    await site.page.get_by_role("switch", name="This agent books meetings").press("Space")
    await site.page.get_by_role("button", name="Save").click()
    await expect(site.page.locator(".toast")).to_contain_text("Saved")
    await expect(told).to_have_count(0)


async def test_booking_rules_are_set_by_keyboard(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", f"/agents/{business.number.agent_id}?tab=booking")
    page = site.page
    await page.get_by_role("switch", name="This agent books meetings").press("Space")
    await page.get_by_label("Title in the calendar").fill("Check-up")
    saturday = page.get_by_role("checkbox", name="Saturday")
    await saturday.press("Space")
    await page.get_by_label("Saturday, until").fill("13:00")
    await page.get_by_role("button", name="Add a day").first.click()
    await page.get_by_label("Day 1").first.fill("2026-12-24")
    await page.get_by_label("Minutes free after").fill("15")
    await page.get_by_role("button", name="Add a person").click()
    await page.get_by_label("Person 1").fill("ruiz@bloom.example")
    await site.axe()
    await site.shoot("agents-booking")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = json.loads(await business.pool.fetchval("select booking from agents where user_id = $1", business.user_id))
    assert kept["hours"]["sat"] == [["09:00", "13:00"]]
    assert kept["dates"] == {"2026-12-24": [["09:00", "12:00"]]}
    assert (kept["title"], kept["buffer_after_minutes"], kept["hosts"]) == ("Check-up", 15, ["ruiz@bloom.example"])
    await expect(page.get_by_role("heading", name="Next free times")).to_be_visible()
    await page.get_by_label("Saturday, until").fill("08:00")
    await page.get_by_role("button", name="Saturday: add times").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("fieldset .error").first).to_be_visible()


async def test_settings_are_kept(site: Site, business: Business) -> None:
    await site.arrive(business, "admin", f"/agents/{business.number.agent_id}?tab=settings")
    page = site.page
    await page.get_by_role("switch", name="People are here").click()
    await page.get_by_label("Outside these hours").select_option(label="Say that nobody is here")
    await page.get_by_label("Seconds to wait whether").fill("1.5")
    await site.axe()
    await site.shoot("agents-settings")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    row = await business.pool.fetchrow("select * from agents where user_id = $1", business.user_id)
    assert row is not None
    assert (row["quiet_ms"], row["outside_hours"]) == (1500, "away")
    assert json.loads(row["hours"])["days"]["mon"] == [["09:00", "18:00"]]


async def test_knowledge_links_and_tools_are_kept(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", "/agents?tab=knowledge")
    page = site.page
    await page.get_by_role("button", name="Add an entry").click()
    await page.get_by_role("textbox", name="Question").fill("Where can I park?")
    await page.get_by_label("Answer or fact").fill(f"Behind the house, two hours are free. {SCRIPT}")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Behind the house")).to_be_visible()
    rows = b'question,answer\n"Do you take cards?","Yes, all of them"\n,"We close in August"\n'
    await page.locator("input[type=file]").set_input_files({"name": "faq.csv", "mimeType": "text/csv", "buffer": rows})
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.get_by_text("We close in August")).to_be_visible()
    await page.get_by_role("searchbox", name="Try a question").fill("park my car")
    await page.get_by_role("button", name="Search", exact=True).last.click()
    await expect(page.get_by_role("heading", name="What an agent would find")).to_be_visible()
    await page.get_by_role("button", name="Show all").click()
    await site.axe()
    await site.shoot("agents-knowledge")
    await page.get_by_role("tab", name="Links").click()
    await page.get_by_role("button", name="Add a link").click()
    await page.get_by_role("textbox", name="Name").fill("price_list")
    await page.get_by_label("Address").fill("https://bloom.example/prices")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row", name="price_list")).to_be_visible()
    await site.shoot("agents-links")
    await page.get_by_role("tab", name="Tools").click()
    await page.get_by_role("button", name="Add a tool").click()
    await page.get_by_label("Name", exact=True).fill("order_status")
    await page.get_by_label("What it is for").fill("Says where an order is")
    await page.get_by_label("Address").fill("https://bloom.example/orders")
    await page.get_by_role("button", name="Add a header").click()
    await page.get_by_label("Header", exact=True).fill("Authorization")
    await page.get_by_label("Value", exact=True).fill("Bearer s3cret")
    await site.axe()
    await site.shoot("agents-tool")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("row", name="order_status")).to_be_visible()
    await page.get_by_role("button", name="More: order_status").click()
    await page.get_by_role("menuitem", name="Edit").click()
    await expect(page.get_by_label("Value", exact=True)).to_have_value("")
    assert "s3cret" not in await page.content()


async def test_google_says_that_this_installation_has_no_client(site: Site, business: Business) -> None:
    await site.arrive(business, "manager", "/agents?tab=google")
    await expect(site.page.get_by_role("tab", name="Google Calendar")).to_have_attribute("aria-selected", "true")
    await expect(site.page.get_by_role("tabpanel")).to_contain_text(re.compile("Google"))
    await site.axe()
    await site.shoot("agents-google")


@pytest.fixture
async def google() -> AsyncIterator[Google]:
    async with scripted() as one:
        yield one


@pytest.fixture
async def connectable(
    front_end: None, dsn: str, pool: Pool, tmp_path: Path, tab: Page, google: Google
) -> AsyncIterator[Site]:
    """A gateway that can be connected to a small Google."""
    leads = {f"google_{name}_url": f"{google.url}/{name}" for name in ("auth", "token", "revoke")}
    own = {"google_client_id": "client-1", "google_client_secret": "secret-1", "google_api_url": google.url}
    async with desk(dsn, pool, tmp_path, port=free_port(), **leads, **own) as one:
        yield Site(one, tab, tmp_path)
        await tab.goto("about:blank")  # a server that ends waits for streams that are open


async def test_google_is_connected_chosen_from_and_disconnected(
    connectable: Site, business: Business, google: Google
) -> None:
    site, page = connectable, connectable.page
    await site.arrive(business, "manager", "/agents?tab=google")
    await page.get_by_role("button", name="Connect Google").click()
    await page.wait_for_url(re.compile("/oauth/google/"))
    await page.locator("form button").click()
    await page.wait_for_url(re.compile(f"^{re.escape(google.url)}/auth"))
    await page.goto(f"{site.desk.url}/oauth/google/callback?{urlencode(google.consents(page.url))}")
    await expect(page.get_by_text("Google is connected. Choose the calendars below.")).to_be_visible()
    assert "tab=google" in page.url
    await expect(page.get_by_text(OWNER)).to_be_visible()
    await page.get_by_role("checkbox").nth(1).check()
    await site.axe()
    await site.shoot("agents-google-connected")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    kept = "select check_calendars from google_calendar_tokens where user_id = $1"
    assert await business.pool.fetchval(kept, business.user_id) == [OWNER, TEAM]
    await site.open(f"/agents/{business.number.agent_id}?tab=booking")
    await page.get_by_role("switch", name="This agent books meetings").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator(".agents-free li")).to_have_count(10)
    await site.shoot("agents-free-times")
    await site.open("/agents?tab=google")
    await page.get_by_role("button", name="Disconnect").click()
    await page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    await expect(page.get_by_role("button", name="Connect Google")).to_be_visible()
    assert google.revoked == [f"rt-{OWNER}"]


async def test_a_viewer_sees_no_button_and_arabic_reads_from_the_right(site: Site, business: Business) -> None:
    await told(business)
    await site.arrive(business, "viewer", f"/agents/{business.number.agent_id}", language="ar")
    page = site.page
    await expect(page.get_by_text("A check-up is 60 EUR.")).to_be_visible()
    await expect(page.locator(".button.primary")).to_have_count(0)
    await expect(page.get_by_role("textbox")).to_have_count(0)
    await site.axe()
    await site.shoot("agents-ar")
    await site.open("/agents?tab=tools")
    await expect(page.locator(".button.primary")).to_have_count(0)
