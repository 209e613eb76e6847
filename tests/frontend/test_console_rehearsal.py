"""A version tried on past messages, in the console: begun, watched, and what it would have said."""

from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from tests.business import Business
from tests.frontend.console import Site
from tests.frontend.test_console_agents import SCRIPT, told
from tests.providers import change, whatsapp

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


async def test_a_version_is_tried_on_what_customers_wrote(site: Site, business: Business) -> None:
    prompt_id = await told(business)
    pool, page = business.pool, site.page
    insert = "insert into prompt_versions (user_id, prompt_id, version, instructions) values ($1, $2, 2, 'Be witty.')"
    await pool.execute(insert, business.user_id, prompt_id)
    asked = f"When are you open? {SCRIPT}"
    await site.desk.hook(whatsapp(change(business.number.address, messages=[("w1", "4670", asked)])))
    await site.desk.sent(1)
    sent = len(site.desk.providers.sent)
    await site.arrive(business, "manager", f"/agents/prompts/{prompt_id}")
    await page.get_by_role("button", name="Try on past messages 2").click()
    await site.axe()
    await site.shoot("agents-try")
    await page.get_by_label("How many messages").select_option("5")
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Version 2 on past messages")
    await expect(page.get_by_text("1 of 1 answered")).to_be_visible()
    await expect(page.get_by_text("Done", exact=True)).to_be_visible()
    await expect(page.locator(".agents-asked")).to_contain_text(asked)
    assert len(site.desk.providers.sent) == sent
    await site.axe()
    # A bolder version would have gone on by itself: it hands over, in other words and another language.
    other = {"text": f"Wir rufen Sie an. {SCRIPT}", "action": "handoff", "tools": ["handoff"], "language": "de"}
    update = "update rehearsal_turns set outcome = $1"
    await pool.execute(update, json.dumps({**other, "cost_micros": 1200, "failure": ""}))
    await pool.execute("update turns set language = 'en'")
    await page.reload()
    await expect(page.get_by_text("1 message was decided otherwise.")).to_be_visible()
    for badge in ("Another outcome", "Other tools", "Another language"):
        await expect(page.get_by_text(badge)).to_be_visible()
    await site.axe()
    await site.shoot("agents-rehearsal")
    await page.get_by_role("button", name="Compare the words").click()
    await expect(page.locator(".agents-diff")).to_contain_text("Wir")
    await site.shoot("agents-rehearsal-words")
    await page.get_by_role("link", name="Open the conversation").click()
    await expect(page.get_by_role("log").get_by_text(asked).first).to_be_visible()
    await page.go_back()
    await page.get_by_role("link", name="Instructions").click()
    await expect(page.get_by_role("heading", name="Tried on past messages")).to_be_visible()


async def test_what_can_not_be_tried_is_said_in_the_dialog(site: Site, business: Business) -> None:
    prompt_id = await told(business)
    insert = "insert into prompt_versions (user_id, prompt_id, version, instructions) values ($1, $2, 2, 'Be witty.')"
    await business.pool.execute(insert, business.user_id, prompt_id)
    await site.arrive(business, "manager", f"/agents/prompts/{prompt_id}")
    await site.page.get_by_role("button", name="Try on past messages 2").click()
    await site.page.get_by_role("button", name="Try it").click()
    await expect(site.page.get_by_role("alert")).to_contain_text("there is nothing to try it on")
    await site.page.keyboard.press("Escape")
    await site.arrive(business, "viewer", f"/agents/prompts/{prompt_id}")
    await expect(site.page.get_by_text("Version 2")).to_be_visible()
    await expect(site.page.get_by_role("button", name="Try on past messages 2")).to_have_count(0)
