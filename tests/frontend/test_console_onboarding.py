"""Setting up: from the sign-up to an agent that answers, on each channel, leaving and coming back at each step."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from gateway.db import Pool
from tests.business import Business, Number
from tests.frontend.console import PASSWORD, Site
from tests.frontend.console_sandbox import NAMES, Sandboxed, sandboxed

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]
SCRIPT = "<img src=x onerror=alert(1)>"
# Who leaves the phone at the very moment at which it calls the gateway.
LEAVES = """
const Real = WebSocket;
window.WebSocket = class extends Real {
  constructor(...given) {
    super(...given);
    if (!String(given[0]).includes("/webchat/ws")) return;
    window.called = this;
    queueMicrotask(() => document.querySelector('a[href$="/onboarding/business"]').click());
  }
};
"""


@pytest.fixture
async def shop(front_end: None, dsn: str, pool: Pool, tab: Page, tmp_path: Path) -> AsyncIterator[Sandboxed]:
    async with sandboxed(dsn, pool, tab, tmp_path) as one:
        yield one


async def newcomer(pool: Pool) -> Business:
    """A business with nothing in it."""
    await pool.execute("insert into users (user_id, email, company_name) values ('usr_new', 'n@example.com', 'Bloom')")
    await pool.execute("insert into credit_ledger values ('usr_new', 'ent_1', 100, 'Welcome')")
    return Business(pool, "usr_new", "", Number("", "webchat", "", ""))


async def sign_up(site: Site) -> None:
    await site.open("/sign-up")
    for label, value in {"Business": "Bloom Dental", "Your name": "Ana Ruiz", "E-mail": "ana@example.com"}.items():
        await site.page.get_by_label(label).first.fill(value)
    await site.page.locator("input[type=password]").fill(PASSWORD)
    await site.page.locator("form button[type=submit]").click()


async def heading(site: Site, text: str) -> None:
    await expect(site.page.get_by_role("heading", level=1)).to_have_text(text)


async def go_on(site: Site) -> None:
    await site.page.get_by_role("button", name="Save and go on").click()


async def come_back(site: Site, text: str) -> None:
    """Leaves, opens the console anew, and is where one was."""
    await site.page.goto("about:blank")
    await site.open("")
    await heading(site, text)


async def kept_all(shop: Sandboxed) -> None:
    """What was entered on the way is what is stored."""
    row = await shop.desk.pool.fetchrow("select * from users")
    assert row is not None
    assert (row["onboarding_completed"], row["industry"], row["zone"]) == (True, "dentist", "Europe/Madrid")
    assert row["website"] == "https://bloom.example.com"
    agent = await shop.desk.pool.fetchrow("select *, hours->'days'->'mon' as monday from agents")
    assert agent is not None
    assert agent["monday"] == '[["09:00", "17:00"]]'
    assert SCRIPT in await shop.desk.pool.fetchval("select instructions from prompt_versions")
    assert await shop.desk.pool.fetchval("select delta from credit_ledger order by created_at limit 1") == 50


async def test_from_the_sign_up_to_the_first_answer(shop: Sandboxed) -> None:
    page = shop.page
    await sign_up(shop)
    await heading(shop, "Your business")
    await expect(page.get_by_label("Name of the business")).to_have_value("Bloom Dental")
    await go_on(shop)
    await expect(page.get_by_text("This is needed.")).to_be_visible()
    await page.get_by_label("What kind of business").select_option("dentist")
    await page.get_by_label("Time zone").select_option("Europe/Madrid")
    await page.get_by_label("Website").fill("bloom.example.com")
    await go_on(shop)

    await heading(shop, "Your channel")
    await come_back(shop, "Your channel")
    await shop.add_number("webchat")
    await expect(page.get_by_text("Your web chat is ready.")).to_be_visible()
    await expect(page.locator(".health-guide code").first).to_contain_text("/webchat/widget.js")
    await go_on(shop)

    await heading(shop, "Your agent")
    await come_back(shop, "Your agent")
    told = page.get_by_label("What the agent is told")
    await expect(told).to_have_value(re.compile("You are the receptionist of Bloom Dental, a dental practice[.]"))
    await page.get_by_label("Template").select_option("gym")
    await expect(told).to_have_value(re.compile("Bloom Dental, a gym"))
    await page.get_by_label("Template").select_option("dentist")
    await told.fill(f"{await told.input_value()}\nA check-up costs 60 euros. {SCRIPT}")
    await page.get_by_label("Monday until").fill("08:00")
    await go_on(shop)
    await expect(page.get_by_text("the times have to be in order")).to_be_visible()
    await page.get_by_label("Monday until").fill("17:00")
    await go_on(shop)

    await heading(shop, "Your calendar")
    await come_back(shop, "Your calendar")
    await expect(page.get_by_text("its operator has not entered a Google client")).to_be_visible()
    await go_on(shop)

    await heading(shop, "A first message")
    await come_back(shop, "A first message")
    await page.get_by_label("Write a message").fill(f"Are you open on Friday? {SCRIPT}")
    await page.keyboard.press("Enter")
    await expect(page.locator(".onboarding-log .ours")).to_contain_text("Are you open on Friday? <img")
    await expect(page.locator(".onboarding-log .theirs").first).to_be_visible()
    await expect(page.get_by_text("Your agent has answered.")).to_be_visible()
    await page.get_by_role("button", name="Finish", exact=True).click()
    await heading(shop, "You are open")

    await kept_all(shop)
    await shop.open("")
    assert "/onboarding" not in shop.page.url


async def test_every_step_is_good_to_look_at(shop: Sandboxed) -> None:
    await shop.arrive(await newcomer(shop.desk.pool), "admin", "/onboarding/business", onboarded=False)
    await shop.axe()
    await shop.shoot("onboarding-business")
    await shop.open("/onboarding/agent")
    await expect(shop.page.get_by_label("Greeting")).to_be_visible()
    await shop.axe()
    await shop.shoot("onboarding-agent")
    await go_on(shop)
    await heading(shop, "Your calendar")
    await shop.shoot("onboarding-calendar")
    await shop.open("/onboarding/number")
    await shop.add_number("webchat")
    await expect(shop.page.locator(".health-checks")).to_be_visible()
    await shop.axe()
    await shop.shoot("onboarding-number")


async def test_the_phone_and_the_end_are_good_to_look_at(shop: Sandboxed) -> None:
    await shop.arrive(await newcomer(shop.desk.pool), "admin", "/onboarding/agent", onboarded=False)
    await go_on(shop)
    await heading(shop, "Your calendar")
    await shop.open("/onboarding/test")
    await shop.page.get_by_role("button", name="Make a web chat").click()
    await shop.page.get_by_label("Write a message").fill("Are you open on Friday?")
    await shop.page.keyboard.press("Enter")
    await expect(shop.page.get_by_text("Your agent has answered.")).to_be_visible()
    await shop.axe()
    await shop.shoot("onboarding-test")
    await shop.page.get_by_role("button", name="Finish", exact=True).click()
    await heading(shop, "You are open")
    await shop.axe()
    await shop.shoot("onboarding-done")


async def test_the_phone_is_left_before_the_gateway_answers(shop: Sandboxed) -> None:
    await shop.arrive(await newcomer(shop.desk.pool), "admin", "/onboarding/agent", onboarded=False)
    await go_on(shop)
    await heading(shop, "Your calendar")
    await shop.page.add_init_script(LEAVES)
    await shop.open("/onboarding/test")
    await shop.page.get_by_role("button", name="Make a web chat").click()
    await heading(shop, "Your business")
    await shop.page.evaluate("called.readyState === 3 || new Promise((done) => called.addEventListener('close', done))")


@pytest.mark.parametrize("platform", ["whatsapp", "instagram", "sms"])
async def test_a_channel_becomes_green_before_ones_eyes(shop: Sandboxed, platform: str) -> None:
    business = await newcomer(shop.desk.pool)
    await shop.arrive(business, "admin", "/onboarding/agent", onboarded=False)
    await go_on(shop)
    await heading(shop, "Your calendar")
    await shop.open("/onboarding/number")
    await shop.add_number(platform)
    await expect(shop.page.get_by_role("heading", level=2).first).to_contain_text(NAMES[platform])
    await expect(shop.check("Access token accepted")).to_contain_text("OK")
    await expect(shop.check("Messages are sent to us")).to_contain_text("OK")
    await expect(shop.check("First message from a customer")).to_contain_text("Waiting")
    if platform != "sms":
        await shop.challenge()
        await expect(shop.check("Webhook address confirmed")).to_contain_text("OK")
    if platform == "whatsapp":
        await shop.axe()
        await shop.shoot("onboarding-whatsapp")
    await shop.write(platform)
    await expect(shop.page.get_by_text("Everything works.")).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(
    ("platform", "wrong", "said"),
    [
        ("whatsapp", {"Access token": "wrong"}, "does not take the token"),
        ("instagram", {"Access token": "wrong"}, "does not take the token"),
        ("sms", {"Auth Token": "wrong"}, "does not take the Account SID and the Auth Token"),
    ],
)
async def test_a_wrong_token_is_said_plainly(shop: Sandboxed, platform: str, wrong: dict[str, str], said: str) -> None:
    await shop.arrive(await newcomer(shop.desk.pool), "admin", "/onboarding/number", onboarded=False)
    await shop.add_number(platform, **wrong)
    await expect(shop.check("Access token accepted")).to_contain_text("Wrong")
    await expect(shop.check("Access token accepted")).to_contain_text(said)


async def test_without_a_web_chat_one_is_offered_and_arabic_reads_from_the_right(shop: Sandboxed) -> None:
    business = await newcomer(shop.desk.pool)
    await shop.arrive(business, "admin", "/onboarding/agent", onboarded=False, language="ar")
    await expect(shop.page.locator("html")).to_have_attribute("dir", "rtl")
    await shop.axe()
    await shop.shoot("onboarding-agent-ar")
    await shop.page.locator("form button[type=submit]").click()
    await shop.page.wait_for_url("**/onboarding/calendar")
    await shop.open("/onboarding/test")
    await shop.page.locator(".onboarding-screen .card .button.primary").click()
    await expect(shop.page.locator(".onboarding-phone")).to_be_visible()
    await shop.axe()
    await shop.shoot("onboarding-test-ar")


async def test_who_may_not_set_up_is_not_asked_to(shop: Sandboxed) -> None:
    await shop.arrive(await newcomer(shop.desk.pool), "viewer", "/onboarding", onboarded=False)
    await expect(shop.page.get_by_text("There is nothing at this address")).to_be_visible()
